"""The shapes that are served, a module each, and functions for a message whose shape is not known.

``restore()``, retrieval and ``previous`` read messages without a name of their shape. So these functions only look at
the message, and work in every shape.
"""

from __future__ import annotations

from typing import Any

from ..types import Message, Path, Slot
from . import anthropic, converse, gemini, openai, parts, responses
from .shape import Shape

SHAPES: dict[str, Shape] = {
    "openai": openai,
    "anthropic": anthropic,
    "responses": responses,
    "gemini": gemini,
    "converse": converse,
}
_CHAT = frozenset({"openai", "anthropic"})
_MAX_WORDS = 200  # characters of a message's first words
# Where a message of any format has words to know it by, in the order of looking.
_TEXT_FIELDS = (
    *("content", "text", "parts", "output", "thinking", "tool_calls", "function_call", "function", "name"),
    *("toolUse", "toolResult", "functionCall", "functionResponse", "response", "arguments", "args", "input"),
)
_ROLES = frozenset({"system", "developer", "user", "assistant", "tool", "function", "model"})  # roles that may fold


def slots(message: Message, every: bool = False) -> list[Slot]:
    """Every place of a message, in any shape, at which a text may be in another form.

    With ``every``, also the texts that only the caller's ``before`` changes: the short texts and the JSON of results,
    and documents that are cited.

    >>> slots({"role": "user", "content": [{"type": "tool_result", "tool_use_id": "t", "content": "42"}]})
    [Slot(path=('content', 0, 'content'), text='42')]
    """
    content = message.get("content")
    if isinstance(content, str):
        return [Slot(("content",), content)]
    found: list[Slot] = []
    for i, part in enumerate(content if isinstance(content, list) else ()):
        find = parts.part_slots if parts.kind_of(part) else converse.block_slots
        found += find(part, ("content", i), every)
    return found or responses.output_slots(message) or gemini.slots(message, every)


def text_of(message: Message, role: str) -> tuple[Path, str] | None:
    """The path and the text of a message of this role ("user" or "assistant") that holds one text and nothing else.

    None for any other message.

    >>> text_of({"role": "user", "parts": [{"text": "hi"}]}, "user"), text_of({"role": "user", "content": []}, "user")
    ((('parts', 0, 'text'), 'hi'), None)
    """
    for row in _TEXT_SHAPES:
        text = value_at(message, row.TEXT_AT)
        if isinstance(text, str) and message == row.text_message(role, text):
            return row.TEXT_AT, text
    return None


def foreign(message: Message, shape: str) -> Shape | None:
    """The shape of a message that cannot be in one request with messages of ``shape``; None if it can.

    >>> foreign({"role": "model", "parts": [{"text": "hi"}]}, "openai").NAME
    'gemini'
    """
    return next((row for row in _FOREIGN[shape] if row.is_sure(message)), None)


def is_made(message: Message) -> bool:
    """Whether a model made a message, rather than a human, a tool or a program.

    >>> is_made({"role": "model", "parts": []}), is_made({"type": "function_call_output", "output": "42"})
    (True, False)
    """
    if "role" not in message and "parts" not in message:
        return not responses.is_given(message)
    return message.get("role") in ("assistant", "model")


def speaker(message: Message) -> str:
    """The speaker of a message, for a human reader: its role, or the type of an item without a role."""
    return str(message.get("role") or message.get("type") or "user")


def first_words(value: Any) -> str:
    """Some words to know a message by: the first non-blank string in its content, else in its calls.

    >>> first_words({"role": "user", "content": [{"type": "text", "text": "hi"}]})
    'hi'
    """
    if isinstance(value, str):
        return " ".join(value[: 10 * _MAX_WORDS].split())[:_MAX_WORDS]
    if isinstance(value, list):
        return next(filter(str.strip, map(first_words, value)), "")
    if not isinstance(value, dict):
        return ""
    return next(filter(str.strip, (first_words(value.get(name)) for name in _TEXT_FIELDS)), "")


def is_message(value: Any) -> bool:
    """Whether a JSON value has the form of a message that folds."""
    if not isinstance(value, dict):
        return False
    role = value.get("role")
    return role in _ROLES if isinstance(role, str) else gemini.is_sure(value) or responses.is_sure(value)


# The two chat shapes take each other's messages.
_FOREIGN = {
    name: tuple(row for row in SHAPES.values() if name != row.NAME and not {name, row.NAME} <= _CHAT) for name in SHAPES
}
_TEXT_SHAPES = tuple(
    {row.text_message: row for row in SHAPES.values()}.values()
)  # OpenAI and Anthropic write a text alike


def value_at(message: Message, path: Path) -> Any:
    """The value at a path of a message; None if there is no such path."""
    found: Any = message
    for step in path:
        if isinstance(found, dict):
            found = found.get(step)
        elif isinstance(found, list) and isinstance(step, int) and step < len(found):
            found = found[step]
        else:
            return None
    return found
