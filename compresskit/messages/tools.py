"""The tools of a request, in any shape: the functions that they declare, and where.

A tool is a dict. Most declare one function, a tool of Gemini may declare many, and a tool that a provider brings itself
declares none.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from ..types import Tool

_INNER = ("function", "custom", "toolSpec")  # fields of a tool that hold its name
_DECLARATIONS = ("functionDeclarations", "function_declarations")  # fields of a Gemini tool, which may declare many
# fields that hold the JSON schema of a function's parameters
_SCHEMAS = ("parameters", "input_schema", "parametersJsonSchema", "parameters_json_schema")
_CONVERSE = "inputSchema"  # holds the schema in a field of its own


class Declared(NamedTuple):
    """A function that a tool declares.

    Attributes:
        tool: The index of the tool.
        at: The index of the function in a tool of Gemini; None in any other tool.
        raw: The declaration: an item of a tool of Gemini, or the tool itself.
        function: The dict that has the name, the description and the schema.
    """

    tool: int
    at: int | None
    raw: Mapping[str, Any]
    function: Mapping[str, Any]

    @property
    def name(self) -> str:
        """The name; "" if there is none."""
        name = self.function.get("name")
        return name if isinstance(name, str) else ""


def declared(tools: Sequence[Any]) -> Iterator[Declared]:
    """All functions that tools declare.

    >>> [one.name for one in declared([{"functionDeclarations": [{"name": "read"}, {"name": "search"}]}])]
    ['read', 'search']
    """
    for number, tool in enumerate(tools):
        listed = declarations(tool)
        if listed is not None:
            for at, one in enumerate(listed[1]):
                if isinstance(one, Mapping):
                    yield Declared(number, at, one, one)
        elif isinstance(tool, Mapping):
            yield Declared(number, None, tool, function_of(tool))


def declarations(tool: Any) -> tuple[str, list[Any]] | None:
    """The field of a tool that lists function declarations, and the list."""
    fields = _DECLARATIONS if isinstance(tool, Mapping) else ()
    return next(((field, tool[field]) for field in fields if isinstance(tool.get(field), list)), None)


def function_of(tool: Mapping[str, Any]) -> Mapping[str, Any]:
    """The declaration of a tool's function, which is in a field of its own or the tool itself."""
    return next((tool[field] for field in _INNER if isinstance(tool.get(field), Mapping)), tool)


def names_of(tool: Any) -> list[str]:
    """The names of all functions of a tool. Only a tool of Gemini may have more than one.

    >>> names_of({"name": "read"}), names_of({"functionDeclarations": [{"name": "read"}, {"name": "search"}]})
    (['read'], ['read', 'search'])
    """
    return [one.name for one in declared([tool]) if one.name]


def name_of(tool: Any) -> str:
    """The name of a tool, or of a choice of one; "" if it has none.

    >>> name_of({"type": "function", "function": {"name": "read"}}), name_of({"googleSearch": {}})
    ('read', '')
    """
    if not isinstance(tool, Mapping):
        return ""
    name = function_of(tool).get("name")
    return name if isinstance(name, str) else ""


def parameters_of(function: Mapping[str, Any]) -> Any:
    """The JSON schema of a function's parameters, in any shape; None if it has none.

    >>> parameters_of({"inputSchema": {"json": {"type": "object"}}}), parameters_of({"name": "today"})
    ({'type': 'object'}, None)
    """
    inner = function.get(_CONVERSE)
    if isinstance(inner, Mapping):
        return inner.get("json")
    return next((function[field] for field in _SCHEMAS if function.get(field) is not None), None)


def with_parameters(function: Mapping[str, Any], schema: Any) -> dict[str, Any]:
    """A function with another schema in the field that has it."""
    if isinstance(function.get(_CONVERSE), Mapping):
        return {**function, _CONVERSE: {**function[_CONVERSE], "json": schema}}
    field = next((field for field in _SCHEMAS if function.get(field) is not None), None)
    return {**function, field: schema} if field else dict(function)


def with_function(tool: Mapping[str, Any], function: Mapping[str, Any]) -> dict[str, Any]:
    """A tool with another declaration in the place of its own."""
    field = next((field for field in _INNER if isinstance(tool.get(field), Mapping)), None)
    return {**tool, field: dict(function)} if field else dict(function)


def appended(tools: Sequence[Tool], ours: Sequence[Tool]) -> list[Tool]:
    """Tools with more behind them. Vertex AI takes one tool with declarations, so more of them join it.

    >>> appended([{"functionDeclarations": [{"name": "a"}]}], [{"functionDeclarations": [{"name": "b"}]}])
    [{'functionDeclarations': [{'name': 'a'}, {'name': 'b'}]}]
    """
    found = list(tools)
    for tool in ours:
        mine = declarations(tool)
        at = next((at for at in range(len(found) - 1, -1, -1) if mine and declarations(found[at])), None)
        theirs = None if at is None else declarations(found[at])
        if at is None or theirs is None or mine is None:
            found.append(tool)
        else:
            found[at] = {**found[at], theirs[0]: [*theirs[1], *mine[1]]}
    return found


def without(tools: Sequence[Tool], names: Sequence[str]) -> list[Tool]:
    """Tools without the functions of these names.

    >>> without([{"functionDeclarations": [{"name": "a"}, {"name": "b"}]}, {"name": "b"}], ["b"])
    [{'functionDeclarations': [{'name': 'a'}]}]
    """
    found = []
    for tool in tools:
        listed = declarations(tool)
        if listed is None:
            found += [tool] if name_of(tool) not in names else []
        elif others := [one for one in listed[1] if name_of(one) not in names]:
            found.append(tool if len(others) == len(listed[1]) else {**tool, listed[0]: others})
    return found
