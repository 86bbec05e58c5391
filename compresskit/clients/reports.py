"""Reads the report of a client's response, for programs whose types do not know the field ``compresskit``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..chat.report import report_from
from .options import NAME


def report(response: object) -> dict[str, Any] | None:
    """Returns the report of a response, a raw response, or a stream; None if it was not compressed by a client.

    A whole response has the whole report: original_tokens, compressed_tokens, target_met, skipped_reason, calls,
    rounds, retrieved_tokens, limit and error. From headers come those that the headers have.

    >>> report({"compresskit": {"original_tokens": 8}})
    {'original_tokens': 8}
    """
    value = response.get(NAME) if isinstance(response, Mapping) else getattr(response, NAME, None)
    if isinstance(value, Mapping):
        return dict(value)
    for holder in (response, getattr(response, "response", None), getattr(response, "sdk_http_response", None)):
        headers = getattr(holder, "headers", None)
        if isinstance(headers, Mapping) and (found := report_from(headers)):
            return found
    return None
