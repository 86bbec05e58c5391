"""The shapes of a request: how its messages are read, and what the retrieval tool looks like in each.

Only the files in this package know what is inside a message.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..errors import InvalidArgument, InvalidMessages, shown
from ..jsonlike import clone
from ..types import Conversation, Message, Turn
from . import anthropic, openai
from .parts import kind_of

SHAPES = ("openai", "anthropic")
_READERS: dict[str, Callable[[int, Message], Turn]] = {"openai": openai.read, "anthropic": anthropic.read}
_LINKERS: dict[str, Callable[[list[Turn], list[Message]], None]] = {
    "openai": openai.link,
    "anthropic": anthropic.link,
}

# Part types that only one of the shapes has.
_ANTHROPIC_PARTS = frozenset(
    {"tool_use", "tool_result", "thinking", "redacted_thinking", "server_tool_use", "image", "document"}
)


def read(messages: list[Message], shape: str) -> Conversation:
    """Every message as a Turn, with calls and results linked.

    Raises:
        InvalidArgument: an unknown ``shape``.
        InvalidMessages: ``messages`` is no list of dicts with a role.
    """
    if shape not in ("auto", *SHAPES):
        raise InvalidArgument(f"shape is {shown(shape)}; 'auto', 'openai' or 'anthropic' was expected.")
    check_messages(messages)
    found = detect(messages) if shape == "auto" else shape
    reader = _READERS[found]
    try:
        turns = [reader(index, message) for index, message in enumerate(messages)]
        _LINKERS[found](turns, messages)
    except (TypeError, InvalidMessages):  # something is not JSON-like: clone() says what and where
        for index, message in enumerate(messages):
            clone(message, f"messages[{index}]")
        raise
    return Conversation(found, turns)


def detect(messages: list[Message]) -> str:
    """The shape of checked messages; "openai" where they could be either.

    >>> detect([{"role": "user", "content": [{"type": "tool_result", "tool_use_id": "t", "content": "5"}]}])
    'anthropic'
    """
    for message in messages:
        if message["role"] in ("tool", "function", "developer") or message.get("tool_calls"):
            return "openai"
        content = message.get("content")
        for part in content if isinstance(content, list) else ():
            if kind_of(part) in _ANTHROPIC_PARTS:
                return "anthropic"
    return "openai"


def check_messages(messages: Any) -> None:
    """Raises InvalidMessages for what is no list of dicts with a role."""
    if not isinstance(messages, list):
        raise InvalidMessages(
            f"messages is {shown(messages)} ({type(messages).__name__}); a list of message dicts was expected. "
            f"For one text pass [{{'role': 'user', 'content': text}}]."
        )
    for index, message in enumerate(messages):
        if not isinstance(message, dict):
            advice = "Pass message.model_dump(exclude_none=True)." if hasattr(message, "model_dump") else ""
            raise InvalidMessages(
                f"messages[{index}] is {shown(message)} ({type(message).__name__}); a dict with a role was "
                f"expected. {advice}".rstrip()
            )
        if not isinstance(message.get("role"), str):
            raise InvalidMessages(
                f"messages[{index}] has the role {shown(message.get('role'))}; a string such as 'user' was "
                f"expected. Give every message a role."
            )
        if isinstance(message.get("content"), bytes | bytearray):
            raise InvalidMessages(
                f"messages[{index}]['content'] is bytes; str, a list of parts or None was expected. Decode it first."
            )
