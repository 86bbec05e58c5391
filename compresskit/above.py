"""What of a new result can be read above it already: in the call that wrote it, or in an earlier result.

A tool that writes a file often shows it again, files are read twice, and who waits for a program is told each time
what it said from the start. Said once is enough.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any

from .content import Segment, bare_lines, path_of, split
from .markers import Wording
from .pieces import AGAIN, NO_FACTS, Entry
from .tokens import Measure
from .types import Block, Turn
from .write import excerpt

_MOSTLY = 0.6  # of a text: where so much of it stands above, only the rest need stand again
_SEGMENT = 120, 800  # characters, at least and at most
_LEAST_LINE = 12  # characters, that one line of a segment has at least: brackets and "else:" stand everywhere
_CHARACTERS = 400_000  # of a result, and of the newest texts above, that are looked at
_TOLD = "stands above"


def referred(block: Block, turns: Sequence[Turn], key: str, wording: Wording) -> str | None:
    """What a result says that does not stand above, around a marker for the rest; None where that is not most of it.

    Args:
        block: a new result.
        turns: what is sent before it.
        key: of its text.
    """
    earlier = _said_before(block, turns)
    if not earlier:
        return None
    least, most = _SEGMENT
    segments = split(block.text, block.call, deep=False, min_chars=least, max_chars=most).segments
    stands = _standing(block.text, segments, earlier)
    above = sum(end - start for (start, end, _), there in zip(segments, stands, strict=True) if there)
    if above < _MOSTLY * len(block.text):
        return None
    kept = {number for number, there in enumerate(stands) if not there}
    return excerpt(block.text, segments, kept, key, wording, {stands.index(True): [_TOLD]})


def discount(entry: Entry, turns: Sequence[Turn], measure: Measure) -> int:
    """Takes most of their worth from the segments of a result that stand above; gives the tokens of these.

    Args:
        entry: a new result.
        turns: what is sent before it.
    """
    segments, text = entry.split.segments, entry.block.text
    earlier = "" if entry.short else _said_before(entry.block, turns)
    stands = _standing(text, segments, earlier) if earlier else []
    if not any(stands):
        return 0
    entry.values = [value * AGAIN if above else value for value, above in zip(entry.values, stands, strict=True)]
    entry.facts = [NO_FACTS if above else facts for facts, above in zip(entry.facts, stands, strict=True)]
    marks = measure.tally(text).at([segment.start for segment in segments] + [len(text)])
    return sum(marks[number + 1] - marks[number] for number, above in enumerate(stands) if above)


def _standing(text: str, segments: Sequence[Segment], earlier: str) -> list[bool]:
    """Which segments of a text stand in ``earlier``: all of their lines in a row, whatever their numbers."""
    stands = [False] * len(segments)
    known = set(earlier.split("\n"))
    lines = bare_lines(text)
    first = 0
    for number, (start, end, _) in enumerate(segments):
        last = first + text.count("\n", start, end)
        whole = (start == 0 or text[start - 1] == "\n") and (end == len(text) or text[end - 1] == "\n")
        part = lines[first : last + (end == len(text))]
        if whole and known.issuperset(part) and any(len(line) >= _LEAST_LINE for line in part):
            stands[number] = "\n".join(("", *part, "")) in earlier
        first = last
    return stands


def _said_before(block: Block, turns: Sequence[Turn]) -> str:
    """The lines above that may say the same: of the same file; where it is of none, what the same tool gave.

    "" where there are none; else it begins and ends with a line end, and the newest come first.
    """
    if len(block.text) > _CHARACTERS:
        return ""
    path = path_of(block.text, block.call)
    found: list[str] = []
    left = _CHARACTERS
    for text in _of_file(path, turns) if path else _of_tool(block.call, turns):
        left -= len(text)
        if left < 0:
            break
        found += ("", *bare_lines(text), "")
    return "\n".join(found)


def _of_file(path: str, turns: Sequence[Turn]) -> Iterator[str]:
    for turn in reversed(turns):
        for said in turn.fixed:
            if path in said:
                yield from _strings(said)
        for block in turn.blocks:
            if path in block.call:
                yield block.text


def _of_tool(call: str, turns: Sequence[Turn]) -> Iterator[str]:
    yield from _strings(call)
    tool = call.partition(" ")[0]
    for turn in reversed(turns):
        for block in turn.blocks:
            if block.call and block.call.partition(" ")[0] == tool:
                yield block.text


def _strings(call: str) -> Iterator[str]:
    r"""The texts of several lines in the arguments of a call.

    >>> list(_strings('write {"path": "a.py", "lines": ["x = 1\\ny = 2\\n"]}'))
    ['x = 1\ny = 2\n']
    """
    start = call.find("{")
    if start < 0 or "\\n" not in call:
        return
    try:
        left: list[Any] = [json.loads(call[start:])]
    except (ValueError, RecursionError):
        return
    while left:
        value = left.pop()
        if isinstance(value, str):
            if "\n" in value:
                yield value
        elif isinstance(value, dict | list):
            left.extend(value.values() if isinstance(value, dict) else value)
