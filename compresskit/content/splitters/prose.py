"""Prose: paragraphs, and in them sentences.

A short first line that is no sentence is taken for the paragraph's title and names it.
"""

import re

from ..segment import Mark
from .sentences import sentence_ends

_BREAK = re.compile(r"\n[ \t\r]*+\n\s*+")
_TITLE = re.compile(r"[ \t]*+([^\s][^\n]{0,78}[^\s.!?,;:。！？])[ \t\r]*\n[ \t]*[^\s]")


def marks(text: str) -> list[Mark]:
    """Marks at the sentences; those of one paragraph are a group.

    >>> [(mark.start, mark.name, mark.group) for mark in marks("Rush\\nA band. Big.\\n\\nNext.")]
    [(0, 'Rush', 1), (13, 'Rush', 1), (19, '', 2)]
    """
    found: list[Mark] = []
    start, group = 0, 0
    ends = [*(match.end() for match in _BREAK.finditer(text)), len(text)]
    for end in ends:
        if start >= end:
            continue
        group += 1
        title = _TITLE.match(text, start, end)
        name = title[1] if title else ""
        found.append(Mark(start, name, group))
        found += [Mark(at, name, group) for at in sentence_ends(text, start, end)]
        start = end
    return found
