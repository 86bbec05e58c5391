"""A middleware for clients of Anthropic's SDK that people make themselves, also those of Vertex AI and Foundry.

It hands the SDK's request to the transport of this package, whose own transport is the rest of the SDK's chain.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import httpx2

from .._json import encoded
from ..chat.policy import HEADER
from ..errors import InvalidArgument
from ._extras import sdk
from .options import Options, Settings
from .transports import AsyncCompressingTransport, CompressingTransport

if TYPE_CHECKING:
    import anthropic
    from anthropic import APIRequest, APIResponse, AsyncAPIResponse
else:
    anthropic = sdk("anthropic")

_BASE = "https://middleware.invalid"  # the middleware knows the path alone; nothing is sent to this address


class Compressing(anthropic.Middleware):
    """A middleware that compresses; see ``middleware``."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings.stored()

    def handle(self, request: APIRequest, call_next: Any) -> APIResponse[Any]:
        rest = _Rest(request, call_next)
        response = CompressingTransport(self._settings, rest).handle_request(_wire(request))
        answer: APIResponse[Any] = rest.answered(response)
        return answer

    async def handle_async(self, request: APIRequest, call_next: Any) -> AsyncAPIResponse[Any]:
        rest = _AsyncRest(request, call_next)
        response = await AsyncCompressingTransport(self._settings, rest).handle_async_request(_wire(request))
        answer: AsyncAPIResponse[Any] = rest.answered(response)
        return answer


class _Chain:
    """The rest of the SDK's chain for one request."""

    def __init__(self, request: APIRequest, call_next: Any) -> None:
        self._request = request
        self._call_next = call_next
        self._first: Any = None

    def _next(self, sent: httpx2.Request) -> APIRequest:
        """The SDK's request with the body to send."""
        headers = {name: value for name, value in self._request.headers.items() if name.lower() != HEADER}
        changed = self._request.copy(headers=headers, body=json.loads(sent.content) if sent.content else None)
        changed.options.extra_json = None  # it is part of the body
        return changed

    def answered(self, response: httpx2.Response) -> Any:
        """The SDK's response with the response of the transport in it."""
        if self._first is None:  # refused before anything was sent
            raise InvalidArgument(response.json()["error"]["message"])
        if response is not self._first.http_response:
            response.request = self._first.http_response.request
            self._first.http_response = response
        return self._first


class _Rest(_Chain, httpx2.BaseTransport):
    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        answer = self._call_next(self._next(request))
        self._first = self._first or answer
        response: httpx2.Response = answer.http_response
        return response


class _AsyncRest(_Chain, httpx2.AsyncBaseTransport):
    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        answer = await self._call_next(self._next(request))
        self._first = self._first or answer
        response: httpx2.Response = answer.http_response
        return response


def _wire(request: APIRequest) -> httpx2.Request:
    """The SDK's request as it would be sent, without the headers that the SDK adds later."""
    body = request.json
    if isinstance(body, dict) and request.options.extra_json:
        body = {**body, **request.options.extra_json}
    content = b"" if body is None else encoded(body)
    headers = {name: value for name, value in request.headers.items() if isinstance(value, str)}
    return httpx2.Request(request.method, _BASE + request.url, headers=headers, content=content)


def middleware(compresskit: Options | None = None) -> anthropic.Middleware:
    """Returns a middleware for a client of Anthropic's SDK: ``anthropic.Anthropic(middleware=[middleware({…})])``.

    It is for sync and async clients, and remembers conversations over all clients that have it. Amazon Bedrock streams
    in a format of its own, so use it there for whole responses only.

    Args:
        compresskit: The options; see ``Options``.

    Raises:
        InvalidArgument: There is no such option, or its value is wrong.
    """
    return Compressing(Settings().changed(compresskit))
