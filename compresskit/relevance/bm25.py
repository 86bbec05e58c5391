"""BM25 over counts of query terms, with rank-bm25's BM25+ (Lv & Zhai 2011).

Only the query's terms are indexed: no other word of a document changes its score, so the length of a
document comes in as a number.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from . import weights as tuning


def bm25(documents: Sequence[Mapping[str, int]], lengths: Sequence[int], weights: Mapping[str, float]) -> list[float]:
    """The weighted BM25+ score of every document.

    Args:
        documents: counts of query terms in each document; terms not in ``weights`` do not matter.
        lengths: the documents' lengths in words.
        weights: the query's terms, each with its weight.

    >>> bm25([{"save": 2}, {}], [10, 10], {"save": 1.0})[1]
    0.0
    """
    if not documents:
        return []
    import numpy as np
    from rank_bm25 import BM25Plus

    tuned = tuning.WEIGHTS
    postings: dict[str, list[int]] = {}
    for number, document in enumerate(documents):
        for term in document:
            postings.setdefault(term, []).append(number)

    class Index(BM25Plus):  # type: ignore[misc]
        """rank-bm25's formulas over counts that are already there."""

        def __init__(self) -> None:
            self.k1, self.b, self.delta = tuned.bm25_k1, tuned.bm25_b, tuned.bm25_delta
            self.corpus_size = len(documents)
            self.idf: dict[str, float] = {}
            self._calc_idf({term: len(found) for term, found in postings.items()})

    index = Index()
    sizes = np.maximum(np.asarray(lengths, dtype=np.float64), 1.0)
    # its get_batch_scores() copies the lengths of all documents for each term
    damping = index.k1 * (1 - index.b + index.b * sizes / float(sizes.mean()))
    # a term that more of them have tells documents apart no better than chance
    most = max(tuned.max_term_share * len(documents), tuned.min_term_segments)
    scores = np.zeros(len(documents))
    for term, weight in weights.items():
        found = postings.get(term)
        if found and len(found) <= most:  # BM25+ adds its delta only where the term occurs
            times = np.array([documents[number][term] for number in found])
            gain = times * (index.k1 + 1) / (damping[found] + times)
            scores[found] += weight * (index.idf[term] * (index.delta + gain))
    result: list[float] = scores.tolist()
    return result
