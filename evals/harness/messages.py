"""The texts of a message, in OpenAI chat and Anthropic Messages shape: read them, or write others in their
place.

It does not judge whether messages are valid (`validity.py`) and knows nothing of compressors.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

Message = dict[str, Any]
Path = tuple[str | int, ...]

# Never text that a model reads: the names of shapes, ids that only link a call with its result, signatures.
_NOT_TEXT = frozenset({"role", "type", "id", "tool_call_id", "tool_use_id", "cache_control", "signature", "data"})


class Slot(NamedTuple):
    """A text that may be replaced: `messages[message][path[0]][path[1]]… == text`."""

    message: int
    path: Path
    text: str


def read(message: Mapping[str, Any]) -> str:
    """All that a model can read in a message: contents, and the names and arguments of its calls.

    >>> read({"role": "user", "content": [{"type": "text", "text": "one"}, {"type": "text", "text": "two"}]})
    'one\\ntwo'
    """
    return "\n".join(_leaves({key: value for key, value in message.items() if key not in _NOT_TEXT}))


def read_all(messages: Sequence[Mapping[str, Any]]) -> str:
    """The readable text of several messages, in order."""
    return "\n".join(read(message) for message in messages)


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


def _leaves(value: Any, key: str = "") -> Iterator[str]:
    if isinstance(value, str):
        yield from _leaves(_arguments(value)) if key == "arguments" else [value]
    elif isinstance(value, bool) or value is None:
        return
    elif isinstance(value, int | float):
        yield str(value)
    elif isinstance(value, Mapping):
        for name, item in value.items():
            # Inside a call's input every key is the caller's own, so nothing is left out there.
            if name not in _NOT_TEXT or key in ("input", "arguments"):
                yield from _leaves(item, "input" if key == "input" else name)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from _leaves(item, key)


def _arguments(text: str) -> Any:
    """Call arguments as values, so that `\\n` in JSON is a line end; what is no JSON stays text."""
    try:
        return {"input": json.loads(text)}
    except ValueError:
        return text
