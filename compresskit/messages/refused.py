"""What compress() does not take: how it is named in an error, and what to pass instead.

Each advice works when it is followed (tests/test_advice.py follows it).
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping
from typing import Any

from ..types import Message

# Items of OpenAI's Responses API without a role (openai.types.responses.ResponseInputItemParam); names of content
# types, never content, so that an error may say them.
_RESPONSES_ITEMS = frozenset(
    {
        *("function_call", "function_call_output", "custom_tool_call", "custom_tool_call_output", "reasoning"),
        *("item_reference", "compaction", "file_search_call", "web_search_call", "image_generation_call"),
        *("computer_call", "computer_call_output", "code_interpreter_call", "local_shell_call"),
        *("local_shell_call_output", "shell_call", "shell_call_output", "apply_patch_call", "apply_patch_call_output"),
        *("mcp_call", "mcp_list_tools", "mcp_approval_request", "mcp_approval_response"),
    }
)
# The fields of which a part of Gemini's contents has one, in both spellings (ai.google.dev/api/caching#Part).
_GEMINI_PARTS = frozenset(
    {
        *("text", "functionCall", "functionResponse", "inlineData", "fileData", "executableCode"),
        *("function_call", "function_response", "inline_data", "file_data", "executable_code"),
        *("codeExecutionResult", "code_execution_result"),
    }
)
# The one field of each content block of Bedrock's Converse (the ContentBlock union of its API reference).
_CONVERSE_BLOCKS = frozenset(
    {
        *("text", "toolUse", "toolResult", "image", "document", "video", "audio", "guardContent", "cachePoint"),
        *("reasoningContent", "citationsContent", "searchResult"),
    }
)

SERVED_ADVICE = (
    "Pass Chat Completions messages ({'role': 'user', 'content': text}; calls as 'tool_calls' of the assistant, each "
    "result as {'role': 'tool', 'tool_call_id': id, 'content': text}): litellm.completion sends them to this provider."
)


def other_shape(message: Message) -> str:
    """The name of an unmistakable shape that is not served, "" for any other message.

    >>> other_shape({"role": "model", "parts": [{"text": "hi"}]}), other_shape({"role": "user", "content": "hi"})
    ('a content of Gemini', '')
    """
    kind, content = message.get("type"), message.get("content")
    if "role" not in message and isinstance(kind, str) and kind in _RESPONSES_ITEMS:
        return f"an item of OpenAI's Responses API ({kind!r})"
    if "content" not in message and message.get("role", "user") in ("user", "model", "function"):
        return "a content of Gemini" if _all_have(message.get("parts"), _GEMINI_PARTS) else ""
    if message.get("role") in ("user", "assistant") and _all_have(content, _CONVERSE_BLOCKS, alone=True):
        return "a message of Bedrock's Converse"
    return ""


def whole_advice(messages: Any) -> str:
    """What to do with something that is no list of messages."""
    if isinstance(messages, Mapping):
        return "Pass its 'messages'." if "messages" in messages else "For one message pass [message]."
    if isinstance(messages, Iterable) and not isinstance(messages, str | bytes | bytearray):
        return "Pass list(messages)."
    return "For one text pass [{'role': 'user', 'content': text}]."


def message_advice(message: Any) -> str:
    """What to do with something that is no message dict."""
    if type(message).__module__.partition(".")[0].startswith("langchain"):
        return "Pass langchain_core.messages.convert_to_openai_messages(messages)."
    if isinstance(message, str):
        return "For a text pass {'role': 'user', 'content': text}."
    if isinstance(message, Mapping):
        return "Pass dict(message)."
    if isinstance(getattr(message, "choices", None), list):
        return "Pass response.choices[0].message.model_dump(exclude_none=True)."
    if isinstance(kind := getattr(message, "type", None), str) and kind in _RESPONSES_ITEMS:
        return SERVED_ADVICE
    if hasattr(message, "stop_reason") and isinstance(getattr(message, "content", None), list):  # Anthropic's response
        blocks = "[block.model_dump(exclude_none=True) for block in message.content]"
        return f"Pass {{'role': message.role, 'content': {blocks}}}."
    if isinstance(getattr(message, "role", None), str):
        if hasattr(message, "model_dump"):
            return "Pass message.model_dump(exclude_none=True)."
        if dataclasses.is_dataclass(message):
            return "Pass dataclasses.asdict(message)."
    return "Pass {'role': 'user', 'content': text}, or leave it out."


def _all_have(parts: Any, fields: frozenset[str], alone: bool = False) -> bool:
    """Whether parts are a list of dicts without a type of which each has one of these fields, and nothing else."""
    if not isinstance(parts, list) or not parts:
        return False
    for part in parts:
        if not isinstance(part, dict) or "type" in part or fields.isdisjoint(part) or (alone and len(part) != 1):
            return False
        if not isinstance(part.get("text", ""), str):
            return False
    return True
