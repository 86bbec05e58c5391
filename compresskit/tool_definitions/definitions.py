"""The definitions that may be shortened or deferred: functions of the caller with a JSON schema, in any shape.

All other tools stay as they are: those that a provider brings itself, those that have a cache mark, those that the
provider defers already, and those whose name is missing, not unique, or not a name that every provider takes.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from .._json import dumps
from ..messages.cache_control import marks
from ..messages.tools import Declared, declared, parameters_of
from ..types import Tool

# Names that OpenAI, Anthropic, Gemini and Bedrock all take. No other name is listed in a description.
_NAME = re.compile(r"[a-zA-Z0-9_-]{1,64}")
# Fields that tell the provider itself to defer a tool, or to restrict its callers.
_PROVIDERS_OWN = ("defer_loading", "allowed_callers")
_KINDS = (None, "function", "custom")  # types of tools that declare a function of the caller


class Definition(NamedTuple):
    """A definition that may be shortened or deferred.

    Attributes:
        name: The name of the tool.
        description: The description, "" if there is none.
        schema: The JSON schema of the arguments; None if the tool declares none.
        place: The place of the definition among the tools.
    """

    name: str
    description: str
    schema: Mapping[str, Any] | None
    place: Declared

    @property
    def text(self) -> str:
        """The whole definition as a model reads it in an answer: the same in every shape."""
        fields = {"name": self.name, "description": self.description, "parameters": self.schema}
        return dumps({name: value for name, value in fields.items() if value})


def definitions_of(tools: Sequence[Tool]) -> list[Definition]:
    """The definitions of these tools, in order.

    >>> [one.name for one in definitions_of([{"name": "a", "input_schema": {}}, {"type": "web_search", "name": "b"}])]
    ['a']
    """
    found = list(declared(tools))
    times = Counter(one.name for one in found)
    return [_definition(one) for one in found if times[one.name] == 1 and _may_change(one)]


def _definition(place: Declared) -> Definition:
    description = place.function.get("description")
    return Definition(
        place.name, description if isinstance(description, str) else "", parameters_of(place.function), place
    )


def _may_change(place: Declared) -> bool:
    function, raw = place.function, place.raw
    schema = parameters_of(function)
    if place.at is None:
        kind = raw.get("type")
        if kind not in _KINDS or (schema is None and kind != "function"):
            return False
    return (
        (schema is None or isinstance(schema, Mapping))
        and _NAME.fullmatch(place.name) is not None
        and not any(function.get(field) or raw.get(field) for field in _PROVIDERS_OWN)
        and not marks(dict(raw))
    )
