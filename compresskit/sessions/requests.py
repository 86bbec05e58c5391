"""Reads logs of requests to OpenAI's and Anthropic's APIs, as JSON, JSONL or a folder of files.

A request is its body: ``messages`` (with ``system``), ``input`` (with ``instructions``) or ``contents``, beside
``model`` and ``tools``. It is in ``request``, ``body`` or ``request_body``, or it is the object itself. ``response`` or
``response_body`` may be beside it. That is also how OpenHands logs its completions.

Requests that continue each other are one session: the messages of the later request begin with those of the earlier
one, apart from cache marks, which clients move.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

from .._json import objects_in
from ..messages.cache_control import unmarked
from ..types import Message
from .session import Session, numbered, reported, text_of

SOURCE = "a log of requests"
_BODIES = ("request", "body", "request_body")
_RESPONSES = ("response", "response_body")
_MESSAGES = ("messages", "input", "contents")
_MAX_OPEN = 50  # sessions that a further request may belong to, the newest ones: logs mix a few at a time


def recognises(value: Any) -> bool:
    """Whether a value is a request in an envelope, a request with its response, or a request to Responses."""
    if not isinstance(value, dict) or "role" in value or "type" in value:
        return False
    body = _body(value)
    if body is not value:
        return True
    if isinstance(value.get("messages"), list):
        return any(isinstance(value.get(field), dict) for field in _RESPONSES)
    listed = isinstance(value.get("input"), list | str) and ("model" in value or "instructions" in value)
    return listed or isinstance(value.get("contents"), list)


def read(values: Iterable[Any], name: str) -> list[Session]:
    """One session for the requests that continue each other."""
    single = (_request(value) for value in values if isinstance(value, dict))
    found = chained(session for session in single if session)
    return [replace(session, name=numbered(name, number)) for number, session in enumerate(found, start=1)]


def chained(sessions: Iterable[Session]) -> list[Session]:
    """The sessions, with each that continues an earlier one joined to it."""
    found: list[Session] = []
    for session in sessions:
        before = next((one for one in reversed(found[-_MAX_OPEN:]) if _continues(session, one)), None)
        if before is None:
            found.append(session)
            continue
        found[found.index(before)] = replace(
            session,
            name=before.name,
            ends=(*(before.ends or (len(before.messages),)), *(session.ends or (len(session.messages),))),
            reported=before.reported or session.reported,
        )
    return found


def of_body(body: dict[str, Any], messages: Any) -> dict[str, Any]:
    """The fields of a Session that a body gives beside its messages."""
    tools, model = body.get("tools"), body.get("model")
    first = messages[0] if isinstance(messages, list) and messages else None
    inside = isinstance(first, dict) and first.get("role") == "system"
    return {
        "model": model if isinstance(model, str) else None,
        "tools": tools if isinstance(tools, list) and tools else None,
        "system": "" if inside else text_of(body.get("system")) or text_of(body.get("instructions")),
    }


def _request(value: dict[str, Any]) -> Session | None:
    body = _body(value)
    found = next((body[field] for field in _MESSAGES if body.get(field)), None)
    if isinstance(found, str):
        found = [{"role": "user", "content": found}]
    messages = objects_in(found)
    if not messages:
        return None
    response: dict[str, Any] = next((value[field] for field in _RESPONSES if isinstance(value.get(field), dict)), {})
    response = response["body"] if isinstance(response.get("body"), dict) else response
    kept = value.get("kwargs")
    about = of_body({**(kept if isinstance(kept, dict) else {}), **body}, messages)
    about["model"] = about["model"] or response.get("model")
    shape = "responses" if "input" in body and "messages" not in body else "auto"
    seen: dict[str, Any] = {"ends": (len(messages),), "reported": reported(response.get("usage"), len(messages))}
    return Session("", SOURCE, messages, shape, answer=_answer(response), **seen, **about)


def _body(value: dict[str, Any]) -> dict[str, Any]:
    """The body of a request: in its envelope, or the value itself."""
    for field in _BODIES:
        inner = value.get(field)
        if isinstance(inner, dict) and any(inner.get(name) for name in _MESSAGES):
            return inner
    return value


def _answer(response: dict[str, Any]) -> list[Message]:
    """The messages of a response, as a client sends them with the next request."""
    choices = objects_in(response.get("choices"))
    message = choices[0].get("message") if choices else None
    if isinstance(message, dict):
        return [{name: value for name, value in message.items() if value is not None or name == "content"}]
    if isinstance(response.get("output"), list):
        return objects_in(response["output"])
    content = response.get("content")
    return [{"role": "assistant", "content": content}] if isinstance(content, list) and content else []


def _continues(session: Session, before: Session) -> bool:
    if not isinstance(session.messages, list) or not isinstance(before.messages, list):
        return False
    return len(session.messages) > len(before.messages) and _begins(session.messages, before.messages)


def _begins(messages: Sequence[Message], start: Sequence[Message]) -> bool:
    """Whether messages begin with others. The last ones differ first if they do, so they are compared first."""
    pairs = zip(reversed(messages[: len(start)]), reversed(start), strict=True)
    return all(one == other or _same(one, other) for one, other in pairs)


def _same(one: Any, other: Any) -> bool:
    return isinstance(one, dict) and isinstance(other, dict) and unmarked(one) == unmarked(other)
