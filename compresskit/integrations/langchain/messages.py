"""LangChain's messages as dicts that ``compress`` reads, and back. Untouched messages stay the caller's objects."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, SystemMessage, ToolMessage

from ...markers.restore import restore
from ...responses.settling import Settling, as_object
from ...types import Cache, Message

_ROLES = {"human": "user", "ai": "assistant", "AIMessageChunk": "assistant", "HumanMessageChunk": "user"}
_THINKING = frozenset({"thinking", "redacted_thinking", "reasoning"})
_CALLS = frozenset({"tool_use", "function_call", "tool_call", "input_json_delta", "tool_call_chunk"})


def as_dict(message: BaseMessage) -> Message:
    """A message in the shape of OpenAI's chat. Blocks of content keep their order, so that a text finds its place."""
    role = str(getattr(message, "role", "") or _ROLES.get(message.type, message.type))
    found: Message = {"role": role, "content": message.content}
    if isinstance(message.content, list):
        blocks = [block for _, block in _blocks(message)]
        found["content"] = [{"type": "text", "text": block} if isinstance(block, str) else block for block in blocks]
        if thinking := [block for block in message.content if _kind(block) in _THINKING]:
            found["thinking_blocks"] = thinking
    if isinstance(message, AIMessage) and message.tool_calls:
        found["content"] = found["content"] or None
        found["tool_calls"] = [_call(call) for call in message.tool_calls]
    if isinstance(message, ToolMessage):
        found["tool_call_id"] = message.tool_call_id
    return found


class Originals:
    """The caller's messages, found again by the dicts that they became."""

    def __init__(self, messages: Sequence[BaseMessage]) -> None:
        self._given = messages
        self.dicts = [as_dict(message) for message in messages]
        self._objects: dict[str, list[BaseMessage]] = {}
        for found, message in zip(reversed(self.dicts), reversed(messages), strict=True):
            self._objects.setdefault(_name(found), []).append(message)

    def add(self, message: BaseMessage) -> Message:
        """Adds a message of the model."""
        found = as_dict(message)
        self._objects.setdefault(_name(found), []).append(message)
        return found

    def messages(self, dicts: Iterable[Message], cache: Cache) -> list[BaseMessage]:
        """The messages to send: the caller's own objects, copies with other texts, and new ones."""
        left = {name: list(objects) for name, objects in self._objects.items()}
        return [self._message(at, one, left, cache) for at, one in enumerate(dicts)]

    def _message(self, at: int, one: Message, left: dict[str, list[BaseMessage]], cache: Cache) -> BaseMessage:
        if found := left.get(_name(one)):
            return found.pop()
        before = restore([one], cache)
        if found := left.get(_name(before[0])) if len(before) == 1 else None:
            return _with_texts(found.pop(), one)
        if at < len(self.dicts) and _frame(self.dicts[at]) == _frame(one):  # its texts went through a hook
            return _with_texts(self._given[at], one)
        return _made(one)


def without(message: AIMessage, ids: frozenset[str], usage: Any) -> AIMessage:
    """A copy of the model's message without some of its calls, with the usage of all calls of the model."""
    content: Any = message.content
    if isinstance(content, list):
        content = [block for block in content if not (isinstance(block, dict) and _id(block) in ids)]
    more = dict(message.additional_kwargs)
    if isinstance(more.get("tool_calls"), list):
        more["tool_calls"] = [call for call in more["tool_calls"] if call.get("id") not in ids]
        if not more["tool_calls"]:
            del more["tool_calls"]
    changes = {
        "content": content,
        "additional_kwargs": more,
        "tool_calls": [call for call in message.tool_calls if call["id"] not in ids],
        "usage_metadata": usage,
    }
    if isinstance(chunks := getattr(message, "tool_call_chunks", None), list):
        changes["tool_call_chunks"] = [chunk for chunk in chunks if chunk.get("id") not in ids]
    return message.model_copy(update=changes)


