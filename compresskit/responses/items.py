"""Tool calls, as all shapes have them, and the items of OpenAI's Responses: their calls, and what goes with ours.

The API refuses a reasoning item without the item that followed it. So if a call of ours is taken out, the reasoning
that led to nothing else is taken out too.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from ..messages.responses import CALLS
from ..messages.retrieval_tool import OURS
from .fields import field, plain

# Calls that the caller answers, with the fields of their ids and of their arguments.
_CALLS = {kind: ("call_id", field) for kind, field in CALLS.items()} | {"mcp_approval_request": ("id", "arguments")}


class Call(NamedTuple):
    """A tool call in a message.

    Attributes:
        id: The id, None if it has none.
        name: The name of the tool.
        arguments: The arguments as the model wrote them: a str (in OpenAI's shapes) or a dict.
        at: The index among the message's tool calls, parts, blocks or items.
        shape: The name of the message's shape, or "legacy" for OpenAI's function_call.
        raw: The whole call as a JSON value.
    """

    id: str | None
    name: str
    arguments: Any
    at: int
    shape: str
    raw: dict[str, Any]

    @property
    def ours(self) -> bool:
        return self.name in OURS


def call_from(identity: Any, named: Any, arguments: str, at: int, shape: str, raw: Any) -> Call:
    """A call that was read: ``named`` has its name, and its arguments in the field ``arguments``."""
    name = field(named, "name")
    as_json = plain(raw)
    found = dict(as_json) if isinstance(as_json, Mapping) else {}
    return Call(identity, name if isinstance(name, str) else "", field(named, arguments), at, shape, found)


def item_calls(items: Sequence[Any]) -> list[Call]:
    """The calls that the caller has to answer, ours and the caller's, in order. Only a function can be ours.

    >>> item_calls([{"type": "function_call", "call_id": "c", "name": "f", "arguments": "{}"}])[0].name
    'f'
    """
    return [_call(item, at) for at, item in enumerate(items) if str(field(item, "type")) in _CALLS]


def is_reasoning(item: Any) -> bool:
    """Whether an item is the model's reasoning."""
    return bool(field(item, "type") == "reasoning")


def ours_in(items: Sequence[Any]) -> set[int]:
    """The indices of our calls, and of the reasoning that leads to nothing else.

    >>> ours = {"type": "function_call", "call_id": "c", "name": "compresskit_retrieve", "arguments": "{}"}
    >>> thought, text = {"type": "reasoning"}, {"type": "message"}
    >>> sorted(ours_in([thought, ours])), sorted(ours_in([thought, ours, text]))
    ([0, 1], [1])
    """
    gone = {call.at for call in item_calls(items) if call.ours}
    waiting: list[int] = []  # reasoning items, until the item behind them is known
    parted = False  # whether a call of ours was behind them
    for at, item in enumerate(items):
        if at in gone:
            parted = True
        elif not is_reasoning(item):
            waiting, parted = [], False
        elif parted:
            gone |= set(waiting)
            waiting, parted = [at], False
        else:
            waiting.append(at)
    return gone | set(waiting) if parted else gone


def _call(item: Any, at: int) -> Call:
    kind = str(field(item, "type"))
    identity, arguments = _CALLS[kind]
    call = call_from(field(item, identity), item, arguments, at, "responses", item)
    return call if kind == "function_call" else call._replace(name="" if call.ours else call.name)
