"""Reads the messages of a request as turns: finds their shape, and refuses messages that cannot be read."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from .._json import clone, equal
from ..errors import InvalidArgument, InvalidMessages, described, shown
from ..types import Block, Conversation, Message, Tool, Turn, Unlinked
from . import observations, responses
from .refused import SERVED_ADVICE, message_advice, other_shape, whole_advice
from .shapes import SHAPES, foreign, slots

_TEXT_ROLES = ("system", "user", "assistant")  # of messages that are a text in several shapes
_TAKE_TEXTS = frozenset({"openai", "anthropic", "responses"})  # the shapes that take them


def read(
    messages: list[Message],
    shape: str,
    results: str = observations.AUTO,
    every: bool = False,
    tools: Sequence[Tool] = (),
    going: Unlinked | bool = False,
) -> Conversation:
    """Every message as a Turn, with calls and results linked.

    Args:
        messages: In one of the shapes.
        shape: The name of the shape, or "auto".
        results: Which messages are results: see ``observations.link``.
        every: Whether every text is a block: see ``slots``. Such turns are for reading, and not for counting.
        tools: The tools of the request. They decide the shape if the messages could be of several.
        going: For a conversation that goes on, the ``unlinked`` messages of the turn before, which are not read again;
            or True for its first turn.

    Raises:
        InvalidArgument: ``shape`` is unknown.
        InvalidMessages: ``messages`` is not a list of dicts of one shape.
    """
    check_shape("shape", shape)
    telling = _telling(messages)
    found = detect(telling.values(), tools) if shape == "auto" else shape
    _check_shape(telling if found in _TAKE_TEXTS else dict(enumerate(messages)), found, shape)
    row = SHAPES[found]
    try:
        unlinked = _unlinked(messages, found, going) if going else None
        if unlinked is not None:
            turns = [turn.copy() for turn in unlinked.turns]
        else:
            turns = [row.read(index, message) for index, message in enumerate(messages)]
        if every:
            for turn, message in zip(turns, messages, strict=True):
                turn.blocks = [Block(turn.index, slot.path, slot.text) for slot in slots(message, every=True)]
        row.link(turns, messages)
        observations.link(turns, results)
    except (TypeError, InvalidMessages):  # a value is not JSON-like: the error of clone() names it
        for index, message in enumerate(messages):
            clone(message, f"messages[{index}]")
        raise
    return Conversation(found, turns, results, unlinked)


def _unlinked(messages: list[Message], shape: str, going: Unlinked | bool) -> Unlinked:
    """Copies of messages with their turns, which are read only if the turn before had another message there."""
    copies: list[Message] = []
    turns: list[Turn] = []
    known = going if isinstance(going, Unlinked) and going.shape == shape else Unlinked(shape, [], [])
    for index, message in enumerate(messages):
        if index < len(known.messages) and equal(message, known.messages[index]):
            copies.append(known.messages[index])
            turns.append(known.turns[index])
        else:
            copies.append(clone(message, f"messages[{index}]"))
            turns.append(SHAPES[shape].read(index, message).copy())
    return Unlinked(shape, copies, turns)


def detect(messages: Collection[Message], tools: Sequence[Tool] = ()) -> str:
    """The shape of dicts. If they could be of several, that of the tools; "openai" if these do not decide either.

    >>> detect([{"role": "user", "content": [{"type": "tool_result", "tool_use_id": "t", "content": "5"}]}])
    'anthropic'
    """
    for message in messages:
        if "role" not in message or "parts" in message or type(message.get("content")) is list:
            for name in ("responses", "gemini", "converse"):
                if SHAPES[name].is_sure(message):
                    return name
    chat = _chat(messages)
    if not chat and any(map(responses.is_likely, messages)):
        return "responses"
    return chat or _shape_of_tools(tools) or "openai"


def _shape_of_tools(tools: Sequence[Tool]) -> str:
    """The shape of tools that takes messages of a role and a text; "" if they do not decide."""
    for tool in tools:
        if "input_schema" in tool:
            return "anthropic"
        if tool.get("type") == "function" and "function" not in tool and "name" in tool:
            return "responses"
    return ""


def _chat(messages: Collection[Message]) -> str:
    """Which of the two chat shapes messages must have, "" if they could be of another."""
    for message in messages:
        for name in ("openai", "anthropic"):
            if SHAPES[name].is_sure(message):
                return name
    return ""


def check_messages(messages: Any) -> None:
    """Raises InvalidMessages for what is no list of message dicts of one shape."""
    telling = _telling(messages)
    found = detect(telling.values())
    _check_shape(telling if found in _TAKE_TEXTS else dict(enumerate(messages)), found, "auto")


def check_shape(name: str, shape: object) -> None:
    """Raises InvalidArgument for what is no name of a shape."""
    if shape not in ("auto", *SHAPES):
        named = ", ".join(map(repr, list(SHAPES)[:-1]))
        raise InvalidArgument(f"{name} is {shown(shape)}; 'auto', {named} or {list(SHAPES)[-1]!r} was expected.")


def _telling(messages: Any) -> dict[int, Message]:
    """The messages that are more than a role and a text, by index: only they say of which shape all are.

    Raises:
        InvalidMessages: ``messages`` is no list of dicts.
    """
    if not isinstance(messages, list):
        raise InvalidMessages(
            f"messages is {described(messages)}; a list of message dicts was expected. {whole_advice(messages)}"
        )
    telling: dict[int, Message] = {}
    for index, message in enumerate(messages):
        if type(message) is dict and len(message) == 2 and type(message.get("content")) is str:
            if message.get("role") in _TEXT_ROLES:
                continue
        if not isinstance(message, dict):
            raise InvalidMessages(
                f"messages[{index}] is {described(message)}; a dict with a role was expected. {message_advice(message)}"
            )
        if name := other_shape(message):
            raise InvalidMessages(
                f"messages[{index}] is {name}; messages of one of the shapes {', '.join(SHAPES)} were expected. "
                f"{SERVED_ADVICE}"
            )
        telling[index] = message
    return telling


def _check_shape(messages: dict[int, Message], shape: str, wanted: str) -> None:
    """Raises InvalidMessages for a message that cannot be read in a shape."""
    row = SHAPES[shape]
    for index, message in messages.items():
        if other := foreign(message, shape):
            if wanted == "auto":
                why = f"others are {row.TITLE}: messages of one shape were expected. Pass those of one API only."
            else:
                why = f"shape={shape!r} expects {row.TITLE}. Pass shape={other.NAME!r}, and messages of that API only."
            raise InvalidMessages(f"messages[{index}] is {other.TITLE}, but {why}")
        if row.takes(message):
            pass
        elif not isinstance(message.get("role"), str):
            raise InvalidMessages(
                f"messages[{index}] has {described(message.get('role'))} as its role; a str such as 'user' was "
                f"expected. Give every message a role."
            )
        else:
            raise InvalidMessages(f"messages[{index}] is not {row.TITLE}, as was expected. Pass those of one API only.")
        if isinstance(message.get("content"), bytes | bytearray):
            raise InvalidMessages(
                f"messages[{index}]['content'] is bytes; str, a list of parts or None was expected. Decode it first."
            )
