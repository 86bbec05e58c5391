"""What the calls of a proxy have cost and saved: entries of a ledger, or sums in memory, and the page that shows them.

The page is at /compresskit, for holders of the proxy's master key. With a ledger its sums are those of the file, which
all workers write; without one they are those of this worker since it started. No text of a conversation is in them.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import hmac
import os
import sys
from collections.abc import Mapping
from threading import Lock
from typing import TYPE_CHECKING, Any

from ...chat.policy import NAME
from ...errors import InvalidLedger
from ...prices import prices_for
from ...responses import field
from ...result import Compressed
from ...view.ledger_page import Savings, savings_page

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from ...ledger import Ledger

PATH = "/compresskit"
_REFRESH = "60"  # seconds after which a browser asks again
_HEADERS = {
    "cache-control": "no-store",
    "content-security-policy": "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
}
_UNPRICED = "Calls of models whose prices are not known are not counted."


class SinceStart:
    """Sums in memory, used if there is no ledger."""

    def __init__(self) -> None:
        self.savings = Savings()

    def record(self, result: Compressed, *, usage: Any, retrieved_tokens: int) -> None:
        """Adds one request, as ``Ledger.record`` does without the name of a conversation."""
        from ...ledger.entry import Past, entry_for, known_prices
        from ...ledger.provider_usage import read_usage

        prices = known_prices(result, None)
        self.savings.add(entry_for(result, read_usage(usage), prices, None, retrieved_tokens, False, Past(), 0))


def record(ledger: Ledger | SinceStart, kwargs: Mapping[str, Any], response: Any) -> None:
    """Adds the entry of a call. LiteLLM logs an event for each.

    A call without usage, or of a model whose prices are not known, has no entry.

    Args:
        ledger: The ledger, or sums in memory.
        kwargs: The arguments of LiteLLM's success event.
        response: The response, or that of a stream as a whole.
    """
    from litellm.litellm_core_utils.core_helpers import get_litellm_metadata_from_kwargs

    from ...ledger.provider_usage import read_usage

    usage, model = field(response, "usage"), str(kwargs.get("model") or "")
    if kwargs.get("cache_hit") or usage is None or not model or not prices_for(model).known:
        return
    metadata = get_litellm_metadata_from_kwargs(dict(kwargs)) or {}
    logged = field(metadata.get("spend_logs_metadata"), NAME)
    retrieved = field(logged, "retrieved_tokens") or 0
    savings = metadata.get("compression_savings")
    after = read_usage(usage).total
    before = after + (0 if retrieved else field(savings, "tokens_saved") or 0)
    ledger.record(_counts(model, before, after - retrieved), usage=usage, retrieved_tokens=retrieved)


def _counts(model: str, before: int, after: int) -> Compressed:
    """The part of a result that a ledger reads: tokens before and after."""
    after = max(0, after)
    before = max(before, after)
    return Compressed([], None, {}, before, after, after, model, trigger=1, target=1)


class StatusPage:
    """Answers requests for the page."""

    def __init__(self, source: Ledger | SinceStart) -> None:
        self._source = source
        self._lock = Lock()
        self._read: tuple[object, Savings] = (None, Savings())  # what the file was, and its sums

    def attach(self, app: Any) -> None:
        """Adds the page to the proxy, an app of Starlette."""
        app.router.add_route(PATH, self.answer, methods=["GET"], include_in_schema=False)

    async def answer(self, request: Request) -> Response:
        """The page; or a refusal, which asks a browser for the key."""
        from starlette.responses import PlainTextResponse, Response

        key = vars(sys.modules["litellm.proxy.proxy_server"]).get("master_key")
        if not isinstance(key, str) or not key:
            return PlainTextResponse("This page needs a master_key in the proxy's general_settings.\n", 403, _HEADERS)
        if not _knows(request.headers.get("authorization", ""), key):
            asks = {"www-authenticate": 'Basic realm="compresskit: the password is the master key", charset="UTF-8"'}
            return PlainTextResponse("The password is the proxy's master key.\n", 401, {**_HEADERS, **asks})
        try:
            page = await asyncio.to_thread(self.page)
        except (OSError, InvalidLedger) as error:
            why = error.strerror if isinstance(error, OSError) else error
            return PlainTextResponse(f"The ledger cannot be read: {why}\n", 500, _HEADERS)
        return Response(page, 200, {**_HEADERS, "refresh": _REFRESH}, "text/html; charset=utf-8")

    def page(self) -> str:
        """The page as it is now.

        Raises:
            InvalidLedger: A line of the file was changed.
            OSError: The file cannot be read.
        """
        if isinstance(self._source, SinceStart):
            since = "The sums are in memory, since this worker of the proxy started; a ledger keeps them."
            return savings_page(self._source.savings, f"{since} {_UNPRICED}")
        return savings_page(self._of_file(self._source.path), _UNPRICED)

    def _of_file(self, path: str) -> Savings:
        """The sums of a ledger, which is read again only if it has changed."""
        from ...ledger import entries

        with self._lock:
            try:
                status = os.stat(path)
            except FileNotFoundError:  # the first entry makes it
                return Savings()
            mark = status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns
            if self._read[0] != mark:
                self._read = mark, Savings.of(entries(path))
            return self._read[1]


def _knows(header: str, key: str) -> bool:
    """Whether an authorization header has the key: as the password of any user, or as a token.

    >>> _knows("Basic " + base64.b64encode(b"me:sk-1").decode(), "sk-1"), _knows("Bearer sk-1", "sk-1")
    (True, True)
    >>> _knows("Basic " + base64.b64encode(b"sk-1:").decode(), "sk-1"), _knows("Basic ?", "sk-1"), _knows("", "sk-1")
    (False, False, False)
    """
    scheme, _, given = header.partition(" ")
    secret = given.strip().encode("utf-8", "replace")
    if scheme.lower() == "basic":
        try:
            secret = base64.b64decode(secret, validate=True).partition(b":")[2]
        except binascii.Error:
            return False
    elif scheme.lower() != "bearer":
        return False
    return hmac.compare_digest(secret, key.encode())
