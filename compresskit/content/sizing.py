"""sized(): makes segments of a useful size from the marks of a splitter.

Small neighbours are put together, and large segments are cut at the best place nearby. It does not know kinds of text:
the groups of the marks say which segments belong together.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from itertools import chain, pairwise

from .segment import ALONE, Mark, Segment
from .splitters.sentences import sentence_ends

# A line that could start a part: it is neither blank nor a closing bracket. The number that a file view puts before
# a line is not counted as indentation.
_LINE = re.compile(r"\n(?:[ \t]*+\d++(?:[→|\t]|: ?))?+([ \t]*+)(?=[^\s)\]}])")
_NAME_LIMIT = 120  # characters of a segment's name, maximum
_BLANK_BONUS = 8  # columns of indentation that a blank line above a cut is worth: two levels; chosen by hand
_QUOTED = (re.compile(r"(?:\\n){2,}"), re.compile(r"\\n"))
_SLIVERS = 10  # pieces of a size that fit into one of the maximum size, from which on the next one may be of any size
_SHORT = 100  # characters of a paragraph that is a heading, maximum
_JOINERS = "\u200d\ufe0e\ufe0f"  # characters that belong to the one before them


def sized(text: str, marks: Iterable[Mark], min_chars: int, max_chars: int, apart: int | None = None) -> list[Segment]:
    """Returns segments that start at marks: none is empty, none is above `max_chars`, few are below `min_chars`.

    A segment of `apart` characters or more is not put together with one of another group.

    >>> sized("a\\nb\\n" + "c" * 9, [Mark(0, "a", 0), Mark(2, "b", 0), Mark(4, "c", 1)], 4, 6)
    [Segment(start=0, end=4, name='a, b'), Segment(start=4, end=8, name='c'), Segment(start=8, end=13, name='c')]
    """
    if not text:
        return []
    large = max(1, max_chars)
    segments: list[Segment] = []
    small = min(min_chars, large)
    apart = small if apart is None else min(apart, small)
    for start, end, name in _merged(_ordered(marks, len(text)), len(text), small, large, apart):
        name = name[:_NAME_LIMIT]
        if end - start <= large:
            segments.append(Segment(start, end, name))
        else:
            segments.extend(_carved(text, start, end, name, large))
    return segments


def _ordered(marks: Iterable[Mark], total: int) -> Iterator[Mark]:
    """The marks in ascending order, beginning at the start of the text."""
    last = -1
    for mark in marks:
        if last < 0 < mark.start:
            yield Mark(0, "", -1)
            last = 0
        if last < mark.start < total:
            yield mark
            last = mark.start
    if last < 0:
        yield Mark(0, "", -1)


def _merged(marks: Iterator[Mark], total: int, small: int, large: int, apart: int) -> list[tuple[int, int, str]]:
    """Spans in which pieces smaller than `small` have joined a neighbour if they belong to it."""
    spans: list[tuple[int, int, str]] = []
    groups: list[int] = []
    begin, title, kin, _ = next(marks)
    piece = begin  # the start of the last group in the span
    last = Mark(total, "", -2)
    for (start, name, group, _), (end, _, following, _) in pairwise(chain(marks, (last, last))):
        if start - begin < small and start < total:
            free = min(group, kin) > ALONE
            single = following != group and not (groups and groups[-1] == kin)  # both are alone in their groups
            alike = group == kin or (free and single and start - piece < apart and end - start < apart)
            fits = end - begin <= large or (start - begin) * _SLIVERS <= large  # a large one is cut in any case
            if fits and (alike or (free and _slight(start - begin, title, apart))):
                piece = piece if group == kin else start
                title, kin = _joined(title, name), group
                continue
        _settle(spans, groups, (begin, start, title), kin, small, large, apart)
        begin = piece = start
        title, kin = name, group
    return spans


def _settle(
    spans: list[tuple[int, int, str]],
    groups: list[int],
    span: tuple[int, int, str],
    group: int,
    small: int,
    large: int,
    apart: int,
) -> None:
    """Appends a finished span. A small one joins the span before it if they belong together."""
    begin, end, title = span
    size = end - begin
    if size < small and spans and end - spans[-1][0] <= large:
        if groups[-1] == group or (min(groups[-1], group) > ALONE and _slight(size, title, apart)):
            spans[-1] = (spans[-1][0], end, _joined(spans[-1][2], title))
            return
    spans.append(span)
    groups.append(group)


def _slight(size: int, title: str, small: int) -> bool:
    """Whether a span is so small that it joins any neighbour."""
    return not title and size * 3 < small


def _joined(first: str, second: str) -> str:
    if not first or not second:
        return first or second
    if first == second or first.endswith(", " + second) or len(first) + len(second) > _NAME_LIMIT:
        return first
    return first + ", " + second


def _carved(text: str, start: int, end: int, name: str, large: int) -> Iterator[Segment]:
    """Parts of about the same size of a span that is too long."""
    while end - start > large:
        parts = -(-(end - start) // large)
        aim = start + (end - start) // parts
        cut = _whole(text, _best_cut(text, start + (aim - start) // 2, aim, start + large), start, end)
        yield Segment(start, cut, name)
        start = cut
    if start < end:
        yield Segment(start, end, name)


def _best_cut(text: str, low: int, aim: int, high: int) -> int:
    """The best offset in (low, high] to cut at: between lines, else sentences, else words, else anywhere."""
    best, best_key = 0, (0, 0)
    for match in _LINE.finditer(text, low, high):
        at = match.start() + 1
        blank = text[at - 2 : at - 1] in ("\n", "→") or text[at - 3 : at - 1] == "\n\r"
        key = (match.end() - match.start(1) - _BLANK_BONUS * blank, abs(at - aim))
        if not best or key < best_key:
            best, best_key = at, key
    if best:
        return best
    if (line := text.rfind("\n", low, high)) >= 0:
        return line + 1
    if quoted := _best_quoted(text, low, aim, high):
        return quoted
    for sentence in sentence_ends(text, aim, high):
        return sentence
    if sentence := max(sentence_ends(text, low, aim), default=0):
        return sentence
    between, after = " \t\r\u3000\xa0", "},;，、&|"
    sparse = text.count(" ", low, high) * 20 < high - low  # minified code: a space is no better place than a bracket
    for stops in (after, between) if sparse else (between, after):
        for limit in (aim, high):
            if (at := max(text.rfind(stop, low, limit) for stop in stops)) >= 0:
                return at + 1
    return aim


def _best_quoted(text: str, low: int, aim: int, high: int) -> int:
    """The best offset behind a line end as strings of JSON write it, between paragraphs if there are any; else 0.

    A paragraph of a few words is the heading of the next one.
    """
    for pattern in _QUOTED:
        ends = [match.end() for match in pattern.finditer(text, low, high)]
        if ends:
            best = min(range(len(ends)), key=lambda place: abs(ends[place] - aim))
            return ends[best - (best > 0 and ends[best] - ends[best - 1] < _SHORT)]
    return 0


def _whole(text: str, cut: int, start: int, end: int) -> int:
    """The offset `cut`, moved so that it splits no line end and no composed character."""
    for _ in range(8):  # no writing system composes more characters
        if not start < cut < end:
            break
        before, after = text[cut - 1], text[cut]
        if before == "\r" and after == "\n":
            cut = cut - 1 if cut - 1 > start else cut + 1
            break
        if not (unicodedata.combining(after) or after in _JOINERS or before == "\u200d"):
            break
        cut -= 1
    return cut if cut > start else start + 1
