"""The compact form of logs and other output: the first line of each kind with a count of the others, and rare lines.

Lines are of the same kind if they differ only in values (see `templates`). A traceback or a failure report is one
unit, and is repeated only by the very same one. Colours, progress bars and runs of empty lines are left out. Lines that
resemble an earlier one stay in the text as rows of their own, for queries that ask for them. The level of a line
decides nothing: a flag that changes at INFO is a rare line.
"""

from __future__ import annotations

import re
from array import array
from collections import Counter
from collections.abc import Sequence
from itertools import accumulate, pairwise

from ..segment import Mark, Short
from ..splitters import log
from .templates import each_line, templates

_ESCAPE = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b\n]*(?:\x07|\x1b\\)|[()][0-9A-Z]|[=>78DEHMNc])")
_BLANK_LINES = re.compile(r"\n(?:[ \t]*\n){2,}")
_NOTICE = re.compile(r"^… \d+ more like this", re.MULTILINE)
_TIME = re.compile(r"\d\d:\d\d:\d\d")
# The numbers were chosen by hand.
_MIN_ALIKE = 3  # lines of a kind that are counted instead of shown, minimum
_MIN_UNITS = 6  # units of a text, minimum
_MAX_MARKS = 4_000  # marks of a text, maximum, which bounds the time of scoring
_MIN_TOGETHER = 120  # characters of new lines that stay together, minimum
_TAIL = 2  # units at the end that always count as new, because outputs say there how it went
_MIN_HIDDEN = 0.3  # share of the characters that say nothing new, minimum


def short_log(text: str) -> Short | None:
    r"""The compact form of a log. None if nearly everything in it is new, or if it contains a line of this form.

    >>> lines = [f"10:00:{n:02} INFO GET /items/{n + 100} 200 OK\n" for n in range(60)]
    >>> lines[30] = "10:00:30 INFO flag fast_path on -> off\n"
    >>> short = short_log("".join(lines))
    >>> print(short.body[:97], end="")
    10:00:00 INFO GET /items/100 200 OK
    … 58 more like this in lines 2-60, until 10:00:59
    10:00:01 IN
    """
    plain, numbers = numbered(text)
    if _NOTICE.search(plain):
        return None
    bounds = _bounds(plain)
    if len(bounds) - 1 < _MIN_UNITS:
        return _lines(plain, numbers) if len(plain) * 2 < len(text) else None
    kinds = _kinds(plain, bounds)
    return _marked(plain, bounds, kinds, len(text), numbers)


def cleaned(text: str) -> str:
    r"""The output as a terminal shows it in the end: without colours, overwritten text and runs of empty lines.

    >>> cleaned("\x1b[32mok\x1b[0m\n 10%\r 55%\r100%\n\n\n\ndone ab\x08\x08c")
    'ok\n100%\n\ndone cb'
    """
    return _BLANK_LINES.sub("\n\n", _shown(text))


def numbered(text: str) -> tuple[str, array[int]]:
    r"""The cleaned text, and for each of its lines the number that it has in the text itself, from 1.

    >>> plain, numbers = numbered("a\n\n\n\n\x1b[1mb\x1b[0m\nc")
    >>> plain, list(numbers)
    ('a\n\nb\nc', [1, 2, 5, 6])
    """
    shown = _shown(text)
    numbers = array("i")
    at, line = 0, 1
    for blank in _BLANK_LINES.finditer(shown):
        before = shown.count("\n", at, blank.start()) + 1
        numbers.extend(range(line, line + before + 1))  # the first blank line stays
        line += before + blank[0].count("\n") - 1
        at = blank.end()
    numbers.extend(range(line, line + shown.count("\n", at) + 1))
    return _BLANK_LINES.sub("\n\n", shown), numbers


def _shown(text: str) -> str:
    """The output as a terminal shows it in the end. It has as many lines as the text."""
    if "\x1b" in text:
        text = _ESCAPE.sub("", text)
    if "\r" in text:
        text = text.replace("\r\n", "\n")
    if "\r" in text or "\x08" in text:
        text = "\n".join(_overwritten(line) for line in text.split("\n"))
    return text


