"""Answers the model's searches for tools, and its calls of deferred tools that cannot be passed on.

A call of a deferred tool that fits the definition becomes a call of the caller's own tool. Any other one is answered
with what is wrong. Nothing that a model writes raises an error.
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from typing import Any

from .._json import dumps, unwrapped
from ..messages.retrieval_tool import OURS
from ..messages.search_tools import CALL_TOOL, FIND_TOOL
from ..messages.tools import names_of
from ..tokens.measure import Measure, measure_for
from ..types import Tool
from . import weights as tuning
from .checking import errors_of
from .definitions import Definition, definitions_of
from .search import Index
from .shortening import first_words

_QUOTED_CHARACTERS = 60  # characters of a name that an answer quotes, maximum
_NEAR = 3  # similar names that an answer gives, maximum
_SHORT_CHARACTERS = 200  # characters of the description of a definition that is too long to be shown
_HINT_TOKENS = 120  # tokens that are reserved for the lines behind definitions
_EMPTY = f"Pass a query to {FIND_TOOL}: words for what the tool should do, or names of tools."


class Toolbox:
    """The definitions of a request, of which some are deferred.

    Args:
        tools: The caller's tools.
        sent: The tools that are sent instead of them; None if that is not known. Then any tool can be called with ours,
            and a call of a tool by its own name is not checked.
    """

    def __init__(self, tools: Sequence[Tool], sent: Sequence[Tool] | None) -> None:
        self._definitions = {one.name: one for one in definitions_of(tools)}
        self._offered = {name for tool in sent or () for name in names_of(tool)}
        self._whole = {one.name for one in definitions_of(sent or ()) if one.text == self._text(one.name)}
        self._index = Index(list(self._definitions.values()))
        deferred = frozenset() if sent is None else self._definitions.keys() - self._offered
        self.held = frozenset(OURS) | deferred

    def settled(self, name: str, arguments: Any) -> tuple[str, Any]:
        """The name and the arguments with which a call goes on.

        A valid call of a deferred tool gets the name of the caller's tool. A call of a deferred tool by its own name
        that is not valid becomes one of ours, so that it is answered here.
        """
        if name == CALL_TOOL:
            inner = _object(arguments)
            called = inner.get("name") if inner is not None else None
            if isinstance(called, str) and inner is not None and not self._wrong(called, inner.get("arguments")):
                return called, _object(_given(inner.get("arguments")))
        elif name in self.held and name not in OURS and self._wrong(name, arguments):
            return CALL_TOOL, {"name": name, "arguments": arguments}
        return name, arguments

    def answer(self, name: str, arguments: Any, max_tokens: int) -> str:
        """The answer to a call of ours, within a number of tokens. It is valid UTF-8."""
        text = self._found(arguments, max_tokens) if name == FIND_TOOL else self._refused(arguments, max_tokens)
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")

    def _text(self, name: str) -> str:
        return self._definitions[name].text if name in self._definitions else ""

    def _wrong(self, name: str, arguments: Any) -> list[str]:
        """Why a call cannot be passed on; [] if it can."""
        if name not in self._definitions:
            return [f"no tool has the name {_quoted(name)}"]
        given = _object(_given(arguments))
        if given is None:
            return ["arguments is no JSON object"]
        return errors_of(self._definitions[name].schema, given)

    def _found(self, arguments: Any, max_tokens: int) -> str:
        given = _object(arguments)
        query = given.get("query") if given is not None else None
        if not isinstance(query, str) or not query.strip():
            return _EMPTY
        ranked = self._index.ranked(query)
        if not ranked:
            return f"No tool matches. Try other words, or names of tools.{self._near(query)}"
        measure = measure_for("", None)
        room = max_tokens - _HINT_TOKENS
        shown: list[str] = []
        for definition in ranked[: tuning.WEIGHTS.found_tools]:
            text = dumps({"name": definition.name}) if definition.name in self._whole else definition.text
            if measure.count(text) > room:
                text = _summary(definition) if not shown else ""
            if not text or measure.count(text) > room:
                break
            room -= measure.count(text)
            shown.append(text)
        others = [one.name for one in ranked[len(shown) :]][: tuning.WEIGHTS.named_tools]
        hints = [self._hint([one.name for one in ranked[: len(shown)]])] if shown else []
        hints += [f"Other tools that match: {', '.join(others)}."] if others else []
        return _bounded("\n".join([*shown, *hints]), measure, max_tokens)

    def _hint(self, names: Sequence[str]) -> str:
        """How the tools that were found are called."""
        deferred = [name for name in names if name not in self._offered]
        direct = [name for name in names if name in self._offered]
        hints = [f"Call {', '.join(deferred)} with {CALL_TOOL}."] if deferred else []
        return " ".join([*hints, *([f"{', '.join(direct)} can be called directly."] if direct else [])])

    def _refused(self, arguments: Any, max_tokens: int) -> str:
        given = _object(arguments)
        name = given.get("name") if given is not None else None
        if given is None or not isinstance(name, str):
            return f'Nothing was called. Pass {{"name": "NAME", "arguments": "{{…}}"}} to {CALL_TOOL}.'
        if name not in self._definitions:
            return f"Nothing was called: no tool has the name {_quoted(name)}.{self._near(name)} {_EMPTY}"
        wrong = "\n".join(f"- {one}" for one in self._wrong(name, given.get("arguments")))
        definition = self._definitions[name]
        how = f"Correct the arguments and call {CALL_TOOL} again." if wrong else "Call it once more."
        text = f"{name} was not called, because its arguments do not fit its definition:\n{wrong}\n{how}"
        measure = measure_for("", None)
        whole = f"{text}\n{definition.text}"
        return whole if measure.count(whole) <= max_tokens else _bounded(text, measure, max_tokens)

    def _near(self, name: str) -> str:
        near = difflib.get_close_matches(name[:_QUOTED_CHARACTERS], list(self._definitions), _NEAR)
        return f" Did you mean {' or '.join(near)}?" if near else ""


def toolbox_of(tools: Sequence[Tool] | None, sent: Sequence[Tool] | None) -> Toolbox | None:
    """The toolbox of a request, given the caller's tools and those that are sent; None if no tool is deferred.

    >>> toolbox_of([{"name": "a", "input_schema": {}}], [{"name": "a", "input_schema": {}}]) is None
    True
    """
    offered = [name for tool in sent or () for name in names_of(tool)]
    given = {name for tool in tools or () for name in names_of(tool)}
    return Toolbox(tools or (), sent or ()) if FIND_TOOL in offered and FIND_TOOL not in given else None


def _object(value: Any) -> Mapping[str, Any] | None:
    """A JSON object that a model wrote, perhaps as a text; None if it is none."""
    value = unwrapped(value)
    return value if isinstance(value, Mapping) else None


def _given(arguments: Any) -> Any:
    """The arguments of a call. A tool without parameters is often called with none."""
    return {} if arguments is None or (isinstance(arguments, str) and not arguments.strip()) else arguments


def _summary(definition: Definition) -> str:
    """A definition that is too long as a whole: its name, its description and its parameters' names."""
    properties = (definition.schema or {}).get("properties")
    names = list(properties) if isinstance(properties, Mapping) else []
    described = first_words(definition.description, _SHORT_CHARACTERS)
    return dumps({"name": definition.name, "description": described, "parameters": names})


def _quoted(name: str) -> str:
    return repr(name if len(name) <= _QUOTED_CHARACTERS else f"{name[:_QUOTED_CHARACTERS]}…")


def _bounded(text: str, measure: Measure, most: int) -> str:
    """A text of at most ``most`` tokens: lines at the end go first."""
    lines = text.split("\n")
    while len(lines) > 1 and measure.count("\n".join(lines)) > most:
        lines.pop()
    text = "\n".join(lines)
    while measure.count(text) > most and len(text) > 1:
        text = text[: len(text) // 2] + "…"
    return text
