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
from .wrapping import wrapped

if TYPE_CHECKING:
    import anthropic
else:
    anthropic = sdk("anthropic")


class _More(TypedDict, total=False):
    """The other arguments of the SDK's newest release."""

    credentials: Any
    config: Mapping[str, Any] | None
    profile: str | None
    webhook_key: str | None
    open_telemetry: Any
    middleware: Any
    _strict_response_validation: bool
    _token_cache: Any


class Anthropic(anthropic.Anthropic):
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
            api_key: str | None = None,
            auth_token: str | None = None,
            base_url: str | httpx2.URL | None = None,
            timeout: float | httpx2.Timeout | anthropic.NotGiven | None = anthropic.NOT_GIVEN,
            max_retries: int = anthropic.DEFAULT_MAX_RETRIES,
            default_headers: Mapping[str, str] | None = None,
            default_query: Mapping[str, object] | None = None,
            http_client: httpx2.Client | None = None,
            **more: Unpack[_More],
        ) -> None: ...

    else:

        def __new__(cls, *, compresskit: Any = None, **options: Any) -> Any:
            settings = Settings().changed(compresskit)
            return _compressing(anthropic.Anthropic(**options), settings) if cls is Anthropic else super().__new__(cls)

        def __init__(self, *, compresskit: Any = None, **options: Any) -> None:  # of a subclass
            super().__init__(**options)
            _compressing(self, Settings().changed(compresskit))


class AsyncAnthropic(anthropic.AsyncAnthropic):
    """``anthropic.AsyncAnthropic`` for conversations of any length. It is ``Anthropic``, awaited."""

    if TYPE_CHECKING:

        def __init__(
            self,
            *,
            compresskit: Options | None = None,
            api_key: str | None = None,
            auth_token: str | None = None,
            base_url: str | httpx2.URL | None = None,
            timeout: float | httpx2.Timeout | anthropic.NotGiven | None = anthropic.NOT_GIVEN,
            max_retries: int = anthropic.DEFAULT_MAX_RETRIES,
            default_headers: Mapping[str, str] | None = None,
            default_query: Mapping[str, object] | None = None,
            http_client: httpx2.AsyncClient | None = None,
            **more: Unpack[_More],
        ) -> None: ...

    else:

        def __new__(cls, *, compresskit: Any = None, **options: Any) -> Any:
            settings = Settings().changed(compresskit)
            own = cls is AsyncAnthropic
            return _compressing(anthropic.AsyncAnthropic(**options), settings) if own else super().__new__(cls)

        def __init__(self, *, compresskit: Any = None, **options: Any) -> None:  # of a subclass
            super().__init__(**options)
            _compressing(self, Settings().changed(compresskit))


def _compressing(client: Any, settings: Settings) -> Any:
    """The client, with an HTTP client that compresses. So have its copies, also those with another HTTP client."""
    settings = settings.stored()
    client._client = wrapped(client._client, settings)
    plain = client.copy

    def copied(*, _extra_kwargs: Mapping[str, Any] | None = None, **options: Any) -> Any:
        extra = dict(_extra_kwargs or {})
        if isinstance(client, Anthropic | AsyncAnthropic):  # a subclass, whose constructor takes them
            extra["compresskit"] = settings
        return _compressing(plain(_extra_kwargs=extra, **options), settings)

    client.copy = client.with_options = copied
    return client
