"""Tells whether a text is prose from beginning to end. Only prose is shrunk, because nothing else can lose words.

`detect` looks at the beginning of a text. This module looks at every part of it, and at every line.
"""

from __future__ import annotations

import re

from ..content.detect import detect

_WINDOW = 4096  # characters that detect() looks at
_LINES = 3  # lines that look like a table or a log, from which on they are one

# Lines that do not occur in prose. One of them is enough.
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
_INDENTED = re.compile(r"\n(?: {4}|\t)[^\n]*[=(){};<>][^\n]*")  # indented code in prose
_COLUMNS = re.compile(r"\n[^\n\t|]{0,80}(?:\t|[ \t]{2,8}|\|| ?; ?)[^\n\t|]{1,80}(?:\t|[ \t]{3,8}|\|)")
_COMMAS = re.compile(r"\n[^\n,. ]{1,40}(?:,[^\n,]{0,40}){2,}(?=\n|$)")  # CSV: short cells, no space after the comma
_PAIRS = re.compile(r"\n[ \t]*[\w.-]{1,40} ?[=:] ?\S{1,80}(?=\n|$)")  # key: value


def prose(text: str) -> bool:
    """Whether a text is prose from beginning to end, without code, JSON, a diff, a stack trace, a table or a log.

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
    """The text in parts that detect() reads completely, cut at line ends if possible."""
    parts = []
    start = 0
    while len(text) - start > _WINDOW:
        cut = text.rfind("\n", start + _WINDOW // 2, start + _WINDOW) + 1 or start + _WINDOW
        parts.append(text[start:cut])
        start = cut
    if len(text) - start >= _WINDOW // 8 or not parts:  # a short rest is too little to judge
        parts.append(text[start:])
    return parts
