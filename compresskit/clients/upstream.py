"""The steps of an exchange that touch the network: sent by the inner transport, once for sync and once for async."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

import httpx2

from .frames import Frame, Frames


class Upstream:
    """Sends requests through a transport."""

    def __init__(self, transport: httpx2.BaseTransport) -> None:
        self._transport = transport

    def send(self, request: httpx2.Request) -> httpx2.Response:
        response = self._transport.handle_request(request)
        response.request = request
        return response

    def read(self, response: httpx2.Response) -> bytes:
        """The whole body. The response is closed."""
        try:
            return response.read()
        finally:
            response.close()

    def events(self, response: httpx2.Response) -> Iterator[Frame]:
        return _events(response)


class AsyncUpstream:
    """As ``Upstream``, awaited."""

    def __init__(self, transport: httpx2.AsyncBaseTransport) -> None:
        self._transport = transport

    async def send(self, request: httpx2.Request) -> httpx2.Response:
        response = await self._transport.handle_async_request(request)
        response.request = request
        return response

    async def read(self, response: httpx2.Response) -> bytes:
        """The whole body. The response is closed."""
        try:
            return await response.aread()
        finally:
            await response.aclose()

    def events(self, response: httpx2.Response) -> AsyncIterator[Frame]:
        return _async_events(response)


def _events(response: httpx2.Response) -> Iterator[Frame]:
    """The events of a response, which is closed at their end."""
    frames = Frames()
    try:
        for part in response.iter_bytes():
            yield from frames.feed(part)
        yield from frames.end()
    finally:
        response.close()


async def _async_events(response: httpx2.Response) -> AsyncIterator[Frame]:
    frames = Frames()
    try:
        async for part in response.aiter_bytes():
            for frame in frames.feed(part):
                yield frame
        for frame in frames.end():
            yield frame
    finally:
        await response.aclose()
