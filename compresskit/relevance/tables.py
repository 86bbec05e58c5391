"""Tables as a whole: what a table says of the query together, shared out among its rows.

A row says little without the names of its columns, and the row that answers "who won most often?" may share no word
with the question. The words of the whole table show that it is the right one. Text in sentences speaks for itself.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence

from . import weights as tuning
from .bm25 import bm25
from .document import RECORDS, Document
from .term_matching import Reader, Readings

_HEAD_CHARACTERS = 2_000  # characters of a head that are read, which bounds the time


def numbered(documents: Sequence[Document]) -> list[int]:
    """For every segment of all documents the number of the text that it is of: its document, or a part of that.

    >>> from compresskit.content import Segment
    >>> parted = Document("one two", [Segment(0, 4, ""), Segment(4, 7, "")], "", 0.0, parts=(0, 4))
    >>> numbered([parted, parted._replace(parts=())])
    [0, 1, 2, 2]
    """
    numbers: list[int] = []
    first = 0
    for document in documents:
        numbers += [first + max(0, bisect_right(document.parts, start) - 1) for start, _, _ in document.segments]
        first = numbers[-1] + 1 if document.segments else first
    return numbers


def of_tables(documents: Sequence[Document], readings: Readings, reader: Reader, best: float) -> list[float]:
    """For every segment that is a row, its part of the score of its table.

    The table's score per square root of characters is also that of each row, so a table is taken as a whole where it
    is worth as much as a text of its length. All parts of texts are compared, those without rows too.

    Args:
        readings: what every segment has.
        reader: knows the terms of the query.
        best: the score of the best text.
    """
    spans = [end - start for document in documents for start, end, _ in document.segments]
    kinds = [document.kind in RECORDS for document in documents for _ in document.segments]
    if not any(kinds):
        return [0.0] * len(spans)
    numbers = numbered(documents)
    total = max(numbers, default=-1) + 1
    words, characters, rows = [0] * total, [0] * total, [0] * total
    for number, length, size in zip(numbers, readings.lengths, spans, strict=True):
        words[number] += length
        characters[number] += size
        rows[number] += 1
    heads: list[tuple[int, str, int]] = []
    at = 0
    for document in documents:
        if document.head and document.segments:
            hits = reader.hits(document.head[:_HEAD_CHARACTERS])
            heads += [(numbers[at], term, times) for term, times in hits.items()]
        at += len(document.segments)
    scores = bm25(readings.counts.together(numbers, heads), words, reader.weights)
    least = tuning.WEIGHTS.min_table_rows
    scale = best / (max(scores, default=0.0) or 1.0)
    return [
        scale * scores[number] * (size / characters[number]) ** 0.5 if row and rows[number] >= least else 0.0
        for number, size, row in zip(numbers, spans, kinds, strict=True)
    ]
