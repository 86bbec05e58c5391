"""Where a shrunk text takes the place of an excerpt: the view that a shrinker gives, chosen block by block.

An excerpt has its tokens already. A shrunk text of at most as many takes its place where what matters is spread over
the block, so that the excerpt leaves much of it out. So the plan's target holds whatever a shrinker does.
"""

from __future__ import annotations

from typing import NamedTuple

from .markers import Keys, Wording
from .pieces import Entry, Layout
from .protect import task_of
from .shrink.view import Outcome, Shrinking, shrunk
from .tokens import Measure
from .types import Shrinker, Turn
from .write import Place, excerpt

# What a shrunk text still says of all that the block is worth. An excerpt that keeps more of it stays.
_FIDELITY = 0.7
_QUERY_CHARACTERS = 4_000
_SLACK = 2  # tokens by which the marker may cost more where it stands than by itself


class Found(NamedTuple):
    """Shrunk texts by the place of their block; and for blocks that have none, why."""

    shrunk: dict[Place, str]
    reasons: dict[Place, str]


class _Candidate(NamedTuple):
    place: Place
    text: str
    marker: str
    least: int  # tokens of its stub: what costs less would undercut the plan's floor
    most: int  # tokens of its excerpt


class Shortening:
    """A shrinker at work within one call of compress(): the same text and budget are asked for once."""

    def __init__(self, shrinker: Shrinker | Shrinking, turns: list[Turn], query: str | None, measure: Measure) -> None:
        self._with = shrinker if isinstance(shrinker, Shrinking) else Shrinking(shrinker)
        self._query = (_asked(turns) if query is None else query)[-_QUERY_CHARACTERS:]
        self._measure = measure
        self._known: dict[tuple[str, int], Outcome] = {}

    def found(self, layout: Layout, keys: Keys, wording: Wording) -> Found | None:
        """Shrunk texts for the excerpts of a plan, None where no excerpt is a case for it."""
        candidates = self._candidates(layout, keys, wording)
        if not candidates:
            return None
        count = self._measure.count
        blocks = [(one.text, one.most - count(one.marker + "\n") - _SLACK) for one in candidates]
        fresh = [block for block in dict.fromkeys(blocks) if block not in self._known]
        own = self._with
        if fresh:
            outcomes = shrunk(fresh, self._query, own.shrinker, self._measure, own.store, own.max_seconds)
            self._known.update(zip(fresh, outcomes, strict=True))
        texts: dict[Place, str] = {}
        reasons: dict[Place, str] = {}
        for one, block in zip(candidates, blocks, strict=True):
            outcome = self._known[block]
            if outcome.text is None:
                reasons[one.place] = outcome.reason
            elif not one.least <= count(f"{one.marker}\n{outcome.text}") <= one.most:
                reasons[one.place] = "the shrunk text says too little"
            else:
                texts[one.place] = outcome.text
        return Found(texts, reasons)

    def _candidates(self, layout: Layout, keys: Keys, wording: Wording) -> list[_Candidate]:
        shown = {id(piece) for group in layout.groups if not group.folded for piece in group.pieces}
        found = []
        for entry in layout.entries:
            piece = entry.piece
            if piece is None or id(piece) not in shown or not piece.kept or piece.whole or entry.short:
                continue
            if _share(entry, piece.kept) >= _FIDELITY:
                continue
            text, key = entry.block.text, keys.name(entry.block.text)
            most = self._measure.count(excerpt(text, entry.split.segments, piece.kept, key, wording))
            place = entry.block.message, entry.block.path
            found.append(_Candidate(place, text, wording.shortened(key), piece.stub, most))
        return found


def _share(entry: Entry, kept: set[int]) -> float:
    """How much of what a block is worth its kept segments have."""
    whole = sum(entry.values)
    return sum(entry.values[segment] for segment in kept) / whole if whole else 0.0


def _asked(turns: list[Turn]) -> str:
    """What the conversation is about, as text: the task and the last user message."""
    last = next((turn.index for turn in reversed(turns) if turn.human), None)
    places = dict.fromkeys(index for index in (task_of(turns), last) if index is not None)
    return "\n".join(block.text for index in places for block in turns[index].blocks if not block.call)
