"""The shapes of a request: how its messages are read, and what the retrieval tool looks like in each.

Only the files in this package know what is inside a message.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .._json import clone
from ..errors import InvalidArgument, InvalidMessages, described, shown
from ..types import Conversation, Message, Turn
from . import anthropic, observations, openai
from .parts import kind_of
from .refused import SERVED_ADVICE, message_advice, other_shape, whole_advice

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


def read(messages: list[Message], shape: str, results: str = observations.AUTO) -> Conversation:
    """Every message as a Turn, with calls and results linked.

    Args:
        messages: In one of the shapes.
        shape: The name of the shape, or "auto".
        results: Where results are: see ``observations.link``.

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
        observations.link(turns, results)
    except (TypeError, InvalidMessages):  # something is not JSON-like: clone() says what and where
        for index, message in enumerate(messages):
            clone(message, f"messages[{index}]")
        raise
    return Conversation(found, turns, results)


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
    """Raises InvalidMessages for what is no list of dicts with a role, or a list of messages in another shape."""
    if not isinstance(messages, list):
        raise InvalidMessages(
            f"messages is {described(messages)}; a list of message dicts was expected. {whole_advice(messages)}"
        )
    for index, message in enumerate(messages):
        if not isinstance(message, dict):
            raise InvalidMessages(
                f"messages[{index}] is {described(message)}; a dict with a role was expected. {message_advice(message)}"
            )
        content = message.get("content")
        if (content is None or isinstance(content, list)) and (name := other_shape(message)):
            raise InvalidMessages(
                f"messages[{index}] is {name}; messages of OpenAI's Chat Completions or Anthropic's Messages were "
                f"expected, for compresskit does not serve this shape yet. {SERVED_ADVICE}"
            )
        if not isinstance(message.get("role"), str):
            raise InvalidMessages(
                f"messages[{index}] has {described(message.get('role'))} as its role; a str such as 'user' was "
                f"expected. Give every message a role."
            )
        if isinstance(content, bytes | bytearray):
            raise InvalidMessages(
                f"messages[{index}]['content'] is bytes; str, a list of parts or None was expected. Decode it first."
            )
