"""pydantic-ai's messages as dicts that ``compress`` reads, and back. Untouched messages stay the caller's objects.

A request of pydantic-ai holds several messages of other APIs: prompts, and results of tools. So each of its parts is
one dict. A response is one dict.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from pydantic_ai.messages import (
    BinaryContent,
    ImageUrl,
    ModelMessage,
    ModelMessagesTypeAdapter,
    ModelRequest,
    ModelResponse,
    SystemPromptPart,
    TextContent,
    TextPart,
    ThinkingPart,
    ToolCallPart,
    ToolReturnPart,
    UserPromptPart,
)

from ...messages.retrieval_tool import TOOL_NAME
from ...types import Message
from .._originals import Originals

_THINKING = ("id", "signature", "provider_name")  # fields of a ThinkingPart beside its text


@dataclass(frozen=True)
class Unit:
    """A part of a request, and the request. A request without parts, with instructions alone, is one with None."""

    message: ModelRequest | None
    part: Any


Units = Unit | ModelResponse


def units_of(messages: Sequence[ModelMessage]) -> list[Units]:
    """Messages as what becomes one dict each."""
    found: list[Units] = []
    for message in messages:
        if isinstance(message, ModelRequest):
            parts: Sequence[Any] = message.parts or [None]
            found += [Unit(message, part) for part in parts]
        else:
            found.append(message)
    return found


def joined(units: Iterable[Units]) -> list[ModelMessage]:
    """The messages of units. Requests of which nothing changed are the caller's objects."""
    found: list[ModelMessage] = []
    run: list[Unit] = []  # the parts of requests since the last response
    for unit in units:
        if isinstance(unit, Unit):
            run.append(unit)
        else:
            found += [*_requests(run), unit]
            run = []
    return [*found, *_requests(run)]


def _requests(units: list[Unit]) -> list[ModelRequest]:
    """The requests between two responses: the caller's own, or one with all parts."""
    groups: list[tuple[ModelRequest | None, list[Any]]] = []
    for unit in units:
        if not groups or groups[-1][0] is not unit.message:
            groups.append((unit.message, []))
        if unit.part is not None:
            groups[-1][1].append(unit.part)
    whole = [message for message, parts in groups if message is not None and _same(parts, message.parts)]
    if len(whole) == len(groups):
        return whole
    last = next((message for message, _ in reversed(groups) if message is not None), None)
    parts = [part for _, some in groups for part in some]
    return [ModelRequest(parts=parts) if last is None else replace(last, parts=parts)]


def _same(parts: Sequence[Any], others: Sequence[Any]) -> bool:
    return len(parts) == len(others) and all(one is other for one, other in zip(parts, others, strict=True))


class Messages(Originals[Units]):
    """The caller's messages, found again by the dicts that they became."""

    def as_dict(self, one: Units) -> Message:
        return _response(one) if isinstance(one, ModelResponse) else _part(one.part)

    def with_texts(self, one: Units, changed: Message) -> Units:
        content = changed["content"]
        if isinstance(one, Unit):
            return Unit(one.message, replace(one.part, content=_contents(one.part.content, content)))
        texts = iter([content] if isinstance(content, str) else [block.get("text", "") for block in content])
        parts = []
        for part in one.parts:
            text = "" if isinstance(part, ThinkingPart | ToolCallPart) else next(texts)
            parts.append(replace(part, content=text) if isinstance(part, TextPart) else part)
        return replace(one, parts=parts)

    def with_calls(self, one: Units, changed: Message) -> Units:
        if isinstance(one, Unit):
            return one
        own = {part.tool_call_id: part for part in one.parts if isinstance(part, ToolCallPart)}
        calls = [own.get(call.tool_call_id, call) for call in _calls_in(changed)]
        return replace(one, parts=[*(part for part in one.parts if not isinstance(part, ToolCallPart)), *calls])

    def made(self, message: Message) -> Units:
        role, content = message.get("role"), message.get("content") or ""
        if role == "assistant":
            thinking = [
                ThinkingPart(block["thinking"], **{name: block.get(name) for name in _THINKING})
                for block in message.get("thinking_blocks") or ()
            ]
            texts = [TextPart(content)] if isinstance(content, str) else [TextPart(one["text"]) for one in content]
            return ModelResponse(parts=[*thinking, *(one for one in texts if one.content), *_calls_in(message)])
        if role == "tool":
            return Unit(None, ToolReturnPart(TOOL_NAME, content, message["tool_call_id"]))
        return Unit(None, SystemPromptPart(content) if role == "system" else UserPromptPart(content))


