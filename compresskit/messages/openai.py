"""The OpenAI chat shape: strings and part lists, tool_calls, tool and function messages."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from .._json import dumps
from ..types import Block, Message, Path, Tool, Turn
from . import parts
from .cache_control import marks
from .shape import Answer

NAME, TITLE = "openai", "a message of OpenAI's Chat Completions"
TEXT_AT: Path = ("content",)
TAKES_MARKS = True
# The fields that a message may have and still fold.
_PLAIN_KEYS = frozenset({"role", "content", "name", "tool_calls", "tool_call_id", "function_call"})
_ROLES = {"developer": "system", "function": "tool"}
_KNOWN_ROLES = frozenset({"system", "user", "assistant", "tool"})
_EMPTY: tuple[Any, ...] = (None, [], {}, "")
_MEDIA = {  # part type -> the field of its data, and the bytes of data per token
    "input_audio": ("data", parts.AUDIO_BYTES_PER_TOKEN),
    "file": ("file_data", parts.FILE_BYTES_PER_TOKEN),
}


def read(index: int, message: Message) -> Turn:
    """One message as a Turn. ``link`` adds the calls of its tool results."""
    given_role: str = message["role"]
    role = _ROLES.get(given_role, given_role)
    content = message.get("content")
    blocks = [Block(index, ("content",), content)] if isinstance(content, str) else []
    known = role in _KNOWN_ROLES
    turn = Turn(index, role, blocks, extra=parts.MESSAGE_TOKENS, opaque=not known, human=role == "user")
    if not known:
        turn.fix(given_role)
    if isinstance(content, list):
        for i, part in enumerate(content):
            _part(turn, part, i)
    elif content is not None and not blocks:
        parts.opaque(turn, content)
    if len(message) > 1 + ("content" in message):
        _beside(turn, message)
        turn.cached = bool(marks(message))
    elif isinstance(content, list):
        turn.cached = bool(marks(message))
    return turn


def link(turns: list[Turn], messages: list[Message]) -> None:
    """Gives every tool result the call that asked for it."""
    asked: dict[str, str] = {}
    for turn, message in zip(turns, messages, strict=True):
        if len(message) == 2 and "content" in message:
            continue  # a message with a role and content only, as most messages of a long conversation
        calls = message.get("tool_calls")
        for call in calls if isinstance(calls, list) else ():
            if isinstance(call, dict) and isinstance(call.get("id"), str):
                asked[call["id"]] = _call_text(call.get("function") or call.get("custom"))
        legacy = message.get("function_call")
        if isinstance(legacy, dict):
            asked[_legacy_id(legacy)] = _call_text(legacy)
        if turn.role == "tool":
            for answered in turn.answers:
                for block in turn.blocks:
                    block.call = asked.get(answered, "")


def _part(turn: Turn, part: Any, i: int) -> None:
    kind = parts.kind_of(part)
    found = parts.part_slots(part, ("content", i)) if kind != "tool_result" else []
    turn.blocks += [Block(turn.index, slot.path, slot.text) for slot in found]
    if found and parts.is_text(part):
        parts.beside(turn, part, parts.TEXT_KEYS)
    elif found:
        parts.frame(turn, part, ("content", i), found)
    elif kind == "refusal" and isinstance(part.get("refusal"), str):
        turn.fix(part["refusal"])
        parts.beside(turn, part, ("type", "refusal", "cache_control"))
    elif not (kind == "image_url" and _image(turn, part)) and not (kind in _MEDIA and _media(turn, part, kind)):
        parts.opaque(turn, part)


def _image(turn: Turn, part: dict[str, Any]) -> bool:
    image = part.get("image_url")
    if not isinstance(image, str | dict):
        return False
    detail = image.get("detail") if isinstance(image, dict) else None
    known = detail if isinstance(detail, str) and detail in parts.IMAGE_TOKENS else ""
    parts.medium(turn, turn.role == "tool", parts.IMAGE_TOKENS[known or "auto"])
    if isinstance(image, dict):
        parts.beside(turn, image, ("url", "detail") if known else ("url",))
    parts.beside(turn, part, ("type", "image_url", "cache_control"))
    return True


def _media(turn: Turn, part: dict[str, Any], kind: str) -> bool:
    inner = part.get(kind)
    data, bytes_per_token = _MEDIA[kind]
    if not isinstance(inner, dict) or not parts.binary(turn, inner.get(data), bytes_per_token, turn.role == "tool"):
        return False
    parts.beside(turn, inner, (data,))
    parts.beside(turn, part, ("type", kind, "cache_control"))
    return True


def _beside(turn: Turn, message: Message) -> None:
    """Reads all fields besides role and content."""
    for key, value in message.items():
        if key in ("role", "content", "cache_control") or value in _EMPTY:
            continue
        if key == "tool_calls" and isinstance(value, list):
            for call in value:
                _call(turn, call)
        elif key == "function_call" and isinstance(value, dict):
            turn.call(_legacy_id(value))
            turn.fix(_call_text(value))
            turn.extra += parts.CALL_TOKENS
            _beside_function(turn, value)
        elif key in _PLAIN_KEYS or key == "refusal":
            turn.fix(value if isinstance(value, str) else dumps(value))
        elif key == "audio":
            parts.opaque(turn, value)
        else:  # a field that a provider added (reasoning, ids, metadata, usage), which folds with the message
            turn.thinking = turn.thinking or key == "thinking_blocks"  # LiteLLM's field for Anthropic's models
            turn.set_aside(value if isinstance(value, str) else dumps(value))
    if turn.role == "tool":
        answered = message.get("tool_call_id")
        if isinstance(answered, str):
            turn.answer(answered)
        elif message["role"] == "function" and isinstance(message.get("name"), str):
            turn.answer(_legacy_id(message))


def _call(turn: Turn, call: Any) -> None:
    called = "function" if isinstance(call, dict) and call.get("function") else "custom"
    text = _call_text(call.get(called)) if isinstance(call, dict) else ""
    if not text:
        parts.opaque(turn, call)
        return
    turn.extra += parts.CALL_TOKENS
    turn.fix(text)
    known = {"type", "cache_control", called, *parts.tie(turn, call, "id")}
    if isinstance(call.get("index"), int):  # a field of streamed calls, which is not sent to a provider
        known.add("index")
    parts.beside(turn, call, known)
    _beside_function(turn, call[called])


def _beside_function(turn: Turn, function: dict[str, Any]) -> None:
    """Counts the fields of a called function besides its name and arguments."""
    known = {"arguments" if "arguments" in function else "input", "cache_control"}
    if isinstance(function.get("name"), str):
        known.add("name")
    parts.beside(turn, function, known)


def _call_text(function: Any) -> str:
    if not isinstance(function, dict):
        return ""
    arguments = function.get("arguments", function.get("input", ""))
    return parts.short_call(function.get("name"), arguments if isinstance(arguments, str) else dumps(arguments))


def _legacy_id(named: dict[str, Any]) -> str:
    return f"function:{named.get('name')}"


def is_sure(message: Message) -> bool:
    """Whether a message can be nothing but one of OpenAI chat.

    >>> is_sure({"role": "tool", "tool_call_id": "a", "content": "42"}), is_sure({"role": "user", "content": "hi"})
    (True, False)
    """
    # contents of Gemini from older clients have the role "function" too
    answers = message.get("role") in ("tool", "function") and not ("parts" in message and "content" not in message)
    return answers or bool(message.get("tool_calls"))


def takes(message: Message) -> bool:
    """Whether a message can be read as one of OpenAI chat, or of Anthropic: it only needs a role."""
    return isinstance(message.get("role"), str)


def text_message(role: str, text: str) -> Message:
    """A message that holds one text and nothing else."""
    return {"role": role, "content": text}


def declare(function: dict[str, Any]) -> Tool:
    return {"type": "function", "function": function}


def answers(answers: Sequence[Answer]) -> list[Message]:
    return [{"role": "tool", "tool_call_id": one.id, "content": one.text} for one in answers]
