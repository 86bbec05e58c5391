"""One number for every segment: how much it has to do with the query, on a scale common to all kinds.

Signals: BM25 against the query; what the query names outright; the call that asked for the text; texts about what the
best hits name; the neighbours of a hit; the evidence for its document; and recency, which alone decides where nothing
else speaks.
"""

from __future__ import annotations

from collections.abc import Sequence
from heapq import nlargest
from itertools import islice

from ..types import Query
from . import weights as tuning
from .bm25 import bm25
from .document import Document
from .fusion import fuse
from .links import hop
from .outliers import of_lines, of_records
from .term_matching import CALL_CHARACTERS, CALL_TERMS, Reader
from .terms import parts, words

_BLANK = ("\n\n", "\n\r\n")
_UNLIKE_CHARACTERS = 600_000  # characters, newest first, that are looked through for outliers, which bounds the time
_UNLIKE = {"log": of_lines, "json": of_records, "table": of_records}


def score(documents: Sequence[Document], query: Query) -> list[list[float]]:
    """The value of every segment of every document: 0 or more, commonly up to about 2."""
    own_call, factor = tuning.WEIGHTS.own_call, tuning.WEIGHTS.own_call_factor
    reader = Reader(query)
    counts: list[dict[str, int]] = []
    lengths: list[int] = []
    values: list[float] = []  # of all segments in a row
    asked = (len(reader.terms_of(document.call)) for document in documents for _ in document.segments)
    for (hits, length, called), said in zip(reader.read(documents), asked, strict=True):
        counts.append(hits)
        lengths.append(length)
        values.append(own_call * min(1.0, factor * called / said) if called else 0.0)
    strength = _strongest(counts, reader)
    of_texts = _scaled(bm25(counts, lengths, reader.weights), strength)
    of_calls = _of_calls(documents, reader)
    named = _Named(query).bonus(documents, counts)
    values = [sum(signals) for signals in zip(values, of_texts, of_calls, named, strict=True)]
    if query.near:
        texts = [document.text[start:end] for document in documents for start, end, _ in document.segments]
        values = fuse(values, query.near(texts, values))
    remaining = iter(hop(documents, values, query.explicit))
    placed = [_in_place(document, list(islice(remaining, len(document.segments)))) for document in documents]
    placed = _with_evidence(placed, tuning.WEIGHTS.evidence_share * query.explicit)
    _lift_unlike(documents, placed)
    return placed


def _with_evidence(values: list[list[float]], share: float) -> list[list[float]]:
    """The values of all documents, each with a share that depends on the evidence for its document.

    The evidence is the mean of a document's best segments, against that of the best document. So a single hit in a
    text that says nothing else of the query is worth less than one among others.

    >>> _with_evidence([[1.0, 1.0], [0.5]], 0.5)
    [[1.0, 1.0], [0.375]]
    """
    most = tuning.WEIGHTS.evidence_segments
    means = [sum(nlargest(most, each)) / min(most, len(each)) if each else 0.0 for each in values]
    best = max(means, default=0.0)
    if not share or not best:
        return values
    return [
        [value * (1 - share + share * mean / best) for value in each] for each, mean in zip(values, means, strict=True)
    ]


def _strongest(counts: Sequence[dict[str, int]], reader: Reader) -> float:
    """The largest weight of a term that occurs."""
    return max((reader.weights[term] for term in set().union(*counts)), default=0.0)


def _scaled(scores: list[float], best: float) -> list[float]:
    """The scores with ``best`` for the highest of them."""
    scale = best / (max(scores, default=0.0) or 1.0)
    return [score * scale for score in scores]


def _of_calls(documents: Sequence[Document], reader: Reader) -> list[float]:
    """For every segment, what the call is worth that returned its text."""
    calls = [reader.hits(document.call[:CALL_CHARACTERS]) if document.call else {} for document in documents]
    most = tuning.WEIGHTS.call_context * _strongest(calls, reader)
    scores = _scaled(bm25(calls, [CALL_TERMS] * len(calls), reader.weights), most)
    return [score for score, document in zip(scores, documents, strict=True) for _ in document.segments]


