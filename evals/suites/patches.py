"""The hunks of a unified diff: for every file the lines that must be readable to see what is changed."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

_RANGE = re.compile(r"^@@ -\d+(?:,(\d+))? \+\d+(?:,(\d+))? @@")


class Hunk(NamedTuple):
    """The old side of a hunk: its context and removed lines, blank ones apart."""

    path: str
    lines: tuple[str, ...]


def hunks(patch: str) -> list[Hunk]:
    """The hunks that have an old side, in order.

    >>> hunks("--- a/x.py\\n+++ b/x.py\\n@@ -1,2 +1,2 @@\\n a\\n-b\\n+c\\n")
    [Hunk(path='x.py', lines=('a', 'b'))]
    """
    return [hunk for hunk in _all_hunks(iter(patch.split("\n"))) if hunk.lines]


def _all_hunks(lines: Iterator[str]) -> Iterator[Hunk]:
    path = ""
    for line in lines:
        if line.startswith("--- "):
            path = line[4:].split("\t")[0].removeprefix("a/")
        elif match := _RANGE.match(line):
            old, new = (int(group) if group is not None else 1 for group in match.groups())
            yield Hunk(path, tuple(_old_side(lines, old, new)))


def _old_side(lines: Iterator[str], old: int, new: int) -> Iterator[str]:
    # By count, not by prefix: a removed line "-- x" looks like a file header.
    while old > 0 or new > 0:
        line = next(lines, None)
        if line is None:
            return
        sign, text = line[:1], line[1:]
        if sign == "\\":  # "\ No newline at end of file"
            continue
        old -= sign != "+"
        new -= sign != "-"
        if sign != "+" and text.strip():
            yield text
