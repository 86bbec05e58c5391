"""Views of files in which each line begins with its number (`   12→code`, `12:code`, `12|code`).

It removes the numbers for a splitter, and moves the marks of the splitter back to the lines of the view. It never
changes the text itself.
"""

import itertools
import re
from collections.abc import Iterable

from .segment import Mark

_NUMBER = r"[ \t]*+(\d{1,7})(?:→|\t|:|[ ]?\|[ ]?)"
_PREFIX = re.compile(_NUMBER)  # matched at the start of a line
_PREFIXES = re.compile(rf"\n{_NUMBER}")  # begins with a plain character, which makes the search fast
_SAMPLE = 600  # characters at the beginning of a text that decide whether it is such a view
# A line without a number comes from the viewer, such as "[File: a.py (76 lines total)]". It becomes a blank line.
_STRIP = re.compile(rf"^(?:{_NUMBER.replace('(', '(?:', 1)}|[^\n]+)", re.MULTILINE)


def is_numbered(sample: str) -> bool:
    """Whether most lines of a sample begin with numbers that go up by one.

    >>> is_numbered("1:a\\n2:b\\n3:c"), is_numbered("3:a\\n17:b\\n40:c")
    (True, False)
    """
    numbers = [int(found) for found in _PREFIXES.findall(f"\n{sample}")]
    lines = sample.count("\n") + 1
    if len(numbers) < 2 or (len(numbers) < 6 and len(numbers) * 2 < lines) or len(numbers) * 5 < lines * 2:
        return False
    steps = sum(b - a == 1 for a, b in itertools.pairwise(numbers))
    return steps * 10 >= (len(numbers) - 1) * 9


def without_numbers(text: str) -> str:
    """The lines of a text without their numbers. There are as many lines as before.

    >>> without_numbers("[File: a.py]\\n1:x = 1\\n2:y = 2")
    '\\nx = 1\\ny = 2'
    """
    return _STRIP.sub("", text)


def bare_lines(text: str) -> list[str]:
    """The lines of a text. Those of a file view are without their numbers.

    >>> bare_lines("a.py:\\n   1→x = 1\\n   2→y = 2"), bare_lines("1: one")
    (['a.py:', 'x = 1', 'y = 2'], ['1: one'])
    """
    lines = text.split("\n")
    if not is_numbered(text[:_SAMPLE]):
        return lines
    expected = None  # a number that does not continue the sequence belongs to the text
    for place, line in enumerate(lines):
        match = _PREFIX.match(line)
        if match and expected in (None, int(match[1])):
            lines[place] = line[match.end() :]
            expected = int(match[1]) + 1
    return lines


def moved_back(marks: Iterable[Mark], bare: str, text: str) -> list[Mark]:
    """Moves marks at line starts of `bare`, which is without_numbers(text), to the same lines of `text`.

    The text behind the last numbered line comes from the viewer, and gets a mark of its own.
    """
    starts = [0, *(match.end() for match in re.finditer("\n", text))]
    moved: list[Mark] = []
    line, seen = 0, 0
    for mark in marks:
        line += bare.count("\n", seen, mark.start)
        seen = mark.start
        moved.append(mark._replace(start=starts[line]))
    last = len(starts) - 1
    while last and not _PREFIX.match(text, starts[last]):
        last -= 1
    if last + 1 < len(starts):
        moved = [mark for mark in moved if mark.start < starts[last + 1]] + [Mark(starts[last + 1], "", -1)]
    return moved
