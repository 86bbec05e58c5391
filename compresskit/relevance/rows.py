"""Rows of a listing that the question picks out: few of them hold a word of it, as one line of `ls` holds "root".

A listing is text whose rows are alike: what a command prints, a table, records, a log. Relevance by segments puts such
a row together with its neighbours and weighs its one word against everything else. Here each row is judged by
itself: by how rare the question's words are among the rows of the same text. It knows no layouts, only what most of
them share: a row is a line, with the line that it is indented under and the lines indented under it.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from math import log
from typing import NamedTuple

from ..content import Segment, Split
from .words import variants

_LISTINGS = frozenset({"lines", "log", "search", "json", "jsonl", "table"})  # kinds that are listings
_PERHAPS = frozenset({"code", "markdown", "prose"})  # kinds that markup, lists and YAML are taken for
_MIN_ROWS = 30  # below, nothing is rare
_MAX_SHARE = 0.1  # of the rows, and of the text, are picked out: more are not few
_MAX_COMMON = 0.3  # of the rows hold a word that still counts beside others
_MAX_RECORD = 12  # lines of a row
_MAX_TERMS = 64
_SAMPLE_LINES = 200
_ALIKE = 0.8  # of the lines begin as many others do
_MIN_ALIKE = 0.05  # of the lines begin the same, for it to be how rows begin
_BEGINNING = re.compile(r"([ \t]*)(?:(\w[\w -]{0,40}(?:\":|[:=]))|([^\w\s]+ ?(?:\w+(?=[:=>]))?|\d+[.):\t,;|]))")
_FIRST = re.compile(r"[ \t]*")
_SPACELESS = "\u3040"  # scripts from here on put no spaces between words


class Row(NamedTuple):
    """A row of a text, and how surely the question means it: from 0 to 1."""

    start: int
    end: int
    share: float


def picked(text: str, kind: str, asked: Mapping[str, float]) -> list[Row]:
    r"""The rows that the question picks out, in order.

    Args:
        kind: what the text's splitter says.
        asked: what the question says, words and names, with their weights.

    >>> text = "".join(f"-rw-r--r-- 1 {'root' if n == 7 else 'dev'} {n}.txt\n" for n in range(30))
    >>> [(text[start:end], share) for start, end, share in picked(text, "lines", {"owned": 1.0, "root": 1.0})]
    [('-rw-r--r-- 1 root 7.txt\n', 1.0)]
    """
    if not asked or not (kind in _LISTINGS or (kind in _PERHAPS and _is_listing(text))):
        return []
    starts = _line_starts(text)
    total = len(starts) - 1
    if total < _MIN_ROWS:
        return []
    scores = _scores(text, starts, asked)
    return _few(_rows(text, starts, _best(scores, total)), int(_MAX_SHARE * len(text))) if scores else []


def cut(split: Split, rows: Sequence[Row]) -> tuple[Split, list[float], list[int]]:
    """The split with a segment for each row; the share of each new segment, and the old one that it is of.

    >>> cut(Split("lines", [Segment(0, 9, "")]), [Row(3, 6, 1.0)])[1:]
    ([0.0, 1.0, 0.0], [0, 0, 0])
    """
    segments: list[Segment] = []
    shares: list[float] = []
    origins: list[int] = []
    number = 0
    for origin, (start, end, name) in enumerate(split.segments):
        while number < len(rows) and rows[number].end <= start:
            number += 1
        at, this = start, number
        while this < len(rows) and rows[this].start < end:
            row = rows[this]
            first, last = max(at, row.start), min(end, row.end)
            if at < first:
                segments.append(Segment(at, first, name))
                shares.append(0.0)
            segments.append(Segment(first, last, name))
            shares.append(row.share)
            at = last
            this += 1
        if at < end:
            segments.append(Segment(at, end, name))
            shares.append(0.0)
        origins += [origin] * (len(segments) - len(origins))
    return Split(split.kind, segments), shares, origins


def _is_listing(text: str) -> bool:
    """Whether most lines begin in one of few ways: with the same tag, bullet, number or key."""
    lines = [line for line in text.split("\n", _SAMPLE_LINES)[:_SAMPLE_LINES] if line.strip()]
    if len(lines) < _MIN_ROWS:
        return False
    found = Counter(_beginning(line) for line in lines)
    found.pop("", None)
    return sum(count for count in found.values() if count >= _MIN_ALIKE * len(lines)) >= _ALIKE * len(lines)


def _beginning(line: str) -> str:
    """How a line begins, without what differs from row to row; "" where a word of prose or code does."""
    match = _BEGINNING.match(line)
    if match is None:
        return "\t" if "\t" in line.strip() else ""
    key = match[2] or match[3]
    return match[1] + ("0" + key[-1] if key[0].isdigit() else key)


def _line_starts(text: str) -> list[int]:
    """Where lines start, and the end of the text."""
    starts = [0]
    at = text.find("\n") + 1
    while at:
        starts.append(at)
        at = text.find("\n", at) + 1
    if starts[-1] < len(text):
        starts.append(len(text))
    return starts


def _scores(text: str, starts: Sequence[int], asked: Mapping[str, float]) -> dict[int, float]:
    """By line what it says of the question, each word the more the fewer lines have it."""
    lower = text.lower()
    if len(lower) != len(text):
        lower = text
    total = len(starts) - 1
    scores: dict[int, float] = {}
    for term in sorted(asked, key=lambda term: -asked[term])[:_MAX_TERMS]:  # stable: the first of equals
        lines: set[int] = set()
        for variant in variants(term):
            for at in _occurrences(lower, text, variant, total):
                lines.add(bisect_right(starts, at) - 1)
        if 0 < len(lines) <= _MAX_COMMON * total:
            tells = asked[term] * log(total / len(lines))
            for line in lines:
                scores[line] = scores.get(line, 0.0) + tells
    return scores


def _occurrences(lower: str, text: str, word: str, most: int) -> Iterator[int]:
    """Where a word stands in a text, whole or as a part of a compound, at most so many times."""
    at = lower.find(word)
    for _ in range(most):
        if at < 0:
            return
        end = at + len(word)
        if _parted(text, at) and _parted(text, end):
            yield at
        at = lower.find(word, end)


def _parted(text: str, at: int) -> bool:
    """Whether a word may begin or end at a place."""
    if at == 0 or at == len(text):
        return True
    before, after = text[at - 1], text[at]
    if not (before.isalnum() and after.isalnum()):
        return True
    return (after.isupper() and not before.isupper()) or before >= _SPACELESS or after >= _SPACELESS


def _best(scores: Mapping[int, float], total: int) -> dict[int, float]:
    """The lines that say most, as long as they are few; each with its share."""
    most = int(_MAX_SHARE * total)
    ranked = sorted(scores.values(), reverse=True)
    kept: dict[int, float] = {}
    last: dict[float, int] = {}  # by score, how many lines score as much or more
    for place, score in enumerate(ranked, 1):
        last[score] = place
    for line in sorted(scores):
        score = scores[line]
        if last[score] <= most and ranked[0] > 0:
            kept[line] = score / ranked[0] * log(total / last[score]) / log(total)
    return kept


def _rows(text: str, starts: Sequence[int], lines: Mapping[int, float]) -> list[Row]:
    """The lines with what they are indented under and what is indented under them; none overlap."""
    found: list[Row] = []
    for line, share in lines.items():
        first, last = _record(text, starts, line)
        start, end = starts[first], starts[last + 1]
        if found and start < found[-1].end:
            before = found.pop()
            start, end, share = before.start, max(end, before.end), max(share, before.share)
        found.append(Row(start, end, share))
    return found


def _few(rows: Sequence[Row], left: int) -> list[Row]:
    """The best rows that have so many characters together; the best one whatever it has."""
    kept: list[Row] = []
    for row in sorted(rows, key=lambda row: -row.share):  # stable: the first of equals
        left -= row.end - row.start
        if kept and left < 0:
            break
        kept.append(row)
    return sorted(kept)


def _record(text: str, starts: Sequence[int], line: int) -> tuple[int, int]:
    """The first and the last line of the row that a line is of."""
    own = _depth(text, starts, line)
    first = line
    if own and not _opens(text, starts, line):
        for above in range(line - 1, max(-1, line - _MAX_RECORD), -1):
            depth = _depth(text, starts, above)
            if depth < 0:
                break
            if depth < own:
                first = above
                break
    own = _depth(text, starts, first)
    last = first
    for below in range(first + 1, min(len(starts) - 1, first + _MAX_RECORD)):
        if _depth(text, starts, below) <= own:
            if first < last and text[starts[below] + own : starts[below] + own + 2] in ("</", "},", "}\n", "],", "]\n"):
                last = below
            break
        last = below
    return first, max(line, last)


def _depth(text: str, starts: Sequence[int], line: int) -> int:
    """How far a line is indented; 0 for one that begins with a number, which is aligned to the right; -1 if blank."""
    end = _FIRST.match(text, starts[line]).end()  # type: ignore[union-attr]
    if end >= len(text) or text[end] in "\r\n":
        return -1
    return 0 if text[end].isdigit() else end - starts[line]


def _opens(text: str, starts: Sequence[int], line: int) -> bool:
    """Whether a line begins a row of its own: an item of a list."""
    end = _FIRST.match(text, starts[line]).end()  # type: ignore[union-attr]
    return text.startswith(("- ", "* "), end)
