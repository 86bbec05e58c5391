"""Chooses which definitions are offered whole, which shortened and which deferred, and writes the tools of a request.

Tools are at the front of every provider's cached prefix, so a change of them makes the whole prefix new. So the choice
does not depend on what a model finds or calls: found definitions are the text of an answer, and are called through a
tool that never changes. The choice is made anew only if the caller's tools change, or if the conversation is compacted,
which makes the prefix new in any case. Then the tools that were called come first.

Sources: platform.claude.com, "Tool use with prompt caching"; developers.openai.com, "Tool search". Both put what was
found behind the conversation, and leave the list of tools as it is.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from .._json import dumps
from ..errors import warn
from ..messages.must_stay import task_of
from ..messages.retrieval_tool import OURS
from ..messages.search_tools import FIND_TOOL, call_function, find_function
from ..messages.shapes import SHAPES
from ..messages.tools import appended, declarations, names_of
from ..responses import calls_of
from ..result import Compressed, ToolAction, ToolDecision
from ..tokens.measure import Measure
from ..types import Conversation, Message, Tool, Turn
from . import weights as tuning
from .definitions import Definition, definitions_of
from .search import Index
from .shortening import shortened

_GROUP_END = "_-"  # signs that end the first word of a name
_TASK_CHARACTERS = 4_000  # characters of the task that are read, which bounds the time


@dataclass(frozen=True)
class Offer:
    """The tools of a request within a budget.

    Attributes:
        tools: The tools to send.
        decisions: One for each definition that could be shortened or deferred; empty if the tools are as they were.
        saved_tokens: The tokens that the tools cost less.
        over_tokens: The tokens that they cost above the budget.
        costs: The tokens of the request beside its messages, without and with our tool, as far as they were counted.
    """

    tools: list[Tool]
    decisions: tuple[ToolDecision, ...] = ()
    saved_tokens: int = 0
    over_tokens: int = 0
    costs: dict[bool, int] = field(default_factory=dict, repr=False, compare=False)


def offer(
    tools: Sequence[Tool],
    shape: str,
    budget: int,
    count: Callable[[str], int],
    *,
    keep: Collection[str] = (),
    called: Sequence[str] = (),
    query: str = "",
    before: Sequence[ToolDecision] = (),
) -> Offer:
    """The tools within a budget of tokens. Tools within the budget stay as they are.

    Args:
        tools: The caller's tools, in any shape.
        shape: The name of the shape.
        budget: The tokens that all tools may cost together, with ours.
        count: Counts the tokens of a text.
        keep: Names of tools that are offered whole whatever they cost.
        called: Names of tools that the conversation has called, the one that was called last at the end.
        query: What the conversation is about. Tools that match it come before others.
        before: The decisions of the turn before. They hold as long as the same tools are given and fit the budget.

    >>> offer([{"name": "today", "input_schema": {"type": "object"}}], "anthropic", 100, len).decisions
    ()
    """
    whole = _cost(tools, count)
    if whole <= budget or any(name in OURS for tool in tools for name in names_of(tool)):
        return Offer(list(tools))
    definitions = definitions_of(tools)
    if not definitions:
        return Offer(list(tools), over_tokens=whole - budget)
    choice = _Choice(tools, shape, budget, count, definitions)
    actions = choice.kept(before, keep) or choice.made(keep, called, query)
    written = choice.written(actions)
    cost = _cost(written, count)
    if cost >= whole:
        return Offer(list(tools), over_tokens=whole - budget)
    decisions = choice.decisions(actions, before, keep, called)
    return Offer(written, decisions, whole - cost, max(0, cost - budget))


class _Choice:
    """One choice: the definitions with their costs."""

    def __init__(
        self,
        tools: Sequence[Tool],
        shape: str,
        budget: int,
        count: Callable[[str], int],
        definitions: Sequence[Definition],
    ) -> None:
        self._tools, self._shape, self._budget, self._count = tools, shape, budget, count
        self._definitions = definitions
        self._short = {one.name: shortened(one) for one in definitions}
        self._whole_tokens = {one.name: count(dumps(one.place.raw)) for one in definitions}
        self._short_tokens = {
            name: min(count(dumps(short)), self._whole_tokens[name]) for name, short in self._short.items()
        }

    def kept(self, before: Sequence[ToolDecision], keep: Collection[str]) -> dict[str, ToolAction] | None:
        """The actions of the turn before, if they hold for these tools; None if they do not."""
        actions: dict[str, ToolAction] = {row.name: row.action for row in before}
        if not actions or actions.keys() != {one.name for one in self._definitions}:
            return None
        forced = {name: actions[name] for name in keep if name in actions and actions[name] != "whole"}
        actions |= dict.fromkeys(forced, "whole")
        fits = _cost(self.written(actions), self._count) <= self._budget
        return actions if fits or forced else None

    def made(self, keep: Collection[str], called: Sequence[str], query: str) -> dict[str, ToolAction]:
        """A new choice: as many tools as possible in some form, then as many as possible whole."""
        actions: dict[str, ToolAction] = {
            one.name: "whole" if one.name in keep else "deferred" for one in self._definitions
        }
        latest = [name for name in dict.fromkeys(reversed(called)) if actions.get(name) == "deferred"]
        matching = [one.name for one in Index(self._definitions).ranked(query)] if query else []
        order = [name for name in dict.fromkeys([*latest, *matching, *actions]) if actions[name] == "deferred"]
        left = self._budget - _cost(self.written(actions), self._count)
        for name in latest:
            left = self._bought(actions, name, "whole", left)
        for name in order:
            if actions[name] == "deferred":
                left = self._bought(actions, name, "shortened", left)
        for name in order:
            left = self._bought(actions, name, "whole", left)
        return self._corrected(actions, [name for name in order if actions[name] != "deferred"])

    def _corrected(self, actions: dict[str, ToolAction], order: list[str]) -> dict[str, ToolAction]:
        """Defers the last tools of an order, as long as the tools as they are written cost too much.

        Names that are no longer in a group may cost more than what was counted for single tools.
        """
        while order and (over := _cost(self.written(actions), self._count) - self._budget) > 0:
            while order and over > 0:
                name = order.pop()
                over -= self._tokens(name, actions[name])
                actions[name] = "deferred"
        return actions

    def _bought(self, actions: dict[str, ToolAction], name: str, action: ToolAction, left: int) -> int:
        """Gives a tool another action if it fits, and returns the tokens that are left."""
        price = self._tokens(name, action) - self._tokens(name, actions[name])
        if price > left:
            return left
        actions[name] = action
        return left - price

    def _tokens(self, name: str, action: ToolAction) -> int:
        costs: Mapping[ToolAction, int] = {
            "whole": self._whole_tokens[name],
            "shortened": self._short_tokens[name],
            "deferred": 0,  # its name is counted as long as it is listed, so that there is room for some error
        }
        return costs[action]

    def written(self, actions: Mapping[str, ToolAction]) -> list[Tool]:
        """The tools to send: those of the caller in their order, and ours behind them."""
        places = {(one.place.tool, one.place.at): one.name for one in self._definitions}
        found: list[Tool] = []
        for number, tool in enumerate(self._tools):
            listed = declarations(tool)
            if listed is None:
                found += self._form((number, None), tool, places, actions)
                continue
            field, given = listed
            left = [new for at, one in enumerate(given) for new in self._form((number, at), one, places, actions)]
            if left:
                found.append({**tool, field: left})
        deferred = [one.name for one in self._definitions if actions[one.name] == "deferred"]
        functions = [find_function(self._listed(deferred))]
        if deferred:
            functions.append(call_function())
        ours = [SHAPES[self._shape].declare(json.loads(json.dumps(function))) for function in functions]
        return appended(found, ours)

    def _form(
        self,
        place: tuple[int, int | None],
        raw: Any,
        places: Mapping[tuple[int, int | None], str],
        actions: Mapping[str, ToolAction],
    ) -> list[Any]:
        """A declaration in its form: none if it is deferred."""
        name = places.get(place)
        action = "whole" if name is None else actions[name]
        if name is None or action == "whole":
            return [raw]
        return [self._short[name]] if action == "shortened" else []

    def _listed(self, deferred: Sequence[str]) -> str:
        """The names of the deferred tools; with too many of them, the first words of their names, or their number."""
        names = ", ".join(deferred)
        room = self._budget * tuning.WEIGHTS.max_names_share
        if not deferred or self._count(names) <= room:
            return names
        groups: dict[str, int] = {}
        for name in deferred:
            cut = min((at + 1 for sign in _GROUP_END if (at := name.find(sign)) > 0), default=len(name))
            groups[name[:cut]] = groups.get(name[:cut], 0) + 1
        grouped = ", ".join(f"{group}… ({number})" for group, number in groups.items())
        return grouped if self._count(grouped) <= room else f"{len(deferred)}"

    def decisions(
        self,
        actions: Mapping[str, ToolAction],
        before: Sequence[ToolDecision],
        keep: Collection[str],
        called: Sequence[str],
    ) -> tuple[ToolDecision, ...]:
        """The account of a choice. The reason of the turn before holds as long as its action does."""
        used = frozenset(called)
        reasons = {(row.name, row.action): row.why for row in before}
        rows = []
        for name, action in actions.items():
            why = reasons.get((name, action)) or _why(name, action, keep, used)
            rows.append(ToolDecision(name, action, self._whole_tokens[name], self._tokens(name, action), why))
        return tuple(rows)


def _why(name: str, action: ToolAction, keep: Collection[str], called: Collection[str]) -> str:
    if action == "deferred":
        return "the model finds it by a search"
    if name in keep:
        return "named by keep_tools or by the tool_choice"
    reason = "called before" if name in called else "fits the budget"
    return reason if action == "whole" else f"{reason} in fewer words"


def _cost(tools: Sequence[Tool], count: Callable[[str], int]) -> int:
    return sum(count(dumps(tool)) for tool in tools)


@dataclass(frozen=True)
class Offers:
    """The tools of a request within their budget, as the turn before offered them or chosen anew.

    Attributes:
        tools, budget, keep: The caller's tools, and the options for them.
        messages, given: The caller's messages, and as they are read.
        query: As for ``compress``.
        measure: Counts tokens.
    """

    tools: list[Tool]
    budget: int | None
    keep: Sequence[str]
    messages: list[Message]
    given: Conversation
    query: str | None
    measure: Measure

    def compacted(self, previous: Compressed | None, made: Offer) -> Offer:
        """The tools to send with a compaction: all tools that were called may be whole, since the prefix is new."""
        return made if previous is None else self.made(None, compacts=True)

    def made(self, previous: Compressed | None, compacts: bool = False) -> Offer:
        """The tools to send: as the turn before offered them, if the same tools are given."""
        if self.budget is None or not self.tools:
            return Offer(self.tools)
        turns = self.given.turns
        called = [call.name for message in self.messages for call in calls_of(message)]
        found = offer(
            self.tools,
            self.given.shape,
            self.budget,
            self.measure.count,
            keep=self.keep,
            called=called if compacts else _without_found(called, turns),
            query=_task_text(turns) if self.query is None else self.query,
            before=() if previous is None else previous.tool_decisions,
        )
        if found.over_tokens:
            warn(
                "The tool_budget of %d tokens was missed by %d. result.tool_decisions says which tools are whole.",
                self.budget,
                found.over_tokens,
            )
        return found


def _without_found(names: Sequence[str], turns: Sequence[Turn]) -> list[str]:
    """Those names whose definitions are not in the answers to earlier searches."""
    answers = [block.text for turn in turns for block in turn.blocks if block.call.startswith(FIND_TOOL)]
    return [name for name in names if not any(f'"name": "{name}"' in text for text in answers)]


def _task_text(turns: Sequence[Turn]) -> str:
    """The text of the task, which is the same in every turn of a conversation; "" if there is none."""
    at = task_of(turns)
    texts = [] if at is None else [block.instruction for block in turns[at].blocks if not block.call]
    return "\n".join(texts)[:_TASK_CHARACTERS]
