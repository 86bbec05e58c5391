"""Cache marks inside messages and tools: their places and lives, and the parts that can carry one."""

from __future__ import annotations

from typing import Any

from .._json import objects_in
from ..types import Message, Path
from .parts import kind_of

HOUR, MINUTES = "1h", "5m"  # lives of the cached prefix that ends at a cache_control mark
# Fields whose values are data of the caller, in which a key named cache_control is no mark.
_DATA_KEYS = frozenset({"input", "arguments", "parameters", "input_schema"})
_UNMARKED_KEYS = _DATA_KEYS | {"cache_control"}
_MAX_DEPTH = 8  # levels of a message at which a mark can be; the shapes need fewer


def marks(item: dict[str, Any]) -> list[str]:
    """The lives of all cache_control marks anywhere in a message or a tool: "5m" or "1h".

    >>> marks({"role": "assistant", "tool_calls": [{"id": "c", "cache_control": {"type": "ephemeral"}}]})
    ['5m']
    """
    found: list[str] = []
    _find(item, found, set())
    return found


def _find(value: Any, found: list[str], inside: set[int]) -> None:
    """Adds the lives of the marks in a value. ``inside`` are the ids of what it is in, since it may contain itself."""
    inside.add(id(value))
    children = value
    if isinstance(value, dict):
        mark = value.get("cache_control")
        if mark:
            found.append(HOUR if isinstance(mark, dict) and mark.get("ttl") == HOUR else MINUTES)
        children = [child for key, child in value.items() if key not in _UNMARKED_KEYS]
    if len(inside) <= _MAX_DEPTH:
        for child in children:
            if isinstance(child, dict | list) and id(child) not in inside:
                _find(child, found, inside)
    inside.discard(id(value))


def unmarked(message: Message) -> Message:
    """A message without its cache marks, for comparison, because clients move the marks from turn to turn.

    A list of one plain text becomes the text, because some clients write a list only to carry a mark.

    >>> unmarked({"role": "user", "content": [{"type": "text", "text": "hi", "cache_control": {"type": "ephemeral"}}]})
    {'role': 'user', 'content': 'hi'}
    """
    copy: Message = _without_marks(message)
    content = copy.get("content")
    if isinstance(content, list) and len(content) == 1 and isinstance(content[0], dict):
        if content[0].keys() == {"type", "text"} and content[0]["type"] == "text":
            copy["content"] = content[0]["text"]
    return copy


def _without_marks(value: Any, depth: int = 0) -> Any:
    """A copy without the marks. Values that are nested too deeply to hold a mark are not copied."""
    if depth > _MAX_DEPTH:
        return value
    if isinstance(value, dict):
        return {
            key: child if key in _DATA_KEYS else _without_marks(child, depth + 1)
            for key, child in value.items()
            if key != "cache_control"
        }
    if isinstance(value, list):
        return [_without_marks(child, depth + 1) for child in value if not _is_cache_point(child)]
    return value


def marked_path(path: Path, before: Message, after: Message) -> Path:
    """The path of a text in a message (``after``), given its path in the same message with other cache marks.

    >>> point = {"cachePoint": {"type": "default"}}
    >>> marked_path(("content", 1, "text"), {"content": [point, {"text": "hi"}]}, {"content": [{"text": "hi"}, point]})
    ('content', 0, 'text')
    """
    content, was = after.get("content"), before.get("content")
    if path[0] != "content" or not isinstance(content, list):
        return ("content",) if path[0] == "content" else path
    if len(path) == 1:
        return ("content", 0, "text")
    if not isinstance(was, list) or not isinstance(path[1], int):
        return path
    number = sum(not _is_cache_point(part) for part in was[: path[1]])
    places = [at for at, part in enumerate(content) if not _is_cache_point(part)]
    return (path[0], places[number], *path[2:])


def _is_cache_point(part: Any) -> bool:
    """Whether a part is nothing but a mark, as in Converse."""
    return isinstance(part, dict) and part.keys() == {"cachePoint"}


_MARKED = frozenset({"image", "tool_use", "tool_result", "document", "text"})  # types of parts that take a mark


def markable_part(message: Message, shape: str) -> int | None:
    """The index of the last part of a message that can take a mark; -1 for the message itself, None if none can."""
    content = message.get("content")
    if shape == "openai" and message.get("role") in ("tool", "function"):
        texts = [content] if isinstance(content, str) else [part.get("text", "-") for part in objects_in(content)]
        return -1 if any(str(text or "").strip() for text in texts) else None
    if isinstance(content, str):
        return 0 if content.strip() else None
    kinds = _MARKED if shape == "anthropic" else ("text",)
    parts = content if isinstance(content, list) else []
    return next((at for at in range(len(parts) - 1, -1, -1) if _takes_mark(parts[at], kinds)), None)


def _takes_mark(part: Any, kinds: Any) -> bool:
    kind = kind_of(part)
    return kind in kinds and (kind != "text" or bool(str(part.get("text") or "").strip()))
