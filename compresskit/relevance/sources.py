"""Which texts the question names by their source: a file, a page, a host, or a title of several words.

The source of a text is a value in the call that returned it, or what its first line says. A question about one source
is answered by the text of that source, however little it shares the words of the question. This file does not look
for names inside a text.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from .document import Document

_VALUE = re.compile(r"\"((?:[^\"\\\n]|\\.){4,200})\"|'([^'\n]{4,200})'|([^\s\"'{}()\[\],]{4,200})")
_LINE = re.compile(r"\s*+([^\n]{4,200})")
_SIGNS = re.compile(r"[./_:]\w|[^\W\d_]-?\d|\d-?[^\W\d_]")
_LABELS = re.compile(r"<[^<>]{0,60}>|(?:https?://)|[\"'`]")
_EDGE = " \t\r.,;:#*>=-!?()[]"
_MIN_WORDS = 3  # words of a title that names a text; a name with signs or digits needs one
_MAX_NAMED_SHARE = 0.5  # of the texts may have a name that tells them apart


def named_sources(documents: Sequence[Document], question: str) -> tuple[list[bool], str]:
    """For each document whether the question names its source, and the rest of the question, without these names.

    No document is named if the question names none or most of them.

    >>> from compresskit.content import Segment
    >>> texts = [Document(text, [Segment(0, 4, "")] * 2, "", 0.0) for text in ("<source>a.com</source>", "# b.com", "c.com")]
    >>> named_sources(texts, "What does b.com collect?")
    ([False, True, False], 'what does  collect?')
    """
    rest = said = _normal(question)
    found: dict[str, list[int]] = {}
    for number, document in enumerate(documents):
        if len(document.segments) < 2:
            continue
        for label in _labels(document):
            if len(label)>3 and ("-" in label or _tells(label)) and _stands_in(label, said):
                found.setdefault(label, []).append(number)
    most = _MAX_NAMED_SHARE * len(documents)
    telling = {label: numbers for label, numbers in found.items() if len(numbers) <= most}
    named = set().union(*telling.values())
    for label in sorted(telling, key=len, reverse=True):
        rest = rest.replace(label, "")
    return [number in named for number in range(len(documents))], rest


def source_line(document: Document) -> str:
    """The path in the first line of a text, "" if it has none."""
    first = _LINE.match(document.text)
    line = _LABELS.sub(" ", first[1]).strip(_EDGE) if first else ""
    return line if "/" in line and " " not in line else ""


def _labels(document: Document) -> set[str]:
    """The values of a document's call, and its first line with the words in it that may be names."""
    values = [next(filter(None, groups)) for groups in _VALUE.findall(document.call[:600])]
    asked = {_normal(part).strip(_EDGE) for value in values for part in (value, *value.split())}
    asked = {a for a in asked if len(a)>=6 and "-" in a}
    if first := _LINE.match(document.text):
        values.append(_LABELS.sub(" ", first[1]))
    labels = {_normal(part).strip(_EDGE) for value in values for part in (value, *value.split())}
    return {l for l in labels if _tells(l)} | asked | {label.rsplit("/", 1)[-1] for label in labels}


def _normal(text: str) -> str:
    return " ".join(text.lower().split())


def _tells(label: str) -> bool:
    return len(label) >= 4 and (_SIGNS.search(label) is not None or label.count(" ") + 1 >= _MIN_WORDS)


def _stands_in(label: str, text: str) -> bool:
    at = text.find(label)
    while at >= 0:
        end = at + len(label)
        if not (text[at - 1 : at].isalnum() or text[end : end + 1].isalnum()):
            return True
        at = text.find(label, at + 1)
    return False
