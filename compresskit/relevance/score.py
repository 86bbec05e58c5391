"""One number for every segment: how much it has to do with the query, on a scale common to all kinds.

Signals: BM25 against the query; what the query names outright; the call that asked for the text; the
neighbours of a hit; and recency, which alone decides where nothing else speaks.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice
from typing import NamedTuple

from ..content import Segment
from ..types import Query
from .bm25 import bm25
from .fuse import fuse
from .hops import hop
from .words import STOP_WORDS, parts, spaced, variants, words

# BM25 is scaled to a best segment of 1; the other signals are fractions of that.
_MENTIONED = 0.5  # an exact name that the query says, shared among the segments that have it
_DEFINED = 1.0  # a definition that the query names
_ASKED_FOR = 0.15  # the terms of the call that asked for the text
_CONTEXT = 0.3  # a call that matches the query lends this to all that it returned
_NEIGHBOUR = 0.3
_RECENT = 0.1
_CALL_TERMS = 24
_CALL_CHARACTERS = 600


class Document(NamedTuple):
    """A text and its segments; ``age`` runs from 0 (oldest) to 1 (newest)."""

    text: str
    segments: Sequence[Segment]
    call: str
    age: float


def score(documents: Sequence[Document], query: Query) -> list[list[float]]:
    """The value of every segment of every document: 0 or more, commonly up to about 2."""
    index = _Index(query)
    counts: list[dict[str, int]] = []
    lengths: list[int] = []
    values: list[float] = []  # of all segments in a row
    for document in documents:
        wanted = index.terms_of(document.call)
        blank = spaced(document.text)
        for start, end, _ in document.segments:
            found = words(document.text[start:end]) if blank is None else blank[start:end].split()
            counts.append(index.hits(found))
            lengths.append(len(found))
            values.append(_ASKED_FOR * min(1.0, 3 * len(wanted.intersection(found)) / len(wanted)) if wanted else 0.0)
    strength = max((query.weights[term] for document in counts for term in document), default=0.0)
    of_texts = _scaled(bm25(counts, lengths, query.weights), strength)
    of_calls = _of_calls(documents, index, query)
    named = _Named(query).bonus(documents, counts)
    values = [sum(signals) for signals in zip(values, of_texts, of_calls, named, strict=True)]
    texts = [document.text[start:end] for document in documents for start, end, _ in document.segments]
    names = [name for document in documents for _, _, name in document.segments]
    if query.near:
        values = fuse(values, query.near(texts, values))
    remaining = iter(hop(texts, names, values))
    return [_in_place(document, list(islice(remaining, len(document.segments)))) for document in documents]


def _scaled(scores: list[float], best: float) -> list[float]:
    """The scores with ``best`` for the highest of them."""
    scale = best / (max(scores, default=0.0) or 1.0)
    return [score * scale for score in scores]


def _of_calls(documents: Sequence[Document], index: _Index, query: Query) -> list[float]:
    """For every segment, what the call is worth that returned its text."""
    calls = [index.hits(words(document.call[:_CALL_CHARACTERS])) if document.call else {} for document in documents]
    strength = max((query.weights[term] for call in calls for term in call), default=0.0)
    scores = _scaled(bm25(calls, [_CALL_TERMS] * len(calls), query.weights), _CONTEXT * strength)
    return [score for score, document in zip(scores, documents, strict=True) for _ in document.segments]


def _in_place(document: Document, values: list[float]) -> list[float]:
    """A document's values with what their places add: good neighbours, and recency."""
    beside = _with_neighbours(values) if len(values) > 1 else values
    return [value + _RECENT * document.age for value in beside]


class _Index:
    """Which words count as which terms of the query; each different word is looked at once."""

    def __init__(self, query: Query) -> None:
        self._terms = {variant: term for term in query.weights for variant in reversed(variants(term))}
        self._terms |= {term: term for term in query.weights}
        self._seen: set[str] = set()
        self._matching: dict[str, list[str]] = {}  # word -> its terms, for the words that have any
        self._wanted: dict[str, frozenset[str]] = {"": frozenset()}

    def hits(self, found: Sequence[str]) -> dict[str, int]:
        """How often each term of the query stands among the words."""
        if not self._seen.issuperset(found):
            for word in set(found) - self._seen:
                matched = [self._terms[part] for part in parts(word) if part in self._terms]
                if matched:
                    self._matching[word] = matched
            self._seen.update(found)
        hits: dict[str, int] = {}
        for word in filter(self._matching.__contains__, found):
            for term in self._matching[word]:
                hits[term] = hits.get(term, 0) + 1
        return hits

    def terms_of(self, call: str) -> frozenset[str]:
        """The words of a call, as they would stand in what it returned."""
        call = call[:_CALL_CHARACTERS]
        if call not in self._wanted:
            found = dict.fromkeys(word for word in words(call) if word.lower() not in STOP_WORDS and len(word) > 1)
            self._wanted[call] = frozenset(list(found)[:_CALL_TERMS])
        return self._wanted[call]


def _with_neighbours(values: list[float]) -> list[float]:
    """Each value with a share of the better of its neighbours'.

    >>> _with_neighbours([0.0, 1.0, 0.0])
    [0.3, 1.0, 0.3]
    """
    padded = [0.0, *values, 0.0]
    return [
        padded[i] + _NEIGHBOUR * max(0.0, max(padded[i - 1], padded[i + 1]) - padded[i])
        for i in range(1, len(padded) - 1)
    ]


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
        by_word: dict[str, list[str]] = {}
        for mention, needs in self._needs.items():
            if needs:
                by_word.setdefault(min(needs), []).append(mention)
        where: dict[str, list[int]] = {mention: [] for mention in self._mentions}
        number = 0
        for document in documents:
            for segment in document.segments:
                hits = counts[number].keys()
                for word in by_word.keys() & hits:
                    for mention in by_word[word]:
                        if (
                            self._needs[mention] <= hits
                            and document.text.find(mention, segment.start, segment.end) >= 0
                        ):
                            where[mention].append(number)
                if segment.name:
                    found[number] += _DEFINED * self._defined(segment.name)
                number += 1
        for mention, numbers in where.items():
            for number in numbers:
                found[number] += _MENTIONED * self._mentions[mention] / (1 + len(numbers)) ** 0.5
        return found

    def _defined(self, name: str) -> float:
        """How much the query means a definition: by its own name, or half by the name of what it is part of."""
        best = 0.0
        for path in name.split(", "):
            parts_of = path.split(".")
            best = max(best, self._names.get(parts_of[-1], 0.0), 0.5 * self._names.get(parts_of[0], 0.0))
        return best
