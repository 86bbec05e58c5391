"""One body of code for sync and async: a generator yields steps, and a short driver carries them out.

If a step fails, its error is raised inside the generator, at the yield.
"""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import AsyncGenerator, Callable, Generator
from typing import Any, NamedTuple

END = object()  # the result of a Next step at the end of the stream


class Model(NamedTuple):
    """Call the model. The result is its response, or a stream."""

    kwargs: dict[str, Any]


class Call(NamedTuple):
    """Call a method of the client. The async driver awaits what it returns, if that can be awaited."""

    method: str
    argument: Any


class Work(NamedTuple):
    """Run a slow function. The async driver runs it in a thread."""

    run: Callable[[], Any]


class Next(NamedTuple):
    """Take the next part of a stream."""

    stream: Any


class Show(NamedTuple):
    """Pass a part on to the caller of a stream."""

    part: Any


Step = Model | Call | Work | Next | Show
Steps = Generator[Step, Any, Any]
Outcome = tuple[Any, Exception | None]  # what a step gave, or its error
NOTHING: Outcome = (None, None)


class Done(NamedTuple):
    """The end of the steps, with their return value."""

    value: Any


def run(steps: Steps, client: Any) -> Any:
    """Carries out steps to their end, and returns their return value."""
    outcome = NOTHING
    while not isinstance(step := resumed(steps, outcome), Done):
        outcome = carried_out(step, client)
    return step.value


async def arun(steps: Steps, client: Any) -> Any:
    """As ``run``, but it awaits the model."""
    outcome = NOTHING
    while not isinstance(step := resumed(steps, outcome), Done):
        outcome = await awaited(step, client)
    return step.value


def parts(steps: Steps, client: Any) -> Generator[Any, None, None]:
    """Carries out steps, and gives the parts that they show."""
    outcome = NOTHING
    while not isinstance(step := resumed(steps, outcome), Done):
        outcome = carried_out(step, client)
        if isinstance(step, Show):
            yield step.part


async def aparts(steps: Steps, client: Any) -> AsyncGenerator[Any, None]:
    """As ``parts``, but it awaits the model."""
    outcome = NOTHING
    while not isinstance(step := resumed(steps, outcome), Done):
        outcome = await awaited(step, client)
        if isinstance(step, Show):
            yield step.part


def resumed(steps: Steps, outcome: Outcome) -> Step | Done:
    """The next step, given the outcome of the one before."""
    value, error = outcome
    try:
        return steps.throw(error) if error else steps.send(value)
    except StopIteration as done:
        return Done(done.value)


def carried_out(step: Step, client: Any) -> Outcome:
    """The outcome of a step. A part that is shown has none."""
    try:
        if isinstance(step, Model):
            return client.completion(**step.kwargs), None
        if isinstance(step, Call):
            return getattr(client, step.method)(step.argument), None
        if isinstance(step, Work):
            return step.run(), None
        if isinstance(step, Next):
            return next(step.stream, END), None
    except Exception as raised:
        return None, raised
    return NOTHING


async def awaited(step: Step, client: Any) -> Outcome:
    """As ``carried_out``, for a client that is awaited."""
    try:
        if isinstance(step, Model):
            return await client.acompletion(**step.kwargs), None
        if isinstance(step, Call):
            made = getattr(client, step.method)(step.argument)
            return (await made) if inspect.isawaitable(made) else made, None
        if isinstance(step, Work):
            return await _in_thread(step.run), None
        if isinstance(step, Next):
            return await anext(step.stream, END), None
    except Exception as raised:
        return None, raised
    return NOTHING


async def _in_thread(run: Callable[[], Any]) -> Any:
    """The result of a function that runs in a thread, under asyncio or trio."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        import anyio.to_thread  # the SDKs and their HTTP client bring it

        return await anyio.to_thread.run_sync(run)
    return await asyncio.to_thread(run)
