"""Chooses the last texts to go that are opened if the target is out of reach otherwise.

It also says how far the floor would fall if all of them were opened.
"""

from __future__ import annotations

from itertools import pairwise

from ..content import Segment, Split
from ..markers import weights as marker_tuning
from ..markers.keys import Keys
from ..markers.wording import Wording
from ..messages import weights as message_tuning
from ..messages.must_stay import MustStay
from ..types import Block
from .budget import Limits
from .candidates import Candidate, Judged
from .costs import price

_MARKERS = 40  # tokens of the markers in an opened text, as an estimate
_STUB = 20  # tokens of the stub of a small text, as an estimate


def to_open(stays: MustStay, floor: int, limits: Limits) -> list[Block]:
    """The texts to open: none if the target is within reach, else all of which something is gained.

    They compete by their values, so a text is not opened because it is the largest. The small texts of one message,
    such as the parts of a tool's result, count together.

    If the target stays out of reach, a conversation that goes on keeps its smallest texts whole. Any other
    conversation becomes as small as it can.

    Args:
        stays: The texts that must stay, with the last ones to go.
        floor: The fewest tokens of the messages if none of these texts is opened.
        limits: The room.
    """
    if floor <= limits.room or not stays.last:
        return []
    found, gained = _gaining(stays, limits)
    if floor - gained > limits.room and not limits.most:
        return list(stays.last)  # a message folds only if nothing in it must stay, however small
    return found


def surely_opened(stays: MustStay, limits: Limits) -> list[Block]:
    """The texts that ``to_open`` will give, if what must stay is above the room by itself; else none.

    So nothing has to be planned with these texts whole.
    """
    least = sum(
        limits.measure.constant(turn) + sum(limits.measure.count(block.text) for block in staying)
        for turn in stays.turns
        if (staying := [block for block in turn.blocks if stays.of(block)])
    )
    found = to_open(stays, least, limits)
    return found if limits.most or len(found) == len(stays.last) else []


def _gaining(stays: MustStay, limits: Limits) -> tuple[list[Block], int]:
    """Those of the last to go of which something is gained, and the tokens that are gained."""
    count, least = limits.measure.count, message_tuning.WEIGHTS.min_opened_tokens
    gained = 0
    found: list[Block] = []
    small: dict[int, list[tuple[int, Block]]] = {}
    for block in stays.last:
        size = count(block.text) - (count(block.instruction) if block.must else 0)
        if size - _MARKERS >= least:
            gained += size - _MARKERS
            found.append(block)
        elif size > _STUB:
            small.setdefault(block.message, []).append((size - _STUB, block))
    for parts in small.values():
        gain = sum(each for each, _ in parts)
        if gain >= least:
            gained += gain
            found += [block for _, block in parts]
    return found, gained


def opened_floor(floor: int, judged: Judged, stays: MustStay, limits: Limits) -> int:
    """The fewest tokens of the messages if all of the last to go were opened, which the target did not need.

    Args:
        floor: The same if none of them is opened any more.
        judged: The conversation, with these texts whole.
        stays: The texts that must stay, with the last ones to go.
        limits: The room.
    """
    places = {block.place for block in stays.last}
    least = marker_tuning.WEIGHTS.small_text_characters
    keys, wording = Keys(limits.cache, {}), Wording(limits.recoverable)
    for one in judged.candidates:
        if one.block.place in places and len(one.block.text) >= least:
            tokens = limits.measure.count(one.block.text)
            forms, _ = price(_with_instruction(one), tokens, limits.measure, keys, wording)
            floor -= tokens - forms.least if forms is not None else 0
    return floor


def _with_instruction(one: Candidate) -> Candidate:
    """A candidate whose segments are its instruction, which must stay, and what is between."""
    edges = sorted({0, *(edge for span in one.block.must for edge in span), len(one.block.text)})
    segments = [Segment(start, end, "") for start, end in pairwise(edges)]
    starts = {start for start, _ in one.block.must}
    must = frozenset(number for number, segment in enumerate(segments) if segment.start in starts)
    return one._replace(protected="", split=Split("text", segments), must=must, values=[0.0] * len(segments))
