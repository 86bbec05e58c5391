"""A shape of messages, as the rest of the package uses it: a module of functions and constants.

``shapes.py`` lists the modules. No other code depends on the name of a shape.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple, Protocol

from ..types import Message, Path, Tool, Turn


class Answer(NamedTuple):
    """The text that answers a tool call, with the id (None if the call has none) and the name of the call."""

    id: str | None
    name: str
    text: str


class Shape(Protocol):
    """One provider's shape of messages.

    Attributes:
        NAME: The name of the shape, as ``compress(shape=)`` takes it.
        TITLE: A message of the shape, as an error names it.
        TEXT_AT: The path of the text in a ``text_message``.
        TAKES_MARKS: Whether a provider of this shape reads cache_control marks.
    """

    NAME: str
    TITLE: str
    TEXT_AT: Path
    TAKES_MARKS: bool

    def read(self, index: int, message: Message, /) -> Turn:
        """Makes a turn of a message and its index."""

    def link(self, turns: list[Turn], messages: list[Message], /) -> None:
        """Adds to all turns what needs more than one message: the calls of tool results."""

    def is_sure(self, message: Message, /) -> bool:
        """Whether a message can be of no other shape."""

    def takes(self, message: Message, /) -> bool:
        """Whether a message can be of this shape."""

    def text_message(self, role: str, text: str, /) -> Message:
        """Makes a message of "user" or "assistant" that holds one text and nothing else."""

    def declare(self, function: dict[str, Any], /) -> Tool:
        """Makes a tool of a function's name, description and JSON schema."""

    def answers(self, answers: Sequence[Answer], /) -> list[Message]:
        """Makes the messages that answer the tool calls of one response."""