def _overwritten(line: str) -> str:
    """The text that is left of a line in which the cursor moved back."""
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


def _lines(plain: str, numbers: Sequence[int]) -> Short:
    starts = [0, *(match.end() for match in re.finditer("\n", plain) if match.end() < len(plain))]
    return Short("log", "", plain, [Mark(start, "", 0) for start in starts], len(plain), lines=numbers)


def _bounds(text: str) -> array[int]:
    """The offsets at which units start, and the end of the last one. A unit is a line and its continuation."""
    bounds = array("q", (mark.start for mark in log.marks(text)))
    if not bounds or bounds[0]:
        bounds.insert(0, 0)
    if bounds[-1] < len(text):
        bounds.append(len(text))
    return bounds


def _kinds(text: str, bounds: Sequence[int]) -> list[int]:
    """The kind of each unit as a number: by the template of its first line, and by the exact text of the others."""
    shared: dict[str, str] = {}
    firsts, rests = [], []
    for start, end in pairwise(bounds):
        first, _, rest = text[start:end].strip("\n").partition("\n")
        firsts.append(shared.setdefault(first, first))
        rests.append(rest)
    ids: dict[tuple[int, str], int] = {}
    return [ids.setdefault(kind, len(ids)) for kind in zip(templates(firsts), rests, strict=True)]


def _marked(text: str, bounds: Sequence[int], kinds: Sequence[int], size: int, numbers: Sequence[int]) -> Short | None:
    """The text with a count behind the first unit of each kind, and with marks at new units and at runs of others."""
    count = Counter(kinds)
    lasts = {kind: number for number, kind in enumerate(kinds)}
    firsts = {kind: number for number, kind in zip(range(len(kinds) - 1, -1, -1), reversed(kinds), strict=True)}
    new = [count[kind] < _MIN_ALIKE or firsts[kind] == number for number, kind in enumerate(kinds)]
    new[-_TAIL:] = [True] * min(_TAIL, len(new))
    parts: list[str] = []
    marks: list[Mark] = []
    # for each unit, how many lines are above it
    above = list(accumulate((text.count("\n", start, end) for start, end in pairwise(bounds)), initial=0))
    at = telling = copied = 0
    for number, (start, end) in enumerate(pairwise(bounds)):
        turned = number == 0 or new[number] != new[number - 1]
        if turned or (new[number] and at - marks[-1].start >= _MIN_TOGETHER):
            marks.append(Mark(at, "", number))
        kind, length = kinds[number], end - start
        if count[kind] >= _MIN_ALIKE and firsts[kind] == number:
            last = lasts[kind]
            until = _until(text, bounds[last], bounds[last + 1])
            within = f"lines {numbers[above[number + 1]]}-{numbers[max(above[last], above[last + 1] - 1)]}"
            shown = text[start:end].rstrip("\n") + f"\n… {count[kind] - 1} more like this in {within}{until}\n"
            parts += [text[copied:start], shown]
            copied, length = end, len(shown)
        if new[number]:
            telling += length
        at += length
    if len(marks) > _MAX_MARKS or (telling > (1 - _MIN_HIDDEN) * size and at > (1 - _MIN_HIDDEN) * size):
        return None
    body = "".join([*parts, text[copied:]])
    return Short("log", "", body, marks, telling, apart=True, lines=_numbers_in(body, text, numbers))


def _numbers_in(body: str, text: str, numbers: Sequence[int]) -> array[int]:
    """The numbers of the lines of a form: those of the same lines of the text, and 0 for the counts between them."""
    lines = enumerate(each_line(text))
    found = array("i")
    for line in each_line(body):
        if _NOTICE.match(line):
            found.append(0)
        else:  # blank lines above a count are left out
            found.append(numbers[next(place for place, one in lines if one == line)])
    return found


def _until(text: str, start: int, end: int) -> str:
    """The time of the last line of a kind, for its count; "" if it has none."""
    found = _TIME.search(text, start, min(end, start + 80))
    return f", until {found[0]}" if found else ""
