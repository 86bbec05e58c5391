"""Labels of parts, such as the name of a document or a heading: they are read wherever text of their parts is.

A kept text without the label of its part would look like text of the part before. If its label is left out, the gap
above it says the label. What this costs is known before it is chosen.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence, Set
from itertools import groupby
from operator import itemgetter
from typing import NamedTuple

from ..content import Label, Split, headings
from ..content.guard import guarded
from .signatures import short_line

HEADED = frozenset({"markdown", "documents", "prose", "manual", "lines"})  # kinds with headings
_MARKED = frozenset({"markdown", "documents"})  # those of them whose headings have a mark, such as #
_TARGET = re.compile(r"\]\([^()\s]*\)|[ \t]*\{#[^{}]*\}")  # of a link, and the anchor of a heading


class Labels(NamedTuple):
    """The labels that the segments of a text have and need, by the numbers of the segments and of the labels."""

    inside: Mapping[int, tuple[int, ...]]  # labels that begin in a segment
    around: Mapping[int, tuple[int, ...]]  # labels of the parts in which a segment begins, but which begin before it


NOWHERE = Labels({}, {})


def headings_of(text: str, kind: str) -> list[Label]:
    """The headings of a text as labels; none if the search fails."""
    none: list[Label] = []
    return guarded(lambda: _headings(text, kind), none)


def _headings(text: str, kind: str) -> list[Label]:
    r"""The headings of a text as labels.

    >>> [(one.words, one.line, one.above) for one in _headings("# A\n\nOne.\n\n## [B](b.md)\n\nTwo.\n", "markdown")]
    [('A', 1, -1), ('[B]', 5, 0)]
    """
    found: list[Label] = []
    above: list[int] = []  # the numbers of the headings of the sections around
    line, at = 1, 0
    for start, _, close, _, title in headings(text, kind, kind not in _MARKED):
        line, at = line + text.count("\n", at, start), start
        while above and found[above[-1]].end <= start:
            above.pop()
        words = short_line(_TARGET.sub(lambda match: "]" * (match[0][0] == "]"), title))
        found.append(Label(start, close, words, line, above[-1] if above else -1))
        above.append(len(found) - 1)
    return found


def labels_of(split: Split) -> Labels:
    r"""The labels that the segments of a split have and need.

    >>> from compresskit.content import Label, Segment, Split
    >>> parts = [Segment(0, 4, ""), Segment(4, 8, ""), Segment(8, 12, "")]
    >>> labels_of(Split("lines", parts, labels=(Label(0, 8, "a.py", 1), Label(8, 12, "b.py", 3))))
    Labels(inside={0: (0,), 2: (1,)}, around={1: (0,)})
    """
    if not split.labels:
        return NOWHERE
    ends = [segment.end for segment in split.segments]
    at = [bisect_right(ends, label.start) for label in split.labels]
    inside = {segment: tuple(each) for segment, each in groupby(range(len(at)), key=at.__getitem__)}
    found = ((number, tuple(_around(split, start))) for number, (start, _, _) in enumerate(split.segments))
    return Labels(inside, {number: labels for number, labels in found if labels})


def _around(split: Split, start: int) -> Iterator[int]:
    """The labels of the parts in which a text begins, apart from one that it begins with."""
    number = bisect_right(split.labels, start, key=itemgetter(0)) - 1
    while number >= 0:
        label = split.labels[number]
        if label.start < start < label.end:
            yield number
        number = label.above


def said_in_gaps(split: Split, kept: Set[int]) -> dict[int, Sequence[str]]:
    """The labels that markers say, with their lines, by the last segment that is left out before text of their part."""
    if not split.labels or not kept:
        return {}
    found: dict[int, Sequence[str]] = {}
    inside, around = labels_of(split)
    shown: set[int] = set()
    for number in sorted(kept):
        if number - 1 not in kept and (hidden := sorted(set(around.get(number, ())) - shown)):
            found[number - 1] = [f"{split.labels[label].words} L{split.labels[label].line}" for label in hidden]
            shown.update(hidden)
        shown.update(inside.get(number, ()))
    return found
