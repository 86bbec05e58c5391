"""Chooses the last texts to go that are opened if the target is out of reach otherwise."""

from __future__ import annotations

from ..messages import weights as message_tuning
from ..messages.must_stay import MustStay
from ..types import Block
from .budget import Limits

_MARKERS = 40  # tokens of the markers in an opened text, as an estimate
_STUB = 20  # tokens of the stub of a small text, as an estimate


def to_open(stays: MustStay, floor: int, limits: Limits) -> list[Block]:
    """The texts to open, the largest first: as many as the target needs, or none if it is within reach.

    The small texts of one message, such as the parts of a tool's result, are opened together.

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
    large: list[tuple[int, list[Block]]] = []
    small: dict[int, list[tuple[int, Block]]] = {}
    for block in stays.last:
        size = count(block.text) - (count(block.instruction) if block.must else 0)
        if size - _MARKERS >= least:
            large.append((size - _MARKERS, [block]))
        elif size > _STUB:
            small.setdefault(block.message, []).append((size - _STUB, block))
    together = [(sum(gain for gain, _ in parts), [block for _, block in parts]) for parts in small.values()]
    gains = large + [(gain, blocks) for gain, blocks in together if gain >= least]
    lowest = floor - sum(gain for gain, _ in gains)
    room = limits.room
    if lowest > room and limits.most > lowest:
        room = lowest + limits.beyond(lowest)
    found: list[Block] = []
    for gain, blocks in sorted(gains, key=lambda one: -one[0]):
        if floor <= room:
            break
        floor -= gain
        found += blocks
    if floor > room and not limits.most:
        return list(stays.last)  # a message folds only if nothing in it must stay, however small
    return found
