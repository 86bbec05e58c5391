"""OpenAI's Responses API on the wire, and the counting of its input tokens.

State that the provider holds is left alone: with ``previous_response_id`` or ``conversation``, the request does not
contain what came before.

Source: developers.openai.com, "Create a model response" and "Reasoning models", "Keeping reasoning items in context".
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .openai_chat import error
from .options import NAME
from .protocol import Asked, Body, Endpoint, Event, LeftAlone, Protocol, framed_with_type

_PROVIDER_STATE = ("previous_response_id", "conversation")
_FOR_THE_LOOP = ("model", "tools", "tool_choice")
_BESIDE = ("instructions", "text")  # instructions, and the schema of the answer
_ENDS = ("response.completed", "response.incomplete", "response.failed")


def _endpoint(path: str) -> Endpoint:
    if path.endswith("/responses"):
        return "answer"
    return "count" if path.endswith("/responses/input_tokens") else ""


def _read(_path: str, body: Body) -> Asked:
    if any(body.get(name) for name in _PROVIDER_STATE):
        raise LeftAlone("provider_state")
    items = body.get("input")
    if isinstance(items, str):
        items = [{"role": "user", "content": items}]
    if not isinstance(items, list) or not isinstance(body.get("model"), str):
        raise LeftAlone("not_served")
    kwargs = {"messages": items} | {name: body[name] for name in _FOR_THE_LOOP if name in body}
    beside = [body[name] for name in _BESIDE if body.get(name)]
    # The answer of a background response comes later, in a request of its own.
    return Asked(kwargs, beside, streams=body.get("stream") is True, recoverable=body.get("background") is not True)


def write(body: Body, kwargs: Mapping[str, Any]) -> Body:
    """A body with other items, tools and tool_choice, in the places that these fields have."""
    rest = {name: value for name, value in body.items() if name != "tool_choice" or name in kwargs}
    items = kwargs["messages"]
    if body.get("store") is False:
        items = [item for item in items if not _is_gone(item)]
    changed = {name: kwargs[name] for name in ("tools", "tool_choice") if name in kwargs}
    return {**rest, "input": items, **changed}


def _is_gone(item: Any) -> bool:
    """Whether an item is reasoning that the provider no longer knows, because it neither stored nor encrypted it."""
    return isinstance(item, Mapping) and item.get("type") == "reasoning" and not item.get("encrypted_content")


def _failed(_status: int, body: Any) -> list[Event]:
    """An error in mid-stream for which the SDK raises its own error."""
    inner = body.get("error") if isinstance(body, Mapping) else None
    known = {"message": "The call after a retrieval failed."}
    return [{"type": "error", "error": inner if isinstance(inner, Mapping) else known}]


def _noted(response: Body, report: Mapping[str, Any]) -> Body:
    """A whole response, or the event that ends one, with the report."""
    if response.get("type") in _ENDS:
        return {**response, "response": {**response["response"], NAME: dict(report)}}
    return response if "type" in response else {**response, NAME: dict(report)}


RESPONSES = Protocol(
    shape="responses",
    endpoint=_endpoint,
    read=_read,
    write=write,
    error=error,
    failed=_failed,
    frame=framed_with_type,
    noted=_noted,
)
