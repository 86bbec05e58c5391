"""LangChain's messages as dicts that ``compress`` reads, and back. Untouched messages stay the caller's objects."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Awaitable, Mapping
from typing import Any

from langchain_core.messages import AIMessage, AIMessageChunk, BaseMessage, HumanMessage, SystemMessage, ToolMessage
from langchain_core.outputs import ChatGenerationChunk, ChatResult

from ...responses.settling import Settling, as_object
from ...types import Message
from .._originals import Originals

_ROLES = {"human": "user", "ai": "assistant", "AIMessageChunk": "assistant", "HumanMessageChunk": "user"}
_THINKING = frozenset({"thinking", "redacted_thinking", "reasoning"})
_CALLS = frozenset({"tool_use", "function_call", "tool_call", "input_json_delta", "tool_call_chunk"})


class Messages(Originals[BaseMessage]):
    """The caller's messages, found again by the dicts that they became."""

    def as_dict(self, one: BaseMessage) -> Message:
        """A message in the shape of OpenAI's chat. Blocks keep their order, so that a text finds its place."""
        role = str(getattr(one, "role", "") or _ROLES.get(one.type, one.type))
        found: Message = {"role": role, "content": one.content}
        if isinstance(one.content, list):
            blocks = [block for _, block in _blocks(one)]
            found["content"] = [
                {"type": "text", "text": block} if isinstance(block, str) else block for block in blocks
            ]
            if thinking := [block for block in one.content if _kind(block) in _THINKING]:
                found["thinking_blocks"] = thinking
        if isinstance(one, AIMessage) and one.tool_calls:
            found["content"] = found["content"] or None
            found["tool_calls"] = [_call(call) for call in one.tool_calls]
        if isinstance(one, ToolMessage):
            found["tool_call_id"] = one.tool_call_id
        return found

    def with_texts(self, one: BaseMessage, changed: Message) -> BaseMessage:
        content = changed["content"]
        if isinstance(one.content, str) or isinstance(content, str):
            return one.model_copy(update={"content": content})
        blocks = list(one.content)
        for (at, block), new in zip(_blocks(one), content, strict=True):
            blocks[at] = new["text"] if isinstance(block, str) else new
        return one.model_copy(update={"content": blocks})

    def with_calls(self, one: BaseMessage, changed: Message) -> BaseMessage:
        calls = _calls_in(changed)
        content: Any = one.content
        if isinstance(content, list):  # Anthropic's blocks repeat the calls, and the model sends the calls themselves
            content = [block for block in content if _kind(block) not in _CALLS]
        return one.model_copy(update={"content": content, "tool_calls": calls})

    def made(self, message: Message) -> BaseMessage:
        role, content = message.get("role"), message.get("content") or ""
        if role == "tool":
            return ToolMessage(content, tool_call_id=message["tool_call_id"])
        if role == "assistant":
            if thinking := message.get("thinking_blocks"):
                texts = [{"type": "text", "text": content}] if isinstance(content, str) and content else content
                content = [*thinking, *texts]
            return AIMessage(content, tool_calls=_calls_in(message))
        return SystemMessage(content) if role == "system" else HumanMessage(content)


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


def _calls_in(message: Message) -> list[dict[str, Any]]:
    return [
        {
            "id": call["id"],
            "name": call["function"]["name"],
            "args": json.loads(call["function"]["arguments"]),
            "type": "tool_call",
        }
        for call in message.get("tool_calls") or ()
    ]


def chunk_without(chunk: ChatGenerationChunk, ours: frozenset[str], hidden: set[Any]) -> ChatGenerationChunk | None:
    """A chunk without the parts of our calls; None if nothing is left of it."""
    message: Any = chunk.message
    parts = message.tool_call_chunks
    left = [part for part in parts if part["index"] not in hidden]
    if len(left) == len(parts):
        return chunk
    stripped = without(message, ours, message.usage_metadata)
    content: Any = stripped.content
    if isinstance(content, list):
        content = [block for block in content if not (isinstance(block, dict) and block.get("index") in hidden)]
    fields = {name: getattr(message, name) for name in ("usage_metadata", "response_metadata", "id")}
    shown = AIMessageChunk(**{"content": content, "tool_call_chunks": left, **fields})
    if not (left or content or message.usage_metadata or message.response_metadata):
        return None
    return ChatGenerationChunk(message=shown, generation_info=chunk.generation_info)


def chunks_of(result: ChatResult) -> list[ChatGenerationChunk]:
    """A result as a stream of one chunk."""
    message: Any = result.generations[0].message
    fields = message.model_dump(exclude={"type", "tool_calls", "invalid_tool_calls"})
    parts = [
        {
            "type": "tool_call_chunk",
            "index": at,
            "id": call["id"],
            "name": call["name"],
            "args": json.dumps(call["args"]),
        }
        for at, call in enumerate(message.tool_calls)
    ]
    info = result.generations[0].generation_info
    return [ChatGenerationChunk(message=AIMessageChunk(**{**fields, "tool_call_chunks": parts}), generation_info=info)]


async def later(result: Awaitable[ChatResult]) -> AsyncIterator[ChatGenerationChunk]:
    """The same for a result that is not there yet."""
    for chunk in chunks_of(await result):
        yield chunk