def settled(message: AIMessage, settling: Settling) -> tuple[AIMessage, frozenset[str]]:
    """The model's message with its calls as they go on, and the ids of those that changed."""
    made = {}
    for call in message.tool_calls:
        name, arguments = (
            settling.settled(call["name"], call["args"]) if call["name"] in settling.held else (None, None)
        )
        if name not in (None, call["name"]):
            made[str(call["id"])] = (name, as_object(arguments))
    if not made:
        return message, frozenset()
    changes: dict[str, Any] = {"tool_calls": [_renamed(call, made, "args") for call in message.tool_calls]}
    if isinstance(message.content, list):
        changes["content"] = [_renamed(block, made, "input", "arguments") for block in message.content]
    if isinstance(chunks := getattr(message, "tool_call_chunks", None), list):
        changes["tool_call_chunks"] = [_renamed(chunk, made, "args") for chunk in chunks]
    more = message.additional_kwargs
    if isinstance(more.get("tool_calls"), list):
        calls = [
            {**call, "function": _renamed({**call["function"], "id": call.get("id")}, made, "arguments", drop="id")}
            for call in more["tool_calls"]
        ]
        changes["additional_kwargs"] = {**more, "tool_calls": calls}
    return message.model_copy(update=changes), frozenset(made)


def _renamed(call: Any, made: Mapping[str, tuple[Any, Any]], *fields: str, drop: str = "") -> Any:
    """A call with another name and other arguments, which stay a text if they were one."""
    found = made.get(str(_id(call))) if isinstance(call, dict) else None
    if isinstance(call, dict):
        call = {name: value for name, value in call.items() if name != drop}
    if found is None:
        return call
    name, arguments = found
    for field in fields:
        if field in call:
            given = json.dumps(arguments) if isinstance(call[field], str) else arguments
            return {**call, "name": name, field: given}
    return call


def _blocks(message: BaseMessage) -> list[tuple[int, Any]]:
    """The blocks of content that stay among the content, with their places: no calls and no thinking."""
    apart = _THINKING | (_CALLS if getattr(message, "tool_calls", None) else frozenset())
    return [(at, block) for at, block in enumerate(message.content) if _kind(block) not in apart]


def _kind(block: Any) -> str:
    return str(block.get("type")) if isinstance(block, dict) else ""


def _id(block: Mapping[str, Any]) -> Any:
    return block.get("id") or block.get("call_id")


def _call(call: Mapping[str, Any]) -> dict[str, Any]:
    function = {"name": call["name"], "arguments": json.dumps(call["args"])}
    return {"id": call["id"], "type": "function", "function": function}


def _name(message: Message) -> str:
    return json.dumps(message, sort_keys=True, default=str)


def _frame(message: Message) -> tuple[Any, ...]:
    """A message without its texts."""
    content = message.get("content")
    kinds = [_kind(block) for block in content] if isinstance(content, list) else type(content)
    return message["role"], kinds, message.get("tool_calls"), message.get("tool_call_id")


def _with_texts(message: BaseMessage, changed: Message) -> BaseMessage:
    """A copy of a message with the texts of a dict."""
    content = changed["content"]
    if isinstance(message.content, str) or isinstance(content, str):
        return message.model_copy(update={"content": content})
    blocks = list(message.content)
    for (at, block), new in zip(_blocks(message), content, strict=True):
        blocks[at] = new["text"] if isinstance(block, str) else new
    return message.model_copy(update={"content": blocks})


def _made(message: Message) -> BaseMessage:
    """A message that the caller does not have: a marker, or one of a retrieval."""
    role, content = message.get("role"), message.get("content") or ""
    if role == "tool":
        return ToolMessage(content, tool_call_id=message["tool_call_id"])
    if role == "assistant":
        calls = [
            {"id": call["id"], "name": call["function"]["name"], "args": json.loads(call["function"]["arguments"])}
            for call in message.get("tool_calls") or ()
        ]
        return AIMessage(content, tool_calls=calls)
    return SystemMessage(content) if role == "system" else HumanMessage(content)
