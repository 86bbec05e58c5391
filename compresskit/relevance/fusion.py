"""Combines the values of segments by their words with the order of a model: of an embedder or of a reranker.

The order of an embedder is combined by reciprocal rank fusion (Cormack, Clarke & Büttcher 2009). Sums of reciprocal
ranks give an order, but they differ little, and the budget compares values with tokens. So the values are sorted, and
each segment is compared with the value at its place in the fused order. If that value is higher, the segment gets a
share of the difference. No value becomes lower. The order of a reranker is used in the same way.

For an embedder, the share is its trust, which is measured in each conversation. It is high if the best segments by
words are also more similar to the query than the others. It is low for static vectors on code, or for a question
without content words. For a reranker, which reads the question, the share is a constant.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence

from . import weights as tuning


def fuse(values: Sequence[float], nearness: Sequence[float]) -> list[float]:
    """The values, higher for segments that the fused order places higher.

    Args:
        values: The value of each segment by its words, 0 or more.
        nearness: The similarity of the same segments to the query by their vectors, on any scale.

    >>> fuse([1.0, 0.5, 0.0, 0.0], [0.9, 0.0, 0.8, 0.1])
    [1.0, 0.5, 0.5, 0.25]
    """
    k = tuning.WEIGHTS.fusion_k
    fused = [1 / (k + a) + 1 / (k + b) for a, b in zip(_ranks(values), _ranks(nearness), strict=True)]
    return _raised(values, fused, trust(values, nearness))


def reordered(values: Sequence[float], scores: Sequence[float]) -> list[float]:
    """The values of the best segments, higher for segments that a reranker's scores place higher.

    If all scores are equal, nothing changes.

    Args:
        values: The value of each segment by its words, 0 or more.
        scores: The scores of the same segments, on any scale.

    >>> reordered([1.0, 0.8, 0.6, 0.6], [2.0, 1.0, 4.0, 3.0])
    [1.0, 0.8, 0.8, 0.7]
    """
    return _raised(values, scores, tuning.WEIGHTS.rerank_share) if len(set(scores)) > 1 else list(values)


def _raised(values: Sequence[float], scores: Sequence[float], share: float) -> list[float]:
    """The values, each with a share of the difference to the value at its place in the order of scores, if higher.

    Segments with equal scores and values get equal values.
    """
    ordered = sorted(values, reverse=True)
    best = max(values, default=0.0) or tuning.WEIGHTS.unchecked_best
    order = sorted(range(len(values)), key=lambda number: (-scores[number], -values[number]))
    worth: dict[tuple[float, float], list[float]] = {}  # by score and value
    for rank, number in enumerate(order, 1):
        # if few segments have words of the query, the values at most ranks are 0: best / rank takes their place
        worth.setdefault((scores[number], values[number]), []).append(max(ordered[rank - 1], best / rank))
    means = {each: sum(found) / len(found) for each, found in worth.items()}
    return [value + share * max(0.0, means[score, value] - value) for score, value in zip(scores, values, strict=True)]


def trust(values: Sequence[float], nearness: Sequence[float]) -> float:
    """How well the similarities separate the best segments by words from all others, from 0 to 1.

    It is the probability that one of the best segments is more similar than another segment (the area under the ROC
    curve), rescaled so that chance is 0, and squared.

    >>> trust([3.0, 2.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0], [0.9, 0.7, 0.1, 0.2, 0.3, 0.1, 0.2, 0.5])
    1.0
    """
    tuned = tuning.WEIGHTS
    by_value = sorted(range(len(values)), key=lambda number: (-values[number], number))
    most = min(tuned.trust_checks, max(1, len(values) // tuned.trust_check_divisor))
    hits = [number for number in by_value[:most] if values[number] > 0]
    others = sorted(nearness[number] for number in by_value[len(hits) :])
    if not hits or not others:
        return tuned.unchecked_trust
    below = sum(bisect_left(others, nearness[hit]) + bisect_right(others, nearness[hit]) for hit in hits)
    agreement = below / (2 * len(hits) * len(others))
    return float(max(0.0, 2 * agreement - 1) ** 2)


def _ranks(scores: Sequence[float]) -> list[int]:
    """The rank of each score from 1, the highest; equal scores have the rank of the first of them.

    >>> _ranks([0.0, 2.0, 0.0, 1.0])
    [3, 1, 3, 2]
    """
    best: dict[float, int] = {}
    for rank, score in enumerate(sorted(scores, reverse=True), 1):
        best.setdefault(score, rank)
    return [best[score] for score in scores]
