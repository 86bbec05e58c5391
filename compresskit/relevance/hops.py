"""Second hops: a text that the best hits name matters too, though the query never says its name.

A hit on "Rush" that mentions Neil Peart makes the passage titled "Neil Peart" relevant, and a function that
the issue is about makes those relevant that it calls.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from .words import STOP_WORDS, words

_ROUNDS = 2  # a hop from the hits, and one from where it led
_HITS = 12  # the best segments of a round
_TITLE = 0.5  # of a hit's value goes to what is called by the title that it names
_DEFINITION = 0.25  # and to the definition: names of functions are less telling than titles
_LEAST_NAME = 4  # characters
_MOST_TITLE = 80
_ASIDE = re.compile(r"\s*\([^)]*\)\s*$")  # "Mercury (planet)" is named as Mercury


def hop(texts: Sequence[str], names: Sequence[str], values: Sequence[float]) -> list[float]:
    """The values of segments, raised where better ones name them.

    Args:
        texts: of the segments.
        names: what each stands for, as its splitter says; "" where it does not.
        values: of the segments, before.

    >>> hop(["Rush's drummer was Neil Peart.", "Neil Peart\\nBorn 1952.", "Toto\\nA band."], [""] * 3, [1.0, 0.1, 0.1])
    [1.0, 0.6, 0.1]
    """
    raised = list(values)
    index = _Index(texts, names)
    seen: set[int] = set()
    for _ in range(_ROUNDS):
        best = [number for number in _best(raised, _HITS + len(seen)) if number not in seen][:_HITS]
        seen.update(best)
        gained: dict[int, float] = {}
        for number in best:
            for target, share in index.named_in(texts[number]):
                if target != number:
                    gained[target] = max(gained.get(target, 0.0), share * raised[number])
        for target, gain in gained.items():
            raised[target] = values[target] + max(gain, raised[target] - values[target])
    return raised


def _best(values: Sequence[float], count: int) -> list[int]:
    import heapq

    return heapq.nsmallest(count, range(len(values)), key=lambda number: (-values[number], number))


class _Index:
    """What the segments are called, by first word."""

    def __init__(self, texts: Sequence[str], names: Sequence[str]) -> None:
        self._called: dict[str, list[tuple[int, float]]] = {}
        for number, text in enumerate(texts):
            for name in _titles(text):
                self._called.setdefault(name, []).append((number, _TITLE))
            for name in _definitions(names[number]):
                self._called.setdefault(name, []).append((number, _DEFINITION))
        self._by_word: dict[str, list[str]] = {}
        for name in self._called:
            first = next(iter(words(name)), "")
            if first:
                self._by_word.setdefault(first, []).append(name)

    def named_in(self, text: str) -> list[tuple[int, float]]:
        """Segments that a text names, and the share of its value that goes to them: less where many have the name."""
        found = []
        for word in self._by_word.keys() & set(words(text)):
            for name in self._by_word[word]:
                if name in text:
                    called = self._called[name]
                    found += [(number, share * len(called) ** -0.5) for number, share in called]
        return found


def _titles(text: str) -> list[str]:
    """The first line of a text, where it could be a title."""
    end = text.find("\n", 0, _MOST_TITLE + 1)
    title = _ASIDE.sub("", text[: max(end, 0)].strip("# *"))
    if len(title) < _LEAST_NAME or title[-1] in ".,;:?!" or title.islower() or title.lower() in STOP_WORDS:
        return []
    return [title]


def _definitions(name: str) -> list[str]:
    """The last parts of the names of definitions."""
    parts = (part.rsplit(".", 1)[-1].strip() for part in name.split(", ")) if name else ()
    return [part for part in parts if len(part) >= _LEAST_NAME and part.isidentifier() and not part.startswith("__")]
