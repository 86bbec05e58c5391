"""Replaces excerpts by shrunk texts, block by block.

The budget has already given an excerpt its tokens. A shrunk text replaces it if it has at most as many tokens and keeps
more of the value, which happens if the value is spread over the block. So the target holds for any shrinker.
"""

from __future__ import annotations

from collections import Counter
from itertools import chain

from ..messages.must_stay import task_of
from ..relevance.terms import STOP_WORDS, unspaced, words
from ..shrink.checked import Outcome, Shrinking, shrunk
from ..tokens.measure import Measure
from ..types import Shrinker, Turn
from . import weights as tuning
from .costs import Costs
from .writer import Excerpt, Written

_QUERY_CHARACTERS = 4_000  # characters of the query that a shrinker is given
_SLACK = 2  # tokens that the marker may cost more in its place than by itself


class Shortening:
    """A shrinker within one call of compress(). It is asked only once for the same text and budget."""

    def __init__(self, shrinker: Shrinker | Shrinking, turns: list[Turn], query: str | None, measure: Measure) -> None:
        self._with = shrinker if isinstance(shrinker, Shrinking) else Shrinking(shrinker)
        self._query = (_asked(turns) if query is None else query)[-_QUERY_CHARACTERS:]
        self._measure = measure
        self._known: dict[tuple[str, int], Outcome] = {}

    def apply(self, written: Written, costs: Costs) -> Written:
        """The messages with shrunk texts in the place of those excerpts that they may replace."""
        count, wording = self._measure.count, costs.wording
        enough = tuning.WEIGHTS.max_shrunk_share
        found = [one for one in written.excerpts if _may_shrink(one, enough)]
        blocks = [
            (one.candidate.block.text, one.tokens - count(wording.shortened(one.key, "")) - _SLACK) for one in found
        ]
        self._ask(blocks)
        for one, block in zip(found, blocks, strict=True):
            text, _, reason = self._known[block]
            if text is None:
                written = written.explained(one, reason)
                continue
            tokens = count(wording.shortened(one.key, text))
            if tokens < one.floor:  # it would undercut the plan's floor
                written = written.explained(one, "the shrunk text says too little")
            elif tokens > one.tokens:
                written = written.explained(one, "the shrunk text is over its budget")
            elif not _must_shrink(one) and _share_of_shrunk(one, text) <= _share_of_excerpt(one):
                written = written.explained(one, "the excerpt keeps more of what matters")
            else:
                written = written.shortened(one, text, tokens, costs)
        return written

    def _ask(self, blocks: list[tuple[str, int]]) -> None:
        fresh = [block for block in dict.fromkeys(blocks) if block not in self._known]
        if fresh:
            own = self._with
            outcomes = shrunk(fresh, self._query, own.shrinker, self._measure, own.store, own.max_seconds)
            self._known.update(zip(fresh, outcomes, strict=True))


def _must_shrink(excerpt: Excerpt) -> bool:
    """Whether a rule wants a shrunk text, whatever an excerpt keeps."""
    rule = excerpt.candidate.rule
    return rule is not None and rule.action == "shrink"


def _may_shrink(excerpt: Excerpt, enough: float) -> bool:
    """Whether a shrunk text may replace an excerpt, which keeps less than ``enough`` of the value."""
    one = excerpt.candidate
    if one.must or (one.rule is not None and one.rule.action in ("verbatim", "excerpt")):
        return False
    return _must_shrink(excerpt) or _share_of_excerpt(excerpt) < enough


def _share_of_excerpt(excerpt: Excerpt) -> float:
    """The share of a block's value that its kept segments have."""
    values = excerpt.candidate.values
    whole = sum(values)
    return sum(values[segment] for segment in excerpt.kept) / whole if whole else 0.0


def _share_of_shrunk(excerpt: Excerpt, shrunk: str) -> float:
    """The share of a block's value that a shrunk text keeps: of each segment, by the share of its words that is left.

    A word counts less if many segments have it.
    """
    one, left = excerpt.candidate, _words(shrunk)
    whole = sum(one.values)
    if not whole:
        return 0.0
    segments = [_words(one.source[start:end]) for start, end, _ in one.split.segments]
    held = Counter(chain.from_iterable(segments))  # word -> number of segments that have it
    exponent = tuning.WEIGHTS.sentence_exponent  # half of the words carry less than half of the meaning
    kept_value = 0.0
    for value, found in zip(one.values, segments, strict=True):
        worth = sum(1 / held[word] for word in sorted(found))
        share = sum(1 / held[word] for word in sorted(found & left)) / worth if worth else 1.0
        kept_value += value * share**exponent
    return kept_value / whole


def _words(text: str) -> frozenset[str]:
    """The different words of a text, without stop words. Of scripts without spaces, the letters.

    >>> sorted(_words("The tower of 東京"))
    ['tower', '京', '東']
    """
    found = (word if unspaced(word[0]) else (word.lower(),) for word in words(text))
    return frozenset(chain.from_iterable(found)) - STOP_WORDS


def _asked(turns: list[Turn]) -> str:
    """The query of the conversation: the texts of the task and of the last user message."""
    last = next((turn.index for turn in reversed(turns) if turn.human), None)
    places = dict.fromkeys(index for index in (task_of(turns), last) if index is not None)
    return "\n".join(block.text for index in places for block in turns[index].blocks if not block.call)
