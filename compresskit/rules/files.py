"""Rules in files: TOML, YAML or JSON with a list ``rules``. ``schema.json`` beside this module is their JSON schema."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..errors import InvalidArgument, shown
from .rule import Rule, checked

SUFFIXES = (".toml", ".yaml", ".yml", ".json")
_EXAMPLE = 'such as: [[rules]] tool = "get_policy" action = "keep"'


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
