"""BM25 over counts of query terms, with rank-bm25's BM25+ (Lv & Zhai 2011).

Only the query's terms are indexed: no other word of a document changes its score, so the length of a
document comes in as a number.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from . import weights as tuning

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from .term_counts import TermCounts


def bm25(counts: TermCounts, lengths: Sequence[int], weights: Mapping[str, float]) -> list[float]:
    """The weighted BM25+ score of every document.

    Args:
        counts: how often each document has each term; terms not in ``weights`` do not matter.
        lengths: the documents' lengths in words.
        weights: the query's terms, each with its weight.

    >>> from compresskit.relevance.term_counts import TermCounts
    >>> bm25(TermCounts.of([{"save": 2}, {}]), [10, 10], {"save": 1.0})[1]
    0.0
    """
    if not counts.size:
        return []
    import numpy as np

    tuned = tuning.WEIGHTS
    weighted = counts.weighted(weights)
    most = _most_texts(counts, weighted)
    order = {term: place for place, term in enumerate(weights)}
    places = np.array([order.get(term, len(order)) for term in counts.terms], dtype=np.int64)
    used = (places < len(order)) & (counts.frequencies <= most)
    entries = np.flatnonzero(used[counts.numbers])
    entries = entries[np.argsort(places[counts.numbers[entries]], kind="stable")]  # sums depend on their order
    texts, numbers, times = counts.texts[entries], counts.numbers[entries], counts.counts[entries]
    sizes = np.maximum(np.asarray(lengths, dtype=np.float64), 1.0)
    damping = tuned.bm25_k1 * (1 - tuned.bm25_b + tuned.bm25_b * sizes / float(sizes.mean()))
    gain = times * (tuned.bm25_k1 + 1) / (damping[texts] + times)
    # BM25+ adds its delta only where the term occurs
    added = weighted[numbers] * (_idf(counts)[numbers] * (tuned.bm25_delta + gain))
    scores: list[float] = np.bincount(texts, weights=added, minlength=counts.size).tolist()
    return scores


def _most_texts(counts: TermCounts, weights: NDArray[np.float64]) -> float:
    """The number of documents that may have a term that counts.

    A term that more of them have tells documents apart no better than chance. All terms count if otherwise only those
    would that the query means least.
    """
    import numpy as np

    tuned = tuning.WEIGHTS
    most = max(tuned.max_term_share * counts.size, tuned.min_term_segments)
    occurring = counts.frequencies > 0
    rare = np.max(weights[occurring & (counts.frequencies <= most)], initial=0.0)
    return most if 2 * rare >= np.max(weights[occurring], initial=0.0) else counts.size


def _idf(counts: TermCounts) -> NDArray[np.float64]:
    """The inverse document frequency of each term, by rank-bm25; 0.0 for terms that do not occur."""
    import numpy as np
    from rank_bm25 import BM25Plus

    class Index(BM25Plus):  # type: ignore[misc]
        """rank-bm25's formula over counts that are already there."""

        def __init__(self) -> None:
            self.corpus_size = counts.size
            self.idf: dict[int, float] = {}
            frequencies = enumerate(counts.frequencies.tolist())
            self._calc_idf({number: frequency for number, frequency in frequencies if frequency})

    found = Index().idf
    return np.array([found.get(number, 0.0) for number in range(len(counts.terms))], dtype=np.float64)
