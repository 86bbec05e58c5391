"""OpenAI's chat completions on the wire, which most other providers speak too."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .._json import objects_in
from ..chat.policy import NAME
from .frames import Event
from .protocol import Asked, Body, Endpoint, Protocol, asked, error_in, written


def _endpoint(path: str) -> Endpoint:
    return "answer" if path.endswith("/chat/completions") else ""


def _read(_path: str, body: Body) -> Asked:
    names = ("tools", "tool_choice", "functions", "n")
    return asked(body, body.get("messages"), names, beside=("response_format", "functions"))


def write(body: Body, kwargs: Mapping[str, Any]) -> Body:
    """A body with other messages, tools and tool_choice."""
    return written(body, kwargs, ("messages", "tools", "tool_choice", "n"))


def error(message: str) -> Body:
    """The body of an error."""
    return {"error": {"message": message, "type": "invalid_request_error", "param": None, "code": NAME}}


def _failed(_status: int, body: Any) -> list[Event]:
    """An error in mid-stream, as OpenAI sends it: the SDK raises its own error for it."""
    return [{"error": error_in(body)}]


def _noted(response: Body, report: Mapping[str, Any]) -> Body:
    """A whole response, or the chunk that ends a choice, with the report."""
    choices = objects_in(response.get("choices"))
    ends = any("message" in choice or choice.get("finish_reason") for choice in choices)
    return {**response, NAME: dict(report)} if ends or not response else response


def _silent(chunk: Event) -> bool:
    """Whether a chunk has nothing but a role."""
    choices = objects_in(chunk.get("choices"))
    spoken = any(choice.get("finish_reason") or _said(choice.get("delta")) for choice in choices)
    return not spoken and "error" not in chunk


def _said(delta: Any) -> bool:
    return isinstance(delta, Mapping) and any(value for name, value in delta.items() if name != "role")


CHAT = Protocol(
    shape="openai",
    endpoint=_endpoint,
    read=_read,
    write=write,
    error=error,
    failed=_failed,
    end=b"data: [DONE]\n\n",
    silent=_silent,
    noted=_noted,
)
