"""Ranges of a text, in order: joined, united, and what is between them."""

from __future__ import annotations

from collections.abc import Sequence

from ..types import Span


def merged(spans: Sequence[Span], text: str) -> list[Span]:
    """The ranges, joined if only white space is between them."""
    found: list[Span] = []
    for start, end in spans:
        if found and not text[found[-1][1] : start].strip():
            found[-1] = found[-1][0], end
        elif end > start:
            found.append((start, end))
    return found


def complement(data: Sequence[Span], text: str) -> list[Span]:
    """The ranges of a text that are not data, apart from white space."""
    edges = [0, *(edge for span in data for edge in span), len(text)]
    spans = zip(edges[::2], edges[1::2], strict=True)
    return [(start, end) for start, end in spans if text[start:end].strip()]


def united(spans: Sequence[Span], others: Sequence[Span]) -> tuple[Span, ...]:
    """The union of two lists of ranges, in order."""
    found: list[Span] = []
    for start, end in sorted([*spans, *others]):
        if found and start <= found[-1][1]:
            found[-1] = found[-1][0], max(found[-1][1], end)
        else:
            found.append((start, end))
    return tuple(found)
