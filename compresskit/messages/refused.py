"""Names and advice for messages that compress() refuses. Each advice works (tests/test_advice.py follows it)."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping
from typing import Any

from ..types import Message
from .parts import kind_of

# Types of parts that only a ModelMessage of Vercel's AI SDK has (ai-sdk.dev, "ModelMessage").
_AI_SDK_PARTS = frozenset({"tool-call", "tool-result", "tool-approval-request", "tool-approval-response"})
_HAYSTACK_PARTS = frozenset({"tool_call", "tool_call_result"})
_MCP_FIELDS = frozenset({"isError", "structuredContent"})
# Messages whose parts stand in a field of another name, and the field that says the type of a part.
_TYPED_PARTS = (
    ("a ChatMessage of LlamaIndex as a dict", "blocks", "block_type"),
    ("a ChatMessageContent of Semantic Kernel as a dict", "items", "content_type"),
)
_LANGCHAIN_TYPES = frozenset({"human", "ai", "system", "tool", "function", "chat", "AIMessageChunk"})

SERVED_ADVICE = (
    "Pass Chat Completions messages ({'role': 'user', 'content': text}; calls as 'tool_calls' of the assistant, each "
    "result as {'role': 'tool', 'tool_call_id': id, 'content': text}): litellm.completion sends them to any provider."
)


def other_shape(message: Message) -> str:
    """The name of an unmistakable shape that is not served, "" for any other message.

    >>> other_shape({"role": "user", "parts": [{"type": "text", "text": "hi"}]}), other_shape({"role": "user"})
    ("a UIMessage of Vercel's AI SDK", '')
    """
    content, role = message.get("content"), message.get("role")
    if "content" not in message and role in ("system", "user", "assistant"):
        found = message.get("parts")
        if isinstance(found, list) and found and all(map(kind_of, found)):
            return "a UIMessage of Vercel's AI SDK"
    if isinstance(content, list) and any(kind_of(part) in _AI_SDK_PARTS for part in content):
        return "a ModelMessage of Vercel's AI SDK"
    if isinstance(content, list) and any(isinstance(part, dict) and _HAYSTACK_PARTS & part.keys() for part in content):
        return "a ChatMessage of Haystack as a dict"
    if isinstance(content, dict) and (_MCP_FIELDS & content.keys() or isinstance(content.get("text"), str)):
        return "a message with a content of MCP's"
    if isinstance(role, str) and "content" not in message:
        if isinstance(message.get("message"), str):
            return "a message of Cohere's first chat API"
        for name, field, kind in _TYPED_PARTS:
            found = message.get(field)
            if isinstance(found, list) and found and all(isinstance(one, dict) and kind in one for one in found):
                return name
    if "role" not in message and kind_of(message) in _LANGCHAIN_TYPES and not {"content", "data"}.isdisjoint(message):
        return "a message of LangChain as a dict"
    return ""


def whole_advice(messages: Any) -> str:
    """The advice for a value that is not a list of messages."""
    if isinstance(messages, Mapping):
        field = next((name for name in ("messages", "input", "contents") if name in messages), "")
        return f"Pass its {field!r}." if field else "For one message pass [message]."
    if isinstance(messages, Iterable) and not isinstance(messages, str | bytes | bytearray):
        return "Pass list(messages)."
    return "For one text pass [{'role': 'user', 'content': text}]."


def message_advice(message: Any) -> str:
    """The advice for a value that is not a message dict."""
    if type(message).__module__.partition(".")[0].startswith("langchain"):
        return "Pass langchain_core.messages.convert_to_openai_messages(messages)."
    if isinstance(message, str):
        return "For a text pass {'role': 'user', 'content': text}."
    if isinstance(message, Mapping):
        return "Pass dict(message)."
    if isinstance(getattr(message, "choices", None), list):
        return "Pass response.choices[0].message."
    if isinstance(getattr(message, "candidates", None), list):
        return "Pass response.candidates[0].content."
    if isinstance(getattr(message, "output", None), list):
        return "Pass the items of its output: messages + response.output."
    if isinstance(getattr(message, "role", None), str) and dataclasses.is_dataclass(message):
        return "Pass dataclasses.asdict(message)."
    return "Pass {'role': 'user', 'content': text}, or leave it out."
