"""How streams are read: one row of ``STREAMS`` for each shape that is streamed.

A row has two functions. ``shown(settling)`` makes the state that the caller of one stream has seen, over all calls of
the model for this stream; ``settling`` says what becomes of calls of deferred tools. ``turn(shown, choice)`` makes a
``StreamTurn`` for one of these calls. ``choice`` is the caller's number of the choice that the call continues, or None
for the first call.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from .anthropic_stream import EventTurn, ShownEvents
from .gemini_stream import PartTurn
from .openai_stream import ChunkTurn, ShownChunks
from .responses_stream import ItemTurn, ShownItems
from .settling import Settling
from .stream_turn import Shown, StreamTurn


class StreamShape(NamedTuple):
    """How the streams of a shape are read."""

    shown: Callable[[Settling], Any]
    turn: Callable[[Any, int | None], StreamTurn]


STREAMS: dict[str, StreamShape] = {
    "openai": StreamShape(ShownChunks, ChunkTurn),
    "anthropic": StreamShape(ShownEvents, EventTurn),
    "responses": StreamShape(ShownItems, ItemTurn),
    "gemini": StreamShape(Shown, PartTurn),
}
