"""OpenAI and AsyncOpenAI: the SDK's own classes, whose requests are compressed."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING, Any, TypedDict, Unpack

import httpx2

from ._extras import sdk
from .options import Options, Settings
from .transports import wrapped

if TYPE_CHECKING:
    import openai
else:
    openai = sdk("openai")


class _More(TypedDict, total=False):
    """The arguments of the SDK's newest release that are the same for both clients."""

    organization: str | None
    project: str | None
    base_url: str | httpx2.URL | None
    timeout: float | httpx2.Timeout | openai.NotGiven | None
    max_retries: int
    default_headers: Mapping[str, str] | None
    default_query: Mapping[str, object] | None
    admin_api_key: str | None
    workload_identity: Any
    webhook_secret: str | None
    provider: Any
    data_residency: Any
    websocket_base_url: str | httpx2.URL | None
    _strict_response_validation: bool
    _enforce_credentials: bool


class _Copied:
    """A client whose copies have the same options, and remember the same conversations."""

    if not TYPE_CHECKING:

        def copy(self, *, _extra_kwargs: Any = None, **options: Any) -> Any:
            return super().copy(_extra_kwargs={"compresskit": self._compresskit, **(_extra_kwargs or {})}, **options)

        with_options = copy


class OpenAI(_Copied, openai.OpenAI):
    """``openai.OpenAI`` for conversations of any length.

    It takes the same arguments, and ``compresskit``: a mapping of options, such as ``{"trigger": 100_000}``. Options of
    a single request go into ``extra_body={"compresskit": {…}}``.

    Raises:
        InvalidArgument: There is no such option, or its value is wrong.
    """

    def __init__(
        self,
        *,
        compresskit: Options | None = None,
        api_key: str | Callable[[], str] | None = None,
        http_client: httpx2.Client | None = None,
        **more: Unpack[_More],
    ) -> None:
        self._compresskit = Settings().changed(compresskit).stored()
        super().__init__(api_key=api_key, http_client=http_client, **more)
        self._client = wrapped(self._client, self._compresskit)


class AsyncOpenAI(_Copied, openai.AsyncOpenAI):
    """``openai.AsyncOpenAI`` for conversations of any length. It is ``OpenAI``, awaited."""

    def __init__(
        self,
        *,
        compresskit: Options | None = None,
        api_key: str | Callable[[], Awaitable[str]] | None = None,
        http_client: httpx2.AsyncClient | None = None,
        **more: Unpack[_More],
    ) -> None:
        self._compresskit = Settings().changed(compresskit).stored()
        super().__init__(api_key=api_key, http_client=http_client, **more)
        self._client = wrapped(self._client, self._compresskit)
