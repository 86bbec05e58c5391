"""Candidates: the texts that the budget chooses among, with everything about them but costs. They are values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import NamedTuple

from ..content import Segment, Split
from ..markers.restore import ShortTexts
from ..relevance.rows import Row, cut
from ..tokens.measure import Measure
from ..types import Block, Message, Treatment, Turn
from .groups import Atom
from .nesting import Element

CODE = frozenset({"python", "code"})  # kinds of text with signatures
NO_ENTITIES: frozenset[int] = frozenset()
WHOLE = Split("text", [])  # of a text that is not split


class Candidate(NamedTuple):
    """One block with all its properties besides costs."""

    block: Block
    protected: str  # the reason why it must not change; "" if it may
    rule: Treatment | None = None  # what a rule of the caller says about the block
    split: Split = WHOLE  # without segments if the block is protected or small
    must: frozenset[int] = frozenset()  # segments that are kept whenever the block is shown
    elements: Sequence[Element] = ()  # parts between lines of tags or fences
    values: Sequence[float] = ()  # values of the segments
    entities: Sequence[frozenset[int]] = ()  # numbers of the entities of each segment
    form: str = ""  # name of the compact form
    short: str = ""  # text of the compact form without its head: the segments are segments of it
    head: str = ""  # beginning of the compact form, which precedes any kept part of it
    lines: Sequence[int] = ()  # numbers in the text of the lines of a compact form that has no others
    shares: Sequence[float] = ()  # certainty, for each segment, that the question means it; empty if it picks no row
    picked: frozenset[int] = frozenset()  # segments that the question means with the highest certainty
    again: str = ""  # a note for the stub if later texts repeat the whole text, or if it is out of date
    stale: int = 0  # 0 = current; stale texts are numbered from 1 (newest)

    @property
    def ruled_out(self) -> str:
        """Why it is one line, if a rule makes it one; else ""."""
        return f"rule: {self.rule.title}" if self.rule is not None and self.most == 0 else ""

    @property
    def most(self) -> int | None:
        """The tokens of its form, at most, besides what must stay of it; None without a rule that bounds them."""
        rule = self.rule
        if rule is None:
            return None
        if rule.action == "stub" or self.outlined or (rule.action == "drop_when_stale" and self.stale):
            return 0
        return rule.max_tokens

    @property
    def outlined(self) -> bool:
        """Whether a rule makes it code of which only the signatures are shown."""
        return self.rule is not None and self.rule.action == "signatures" and self.split.kind in CODE

    @property
    def source(self) -> str:
        """The text that the segments are segments of."""
        return self.short or self.block.text

    def segment_tokens(self, measure: Measure) -> list[int]:
        """Tokens of each segment."""
        offsets = [segment.start for segment in self.split.segments] + [len(self.source)]
        return [after - before for before, after in pairwise(measure.tally(self.source).at(offsets))]

    @property
    def optional(self) -> Sequence[Segment]:
        """The segments that may be left out."""
        return [segment for number, segment in enumerate(self.split.segments) if number not in self.must]


def with_rows(one: Candidate, rows: Sequence[Row]) -> Candidate:
    """A candidate in which each row is a segment of its own, before it has entities.

    ``shares`` has the shares of the rows.
    """
    parts, shares, origins = cut(one.split, rows)

    def within(old: frozenset[int]) -> frozenset[int]:
        return frozenset(number for number, origin in enumerate(origins) if origin in old)

    return one._replace(
        split=parts,
        shares=shares,
        picked=within(one.picked),
        values=[one.values[origin] for origin in origins] if one.values else (),
        must=within(one.must),
    )


class Judged(NamedTuple):
    """A conversation as candidates, in order, and the value of each atom apart from its larger texts."""

    messages: list[Message]
    turns: Sequence[Turn]
    atoms: Sequence[Atom]
    candidates: Sequence[Candidate]
    firsts: Sequence[int]  # the first candidate of each message, and the number of candidates
    relevance: Sequence[float]  # for each candidate, its best value or that of its atom, as decisions tell it
    values: Sequence[float]  # value of each atom, apart from its larger texts
    entities: Sequence[frozenset[int]]  # entities of each atom, apart from its larger texts
    weights: Sequence[float]  # weights of the entities, by number
    names: Mapping[int, str]  # names of the entities, by number; "" for those that mean nothing by themselves
    shown: frozenset[int]  # entities in protected texts
    acts: float  # how surely an agent's next step follows, which needs the entities, from 0 to 1
    short: ShortTexts  # what restore() would make again of its texts

    def of(self, first: int, last: int) -> range:
        """The numbers of the candidates in messages ``first`` to ``last``."""
        return range(self.firsts[first], self.firsts[last + 1])
