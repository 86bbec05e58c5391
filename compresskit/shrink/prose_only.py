"""Whether a text is prose all through: nothing else may be shrunk, since nothing else survives losing words.

`detect` looks at the beginning of a text; here every part of it is looked at, and every line.
"""

from __future__ import annotations

import re

from ..content.detect import detect

_WINDOW = 4096  # characters, as many as detect() looks at
_LINES = 3  # that look like a table or a log make one

# What no line of prose looks like: one of these, and the text is left alone.
_STRUCTURE = re.compile(
    r"\n[ \t>]*+(?:"
    r"```|~~~"  # a fence
    r"|Traceback \(most recent|File \"[^\"\n]+\", line \d|at [\w.$<>]+\([^)\n]*\)[ \t\r]*(?=\n|$)"  # a stack trace
    r"|(?:Exception in thread |Caused by: |goroutine \d+ \[|thread '[^'\n]*' panicked)"
    r"|diff --git |@@ -\d|--- [^\n]+\n\+\+\+ "  # a diff
    r"|\|[^\n]*\||[+|][-=+:| ]{6,}|:?-{3,}:? *\|"  # a table
    r"|[\[{][ \t\r]*(?:\n|$)|[\]}][,;]?[ \t\r]*(?:\n|$)|[{\[]*\"[^\"\n]{0,200}\" ?:"  # JSON
    r"|</?[A-Za-z][^>\n]{0,200}>|<!--|<\?xml"  # markup
    r"|(?:def|class|func|fn|function) \w+ ?[(:{<]|(?:import|from) [\w.]+(?: import [^\n]+)?[;\r]*(?:\n|$)|#include"
    r"|(?:public|private|static|const|let|var|return)\b[^\n]*[;{][ \t\r]*(?:\n|$)|(?:SELECT|INSERT|UPDATE) [^\n]*;"
    r"|\$ \S|>>> |[\w.]+ ?= ?[\[{(\"']|[^\n]*[;{][ \t\r]*(?:\n|$)"  # a shell, an assignment, a statement
    r")"
)
_INDENTED = re.compile(r"\n(?: {4}|\t)[^\n]*[=(){};<>][^\n]*")  # code that stands indented in prose
_COLUMNS = re.compile(r"\n[^\n\t|]{0,80}(?:\t|[ \t]{2,8}|\|| ?; ?)[^\n\t|]{1,80}(?:\t|[ \t]{3,8}|\|)")
_COMMAS = re.compile(r"\n[^\n,. ]{1,40}(?:,[^\n,]{0,40}){2,}(?=\n|$)")  # CSV: short cells, no space after the comma
_PAIRS = re.compile(r"\n[ \t]*[\w.-]{1,40} ?[=:] ?\S{1,80}(?=\n|$)")  # key: value


def prose(text: str) -> bool:
    """Whether a text is prose from its beginning to its end: no code, JSON, diff, stack trace, table or log in it.

    >>> prose("The plan was approved. Nobody objected."), prose("The plan:\\n```\\nrun()\\n```\\nIt was approved.")
    (True, False)
    """
    whole = "\n" + text
    if _STRUCTURE.search(whole) or _INDENTED.search(whole):
        return False
    if any(len(pattern.findall(whole)) >= _LINES for pattern in (_COLUMNS, _COMMAS, _PAIRS)):
        return False
    return all(detect(part).kind in ("prose", "markdown") for part in _windows(text))


def _windows(text: str) -> list[str]:
    """The text in parts that detect() sees whole, cut at lines where it can be."""
    parts = []
    start = 0
    while len(text) - start > _WINDOW:
        cut = text.rfind("\n", start + _WINDOW // 2, start + _WINDOW) + 1 or start + _WINDOW
        parts.append(text[start:cut])
        start = cut
    if len(text) - start >= _WINDOW // 8 or not parts:  # a short rest tells too little by itself
        parts.append(text[start:])
    return parts
