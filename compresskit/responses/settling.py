"""Calls of deferred tools in a response become calls of the caller's own tools, or of ours if they must be answered.

Only names and arguments change: ids, signatures and places stay. The owner of the definitions decides what a call
becomes; this module knows the shapes.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from functools import partial
from typing import Any, Protocol

from .._json import dumps
from ..messages.retrieval_tool import OURS
from .fields import GEMINI_CALL, changed, field, first, with_items
from .items import Call
from .whole import calls_of

_CHOICES = (("choices", "message"), ("candidates", "content"))  # answers to one request, of OpenAI and of Gemini


class Settling(Protocol):
    """Says what becomes of calls. ``held`` are the names whose calls are not shown before they are whole."""

    @property
    def held(self) -> Collection[str]: ...

    def settled(self, name: str, arguments: Any) -> tuple[str, Any]:
        """The name and the arguments with which a call goes on: the same ones, or others."""
        ...


class _AsTheyAre:
    """For requests without deferred tools."""

    held = frozenset(OURS)

    def settled(self, name: str, arguments: Any) -> tuple[str, Any]:
        return name, arguments


AS_THEY_ARE = _AsTheyAre()


def settled(response: Any, settling: Settling) -> Any:
    """A response, or a message, with its calls as they go on. The same value if none changes."""
    for choices, message in _CHOICES:
        if isinstance(field(response, choices), list):
            return with_items(response, choices, partial(_inner, name=message, settling=settling))
    output = field(response, "output")
    if isinstance(output, list):
        return with_items(response, "output", partial(settled_item, settling=settling))
    if field(output, "message") is not None:
        inner = _inner(output, "message", settling)
        return response if inner is output else changed(response, output=inner)
    return _message(response, settling)


def settled_item(item: Any, settling: Settling) -> Any:
    """A call (an item, a block, a part, or one of ``tool_calls``) as it goes on; anything else as it is.

    >>> settled_item({"type": "function_call", "call_id": "c", "name": "f", "arguments": "{}"}, AS_THEY_ARE)["name"]
    'f'
    """
    calls = calls_of(_around(item))
    if len(calls) != 1 or calls[0].name not in settling.held:
        return item
    name, arguments = settling.settled(calls[0].name, calls[0].arguments)
    return item if name == calls[0].name else _renamed(item, calls[0], name, arguments)


def as_text(arguments: Any) -> str:
    """Arguments as the JSON text that OpenAI's shapes have."""
    return arguments if isinstance(arguments, str) else dumps(arguments)


def as_object(arguments: Any) -> Any:
    """Arguments as the object that the other shapes have."""
    return json.loads(arguments) if isinstance(arguments, str) else arguments


def _inner(value: Any, name: str, settling: Settling) -> Any:
    message = field(value, name)
    new = message if message is None else _message(message, settling)
    return value if new is message else changed(value, **{name: new})


def _message(message: Any, settling: Settling) -> Any:
    for name in ("tool_calls", "content", "parts"):
        message = with_items(message, name, partial(settled_item, settling=settling))
    return message


def _around(item: Any) -> Any:
    """A message that holds one call, for ``calls_of``."""
    if field(item, "function") is not None or field(item, "custom") is not None:
        return {"role": "assistant", "tool_calls": [item]}
    if field(item, "type") == "tool_use" or field(item, "toolUse") is not None:
        return {"role": "assistant", "content": [item]}
    if first(item, GEMINI_CALL) is not None:
        return {"role": "model", "parts": [item]}
    return item if field(item, "type") == "function_call" else {}


def _renamed(item: Any, call: Call, name: str, arguments: Any) -> Any:
    """A call with another name and other arguments."""
    if call.shape == "openai":
        function = changed(field(item, "function"), name=name, arguments=as_text(arguments))
        return changed(item, function=function)
    if call.shape == "responses":
        return changed(item, name=name, arguments=as_text(arguments))
    given = as_object(arguments)
    if call.shape == "anthropic":
        return changed(item, name=name, input=given)
    if call.shape == "converse":
        return changed(item, toolUse=changed(field(item, "toolUse"), name=name, input=given))
    inner = next(one for one in GEMINI_CALL if field(item, one) is not None)
    made = changed(field(item, inner), name=name, args=dict(given) if isinstance(given, Mapping) else given)
    return changed(item, **{inner: made})
