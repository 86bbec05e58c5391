"""Transports for httpx2 that compress what an SDK sends, and answer retrievals before it sees them.

They wrap another transport. A request that is no call of a model goes to it untouched.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

import httpx2

from .. import _observer
from ..chat.steps import AsyncStream, Stream, arun, run
from .exchange import Exchange
from .options import HEADER, NAME, Options, Settings
from .protocols import protocol_of
from .replies import Reply
from .upstream import AsyncUpstream, Upstream


class _Service:
    """The settings of a transport, and what it remembers between requests."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings.stored()

    def exchange(self, request: httpx2.Request) -> Exchange | None:
        """The exchange for a request; None if it passes untouched."""
        found = protocol_of(request.url.path) if request.method == "POST" else None
        if found is None or "content-encoding" in request.headers:
            return None
        try:
            content = request.content
        except httpx2.RequestNotRead:  # a body that is sent piece by piece
            return None
        if not self.settings.enabled and HEADER not in request.headers and f'"{NAME}"'.encode() not in content:
            _observer.skipped(None, "disabled")
            return None
        return Exchange(*found, request, self.settings)


class CompressingTransport(httpx2.BaseTransport):
    """A transport that compresses; see ``transport``."""

    def __init__(self, settings: Settings, inner: httpx2.BaseTransport) -> None:
        self._service = _Service(settings)
        self._inner = inner

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        exchange = self._service.exchange(request)
        if exchange is None:
            return self._inner.handle_request(request)
        upstream = Upstream(self._inner)
        try:
            outcome = run(exchange.steps(), upstream)
        except BaseException:
            if exchange.response is not None:
                exchange.response.close()
            raise
        if not isinstance(outcome, Reply):
            response: httpx2.Response = outcome
            return response
        body = _Bytes(Stream(outcome.streaming, upstream), outcome)
        extensions = outcome.response.extensions
        return httpx2.Response(200, headers=outcome.headers, stream=body, extensions=extensions)

    def close(self) -> None:
        self._inner.close()


class AsyncCompressingTransport(httpx2.AsyncBaseTransport):
    """A transport that compresses; see ``async_transport``."""

    def __init__(self, settings: Settings, inner: httpx2.AsyncBaseTransport) -> None:
        self._service = _Service(settings)
        self._inner = inner

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        exchange = self._service.exchange(request)
        if exchange is None:
            return await self._inner.handle_async_request(request)
        upstream = AsyncUpstream(self._inner)
        try:
            outcome = await arun(exchange.steps(), upstream)
        except BaseException:  # a cancelled task too
            if exchange.response is not None:
                await exchange.response.aclose()
            raise
        if not isinstance(outcome, Reply):
            response: httpx2.Response = outcome
            return response
        body = _AsyncBytes(AsyncStream(outcome.streaming, upstream), outcome)
        extensions = outcome.response.extensions
        return httpx2.Response(200, headers=outcome.headers, stream=body, extensions=extensions)

    async def aclose(self) -> None:
        await self._inner.aclose()


class _Bytes(httpx2.SyncByteStream):
    """The events of a reply as bytes. Closing it closes the call that is being read."""

    def __init__(self, stream: Stream, reply: Reply) -> None:
        self._stream = stream
        self._reply = reply

    def __iter__(self) -> Iterator[bytes]:
        for event in self._stream:
            yield self._reply.frame(event)
        if self._reply.end:
            yield self._reply.end

    def close(self) -> None:
        self._stream.close()


class _AsyncBytes(httpx2.AsyncByteStream):
    def __init__(self, stream: AsyncStream, reply: Reply) -> None:
        self._stream = stream
        self._reply = reply

    async def __aiter__(self) -> AsyncIterator[bytes]:
        async for event in self._stream:
            yield self._reply.frame(event)
        if self._reply.end:
            yield self._reply.end

    async def aclose(self) -> None:
        await self._stream.aclose()


def transport(compresskit: Options | None = None, *, inner: httpx2.BaseTransport | None = None) -> httpx2.BaseTransport:
    """Returns a transport for an ``httpx2.Client`` that compresses what an SDK sends.

    Args:
        compresskit: The options; see ``Options``.
        inner: The transport that sends. By default httpx2's own.

    Raises:
        InvalidArgument: There is no such option, or its value is wrong.

    Examples:
        >>> import httpx2
        >>> client = httpx2.Client(transport=transport({"trigger": 100_000}))
    """
    return CompressingTransport(Settings().changed(compresskit), inner or httpx2.HTTPTransport())


def async_transport(
    compresskit: Options | None = None, *, inner: httpx2.AsyncBaseTransport | None = None
) -> httpx2.AsyncBaseTransport:
    """Returns a transport for an ``httpx2.AsyncClient`` that compresses what an SDK sends. It is
    ``transport``, awaited.

    Raises:
        InvalidArgument: There is no such option, or its value is wrong.
    """
    return AsyncCompressingTransport(Settings().changed(compresskit), inner or httpx2.AsyncHTTPTransport())
