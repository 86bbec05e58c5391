"""The tools that a conversation uses: which it has called, which the model still knows, and what a request offers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ..errors import warn
from ..messages.must_stay import task_of
from ..messages.search_tools import FIND_TOOL
from ..responses import calls_of
from ..result import Compressed
from ..tokens.measure import Measure
from ..types import Conversation, Message, Tool, Turn
from .offers import Offer, offer

_TASK_CHARACTERS = 4_000  # characters of the task that are read, which bounds the time


def called_in(messages: Sequence[Message]) -> list[str]:
    """The names of the tools that messages call, in order.

    >>> called_in([{"role": "assistant", "content": [{"type": "tool_use", "id": "a", "name": "read", "input": {}}]}])
    ['read']
    """
    return [call.name for message in messages for call in calls_of(message)]


def without_found(names: Sequence[str], turns: Sequence[Turn]) -> list[str]:
    """Those names whose definitions are not in the answers to earlier searches."""
    answers = [block.text for turn in turns for block in turn.blocks if block.call.startswith(FIND_TOOL)]
    return [name for name in names if not any(f'"name": "{name}"' in text for text in answers)]


def task_text(turns: Sequence[Turn]) -> str:
    """The text of the task, which is the same in every turn of a conversation; "" if there is none."""
    at = task_of(turns)
    texts = [] if at is None else [block.instruction for block in turns[at].blocks if not block.call]
    return "\n".join(texts)[:_TASK_CHARACTERS]


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
        called = called_in(self.messages)
        found = offer(
            self.tools,
            self.given.shape,
            self.budget,
            self.measure.count,
            keep=self.keep,
            called=called if compacts else without_found(called, turns),
            query=task_text(turns) if self.query is None else self.query,
            before=() if previous is None else previous.tool_decisions,
        )
        if found.over_tokens:
            warn(
                "The tool_budget of %d tokens was missed by %d. result.tool_decisions says which tools are whole.",
                self.budget,
                found.over_tokens,
            )
        return found
