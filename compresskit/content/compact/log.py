"""Logs and other output in short form: the first line of each kind with how many more there are, rare lines whole.

Lines are of a kind where only what varies differs (`templates`); a traceback or a failure report is one
piece and only counts as seen when the very same one was. Colours, progress bars and empty lines are left
out. The lines that are like an earlier one stay in the text as rows of their own, for queries that ask for
them. Levels do not decide anything: a flag that flips at INFO is a rare line.
"""

from __future__ import annotations

import re
from array import array
from collections import Counter
from collections.abc import Sequence
from itertools import pairwise

from ..segment import Mark, Short
from ..splitters import log
from .templates import templates

_ESCAPE = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b\n]*(?:\x07|\x1b\\)|[()][0-9A-Z]|[=>78DEHMNc])")
_BLANK_LINES = re.compile(r"\n(?:[ \t]*\n){2,}")
_NOTICE = re.compile(r"^… \d+ more like this", re.MULTILINE)
_TIME = re.compile(r"\d\d:\d\d:\d\d")
_LEAST_SEEN = 3  # lines of a kind from which on the others are like the first
_LEAST_UNITS = 6
_MOST_MARKS = 4_000
_LEAST_TOGETHER = 120  # characters of new lines that stay together
_TAIL = 2  # pieces at the end, where outputs say how it went
_LEAST_HIDDEN = 0.3  # of the characters say nothing new


def short_log(text: str) -> Short | None:
    r"""A log with what says nothing new set apart; None where nearly all of it is new, or reads like this form.

    >>> lines = [f"10:00:{n:02} INFO GET /items/{n + 100} 200 OK\n" for n in range(60)]
    >>> lines[30] = "10:00:30 INFO flag fast_path on -> off\n"
    >>> short = short_log("".join(lines))
    >>> print(short.body[:83], end="")
    10:00:00 INFO GET /items/100 200 OK
    … 58 more like this, until 10:00:59
    10:00:01 IN
    """
    plain = cleaned(text)
    if _NOTICE.search(plain):
        return None
    bounds = _bounds(plain)
    if len(bounds) - 1 < _LEAST_UNITS:
        return _lines(plain) if len(plain) * 2 < len(text) else None
    kinds = _kinds(plain, bounds)
    return _marked(plain, bounds, kinds, len(text))


def cleaned(text: str) -> str:
    r"""A terminal's output as it stands in the end: without colours, overwritten lines and runs of empty lines.

    >>> cleaned("\x1b[32mok\x1b[0m\n 10%\r 55%\r100%\n\n\n\ndone ab\x08\x08c")
    'ok\n100%\n\ndone cb'
    """
    if "\x1b" in text:
        text = _ESCAPE.sub("", text)
    if "\r" in text:
        text = text.replace("\r\n", "\n")
    if "\r" in text or "\x08" in text:
        text = "\n".join(_overwritten(line) for line in text.split("\n"))
    return _BLANK_LINES.sub("\n\n", text)


def _overwritten(line: str) -> str:
    """What is left of a line in which the cursor went back."""
    if "\r" in line:
        line = next((part for part in reversed(line.split("\r")) if part.strip()), "")
    if "\x08" not in line:
        return line
    shown: list[str] = []
    at = 0
    for sign in line:
        if sign == "\x08":
            at = max(0, at - 1)
        else:
            shown[at : at + 1] = [sign]
            at += 1
    return "".join(shown).rstrip(" ")


def _lines(plain: str) -> Short:
    starts = [0, *(match.end() for match in re.finditer("\n", plain) if match.end() < len(plain))]
    return Short("log", "", plain, [Mark(start, "", 0) for start in starts], len(plain))


def _bounds(text: str) -> array[int]:
    """Where units (lines with what continues them) start, and where the last one ends."""
    bounds = array("q", (mark.start for mark in log.marks(text)))
    if not bounds or bounds[0]:
        bounds.insert(0, 0)
    if bounds[-1] < len(text):
        bounds.append(len(text))
    return bounds


def _kinds(text: str, bounds: Sequence[int]) -> list[int]:
    """A number for what each unit is like: the template of its first line, and its other lines to the letter."""
    shared: dict[str, str] = {}
    firsts, rests = [], []
    for start, end in pairwise(bounds):
        first, _, rest = text[start:end].strip("\n").partition("\n")
        firsts.append(shared.setdefault(first, first))
        rests.append(rest)
    ids: dict[tuple[int, str], int] = {}
    return [ids.setdefault(kind, len(ids)) for kind in zip(templates(firsts), rests, strict=True)]


def _marked(text: str, bounds: Sequence[int], kinds: Sequence[int], size: int) -> Short | None:
    """The text with a line behind the first unit of each kind, and marks at new units and at runs of known ones."""
    count = Counter(kinds)
    lasts = {kind: number for number, kind in enumerate(kinds)}
    firsts = {kind: number for number, kind in zip(range(len(kinds) - 1, -1, -1), reversed(kinds), strict=True)}
    new = [count[kind] < _LEAST_SEEN or firsts[kind] == number for number, kind in enumerate(kinds)]
    new[-_TAIL:] = [True] * min(_TAIL, len(new))
    parts: list[str] = []
    marks: list[Mark] = []
    quiet = array("q"), array("q")
    at = telling = copied = 0
    for number, (start, end) in enumerate(pairwise(bounds)):
        turned = number == 0 or new[number] != new[number - 1]
        if turned or (new[number] and at - marks[-1].start >= _LEAST_TOGETHER):
            marks.append(Mark(at, "", number))
        kind, length = kinds[number], end - start
        if count[kind] >= _LEAST_SEEN and firsts[kind] == number:
            until = _until(text, bounds[lasts[kind]], bounds[lasts[kind] + 1])
            said = text[start:end].rstrip("\n") + f"\n… {count[kind] - 1} more like this{until}\n"
            parts += [text[copied:start], said]
            copied, length = end, len(said)
        if new[number]:
            telling += length
        else:
            quiet[0].append(at)
            quiet[1].append(at + length)
        at += length
    if len(marks) > _MOST_MARKS or (telling > (1 - _LEAST_HIDDEN) * size and at > (1 - _LEAST_HIDDEN) * size):
        return None
    parts.append(text[copied:])
    return Short("log", "", "".join(parts), marks, telling, apart=True, quiet=quiet)


def _until(text: str, start: int, end: int) -> str:
    """When, or where, the last one stands."""
    found = _TIME.search(text, start, min(end, start + 80))
    return f", until {found[0]}" if found else ""
