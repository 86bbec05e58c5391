"""Transports for httpx2 that compress what an SDK sends, and answer retrievals before it sees them.

They wrap another transport, and ``wrapped`` puts them into an HTTP client that an SDK or its user has made. A request
that is no call of a model goes through untouched.
"""

from __future__ import annotations

import copy
from collections.abc import AsyncIterator, Iterator
from typing import Any, TypeVar

import httpx2

from .. import _observer
from ..chat.policy import HEADER, NAME
from ..chat.steps import arun, run
from ..chat.stream import AsyncStream, Stream
from ..errors import InvalidArgument, shown
from .anthropic_messages import MESSAGES
from .exchange import Exchange, Reply
from .frames import Frame, Frames
from .gemini_contents import COUNT, GENERATE
from .openai_chat import CHAT
from .openai_responses import RESPONSES
from .options import Options, Settings
from .protocol import Endpoint, Protocol

_PROTOCOLS = (CHAT, RESPONSES, MESSAGES, GENERATE, COUNT)
_Client = TypeVar("_Client", httpx2.Client, httpx2.AsyncClient)


def protocol_of(path: str) -> tuple[Protocol, Endpoint] | None:
    """The protocol and the kind of endpoint of a path; None for anything else.

    >>> protocol_of("/v1/chat/completions")[1], protocol_of("/v1/embeddings")
    ('answer', None)
    """
    kinds = ((protocol, protocol.endpoint(path)) for protocol in _PROTOCOLS)
    return next(((protocol, kind) for protocol, kind in kinds if kind), None)


class _Compressing:
    """The common part of both transports."""

    def __init__(self, settings: Settings, inner: Any) -> None:
        self._settings = settings.stored()
        self._inner = inner

    def _exchange(self, request: httpx2.Request) -> Exchange | None:
        """The exchange for a request; None if it passes untouched."""
        found = protocol_of(request.url.path) if request.method == "POST" else None
        if found is None or "content-encoding" in request.headers:
            return None
        try:
            content = request.content
        except httpx2.RequestNotRead:  # a body that is sent piece by piece
            return None
        if not self._settings.enabled and HEADER not in request.headers and f'"{NAME}"'.encode() not in content:
            _observer.current.skipped(None, "disabled")
            return None
        return Exchange(*found, request, self._settings)


class CompressingTransport(_Compressing, httpx2.BaseTransport):
    """A transport that compresses; see ``transport``. Steps of an exchange call ``send``, ``read`` and ``events``."""

    _inner: httpx2.BaseTransport

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        exchange = self._exchange(request)
        if exchange is None:
            return self._inner.handle_request(request)
        try:
            outcome = run(exchange.steps(), self)
        except BaseException:
            if exchange.response is not None:
                exchange.response.close()
            raise
        if not isinstance(outcome, Reply):
            response: httpx2.Response = outcome
            return response
        return outcome.with_body(_Bytes(Stream(outcome, self), outcome))

    def send(self, request: httpx2.Request) -> httpx2.Response:
        """The response to a request of an exchange."""
        response = self._inner.handle_request(request)
        response.request = request
        return response

    def read(self, response: httpx2.Response) -> bytes:
        """The whole body. The response is closed."""
        try:
            return response.read()
        finally:
            response.close()

    def events(self, response: httpx2.Response) -> Iterator[Frame]:
        """The events of a response, which is closed at their end."""
        frames = Frames()
        try:
            for part in response.iter_bytes():
                yield from frames.feed(part)
            yield from frames.end()
        finally:
            response.close()

    def close(self) -> None:
        self._inner.close()


class AsyncCompressingTransport(_Compressing, httpx2.AsyncBaseTransport):
    """As ``CompressingTransport``, awaited; see ``async_transport``."""

    _inner: httpx2.AsyncBaseTransport

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        exchange = self._exchange(request)
        if exchange is None:
            return await self._inner.handle_async_request(request)
        try:
            outcome = await arun(exchange.steps(), self)
        except BaseException:  # a cancelled task too
            if exchange.response is not None:
                await exchange.response.aclose()
            raise
        if not isinstance(outcome, Reply):
            response: httpx2.Response = outcome
            return response
        return outcome.with_body(_AsyncBytes(AsyncStream(outcome, self), outcome))

    async def send(self, request: httpx2.Request) -> httpx2.Response:
        response = await self._inner.handle_async_request(request)
        response.request = request
        return response

    async def read(self, response: httpx2.Response) -> bytes:
        try:
            return await response.aread()
        finally:
            await response.aclose()

    async def events(self, response: httpx2.Response) -> AsyncIterator[Frame]:
        frames = Frames()
        try:
            async for part in response.aiter_bytes():
                for frame in frames.feed(part):
                    yield frame
            for frame in frames.end():
                yield frame
        finally:
            await response.aclose()

    async def aclose(self) -> None:
        await self._inner.aclose()


class _Events:
    """The events of a reply as bytes. Closing it closes the call that is being read."""

    def __init__(self, stream: Any, reply: Reply) -> None:
        self._stream, self._reply = stream, reply


class _Bytes(_Events, httpx2.SyncByteStream):
    def __iter__(self) -> Iterator[bytes]:
        for event in self._stream:
            yield self._reply.frame(event)
        if self._reply.end:
            yield self._reply.end

    def close(self) -> None:
        self._stream.close()


class _AsyncBytes(_Events, httpx2.AsyncByteStream):
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


def wrapped(client: _Client, settings: Settings) -> _Client:
    """A copy of a client that compresses. It shares connections, cookies and hooks with the client.

    Raises:
        InvalidArgument: It is no client of httpx2, or one of a kind that is not known here.
    """
    ours = (CompressingTransport, AsyncCompressingTransport)
    parts = vars(client) if isinstance(client, httpx2.Client | httpx2.AsyncClient) else {}
    if isinstance(parts.get("_transport"), ours):
        return client
    if "_transport" not in parts or "_mounts" not in parts:
        raise InvalidArgument(
            f"http_client is {shown(client)}; an httpx2.Client or httpx2.AsyncClient was expected. Pass the SDK's own "
            f"class an httpx2 client with transport=compresskit.clients.transport(…) instead."
        )
    made = copy.copy(client)
    inside: dict[int, Any] = {}  # one wrapper for each transport, so that all of them remember the same

    def wrap(transport: Any) -> Any:
        if transport is None or isinstance(transport, ours):
            return transport
        if id(transport) not in inside:
            kind = CompressingTransport if isinstance(client, httpx2.Client) else AsyncCompressingTransport
            inside[id(transport)] = kind(settings, transport)
        return inside[id(transport)]

    vars(made).update(
        _transport=wrap(parts["_transport"]),
        _mounts={pattern: wrap(transport) for pattern, transport in parts["_mounts"].items()},
        _compresskit_made_from=client,  # which may close its connections when it is garbage-collected
    )
    return made
