"""One body of code for sync and async: a generator yields steps, and one of two short drivers carries them out.

If a step fails, its error is raised inside the generator, at the yield.
"""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Callable, Generator
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


def run(steps: Steps, client: Any) -> Any:
    """Carries out steps to their end, and returns their return value."""
    return _finished(parts(steps, client))


async def arun(steps: Steps, client: Any) -> Any:
    """As ``run``, but it awaits the model."""
    value, error = None, None
    while True:
        try:
            step = steps.throw(error) if error else steps.send(value)
        except StopIteration as done:
            return done.value
        value, error = await awaited(step, client)


def _finished(shown: Generator[Any, None, Any]) -> Any:
    while True:
        try:
            next(shown)
        except StopIteration as done:
            return done.value


def parts(steps: Steps, client: Any) -> Generator[Any, None, Any]:
    """Carries out steps, and gives the parts that they show."""
    value, error = None, None
    while True:
        try:
            step = steps.throw(error) if error else steps.send(value)
        except StopIteration as done:
            return done.value
        value, error = None, None
        try:
            if isinstance(step, Show):
                yield step.part
            elif isinstance(step, Model):
                value = client.completion(**step.kwargs)
            elif isinstance(step, Call):
                value = getattr(client, step.method)(step.argument)
            elif isinstance(step, Work):
                value = step.run()
            else:
                value = next(step.stream, END)
        except Exception as raised:
            error = raised


async def awaited(step: Step, client: Any) -> tuple[Any, Exception | None]:
    """The result of a step, or its error."""
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
    return None, None


async def _in_thread(run: Callable[[], Any]) -> Any:
    """The result of a function that runs in a thread, under asyncio or trio."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        import anyio.to_thread  # the SDKs and their HTTP client bring it

        return await anyio.to_thread.run_sync(run)
    return await asyncio.to_thread(run)
