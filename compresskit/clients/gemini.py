"""Gemini: the client of Google's SDK, whose requests are compressed, sync and under ``.aio``."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypedDict, Unpack

import httpx2

from ..errors import InvalidArgument
from ._extras import sdk
from .options import Options, Settings
from .transports import AsyncCompressingTransport, wrapped

if TYPE_CHECKING:
    import google.auth.credentials
    from google import genai
    from google.genai import client as genai_client
    from google.genai import types
else:
    genai = sdk("google.genai", "gemini")
    genai_client = sdk("google.genai.client", "gemini")
    types = genai.types

# Arguments of an httpx2 client that belong to its connections. All others belong to its requests.
_CONNECTIONS = ("verify", "cert", "trust_env", "http1", "http2", "proxy", "mounts", "limits", "transport")


class _More(TypedDict, total=False):
    """The other arguments of the SDK's newest release."""

    enterprise: bool | None
    debug_config: Any


class Gemini(genai.Client):
    """``google.genai.Client`` for conversations of any length.

    It takes the same arguments, and ``compresskit``: a mapping of options, such as ``{"trigger": 100_000}``. Options of
    a single request go into ``config={"http_options": {"extra_body": {"compresskit": {…}}}}``. It sends with httpx2,
    never with aiohttp.

    Raises:
        InvalidArgument: There is no such option, or its value is wrong; or an aiohttp client was given.
    """

    def __init__(
        self,
        *,
        compresskit: Options | None = None,
        vertexai: bool | None = None,
        api_key: str | None = None,
        credentials: google.auth.credentials.Credentials | None = None,
        project: str | None = None,
        location: str | None = None,
        http_options: types.HttpOptions | types.HttpOptionsDict | None = None,
        **more: Unpack[_More],
    ) -> None:
        settings = Settings().changed(compresskit).stored()  # sync and async requests share it
        options = types.HttpOptions.model_validate(http_options or {}).model_copy()
        if options.aiohttp_client is not None:
            raise InvalidArgument(
                "http_options has an aiohttp_client, which sends past compresskit. Pass an httpx2.AsyncClient as "
                "httpx_async_client instead, or leave it out."
            )
        given: tuple[Any, Any] = (options.httpx_client, options.httpx_async_client)
        client = None if given[0] else httpx2.Client(**{"follow_redirects": True, **(options.client_args or {})})
        awaited = None if given[1] else _async_client(options.async_client_args or {}, settings)
        options.httpx_client = wrapped(client or given[0], settings)
        options.httpx_async_client = wrapped(awaited or given[1], settings)
        super().__init__(
            vertexai=vertexai,
            api_key=api_key,
            credentials=credentials,
            project=project,
            location=location,
            http_options=options,
            **more,
        )
        # Google's SDK does not close HTTP clients that it was given.
        self._compresskit_client = client
        self._compresskit_aio = _Aio(self._api_client, awaited)

    @property
    def aio(self) -> genai_client.AsyncClient:
        """The async client."""
        return self._compresskit_aio

    def close(self) -> None:
        """Closes the sync client."""
        super().close()
        if self._compresskit_client is not None:
            self._compresskit_client.close()


class _Aio(genai_client.AsyncClient):
    """The async client of Google's SDK, which closes the HTTP client that was made for it."""

    def __init__(self, api_client: Any, awaited: httpx2.AsyncClient | None) -> None:
        super().__init__(api_client)
        self._compresskit_client = awaited

    async def aclose(self) -> None:
        """Closes the async client."""
        await super().aclose()
        if self._compresskit_client is not None:
            await self._compresskit_client.aclose()


def _async_client(arguments: Mapping[str, Any], settings: Settings) -> httpx2.AsyncClient:
    connections = {name: value for name, value in arguments.items() if name in _CONNECTIONS}
    rest = {"follow_redirects": True, **{name: arguments[name] for name in arguments if name not in _CONNECTIONS}}
    return httpx2.AsyncClient(transport=AsyncCompressingTransport(settings, _PerLoop(connections)), **rest)


class _PerLoop(httpx2.AsyncBaseTransport):
    """Sends with an HTTP client for each event loop, as Google's SDK does.

    Connections belong to the loop that opened them, and programs call ``asyncio.run`` more than once.

    Args:
        arguments: The arguments of each client.
    """

    def __init__(self, arguments: Mapping[str, Any]) -> None:
        self._arguments = arguments
        self._clients: dict[asyncio.AbstractEventLoop, httpx2.AsyncClient] = {}

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        loop = asyncio.get_running_loop()
        if loop not in self._clients:
            for closed in [one for one in self._clients if one.is_closed()]:
                del self._clients[closed]
            self._clients[loop] = httpx2.AsyncClient(**self._arguments)
        return await self._clients[loop].send(request, stream=True)

    async def aclose(self) -> None:
        """Closes the connections of this loop. Those of a loop that ended go with the loop."""
        client = self._clients.pop(asyncio.get_running_loop(), None)
        if client is not None:
            await client.aclose()
