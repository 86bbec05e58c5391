"""LlamaIndex's messages as dicts that ``compress`` reads, and back. Untouched messages stay the caller's objects.

LlamaIndex has two places for calls: blocks, and ``additional_kwargs["tool_calls"]`` in the form of the provider.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable, Sequence
from typing import Any

from llama_index.core.base.llms.types import ChatMessage, MessageRole, TextBlock, ThinkingBlock, ToolCallBlock

from ..._json import loaded_object
from ...types import Message
from .._originals import Originals

_ROLES = {"chatbot": "assistant", "model": "assistant", "function": "tool"}
# Kinds of blocks whose data are base64: the type of the part, its fields, and the field of the block.
_MEDIA = {
    "audio": ("input_audio", "data", "audio"),
    "document": ("file", "file_data", "data"),
    "image": ("image_url", "url", "image"),
    "video": ("file", "file_data", "video"),
}
_CALLS = "tool_calls"  # the name of the provider's calls in additional_kwargs


class Messages(Originals[ChatMessage]):
    """The caller's messages, found again by the dicts that they became."""

    def __init__(self, objects: Sequence[ChatMessage]) -> None:
        super().__init__(objects)
        self._form: Any = None  # a call in the form of the provider, if its calls are no blocks
        for one in objects:
            self._learn(one)

    def add(self, one: ChatMessage) -> Message:
        self._learn(one)
        return super().add(one)

    def _learn(self, one: ChatMessage) -> None:
        if not _call_blocks(one) and (listed := one.additional_kwargs.get(_CALLS)):
            self._form = listed[0]

    def as_dict(self, one: ChatMessage) -> Message:
        """A message in the shape of OpenAI's chat. Blocks keep their order, so that a text finds its place."""
        blocks = [block for _, block in _content(one)]
        found: Message = {"role": _ROLES.get(one.role.value, one.role.value), "content": ""}
        if len(blocks) == 1 and isinstance(blocks[0], TextBlock):
            found["content"] = blocks[0].text
        elif blocks:
            found["content"] = [_part(block) for block in blocks]
        if thinking := [_thinking(block) for block in one.blocks if isinstance(block, ThinkingBlock)]:
            found["thinking_blocks"] = thinking
        if calls := calls_in(one):
            found["content"] = found["content"] or None
            found["tool_calls"] = calls
        if found["role"] == "tool":
            found["tool_call_id"] = str(one.additional_kwargs.get("tool_call_id") or "")
        return found

    def with_texts(self, one: ChatMessage, changed: Message) -> ChatMessage:
        content, blocks = changed["content"], list(one.blocks)
        parts = [{"text": content}] if isinstance(content, str) else content
        for (at, block), part in zip(_content(one), parts, strict=True):
            if isinstance(block, TextBlock):
                blocks[at] = block.model_copy(update={"text": part["text"]})
        return one.model_copy(update={"blocks": blocks})

    def with_calls(self, one: ChatMessage, changed: Message) -> ChatMessage:
        calls = changed["tool_calls"]
        own = {_id(block): block for block in _call_blocks(one)}
        listed = {_id(call): call for call in one.additional_kwargs.get(_CALLS) or ()}
        changes: dict[str, Any] = {}
        if own:
            rest = [block for block in one.blocks if not isinstance(block, ToolCallBlock)]
            changes["blocks"] = [*rest, *(own.get(call["id"]) or _block(call) for call in calls)]
        if listed:
            form = next(iter(listed.values()))
            made = [listed.get(call["id"]) or _like(form, call) for call in calls]
            changes["additional_kwargs"] = {**one.additional_kwargs, _CALLS: made}
        return one.model_copy(update=changes)

    def made(self, message: Message) -> ChatMessage:
        role, content = str(message["role"]), message.get("content") or ""
        texts = [content] if isinstance(content, str) else [str(part.get("text") or "") for part in content]
        blocks: list[Any] = [_thought(block) for block in message.get("thinking_blocks") or ()]
        blocks += [TextBlock(text=text) for text in texts if text]
        more: dict[str, Any] = {"tool_call_id": message["tool_call_id"]} if role == "tool" else {}
        if calls := message.get("tool_calls"):
            if self._form is None:
                blocks += map(_block, calls)
            else:
                more[_CALLS] = [_like(self._form, call) for call in calls]
        return ChatMessage(role=MessageRole(role), blocks=blocks, additional_kwargs=more)


def calls_in(message: ChatMessage) -> list[dict[str, Any]]:
    """The calls of a message, as OpenAI's chat has them.

    >>> calls_in(ChatMessage(role="assistant", blocks=[ToolCallBlock(tool_name="search", tool_kwargs={"q": "a"})]))
    [{'id': 'search', 'type': 'function', 'function': {'name': 'search', 'arguments': '{"q": "a"}'}}]
    """
    if message.role.value not in ("assistant", "chatbot", "model"):
        return []
    found: dict[str, dict[str, Any]] = {}
    for call in [*_call_blocks(message), *(message.additional_kwargs.get(_CALLS) or ())]:
        name, arguments = _name(call), _arguments(call)
        if name:
            text = arguments if isinstance(arguments, str) else json.dumps(arguments or {})
            function = {"name": name, "arguments": text}
            found.setdefault(_id(call), {"id": _id(call), "type": "function", "function": function})
    return list(found.values())


