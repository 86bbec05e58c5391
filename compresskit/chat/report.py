"""The report of a request: the tokens before and after, why nothing was compressed, and what was retrieved."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

REPORTED = ("original_tokens", "compressed_tokens", "target_met", "skipped_reason")  # fields of a ``Compressed``
_HEADERS = {
    "x-compresskit-original-tokens": "original_tokens",
    "x-compresskit-compressed-tokens": "compressed_tokens",
    "x-compresskit-skipped": "skipped_reason",
    "x-compresskit-error": "error",
}
ROUNDS = "x-compresskit-rounds"


def new_report() -> dict[str, Any]:
    """The report of a request that has not been prepared yet."""
    return {
        **dict.fromkeys(REPORTED),
        "calls": 1,
        "rounds": 0,
        "retrieved_tokens": 0,
        "deferred_tools": 0,
        "limit": None,
        "error": None,
    }


def headers_of(report: Mapping[str, Any], done: bool) -> dict[str, str]:
    """The headers of a response that tell the report. ``done``: all retrievals are known.

    >>> headers_of({**new_report(), "original_tokens": 8, "skipped_reason": "below_trigger"}, done=False)
    {'x-compresskit-original-tokens': '8', 'x-compresskit-skipped': 'below_trigger'}
    """
    found = {header: _text(report[name]) for header, name in _HEADERS.items() if report[name] is not None}
    return {**found, ROUNDS: str(report["rounds"])} if done else found


def report_from(headers: Mapping[str, str]) -> dict[str, Any]:
    """The part of a report that headers tell; {} if they tell nothing.

    >>> report_from({"x-compresskit-original-tokens": "8", "x-compresskit-skipped": "below_trigger"})
    {'original_tokens': 8, 'skipped_reason': 'below_trigger'}
    """
    lower = {name.lower(): value for name, value in headers.items()}
    found = {name: lower[header] for header, name in {**_HEADERS, ROUNDS: "rounds"}.items() if header in lower}
    return {name: int(value) if value.isdigit() else value for name, value in found.items()}


def _text(value: Any) -> str:
    """A value as a valid text of a header.

    >>> _text("StoreError: a … b")
    'StoreError: a ? b'
    """
    return " ".join(str(value).encode("ascii", "replace").decode().split())
