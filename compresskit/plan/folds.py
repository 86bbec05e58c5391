"""An exchange within a fold: what telling of it costs, and the lines that are told."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise

from ..markers.excerpts import short_excerpt
from ..markers.fold_quotes import always_told, extract, quoted
from ..markers.wording import BESIDE_FOLD
from ..messages.parts import MESSAGE_TOKENS
from ..tokens.measure import Measure
from .candidates import Entry
from .knapsack import Piece

_ROLE = 2  # tokens of a line that says who said it, as an estimate
_GAP = 2  # tokens of a line that stands for what is left out, as an estimate


def beside_cost(measure: Measure) -> int:
    """Tokens of the message that stands before or behind some folds."""
    return MESSAGE_TOKENS + measure.count(BESIDE_FOLD)


def price_told(entry: Entry, role: str, measure: Measure) -> int:
    """Gives an entry the piece that it has within a fold; returns the tokens of what is told of it in any case."""
    segments, source = entry.split.segments, entry.source
    entry.tokens = measure.count(entry.block.text)
    entry.piece = None
    entry.described = entry.bare = ("", 0)
    lines = always_told(entry.block, role)
    if segments:
        marks = measure.tally(source).at([segment.start for segment in segments] + [len(source)])
        costs = [after - before for before, after in pairwise(marks)]
        above = (measure.count(entry.head) if entry.head else 0) + (0 if lines else _ROLE)
        whole = above + marks[-1] + 1
        entry.piece = Piece(whole, 0, above, _GAP, _GAP, costs, entry.values, entry.facts, entry.stale, entry.picked)
    return measure.count("\n".join([*lines, ""])) if lines else 0


def told_lines(entries: Sequence[Entry], told: Mapping[int, str]) -> list[str]:
    """What a fold tells of its texts; ``told`` has the roles of the messages that it tells of, by index."""
    lines: list[str] = []
    for entry in entries:
        if entry.block.message in told:
            kept = entry.piece.kept if entry.piece is not None else set()
            rows = short_excerpt(entry.source, entry.split.segments, kept, quoted) if kept else ""
            lines += extract(entry.block, told[entry.block.message], quoted(entry.head), rows)
    return lines