def without(response: ModelResponse, ids: frozenset[str], usage: Any) -> ModelResponse:
    """A copy of a response without some of its calls, with the usage of all calls of the model."""
    parts = [part for part in response.parts if not (isinstance(part, ToolCallPart) and part.tool_call_id in ids)]
    return replace(response, parts=parts, usage=usage)


def _part(part: Any) -> Message:
    """A part of a request as a message. A part whose text cannot be changed is a block of an unknown kind."""
    if part is None:
        return {"role": "system", "content": ""}
    if isinstance(part, SystemPromptPart):
        return {"role": "system", "content": part.content}
    if isinstance(part, UserPromptPart):
        content = part.content
        return {"role": "user", "content": content if isinstance(content, str) else [_content(one) for one in content]}
    if getattr(part, "tool_name", None) is not None:  # a result, or what was wrong with the call
        text = _text(part) if type(part) is ToolReturnPart else None
        result = [_opaque(ModelRequest(parts=[part]))] if text is None else text
        return {"role": "tool", "tool_call_id": part.tool_call_id, "content": result}
    return {"role": "system", "content": [_opaque(ModelRequest(parts=[part]))]}


def _text(part: ToolReturnPart) -> str | None:
    """A result as the text that the model is given; None if it is more than a text."""
    if isinstance(part.content, str):
        return part.content
    return part.model_response_str() if part.outcome == "success" and not part.files else None


def _content(one: Any) -> dict[str, Any]:
    """A content of a user's prompt as a block."""
    if isinstance(one, str | TextContent):
        return {"type": "text", "text": one if isinstance(one, str) else one.content}
    if isinstance(one, ImageUrl):
        return {"type": "image_url", "image_url": {"url": one.url}}
    if isinstance(one, BinaryContent) and one.is_image:
        return {"type": "image_url", "image_url": {"url": one.data_uri}}
    if isinstance(one, BinaryContent):
        return {"type": "file", "file": {"file_data": one.data_uri}}
    return _opaque(ModelRequest(parts=[UserPromptPart([one])]))


def _contents(content: Any, changed: Any) -> Any:
    """The content of a part with other texts."""
    if not isinstance(content, list | tuple) or isinstance(changed, str):
        return changed
    found = []
    for one, new in zip(content, changed, strict=True):
        if isinstance(one, str):
            found.append(new["text"])
        else:
            found.append(replace(one, content=new["text"]) if isinstance(one, TextContent) else one)
    return found


def _response(response: ModelResponse) -> Message:
    blocks: list[dict[str, Any]] = []
    found: Message = {"role": "assistant", "content": None}
    thinking, calls = [], []
    for part in response.parts:
        if isinstance(part, ThinkingPart):
            fields = {name: getattr(part, name) for name in _THINKING}
            thinking.append({"type": "thinking", "thinking": part.content, **fields})
        elif isinstance(part, ToolCallPart):
            function = {"name": part.tool_name, "arguments": part.args_as_json_str()}
            calls.append({"id": part.tool_call_id, "type": "function", "function": function})
        elif isinstance(part, TextPart):
            blocks.append({"type": "text", "text": part.content})
        else:
            blocks.append(_opaque(ModelResponse(parts=[part])))
    if blocks:
        found["content"] = blocks[0]["text"] if len(blocks) == 1 and "text" in blocks[0] else blocks
    if thinking:
        found["thinking_blocks"] = thinking
    if calls:
        found["tool_calls"] = calls
    return found


def _opaque(message: ModelMessage) -> dict[str, Any]:
    """A block that is only counted."""
    [part] = ModelMessagesTypeAdapter.dump_python([message], mode="json")[0]["parts"]
    return {"type": f"pydantic_ai_{part.pop('part_kind')}", "value": part}


def _calls_in(message: Message) -> list[ToolCallPart]:
    return [
        ToolCallPart(call["function"]["name"], call["function"]["arguments"], call["id"])
        for call in message.get("tool_calls") or ()
    ]
