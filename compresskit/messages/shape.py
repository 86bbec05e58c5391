"""A shape of messages, as the rest of the package uses it: one row of functions and constants.

Each shape has a file with its row. ``shapes.py`` lists the rows. No other code depends on the name of a shape.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from ..types import Message, Path, Tool, Turn


class Answer(NamedTuple):
    """The text that answers a tool call, with the id (None if the call has none) and the name of the call."""

    id: str | None
    name: str
    text: str


@dataclass(frozen=True, slots=True)
class Shape:
    """One provider's shape of messages.

    Attributes:
        name: The name of the shape, as ``compress(shape=)`` takes it.
        title: A message of the shape, as an error names it.
        read: Makes a turn of a message and its index.
        link: Adds to all turns what needs more than one message: the calls of tool results.
        is_sure: Whether a message can be of no other shape.
        takes: Whether a message can be of this shape.
        text_message: Makes a message of "user" or "assistant" that holds one text and nothing else.
        text_at: The path of this text in the message.
        declare: Makes a tool of a function's name, description and JSON schema.
        answers: Makes the messages that answer the tool calls of one response.
        takes_marks: Whether a provider of this shape reads cache_control marks.
    """

    name: str
    title: str
    read: Callable[[int, Message], Turn]
    link: Callable[[list[Turn], list[Message]], None]
    is_sure: Callable[[Message], bool]
    takes: Callable[[Message], bool]
    text_message: Callable[[str, str], Message]
    text_at: Path
    declare: Callable[[dict[str, Any]], Tool]
    answers: Callable[[Sequence[Answer]], list[Message]]
    takes_marks: bool = False
