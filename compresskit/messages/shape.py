"""What a shape of messages is to the rest of the package: one row of functions and constants.

Each shape has a file with its row. ``shapes.py`` lists the rows. No other code asks for the name of a shape to decide
what to do.
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

    ``title`` names a message in an error. ``read`` makes a turn of a message and its index, and ``link`` adds to all
    turns what needs more than one message: the calls of tool results.

    ``is_sure`` says whether a message can be of no other shape, and ``takes`` whether it can be of this one.

    ``text_message`` makes a message of "user" or "assistant" that is a text and nothing else, and ``text_at`` is the path of
    this text. ``declare`` makes a tool of a function's name, description and JSON schema. ``answers`` makes the
    messages that answer tool calls of one response.
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
    takes_marks: bool = False  # whether a provider of this shape reads cache_control marks
