"""A definition in fewer tokens: shorter descriptions, and the same names, types, enums and required parameters.

What is left is a valid JSON schema that takes exactly the same arguments. A "…" ends each description that was cut.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from ..messages.tools import with_function, with_parameters
from . import weights as tuning
from .definitions import Definition

# Keywords of JSON Schema by what they hold (json-schema.org, draft 2020-12, and "definitions" of older drafts).
_NAMED = ("properties", "patternProperties", "$defs", "definitions", "dependentSchemas")  # schemas by name
_LISTED = ("anyOf", "oneOf", "allOf", "prefixItems")
_SINGLE = ("items", "additionalProperties", "not", "if", "then", "else", "contains", "propertyNames", "additionalItems")
# Keywords that explain and constrain nothing. In OpenAPI's dialect, which Gemini takes, "example" is one of them.
_ANNOTATIONS = ("title", "examples", "example", "$comment")
# Fields of a tool beside the schema that only explain: Anthropic's examples, Gemini's schema of the response.
_EXPLAINING = ("input_examples", "response", "responseJsonSchema", "response_json_schema")
_MAX_DEPTH = 40  # levels of a schema that are read, which bounds the recursion
_SENTENCE_END = re.compile(r"(?<=[.!?;。])\s|\n")
_CUT = "…"


def shortened(definition: Definition) -> dict[str, Any]:
    """The declaration in fewer tokens: an item of a tool of Gemini, or a whole tool."""
    tuned = tuning.WEIGHTS
    function = dict(definition.place.function)
    if definition.description:
        function["description"] = first_words(definition.description, tuned.max_description_characters)
    if definition.schema is not None:
        function = with_parameters(function, _schema(definition.schema, 0))
    function = {name: value for name, value in function.items() if name not in _EXPLAINING}
    return with_function(definition.place.raw, function) if definition.place.at is None else function


def first_words(text: str, most: int) -> str:
    """The first sentence of a text, in at most ``most`` characters. A "…" ends it if more followed.

    >>> first_words("Reads a file. Paths are relative.", 60), first_words("Reads a file.", 60)
    ('Reads a file.…', 'Reads a file.')
    >>> first_words("Reads a file from disk", 12)
    'Reads a…'
    """
    text = text.strip()
    first = _SENTENCE_END.split(text, maxsplit=1)[0]
    if len(first) > most:
        first = first[:most].rpartition(" ")[0].rstrip(",;:") or first[:most]
    return first if first == text else first + _CUT


def _schema(schema: Any, depth: int, described: bool = False) -> Any:
    """A schema with fewer descriptions. ``described`` says whether its own one is kept, in a shorter form."""
    if not isinstance(schema, Mapping) or depth > _MAX_DEPTH:
        return schema
    required = schema.get("required") if depth == 0 else None
    needed = required if isinstance(required, list) else []
    found: dict[str, Any] = {}
    for name, value in schema.items():
        if name in _ANNOTATIONS:
            continue
        if name == "description" and isinstance(value, str):
            if described:
                found[name] = first_words(value, tuning.WEIGHTS.max_parameter_characters)
        elif name in _NAMED and isinstance(value, Mapping):
            of_parameters = name == "properties"
            found[name] = {
                one: _schema(inner, depth + 1, of_parameters and one in needed) for one, inner in value.items()
            }
        elif name in _LISTED and isinstance(value, list):
            found[name] = [_schema(inner, depth + 1) for inner in value]
        elif name in _SINGLE and isinstance(value, Mapping):
            found[name] = _schema(value, depth + 1)
        else:
            found[name] = value
    return found
