"""Fusion of the words' values with the vectors' or a reranker's order, on the scale of the values.

With vectors, it is reciprocal rank fusion (Cormack, Clarke & Büttcher 2009). The sums of reciprocal ranks say in which
order segments should stand, but they are nearly flat, and the budget weighs values against tokens. So the values
themselves are dealt out again in the fused order, and a segment that would get more than it has goes a part of the way
up. None goes down: what the words say is not taken back. A reranker's order is dealt out in the same way.

How far up vectors take a value is measured in each conversation: as far as they can be trusted here. If the best hits
of the words are nearer than the rest, the vectors know what is meant. If they are not, as with static vectors on code
or a question without content, the vectors change little. A reranker reads the question, and is trusted everywhere
alike.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence

from . import weights as tuning


def fuse(values: Sequence[float], nearness: Sequence[float]) -> list[float]:
    """The values, raised where the nearness puts a segment higher in the fused order.

    Args:
        values: of the segments by what their words say, 0 or more.
        nearness: of the same segments by their vectors, on any scale.

    >>> fuse([1.0, 0.5, 0.0, 0.0], [0.9, 0.0, 0.8, 0.1])
    [1.0, 0.5, 0.5, 0.25]
    """
    tuned = tuning.WEIGHTS
    k = tuned.fusion_k
    first, second = _ranks(values), _ranks(nearness)
    fused = [1 / (k + a) + 1 / (k + b) for a, b in zip(first, second, strict=True)]
    order = sorted(range(len(values)), key=lambda number: (-fused[number], -values[number], number))
    dealt = sorted(values, reverse=True)
    best = (dealt[0] if dealt else 0.0) or tuned.unchecked_best
    share = trust(values, nearness)
    raised = list(values)
    for rank, number in enumerate(order, 1):
        # few hits of words leave most ranks with nothing to deal: those are worth best / rank
        worth = max(dealt[rank - 1], best / rank)
        raised[number] += share * max(0.0, worth - values[number])
    return raised


def reordered(values: Sequence[float], scores: Sequence[float]) -> list[float]:
    """The values of the best segments, raised where a reranker's scores put a segment higher.

    The values are dealt out again in the order of the scores, and a segment that would get more goes a fixed share of
    the way up. Segments of the same score and value stay the same. If all scores are equal, nothing changes.

    Args:
        values: of the segments by what their words say, 0 or more.
        scores: of the same segments, on any scale.

    >>> reordered([1.0, 0.8, 0.6, 0.6], [2.0, 1.0, 4.0, 3.0])
    [1.0, 0.8, 0.8, 0.7]
    """
    if len(set(scores)) < 2:
        return list(values)
    tuned = tuning.WEIGHTS
    dealt = sorted(values, reverse=True)
    best = dealt[0] or tuned.unchecked_best
    order = sorted(range(len(values)), key=lambda number: (-scores[number], -values[number]))
    worth: dict[tuple[float, float], list[float]] = {}  # by score and value
    for rank, number in enumerate(order, 1):
        # few hits of words leave most ranks with nothing to deal
        worth.setdefault((scores[number], values[number]), []).append(max(dealt[rank - 1], best / rank))
    means = {each: sum(found) / len(found) for each, found in worth.items()}
    return [
        value + tuned.rerank_share * max(0.0, means[score, value] - value)
        for score, value in zip(scores, values, strict=True)
    ]


def trust(values: Sequence[float], nearness: Sequence[float]) -> float:
    """From 0 to 1: how well the nearness tells the best hits of the words from all other segments.

    The probability that a hit is nearer than another segment (the area under the ROC curve), less chance, squared:
    1 where every hit is, 0 where it is a toss.

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
