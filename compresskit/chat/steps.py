"""One body of code for sync and async: a generator yields steps, and one of two short drivers carries them out.

If a step fails, its error is raised inside the generator, at the yield.
"""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Generator, Iterator
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from .. import _observer

if TYPE_CHECKING:
    from litellm.types.utils import ModelResponseStream

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


class Streaming(Protocol):
    """The return value of steps if the response goes on as a stream."""

    report: dict[str, Any]

    @property
    def stream(self) -> Any:
        """The stream of the model that is being read."""

    def steps(self) -> Steps: ...


def run(steps: Steps, client: Any) -> Any:
    """Carries out steps to their end, and returns their return value."""
    return _finished(_parts(steps, client))


async def arun(steps: Steps, client: Any) -> Any:
    """As ``run``, but it awaits the model."""
    value, error = None, None
    while True:
        try:
            step = steps.throw(error) if error else steps.send(value)
        except StopIteration as done:
            return done.value
        value, error = await _awaited(step, client)


def _finished(parts: Generator[Any, None, Any]) -> Any:
    while True:
        try:
            next(parts)
        except StopIteration as done:
            return done.value


def _parts(steps: Steps, client: Any) -> Generator[Any, None, Any]:
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


async def _awaited(step: Step, client: Any) -> tuple[Any, Exception | None]:
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


class Chunks(Protocol):
    """The chunks of a streamed answer: a ``Stream``, or LiteLLM's own stream if nothing can be retrieved.

    ``_hidden_params["compresskit"]`` is the report, see ``completion``.
    """

    _hidden_params: dict[str, Any]

    def __iter__(self) -> Iterator[ModelResponseStream]: ...

    def __next__(self) -> ModelResponseStream: ...

    def close(self) -> None: ...


class AsyncChunks(Protocol):
    """As ``Chunks``, for ``async for``."""

    _hidden_params: dict[str, Any]

    def __aiter__(self) -> AsyncIterator[ModelResponseStream]: ...

    async def __anext__(self) -> ModelResponseStream: ...

    async def aclose(self) -> None: ...


class _Stream:
    """The common part of both kinds of stream. Any other attribute is that of the model's first stream."""

    def __init__(self, streaming: Streaming, client: Any) -> None:
        self._streaming = streaming
        self._first = streaming.stream
        self._client = client
        hidden = getattr(self._first, "_hidden_params", None)
        self._hidden_params = {**(hidden if isinstance(hidden, dict) else {}), "compresskit": streaming.report}
        request = getattr(streaming, "request", None)  # None if it is prepared when the stream begins
        self._answering: _observer.Answering | None = getattr(request, "answering", None)
        if self._answering is not None:
            self._answering.begin(streaming.report, self)

    def __getattr__(self, name: str) -> Any:
        # ``_first`` is missing while a copy is being made. Special methods of the first stream would bypass this one.
        if name == "_first" or name.startswith("__"):
            raise AttributeError(name)
        return getattr(self._first, name)

    def _end(self, how: _observer.End, error: BaseException | None = None) -> None:
        if self._answering is not None:
            self._answering.end(how, error)


class Stream(_Stream):
    """The chunks of a model's answer. Retrievals of the model are answered in between; see ``completion``."""

    def __init__(self, streaming: Streaming, client: Any) -> None:
        super().__init__(streaming, client)
        self._parts = _parts(streaming.steps(), client)

    def __iter__(self) -> Iterator[Any]:
        return self

    def __next__(self) -> Any:
        try:
            return next(self._parts)
        except BaseException as error:
            self._end("error", error)  # after the last part, the steps have ended the answer themselves
            raise

    def close(self) -> None:
        """Closes this stream and the model's stream."""
        self._end("closed")
        self._parts.close()
        for open_one in (self._streaming.stream, getattr(self._streaming.stream, "completion_stream", None)):
            if callable(close := getattr(open_one, "close", None)):
                close()
                return


class AsyncStream(_Stream):
    """As ``Stream``, for ``async for``."""

    def __init__(self, streaming: Streaming, client: Any) -> None:
        super().__init__(streaming, client)
        self._parts = self._shown(streaming.steps())

    def __aiter__(self) -> AsyncIterator[Any]:
        return self

    async def __anext__(self) -> Any:
        try:
            return await anext(self._parts)
        except BaseException as error:
            self._end("error", error)
            raise

    async def aclose(self) -> None:
        """Closes this stream and the model's stream."""
        self._end("closed")
        await self._parts.aclose()
        if callable(close := getattr(self._streaming.stream, "aclose", None)):
            await close()

    async def _shown(self, steps: Steps) -> AsyncGenerator[Any, None]:
        value, error = None, None
        while True:
            try:
                step = steps.throw(error) if error else steps.send(value)
            except StopIteration:
                return
            value, error = None, None
            if isinstance(step, Show):
                yield step.part
            else:
                value, error = await _awaited(step, self._client)
