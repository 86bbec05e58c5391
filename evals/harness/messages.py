"""The texts of a message, in OpenAI chat and Anthropic Messages shape: read them, or write others in their
place.

It does not judge whether messages are valid (`validity.py`) and knows nothing of compressors.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from compresskit.bill.atoms import read

__all__ = ["Message", "Slot", "read", "read_all", "replace", "slots"]

Message = dict[str, Any]
Path = tuple[str | int, ...]


def read_all(messages: Sequence[Mapping[str, Any]]) -> str:
    """The readable text of several messages, in order."""
    return "\n".join(read(message) for message in messages)


class Slot(NamedTuple):
    """A text that may be replaced: `messages[message][path[0]][path[1]]… == text`."""

    message: int
    path: Path
    text: str


def slots(messages: Sequence[Message], skip: frozenset[int] = frozenset()) -> list[Slot]:
    """The contents (string, text part, tool result) of the messages that are not in `skip`; never call arguments."""
    return [
        Slot(index, path, text)
        for index, message in enumerate(messages)
        if index not in skip
        for path, text in _contents(message.get("content"), ("content",))
    ]


def replace(messages: Sequence[Message], texts: Mapping[Slot, str]) -> list[Message]:
    """A deep copy of the messages with other texts in the given slots."""
    result = copy.deepcopy(list(messages))
    for slot, text in texts.items():
        holder: Any = result[slot.message]
        for step in slot.path[:-1]:
            holder = holder[step]
        holder[slot.path[-1]] = text
    return result


def _contents(value: Any, path: Path) -> Iterator[tuple[Path, str]]:
    if isinstance(value, str):
        yield path, value
    elif isinstance(value, list):
        for index, part in enumerate(value):
            if isinstance(part, dict) and part.get("type") in ("text", "tool_result"):
                key = "text" if part["type"] == "text" else "content"
                yield from _contents(part.get(key), (*path, index, key))
