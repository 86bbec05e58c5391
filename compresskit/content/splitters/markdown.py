"""Cuts Markdown and reStructuredText into sections, and these into paragraphs, items of lists and fences.

A fence is one piece, and so is a long numbered item. Long paragraphs are cut between sentences. Nothing is rendered.
"""

import re
from collections.abc import Iterator

from ..segment import Mark
from .sentences import with_sentences

# The blank lines above a line, then its kind. It matches at every line end, so that blank lines are read once.
_LINE = re.compile(
    r"\n((?:[ \t\r]*+\n)*+)(?:#{1,6}[ \t]+(?P<heading>[^\n]*)|[ \t]*+(?P<fence>`{3,}+|~{3,}+)"
    r"|(?P<title>[^\s=~^\"'#*+`:.-][^\n]{0,118})\n(?:={3,}+|-{3,}+|~{3,}+|\^{3,}+|\"{3,}+)[ \t\r]*$"
    r"|(?P<clause>[ ]{0,3}\d{1,3}(?:(?:\.\d{1,3}){0,4}[.)]|(?:\.\d{1,3}){1,4})[ \t])"
    r"|(?P<item>[ ]{0,3}(?:[-*+•]|\(?[a-zA-Z\d]{1,4}\))[ \t])"
    r"|(?P<indented>[ \t]+)|)",
    re.MULTILINE,
)
_LONG = 600  # characters of a paragraph that is not cut between its sentences, maximum; chosen by hand


def marks(text: str) -> list[Mark]:
    """Marks with the heading above them as name. A heading stays with the text below it.

    >>> [(mark.start, mark.name) for mark in marks("# A\\n\\nOne.\\n\\nTwo.\\n\\n## B\\n- x\\n- y\\n")]
    [(0, 'A'), (11, 'A'), (17, 'B'), (26, 'B')]
    """
    return list(with_sentences(_marks(text), text, _LONG))


def _marks(text: str) -> Iterator[Mark]:
    group, heading, fence, headed = 0, "", "", False
    for match in _LINE.finditer("\n" + text):
        start, kind, apart = match.end(1) - 1, match.lastgroup, bool(match[1])
        if fence:
            if kind == "fence" and match["fence"].startswith(fence):
                fence = ""
            continue
        begins = apart or kind == "fence"
        if kind in ("heading", "title"):
            heading = match[kind].strip(" #*\t\r")
            group += 1
        elif kind == "fence":
            fence = match["fence"]
        elif kind in ("item", "clause"):
            begins = True
            group += kind == "clause"
        if (begins and not headed) or kind in ("heading", "title") or start == 0:
            yield Mark(start, heading, group)
        headed = kind in ("heading", "title")