def without(message: ChatMessage, ids: Iterable[str]) -> ChatMessage:
    """A copy of the model's message without some of its calls."""
    ids = frozenset(ids)
    blocks = [block for block in message.blocks if not (isinstance(block, ToolCallBlock) and _id(block) in ids)]
    more = dict(message.additional_kwargs)
    if listed := more.pop(_CALLS, None):
        if left := [call for call in listed if _id(call) not in ids]:
            more[_CALLS] = left
    return message.model_copy(update={"blocks": blocks, "additional_kwargs": more})


def behind(text: str, message: ChatMessage) -> ChatMessage:
    """A copy of the model's message with a text before its own."""
    at = next((at for at, block in enumerate(message.blocks) if isinstance(block, TextBlock)), None)
    blocks: list[Any] = list(message.blocks)
    if at is None:
        blocks.insert(0, TextBlock(text=text))
    else:
        blocks[at] = TextBlock(text=text + blocks[at].text)
    return message.model_copy(update={"blocks": blocks})


def _content(message: ChatMessage) -> list[tuple[int, Any]]:
    """The blocks that stay among the content, with their places: no calls and no thinking."""
    apart = (ThinkingBlock, ToolCallBlock)
    return [(at, block) for at, block in enumerate(message.blocks) if not isinstance(block, apart)]


def _part(block: Any) -> dict[str, Any]:
    """A block as a part of a message. Nothing is read from a disk or the network."""
    if isinstance(block, TextBlock):
        return {"type": "text", "text": block.text}
    if block.block_type not in _MEDIA:
        fields = block.model_dump(mode="json", exclude={"block_type", "cache_control"})
        return {"type": block.block_type, "fields": fields}
    kind, name, field = _MEDIA[block.block_type]
    data = getattr(block, field)
    if isinstance(data, bytes):
        data = data.decode() if data.isascii() else base64.b64encode(data).decode()
    text = data if isinstance(data, str) else str(getattr(block, "url", None) or getattr(block, "path", None) or "")
    inner = {name: text}
    if detail := getattr(block, "detail", None):
        inner["detail"] = detail
    return {"type": kind, kind: inner}


def _thinking(block: ThinkingBlock) -> dict[str, Any]:
    return {"type": "thinking", "thinking": block.content or "", **block.additional_information}


def _thought(part: dict[str, Any]) -> ThinkingBlock:
    more = {name: value for name, value in part.items() if name not in ("type", "thinking")}
    return ThinkingBlock(content=part.get("thinking"), additional_information=more)


def _call_blocks(message: ChatMessage) -> list[ToolCallBlock]:
    return [block for block in message.blocks if isinstance(block, ToolCallBlock)]


def _fields(call: Any) -> dict[str, Any]:
    """The fields of a call: a dict, or an object of an SDK."""
    fields = call if isinstance(call, dict) else call.model_dump() if hasattr(call, "model_dump") else vars(call)
    return dict(fields)


def _name(call: Any) -> str:
    fields = _fields(call)
    function = fields.get("function")
    named = function.get("name") if isinstance(function, dict) else fields.get("tool_name") or fields.get("name")
    return str(named or "")


def _arguments(call: Any) -> Any:
    fields = _fields(call)
    function = fields.get("function")
    if isinstance(function, dict):
        return function.get("arguments")
    return next((fields[name] for name in ("tool_kwargs", "input", "args", "arguments") if name in fields), {})


def _id(call: Any) -> str:
    """The id of a call. LlamaIndex takes the name of the tool for providers without ids."""
    fields = _fields(call)
    found = next((fields[name] for name in ("tool_call_id", "id", "toolUseId") if fields.get(name)), None)
    return str(found or _name(call))


def _block(call: dict[str, Any]) -> ToolCallBlock:
    function = call["function"]
    return ToolCallBlock(
        tool_call_id=call["id"], tool_name=function["name"], tool_kwargs=loaded_object(function["arguments"]) or {}
    )


def _like(form: Any, call: dict[str, Any]) -> Any:
    """A call in the form of another one."""
    name, arguments = call["function"]["name"], call["function"]["arguments"]
    fields, given = _fields(form), loaded_object(arguments) or {}  # a model may write anything
    if isinstance(fields.get("function"), dict):
        inner = arguments if isinstance(fields["function"].get("arguments"), str) else given
        return {"id": call["id"], "type": "function", "function": {"name": name, "arguments": inner}}
    field = next((field for field in ("input", "args", "arguments") if field in fields), "input")
    ids = next((field for field in ("toolUseId", "tool_call_id", "id") if field in fields), "id")
    return {ids: call["id"], "name": name, field: given}
