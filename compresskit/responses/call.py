"""A tool call, as all shapes have it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from ..messages.retrieval_tool import OURS
from .fields import field, plain


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
