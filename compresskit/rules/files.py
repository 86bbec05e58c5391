"""Rules in files: TOML, YAML or JSON with a list ``rules``, and their JSON schema."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any

from ..errors import InvalidArgument, shown
from .rule import ACTIONS, KINDS, ROLES, Rule, checked

SUFFIXES = (".toml", ".yaml", ".yml", ".json")
_EXAMPLE = 'such as: [[rules]] tool = "get_policy" action = "keep"'
_MEANINGS = {  # of the fields, for editors that read the schema
    "action": "What may happen to the text.",
    "max_tokens": "The tokens of the form of the text, at most.",
    "tool": "Patterns of the name of the tool whose result the text is.",
    "model": "Patterns of the name of the model that the request is for.",
    "role": "Who says the text.",
    "kind": "The kind of the text, as compresskit detects it.",
    "path": "Patterns of the path of the file that the text was read from.",
    "call": "Patterns of the whole call: the name of the tool and its arguments.",
    "contains": "A piece of text that must occur, in upper or lower case.",
    "failing": "Whether the text has words of failure.",
    "older_than": "The messages of the assistant behind the text must be more than this.",
    "larger_than": "The tokens of the text must be more than this.",
    "smaller_than": "The tokens of the text must be fewer than this.",
    "name": "What reports call the rule.",
}


def load(path: str | Path) -> tuple[Rule, ...]:
    """The rules of a file: ``compresskit.toml``, ``pyproject.toml`` with ``[tool.compresskit]``, YAML or JSON.

    Raises:
        InvalidArgument: The file cannot be read, or a name or a value in it is wrong. The error says what was expected.
    """
    place = Path(path)
    if place.suffix not in SUFFIXES:
        raise InvalidArgument(f"{place.name} is no file of rules; one of {', '.join(SUFFIXES)} was expected.")
    try:
        text = place.read_text(encoding="utf-8")
    except OSError as error:
        raise InvalidArgument(f"{place.name} cannot be read: {error.strerror}.") from None
    except UnicodeDecodeError:
        raise InvalidArgument(f"{place.name} is not UTF-8 text.") from None
    return parse(text, place.suffix, place.name)


def parse(text: str, suffix: str = ".toml", name: str = "rules") -> tuple[Rule, ...]:
    """The rules of a text in the format of a suffix. ``name`` is what errors call the text.

    >>> parse('[[rules]]\\ntool = "get_policy"\\naction = "keep"')[0].action
    'keep'
    """
    content = _section(_read(text, suffix, name), name)
    for key in content:
        if key != "rules":
            raise InvalidArgument(f"{name} has {shown(key)}; only the list 'rules' was expected, {_EXAMPLE}.")
    return checked(content.get("rules", ()), f"{name}: rules")


def _section(content: Any, name: str) -> Mapping[str, Any]:
    """The part of a file that is ours."""
    if name == "pyproject.toml":
        content = content.get("tool", {}).get("compresskit", {})
    if isinstance(content, list):
        content = {"rules": content}
    if not isinstance(content, Mapping):
        raise InvalidArgument(f"{name} holds no settings; a list 'rules' was expected, {_EXAMPLE}.")
    return content


def _read(text: str, suffix: str, name: str) -> Any:
    if suffix == ".toml":
        import tomllib

        try:
            return tomllib.loads(text)
        except tomllib.TOMLDecodeError as error:
            raise InvalidArgument(f"{name} is not valid TOML: {error}.") from None
    if suffix == ".json":
        try:
            return json.loads(text)
        except ValueError as error:
            raise InvalidArgument(f"{name} is not valid JSON: {error}.") from None
    try:
        import yaml
    except ImportError:
        raise InvalidArgument(f"{name} is YAML, which needs PyYAML. Install it, or write the rules as TOML.") from None
    try:
        return yaml.safe_load(text) or {}
    except yaml.YAMLError as error:
        line = getattr(getattr(error, "problem_mark", None), "line", None)
        where = "" if line is None else f" in line {line + 1}"
        raise InvalidArgument(f"{name} is not valid YAML{where}.") from None


def schema() -> dict[str, Any]:
    """The JSON schema of a file of rules. ``schema.json`` beside this module is the same."""
    text, number = {"type": "string", "minLength": 1}, {"type": "integer", "minimum": 1}
    patterns = {"anyOf": [text, {"type": "array", "items": text, "minItems": 1}]}
    types: dict[str, Any] = {
        "action": {"enum": list(ACTIONS)},
        "role": {"enum": list(ROLES)},
        "kind": {"enum": list(KINDS)},
        **dict.fromkeys(("tool", "model", "path", "call"), patterns),
        **dict.fromkeys(("max_tokens", "larger_than", "smaller_than"), number),
        "older_than": {"type": "integer", "minimum": 0},
        "contains": text,
        "failing": {"type": "boolean"},
        "name": {"type": "string"},
    }
    rule = {
        "type": "object",
        "properties": {
            field.name: {"description": _MEANINGS[field.name], **types[field.name]} for field in fields(Rule)
        },
        "required": ["action"],
        "additionalProperties": False,
    }
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Rules of compresskit",
        "type": "object",
        "properties": {"rules": {"type": "array", "items": rule}},
        "additionalProperties": False,
    }
