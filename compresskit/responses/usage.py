"""Usage: the tokens of a call, and the sum over several calls."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .whole import changed, field, plain

Usage = dict[str, Any]


def usage_of(response: Any) -> Usage | None:
    """The usage of a response (or chunk) as a dict; None if it has none."""
    found = plain(field(response, "usage"))
    return dict(found) if isinstance(found, Mapping) else None


def added(*usages: Mapping[str, Any] | None) -> Usage | None:
    """The sum of usages, field by field, including details. A field that is not a number has its last value.

    >>> added({"total_tokens": 3, "prompt_tokens_details": {"cached_tokens": 1}},
    ...       {"total_tokens": 4, "prompt_tokens_details": {"cached_tokens": 2}, "service_tier": "default"})
    {'total_tokens': 7, 'prompt_tokens_details': {'cached_tokens': 3}, 'service_tier': 'default'}
    """
    total: Usage | None = None
    for usage in usages:
        if usage is not None:
            total = _sum(total or {}, usage)
    return total


def with_usage(response: Any, usage: Usage | None) -> Any:
    """A copy of a response (or chunk) with this usage, as an object of the same type as its own."""
    own = field(response, "usage")
    if usage is None or own is None:
        return response
    return changed(response, usage=usage if isinstance(own, Mapping) else type(own)(**usage))


def _sum(one: Mapping[str, Any], other: Mapping[str, Any]) -> Usage:
    found: Usage = dict(one)
    for name, value in other.items():
        had = found.get(name)
        if isinstance(value, Mapping):
            found[name] = _sum(had if isinstance(had, Mapping) else {}, value)
        elif _number(value) and _number(had):
            found[name] = had + value
        elif value is not None or name not in found:
            found[name] = value
    return found


def _number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
