"""Finds a text within a budget of tokens, by a model that only takes a rate and often misses it."""

from __future__ import annotations

from collections.abc import Callable

TRIES = 5  # runs of the model for a text, maximum
_AIM = 0.96  # share of the budget that is aimed at, since a text over the budget is useless
_CLOSE = 0.92  # share of the budget that is good enough, since another try costs a run of the model
_MIN_RATE, _MAX_RATE = 0.02, 0.98


def fitted(at_rate: Callable[[float], str], count: Callable[[str], int], least: int, most: int, budget: int) -> str:
    """The longest text found of at most ``budget`` tokens; "" if none is found.

    Args:
        at_rate: Returns the text at a rate between 0 and 1. A lower rate gives a text that is about as long or shorter.
        count: Counts the tokens of a text.
        least, most: The tokens at the rates 0 and 1.
        budget: The maximum of tokens.

    >>> len(fitted(lambda rate: "x" * round(100 * rate ** 0.5), len, 0, 100, 50))
    48
    """
    low, high = (0.0, least), (1.0, most)  # a rate that fits and one that does not, with their tokens
    best, best_tokens = "", 0
    over = 0
    for _ in range(TRIES):
        share = (_AIM * budget - low[1]) / max(1, high[1] - low[1])
        share *= 0.7 ** max(0, over - 1)  # over the budget again, so the curve is not straight
        rate = low[0] + (high[0] - low[0]) * min(0.95, max(0.05, share))
        text = at_rate(min(_MAX_RATE, max(_MIN_RATE, rate)))
        tokens = count(text)
        if tokens > budget:
            high, over = (rate, tokens), over + 1
            continue
        if tokens > best_tokens:
            best, best_tokens = text, tokens
        if tokens >= _CLOSE * budget:
            break
        low, over = (rate, tokens), 0
    return best
