"""Sixty tools as MCP servers offer them, from `tool_sets.txt`, and the same tools in the shapes of the providers.

There, a line below a tool is a parameter: its name with "!" if it is required, its type, and its description. A type is
"string", "integer", "number", "boolean", "string[]", "a|b|c" for a choice, or "object".
"""

import json
from pathlib import Path

COMMON = {
    "owner": "Account owner of the repository. The name is not case sensitive.",
    "repo": "Name of the repository without the .git extension. The name is not case sensitive.",
    "page": "Page number of the results to fetch, starting at 1. Use it with per_page to walk through results.",
    "per_page": "Results per page for pagination, between 1 and 100. The default of 30 is enough for most requests.",
    "cursor": "Paginate through collections by setting this to the next_cursor that a previous response returned.",
}

_SETS = Path(__file__).with_suffix(".txt").read_text("utf-8")
_ITEMS = {
    "type": "object",
    "properties": {
        "name": {"type": "string", "description": "Human-readable name of the field, as it is shown on the page."},
        "ref": {"type": "string", "description": "Exact target field reference from the page snapshot, such as e12."},
        "type": {"type": "string", "enum": ["textbox", "checkbox", "radio", "combobox", "slider"]},
        "value": {"type": "string", "description": "Value to fill in the field. For a checkbox, true or false."},
    },
    "required": ["name", "ref", "type", "value"],
    "additionalProperties": False,
}


def _type(kind):
    if kind.endswith("[]"):
        return {"type": "array", "items": _ITEMS if kind == "object[]" else {"type": kind[:-2]}}
    if "|" in kind:
        return {"type": "string", "enum": kind.split("|")}
    return {"type": kind}


def functions():
    """The sixty functions: name, description and parameters of each."""
    found = []
    for line in _SETS.strip().split("\n"):
        if not line.startswith("  "):
            name, description = line.split(" | ")
            found.append({"name": name, "description": description, "parameters": {"type": "object", "properties": {}}})
            found[-1]["parameters"] |= {"required": [], "additionalProperties": False}
            continue
        name, kind, *words = line.split(maxsplit=2)
        schema = found[-1]["parameters"]
        bare = name.rstrip("!")
        schema["properties"][bare] = {**_type(kind), "description": words[0] if words else COMMON[bare]}
        if name.endswith("!"):
            schema["required"].append(bare)
    return found


def _as_gemini(schema):
    """A schema in OpenAPI's dialect, as Gemini writes it."""
    found = {name: value for name, value in schema.items() if name != "additionalProperties"}
    found["type"] = schema["type"].upper()
    if "properties" in schema:
        found["properties"] = {name: _as_gemini(inner) for name, inner in schema["properties"].items()}
    if "items" in schema:
        found["items"] = _as_gemini(schema["items"])
    return found


def tools_in(shape, given):
    """Tools of these functions in a shape."""
    copies = json.loads(json.dumps(given))
    if shape == "openai":
        return [{"type": "function", "function": one} for one in copies]
    if shape == "responses":
        return [{"type": "function", **one, "strict": False} for one in copies]
    if shape == "gemini":
        return [{"functionDeclarations": [{**one, "parameters": _as_gemini(one["parameters"])} for one in copies]}]
    renamed = [({n: v for n, v in one.items() if n != "parameters"}, one["parameters"]) for one in copies]
    if shape == "anthropic":
        return [{**one, "input_schema": schema} for one, schema in renamed]
    return [{"toolSpec": {**one, "inputSchema": {"json": schema}}} for one, schema in renamed]
