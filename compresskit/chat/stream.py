"""The streams that callers get: each part is shown as the steps of an answer go on.

This module knows how a stream ends, and whose attributes it has. ``loop.py`` knows what happens between two parts.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from typing import TYPE_CHECKING, Any, Protocol, Self

from .. import _observer
from .steps import Steps, aparts, parts

if TYPE_CHECKING:
    from litellm.types.utils import ModelResponseStream


class Streaming(Protocol):
    """The return value of steps if the response goes on as a stream."""

    report: dict[str, Any]

    @property
    def stream(self) -> Any:
        """The stream of the model that is being read."""

    def steps(self) -> Steps: ...


class Chunks(Protocol):
    """The chunks of a streamed answer: a ``Stream``, or LiteLLM's own stream if nothing can be retrieved.

    ``_hidden_params["compresskit"]`` is the report, see ``completion``.
    """

    _hidden_params: dict[str, Any]

    def __iter__(self) -> Iterator[ModelResponseStream]: ...

    def __next__(self) -> ModelResponseStream: ...

    def close(self) -> None: ...

    def __enter__(self) -> Self: ...

    def __exit__(self, *_error: object) -> None: ...


class AsyncChunks(Protocol):
    """As ``Chunks``, for ``async for``."""

    _hidden_params: dict[str, Any]

    def __aiter__(self) -> AsyncIterator[ModelResponseStream]: ...

    async def __anext__(self) -> ModelResponseStream: ...

    async def aclose(self) -> None: ...

    async def __aenter__(self) -> Self: ...

    async def __aexit__(self, *_error: object) -> None: ...


class _Stream:
    """The common part of both kinds of stream. Any other attribute is that of the model's first stream."""

    def __init__(self, streaming: Streaming) -> None:
        self._streaming = streaming
        self._first = streaming.stream
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
        super().__init__(streaming)
        self._parts = parts(streaming.steps(), client)

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

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()


class AsyncStream(_Stream):
    """As ``Stream``, for ``async for``."""

    def __init__(self, streaming: Streaming, client: Any) -> None:
        super().__init__(streaming)
        self._parts = aparts(streaming.steps(), client)

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

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_error: object) -> None:
        await self.aclose()
