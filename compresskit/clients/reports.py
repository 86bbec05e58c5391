"""Reads the report of a client's response, for programs whose types do not know the field ``compresskit``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..chat.policy import NAME
from ..chat.report import report_from
from ..responses import field

# Where streams and events have their response: streams of both SDKs and events of Responses; the stream helpers of
# OpenAI, which have no public name for it; responses of Google.
_WITHIN = ("response", "_response", "sdk_http_response")


def report(response: object) -> dict[str, Any] | None:
    """Returns the report of a response, a raw response, a stream, or the event that ends one; None if it has none.

    A whole response and the last event have the whole report: original_tokens, compressed_tokens, target_met,
    skipped_reason, calls, rounds, retrieved_tokens, limit and error. Raw responses, streams and all responses of
    Google's SDK have the part of it that is in headers.

    >>> report({"compresskit": {"original_tokens": 8}})
    {'original_tokens': 8}
    """
    holders = (response, *(field(response, name) for name in _WITHIN))
    for holder in holders:
        if isinstance(found := field(holder, NAME), Mapping):
            return dict(found)
    for holder in holders:
        headers = getattr(holder, "headers", None)
        if isinstance(headers, Mapping) and (found := report_from(headers)):
            return found
    return None
