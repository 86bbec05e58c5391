"""The retrieval tool as the model sees it: one constant per shape.

It stands at the front of every provider's prompt cache, so it holds no keys and no text of a conversation. Every
request pays for it, so it is short.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from ..types import Tool

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
_ANY_TOOL = ("auto", "any", "required")  # a tool_choice, or its type, that leaves the choice to the model
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
    if not isinstance(tool, Mapping):
        return ""
    inner = next((tool[field] for field in ("function", "custom") if isinstance(tool.get(field), Mapping)), tool)
    name = inner.get("name")
    return name if isinstance(name, str) else ""


def is_ours(tool: Any) -> bool:
    """Whether a tool is ours: by its name and its parameters, since a caller's own tool may have our name.

    >>> is_ours(schema("anthropic")), is_ours({"name": TOOL_NAME, "input_schema": {"type": "object"}})
    (True, False)
    """
    if name_of(tool) != TOOL_NAME:
        return False
    function = tool.get("function")
    return (function.get("parameters") if isinstance(function, Mapping) else tool.get("input_schema")) == _PARAMETERS


def has_ours(tools: Any) -> bool:
    """Whether our tool is among a request's tools."""
    return any(map(is_ours, tools if isinstance(tools, list | tuple) else ()))


def may_retrieve(request: Mapping[str, Any]) -> bool:
    """Whether the model may call our tool in a request with these tools and this tool_choice.

    >>> may_retrieve({"tool_choice": "auto"}), may_retrieve({"tool_choice": "none"}), may_retrieve({"functions": [{}]})
    (True, False, False)
    """
    tools = request.get("tools")
    named = [tool for tool in (tools if isinstance(tools, list | tuple) else ()) if name_of(tool) == TOOL_NAME]
    if request.get("functions") or not all(map(is_ours, named)):
        return False  # OpenAI takes no tools beside functions; and two tools of one name are none
    return _admits(request.get("tool_choice"))


def later_choice(choice: Any, last: bool) -> Any:
    """A request's tool_choice for a call after a retrieval, None for none.

    A choice of our tool is fulfilled by then. In the ``last`` call our tool is not there any more.

    >>> later_choice("required", last=True), later_choice({"type": "tool", "name": TOOL_NAME}, last=False)
    ('required', None)
    """
    if choice == TOOL_NAME or name_of(choice) == TOOL_NAME:
        return None
    listed = _allowed(choice)
    if not last or not any(map(_names_ours, listed)):
        return choice
    others = [tool for tool in listed if not _names_ours(tool)]
    inner = choice.get("allowed_tools")
    changed = {"tools": others} if inner is None else {"allowed_tools": {**inner, "tools": others}}
    return {**choice, **changed} if others else None


def _admits(choice: Any) -> bool:
    """Whether a tool_choice lets the model call our tool."""
    if choice is None or isinstance(choice, str):
        return choice in (None, *_ANY_TOOL, TOOL_NAME)  # some providers take a tool's bare name
    if not isinstance(choice, Mapping):
        return False
    kind = choice.get("type")
    return kind in _ANY_TOOL or _names_ours(choice) or any(map(_names_ours, _allowed(choice)))


def _allowed(choice: Any) -> list[Any]:
    """The tools that an "allowed_tools" choice lists, of Chat Completions or flat as in Responses."""
    if not isinstance(choice, Mapping) or choice.get("type") != "allowed_tools":
        return []
    inner = choice.get("allowed_tools", choice)
    listed = inner.get("tools") if isinstance(inner, Mapping) else None
    return listed if isinstance(listed, list) else []


def _names_ours(named: Any) -> bool:
    """Whether a choice names our tool, which is a function: a custom tool of our name is the caller's."""
    return name_of(named) == TOOL_NAME and named.get("type") in (None, "function", "tool")
