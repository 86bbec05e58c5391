"""BM25 over counts of query terms: BM25+ (Lv & Zhai 2011) with rank-bm25's formulas, for all terms at once.

Only the query's terms are indexed: no other word of a document changes its score, so the length of a
document comes in as a number.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import chain
from math import log

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

    tuned = tuning.WEIGHTS
    postings: dict[str, list[int]] = {}
    for number, document in enumerate(documents):
        for term in document:
            postings.setdefault(term, []).append(number)

    # a term that more of them have tells documents apart no better than chance
    most = max(tuned.max_term_share * len(documents), tuned.min_term_segments)
    told = {term: found for term in weights if (found := postings.get(term)) and len(found) <= most}
    sizes = [len(found) for found in told.values()]
    # arrays over all pairs of a term and a document in which it occurs: BM25+ adds its delta only there
    numbers = np.fromiter(chain.from_iterable(told.values()), dtype=np.intp)
    counts = np.array([documents[number][term] for term, found in told.items() for number in found])
    idf = np.repeat([log((len(documents) + 1) / size) for size in sizes], sizes)
    weight = np.repeat([weights[term] for term in told], sizes)
    k1, b, delta = tuned.bm25_k1, tuned.bm25_b, tuned.bm25_delta
    words = np.maximum(np.asarray(lengths, dtype=np.float64), 1.0)
    damping = (k1 * (1 - b + b * words / float(words.mean())))[numbers]
    scores = weight * (idf * (delta + (counts * (k1 + 1)) / (damping + counts)))
    result: list[float] = np.bincount(numbers, weights=scores, minlength=len(documents)).tolist()
    return result
