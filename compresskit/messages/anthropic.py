"""The Anthropic Messages shape: content blocks, tool_use and tool_result, thinking, server tools."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from .._json import dumps
from ..types import Block, Message, Path, Tool, Turn
from . import openai, parts
from .cache_control import marks
from .shape import Answer

NAME, TITLE = "anthropic", "a message of Anthropic's Messages"
TEXT_AT: Path = ("content",)
TAKES_MARKS = True
takes, text_message = openai.takes, openai.text_message
_KNOWN_ROLES = frozenset({"system", "user", "assistant"})
_PLAIN_KEYS = frozenset({"role", "content", "cache_control"})
_CHAT_CALLS = frozenset({"tool_calls", "tool_call_id", "function_call"})  # of the other chat shape: they tie messages
_SOURCE_KEYS = frozenset({"type", "media_type", "data", "url", "file_id"})
# Calls that the provider runs itself, in the message of the assistant, and their results. They never change.
_PROVIDER_CALLS = frozenset({"server_tool_use", "mcp_tool_use"})
_PROVIDER_RESULTS = frozenset(
    {
        *("web_search_tool_result", "web_fetch_tool_result", "mcp_tool_result", "code_execution_tool_result"),
        *("bash_code_execution_tool_result", "text_editor_code_execution_tool_result"),
    }
)

# Part types that OpenAI chat does not have.
_PARTS = frozenset(
    {
        *("tool_use", "tool_result", "thinking", "redacted_thinking", "image", "document", "search_result"),
        *("container_upload", *_PROVIDER_CALLS, *_PROVIDER_RESULTS),
    }
)


def read(index: int, message: Message) -> Turn:
    """One message as a Turn. ``link`` adds the calls of its tool results."""
    role = message["role"]
    turn = Turn(index, role, extra=parts.MESSAGE_TOKENS, opaque=role not in _KNOWN_ROLES)
    if turn.opaque:
        turn.fix(role)
    content = message.get("content")
    if isinstance(content, str):
        turn.blocks.append(Block(index, ("content",), content))
        turn.human = role == "user"
    elif isinstance(content, list):
        for i, part in enumerate(content):
            _part(turn, part, i)
        turn.opaque = turn.opaque or not _is_answered(content)
    elif content is not None:
        parts.opaque(turn, content)
    for key, value in message.items():
        if key not in _PLAIN_KEYS and value is not None:
            if key in _CHAT_CALLS:
                parts.opaque(turn, value)
            else:
                turn.set_aside(value if isinstance(value, str) else dumps(value))
    if isinstance(content, list) or len(message) > 2:
        turn.cached = bool(marks(message))
    return turn


def link(turns: list[Turn], messages: list[Message]) -> None:
    """Gives every tool result the call that asked for it."""
    asked: dict[str, str] = {}
    for turn, message in zip(turns, messages, strict=True):
        content = message.get("content")
        found = content if isinstance(content, list) else []
        for part in found:
            if isinstance(part, dict) and part.get("type") == "tool_use" and isinstance(part.get("id"), str):
                asked[part["id"]] = parts.short_call(part.get("name"), dumps(part.get("input", "")))
        for block in turn.blocks:
            part = found[block.path[1]] if len(block.path) > 1 and isinstance(block.path[1], int) else None
            if isinstance(part, dict) and part.get("type") == "tool_result":
                block.call = asked.get(str(part.get("tool_use_id")), "")


def _part(turn: Turn, part: Any, i: int) -> None:
    if not isinstance(part, dict):
        parts.opaque(turn, part)
        return
    kind = parts.kind_of(part)
    found = parts.part_slots(part, ("content", i))
    turn.blocks += [Block(turn.index, slot.path, slot.text) for slot in found]
    if kind == "tool_use":
        _call(turn, part)
    elif kind == "tool_result":
        _result(turn, part)
    elif kind == "image":
        _image(turn, part)
    elif parts.is_text(part) and found:
        turn.human = turn.human or turn.role == "user"
        parts.beside(turn, part, parts.TEXT_KEYS)
    elif found:
        parts.frame(turn, part, ("content", i), found)
    elif kind in ("thinking", "redacted_thinking"):
        turn.thinking = True  # signed: needed by the provider as long as the tool loop is open
        turn.set_aside(dumps(part))
    elif kind in _PROVIDER_CALLS or kind in _PROVIDER_RESULTS:
        turn.fix(dumps(part))
    elif not _file(turn, part, kind):
        parts.opaque(turn, part)  # compaction, tool search, and types of the future


def _is_answered(content: list[Any]) -> bool:
    """Whether every call that the provider ran has its result in the same message."""
    ids = [
        {part.get(field) for part in content if parts.kind_of(part) in kinds}
        for kinds, field in ((_PROVIDER_CALLS, "id"), (_PROVIDER_RESULTS, "tool_use_id"))
    ]
    return ids[0] == ids[1]


def _call(turn: Turn, part: dict[str, Any]) -> None:
    turn.extra += parts.CALL_TOKENS
    turn.fix(parts.short_call(part.get("name"), dumps(part.get("input", ""))))
    known = {"type", "input", "cache_control"}
    if isinstance(part.get("name"), str):
        known.add("name")
    parts.beside(turn, part, known | parts.tie(turn, part, "id"))
    # a call by the provider's code execution stays, because it belongs to that block, which stays
    caller = part.get("caller")
    turn.opaque = turn.opaque or (isinstance(caller, dict) and caller.get("type") not in (None, "direct"))


def _result(turn: Turn, part: dict[str, Any]) -> None:
    turn.extra += parts.CALL_TOKENS
    known = {"type", "content", "cache_control"}
    if isinstance(part.get("is_error"), bool):
        known.add("is_error")
    parts.beside(turn, part, known | parts.tie(turn, part, "tool_use_id", answers=True))
    inner = part.get("content")
    for child in inner if isinstance(inner, list) else ():
        if isinstance(child, dict) and child.get("type") == "image":
            _image(turn, child, in_result=True)
        elif parts.is_text(child):
            parts.beside(turn, child, parts.TEXT_KEYS)
        elif found := parts.part_slots(child, ()):
            parts.frame(turn, child, (), found)
        elif not _file(turn, child, parts.kind_of(child), in_result=True):
            parts.opaque(turn, child)
    if inner is not None and not isinstance(inner, str | list):
        parts.opaque(turn, inner)


def _file(turn: Turn, part: Any, kind: str, in_result: bool = False) -> bool:
    source = part.get("source") if kind == "document" else None
    if not isinstance(source, dict) or source.get("type") != "base64":
        return False
    if not parts.binary(turn, source.get("data"), parts.FILE_BYTES_PER_TOKEN, in_result):
        return False
    _document(turn, part)
    return True


def _document(turn: Turn, part: dict[str, Any]) -> None:
    """Counts the fields of a document besides its data."""
    for key in ("title", "context"):
        if part.get(key):
            turn.fix(str(part[key]))
    parts.beside(turn, part["source"], _SOURCE_KEYS)
    parts.beside(turn, part, ("type", "source", "title", "context", "cache_control"))


def _image(turn: Turn, part: dict[str, Any], in_result: bool = False) -> None:
    parts.medium(turn, in_result, parts.ANTHROPIC_IMAGE_TOKENS)
    source = part.get("source")
    if isinstance(source, dict):
        parts.beside(turn, source, _SOURCE_KEYS)
    parts.beside(turn, part, ("type", "cache_control", *(("source",) if isinstance(source, dict) else ())))


def is_sure(message: Message) -> bool:
    """Whether a message has a part that only Anthropic's Messages have.

    >>> is_sure({"role": "user", "content": [{"type": "tool_result", "tool_use_id": "t", "content": "5"}]})
    True
    """
    content = message.get("content")
    return isinstance(content, list) and any(map(_is_own, content))


def _is_own(part: Any) -> bool:
    """Whether a part is of a type that OpenAI chat does not have. Documents of Cohere's chat have no source."""
    kind = parts.kind_of(part)
    return kind in _PARTS and (kind != "document" or "source" in part)


def declare(function: dict[str, Any]) -> Tool:
    rest = {key: value for key, value in function.items() if key != "parameters"}
    return {**rest, "input_schema": function["parameters"]}


def answers(answers: Sequence[Answer]) -> list[Message]:
    blocks = [{"type": "tool_result", "tool_use_id": one.id, "content": one.text} for one in answers]
    return [{"role": "user", "content": blocks}] if blocks else []
