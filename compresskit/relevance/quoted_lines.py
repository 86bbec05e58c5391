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
_ESCAPE = re.compile(r'\\([nrt"\\/])')
_SIGNS = {"n": " \n", "r": "  ", "t": " \t", '"': ' "', "\\": " \\", "/": " /"}  # two characters, as an escape has


def as_lines(text: str, kind: str) -> tuple[str, str]:
    r"""A text and its kind; for JSON that is mostly the lines of few strings, these lines at the same offsets.

    >>> text, kind = as_lines('{"stdout": "' + r"ok\n" * 30 + r"done: \"x\"\n" + '"}', "json")
    >>> kind, text.count("\n"), text[-14:]
    ('lines', 31, 'done:  "x " \n"}')
    """
    tuned = tuning.WEIGHTS
    if kind not in JSON or text.count("\\n") < tuned.min_outlier_lines:
        return text, kind
    long = [
        match.span() for match in _STRING.finditer(text) if text.count("\\n", *match.span()) >= tuned.min_quoted_lines
    ]
    if len(long) > tuned.max_quoting_strings or 2 * sum(end - start for start, end in long) < len(text):
        return text, kind
    lines = _ESCAPE.sub(lambda match: _SIGNS[match[1]], text)
    start, end = max(long, key=lambda span: span[1] - span[0])
    told = detect(lines[start + 1 : end - 1]).kind
    return (lines, told) if told in _WRITTEN else (text, kind)
