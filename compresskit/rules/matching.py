"""Finds the rule of each text of a conversation. It decides nothing about the text."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fnmatch import fnmatchcase
from functools import cached_property

from ..content import Detected, detect
from ..content.alarm import alarms
from ..types import Block, Place, Treatment, Turn
from .hooks import role_and_tool
from .rule import KINDS, Rule


def treatments(
    turns: Sequence[Turn], rules: Sequence[Rule], model: str, count: Callable[[str], int]
) -> dict[Place, Treatment]:
    """The treatment of each text that a rule matches: by the index of its message and its path there.

    Args:
        turns: The conversation.
        rules: The rules. The first one that matches a text counts.
        model: The model that the request is for.
        count: Counts the tokens of a text. It is only asked if a rule has a bound on the size.
    """
    found: dict[Place, Treatment] = {}
    here = [(number, rule) for number, rule in enumerate(rules) if _is_named(model, rule.model)]
    if not here:
        return found
    behind = 0  # messages of the assistant behind a text
    for turn in reversed(turns):
        for block in turn.blocks:
            text = _Text(turn, block, behind, count)
            for number, rule in here:
                if text.matches(rule):
                    found[block.place] = Treatment(number, rule.action, rule.max_tokens, rule.title)
                    break
        behind += turn.role == "assistant" and not turn.joined
    return found


class _Text:
    """One text with its properties, which are computed when a rule first asks for them."""

    def __init__(self, turn: Turn, block: Block, behind: int, count: Callable[[str], int]) -> None:
        self._block, self._behind, self._count = block, behind, count
        self._role, self._tool = role_and_tool(turn, block)

    def matches(self, rule: Rule) -> bool:
        """Whether all conditions of a rule hold. Those that need the whole text come last."""
        block = self._block
        return (
            (rule.role is None or rule.role == self._role)
            and (rule.older_than is None or self._behind > rule.older_than)
            and _is_named(self._tool, rule.tool)
            and _is_named(block.call, rule.call)
            and (rule.larger_than is None or self._is_larger(rule.larger_than))
            and (rule.smaller_than is None or not self._is_larger(rule.smaller_than - 1))
            and (rule.path is None or _is_named(self._detected.path, rule.path))
            and (rule.kind is None or self._detected.kind in KINDS[rule.kind])
            and (rule.contains is None or rule.contains.lower() in self._lower)
            and (rule.failing is None or rule.failing == alarms(block.text))
        )

    def _is_larger(self, tokens: int) -> bool:
        text = self._block.text  # a token has a byte or more
        return len(text.encode("utf-8", "replace")) > tokens and self._count(text) > tokens

    @cached_property
    def _detected(self) -> Detected:
        return detect(self._block.text, self._block.call)

    @cached_property
    def _lower(self) -> str:
        return self._block.text.lower()


def _is_named(name: str, patterns: str | Sequence[str] | None) -> bool:
    """Whether a name matches one of the patterns; without patterns, every name does. No name matches no pattern."""
    return patterns is None or (bool(name) and any(fnmatchcase(name, pattern) for pattern in patterns))
