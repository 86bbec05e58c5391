"""Elements between tags or fences: an excerpt that shows where one begins also shows where it ends.

Otherwise a reader would take what follows for a part of the element. Only fences on lines of their own, tags that begin
a line, and closing tags that end one count.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence, Set
from itertools import pairwise
from typing import NamedTuple

from ..content import Segment
from ..markers.excerpts import runs_of
from ..types import Span

_MAX_DEPTH = 4  # elements around an element, which bounds the lines that an excerpt of a deep document adds
_TAG = r"<(?P<{0}>[A-Za-z][\w.:-]*+)(?:\s[^<>\n]*+)?>"
_LINE = re.compile(
    rf"^[ \t]*+(?:{_TAG.format('opens')}|(?P<fence>`{{3,}}|~{{3,}})(?P<words>[^\n`]*+)[ \t\r]*+(?:\n|\Z))"
    r"|(?:^[ \t]*+)?</(?P<closes>[A-Za-z][\w.:-]*+)>[ \t\r]*+(?:\n|\Z)",
    re.MULTILINE,
)
_REST = re.compile(r"[ \t\r]*+(?:\n|\Z)")  # of a line that is nothing but a tag


class Element(NamedTuple):
    """The lines that open and close an element, as ranges of characters."""

    opening: Span
    closing: Span


def elements_of(text: str) -> list[Element]:
    r"""The elements of a text, in the order of their closing lines.

    >>> elements_of("<a>\n```\nx\n```\n</a>\n</b>")
    [Element(opening=(4, 8), closing=(10, 14)), Element(opening=(0, 4), closing=(14, 19))]
    """
    found: list[Element] = []
    opened: list[tuple[str, Span]] = []
    names: dict[str, int] = {}  # how many of each name are open
    for match in _LINE.finditer(text) if "</" in text or "\n```" in text or "\n~~~" in text else ():
        name, fence = match["opens"] or match["closes"] or match["fence"], match["fence"] is not None
        ends = not match["words"].strip() and name in names if fence else bool(match["closes"])
        if not ends:
            rest = _REST.match(text, match.end()) if match["opens"] else None
            opened.append((name, (match.start(), rest.end() if rest else match.end())))
            names[name] = names.get(name, 0) + 1
        while ends and names.get(name):
            other, opening = opened.pop()
            names[other] -= 1
            if not names[other]:
                del names[other]
            if other == name:
                if len(opened) < _MAX_DEPTH:
                    found.append(Element(opening, match.span()))
                break
    return found


class Shown(NamedTuple):
    """The segments of an excerpt, cut around lines of elements.

    Attributes:
        segments: Consecutive segments, as in ``Split``.
        kept: The numbers of those that are shown.
        origins: For each of them the number of the segment that it was cut from.
    """

    segments: Sequence[Segment]
    kept: frozenset[int]
    origins: Sequence[int]

    def moved(self, words: Mapping[int, Sequence[str]], last: bool = False) -> Mapping[int, Sequence[str]]:
        """Words of markers by the numbers of the old segments, by new numbers: of the first or the last part left out.

        >>> Shown([Segment(0, 2, ""), Segment(2, 4, "")], frozenset([0]), [0, 0]).moved({0: ["a.py"]})
        {1: ['a.py']}
        """
        if len(self.origins) == self.origins[-1] + 1:
            return words
        left_out = [number for number in range(len(self.origins)) if number not in self.kept]
        places = {self.origins[number]: number for number in (left_out if last else reversed(left_out))}
        return {places[number]: found for number, found in words.items() if number in places}


def balanced(
    text: str, segments: Sequence[Segment], kept: frozenset[int], must: Set[int], elements: Sequence[Element]
) -> Shown:
    r"""An excerpt in which the lines that open and close an element are shown together or not at all.

    The closing line of an element that begins in a kept segment is kept, and the opening line of one that ends within
    a run of kept segments. A closing line at an end of such a run goes if its opening line is not there.

    >>> text = "<a>\none\ntwo\n</a>\nthree\n"
    >>> parts = [Segment(0, 8, ""), Segment(8, 17, ""), Segment(17, 23, "")]
    >>> shown = balanced(text, parts, frozenset([0]), set(), elements_of(text))
    >>> [text[start:end] for start, end, _ in map(shown.segments.__getitem__, sorted(shown.kept))], shown.origins
    (['<a>\none\n', '</a>\n'], [0, 1, 1, 2])
    """
    starts = [segment.start for segment in segments]

    def origin(offset: int) -> int:
        return bisect_right(starts, offset) - 1

    def shows(line: Span) -> bool:
        return origin(line[0]) in kept

    same = Shown(segments, kept, range(len(segments)))
    added = {one.closing for one in elements if shows(one.opening) and not shows(one.closing)}
    loose = [one for one in elements if shows(one.closing) and not shows(one.opening)]
    free = [one.closing for one in loose if origin(one.closing[0]) not in must]
    gone = set(_at_ends(text, segments, kept, free))
    added.update(one.opening for one in loose if one.closing not in gone)
    if not added and not gone:
        return same
    edges = sorted({*starts, segments[-1].end, *(edge for line in added | gone for edge in line)})
    cut = [Segment(start, end, segments[origin(start)].name) for start, end in pairwise(edges)]
    origins = [origin(segment.start) for segment in cut]
    opened, closed = ({start for start, _ in lines} for lines in (added, gone))
    numbers = frozenset(
        number
        for number, (segment, old) in enumerate(zip(cut, origins, strict=True))
        if segment.start in opened or (old in kept and segment.start not in closed)
    )
    return Shown(cut, numbers, origins) if len(numbers) < len(cut) else same  # a marker needs a gap


def _at_ends(text: str, segments: Sequence[Segment], kept: Set[int], lines: Sequence[Span]) -> Iterator[Span]:
    """Those of the lines, given in order, with which a run of kept segments begins or ends."""
    at = 0
    for first, last, keep in runs_of(segments, kept):
        start, end = segments[first].start, segments[last].end
        inner = []
        while at < len(lines) and lines[at][0] < end:
            inner += [lines[at]] * (keep and lines[at][0] >= start)
            at += 1
        while inner and not text[start : inner[0][0]].strip():
            yield (line := inner.pop(0))
            start = line[1]
        while inner and not text[inner[-1][1] : end].strip():
            yield (line := inner.pop())
            end = line[0]
