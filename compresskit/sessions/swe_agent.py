"""Reads the trajectories of SWE-agent (``….traj``) and mini-swe-agent (``….traj.json``).

SWE-agent writes ``{"trajectory", "history", "info", …}``. A message of ``history`` has ``role`` and ``content``, may
have ``tool_calls``, ``tool_call_ids``, ``thinking_blocks`` and ``cache_control``, and has fields that are never sent
(``sweagent/types.py``; ``_history_to_messages`` in ``sweagent/agent/models.py`` says what is sent). With several
attempts, each is in ``attempts``.

mini-swe-agent writes ``{"info", "messages", "trajectory_format"}``: chat messages with an ``extra`` that is not sent,
and at the end a message of the role "exit".
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from .._json import objects_in
from ..types import Message
from .session import Session, numbered

SOURCE = "SWE-agent"
_SENT = ("tool_calls", "thinking_blocks", "cache_control")
_NOT_SENT = frozenset({"extra", "timestamp", "object", "created_at"})


def recognises(value: Any) -> bool:
    """Whether a value is a trajectory: it has a history of roles beside its steps, or says its format."""
    if not isinstance(value, dict):
        return False
    if str(value.get("trajectory_format", "")).startswith("mini-swe-agent"):
        return True
    info = value.get("info")
    if isinstance(info, dict) and isinstance(value.get("messages"), list):
        return "mini_version" in info or "exit_status" in info
    if isinstance(value.get("attempts"), list):
        return any(map(recognises, value["attempts"]))
    history = objects_in(value.get("history"))
    return ("trajectory" in value or "info" in value) and bool(history) and all("role" in item for item in history)


def read(values: Iterable[Any], name: str) -> list[Session]:
    """One session for each attempt."""
    found: list[Session] = []
    for value in values:
        for attempt in objects_in(value.get("attempts")) or [value]:
            mini = objects_in(attempt.get("messages"))
            messages = list(map(_mini, mini)) if "messages" in attempt else _sent(objects_in(attempt.get("history")))
            messages = [message for message in messages if message.get("role") != "exit"]
            if messages:
                title = numbered(str(value.get("instance_id") or name), len(found) + 1)
                found.append(Session(title, SOURCE, messages, "openai", _model(attempt)))
    return found


def _sent(history: list[dict[str, Any]]) -> list[Message]:
    messages = []
    for item in history:
        message: Message = {"role": item.get("role"), "content": item.get("content")}
        names = item.get("tool_call_ids")
        if message["role"] == "tool" and isinstance(names, list) and names:
            message["tool_call_id"] = names[0]
        message.update({field: item[field] for field in _SENT if item.get(field)})
        messages.append(message)
    return messages


def _mini(message: Message) -> Message:
    return {field: value for field, value in message.items() if field not in _NOT_SENT and value is not None}


def _model(attempt: dict[str, Any]) -> str | None:
    """The model, which mini-swe-agent says in its configuration."""
    found: Any = attempt
    for field in ("info", "config", "model", "model_name"):
        found = found.get(field) if isinstance(found, dict) else None
    return found if isinstance(found, str) else None
