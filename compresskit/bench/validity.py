"""Whether a request is one that a provider takes: calls and results in pairs, no empty text, speakers in turn.

It judges by the turns that every shape is read into, so it says less than the rules of a single provider do.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from itertools import pairwise

from ..types import Turn

_SPEAKERS = ("user", "assistant")


def faults(before: Sequence[Turn], after: Sequence[Turn]) -> list[str]:
    """The faults that the request before did not have, each as often as it is new."""
    return sorted((Counter(_found(after)) - Counter(_found(before))).elements())


def _found(turns: Sequence[Turn]) -> list[str]:
    found = []
    open_calls: set[str] = set()
    made: Counter[str] = Counter()
    for turn in turns:
        for answered in turn.answers:
            if answered not in open_calls:
                found.append("a result without its call")
            open_calls.discard(answered)
        made.update(turn.calls)
        open_calls.update(turn.calls)
        found += ["an empty text" for block in turn.blocks if not block.text.strip()]
    last = set(turns[-1].calls) if turns else set()
    found += ["a call without its result" for _ in open_calls - last]
    found += ["an id twice" for times in made.values() for _ in range(times - 1)]
    found += ["the same speaker twice" for one, other in pairwise(turns) if _said_twice(one, other)]
    return found


def _said_twice(one: Turn, other: Turn) -> bool:
    tied = one.calls or one.answers or other.calls or other.answers or other.joined
    return one.role == other.role and one.role in _SPEAKERS and not tied
