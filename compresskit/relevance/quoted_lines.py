"""Lines that stand in the strings of JSON, as a tool returns what a command wrote: {"stdout": "step 1\\nstep 2\\n"}.

It changes no offset, so what is found in the lines can be cut out of the JSON text itself.
"""

from __future__ import annotations

import re

from ..content import detect
from . import weights as tuning
from .document import JSON

_STRING = re.compile(r'"(?:[^"\\]++|\\.)*+"', re.DOTALL)
_WRITTEN = frozenset({"lines", "log", "search"})  # kinds of what a command writes
_BETWEEN = re.compile(r'(?<="),(?=\s*")')
_ESCAPE = re.compile(r'\\([nrt"\\/])')
_SIGNS = {"n": " \n", "r": "  ", "t": " \t", '"': ' "', "\\": " \\", "/": " /"}  # two characters, as an escape has

_ENDS = (re.compile(r"(?<!\\)(?:\\\\)*+\\[nrt]"), re.compile(r"\\+[nrt]"))  # as a string has them, and one in a string


def with_line_ends(text: str) -> str:
    r"""A text whose line ends and tabs are escapes for the most part, with blanks and line ends at the same offsets.

    >>> with_line_ends(r'{"a": "One.\n\nNo\tx"}'), with_line_ends("C:\\new\n")
    ('{"a": "One. \n \nNo  x"}', 'C:\\new\n')
    """
    escapes = text.count("\\n")
    if escapes <= text.count("\n"):
        return text
    pattern = _ENDS[2 * text.count("\\\\n") > escapes]
    return pattern.sub(lambda match: " " * (len(match[0]) - 1) + ("\n" if match[0][-1] == "n" else " "), text)


def as_lines(text: str, kind: str) -> tuple[str, str]:
    r"""A text and its kind; for JSON that is mostly the lines of few strings, these lines at the same offsets.

    >>> text, kind = as_lines('{"stdout": "' + r"ok\n" * 30 + r"done: \"x\"\n" + '"}', "json")
    >>> kind, text.count("\n"), text[-15:]
    ('lines', 31, 'done:  "x " \n"}')
    """
    tuned = tuning.WEIGHTS
    if kind not in JSON:
        return text, kind
    if text.count('",') >= tuned.min_outlier_lines and text.count('":') <= tuned.max_quoting_strings:
        return _as_written(_BETWEEN.sub("\n", text), text, kind)  # a list with a string for each line
    if text.count("\\n") < tuned.min_outlier_lines:
        return text, kind
    long = [
        match.span() for match in _STRING.finditer(text) if text.count("\\n", *match.span()) >= tuned.min_quoted_lines
    ]
    if len(long) > tuned.max_quoting_strings or 2 * sum(end - start for start, end in long) < len(text):
        return text, kind
    start, end = max(long, key=lambda span: span[1] - span[0])
    return _as_written(_ESCAPE.sub(lambda match: _SIGNS[match[1]], text), text, kind, start + 1, end - 1)


def _as_written(lines: str, text: str, kind: str, start: int = 0, end: int | None = None) -> tuple[str, str]:
    """The lines with their kind if they are what a command writes, which ``lines[start:end]`` tells; else the text."""
    told = detect(lines[start:end].lstrip('[{" \n')).kind
    return (lines, told) if told in _WRITTEN else (text, kind)
