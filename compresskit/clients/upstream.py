"""The steps of an exchange that touch the network: sent by the inner transport, once for sync and once for async."""

from __future__ import annotations

import httpx2

from .events import AsyncEvents, Events


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

    def events(self, response: httpx2.Response) -> Events:
        return Events(response)


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

    async def events(self, response: httpx2.Response) -> AsyncEvents:
        return AsyncEvents(response)
