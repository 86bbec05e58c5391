"""Fields of objects and dicts, read and replaced alike."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ..messages.objects import dump

GEMINI_CALL = ("functionCall", "function_call")  # the field of a part of Gemini that is a call


def field(value: Any, name: str) -> Any:
    """A field of an object or a dict; None if it has no such field."""
    return value.get(name) if isinstance(value, Mapping) else getattr(value, name, None)


def first(value: Any, names: tuple[str, str]) -> Any:
    """The value of a field with two spellings, in camelCase and in snake_case; None if it has neither.

    >>> first({"function_call": {"name": "search"}}, ("functionCall", "function_call"))
    {'name': 'search'}
    """
    return next((found for name in names if (found := field(value, name)) is not None), None)


def listed(value: Any, name: str) -> list[Any]:
    """The list in a field; an empty one if there is none."""
    found = field(value, name)
    return found if isinstance(found, list) else []


def changed(value: Any, **fields: Any) -> Any:
    """A copy of an object or a dict with other values in some fields. In a dict, None removes a field.

    >>> changed({"role": "assistant", "tool_calls": []}, tool_calls=None)
    {'role': 'assistant'}
    """
    if isinstance(value, Mapping):
        merged = {**value, **fields}
        return {name: item for name, item in merged.items() if item is not None or name not in fields}
    return value.model_copy(update=fields)


def with_items(value: Any, name: str, made: Callable[[Any], Any]) -> Any:
    """A copy of an object or a dict in which ``made`` gives the items of a list. The same value if none changes."""
    given = listed(value, name)
    items = [made(item) for item in given]
    same = all(new is old for new, old in zip(items, given, strict=True))
    return value if same else changed(value, **{name: items})


def plain(value: Any) -> Any:
    """An object as a dict without its fields that are None; anything else as it is."""
    return dump(value) if callable(getattr(value, "model_dump", None)) else value
