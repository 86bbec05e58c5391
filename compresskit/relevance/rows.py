"""Finds the rows of a listing that the question selects, such as the one line of `ls` that contains "root".

A listing is a text with similar rows: the output of a command, a table, records, a log. A segment may hold several
rows, and one word in it counts little against the words of all other texts. So this module scores each row alone, by
how rare the words of the question are among the rows of the same text.

It does not parse formats. If rows have several lines, all of them begin in the same way. Otherwise a row is one line,
together with its parent by indentation and all children of that parent.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from itertools import accumulate, chain, pairwise
from math import log
from typing import NamedTuple

from ..content import Segment, Split
from ..types import Query
from . import weights as tuning
from .columns import odd_rows
from .document import JSON, Document
from .term_matching import Reader
from .terms import words

_LISTINGS = frozenset({"lines", "log", "search", "json", "jsonl", "table"})  # kinds that are listings
_PERHAPS = frozenset({"code", "markdown", "prose", "manual"})  # kinds that detection may report for lists and YAML
_COMMENTS = frozenset({"#", "//", "/*", "/**", ">"})  # line beginnings of texts that are no listings
_CODE_COMMENTS = _COMMENTS | {"*", "--", "}"}
_RULE = 3  # signs of a line between records, as in YAML, maximum
_AT_ONCE = 5_000  # lines that are read together, which bounds the memory
_SAMPLE_LINES = 200  # first lines that show how rows begin
_BEGINNING = re.compile(r"([ \t]*)(?:(\d)|([\w.-]+(?: ?[:={])?)|(</?\w+|[^\w\s]+))")
_NUMBER = re.compile(r"(?<!\w)\d")
_WORD = re.compile(r"[^\W\d]{2,}")
_COMPARED_CHARACTERS = 60_000  # characters of lines that are compared with each other, which bounds the time
_FIRST = re.compile(r"[ \t]*")


class Row(NamedTuple):
    """A row of a text, and the certainty from 0 to 1 that the question means it."""

    start: int
    end: int
    share: float


def picked(text: str, kind: str, asked: Mapping[str, float]) -> list[Row]:
    r"""The rows that the question selects, in order.

    Args:
        text: The text.
        kind: Its kind, as ``detect`` reports it.
        asked: The words of the question with their weights; names of several words pick out nothing.

    >>> text = "".join(f"-rw-r--r-- 1 {'root' if n == 7 else 'dev'} {n}.txt\n" for n in range(30))
    >>> [(text[start:end], share) for start, end, share in picked(text, "lines", {"owned": 1.0, "root": 1.0})]
    [('-rw-r--r-- 1 root 7.txt\n', 1.0)]
    """
    if not asked or kind not in _LISTINGS | _PERHAPS:
        return []
    tuned = tuning.WEIGHTS
    starts = _line_starts(text)
    total = len(starts) - 1
    if total < tuned.min_listing_rows or not _is_listing(text, starts, kind):
        return []
    heading = _heading(text, starts)
    scores, known, with_term = _scores(text, starts, asked, len(heading))
    best = _best(scores, known, total)
    for line, share in _odd_among(text, starts, with_term).items():
        best[line] = min(1.0, best.get(line, 0.0) + share)
    rows = _rows(text, starts, dict(sorted(best.items())))
    rows = _few(rows, int(tuned.max_picked_share * len(text)))
    return [*heading, *rows] if rows else []


def answered(text: str, asked: Mapping[str, float]) -> float:
    r"""How much of the question the words of the best line of a text say, from 0 to 1. Words of many lines say nothing.

    >>> text = "".join(f"job {n} ok\n" for n in range(30)) + "job 30 lost\n"
    >>> answered(text, {"job": 1.0, "30": 1.0}), answered(text, {"job": 1.0, "gone": 1.0})
    (1.0, 0.0)
    """
    starts = _line_starts(text)
    total = len(starts) - 1
    if not asked or total < 2:
        return 0.0
    scores, *_ = _scores(text, starts, asked, 0)
    share = max(scores.values(), default=0.0) / (sum(asked.values()) * log(total))
    return min(1.0, share / tuning.WEIGHTS.enough_coverage)


def merged(first: Sequence[Row], second: Sequence[Row]) -> list[Row]:
    """The rows of both, in order. Of rows that overlap, the one with the higher certainty stays.

    >>> merged([Row(0, 5, 0.5)], [Row(0, 5, 1.0), Row(5, 9, 0.2)])
    [Row(start=0, end=5, share=1.0), Row(start=5, end=9, share=0.2)]
    """
    found: list[Row] = []
    for row in sorted([*first, *second]):
        if found and row.start < found[-1].end:
            found[-1] = max(found[-1], row, key=lambda each: each.share)
        else:
            found.append(row)
    return found


def widened(rows: Sequence[Row], split: Split) -> list[Row]:
    """The rows of a text, which in JSON take the short rests of their segments: brackets and keys of the same record.

    >>> widened([Row(30, 850, 1.0)], Split("json", [Segment(0, 900, "")]))
    [Row(start=0, end=900, share=1.0)]
    """
    if split.kind not in JSON or not rows:
        return list(rows)
    least = tuning.WEIGHTS.min_rest_characters
    bounds = [start for start, _, _ in split.segments] + [split.segments[-1].end]
    found: list[Row] = []
    for row, following in pairwise([*rows, Row(bounds[-1], bounds[-1], 0.0)]):
        start = max(bounds[bisect_right(bounds, row.start) - 1], found[-1].end if found else 0)
        end = min(bounds[bisect_left(bounds, row.end)], following.start)
        wide = row._replace(start=start) if row.start - start < least else row
        found.append(wide._replace(end=end) if end - row.end < least else wide)
    return found


def cut(split: Split, rows: Sequence[Row]) -> tuple[Split, list[float], list[int]]:
    """A split with one segment per row, the certainty of each segment, and the index of the old segment it is part of.

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
    return split._replace(segments=segments), shares, origins


