"""Anthropic's messages on the wire, and the counting of their tokens.

A request with a ``thread`` is left alone: its history is at the provider.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .options import NAME
from .protocol import Asked, Body, Endpoint, Event, LeftAlone, Protocol, framed_with_type

_FOR_THE_LOOP = ("model", "messages", "tools", "tool_choice")
_WRITTEN = ("messages", "tools")
_BESIDE = ("system", "output_format", "output_config")  # instructions, and the schema of the answer
_NO_TOOL = {"type": "none"}


def _endpoint(path: str) -> Endpoint:
    if path.endswith("/v1/messages"):
        return "answer"
    return "count" if path.endswith("/v1/messages/count_tokens") else ""


def _read(_path: str, body: Body) -> Asked:
    messages = body.get("messages")
    if not isinstance(messages, list) or not isinstance(body.get("model"), str):
        raise LeftAlone("not_served")
    if body.get("thread") is not None:
        raise LeftAlone("provider_state")
    kwargs = {name: body[name] for name in _FOR_THE_LOOP if name in body}
    beside = [body[name] for name in _BESIDE if body.get(name)]
    return Asked(kwargs, beside, streams=body.get("stream") is True)


def write(body: Body, kwargs: Mapping[str, Any]) -> Body:
    """A body with other messages, tools and tool_choice, in the places that these fields have."""
    rest = {name: value for name, value in body.items() if name != "tool_choice" or name in kwargs}
    choice = kwargs.get("tool_choice")
    chosen = {} if choice is None else {"tool_choice": dict(_NO_TOOL) if choice == "none" else choice}
    return {**rest, **{name: kwargs[name] for name in _WRITTEN if name in kwargs}, **chosen}


def error(message: str) -> Body:
    """The body of an error."""
    return {"type": "error", "error": {"type": "invalid_request_error", "message": message}}


def _failed(_status: int, body: Any) -> list[Event]:
    """An error in mid-stream, as Anthropic sends it: the SDK raises its own error for it."""
    inner = body.get("error") if isinstance(body, Mapping) else None
    known = {"type": "api_error", "message": "The call after a retrieval failed."}
    return [{"type": "error", "error": inner if isinstance(inner, Mapping) else known}]


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
