"""Which texts the question names by their source: a file, a page, a host, or a title of several words.

The source of a text is a value in the call that returned it, or it is in the first line of the text. A question about
one source is answered by the text of that source, however few words of the question it has. This file does not look for
names inside a text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from ..types import Query
from . import weights as tuning
from .document import Document
from .terms import terms

_CALL_CHARACTERS = 600  # of each call that are searched for names, which bounds the time
_VALUE = re.compile(r"\"((?:[^\"\\\n]|\\.){4,200})\"|'([^'\n]{4,200})'|([^\s\"'{}()\[\],]{4,200})")
_LINE = re.compile(r"\s*+([^\n]{4,200})")
_SIGNS = re.compile(r"[./_:]\w|[^\W\d_]-?\d|\d-?[^\W\d_]")  # in names of files, hosts and ids
_WRAPPERS = re.compile(r"<[^<>]{0,60}>|https?://|[\"'`]")
_COMPOUND = re.compile(r"[a-z][A-Z]|[^\W_]_[^\W_]")  # in names that are no ordinary words
_EDGE = " \t\r.,;:#*>=-!?()[]"


class Named(NamedTuple):
    """What a question names: for each document whether its source is named, and the names, in lower case."""

    documents: list[bool]
    names: list[str]


def named_sources(documents: Sequence[Document], question: str) -> Named:
    """The documents whose source the question names.

    Texts of one segment are as small as their name, so they are not named. A name that most documents have names none.

    >>> from compresskit.content import Segment
    >>> heads = ("<source>a.com</source>", "# b.com", "c.com")
    >>> texts = [Document(head, [Segment(0, 2, ""), Segment(2, 5, "")], "", 0.0) for head in heads]
    >>> named_sources(texts, "What does b.com collect?")
    Named(documents=[False, True, False], names=['b.com'])
    """
    spoken = _normal(question)
    found: dict[str, list[int]] = {}
    for number, document in enumerate(documents):
        if len(document.segments) > 1:
            for name in set(_names(document, spoken)):
                if _stands_in(name, spoken):
                    found.setdefault(name, []).append(number)
    most = tuning.WEIGHTS.max_named_share * len(documents)
    telling = {name: numbers for name, numbers in found.items() if len(numbers) <= most}
    named = {number for numbers in telling.values() for number in numbers}
    names = sorted(telling, key=lambda name: (-len(name), name))
    return Named([number in named for number in range(len(documents))], names)


def without_names(query: Query, names: Sequence[str]) -> Query:
    """The query with less weight on words that only name a source: every text of that source may have them, or none.

    The parts of names such as GsonBuilder.java keep their weight, since they are words of the code as well.
    """
    rest = _normal(query.question)
    for name in names:
        rest = rest.replace(name, " ")
    only = terms(" ".join(names)).keys() - terms(rest).keys()
    share = tuning.WEIGHTS.source_name_share
    return query._replace(
        weights={term: weight * share if term in only else weight for term, weight in query.weights.items()},
        mentions={
            mention: weight
            for mention, weight in query.mentions.items()
            if mention.lower() in rest or not any(mention.lower() in name for name in names)
        },
        asked={term: weight for term, weight in query.asked.items() if term not in only},
    )


def source_line(document: Document) -> str:
    """The path in the first line of a text; "" if it has none.

    >>> source_line(Document("# src/app.py\\nimport re\\n", [], "", 0.0))
    'src/app.py'
    """
    first = _LINE.match(document.text)
    line = _WRAPPERS.sub(" ", first[1]).strip(_EDGE) if first else ""
    return line if "/" in line and " " not in line else ""


def _names(document: Document, spoken: str) -> Iterator[str]:
    """What the source of a document may be called: values, their words, and the last parts of paths.

    Only names with letters that are in ``spoken`` as well, which rules out most of them.
    """
    tuned = tuning.WEIGHTS
    for groups in _VALUE.findall(document.call[:_CALL_CHARACTERS]):
        for name in _with_parts(next(filter(None, groups))):
            if name in spoken and (_tells(name) or ("-" in name and len(name) >= tuned.min_dashed_source_characters)):
                yield name
    if first := _LINE.match(document.text):
        line = _WRAPPERS.sub(" ", first[1])
        yield from (name for name in _with_parts(line) if name in spoken and _tells(name))
        if (path := source_line(document)) and _COMPOUND.search(stem := path.rpartition("/")[2].partition(".")[0]):
            yield _normal(stem)


def _with_parts(value: str) -> Iterator[str]:
    for part in (value, *value.split()):
        name = _normal(part).strip(_EDGE)
        yield name
        yield name.rpartition("/")[2]


def _normal(text: str) -> str:
    return " ".join(text.lower().split())


def _tells(name: str) -> bool:
    """Whether a name is more than ordinary words."""
    tuned = tuning.WEIGHTS
    signed = _SIGNS.search(name) is not None
    return len(name) >= tuned.min_source_characters and (signed or name.count(" ") + 1 >= tuned.min_source_words)


def _stands_in(name: str, text: str) -> bool:
    """Whether a name is in a text as a whole."""
    at = text.find(name) if len(name) >= tuning.WEIGHTS.min_source_characters else -1
    while at >= 0:
        end = at + len(name)
        if not (text[at - 1 : at].isalnum() or text[end : end + 1].isalnum()):
            return True
        at = text.find(name, end)
    return False
