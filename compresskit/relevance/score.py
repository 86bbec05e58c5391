"""One number for every segment: how much it has to do with the query, on a scale common to all kinds.

Signals: BM25 against the query; what the query names outright; the call that asked for the text; the
neighbours of a hit; and recency, which alone decides where nothing else speaks.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence, Set
from itertools import compress, count, islice
from typing import NamedTuple

from ..types import Query
from .bm25 import bm25
from .document import Document
from .fuse import fuse
from .hops import hop
from .rarity import of_lines, of_records
from .words import STOP_WORDS, parts, spaced, variants, words

# BM25 is scaled to a best segment of 1; the other signals are fractions of that.
_MENTIONED = 0.5  # an exact name that the query says, shared among the segments that have it
_DEFINED = 1.0  # a definition that the query names
_ASKED_FOR = 0.15  # the terms of the call that asked for the text
_CONTEXT = 0.3  # a call that matches the query lends this to all that it returned
_NEIGHBOUR = 0.3
_RECENT = 0.1
_STANDS_OUT = 0.3  # a line or record unlike the others
_UNLIKE_CHARACTERS = 600_000  # that are looked through for it, newest first
_UNLIKE = {"log": of_lines, "json": of_records, "table": of_records}
_CALL_TERMS = 24
_CALL_CHARACTERS = 600
_SEPARATOR = "\0"  # between the words of segments: no word holds it
_NAME_TIMES = 2  # a segment's name counts as if it said it so many times more
_AT_ONCE = 30_000  # characters: larger lists of words fall out of the processor's cache
_BETWEEN = f" {_SEPARATOR} "


def score(documents: Sequence[Document], query: Query) -> list[list[float]]:
    """The value of every segment of every document: 0 or more, commonly up to about 2."""
    vocabulary = _Words(query)
    wanted = [vocabulary.terms_of(document.call) for document in documents]  # of all, before any is read
    counts: list[dict[str, int]] = []
    lengths: list[int] = []
    values: list[float] = []  # of all segments in a row
    asked = (said for document, said in zip(documents, wanted, strict=True) for _ in document.segments)
    for (hits, length, called), said in zip(vocabulary.read(documents, wanted), asked, strict=True):
        counts.append(hits)
        lengths.append(length)
        values.append(_ASKED_FOR * min(1.0, 3 * called / len(said)) if called else 0.0)
    strength = _strongest(counts, query)
    of_texts = _scaled(bm25(counts, lengths, query.weights), strength)
    of_calls = _of_calls(documents, vocabulary, query)
    named = _Named(query).bonus(documents, counts)
    values = [sum(signals) for signals in zip(values, of_texts, of_calls, named, strict=True)]
    if query.near:
        texts = [document.text[start:end] for document in documents for start, end, _ in document.segments]
        values = fuse(values, query.near(texts, values))
    remaining = iter(hop(documents, values))
    placed = [_in_place(document, list(islice(remaining, len(document.segments)))) for document in documents]
    _lift_unlike(documents, placed)
    return placed


def _strongest(counts: Sequence[dict[str, int]], query: Query) -> float:
    """The largest weight of a term that occurs."""
    return max((query.weights[term] for term in set().union(*counts)), default=0.0)


def _scaled(scores: list[float], best: float) -> list[float]:
    """The scores with ``best`` for the highest of them."""
    scale = best / (max(scores, default=0.0) or 1.0)
    return [score * scale for score in scores]


def _of_calls(documents: Sequence[Document], vocabulary: _Words, query: Query) -> list[float]:
    """For every segment, what the call is worth that returned its text."""
    calls = [vocabulary.hits(document.call[:_CALL_CHARACTERS]) if document.call else {} for document in documents]
    scores = _scaled(bm25(calls, [_CALL_TERMS] * len(calls), query.weights), _CONTEXT * _strongest(calls, query))
    return [score for score, document in zip(scores, documents, strict=True) for _ in document.segments]


def _in_place(document: Document, values: list[float]) -> list[float]:
    """A document's values with what their places add: good neighbours, and recency."""
    beside = _with_neighbours(values) if len(values) > 1 else values
    return [value + _RECENT * document.age for value in beside]


