"""The field toolConfig, in which Gemini and Bedrock's Converse say which tools the model may call.

Gemini names the functions that it allows in ``functionCallingConfig``, in camelCase or snake_case. Converse has a
``toolChoice`` of one field. The other APIs have a ``tool_choice``, which ``retrieval_tool.py`` reads.

Source: ai.google.dev, "Function calling", "Function calling modes", and the restrictions of "Tools" and "Context
caching"; docs.aws.amazon.com, "Amazon Bedrock API Reference", ToolChoice.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_CONFIG = ("toolConfig", "tool_config")
_CALLING = ("functionCallingConfig", "function_calling_config")
_ALLOWED = ("allowedFunctionNames", "allowed_function_names")
_DECLARED = ("functionDeclarations", "function_declarations")
_GENERATION = ("generationConfig", "generation_config")
_MIME = ("responseMimeType", "response_mime_type")
_CONTENTS = "contents"  # the messages of a Gemini request
_MODES = {"AUTO": "auto", "VALIDATED": "auto", "MODE_UNSPECIFIED": "auto", "ANY": "required", "NONE": "none"}


def config_of(request: Mapping[str, Any]) -> dict[str, Any] | None:
    """The toolConfig of a request; None if it has none that chooses."""
    found = _first(request, _CONFIG)
    return found[1] if found and is_config(found[1]) else None


def is_config(value: Any) -> bool:
    """Whether a value is a toolConfig that chooses among tools.

    >>> is_config({"toolChoice": {"any": {}}}), is_config({"tools": []}), is_config("auto")
    (True, False, False)
    """
    if not isinstance(value, dict):
        return False
    calling = _first(value, _CALLING)
    return "toolChoice" in value if calling is None else isinstance(calling[1], Mapping)


def choice_of(config: Mapping[str, Any]) -> Any:
    """The same choice as a ``tool_choice``.

    >>> choice_of({"functionCallingConfig": {"mode": "ANY", "allowedFunctionNames": ["search"]}})
    {'type': 'allowed_tools', 'tools': [{'name': 'search'}]}
    >>> choice_of({"toolChoice": {"any": {}}}), choice_of({"toolChoice": {"tool": {"name": "search"}}})
    ('any', {'type': 'tool', 'name': 'search'})
    """
    calling = _first(config, _CALLING)
    if calling is None:
        return _converse_choice(config.get("toolChoice"))
    mode = calling[1].get("mode")
    _, names = _allowed(calling[1])
    if names and mode != "NONE":
        return {"type": "allowed_tools", "tools": [{"name": name} for name in names]}
    return _MODES.get(str(mode or "AUTO"), "none")


def without(config: Mapping[str, Any], name: str, last: bool) -> dict[str, Any] | None:
    """The toolConfig for the call after one of this tool; None to leave it out. The ``last`` call has no such tool.

    >>> config = {"functionCallingConfig": {"mode": "ANY", "allowedFunctionNames": ["search", "ours"]}}
    >>> without(config, "ours", last=True)
    {'functionCallingConfig': {'mode': 'ANY', 'allowedFunctionNames': ['search']}}
    """
    calling = _first(config, _CALLING)
    if calling is None:
        return None if choice_of(config) == {"type": "tool", "name": name} else dict(config)
    listed, names = _allowed(calling[1])
    if name not in names or (not last and names != [name]):
        return dict(config)
    others = [one for one in names if one != name]
    rest = {field: value for field, value in config.items() if field != calling[0]}
    if others:
        rest[calling[0]] = {**calling[1], listed: others}
    return rest or None


def takes_functions(request: Mapping[str, Any]) -> bool:
    """Whether Gemini takes our function in a request. It takes none beside tools of its own or an answer in JSON.

    Newer models do take both, so a request that declares functions beside them is taken as it is.

    >>> takes_functions({"tools": [{"googleSearch": {}}], "contents": []}), takes_functions({"contents": []})
    (False, True)
    """
    if _CONTENTS not in request:
        return True
    tools = [tool for tool in request.get("tools") or () if isinstance(tool, Mapping)]
    if any(_first(tool, _DECLARED) is not None for tool in tools):
        return True
    generation = _first(request, _GENERATION)
    mime = _first(generation[1], _MIME) if generation else None
    return not any(tools) and (mime is None or mime[1] == "text/plain")


def _converse_choice(choice: Any) -> Any:
    if not isinstance(choice, Mapping):
        return "auto"
    tool = choice.get("tool")
    if isinstance(tool, Mapping):
        return {"type": "tool", "name": tool.get("name")}
    return next((kind for kind in ("auto", "any") if kind in choice), "none")


def _allowed(calling: Mapping[str, Any]) -> tuple[str, list[Any]]:
    """The field that lists the functions that a model may call, and the list, which is empty if there is none."""
    field, names = _first(calling, _ALLOWED) or (_ALLOWED[0], [])
    return field, names if isinstance(names, list) else []


def _first(value: Any, names: tuple[str, str]) -> tuple[str, Any] | None:
    """The field that has one of two spellings, and its value; None if it is missing or None."""
    fields = value if isinstance(value, Mapping) else {}
    return next(((name, fields[name]) for name in names if fields.get(name) is not None), None)
