"""The outcome of a choice: which messages fold, which segments are kept, and what the markers name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import NamedTuple

FOLD = -1  # in the place of a candidate: the fold of a group, whose number is in the place of a segment

Words = Mapping[int, Mapping[int, Sequence[str]]]  # by candidate and by segment that is left out; or by FOLD and group
NO_WORDS: Words = MappingProxyType({})


class Hints(NamedTuple):
    """Words in markers about the text that they replace."""

    signatures: Words = NO_WORDS
    names: Words = NO_WORDS


class Choice(NamedTuple):
    """The form of everything. Groups and candidates are numbered in order."""

    folded: frozenset[int]  # groups
    opened: frozenset[int]  # groups that are shown, or quoted within their fold
    kept: Mapping[int, frozenset[int]]  # segments by candidate; a candidate without kept segments is missing
    entities: frozenset[int]  # that can be read
    tokens: int  # estimate for all messages, without hints
    bare: bool  # whether stubs are the shortest ones
    hints: Hints = Hints()

    def kept_of(self, number: int) -> frozenset[int]:
        """The kept segments of a candidate."""
        return self.kept.get(number, frozenset())
