"""The retrieval tool as the model sees it: one constant per shape.

It stands at the front of every provider's prompt cache, so it holds no keys and no text of a conversation. Every
request pays for it, so it is short.
"""

from __future__ import annotations

import json
from typing import Any

from .types import Tool

TOOL_NAME = "compresskit_retrieve"

# Every request pays for each of these words.
_DESCRIPTION = "Returns text that was left out here, marked '[… lines 13-57: retrieve KEY]'. Never write such marks."
_PARAMETERS: dict[str, Any] = {
    "type": "object",
    "properties": {
        "key": {"type": "string"},
        "lines": {"type": "string", "description": "13-57, or characters c500-900"},
        "query": {"type": "string", "description": "only what matches"},
    },
    "required": ["key"],
}
_SCHEMAS = {
    "openai": json.dumps(
        {
            "type": "function",
            "function": {"name": TOOL_NAME, "description": _DESCRIPTION, "parameters": _PARAMETERS},
        }
    ),
    "anthropic": json.dumps({"name": TOOL_NAME, "description": _DESCRIPTION, "input_schema": _PARAMETERS}),
}


def schema(shape: str) -> Tool:
    """The tool's schema for "openai" or "anthropic", a fresh copy each time."""
    found: Tool = json.loads(_SCHEMAS[shape])
    return found


def name_of(tool: Any) -> str:
    """The name of a tool in either shape, "" where it has none.

    >>> name_of(schema("openai")), name_of(schema("anthropic"))
    ('compresskit_retrieve', 'compresskit_retrieve')
    """
    if not isinstance(tool, dict):
        return ""
    function = tool.get("function")
    name = function.get("name") if isinstance(function, dict) else tool.get("name")
    return name if isinstance(name, str) else ""
