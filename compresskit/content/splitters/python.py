"""Cuts Python source at functions, methods, headers of classes, and runs of other statements, by the indentation.

Nothing is parsed, executed or imported, so half a file is cut at the same definitions as the whole one.
"""

import re
from collections.abc import Iterator

from ..segment import Mark

_COLUMN_0 = r"(?<=\n)(?:((?:import|from)\b)|([A-Za-z_]\w*+)[ \t]*+(?::[^=\n]{0,80}+)?=(?!=)|([^\s#)\]}]))"
# The first letter rules out most lines.
_LINE = re.compile(rf"\n([ \t]*+)(?:(?=[acd@])(?:(?:async[ \t]+)?(def|class)[ \t]+(\w+)|(@))|{_COLUMN_0})")
_GOES_ON = ("else", "elif", "except", "finally", "case")


def marks(text: str) -> Iterator[Mark]:
    """Marks at the definitions and at the runs of statements of a module, or of a part of one.

    >>> [mark.name for mark in marks("import re\\n\\nclass A:\\n    x = 1\\n    def f(self): pass\\n")]
    ['', 'A', 'A.f']
    """
    if "\r" in text:  # alone it ends a line for Python, but not for the count of lines here
        text = re.sub(r"\r(?!\n)", " " if "\n" in text else "\n", text)
    if text.startswith("\ufeff"):
        text = "\n" + text[1:]
    scopes: list[tuple[int, str]] = []  # the column and the prefix of each open class; a function has the prefix ""
    group, run = 0, ""
    decorated: tuple[int, int] | None = None  # the offset of the first decorator above, and its column
    for match in _LINE.finditer("\n" + text):
        start = match.start()  # the start of the line, because one character was put before the text
        word = match[2]
        column = match.end(1) - start - 1
        if match[4]:
            decorated = decorated if decorated and decorated[1] == column else (start, column)
        elif word:
            name = match[3]
            while scopes and scopes[-1][0] >= column:
                scopes.pop()
            if not scopes or scopes[-1][1]:
                group += not scopes
                full = scopes[-1][1] + name if scopes else name
                first = decorated[0] if decorated and decorated[1] == column else start
                yield Mark(_with_comments(text, first), full, group)
                scopes.append((column, full + "." if word == "class" else ""))
            decorated, run = None, ""
        else:
            kind = "import" if match[5] else "other"
            start = _with_comments(text, start)
            if run != kind or (kind == "other" and _parted(text, start)):
                group += run == ""
                yield Mark(start, match[6] or "", group)
            scopes, decorated, run = [], None, kind


def _blank_before(text: str, start: int) -> bool:
    return text[max(0, start - 3) : start].endswith(("\n\n", "\n\r\n"))


def _with_comments(text: str, start: int) -> int:
    """The start of the comment lines right above the line that starts at `start`; `start` if there are none."""
    while start > 0 and not text.startswith("\n", start - 2):
        above = text.rfind("\n", 0, start - 1) + 1
        if not text[above : start - 1].lstrip(" \t").startswith("#"):
            break
        start = above
    return start


def _parted(text: str, start: int) -> bool:
    """Whether a new run starts here: there is a blank line above, and it is no branch of the statement before."""
    return _blank_before(text, start) and not text.startswith(_GOES_ON, start)
