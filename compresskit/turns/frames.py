"""Frames: lines around many results of an agent, such as the state of its shell, or a reminder behind each file.

The lines with which a new result begins or ends, and the result before does too, say nothing new. They need no room if
they can be read above.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

from ..content import Segment
from ..markers.excerpts import excerpt
from ..markers.wording import Wording
from ..plan.candidates import NO_ENTITIES, Candidate
from ..relevance.rows import Row, cut
from ..tokens.measure import Measure
from ..types import Place, Turn
from . import weights as tuning

_CHARACTERS = 4_000  # characters at each end of a result that are compared, which bounds the time
_NEVER = -1.0  # value of a segment that is never kept


class Frame(NamedTuple):
    """The frame of a text: its characters before ``start``, and those from ``end`` on."""

    start: int
    end: int

    def tokens(self, text: str, measure: Measure) -> int:
        """The tokens of the frame."""
        return sum(measure.count(part) for part in (text[: self.start], text[self.end :]) if part)

    def form(self, text: str, key: str, wording: Wording) -> str:
        """The text with a marker for each part of the frame."""
        segments = [Segment(start, end, "") for start, end in pairwise(sorted({0, *self, len(text)}))]
        kept = {number for number, segment in enumerate(segments) if self._has_own(segment)}
        return excerpt(text, segments, kept, key, wording)

    def left_out_of(self, one: Candidate) -> Candidate:
        """A candidate that never shows the frame."""
        if one.short or one.must or not one.split.segments:
            return one
        parts, _, origins = cut(one.split, [Row(self.start, self.end, 0.0)])
        own = list(map(self._has_own, parts.segments))
        numbered = list(enumerate(zip(origins, own, strict=True)))
        return one._replace(
            split=parts,
            values=[one.values[origin] if has else _NEVER for _, (origin, has) in numbered],
            entities=[one.entities[origin] if has else NO_ENTITIES for _, (origin, has) in numbered],
            picked=frozenset(number for number, (origin, has) in numbered if has and origin in one.picked),
            shares=[one.shares[origin] for origin in origins] if one.shares else (),
        )

    def _has_own(self, segment: Segment) -> bool:
        return self.start <= segment.start and segment.end <= self.end


def frames_of(turns: Sequence[Turn], known: int, shown: Sequence[str]) -> dict[Place, Frame]:
    """The frames of new results, by place.

    Args:
        turns: All messages as they were read.
        known: The number of messages that were sent before.
        shown: The texts that can be read above.
    """
    earlier = (block.text for turn in reversed(turns[:known]) for block in reversed(turn.blocks) if block.call)
    before = next(earlier, "")
    found = {}
    for block in (block for turn in turns[known:] for block in turn.blocks if block.call):
        frame = frame_of(block.text, before, shown)
        if frame != (0, len(block.text)):
            found[block.place] = frame
        before = block.text
    return found


def frame_of(text: str, before: str, shown: Sequence[str]) -> Frame:
    r"""The lines at the ends of a text that another text has there too, and that can be read above.

    The first line never counts as the end, nor the last line of the rest as the beginning: something always stays.

    Args:
        text: A new result.
        before: The result before it.
        shown: The texts that can be read above.

    >>> lines = "(folder: /home/ann/projects/shop/orders)\n(shell: /usr/bin/bash)\n$"
    >>> frame_of(f"red\n{lines}", f"green\n{lines}", [f"green\n{lines}"]), frame_of(f"red\n{lines}", lines, [])
    (Frame(start=0, end=4), Frame(start=0, end=69))
    """

    def stands(line: str) -> bool:
        return any(line in one for one in shown)

    end = at = len(text)
    least = max(text.find("\n"), len(text) - _same(text[::-1], before[::-1]))
    while (at := text.rfind("\n", least, at - 1) + 1) and stands(text[at:end]):
        end = at
    most = min(_same(text, before), text.rfind("\n", 0, end - 1) + 1)
    start = 0
    while (at := text.find("\n", start, most) + 1) and stands(text[start:at]):
        start = at
    characters = tuning.WEIGHTS.min_frame_characters
    return Frame(start if start >= characters else 0, end if len(text) - end >= characters else len(text))


def _same(text: str, other: str) -> int:
    """The number of characters with which both begin, as far as they are compared."""
    pairs = enumerate(zip(text[:_CHARACTERS], other[:_CHARACTERS], strict=False))
    return next((at for at, (one, two) in pairs if one != two), min(len(text), len(other), _CHARACTERS))
