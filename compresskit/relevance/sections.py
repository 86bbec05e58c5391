"""What the headings of a text say for the sections below them.

A section often answers without a word of its title: what "Persistent volumes" says on the third line speaks of claims
and classes. So a heading that says what the question asks speaks for all of its section. A section is meant as a whole
if the question names its number ("§ 9", "version 2.2.1"), or says all of its title and little else.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Container, Mapping, Sequence
from math import log
from typing import NamedTuple

from ..content import Heading, headings
from ..types import Query
from . import weights as tuning
from .document import Document
from .term_matching import Reader, base_of
from .terms import STOP_WORDS, terms, words

_KINDS = frozenset({"prose", "markdown", "lines", "manual", "documents", "json", "jsonl", "code"})
_CHARACTERS = 600_000  # characters, newest first, that are searched for headings, which bounds the time
_MAX_HEADINGS = 4_000  # of a text
_NUMBER = re.compile(r"(?<![\w.])\d{1,4}(?:\.\d{1,4}){0,4}[a-z]?(?![\w-]|\.\d)")
_NAMED_NUMBER = re.compile(
    r"(?:§+|№|#|第|\b(?:v|version|release|section|sec|article|art|clause|chapter|part|step|question|rule|item|point|para"
    r"|paragraph|annex|appendix|schedule|stage|phase|day|week|lesson|exercise|problem|theorem|page|slide|nr|no|artikel"
    r"|kapitel|abschnitt|absatz|anlage|paragraf|version|artículo|capítulo|sección|chapitre|статья|глава|раздел|пункт"
    r"|madde|bölüm)\b\.?)\s*v?(\d{1,4}(?:\.\d{1,4}){0,4}[a-z]?)(?![\w-]|\.\d)|(?<![\w.])v?(\d{1,4}(?:\.\d{1,4}){1,4})(?![\w.-])",
    re.IGNORECASE,
)


class _Titled(NamedTuple):
    """A heading with the words of the query in it and in those above it."""

    heading: Heading
    hits: frozenset[str]  # of its own title
    path: frozenset[str]  # and of those above it
    said: float  # share of the words of its title that the query says
    named: float  # how surely the question names it, by its number or by all of its title: from 0 to 1


def of_sections(documents: Sequence[Document], reader: Reader, query: Query, best: float) -> list[float]:
    """For every segment of all documents, the value that its heading, or one above that, lends to it.

    Args:
        documents: The texts.
        reader: knows the terms of the query.
        query: has the question, in which numbers of sections are named.
        best: The value of a section whose title says all that titles say of the query.
    """
    empty = [0.0] * sum(len(document.segments) for document in documents)
    if not best:
        return empty
    numbers = {one or other for one, other in _NAMED_NUMBER.findall(query.newest)}
    question = {term: query.asked[term] for term in terms(query.newest) if term in query.asked}
    titled: list[list[_Titled]] = []
    left = _CHARACTERS
    for document in reversed(documents):
        left -= len(document.text)
        readable = left >= 0 and document.kind in _KINDS and len(document.segments) > 1
        titled.append(_titled(document, reader, query.asked, numbers, question) if readable else [])
    titled.reverse()
    spread = Counter(term for each in titled for one in each for term in one.hits)
    total = sum(map(len, titled))
    tells = {term: reader.weights[term] * log(1 + total / count) for term, count in spread.items()}
    values = [[_value(one, tells) for one in each] for each in titled]
    most = max((value for each in values for value in each), default=0.0)
    if not most and not any(one.named for each in titled for one in each):
        return empty
    sizes = [end - start for document in documents for start, end, _ in document.segments]
    usual = sum(sizes) / max(1, len(sizes))
    found: list[float] = []
    for document, own, each in zip(documents, titled, values, strict=True):
        found += _of_segments(document, own, [value / (most or 1.0) for value in each], usual)
    return [best * value for value in found]


def _titled(
    document: Document, reader: Reader, asked: Container[str], numbers: set[str], question: Mapping[str, float]
) -> list[_Titled]:
    tuned = tuning.WEIGHTS
    asked_in_all = sum(question.values()) or 1.0
    found: list[_Titled] = []
    above: list[_Titled] = []
    for heading in headings(document.text, document.kind)[:_MAX_HEADINGS]:
        while above and above[-1].heading.close <= heading.start:
            above.pop()
        said = {term: count for term, count in reader.hits(heading.title).items() if base_of(term) in asked}
        hits = frozenset(said)
        telling = [word for word in words(heading.title) if word.lower() not in STOP_WORDS and not word.isdigit()]
        share = min(1.0, sum(said.values()) / max(1, len(telling)))
        path = hits.union(*(one.hits for one in above))
        named = float(bool(numbers) and not numbers.isdisjoint(_NUMBER.findall(heading.title)))
        if not named and share == 1.0 and len(set(map(base_of, hits))) >= tuned.min_title_terms:
            named = sum(question.get(term, 0.0) for term in set(map(base_of, path))) / asked_in_all
        above.append(_Titled(heading, hits, path, share, named))
        found.append(above[-1])
    return found


def _value(one: _Titled, tells: dict[str, float]) -> float:
    """What a title says of the query: the words that it shares with it, less if it says much else."""
    tuned = tuning.WEIGHTS
    own = sum(map(tells.__getitem__, one.hits))
    above = sum(map(tells.__getitem__, one.path - one.hits)) if one.hits else 0.0
    return float((own + tuned.path_share * above) * one.said**tuned.title_exponent)


def _of_segments(document: Document, titled: Sequence[_Titled], values: Sequence[float], usual: float) -> list[float]:
    """For each segment the best value of the sections that it is in, more for longer segments.

    A section that the question names is meant as a whole, so all of its characters have the same value.
    """
    tuned = tuning.WEIGHTS
    segments = document.segments
    found, named = [0.0] * len(segments), [0.0] * len(segments)
    starts = [start for start, _, _ in segments]
    for one, value in zip(titled, values, strict=True):
        if one.named or value >= tuned.min_section_share:
            first = max(0, bisect_left(starts, one.heading.start + 1) - 1)
            for number in range(first, bisect_left(starts, one.heading.close)):
                found[number] = max(found[number], value)
                named[number] = max(named[number], tuned.named_section * one.named)
    sizes = [(end - start) / usual for start, end, _ in segments]
    return [
        (value and value * min(tuned.max_call_size, size) ** tuned.call_size_exponent) + number * size
        for value, number, size in zip(found, named, sizes, strict=True)
    ]
