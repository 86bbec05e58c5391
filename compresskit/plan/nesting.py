"""Elements between tags or fences: an excerpt that shows where one begins also shows where it ends.

Otherwise a reader would take what follows for a part of the element. Only fences on lines of their own, tags that begin
a line, and closing tags that end one count.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import NamedTuple

from ..content import Segment
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


def balanced(segments: Sequence[Segment], kept: frozenset[int], elements: Sequence[Element]) -> Shown:
    r"""An excerpt in which the lines that open and close an element are shown together.

    The closing line of an element that begins in a kept segment is kept, and the opening line of one that ends in one.

    >>> text = "<a>\none\ntwo\n</a>\nthree\n"
    >>> parts = [Segment(0, 8, ""), Segment(8, 17, ""), Segment(17, 23, "")]
    >>> shown = balanced(parts, frozenset([0]), elements_of(text))
    >>> [text[start:end] for start, end, _ in map(shown.segments.__getitem__, sorted(shown.kept))], shown.origins
    (['<a>\none\n', '</a>\n'], [0, 1, 1, 2])
    """
    starts = [segment.start for segment in segments]

    def origin(offset: int) -> int:
        return bisect_right(starts, offset) - 1

    def shows(line: Span) -> bool:
        return origin(line[0]) in kept

    same = Shown(segments, kept, range(len(segments)))
    partly = [one for one in elements if shows(one.opening) != shows(one.closing)]
    added = {one.closing if shows(one.opening) else one.opening for one in partly}
    if not added:
        return same
    edges = sorted({*starts, segments[-1].end, *(edge for line in added for edge in line)})
    cut = [Segment(start, end, segments[origin(start)].name) for start, end in pairwise(edges)]
    origins = [origin(segment.start) for segment in cut]
    opened = {start for start, _ in added}
    numbers = frozenset(
        number
        for number, (segment, old) in enumerate(zip(cut, origins, strict=True))
        if segment.start in opened or old in kept
    )
    return Shown(cut, numbers, origins) if len(numbers) < len(cut) else same  # a marker needs a gap
