"""Chunks of LangChain's streams: without our calls, or made of a whole result."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Awaitable
from typing import Any

from langchain_core.messages import AIMessageChunk
from langchain_core.outputs import ChatGenerationChunk, ChatResult

from .messages import without


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
