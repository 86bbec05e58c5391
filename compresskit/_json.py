"""JSON-like values of any depth: copied, checked and written as text, without recursion.

It does not know what a message is. Parts that compresskit does not understand pass through here, and a
part may be nested deeper than Python recurses.
"""

from __future__ import annotations

import contextlib
import json
from typing import Any

from .errors import InvalidMessages, described, place

_DIGITS_PER_BIT = 0.30103  # log10(2), rounded up
_SCALARS = frozenset({str, int, float, bool, type(None)})
_NAMES = frozenset({str})
_LAYERS = 3  # strings within JSON that are read as JSON again, maximum
_AT_ONCE = 1_000  # items of a list that are written and compared in one go
_ENCODER = json.JSONEncoder(ensure_ascii=False)  # json.dumps() would make one for each value


def clone(value: Any, where: str) -> Any:
    """A copy that shares no dict or list with ``value``.

    Raises:
        InvalidMessages: something in it is not JSON-like; ``where`` names the place.

    >>> clone({"role": "user", "content": [{"type": "text", "text": "hi"}]}, "messages[0]")
    {'role': 'user', 'content': [{'type': 'text', 'text': 'hi'}]}
    """
    try:
        return _copy(value)
    except (RecursionError, TypeError):
        return _checked_copy(value, where)


def _copy(value: Any) -> Any:
    """A copy of what JSON can hold.

    Raises:
        RecursionError: It is deeper than Python recurses.
        TypeError: It may not be JSON-like.
    """
    if type(value) is dict:
        if _SCALARS.issuperset(map(type, value.values())):
            return dict(value)
        return {key: item if type(item) in _SCALARS else _copy(item) for key, item in value.items()}
    if type(value) is list:
        return [item if type(item) in _SCALARS else _copy(item) for item in value]
    if type(value) in _SCALARS:
        return value
    raise TypeError


def _checked_copy(value: Any, where: str) -> Any:
    """A copy of what may be no JSON, or deeper than Python recurses; see ``clone`` for the errors."""
    root: list[Any] = [None]
    todo: list[tuple[Any, Any, Any, str]] = [(root, 0, value, where)]
    inside: set[int] = set()  # the containers around the item at hand
    while todo:
        parent, slot, item, at = todo.pop()
        if parent is None:  # everything in a container is done
            inside.remove(slot)
        elif type(item) in _SCALARS or isinstance(item, str | int | float):
            parent[slot] = item
        elif isinstance(item, dict | list) and id(item) not in inside:
            inside.add(id(item))
            todo.append((None, id(item), None, ""))
            # dict.fromkeys keeps the order of the keys
            copy: Any = dict.fromkeys(item) if isinstance(item, dict) else [None] * len(item)
            parent[slot] = copy
            children = item.items() if isinstance(item, dict) else enumerate(item)
            todo.extend((copy, key, child, place(at, key)) for key, child in children)
        else:
            raise InvalidMessages(f"{at} is {_not_json(item, id(item) in inside)}")
    return root[0]


def dumps(value: Any) -> str:
    """``value`` as one JSON text; deeper than Python recurses, its keys and scalars in no special order.

    >>> dumps({"path": "a.py", "lines": [1, 2]})
    '{"path": "a.py", "lines": [1, 2]}'
    """
    try:
        return _ENCODER.encode(value)
    except RecursionError:
        return " ".join(_leaves(value))
    except ValueError as error:
        if not str(error).startswith("Circular"):  # an integer of more digits than Python writes down
            return " ".join(_leaves(value))
        raise InvalidMessages(f"A part of messages is {_not_json(value, True)}") from None


def encoded(value: Any, ascii_only: bool = False) -> bytes:
    """A JSON value as bytes. Halves of surrogate pairs, which UTF-8 cannot hold, are escaped.

    >>> encoded({"text": "…"}).decode()
    '{"text": "…"}'
    """
    try:
        return json.dumps(value, ensure_ascii=ascii_only).encode()
    except UnicodeEncodeError:
        return json.dumps(value).encode()