def _in_place(document: Document, values: list[float]) -> list[float]:
    """A document's values with what their places add: good neighbours, and recency."""
    beside = _with_neighbours(values, _shares(document)) if len(values) > 1 else values
    recent = tuning.WEIGHTS.recency * document.age
    return [value + recent for value in beside]


def _lift_unlike(documents: Sequence[Document], values: list[list[float]]) -> None:
    """Adds what stands out by itself, in the newest logs and records."""
    most = tuning.WEIGHTS.outlier
    left = _UNLIKE_CHARACTERS
    for number in reversed(range(len(documents))):
        text, segments, *_, kind = documents[number]
        if kind in _UNLIKE and len(segments) > 1 and len(text) <= left:
            left -= len(text)
            apart = _UNLIKE[kind]([text[start:end] for start, end, _ in segments])
            values[number] = [value + most * each for value, each in zip(values[number], apart, strict=True)]


def _with_neighbours(values: list[float], shares: Sequence[float]) -> list[float]:
    """Each value with a share of the better of its neighbours'.

    Args:
        shares: of what each segment and the one behind it lend each other, one fewer than the values.

    >>> _with_neighbours([0.0, 1.0, 0.0], [0.3, 0.15])
    [0.3, 1.0, 0.15]
    """
    lent = [0.0] * len(values)
    for number, share in enumerate(shares):
        more = share * (values[number + 1] - values[number])
        if more > lent[number]:
            lent[number] = more
        elif -more > lent[number + 1]:
            lent[number + 1] = -more
    return [value + more for value, more in zip(values, lent, strict=True)]


def _shares(document: Document) -> list[float]:
    """What neighbours lend each other: between two paragraphs of prose less than within one."""
    text, segments, *_, kind = document
    share, paragraph = tuning.WEIGHTS.neighbour_share, tuning.WEIGHTS.paragraph_share
    if kind != "prose":
        return [share] * (len(segments) - 1)
    return [share * (paragraph if text[end - 3 : end].endswith(_BLANK) else 1.0) for _, end, _ in segments[:-1]]


class _Named:
    """Finds what the query names outright."""

    def __init__(self, query: Query) -> None:
        self._mentions = query.mentions
        # a mention is looked for only where all of its words are, so most segments cost nothing
        self._needs = {
            mention: {part for word in words(mention) for part in parts(word) if part in query.weights}
            for mention in query.mentions
        }
        self._names = {mention.rstrip("()").rsplit(".", 1)[-1]: weight for mention, weight in query.mentions.items()}

    def bonus(self, documents: Sequence[Document], counts: Sequence[dict[str, int]]) -> list[float]:
        found = [0.0] * len(counts)
        if not self._mentions:
            return found
        tuned = tuning.WEIGHTS
        of_name, of_definition, exponent = tuned.mentioned, tuned.defined, tuned.mention_exponent
        by_word: dict[str, list[str]] = {}
        for mention, needs in self._needs.items():
            if needs:
                by_word.setdefault(min(needs), []).append(mention)
        where: dict[str, list[int]] = {mention: [] for mention in self._mentions}
        names = "\n".join([segment.name for document in documents for segment in document.segments])
        defined = [name for name in self._names if name and name in names]  # mostly none
        number = 0
        for document in documents:
            for segment in document.segments:
                hits = counts[number].keys()
                for word in by_word.keys() & hits if hits else ():
                    for mention in by_word[word]:
                        if (
                            self._needs[mention] <= hits
                            and document.text.find(mention, segment.start, segment.end) >= 0
                        ):
                            where[mention].append(number)
                if defined and any(name in segment.name for name in defined):
                    found[number] += of_definition * self._defined(segment.name)
                number += 1
        for mention, numbers in where.items():
            for number in numbers:
                found[number] += of_name * self._mentions[mention] / (1 + len(numbers)) ** exponent
        return found

    def _defined(self, name: str) -> float:
        """How much the query means a definition: by its own name, or half by the name of what it is part of."""
        of_member = tuning.WEIGHTS.member_share
        best = 0.0
        for path in name.split(", "):
            parts_of = path.split(".")
            best = max(best, self._names.get(parts_of[-1], 0.0), of_member * self._names.get(parts_of[0], 0.0))
        return best
