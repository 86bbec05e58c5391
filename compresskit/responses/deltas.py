"""Puts the deltas of an OpenAI stream together to the message that they spell."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ..types import Message
from .whole import FIELDS

# Fields that are sent once, or again and again with the same value. All other texts arrive in pieces.
_ONCE = frozenset({"role", "id", "type", "index", "name", "expires_at", "format"})


def message_from(deltas: Iterable[Mapping[str, Any]]) -> Message:
    """The message of one choice.

    Pieces of a text are joined, calls are told apart by their index, and thinking blocks by their signatures.

    Args:
        deltas: The ``delta`` of each chunk as a dict, in order.

    >>> message_from([{"role": "assistant", "content": "Hel"}, {"content": "lo"}])
    {'role': 'assistant', 'content': 'Hello'}
    """
    message: Message = {"role": "assistant", "content": None}
    calls: dict[Any, dict[str, Any]] = {}
    thoughts: list[dict[str, Any]] = []
    for delta in deltas:
        rest = dict(delta)
        for at, call in enumerate(rest.pop("tool_calls", None) or ()):
            _add(calls.setdefault(_index(call, at), {}), call)
        for block in rest.pop("thinking_blocks", None) or ():
            _think(thoughts, block)
        fields = rest.pop(FIELDS, None)  # those of a provider are no pieces
        if isinstance(fields, Mapping):
            message[FIELDS] = {**(message.get(FIELDS) or {}), **fields}
        _add(message, rest)
    if calls:
        message["content"] = message["content"] or None  # a whole message with calls has no empty text either
        message["tool_calls"] = [_called(call) for _, call in sorted(calls.items(), key=lambda item: item[0])]
    if signed := [block for block in thoughts if block.get("signature") or block.get("type") != "thinking"]:
        message["thinking_blocks"] = signed
    return message


def _add(whole: dict[str, Any], part: Mapping[str, Any]) -> None:
    """Adds the fields of a part to those that came before."""
    for name, value in part.items():
        had = whole.get(name)
        if value is None or (value == "" and had):
            continue
        if isinstance(value, str) and isinstance(had, str) and name not in _ONCE:
            whole[name] = had + value
        elif name == "name" and isinstance(value, str) and isinstance(had, str) and value != had:
            whole[name] = had + value  # few providers cut a name; some repeat it
        elif isinstance(value, Mapping):
            inner = dict(had) if isinstance(had, Mapping) else {}
            _add(inner, value)
            whole[name] = inner
        elif isinstance(value, list) and isinstance(had, list):
            whole[name] = [*had, *value]
        else:
            whole[name] = value


def _index(call: Mapping[str, Any], at: int) -> int:
    index = call.get("index")
    return index if isinstance(index, int) else at


def _called(call: dict[str, Any]) -> dict[str, Any]:
    """A call without its index, which only a stream has."""
    kind = "custom" if "custom" in call else "function"
    return {"type": kind, **{name: value for name, value in call.items() if name != "index"}}


def _think(thoughts: list[dict[str, Any]], block: Mapping[str, Any]) -> None:
    """Adds a piece of thinking. A signature ends a block."""
    last = thoughts[-1] if thoughts else None
    if block.get("type", "thinking") != "thinking":
        thoughts.append(dict(block))
    elif last is None or last.get("type") != "thinking" or last.get("signature"):
        thoughts.append({"type": "thinking", "thinking": "", **_known(block)})
    else:
        last["thinking"] = (last.get("thinking") or "") + (block.get("thinking") or "")
        last.update({name: value for name, value in _known(block).items() if name != "thinking"})


def _known(block: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in block.items() if value is not None and name != "index"}
