"""Anthropic and AsyncAnthropic: the SDK's own clients, whose requests are compressed.

A call of these classes returns an instance of the SDK's own class, because the SDK looks for credentials (profiles,
workload identities) in that very class only, and not in subclasses. Its copies compress too.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypedDict, Unpack

import httpx2

from ._extras import sdk
from .options import Options, Settings
from .transports import wrapped

if TYPE_CHECKING:
    import anthropic
else:
    anthropic = sdk("anthropic")


class _More(TypedDict, total=False):
    """The arguments of the SDK's newest release that are the same for both clients."""

    api_key: str | None
    auth_token: str | None
    base_url: str | httpx2.URL | None
    timeout: float | httpx2.Timeout | anthropic.NotGiven | None
    max_retries: int
    default_headers: Mapping[str, str] | None
    default_query: Mapping[str, object] | None
    credentials: Any
    config: Mapping[str, Any] | None
    profile: str | None
    webhook_key: str | None
    open_telemetry: Any
    middleware: Any
    _strict_response_validation: bool
    _token_cache: Any


class _Compressing:
    """The common part of both clients."""

    if not TYPE_CHECKING:

        def __new__(cls, *, compresskit: Any = None, **options: Any) -> Any:
            settings = Settings().changed(compresskit)
            own = {Anthropic: anthropic.Anthropic, AsyncAnthropic: anthropic.AsyncAnthropic}.get(cls)
            return _compressing(own(**options), settings) if own else super().__new__(cls)

        def __init__(self, *, compresskit: Any = None, **options: Any) -> None:  # of a subclass
            super().__init__(**options)
            _compressing(self, Settings().changed(compresskit))


class Anthropic(_Compressing, anthropic.Anthropic):
    """``anthropic.Anthropic`` for conversations of any length.

    It takes the same arguments, and ``compresskit``: a mapping of options, such as ``{"trigger": 100_000}``. Options of
    a single request go into ``extra_body={"compresskit": {…}}``.

    Raises:
        InvalidArgument: There is no such option, or its value is wrong.
    """

    if TYPE_CHECKING:

        def __init__(
            self,
            *,
            compresskit: Options | None = None,
            http_client: httpx2.Client | None = None,
            **more: Unpack[_More],
        ) -> None: ...


class AsyncAnthropic(_Compressing, anthropic.AsyncAnthropic):
    """``anthropic.AsyncAnthropic`` for conversations of any length. It is ``Anthropic``, awaited."""

    if TYPE_CHECKING:

        def __init__(
            self,
            *,
            compresskit: Options | None = None,
            http_client: httpx2.AsyncClient | None = None,
            **more: Unpack[_More],
        ) -> None: ...


def _compressing(client: Any, settings: Settings) -> Any:
    """The client, with an HTTP client that compresses. So have its copies, also those with another HTTP client."""
    settings = settings.stored()
    client._client = wrapped(client._client, settings)
    plain = client.copy

    def copied(*, _extra_kwargs: Mapping[str, Any] | None = None, **options: Any) -> Any:
        extra = dict(_extra_kwargs or {})
        if isinstance(client, _Compressing):  # a subclass, whose constructor takes them
            extra["compresskit"] = settings
        return _compressing(plain(_extra_kwargs=extra, **options), settings)

    client.copy = client.with_options = copied
    return client
