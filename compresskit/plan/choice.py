"""The outcome of a choice: the messages that fold, the segments that are kept, and the words in markers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import NamedTuple

FOLD = -1  # instead of the number of a candidate, it means the fold of the group whose number replaces the segment's

Words = Mapping[int, Mapping[int, Sequence[str]]]  # by candidate and by segment that is left out; or by FOLD and group
NO_WORDS: Words = MappingProxyType({})


class Hints(NamedTuple):
    """Words in markers about the text that they replace."""

    signatures: Words = NO_WORDS
    names: Words = NO_WORDS


class Choice(NamedTuple):
    """The form of everything. Groups and candidates are numbered in order."""

    folded: frozenset[int]  # groups that fold
    opened: frozenset[int]  # groups that are shown, or quoted within their fold
    kept: Mapping[int, frozenset[int]]  # kept segments by candidate; a candidate without any is missing
    entities: frozenset[int]  # entities that can be read
    tokens: int  # estimate for all messages, without hints
    bare: bool  # whether stubs are the shortest ones
    hints: Hints = Hints()

    def kept_of(self, number: int) -> frozenset[int]:
        """The kept segments of a candidate."""
        return self.kept.get(number, frozenset())