def _lift_unlike(documents: Sequence[Document], values: list[list[float]]) -> None:
    """Adds what stands out by itself, in the newest logs and records."""
    left = _UNLIKE_CHARACTERS
    for number in reversed(range(len(documents))):
        text, segments, *_, kind = documents[number]
        if kind in _UNLIKE and len(segments) > 1 and len(text) <= left:
            left -= len(text)
            apart = _UNLIKE[kind]([text[start:end] for start, end, _ in segments])
            values[number] = [value + _STANDS_OUT * each for value, each in zip(values[number], apart, strict=True)]


class _Word(NamedTuple):
    """What a word of a document tells: the terms of the query that it is, and whether some call says it."""

    terms: Sequence[str] = ()
    called: bool = False


class _Words:
    """Which words tell something. Most do not, so those that do are picked from the set of all words."""

    def __init__(self, query: Query) -> None:
        self._terms = {variant: term for term in query.weights for variant in reversed(variants(term))}
        self._terms |= {term: term for term in query.weights}
        self._telling = {word: _Word((term,)) for word, term in self._terms.items()}  # words in lower case
        self._telling[_SEPARATOR] = _Word()
        self._seen: set[str] = set()
        self.calls: dict[str, frozenset[str]] = {"": frozenset()}

    def _learn(self, found: Iterable[str]) -> None:
        """Looks at the parts of words such as getUserName, each once."""
        new = set(found)
        new -= self._seen
        self._seen |= new
        for word in new:
            if word.islower():
                continue
            if matched := [self._terms[part] for part in parts(word) if part in self._terms]:
                self._telling[word] = _Word(matched)

    def terms_of(self, call: str) -> frozenset[str]:
        """The words of a call, as they would stand in what it returned."""
        call = call[:_CALL_CHARACTERS]
        if call not in self.calls:
            found = dict.fromkeys(word for word in words(call) if word.lower() not in STOP_WORDS and len(word) > 1)
            self.calls[call] = frozenset(list(found)[:_CALL_TERMS])
        return self.calls[call]

    def hits(self, text: str) -> dict[str, int]:
        """How often each term of the query stands in a text."""
        hits: dict[str, int] = {}
        found = words(text)
        self._learn(found)
        for told in filter(None, map(self._telling.get, found)):
            for term in told.terms:
                hits[term] = hits.get(term, 0) + 1
        return hits

    def read(
        self, documents: Sequence[Document], wanted: Sequence[Set[str]]
    ) -> Iterator[tuple[dict[str, int], int, int]]:
        """For every segment how often each term of the query stands in it, its words, and those that its call says.

        The words of many texts are looked up in one list, with a sign between the segments.
        """
        texts: list[str] = []
        asked: list[Set[str]] = []
        size = 0
        for document, said in zip(documents, wanted, strict=True):
            text, segments = document.text, document.segments
            blank = spaced(text)
            for start, end, name in segments:
                part = blank[start:end] if blank is not None else " ".join(words(text[start:end]))
                texts.append(part + f" {spaced(name) or ' '.join(words(name))}" * _NAME_TIMES if name else part)
            asked += [said] * len(segments)
            size += len(text)
            if size > _AT_ONCE:
                yield from self._read(texts, asked)
                texts, asked, size = [], [], 0
        if texts:
            yield from self._read(texts, asked)

    def _read(self, texts: list[str], wanted: list[Set[str]]) -> Iterator[tuple[dict[str, int], int, int]]:
        texts.append("")  # so that a separator ends every segment
        found = _BETWEEN.join(texts).split()
        self._learn(found)
        telling = self._telling.copy()
        for word in frozenset().union(*wanted):
            telling[word] = _Word(telling[word].terms if word in telling else (), True)
        told = list(map(telling.get, found))
        last, number = -1, 0
        hits: dict[str, int] = {}
        called: set[str] = set()
        for place, (terms, in_call) in zip(compress(count(), told), filter(None, told), strict=True):
            for term in terms:
                hits[term] = hits.get(term, 0) + 1
            if in_call:
                if found[place] in wanted[number]:
                    called.add(found[place])
            elif not terms:
                yield hits, place - last - 1, len(called)
                last, number, hits = place, number + 1, {}
                if called:
                    called = set()


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
                for word in by_word.keys() & hits if hits else ():
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
