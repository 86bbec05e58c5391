"""Usage: the tokens of a call, and the sum over several calls."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .fields import changed, field, plain

Usage = dict[str, Any]
_FIELDS = ("usage", "usageMetadata", "usage_metadata")  # Gemini has its own name for it


def usage_of(response: Any) -> Usage | None:
    """The usage of a response (or chunk) as a dict; None if it has none."""
    found = plain(field(response, _name(response)))
    return dict(found) if isinstance(found, Mapping) else None


def added(*usages: Mapping[str, Any] | None) -> Usage | None:
    """The sum of usages, field by field, including details, which Gemini lists by modality.

    A field that is not a number has its last value.

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
    name = _name(response)
    own = field(response, name)
    if usage is None or own is None:
        return response
    return changed(response, **{name: usage if isinstance(own, Mapping) else type(own)(**usage)})


def _sum(one: Mapping[str, Any], other: Mapping[str, Any]) -> Usage:
    found: Usage = dict(one)
    for name, value in other.items():
        had = found.get(name)
        if isinstance(value, Mapping):
            found[name] = _sum(had if isinstance(had, Mapping) else {}, value)
        elif _number(value) and _number(had):
            found[name] = had + value
        elif isinstance(value, list) and isinstance(had, list):
            found[name] = _by_modality([*had, *value])
        elif value is not None or name not in found:
            found[name] = value
    return found


def _by_modality(counts: list[Any]) -> list[Any]:
    """Counts such as {"modality": "TEXT", "tokenCount": 3}, with one sum for each modality."""
    sums: dict[str, Any] = {}
    for number, count in enumerate(counts):
        kind = str(count["modality"]) if isinstance(count, Mapping) and "modality" in count else f"#{number}"
        sums[kind] = _sum(sums[kind], count) if kind in sums else count
    return list(sums.values())


def _name(response: Any) -> str:
    return next((name for name in _FIELDS if field(response, name) is not None), _FIELDS[0])


def _number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
