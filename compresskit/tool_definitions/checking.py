"""Checks the arguments of a call against the JSON schema of its definition, as the caller wrote it.

A schema that cannot be read is no reason to refuse a call. No reference to another document is followed.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_MAX_ERRORS = 5  # errors that are reported
_MAX_ERROR_CHARACTERS = 200  # characters of an error
_NULLABLE = "nullable"  # OpenAPI's word for a value that may be null, which Gemini uses
_SCHEMAS = ("properties", "$defs", "definitions")
_LISTS = ("anyOf", "oneOf", "allOf")
_MAX_DEPTH = 40  # levels of a schema that are read, which bounds the recursion


def errors_of(schema: Mapping[str, Any] | None, arguments: Mapping[str, Any]) -> list[str]:
    """What is wrong with the arguments, in words for the model; [] if they fit.

    >>> schema = {"type": "object", "properties": {"state": {"enum": ["open", "closed"]}}, "required": ["state"]}
    >>> errors_of(schema, {"state": "open"}), errors_of(schema, {"state": "new"})
    ([], ["state: 'new' is not one of ['open', 'closed']"])
    >>> errors_of({"type": "OBJECT", "properties": {"n": {"type": "INTEGER"}}}, {"n": "many"})
    ["n: 'many' is not of type 'integer'"]
    """
    if not schema:
        return []
    from jsonschema.exceptions import best_match
    from jsonschema.validators import validator_for
    from referencing import Registry

    try:
        plain = _plain(schema, 0)
        checker = validator_for(plain)
        checker.check_schema(plain)
        registry: Any = Registry()  # an empty one, which fetches nothing
        found = sorted(
            (best_match([error]) or error for error in checker(plain, registry=registry).iter_errors(dict(arguments))),
            key=lambda error: [str(step) for step in error.absolute_path],
        )
    except Exception:
        return []  # an invalid schema, a reference that leads nowhere, or a pattern that Python does not know
    return [_text(error) for error in found[:_MAX_ERRORS]]


def _text(error: Any) -> str:
    path = ".".join(str(step) for step in error.absolute_path)
    text = f"{path}: {error.message}" if path else str(error.message)
    return text if len(text) <= _MAX_ERROR_CHARACTERS else f"{text[:_MAX_ERROR_CHARACTERS]}…"


def _plain(schema: Any, depth: int) -> Any:
    """A schema in the words of JSON Schema: Gemini writes types in capitals, and has ``nullable``."""
    if not isinstance(schema, Mapping) or depth > _MAX_DEPTH:
        return schema
    found = dict(schema)
    kind = found.get("type")
    if isinstance(kind, str) and kind.isupper():
        found["type"] = kind.lower()
    if found.pop(_NULLABLE, False) is True and isinstance(found.get("type"), str):
        found["type"] = [found["type"], "null"]
        if isinstance(found.get("enum"), list):
            found["enum"] = [*found["enum"], None]
    for name in _SCHEMAS:
        if isinstance(found.get(name), Mapping):
            found[name] = {one: _plain(inner, depth + 1) for one, inner in found[name].items()}
    for name in _LISTS:
        if isinstance(found.get(name), list):
            found[name] = [_plain(inner, depth + 1) for inner in found[name]]
    for name in ("items", "additionalProperties"):
        found.update({name: _plain(found[name], depth + 1)} if name in found else {})
    return found
