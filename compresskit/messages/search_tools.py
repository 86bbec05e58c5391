"""The two tools with which a model finds and calls tools that were deferred.

Their schemas are constants. The description of the first one names the deferred tools: names are the caller's own, and
the same ones in each turn. It holds no text of a conversation, and no description of a tool.
"""

from __future__ import annotations

from typing import Any

FIND_TOOL = "compresskit_find_tools"
CALL_TOOL = "compresskit_call_tool"

# Every request pays for each of these words.
_FIND = "Returns whole definitions of tools, by what they do or by their names. '…' ends a shortened description."
_DEFERRED = f" Tools that are not listed otherwise, to be called with {CALL_TOOL}: "
_CALL = f"Calls a tool that {FIND_TOOL} has returned."
FIND_PARAMETERS: dict[str, Any] = {
    "type": "object",
    "properties": {"query": {"type": "string", "description": "what to do, or names"}},
    "required": ["query"],
}
# A text and not an object, because some providers refuse an object whose properties are not listed.
CALL_PARAMETERS: dict[str, Any] = {
    "type": "object",
    "properties": {
        "name": {"type": "string"},
        "arguments": {"type": "string", "description": "a JSON object, as the definition says"},
    },
    "required": ["name", "arguments"],
}


def find_function(deferred: str) -> dict[str, Any]:
    """The function that finds tools. ``deferred`` says which ones are deferred; "" if none is."""
    described = _FIND + (f"{_DEFERRED}{deferred}" if deferred else "")
    return {"name": FIND_TOOL, "description": described, "parameters": FIND_PARAMETERS}


def call_function() -> dict[str, Any]:
    """The function that calls a deferred tool."""
    return {"name": CALL_TOOL, "description": _CALL, "parameters": CALL_PARAMETERS}
