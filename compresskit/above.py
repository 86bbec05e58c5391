"""What of a new result can be read above it already: in the call that wrote it, or in what was said of the same file.

A tool that writes a file often shows it again, and files are read twice. Said once is enough.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any

from .content import path_of
from .pieces import AGAIN, NO_FACTS, Entry
from .relevance.again import again
from .tokens import Measure
from .types import Turn

_MOSTLY = 0.8  # of a text


def discount(entry: Entry, turns: Sequence[Turn], measure: Measure) -> tuple[int, bool]:
    """Takes most of their worth from the segments of a result that stand above.

    Args:
        entry: a new result.
        turns: what is sent before it.

    Returns:
        The tokens of these segments, and whether that is so much of the text that none of it need stand again.
    """
    segments, text = entry.split.segments, entry.block.text
    if entry.short or not segments:
        return 0, False
    earlier = [(each, ()) for each in _said_before(text, entry.block.call, turns)]
    stands = again([(text, segments), *earlier], least=0)[0]
    if not any(stands):
        return 0, False
    entry.values = [value * AGAIN if above else value for value, above in zip(entry.values, stands, strict=True)]
    entry.facts = [NO_FACTS if above else facts for facts, above in zip(entry.facts, stands, strict=True)]
    marks = measure.tally(text).at([segment.start for segment in segments] + [len(text)])
    found = sum(marks[number + 1] - marks[number] for number, above in enumerate(stands) if above)
    mostly = found >= _MOSTLY * marks[-1]
    if mostly:
        entry.again = "stands above"
    return found, mostly


def _said_before(text: str, call: str, turns: Sequence[Turn]) -> Iterator[str]:
    """The texts above that may say the same: of the same file, or of no file but in the call itself."""
    path = path_of(text, call)
    if not path:
        yield from _strings(call)
        return
    for turn in turns:
        for said in turn.fixed:
            if path in said:
                yield from _strings(said)
        for block in turn.blocks:
            if path in block.call:
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
