"""The shape of Gemini: contents with parts, in camelCase (REST, JavaScript) or snake_case (Python).

A thought or a part with a thought signature never changes, because Gemini checks the signature. Calls and their
responses may have ids. Without ids, they are matched by their order and names.

Source: ai.google.dev, "Content" and "Part" of the API reference, "Function calling", "Thought signatures".
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from typing import Any, NamedTuple

from .._json import dumps
from ..types import Block, Message, Path, Slot, Tool, Turn
from . import parts
from .json_results import json_blocks, json_slots
from .shape import Answer

NAME, TITLE = "gemini", "a content of Gemini"
TEXT_AT: Path = ("parts", 0, "text")
TAKES_MARKS = False
# The fields of parts, in camelCase and snake_case. A part has one of them.
_PARTS = frozenset(
    {
        *("text", "functionCall", "functionResponse", "inlineData", "fileData", "executableCode"),
        *("function_call", "function_response", "inline_data", "file_data", "executable_code"),
        *("codeExecutionResult", "code_execution_result"),
    }
)
_CALL, _RESPONSE = ("functionCall", "function_call"), ("functionResponse", "function_response")
_CODE = (("executableCode", "executable_code"), ("codeExecutionResult", "code_execution_result"))
_SIGNATURE = ("thoughtSignature", "thought_signature")
_DATA, _MIME = ("inlineData", "inline_data"), ("mimeType", "mime_type")
_ROLES = {"model": "assistant", "function": "tool", "user": "user"}


class _Call(NamedTuple):
    """A call that waits for its response."""

    key: str
    id: str | None
    text: str


def read(index: int, message: Message) -> Turn:
    """One content as a Turn. ``link`` adds its calls, and the calls of its responses."""
    given_role: str = message.get("role", "user")
    turn = Turn(index, _ROLES.get(given_role, given_role), extra=parts.MESSAGE_TOKENS)
    if given_role not in _ROLES:
        turn.opaque = True
        turn.fix(given_role)
    for i, part in enumerate(message["parts"]):
        if not isinstance(part, dict):
            parts.opaque(turn, part)
        elif call := _inner(part, _CALL):
            _call(turn, part, *call)
        elif response := _inner(part, _RESPONSE):
            _response(turn, part, i, *response)
        elif isinstance(part.get("text"), str):
            _text(turn, part, i)
        elif any(_inner(part, names) for names in _CODE):
            turn.fix(dumps(part))  # what the provider ran itself never changes
        elif not _media(turn, part):
            parts.opaque(turn, part)
    parts.beside(turn, message, ("role", "parts"))
    return turn


def link(turns: list[Turn], messages: list[Message]) -> None:
    """Ties every function response to its call: by id if it has one, else to the first open call of its name."""
    by_id: dict[str, _Call] = {}
    by_name: dict[Any, deque[_Call]] = {}
    answered: set[str] = set()
    for turn, message in zip(turns, messages, strict=True):
        for i, part in enumerate(message["parts"]):
            if not isinstance(part, dict):
                continue
            if found := _inner(part, _CALL):
                inner = found[1]
                name, identity = _name(inner), inner.get("id")
                call = _Call(f"{turn.index}.{i}", identity if isinstance(identity, str) else None, _call_text(inner))
                turn.call(call.key)
                by_name.setdefault(name, deque()).append(call)
                if call.id:
                    by_id[call.id] = call
            elif found := _inner(part, _RESPONSE):
                asked = _asked(found[1], by_id, by_name, answered)
                turn.answer(asked.key if asked else "")
                for block in turn.blocks:
                    if asked and block.path[1] == i:
                        block.call = asked.text


def part_slots(part: Any, path: Path, every: bool = False) -> list[Slot]:
    """The text slots of one part: its text, or the long texts in a function's response.

    >>> part_slots({"text": "hi"}, ("parts", 0)), part_slots({"text": "hi", "thoughtSignature": "c2ln"}, ("parts", 0))
    ([Slot(path=('parts', 0, 'text'), text='hi')], [])
    """
    if not isinstance(part, dict) or any(part.get(name) for name in (*_SIGNATURE, "thought")):
        return []
    if found := _inner(part, _RESPONSE):
        name, inner = found
        return json_slots(inner.get("response"), (*path, name, "response"), every)
    if "type" not in part and isinstance(part.get("text"), str):
        return [Slot((*path, "text"), part["text"])]
    return []


def slots(message: Message, every: bool = False) -> list[Slot]:
    """The text slots of a content; see ``part_slots``."""
    contents = message.get("parts") if "content" not in message else None
    found: list[Slot] = []
    for i, part in enumerate(contents if isinstance(contents, list) else ()):
        found += part_slots(part, ("parts", i), every)
    return found


def is_sure(message: Message) -> bool:
    """Whether a message can be nothing but a content of Gemini.

    >>> is_sure({"role": "model", "parts": [{"text": "hi"}]}), is_sure({"role": "user", "parts": []})
    (True, False)
    """
    contents, role = message.get("parts"), message.get("role", "user")
    if "content" in message or not isinstance(role, str) or role not in _ROLES:
        return False
    if not isinstance(contents, list) or not contents:
        return False
    return all(
        isinstance(part, dict)
        and "type" not in part
        and not _PARTS.isdisjoint(part)
        and isinstance(part.get("text") or "", str)
        for part in contents
    )


def takes(message: Message) -> bool:
    role = isinstance(message.get("role", ""), str)
    return role and isinstance(message.get("parts"), list) and message.get("content") is None


def text_message(role: str, text: str) -> Message:
    return {"role": "model" if role == "assistant" else "user", "parts": [{"text": text}]}


def declare(function: dict[str, Any]) -> Tool:
    return {"functionDeclarations": [function]}


def answers(answers: Sequence[Answer]) -> list[Message]:
    responses = [
        {"functionResponse": {**({"id": one.id} if one.id else {}), "name": one.name, "response": {"output": one.text}}}
        for one in answers
    ]
    return [{"role": "user", "parts": responses}] if responses else []


def _inner(part: dict[str, Any], names: tuple[str, str]) -> tuple[str, dict[str, Any]] | None:
    """The field of a part that has one of two spellings, and the dict in it."""
    return next(((name, part[name]) for name in names if isinstance(part.get(name), dict)), None)


def _text(turn: Turn, part: dict[str, Any], i: int) -> None:
    found = part_slots(part, ("parts", i))
    turn.blocks += [Block(turn.index, slot.path, slot.text) for slot in found]
    turn.human = turn.human or (turn.role == "user" and bool(found))
    if not found:
        turn.fix(part["text"])
    parts.beside(turn, part, ("text",))


def _call(turn: Turn, part: dict[str, Any], name: str, call: dict[str, Any]) -> None:
    turn.extra += parts.CALL_TOKENS
    turn.fix(_call_text(call))
    if isinstance(call.get("id"), str):
        turn.fix(call["id"])
    named = isinstance(call.get("name", ""), str)
    parts.beside(turn, call, ("args", "id", "name") if named else ("args", "id"))
    parts.beside(turn, part, (name,))


def _response(turn: Turn, part: dict[str, Any], i: int, name: str, response: dict[str, Any]) -> None:
    turn.extra += parts.CALL_TOKENS
    found = part_slots(part, ("parts", i))
    json_blocks(turn, {"parts": {i: part}}, found)
    frame = parts.without(response, [slot.path[3:] for slot in found])
    media = frame.pop("parts", None)  # images and documents that a function returned beside its response
    turn.set_aside(dumps(frame))
    for one in media if isinstance(media, list) else () if media is None else (media,):
        if not (isinstance(one, dict) and _media(turn, one, in_result=True)):
            parts.opaque(turn, one)
    parts.beside(turn, part, (name,))


def _media(turn: Turn, part: dict[str, Any], in_result: bool = False) -> bool:
    """Counts inline data by its kind; False for a part that has none."""
    found = _inner(part, _DATA)
    if found is None or not isinstance(found[1].get("data"), str):
        return False
    name, data = found
    kind = next((data[field] for field in _MIME if isinstance(data.get(field), str)), "")
    if kind.startswith("image/"):
        parts.medium(turn, in_result, parts.GEMINI_IMAGE_TOKENS)
    else:
        size = parts.GEMINI_AUDIO_BYTES_PER_TOKEN if kind.startswith("audio/") else parts.FILE_BYTES_PER_TOKEN
        parts.binary(turn, data["data"], size, in_result)
    parts.beside(turn, data, ("data", *_MIME))
    parts.beside(turn, part, (name,))
    return True


def _asked(
    response: dict[str, Any], by_id: dict[str, _Call], by_name: dict[Any, deque[_Call]], answered: set[str]
) -> _Call | None:
    """The call that a response answers, None if there is none."""
    identity = response.get("id")
    found = by_id.get(identity) if isinstance(identity, str) else None
    waiting = by_name.get(_name(response), deque())
    while found is None and waiting:
        first = waiting.popleft()
        found = first if first.key not in answered else None
    if found is not None:
        answered.add(found.key)
    return found


def _name(inner: dict[str, Any]) -> str:
    name = inner.get("name")
    return name if isinstance(name, str) else ""


def _call_text(call: dict[str, Any]) -> str:
    return parts.short_call(call.get("name"), dumps(call.get("args", "")))
