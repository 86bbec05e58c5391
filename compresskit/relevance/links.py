"""Second hops: a text that the best hits name matters too, though the query never says its name.

A hit on "Rush" that mentions Neil Peart makes the passage titled "Neil Peart" relevant, and a function that
the issue is about makes those relevant that it calls.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Sequence
from itertools import accumulate

from . import weights as tuning
from .document import Document
from .terms import STOP_WORDS, words

_UNTITLED = frozenset({"python", "code", "diff", "json", "log", "search"})  # kinds whose first lines are no titles
_IDENTIFIER = re.compile(r"\w+")
_ASIDE = re.compile(r"\s*\([^)]*\)\s*$")  # "Mercury (planet)" is named as Mercury


def hop(documents: Sequence[Document], values: Sequence[float]) -> list[float]:
    """The values of all segments of all documents in a row, raised where better ones name them.

    >>> from compresskit.content import Segment
    >>> rush, peart = "Rush's drummer was Neil Peart.", "Neil Peart\\nBorn 1952."
    >>> documents = [Document(text, [Segment(0, len(text), "")], "", 0.0) for text in (rush, peart, "Toto\\nA band.")]
    >>> hop(documents, [1.0, 0.1, 0.1])
    [1.0, 0.6, 0.1]
    """
    hits = tuning.WEIGHTS.hop_hits
    raised = list(values)
    index = _Index(documents)
    seen: set[int] = set()
    for _ in range(tuning.WEIGHTS.hop_rounds):
        ranked = sorted(range(len(raised)), key=raised.__getitem__, reverse=True)  # stable: the first of equals leads
        best = [number for number in ranked[: hits + len(seen)] if number not in seen][:hits]
        seen.update(best)
        gained: dict[int, float] = {}
        for number in best:
            for target, share in index.named_by(number):
                if target != number:
                    gained[target] = max(gained.get(target, 0.0), share * raised[number])
        for target, gain in gained.items():
            raised[target] = values[target] + max(gain, raised[target] - values[target])
    return raised


class _Index:
    """What the segments are called, by first word."""

    def __init__(self, documents: Sequence[Document]) -> None:
        self._documents = documents
        self._ends = list(accumulate(len(document.segments) for document in documents))
        self._called: dict[str, list[tuple[int, float]]] = {}
        titles: set[str] = set()
        of_title, of_definition = tuning.WEIGHTS.title_share, tuning.WEIGHTS.definition_share
        number = 0
        for text, segments, _, _, kind in documents:
            entitled = kind not in _UNTITLED
            for start, _, name in segments:
                if entitled and (title := _title(text, start)):
                    titles.add(title)
                    self._called.setdefault(title, []).append((number, of_title))
                for definition in _definitions(name) if name else ():
                    self._called.setdefault(definition, []).append((number, of_definition))
                number += 1
        self._by_word: dict[str, list[str]] = {}  # titles
        for title in sorted(titles):
            if first := next(iter(words(title)), ""):
                self._by_word.setdefault(first, []).append(title)

    def named_by(self, number: int) -> list[tuple[int, float]]:
        """Segments that one names, and the share of its value that goes to them: less where many have the name."""
        at = bisect_right(self._ends, number)
        document = self._documents[at]
        start, end, _ = document.segments[number - self._ends[at]]  # from the end of the document's own
        text = document.text[start:end]
        names = self._called.keys() & set(_IDENTIFIER.findall(text))
        exponent = -tuning.WEIGHTS.name_exponent
        for word in self._by_word.keys() & set(words(text)):
            names.update(title for title in self._by_word[word] if title in text)
        found = []
        for name in names:
            called = self._called[name]
            found += [(number, share * len(called) ** exponent) for number, share in called]
        return found


def _title(text: str, start: int) -> str:
    """The first line from ``start`` on, where it could be a title."""
    tuned = tuning.WEIGHTS
    least = tuned.min_name_characters
    end = text.find("\n", start, start + tuned.max_title_characters + 1)
    title = text[start : max(end, start)].strip("# *")
    if len(title) < least or title[-1] in ".,;:?!" or title.islower():
        return ""
    if title[-1] == ")":
        title = _ASIDE.sub("", title)
    return "" if len(title) < least or title.lower() in STOP_WORDS else title


def _definitions(name: str) -> list[str]:
    """The last parts of the names of definitions."""
    least = tuning.WEIGHTS.min_name_characters
    found = []
    for part in name.split(", "):
        last = part[part.rfind(".") + 1 :]
        if len(last) >= least and last.isidentifier() and not last.startswith("__"):
            found.append(last)
    return found