def _is_listing(text: str, starts: Sequence[int], kind: str) -> bool:
    """Whether the text has rows: nearly all lines, or all rows of several lines, begin in the same way."""
    if kind in _LISTINGS:
        return True
    found = Counter(beginning for start, end in _sampled(starts) if (beginning := _beginning(text[start:end])))
    beginning, count = found.most_common(1)[0] if found else ("", 0)
    if count >= tuning.WEIGHTS.alike_share * found.total():
        return beginning.lstrip() not in (_COMMENTS if kind == "markdown" else _CODE_COMMENTS)
    return bool(_opener(text, starts))


def _sampled(starts: Sequence[int]) -> Iterator[tuple[int, int]]:
    """The offsets of the first lines."""
    return pairwise(starts[: _SAMPLE_LINES + 1])


def _beginning(line: str) -> str:
    """The beginning of a line without the parts that differ between rows; "" for a blank line or a long rule.

    >>> [_beginning(line) for line in ("  - name: cup", "  12 | cup", "<td>cup</td>", "cup:", "owner: mia", "Each cup")]
    ['  -', '0', '<td', ':', 'owner:', 'Each']
    """
    match = _BEGINNING.match(line)
    if match is None:
        return ""
    indentation, number, key, sign = match.groups()
    ruled = key or sign
    if ruled and len(ruled) > _RULE and ruled == ruled[0] * len(ruled) and match.end() == len(line.rstrip()):
        return ""  # it underlines a title
    if number:
        return "0"
    return indentation + (":" if key and key[-1] in ":{" and match.end() == len(line.rstrip()) else key or sign)


