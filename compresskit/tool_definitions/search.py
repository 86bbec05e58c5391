"""Finds definitions by what they do: BM25 over their names, descriptions and parameters."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any

from ..relevance.bm25 import bm25
from ..relevance.term_counts import TermCounts
from ..relevance.term_matching import Reader
from ..relevance.terms import parts, terms, words
from ..types import Query
from . import weights as tuning
from .definitions import Definition

_QUERY_CHARACTERS = 4_000  # characters of a query that are read, which bounds the time
_MAX_DEPTH = 6  # levels of a schema whose words count
_NAMES = re.compile(r"[a-zA-Z0-9_-]+")
# Words that people and the authors of tools use for the same action or thing. Each counts for the others of its line.
_SAME_WORDS = (
    "create add new open insert make file register schedule write",
    "delete remove drop destroy erase clear",
    "update edit change modify set replace rename",
    "list show browse which",
    "search find look query lookup filter locate",
    "get read fetch view show retrieve see describe load download open details",
    "send post write message notify tell",
    "answer reply respond",
    "run execute start launch invoke trigger call",
    "stop cancel terminate kill abort",
    "save store put write upload",
    "move transition",
    "directory folder path",
    "issue ticket bug task story",
    "email mail",
    "event meeting appointment calendar agenda",
    "picture image screenshot photo",
    "page website site web url link",
    "message chat",
    "user person member profile customer account",
    "log history record worklog",
    "money payment charge invoice refund",
    "directions route way navigate",
    "server machine instance host",
    "documentation docs wiki page article",
    "table database schema",
)
_SAME: dict[str, set[str]] = {}
for _line in _SAME_WORDS:
    for _word in _line.split():
        _SAME.setdefault(_word, set()).update(set(_line.split()) - {_word})


class Index:
    """The definitions that are searched."""

    def __init__(self, definitions: Sequence[Definition]) -> None:
        self._definitions = list(definitions)

    def ranked(self, query: str) -> list[Definition]:
        """The definitions that match, best first. Those that the query names come before all others."""
        query = query[:_QUERY_CHARACTERS]
        named = set(_NAMES.findall(query))
        scores = self._scores(query)
        order = sorted(range(len(scores)), key=lambda at: (self._definitions[at].name not in named, -scores[at], at))
        return [self._definitions[at] for at in order if scores[at] > 0 or self._definitions[at].name in named]

    def _scores(self, query: str) -> list[float]:
        asked = dict.fromkeys(terms(query), 1.0)
        same = {
            other: tuning.WEIGHTS.same_word_share for term in _words(query) for other in sorted(_SAME.get(term, ()))
        }
        reader = Reader(Query({**same, **asked}, {}, asked=asked))
        hits = [reader.hits(text) for text in self._texts]
        return bm25(TermCounts.of(hits), [len(words(text)) for text in self._texts], reader.weights)

    @cached_property
    def _texts(self) -> list[str]:
        return [_text_of(one) for one in self._definitions]


def _words(query: str) -> list[str]:
    """The words of a query, with those that ``terms`` leaves out, such as "get"; singular and plural alike."""
    found = [part for word in words(query) for part in parts(word)]
    return [form for word in found for form in (word, word.removesuffix("s"))]


def _text_of(definition: Definition) -> str:
    """The searched text of a definition. Its name says best what the tool is for, so it counts several times."""
    names = [definition.name] * tuning.WEIGHTS.name_times
    return " ".join([*names, definition.description, *_words_of(definition.schema, 0)])


def _words_of(schema: Any, depth: int) -> Iterator[str]:
    """The names, descriptions and choices of parameters."""
    if isinstance(schema, list):
        for inner in schema:
            yield from _words_of(inner, depth)
    if not isinstance(schema, Mapping) or depth > _MAX_DEPTH:
        return
    for name, value in schema.items():
        if name == "description" and isinstance(value, str):
            yield value
        elif name == "enum" and isinstance(value, list):
            yield from (one for one in value if isinstance(one, str))
        elif name == "properties" and isinstance(value, Mapping):
            for one, inner in value.items():
                yield str(one)
                yield from _words_of(inner, depth + 1)
        elif isinstance(value, Mapping | list):
            yield from _words_of(value, depth + 1)