def exactly(value: Any, ascii_only: bool = False) -> str | None:
    r"""``value`` as a JSON text that gives an equal value back, or None if JSON cannot.

    Args:
        ascii_only: escapes all other characters, so that half of a surrogate pair can be encoded; two halves that
            follow each other would come back as one character, which is not equal.

    >>> exactly({"a": float("nan")}) is None, exactly("\ud83d", ascii_only=True)
    (True, '"\\ud83d"')
    """
    if type(value) is list and len(value) > _AT_ONCE:  # a copy of all items at once would need much memory
        texts = [exactly(value[at : at + _AT_ONCE], ascii_only) for at in range(0, len(value), _AT_ONCE)]
        return None if None in texts else "[" + ", ".join(text[1:-1] for text in texts if text) + "]"
    try:
        text = json.dumps(value, ensure_ascii=ascii_only, allow_nan=False)
        same = (not ascii_only and _is_plain(value)) or json.loads(text) == value
        return text if same else None
    except (RecursionError, TypeError, ValueError):
        return None


def _is_plain(value: Any) -> bool:
    """Whether a value that JSON can write comes back equal: it has only names and values of the types of JSON."""
    todo: list[Any] = [[value]]
    while todo:
        item = todo.pop()
        if type(item) is dict:
            if not _NAMES.issuperset(map(type, item)):
                return False
            item = item.values()
        elif type(item) is not list:
            return False
        todo += [inner for inner in item if type(inner) not in _SCALARS]
    return True


def equal(one: Any, other: Any) -> bool:
    """Whether two values are equal; also deeper than Python recurses.

    >>> equal({"a": [1, 2]}, {"a": [1, 2]}), equal([1, [2]], [1, [3]])
    (True, False)
    """
    try:
        return bool(one == other)
    except RecursionError:
        pass
    todo = [(one, other)]
    while todo:
        left, right = todo.pop()
        if isinstance(left, dict) and isinstance(right, dict):
            if left.keys() != right.keys():
                return False
            todo.extend((value, right[key]) for key, value in left.items())
        elif isinstance(left, list) and isinstance(right, list):
            if len(left) != len(right):
                return False
            todo.extend(zip(left, right, strict=True))
        elif left is not right and left != right:
            return False
    return True


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
            found.append(_written(item))
    return found


def _written(scalar: object) -> str:
    """A scalar as text; the digits of an integer that has more than Python writes down do not matter."""
    try:
        return str(scalar)
    except ValueError:
        return "9" * (1 + int(scalar.bit_length() * _DIGITS_PER_BIT)) if isinstance(scalar, int) else ""


def _not_json(item: object, cyclic: bool) -> str:
    if cyclic:
        return "a value that holds itself; what JSON can hold was expected. Copy what is needed of it."
    if hasattr(item, "model_dump"):
        advice = "Pass item.model_dump(exclude_none=True)."
    elif isinstance(item, bytes | bytearray):
        advice = "Decode it to str, or base64 it as the provider wants it."
    elif isinstance(item, tuple | set | frozenset):
        advice = "Pass list(item)."
    else:
        advice = "Pass str(item), or what is needed of it."
    return f"{described(item)}; messages hold only what JSON holds: dict, list, str, numbers, bool, None. {advice}"


def loaded(text: str | bytes) -> Any:
    """The value of a JSON text of unknown origin; None if it cannot be read.

    >>> loaded("[1]"), loaded("no JSON")
    ([1], None)
    """
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def unwrapped(value: Any) -> Any:
    """A value that a model wrote, read if it is JSON. Some models encode it twice.

    >>> unwrapped('{"key": "a"}'), unwrapped('"{\\\\"key\\\\": 1}"'), unwrapped("no JSON")
    ({'key': 'a'}, {'key': 1}, 'no JSON')
    """
    for _ in range(_LAYERS):
        if isinstance(value, str):
            with contextlib.suppress(ValueError, RecursionError):
                value = json.loads(value)
    return value


def loaded_object(text: str | bytes) -> dict[str, Any] | None:
    """The same for a JSON object: None for any other value."""
    found = loaded(text)
    return found if isinstance(found, dict) else None


def objects_in(value: Any) -> list[dict[str, Any]]:
    """The objects of a list; none if the value is no list.

    >>> objects_in([{"role": "user"}, "text"]), objects_in("text")
    ([{'role': 'user'}], [])
    """
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []
