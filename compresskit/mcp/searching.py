"""Searches the files of the workspace and the originals by BM25: first for texts, then for passages in the best ones.

There is no index: a search reads at most ``MAX_FILES`` files and ``MAX_BYTES`` bytes.
"""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress

from ..content import Segment, split
from ..relevance import Document
from ..relevance.bm25 import bm25
from ..relevance.query import derive
from ..relevance.term_matching import Reader, Readings
from ..shortening import shorten, without_key
from ..tokens.measure import measure_for
from .memory import Memory
from .roots import Roots, Unreadable, text_of

MAX_FILES = 4_000  # files that one search reads, maximum
MAX_BYTES = 32_000_000  # bytes that one search reads, maximum
_MAX_TEXTS = 30  # texts in which passages are looked for, maximum
_MAX_PASSAGES = 12  # passages of an answer, maximum
_MAX_QUERY = 400  # characters of a query that are read
_MIN_ROOM = 40  # tokens that are worth another passage
_MAX_SHARE = 0.5  # share of an answer that one passage may have, maximum


def search(query: str, roots: Roots, memory: Memory, max_tokens: int) -> str:
    """The best passages, of at most ``max_tokens`` tokens together. Each comes below its path or key and its lines."""
    asked = derive([], query[:_MAX_QUERY])
    texts, complete = _texts(roots, memory)
    reader = Reader(asked)
    whole = [Document(text, [Segment(0, len(text), name)], "", 0.0) for name, text in texts if text]
    best = _best(reader.read(whole), reader, _MAX_TEXTS)
    documents = [
        Document(one.text, split(one.text, one.segments[0].name).segments, one.segments[0].name, 0.0)
        for one in (whole[number] for number in best)
    ]
    places = [(document, segment) for document in documents for segment in document.segments]
    passages = [places[number] for number in _best(reader.read(documents), reader, _MAX_PASSAGES)]
    answer = _answer(passages, query, max_tokens)
    note = "" if complete else f"(not every file was read: at most {MAX_FILES:,}, of {MAX_BYTES // 1_000_000} MB)\n"
    return (note + answer) if answer else f"{note}Nothing matches. Try other words."


def _texts(roots: Roots, memory: Memory) -> tuple[list[tuple[str, str]], bool]:
    """The names and texts of files and originals, each text once, and whether these are all of them."""
    found: dict[str, str] = {}  # text -> name
    left = MAX_BYTES
    for number, path in enumerate(roots.walk()):
        if number >= MAX_FILES or left <= 0:
            return [(name, text) for text, name in found.items()], False
        with suppress(Unreadable):
            text = text_of(path)
            left -= len(text)
            found.setdefault(text, roots.name(path))
    for key, text in memory.originals.in_memory():
        left -= len(text)
        if left > 0:
            found.setdefault(text, key)
    return [(name, text) for text, name in found.items()], True


def _best(readings: Readings, reader: Reader, most: int) -> list[int]:
    """The numbers of the best texts that have a word of the query, the best first."""
    scores = bm25(readings.counts, readings.lengths, reader.weights)
    # a word that most texts have is worth nothing to BM25, and still better than none
    weights = [sum(reader.weights.get(term, 0.0) for term in hits) for hits in readings.counts.rows()]
    order = sorted(range(len(scores)), key=lambda number: (-scores[number], -weights[number], number))
    return [number for number in order if weights[number] > 0][:most]


def _answer(passages: Iterable[tuple[Document, Segment]], query: str, max_tokens: int) -> str:
    measure = measure_for("", None)
    room, answer = max_tokens, ""
    for document, (start, end, _) in passages:
        text = document.text[start:end].strip("\n")
        if not text.strip():
            continue
        begin = document.text.index(text, start)
        first = document.text.count("\n", 0, begin) + 1
        head = f"{document.call}:{first}-{first + text.count(chr(10))}\n"
        least = min(room, max(_MIN_ROOM, int(_MAX_SHARE * max_tokens)))
        body = without_key(
            shorten(text, max(1, least - measure.count(head) - 1), query, recoverable=False), above=first - 1
        )
        longer = answer + head + body + "\n"
        if measure.count(longer) > max_tokens:
            break
        answer = longer
        room = max_tokens - measure.count(answer)
        if room < _MIN_ROOM:
            break
    return answer
