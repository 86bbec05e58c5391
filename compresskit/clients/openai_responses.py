"""OpenAI's Responses API on the wire, and the counting of its input tokens.

State that the provider holds is left alone: with ``previous_response_id`` or ``conversation``, the request does not
contain what came before.

Source: developers.openai.com, "Create a model response" and "Reasoning models", "Keeping reasoning items in context".
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..chat.policy import NAME
from .frames import Event, framed_with_type
from .openai_chat import error
from .protocol import Asked, Body, Endpoint, LeftAlone, Protocol, asked, error_in, written

_BESIDE = ("instructions", "text")  # instructions, and the schema of the answer
_PROVIDER_STATE = ("previous_response_id", "conversation")
_ENDS = ("response.completed", "response.incomplete", "response.failed")


def _endpoint(path: str) -> Endpoint:
    if path.endswith("/responses"):
        return "answer"
    return "count" if path.endswith("/responses/input_tokens") else ""


def read(_path: str, body: Body) -> Asked:
    """What a body asks. The answer of a background response comes later, in a request of its own.

    Raises:
        LeftAlone: The body is not served.
    """
    if any(body.get(name) for name in _PROVIDER_STATE):
        raise LeftAlone("provider_state")
    items = body.get("input")
    if isinstance(items, str):
        items = [{"role": "user", "content": items}]
    return asked(body, items, ("tools", "tool_choice"), _BESIDE, recoverable=body.get("background") is not True)


def write(body: Body, kwargs: Mapping[str, Any]) -> Body:
    """A body with other items, tools and tool_choice."""
    items = sendable(kwargs["messages"], body)
    return written(body, {**kwargs, "input": items}, ("input", "tools", "tool_choice"))


def sendable(items: list[Any], body: Mapping[str, Any]) -> list[Any]:
    """The items without reasoning that the provider no longer knows, because it neither stored nor encrypted it."""
    if body.get("store") is not False:
        return items
    return [item for item in items if item.get("type") != "reasoning" or item.get("encrypted_content")]


def _failed(_status: int, body: Any) -> list[Event]:
    """An error in mid-stream for which the SDK raises its own error."""
    return [{"type": "error", "error": error_in(body)}]


def _noted(response: Body, report: Mapping[str, Any]) -> Body:
    """A whole response, or the event that ends one, with the report."""
    if response.get("type") in _ENDS:
        return {**response, "response": {**response["response"], NAME: dict(report)}}
    return response if "type" in response else {**response, NAME: dict(report)}


RESPONSES = Protocol(
    shape="responses",
    endpoint=_endpoint,
    read=read,
    write=write,
    error=error,
    failed=_failed,
    frame=framed_with_type,
    noted=_noted,
)
