"""Whether a request would be accepted: the rules of OpenAI chat and of Anthropic Messages that compressors
break.

Only structure is checked (roles, contents, calls paired with results, tools), not what a text says.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from .messages import Message

_OPENAI_ROLES = {"system", "developer", "user", "assistant", "tool", "function"}


def new_problems(
    before: Sequence[Message], after: Sequence[Message], tools: Sequence[Any] | None, shape: str
) -> list[str]:
    """What is wrong and was not wrong before: recorded runs can start or end in mid-air."""
    known = set(problems(before, shape))
    found = [problem for problem in problems(after, shape) if problem not in known]
    return found + (["an empty list of tools"] if tools is not None and not tools else [])


def problems(messages: Sequence[Message], shape: str) -> list[str]:
    """What an API would refuse, in words that do not depend on where it stands.

    >>> problems([{"role": "tool", "tool_call_id": "a", "content": "1"}], "openai")
    ['result without its call: a']
    """
    if not messages:
        return ["no messages"]
    return _anthropic(messages) if shape == "anthropic" else _openai(messages)


def _openai(messages: Sequence[Message]) -> list[str]:
    found: list[str] = []
    waiting: set[str] = set()
    for message in messages:
        role = message.get("role")
        if role not in _OPENAI_ROLES:
            found.append(f"unknown role {role!r}")
        if role == "tool":
            key = str(message.get("tool_call_id"))
            found.extend([] if key in waiting else [f"result without its call: {key}"])
            waiting.discard(key)
        else:
            found.extend(f"call without its result: {key}" for key in sorted(waiting))
            waiting = {str(call.get("id")) for call in message.get("tool_calls") or []}
        found.extend(_openai_content(message))
    return found + [f"call without its result: {key}" for key in sorted(waiting)]


def _openai_content(message: Message) -> list[str]:
    content, role = message.get("content"), message.get("role")
    calls = message.get("tool_calls")
    found = ["an empty list of tool calls"] if calls == [] else []
    if content is None:
        silent = role == "assistant" and (calls or message.get("function_call") or message.get("refusal"))
        return found + ([] if silent else [f"no content: {role}"])
    if isinstance(content, list):
        good = content and all(isinstance(part, dict) for part in content)
        return found + ([] if good else [f"bad parts: {role}"])
    return found + ([] if isinstance(content, str) else [f"content is no text: {role}"])


def _anthropic(messages: Sequence[Message]) -> list[str]:
    found = [] if messages[0].get("role") == "user" else ["does not start with a user message"]
    waiting: set[str] = set()
    for message in messages:
        role, content = message.get("role"), message.get("content")
        if role not in ("user", "assistant"):
            found.append(f"unknown role {role!r}")
        if isinstance(content, str) or not isinstance(content, list):
            content = [{"type": "text", "text": content}]
        found.extend([] if content else [f"empty content: {role}"])
        found.extend(_anthropic_block(block) for block in content if _anthropic_block(block))
        if role == "assistant":
            found.extend(f"call without its result: {key}" for key in sorted(waiting))
            waiting = _ids(content, "tool_use", "id")
        else:
            answered = _ids(content, "tool_result", "tool_use_id")
            found.extend(f"result without its call: {key}" for key in sorted(answered - waiting))
            waiting -= answered
            if waiting and any(block.get("type") == "text" for block in content) and not answered:
                found.append("a user message between a call and its result")
    return found + [f"call without its result: {key}" for key in sorted(waiting)]


def _anthropic_block(block: Any) -> str:
    if not isinstance(block, Mapping) or not isinstance(block.get("type"), str):
        return "a block without a type"
    text = block.get("text")
    if block["type"] == "text" and not (isinstance(text, str) and text):
        return "an empty text block"
    if block["type"] == "tool_result" and not isinstance(block.get("content", ""), str | list):
        return "a tool result that is neither text nor parts"
    return ""


def _ids(content: Sequence[Mapping[str, Any]], kind: str, key: str) -> set[str]:
    return {str(block.get(key)) for block in content if block.get("type") == kind}
