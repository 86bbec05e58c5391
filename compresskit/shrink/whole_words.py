"""Shortens a text by leaving out whole words.

Models that drop tokens leave parts of words and identifiers behind. Here their choice is rounded to whole words (single
characters in scripts without spaces). The words that must stay are added, and all are joined as in the text.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from .negations import UNSPACED

_UNIT = re.compile(rf"[{UNSPACED}]|[^\s{UNSPACED}]+")


class Span(NamedTuple):
    """Characters from ``start`` to before ``end``."""

    start: int
    end: int


class Words:
    """The words of a text, and those of them that must stay."""

    def __init__(self, text: str, pinned: Iterable[Span]) -> None:
        self.text = text
        self.spans = [Span(*match.span()) for match in _UNIT.finditer(text)]
        self._ends = [span.end for span in self.spans]
        self.pinned: set[int] = set()
        for span in pinned:
            self.pinned.update(self._within(span))

    def _within(self, span: Span) -> range:
        """The numbers of the words that a span overlaps."""
        first = bisect_left(self._ends, span.start + 1)
        last = first
        while last < len(self.spans) and self.spans[last].start < span.end:
            last += 1
        return range(first, last)

    def chosen(self, kept: Sequence[Span]) -> str:
        """The text of all pinned words, and of the words that ``kept`` spans (in order, without overlap) cover by half.

        >>> Words("The old harbour was closed.", [Span(16, 19)]).chosen([Span(4, 7), Span(20, 24)])
        'old was closed.'
        """
        covered = dict.fromkeys(self.pinned, 1_000_000)
        for span in kept:
            for number in self._within(span):
                word = self.spans[number]
                covered[number] = covered.get(number, 0) + min(word.end, span.end) - max(word.start, span.start)
        numbers = [n for n in sorted(covered) if 2 * covered[n] >= self.spans[n].end - self.spans[n].start]
        return self._joined(numbers)

    def _joined(self, numbers: Sequence[int]) -> str:
        out: list[str] = []
        before = -1
        for number in numbers:
            span = self.spans[number]
            if before >= 0:
                gap = self.text[self.spans[before].end : span.start]
                out.append(gap if number == before + 1 else self._gap(before, number))
            out.append(self.text[span.start : span.end])
            before = number
        return "".join(out)

    def _gap(self, before: int, after: int) -> str:
        """The white space between two words if the words between them are left out."""
        left, right = self.spans[before], self.spans[after]
        lines = self.text.count("\n", left.end, right.start)
        if lines:
            return "\n\n" if "\n\n" in self.text[left.end : right.start] else "\n"
        spaced = any(character.isspace() for character in self.text[left.end : right.start])
        return " " if spaced else ""


def found_again(text: str, pieces: Iterable[tuple[str, bool]], reach: int = 64) -> list[Span]:
    """The spans of the kept ``pieces`` in ``text``, in which all pieces follow each other.

    A piece that is not found within ``reach`` characters is skipped, because tokenizers normalize some characters.

    >>> found_again("One, two, three.", [("One", True), (",", False), ("two", False), (",", False), ("three", True)])
    [Span(start=0, end=3), Span(start=10, end=15)]
    """
    spans = []
    place = 0
    for piece, kept in pieces:
        at = text.find(piece, place, place + reach + len(piece)) if piece else -1
        if at < 0:
            continue
        place = at + len(piece)
        if kept:
            spans.append(Span(at, place))
    return spans
