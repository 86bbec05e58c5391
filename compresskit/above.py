"""What of a new result can be read above it already: in the call that wrote it, or in an earlier result.

A tool that writes a file often shows it again, files are read twice, and who waits for a program is told each time
what it said from the start. Said once is enough.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any

from .content import Segment, path_of, split
from .markers import Wording
from .pieces import AGAIN, NO_FACTS, Entry
from .relevance.again import again
from .tokens import Measure
from .types import Block, Turn
from .write import excerpt

_MOSTLY = 0.6  # of a text: where so much of it stands above, only the rest need stand again
_SEGMENT = 120, 800  # characters, at least and at most
_TOLD = "stands above"


def referred(block: Block, turns: Sequence[Turn], key: str, wording: Wording) -> str | None:
    """What a result says that does not stand above, around a marker for the rest; None where that is not most of it.

    Args:
        block: a new result.
        turns: what is sent before it.
        key: of its text.
    """
    least, most = _SEGMENT
    segments = split(block.text, block.call, deep=False, min_chars=least, max_chars=most).segments
    stands = _standing(block, segments, turns, _MOSTLY)
    if not any(stands):
        return None
    kept = {number for number, above in enumerate(stands) if not above}
    return excerpt(block.text, segments, kept, key, wording, {stands.index(True): [_TOLD]})


def discount(entry: Entry, turns: Sequence[Turn], measure: Measure) -> int:
    """Takes most of their worth from the segments of a result that stand above; gives the tokens of these.

    Args:
        entry: a new result.
        turns: what is sent before it.
    """
    segments, text = entry.split.segments, entry.block.text
    stands = [] if entry.short else _standing(entry.block, segments, turns)
    if not any(stands):
        return 0
    entry.values = [value * AGAIN if above else value for value, above in zip(entry.values, stands, strict=True)]
    entry.facts = [NO_FACTS if above else facts for facts, above in zip(entry.facts, stands, strict=True)]
    marks = measure.tally(text).at([segment.start for segment in segments] + [len(text)])
    return sum(marks[number + 1] - marks[number] for number, above in enumerate(stands) if above)


def _standing(block: Block, segments: Sequence[Segment], turns: Sequence[Turn], least: float = 0.0) -> list[bool]:
    """Which segments of a result stand above; none where that is less than a share ``least`` of it."""
    earlier = [(each, ()) for each in _said_before(block, turns)]
    return again([(block.text, segments), *earlier], least)[0]


def _said_before(block: Block, turns: Sequence[Turn]) -> Iterator[str]:
    """The texts above that may say the same: of the same file; where it is of none, what the same tool gave."""
    path = path_of(block.text, block.call)
    tool = block.call.partition(" ")[0]
    if not path:
        yield from _strings(block.call)
    for turn in turns:
        for said in turn.fixed if path else ():
            if path in said:
                yield from _strings(said)
        for other in turn.blocks:
            if other.call and (path in other.call if path else other.call.partition(" ")[0] == tool):
                yield other.text


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
