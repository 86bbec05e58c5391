"""How often each term of a query occurs in each of many texts, as arrays: most texts have few of the terms.

It counts nothing itself: ``term_matching`` reads the texts.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Numbers = NDArray[np.int64]


@dataclass(frozen=True)
class TermCounts:
    """A sparse matrix of shape (texts, terms): one entry for each text and each term that occurs in it, by terms.

    Attributes:
        size: The number of texts.
        terms: The names of the terms, by number.
        texts: The number of the text of each entry, ascending within a term.
        numbers: The number of the term of each entry, ascending.
        counts: How often the term occurs in the text.
    """

    size: int
    terms: Sequence[str]
    texts: Numbers
    numbers: Numbers
    counts: Numbers

    @classmethod
    def summed(cls, size: int, terms: Sequence[str], texts: Numbers, numbers: Numbers, times: Numbers) -> TermCounts:
        """The counts of hits that occur several ``times``."""
        import numpy as np

        pairs, place = np.unique(numbers * size + texts, return_inverse=True)
        counts = np.bincount(place, weights=times, minlength=len(pairs)).astype(np.int64)
        return cls(size, terms, pairs % max(1, size), pairs // max(1, size), counts)

    @classmethod
    def of(cls, texts: Sequence[Mapping[str, int]]) -> TermCounts:
        """The counts of texts, each given with its terms.

        >>> TermCounts.of([{"save": 2}, {"load": 1, "save": 1}]).rows()
        [{'save': 2}, {'save': 1, 'load': 1}]
        """
        import numpy as np

        numbers: dict[str, int] = {}
        entries = [
            (number, numbers.setdefault(term, len(numbers)), times)
            for number, terms in enumerate(texts)
            for term, times in terms.items()
        ]
        columns = np.array(entries, dtype=np.int64).reshape(-1, 3).T
        return cls.summed(len(texts), list(numbers), *columns)

    @cached_property
    def frequencies(self) -> Numbers:
        """The number of texts that have each term."""
        import numpy as np

        return np.bincount(self.numbers, minlength=len(self.terms))

    def weighted(self, weights: Mapping[str, float]) -> NDArray[np.float64]:
        """The weight of each term; 0.0 for terms without one."""
        import numpy as np

        return np.array([weights.get(term, 0.0) for term in self.terms], dtype=np.float64)

    def strongest(self, weights: Mapping[str, float]) -> float:
        """The largest weight of a term that occurs; 0.0 if none does."""
        import numpy as np

        return float(np.max(self.weighted(weights)[self.frequencies > 0], initial=0.0))

    def texts_with(self, terms: Iterable[str]) -> list[int]:
        """The texts that have all of these terms."""
        import numpy as np

        found: Numbers | None = None
        for term in terms:
            own = self._texts_of.get(term, self.texts[:0])
            found = own if found is None else np.intersect1d(found, own, assume_unique=True)
        return [] if found is None else found.tolist()

    @cached_property
    def _texts_of(self) -> dict[str, Numbers]:
        import numpy as np

        ends = np.cumsum(self.frequencies)
        return dict(zip(self.terms, np.split(self.texts, ends[:-1]), strict=True)) if len(ends) else {}

    def together(self, groups: Sequence[int], more: Sequence[tuple[int, str, int]] = ()) -> TermCounts:
        """The counts of groups of texts.

        Args:
            groups: The number of the group of each text, from 0 without a gap.
            more: Further counts, as (group, term, times).
        """
        import numpy as np

        numbers = {term: number for number, term in enumerate(self.terms)}
        added = [(group, numbers[term], times) for group, term, times in more]
        own = np.stack([np.asarray(groups, dtype=np.int64)[self.texts], self.numbers, self.counts])
        columns = np.concatenate([own, np.array(added, dtype=np.int64).reshape(-1, 3).T], axis=1)
        return TermCounts.summed(max(groups, default=-1) + 1, self.terms, *columns)

    def rows(self) -> list[dict[str, int]]:
        """The terms of each text with their counts."""
        found: list[dict[str, int]] = [{} for _ in range(self.size)]
        for text, number, times in zip(self.texts.tolist(), self.numbers.tolist(), self.counts.tolist(), strict=True):
            found[text][self.terms[number]] = times
        return found
