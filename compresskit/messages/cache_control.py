"""Cache marks inside messages and tools: where they are, how long they live, and which part can carry one."""

from __future__ import annotations

from typing import Any

from ..types import Message
from .parts import kind_of

HOUR, MINUTES = "1h", "5m"  # how long the provider keeps what a cache_control mark ends
# Their values are the caller's data, in which a key named cache_control is no mark.
_DATA_KEYS = frozenset({"input", "arguments", "parameters", "input_schema"})


def marks(item: dict[str, Any]) -> list[str]:
    """The lives of all cache_control marks in a message or a tool, wherever in it they are: "5m" or "1h".

    >>> marks({"role": "assistant", "tool_calls": [{"id": "c", "cache_control": {"type": "ephemeral"}}]})
    ['5m']
    """
    found: list[str] = []
    inside: set[int] = set()  # the containers around the one at hand: a value that holds itself is no error here
    todo: list[tuple[Any, bool]] = [(item, True)]
    while todo:
        value, enters = todo.pop()
        if not enters:
            inside.remove(id(value))
            continue
        if id(value) in inside:
            continue
        inside.add(id(value))
        todo.append((value, False))
        if isinstance(value, dict):
            mark = value.get("cache_control")
            if mark:
                found.append(HOUR if isinstance(mark, dict) and mark.get("ttl") == HOUR else MINUTES)
            children = [child for key, child in value.items() if key != "cache_control" and key not in _DATA_KEYS]
        else:
            children = value
        todo += [(child, True) for child in children if isinstance(child, dict | list)]
    return found


_MARKED = frozenset({"image", "tool_use", "tool_result", "document", "text"})  # not thinking, which takes no mark


def markable_part(message: Message, shape: str) -> int | None:
    """The part of a message that takes a mark; -1 for the message itself, None where nothing does."""
    content = message.get("content")
    if shape == "openai" and message.get("role") in ("tool", "function"):
        texts = [content] if isinstance(content, str) else [part.get("text", "-") for part in _dicts(content)]
        return -1 if any(str(text or "").strip() for text in texts) else None
    if isinstance(content, str):
        return 0 if content.strip() else None
    kinds = _MARKED if shape == "anthropic" else ("text",)
    parts = content if isinstance(content, list) else []
    return next((at for at in range(len(parts) - 1, -1, -1) if _takes_mark(parts[at], kinds)), None)


def _takes_mark(part: Any, kinds: Any) -> bool:
    kind = kind_of(part)
    return kind in kinds and (kind != "text" or bool(str(part.get("text") or "").strip()))


def _dicts(content: Any) -> list[dict[str, Any]]:
    return [part for part in content if isinstance(part, dict)] if isinstance(content, list) else []