def _opener(text: str, starts: Sequence[int]) -> str:
    r"""The common beginning of rows of several lines; "" if rows are single lines, or if no beginning is regular.

    >>> text = "[a]\nowner=mia\n\n[b]\nowner=leo\n\n" * 6
    >>> _opener(text, _line_starts(text))
    '['
    """
    tuned = tuning.WEIGHTS
    where: dict[str, list[int]] = {}
    for number, (start, end) in enumerate(_sampled(starts)):
        if (beginning := _beginning(text[start:end])) and beginning.lstrip() not in _COMMENTS:
            where.setdefault(beginning, []).append(number)
    total = min(_SAMPLE_LINES, len(starts) - 1)
    frequent = [beginning for beginning, places in where.items() if len(places) >= tuned.min_opener_share * total]
    if len(frequent) < 2:
        return ""
    opener = min(frequent, key=lambda beginning: (len(beginning) - len(beginning.lstrip()), where[beginning][0]))
    gaps = sorted(after - before for before, after in pairwise(where[opener]))
    if len(gaps) < tuned.min_records or not 1 < (usual := gaps[len(gaps) // 2]) <= tuned.max_record_lines:
        return ""
    regular = sum(gap for gap in gaps if gap > 1 and abs(gap - usual) <= tuned.max_optional_lines)
    return opener if regular >= tuned.alike_share * total else ""


def _line_starts(text: str) -> list[int]:
    """The offsets at which lines start, and the end of the text."""
    starts = list(accumulate((len(line) + 1 for line in text.split("\n")), initial=0))
    starts.pop()
    if starts[-1] < len(text):
        starts.append(len(text))
    return starts


def _scores(
    text: str, starts: Sequence[int], asked: Mapping[str, float], first: int
) -> tuple[dict[int, float], float, Iterator[tuple[float, list[int]]]]:
    """The score of each line by the words of the question in it, rare ones more, and that of all lines together.

    Behind them the weight of each word, as a share of the largest, with its lines: they are listed as they are read.

    Lines before the ``first`` are no rows. Their words name columns, and so no row either.
    """
    total = len(starts) - 1
    single = {term: weight for term, weight in asked.items() if term in words(term)}
    reader = Reader(Query(single, {}, asked=single))
    runs = (starts[at : at + _AT_ONCE + 1] for at in range(first, total, _AT_ONCE))
    lines = ([Segment(start, end, "") for start, end in pairwise(run)] for run in runs)
    counts = reader.read(Document(text, segments, "", 0.0) for segments in lines).counts
    tells = [
        reader.weights[term] * log(total / times) if 0 < times <= tuning.WEIGHTS.max_word_share * total else 0.0
        for term, times in zip(counts.terms, counts.frequencies.tolist(), strict=True)
    ]
    scores: dict[int, float] = {}
    for line, term in zip(counts.texts.tolist(), counts.numbers.tolist(), strict=True):
        if tells[term]:
            scores[first + line] = scores.get(first + line, 0.0) + tells[term]
    most = max(reader.weights.values(), default=0.0) or 1.0
    ends = list(accumulate(counts.frequencies.tolist(), initial=0))
    with_term = (
        (reader.weights[term] / most, [first + line for line in counts.texts[start:end].tolist()])
        for term, (start, end) in zip(counts.terms, pairwise(ends), strict=True)
    )
    return scores, sum(tells), with_term


def _odd_among(text: str, starts: Sequence[int], with_term: Iterator[tuple[float, list[int]]]) -> dict[int, float]:
    """The lines that are unlike most others with the same word of the question: how surely it means each of them.

    The question names a key or a column, and means the row in which its value is unusual: of forty containers with
    ``"Privileged": false`` the one with ``"Privileged": true``.
    """
    tuned = tuning.WEIGHTS
    found: dict[int, float] = {}
    left = _COMPARED_CHARACTERS
    for weight, numbers in with_term:
        size = sum(starts[number + 1] - starts[number] for number in numbers)
        if len(numbers) < tuned.min_outlier_lines or size > left:
            continue
        left -= size
        lines = [text[starts[number] : starts[number + 1]] for number in numbers]
        if not _alike(lines):
            continue
        odd = odd_rows(lines)
        picks = [(number, value) for number, value in zip(numbers, odd, strict=True) if value >= tuned.min_odd_row]
        if len(picks) <= max(tuned.max_odd_rows, tuned.max_odd_share * len(numbers)):
            for number, value in picks:
                found[number] = max(found.get(number, 0.0), weight * value)
    return found


def _alike(lines: Sequence[str]) -> bool:
    """Whether most words of the lines are words that most of these lines have: they are rows, and not sentences.

    >>> _alike(['"ok": true'] * 9 + ['"ok": false']), _alike([f"In May {'x' * n} {'y' * n}" for n in range(2, 12)])
    (True, False)
    """
    found = [_WORD.findall(line) for line in lines]
    counts = Counter(chain.from_iterable(map(set, found)))
    common = sum(2 * counts[word] > len(lines) for words in found for word in words)
    return common >= tuning.WEIGHTS.alike_words_share * sum(map(len, found))


def _best(scores: Mapping[int, float], known: float, total: int) -> dict[int, float]:
    """The lines with the highest scores, if they are few, with the certainty of each.

    Args:
        scores: The scores of the lines.
        known: The score of all lines together. A line with one of many words of the question is not certain.
        total: The number of lines.
    """
    enough = tuning.WEIGHTS.enough_coverage * known
    most = int(tuning.WEIGHTS.max_picked_share * total)
    ranked = sorted(scores.values(), reverse=True)
    kept: dict[int, float] = {}
    last: dict[float, int] = {}  # by score, how many lines score as much or more
    for place, score in enumerate(ranked, 1):
        last[score] = place
    for line in sorted(scores):
        score = scores[line]
        if last[score] <= most:
            kept[line] = score / ranked[0] * log(total / last[score]) / log(total) * min(1.0, score / enough)
    return kept


def _rows(text: str, starts: Sequence[int], lines: Mapping[int, float]) -> list[Row]:
    """The rows that the lines are part of. No two of them overlap."""
    found: list[Row] = []
    opener = _opener(text, starts)
    for line, share in lines.items():
        record = _from_opener(text, starts, line, opener) if opener else None
        first, last = record or _under(text, starts, line)
        start, end = starts[first], starts[last + 1]
        if found and start < found[-1].end:
            before = found.pop()
            start, end, share = before.start, max(end, before.end), max(share, before.share)
        found.append(Row(start, end, share))
    return found


def _heading(text: str, starts: Sequence[int]) -> list[Row]:
    """The first line if it names the columns: it has no number, and nearly all other lines have one."""
    tuned = tuning.WEIGHTS
    first, *others = (_NUMBER.search(text, start, end) is not None for start, end in _sampled(starts))
    names = text[: starts[1]].strip() and not first and sum(others) >= tuned.alike_share * len(others)
    return [Row(0, starts[1], tuned.sure_share)] if names and starts[1] <= tuned.max_picked_share * len(text) else []


def _few(rows: Sequence[Row], left: int) -> list[Row]:
    """The best rows within a number of characters, and always the best one."""
    kept: list[Row] = []
    for row in sorted(rows, key=lambda row: -row.share):  # stable: the first of equals
        left -= row.end - row.start
        if kept and left < 0:
            break
        kept.append(row)
    return sorted(kept)


def _from_opener(text: str, starts: Sequence[int], line: int, opener: str) -> tuple[int, int] | None:
    """The first and the last line of the row that a line is part of, from one opener to the next."""
    most = tuning.WEIGHTS.max_record_lines

    def opens(number: int) -> bool:
        return _beginning(text[starts[number] : starts[number + 1]]) == opener

    first = next((number for number in range(line, max(-1, line - most), -1) if opens(number)), None)
    if first is None:
        return None
    stop = min(len(starts) - 1, first + most)
    return first, max(line, next((number for number in range(first + 1, stop) if opens(number)), stop) - 1)


def _under(text: str, starts: Sequence[int], line: int) -> tuple[int, int]:
    """The first and the last line of a row by indentation: the parent of a line, with all its children."""
    most = tuning.WEIGHTS.max_record_lines
    own = _depth(text, starts, line)
    first = line
    for above in range(line - 1, max(-1, line - most), -1) if own > 0 else ():
        depth = _depth(text, starts, above)
        if depth < own:
            first = above if depth >= 0 else line
            break
    own = _depth(text, starts, first)
    last = first
    while last + 1 < min(len(starts) - 1, first + most) and _depth(text, starts, last + 1) > own:
        last += 1
    return first, max(line, last)


def _depth(text: str, starts: Sequence[int], line: int) -> int:
    """The indentation of a line; -1 if it is blank, 0 if it begins with a number, since columns align numbers right."""
    end = _FIRST.match(text, starts[line]).end()  # type: ignore[union-attr]
    if end >= len(text) or text[end] in "\r\n":
        return -1
    return 0 if text[end].isdigit() else end - starts[line]
