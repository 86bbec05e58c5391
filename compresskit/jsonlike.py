"""JSON-like values of any depth: copied, checked and written as text, without recursion.

It does not know what a message is. Parts that compresskit does not understand pass through here, and a
part may be nested deeper than Python recurses.
"""

from __future__ import annotations

import json
from typing import Any

from .errors import InvalidMessages, shown

_SCALARS = frozenset({str, int, float, bool, type(None)})


def clone(value: Any, where: str) -> Any:
    """A copy that shares no dict or list with ``value``.

    Raises:
        InvalidMessages: something in it is not JSON-like; ``where`` names the place.

    >>> clone({"role": "user", "content": [{"type": "text", "text": "hi"}]}, "messages[0]")
    {'role': 'user', 'content': [{'type': 'text', 'text': 'hi'}]}
    """
    if type(value) is dict and all(type(item) in _SCALARS for item in value.values()):
        return dict(value)
    root: list[Any] = [None]
    todo: list[tuple[Any, Any, Any, str]] = [(root, 0, value, where)]
    while todo:
        parent, slot, item, place = todo.pop()
        if type(item) in _SCALARS:
            parent[slot] = item
        elif isinstance(item, dict):
            copy: dict[Any, Any] = dict.fromkeys(item)  # keeps the order of the keys
            parent[slot] = copy
            todo.extend((copy, key, child, f"{place}[{key!r}]") for key, child in item.items())
        elif isinstance(item, list):
            copies: list[Any] = [None] * len(item)
            parent[slot] = copies
            todo.extend((copies, i, child, f"{place}[{i}]") for i, child in enumerate(item))
        elif isinstance(item, str | int | float):
            parent[slot] = item  # an Enum member or another subclass: immutable, kept as it is
        else:
            raise InvalidMessages(
                f"{place} is {shown(item)} ({type(item).__name__}); messages hold only what JSON holds: "
                f"dict, list, str, numbers, bool, None. {_advice(item)}"
            )
    return root[0]


def dumps(value: Any) -> str:
    """``value`` as one JSON text; deeper than Python recurses, its keys and scalars in no special order.

    >>> dumps({"path": "a.py", "lines": [1, 2]})
    '{"path": "a.py", "lines": [1, 2]}'
    """
    try:
        return json.dumps(value, ensure_ascii=False)
    except RecursionError:
        return " ".join(_leaves(value))


def exactly(value: Any) -> str | None:
    """``value`` as a JSON text that gives an equal value back, or None where JSON cannot.

    >>> exactly({"a": float("nan")}) is None
    True
    """
    try:
        text = json.dumps(value, ensure_ascii=False, allow_nan=False)
        return text if json.loads(text) == value else None
    except (RecursionError, TypeError, ValueError):
        return None


def _leaves(value: Any) -> list[str]:
    found: list[str] = []
    todo = [value]
    while todo:
        item = todo.pop()
        if isinstance(item, dict):
            found.extend(map(str, item))
            todo.extend(item.values())
        elif isinstance(item, list):
            todo.extend(item)
        else:
            found.append(str(item))
    return found


def _advice(item: object) -> str:
    if hasattr(item, "model_dump"):
        return "Pass item.model_dump(exclude_none=True)."
    if isinstance(item, bytes | bytearray):
        return "Decode it to str, or base64 it as the provider wants it."
    return "Convert it first."
