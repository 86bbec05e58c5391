"""Converts the objects of SDKs to dicts, before messages are read.

A pydantic object (of OpenAI, Anthropic, LiteLLM or Google) anywhere in a message becomes its
``model_dump(exclude_none=True)``. Google's objects hold pictures and signatures as bytes, which become base64 as in the
REST API. No SDK is imported. The input does not change. Other objects are left for the checks of ``reading.py``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_SCALARS = frozenset({str, int, float, bool, type(None)})
_RESPONSES = ("choices", "candidates")  # fields of whole responses, of which the caller has to choose a part


def as_dicts(messages: Any) -> Any:
    """A list of messages with dicts in place of objects; the same list if there are none.

    >>> messages = [{"role": "user", "content": "hi"}]
    >>> as_dicts(messages) is messages
    True
    """
    if not isinstance(messages, list):
        return messages
    changed = {index: _plain(message) for index, message in enumerate(messages) if _has_objects(message)}
    return [changed.get(index, message) for index, message in enumerate(messages)] if changed else messages


def _has_objects(message: Any) -> bool:
    if type(message) is dict and _SCALARS.issuperset(map(type, message.values())):
        return False
    todo: list[Any] = [message]
    seen: set[int] = set()
    while todo:
        item = todo.pop()
        if isinstance(item, dict | list):
            if id(item) not in seen:
                seen.add(id(item))
                inner = item.values() if isinstance(item, dict) else item
                todo += [child for child in inner if type(child) not in _SCALARS]
        elif _is_object(item):
            return True
    return False


def _plain(message: Any) -> Any:
    """A copy of a message with dicts in place of objects."""
    root: list[Any] = [None]
    todo: list[tuple[Any, Any, Any]] = [(root, 0, _message(message))]
    inside: set[int] = set()  # ids of the containers around the present item
    while todo:
        parent, key, item = todo.pop()
        if parent is None:
            inside.remove(key)
            continue
        if _is_object(item):
            item = dump(item)
        if isinstance(item, dict | list) and id(item) not in inside:
            inside.add(id(item))
            todo.append((None, id(item), None))
            copy: Any = dict.fromkeys(item) if isinstance(item, dict) else [None] * len(item)
            children = item.items() if isinstance(item, dict) else enumerate(item)
            todo.extend((copy, name, child) for name, child in children)
            item = copy
        parent[key] = item
    return root[0]


def _message(message: Any) -> Any:
    """The message of an Anthropic response, without the fields of the response; anything else as it is."""
    if _is_object(message) and hasattr(message, "stop_reason") and isinstance(getattr(message, "content", None), list):
        return {"role": message.role, "content": message.content}
    return message


def _is_object(item: Any) -> bool:
    """Whether something is an SDK's object for a message or a part of one."""
    if isinstance(item, Mapping | list | str | type) or not callable(getattr(item, "model_dump", None)):
        return False
    if type(item).__module__.partition(".")[0].startswith("langchain"):
        return False  # messages of LangChain are of no provider's shape
    whole = any(isinstance(getattr(item, name, None), list) for name in _RESPONSES)
    return not whole and getattr(item, "object", None) != "response"


def dump(item: Any) -> Any:
    """A pydantic object as a dict of JSON values without the fields that are None."""
    # fields that OpenAI's SDK does not send, such as the parsed form of a text
    apart = getattr(type(item), "__api_exclude__", None)
    config = getattr(type(item), "model_config", None)
    holds_bytes = isinstance(config, dict) and config.get("ser_json_bytes") == "base64"  # google.genai.types
    return item.model_dump(
        exclude_none=True,
        **({"exclude": set(apart)} if apart else {}),
        **({"mode": "json"} if holds_bytes else {}),
    )
