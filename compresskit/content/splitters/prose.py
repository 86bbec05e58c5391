"""Cuts prose into paragraphs and clauses, and these into sentences.

If the first line of a paragraph is short and no sentence, it is the title of the paragraph and its name. A clause
begins with its number at the start of a line, and a paragraph of HTML with its tag.
"""

import re

from ..segment import Mark
from .sentences import sentence_ends, with_indentation

# A clause of a contract or law: "3.", "2.1", "Section 4", "WHEREAS"; "(a)" and "ii)" belong to the clause above.
_CLAUSE = (
    r"(?:\d{1,3}(?:\.\d{1,3}){0,4}[.)]|\d{1,3}(?:\.\d{1,3}){1,4}|§+ ?\d"
    r"|(?:ARTICLE|Article|SECTION|Section|Clause) [\dIVX]|(?:WHEREAS|Whereas|WITNESSETH)\b)(?=[ \t.,:\d])"
)
_ITEM = r"\(?(?:[a-zA-Z]|[ivxIVX]{1,5}|\d{1,2})\)[ \t]"
_TAG = r"</?(?:p|li|ul|ol|h[1-6]|div|tr|table|dt|dd|section|article|blockquote)\b"
_BREAK = re.compile(rf"\n[ \t\r]*+\n\s*+|\n[ \t]*+(?={_CLAUSE}|{_TAG})|\n[ \t]*+(?P<item>(?={_ITEM}))")
_NUMBER = re.compile(rf"[ \t]*+(?:{_CLAUSE}|{_ITEM})")
_TITLE = re.compile(r"[ \t]*+([^\s][^\n]{0,78}[^\s.!?,;:。！？])[ \t\r]*\n[ \t]*[^\s]")


def marks(text: str) -> list[Mark]:
    """Marks at sentences. The sentences of one paragraph or clause are a group.

    >>> [(mark.start, mark.name, mark.group) for mark in marks("Rush\\nA band. Big.\\n\\nNext.")]
    [(0, 'Rush', 1), (13, 'Rush', 1), (19, '', 2)]
    >>> [(mark.start, mark.group) for mark in marks("1. One:\\n(a) this,\\n(b) that.\\n2. Two.")]
    [(0, 1), (8, 1), (18, 1), (28, 2)]
    """
    found: list[Mark] = []
    start, group, name, within = 0, 0, "", False
    ends = [
        *((with_indentation(text, match.end()), match["item"] is not None) for match in _BREAK.finditer(text)),
        (len(text), False),
    ]
    for end, item in ends:
        if start >= end:
            continue
        if not within or not group:
            group += 1
            title = _TITLE.match(text, start, end)
            name = title[1] if title else ""
        found.append(Mark(start, name, group))
        number = _NUMBER.match(text, start, end)  # the full stop behind a number ends no sentence
        found += [Mark(at, name, group) for at in sentence_ends(text, number.end() if number else start, end)]
        start, within = end, item
    return found
