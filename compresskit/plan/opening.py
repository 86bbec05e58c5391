"""Chooses the last texts to go that are opened if the target is out of reach otherwise."""

from __future__ import annotations

from ..messages import weights as message_tuning
from ..messages.must_stay import MustStay
from ..types import Block
from .budget import Limits

_MARKERS = 40  # tokens of the markers in an opened text, as an estimate


def to_open(stays: MustStay, floor: int, limits: Limits) -> list[Block]:
    """The texts to open, the largest first: as many as the target needs, or none if it is within reach.

    If the target stays out of reach, a conversation that goes on may use a share of the tokens until its next
    compaction. Any other conversation becomes as small as it can.

    Args:
        stays: The texts that must stay, with the last ones to go.
        floor: The fewest tokens of the messages if none of these texts is opened.
        limits: The room.
    """
    if floor <= limits.room or not stays.last:
        return []
    count, least = limits.measure.count, message_tuning.WEIGHTS.min_opened_tokens
    kept = [count(block.instruction) if block.must else 0 for block in stays.last]
    gains = [(count(block.text) - stay - _MARKERS, block) for block, stay in zip(stays.last, kept, strict=True)]
    gains = [(gain, block) for gain, block in gains if gain >= least]
    lowest = floor - sum(gain for gain, _ in gains)
    room = limits.room
    if lowest > room and limits.most > lowest:
        room = lowest + limits.beyond(lowest)
    found: list[Block] = []
    for gain, block in sorted(gains, key=lambda one: -one[0]):
        if floor <= room:
            break
        floor -= gain
        found.append(block)
    return found
