"""Lines, rows and records that share an id with a hit, such as that of a request, a process, a host or a customer.

A line that names the instance has the id of its request, and the other lines of the request have nothing else in
common with the question. An id that many lines have tells nothing.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from heapq import nlargest
from itertools import accumulate, islice

from . import weights as tuning
from .document import Document

_KINDS = frozenset({"log", "lines", "json", "jsonl", "table", "search"})
_MAX_IDS = 24  # ids of a hit that are followed, which bounds the time
_MAX_HITS = 64  # hits whose ids are followed, which bounds the time
_MAX_ALL = 100  # different ids that are followed, which bounds the time
# letters with digits, a number of five digits or more, and one in brackets, which names a process; no dates and times
_ID = re.compile(
    r"(?<![\w.:-])(?!\d{1,4}[-/:.]\d\d?[-/:.])(?=[\w-]*\d)"
    r"(?:[A-Za-z_][\w-]{4,63}|\d[\w-]*[A-Za-z][\w-]{4,63}|\d{5,20})(?![\w-])|(?<=\[)\d{3,10}(?=\])"
)


def joined(
    documents: Sequence[Document], values: Sequence[float], named: Sequence[float], explicit: float
) -> list[float]:
    """The values of all segments of all documents in a row, raised where they share a rare id with better ones.

    Args:
        documents: the texts.
        values: the value of each segment.
        named: above 0 for the segments with a name that the query says outright: only their ids are followed.
        explicit: how surely the query asks about the texts, from 0 to 1.

    >>> from compresskit.content import Segment
    >>> lines = ["a1: user mia asks\\n", "INFO req-77f1 mia\\n", "ERROR req-77f1 no space\\n", "INFO req-12c9 ok\\n"]
    >>> text, starts = "".join(lines), [0, 18, 36, 59]
    >>> segments = [Segment(start, end, "") for start, end in zip(starts, [*starts[1:], len(text)])]
    >>> joined([Document(text, segments, "", 0.0, "log")], [0.0, 1.0, 0.0, 0.0], [0.0, 1.0, 0.0, 0.0], 1.0)
    [0.0, 1.0, 0.7071067811865476, 0.0]
    """
    tuned = tuning.WEIGHTS
    raised = list(values)
    if not explicit * tuned.id_share:
        return raised
    lists = _Lists(documents)
    listed = [number for number in lists.numbers() if named[number]]
    best = max(map(values.__getitem__, listed), default=0.0)
    found: dict[str, list[int]] = {}
    for number in nlargest(_MAX_HITS, listed, key=values.__getitem__):
        if values[number] < tuned.min_joined_share * best or not best:
            break
        for name in lists.ids(number):
            if name not in found and len(found) < _MAX_ALL:
                found[name] = list(islice(lists.having(name), tuned.max_id_segments + 1))
            targets = found.get(name, [])
            if 1 < len(targets) <= tuned.max_id_segments:
                gain = explicit * tuned.id_share * values[number] * len(targets) ** -tuned.name_exponent
                for target in targets:
                    if target != number:
                        raised[target] = max(raised[target], gain)
    return raised


class _Lists:
    """The texts that are lists of lines, rows or records, with the numbers of their segments among all."""

    def __init__(self, documents: Sequence[Document]) -> None:
        firsts = accumulate((len(document.segments) for document in documents), initial=0)
        self._lists = [
            (first, document.text, [start for start, _, _ in document.segments])
            for first, document in zip(firsts, documents, strict=False)
            if document.kind in _KINDS and document.segments
        ]
        self._firsts = [first for first, _, _ in self._lists]

    def numbers(self) -> Iterator[int]:
        """The numbers of their segments."""
        for first, _, starts in self._lists:
            yield from range(first, first + len(starts))

    def ids(self, number: int) -> list[str]:
        """The ids in a segment, each once."""
        first, text, starts = self._lists[bisect_right(self._firsts, number) - 1]
        place = number - first
        end = starts[place + 1] if place + 1 < len(starts) else len(text)
        return list(islice(dict.fromkeys(match[0] for match in _ID.finditer(text, starts[place], end)), _MAX_IDS))

    def having(self, name: str) -> Iterator[int]:
        """The numbers of the segments that have an id as a whole word."""
        for first, text, starts in self._lists:
            at = text.find(name)
            while at >= 0:
                end = at + len(name)
                if not (text[at - 1 : at].isalnum() or text[end : end + 1].isalnum()):
                    place = bisect_right(starts, at)
                    yield first + place - 1
                    end = starts[place] if place < len(starts) else len(text)
                at = text.find(name, end)
