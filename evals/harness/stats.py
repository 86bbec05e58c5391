"""Means with bootstrap confidence intervals. Cases of one unit (the points of one agent run) are drawn
together."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np


class Estimate(NamedTuple):
    """A mean, its 95 % interval, and how many cases it is of."""

    mean: float
    low: float
    high: float
    cases: int


def estimate(
    values: Sequence[float],
    units: Sequence[str],
    seed: int = 0,
    draws: int = 2_000,
    weights: Sequence[float] | None = None,
) -> Estimate | None:
    """The mean of the values and the percentile bootstrap interval over units; None where there is no value.

    With weights it is the weighted mean: a ratio of sums, where the values are ratios and the weights are what
    they were divided by.

    >>> estimate([1.0, 1.0], ["a", "b"])
    Estimate(mean=1.0, low=1.0, high=1.0, cases=2)
    >>> estimate([0.0, 3.0], ["a", "a"], weights=[2, 1]).mean
    1.0
    """
    weight = np.ones(len(values)) if weights is None else np.asarray(weights, dtype=float)
    if not weight.sum():
        return None
    numbers = np.asarray(values, dtype=float) * weight
    _, unit = np.unique(np.asarray(units), return_inverse=True)
    sums, sizes = np.bincount(unit, weights=numbers), np.bincount(unit, weights=weight)
    drawn = np.random.default_rng(seed).integers(0, len(sums), size=(draws, len(sums)))
    means = sums[drawn].sum(axis=1) / sizes[drawn].sum(axis=1)
    low, high = np.quantile(means, [0.025, 0.975])
    return Estimate(float(numbers.sum() / weight.sum()), float(low), float(high), len(values))
