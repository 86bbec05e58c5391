"""The retrieval tool as the model sees it: one constant per shape.

It is at the front of every provider's prompt cache, so it holds no keys and no text of a conversation. Every request
pays for it, so it is short.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from ..errors import NEAR, meant, warn
from ..types import Tool
from . import tool_config
from .search_tools import CALL_PARAMETERS, CALL_TOOL, FIND_PARAMETERS, FIND_TOOL
from .shapes import SHAPES
from .tools import appended, declared, name_of, names_of, parameters_of, without

TOOL_NAME = "compresskit_retrieve"
OURS = (TOOL_NAME, FIND_TOOL, CALL_TOOL)  # names of tools whose calls are answered here

# Every request pays for each of these words, and the markers show what the lines of a text look like.
_DESCRIPTION = "Returns text left out at '[… retrieve KEY]'. Never write such marks."
_PARAMETERS: dict[str, Any] = {
    "type": "object",
    "properties": {
        "key": {"type": "string"},
        "lines": {"type": "string"},
        "query": {"type": "string"},
    },
    "required": ["key"],
}
_ANY_TOOL = ("auto", "any", "required")  # a tool_choice, or its type, that leaves the choice to the model
_FUNCTION = json.dumps({"name": TOOL_NAME, "description": _DESCRIPTION, "parameters": _PARAMETERS})
_OWN_PARAMETERS = {TOOL_NAME: _PARAMETERS, FIND_TOOL: FIND_PARAMETERS, CALL_TOOL: CALL_PARAMETERS}
_ENDED = (TOOL_NAME, FIND_TOOL)  # no longer offered when no more calls are answered


def schema(shape: str) -> Tool:
    """The tool's schema in a shape, a fresh copy each time."""
    return SHAPES[shape].declare(json.loads(_FUNCTION))


def offered(tools: Sequence[Tool], shape: str) -> list[Tool]:
    """A request's tools with ours behind them, unless it is there already.

    >>> offered([{"functionDeclarations": [{"name": "search"}]}], "gemini")[0]["functionDeclarations"][1]["name"]
    'compresskit_retrieve'
    """
    if any(TOOL_NAME in names_of(tool) for tool in tools):
        return list(tools)
    return appended(tools, [schema(shape)])


def is_ours(tool: Any) -> bool:
    """Whether a tool is ours or declares ours. The parameters count too, as a caller's own tool may have our name.

    >>> is_ours(schema("anthropic")), is_ours({"name": TOOL_NAME, "input_schema": {"type": "object"}})
    (True, False)
    """
    named = [one for one in declared([tool]) if one.name in OURS]
    return any(parameters_of(one.function) == _OWN_PARAMETERS[one.name] for one in named)


def has_ours(tools: Any) -> bool:
    """Whether one of our tools is among a request's tools."""
    return any(map(is_ours, tools if isinstance(tools, list | tuple) else ()))


def withdrawn(tools: Sequence[Tool]) -> list[Tool]:
    """A request's tools for the last call, which answers no more retrievals and searches. Found tools can be called.

    >>> withdrawn([{"functionDeclarations": [{"name": "search"}, {"name": TOOL_NAME}]}, schema("openai")])
    [{'functionDeclarations': [{'name': 'search'}]}]
    """
    return without(tools, _ENDED)


def may_retrieve(request: Mapping[str, Any]) -> bool:
    """Whether the model may call our tool in a request with these tools and this tool_choice (or toolConfig).

    >>> may_retrieve({"tool_choice": "auto"}), may_retrieve({"tool_choice": "none"}), may_retrieve({"functions": [{}]})
    (True, False, False)
    >>> may_retrieve({"toolConfig": {"functionCallingConfig": {"mode": "NONE"}}})
    False
    """
    tools = request.get("tools")
    named = [tool for tool in (tools if isinstance(tools, list | tuple) else ()) if TOOL_NAME in names_of(tool)]
    if request.get("functions") or not all(map(is_ours, named)):
        return False  # OpenAI takes no tools beside functions, and a provider refuses two tools of one name
    if not tool_config.takes_functions(request):
        return False
    return _admits(tool_config.config_of(request) or request.get("tool_choice"))


def later_choice(choice: Any, last: bool) -> Any:
    """The tool_choice (or toolConfig) of a request for the call after a retrieval; None to leave it out.

    The model has already fulfilled a choice of our tool. The ``last`` call no longer offers our tool.

    >>> later_choice("required", last=True), later_choice({"type": "tool", "name": TOOL_NAME}, last=False)
    ('required', None)
    """
    if choice == TOOL_NAME or name_of(choice) == TOOL_NAME:
        return None
    if tool_config.is_config(choice):
        return tool_config.without(choice, TOOL_NAME, last)
    listed = _allowed(choice)
    if not last or not any(map(_names_ours, listed)):
        return choice
    others = [tool for tool in listed if not _names_ours(tool)]
    inner = choice.get("allowed_tools")
    changed = {"tools": others} if inner is None else {"allowed_tools": {**inner, "tools": others}}
    return {**choice, **changed} if others else None


def chosen_names(request: Mapping[str, Any]) -> list[str]:
    """The names of the tools that a request's tool_choice (or toolConfig) names.

    >>> chosen_names({"tool_choice": {"type": "tool", "name": "search"}}), chosen_names({"tool_choice": "auto"})
    (['search'], [])
    """
    config = tool_config.config_of(request)
    choice = request.get("tool_choice") if config is None else tool_config.choice_of(config)
    if isinstance(choice, str):
        return [] if choice in ("", "none", *_ANY_TOOL) else [choice]
    names = [name_of(one) for one in (choice, *_allowed(choice))]
    return [name for name in names if name]


def kept_names(names: Sequence[str], request: Mapping[str, Any]) -> list[str]:
    """The names of a request's tools that are offered whole: those of an option, and those that its tool_choice names.

    Requests of one client may have other tools, so a name that a request does not have is no error. One that is near to
    a name of its tools is told the application's log.

    >>> kept_names(["search", "read"], {"tools": [{"name": "read"}], "tool_choice": "auto"})
    ['read']
    """
    tools = request.get("tools")
    known = [name for tool in (tools if isinstance(tools, list | tuple) else ()) for name in names_of(tool)]
    for name in names if known else ():
        if name not in known and (near := meant(name, known, NEAR)):
            warn("keep_tools has %r, and the request has no such tool; perhaps %r is meant.", name, near)
    return [name for name in dict.fromkeys([*names, *chosen_names(request)]) if name in known]


def _admits(choice: Any) -> bool:
    """Whether a tool_choice (or toolConfig) lets the model call our tool."""
    if tool_config.is_config(choice):
        choice = tool_config.choice_of(choice)
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
