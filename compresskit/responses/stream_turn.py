"""What the loop needs of a stream, in any shape: one row of ``STREAMS`` for each shape that is streamed.

A row has two functions. ``shown(settling)`` makes the state that the caller of one stream has seen, over all calls of
the model for this stream; ``settling`` says what becomes of calls of deferred tools. ``turn(shown, choice)`` makes a
``StreamTurn`` for one of these calls. ``choice`` is the caller's number of the choice that the call continues, or None
for the first call.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple, Protocol

from ..types import Message
from .anthropic_stream import EventTurn, ShownEvents
from .gemini_stream import PartTurn, ShownParts
from .openai_stream import ChunkTurn, Shown
from .responses_stream import ItemTurn, ShownItems
from .settling import Settling


class StreamTurn(Protocol):
    """The stream of one call of the model.

    ``feed`` takes an event (a dict or an object) and returns the events to pass on: the event itself if nothing in it
    changes, so that its bytes can be passed on. It holds back calls that are ours or may be, and everything that ends a
    choice. ``end`` returns the held back calls that are not ours after all.
    """

    @property
    def choices(self) -> Sequence[int]:
        """The choices with content, by the caller's numbers; (0,) if the shape has only one."""

    def feed(self, event: Any, /) -> list[Any]: ...

    def end(self) -> list[Any]: ...

    def complete(self, choice: int, /) -> bool:
        """Whether the provider ended the choice. If not, the stream broke off, and nothing more is shown."""

    def calls(self, choice: int, /) -> bool:
        """Whether the choice called any tool, ours or the caller's."""

    def message(self, choice: int, /) -> Message:
        """The model's whole turn with our calls, in the form of ``message_of``."""

    def closing(self, choice: int, fields: Mapping[str, Any], ours_only: bool, /) -> list[Any]:
        """The events that end the choice for the caller, with the usage of all calls if the shape reports it there.

        Args:
            choice: The choice.
            fields: Further fields of its message; {} if records of mixed turns are kept elsewhere.
            ours_only: Whether the model made no call but ours, so that the reason to stop changes.
        """

    def totals(self) -> list[Any]:
        """The events behind the last choice, such as a chunk with the usage of all calls."""


class StreamShape(NamedTuple):
    """How the streams of a shape are read."""

    shown: Callable[[Settling], Any]
    turn: Callable[[Any, int | None], StreamTurn]


STREAMS: dict[str, StreamShape] = {
    "openai": StreamShape(Shown, ChunkTurn),
    "anthropic": StreamShape(ShownEvents, EventTurn),
    "responses": StreamShape(ShownItems, ItemTurn),
    "gemini": StreamShape(ShownParts, PartTurn),
}
