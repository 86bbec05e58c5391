"""Anthropic's messages on the wire, and the counting of their tokens.

A request with a ``thread`` is left alone: its history is at the provider.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..chat.policy import NAME
from .frames import Event, framed_with_type
from .protocol import Asked, Body, Endpoint, LeftAlone, Protocol, asked, error_in, written

_BESIDE = ("system", "output_format", "output_config")  # instructions, and the schema of the answer
_NO_TOOL = {"type": "none"}


def _endpoint(path: str) -> Endpoint:
    if path.endswith("/v1/messages"):
        return "answer"
    return "count" if path.endswith("/v1/messages/count_tokens") else ""


def _read(_path: str, body: Body) -> Asked:
    found = asked(body, body.get("messages"), ("tools", "tool_choice"), _BESIDE)
    if body.get("thread") is not None:
        raise LeftAlone("provider_state")
    return found


def write(body: Body, kwargs: Mapping[str, Any]) -> Body:
    """A body with other messages, tools and tool_choice."""
    if kwargs.get("tool_choice") == "none":
        kwargs = {**kwargs, "tool_choice": dict(_NO_TOOL)}
    return written(body, kwargs, ("messages", "tools", "tool_choice"))


def error(message: str) -> Body:
    """The body of an error."""
    return {"type": "error", "error": {"type": "invalid_request_error", "message": message}}


def _failed(_status: int, body: Any) -> list[Event]:
    """An error in mid-stream, as Anthropic sends it: the SDK raises its own error for it."""
    return [{"type": "error", "error": error_in(body, type="api_error")}]


def _noted(response: Body, report: Mapping[str, Any]) -> Body:
    """A whole message, or the event that ends one, with the report."""
    return {**response, NAME: dict(report)} if response.get("type", "message") in _LAST else response


_LAST = ("message", "message_delta")
_SILENT = ("message_start", "ping")


def _silent(event: Event) -> bool:
    """Whether an event says nothing of the answer."""
    return event.get("type") in _SILENT


MESSAGES = Protocol(
    shape="anthropic",
    endpoint=_endpoint,
    read=_read,
    write=write,
    error=error,
    failed=_failed,
    frame=framed_with_type,
    silent=_silent,
    noted=_noted,
)
