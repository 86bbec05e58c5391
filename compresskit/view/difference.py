"""The lines of a text before and after compression, as one list: kept, gone, or new.

A form keeps lines of its original in their order, and adds markers. So one pass is enough. A compact form has other
lines: then all lines before are gone, and all after are new.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from typing import Literal, NamedTuple


class Line(NamedTuple):
    """One line, and what became of it."""

    kind: Literal["kept", "gone", "new"]
    text: str


def difference(before: str, after: str) -> list[Line]:
    """The lines of both texts in order.

    >>> [(line.kind, line.text) for line in difference("a\\nb\\nc", "a\\n[… line 2: key]\\nc")]
    [('kept', 'a'), ('gone', 'b'), ('new', '[… line 2: key]'), ('kept', 'c')]
    """
    if before == after:
        return [Line("kept", line) for line in before.split("\n")]
    old, new = before.split("\n"), after.split("\n")
    places: dict[str, list[int]] = {}
    for place, line in enumerate(old):
        places.setdefault(line, []).append(place)
    found: list[Line] = []
    added: list[Line] = []
    at = 0
    for place, line in zip(_kept(new, places), new, strict=True):
        if place < 0:
            added.append(Line("new", line))
            continue
        found += [Line("gone", gone) for gone in old[at:place]]
        found += added
        added = []
        found.append(Line("kept", line))
        at = place + 1
    return found + [Line("gone", gone) for gone in old[at:]] + added


def _kept(lines: Sequence[str], places: dict[str, list[int]]) -> list[int]:
    """The place of each line in the original, -1 if it is new.

    It searches from the end. A marker comes before the text that it hides, so of equal lines the last one is meant.
    """
    found = []
    limit = max((there[-1] for there in places.values()), default=-1) + 1
    for line in reversed(lines):
        there = places.get(line, [])
        at = bisect_left(there, limit) - 1
        found.append(there[at] if at >= 0 else -1)
        limit = found[-1] if at >= 0 else limit
    return found[::-1]
