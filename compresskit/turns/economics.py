"""Computes when it pays to rewrite a prompt that a provider has cached, and how much of a history to keep then.

It knows prices and token counts, but no messages.

A conversation was sent, and its prompt is in the provider's cache. Now ``saved_tokens`` (d) could be taken out at some
place in it. The ``suffix_tokens`` (s, without d) are the tokens behind that place that were sent before. They are then
no longer part of a cached prefix, and have to be written again. ``turns_to_come`` (n) requests will still be sent,
including the present one. A token costs w when it is written and r when it is read. With the probability p (``warm``),
the cache still holds the prompt. If it does not, everything is written anyway.

    left as it is:  p r (s + d) + (1 - p) w (s + d)   now      + (n - 1) r (s + d)   later
    rewritten:      w s                               now      + (n - 1) r s         later
    gain:           d (w + r (n - 1)) - p (w - r) (s + d)

Tokens before the place, and new ones at the end, cost the same either way. In a warm cache (p = 1) the gain
is n r d - (w - r) s: with w = 1.25 and r = 0.1, rewriting pays after 11.5 s / d requests.

When a history of h tokens is rewritten, any share k of it may stay (see ``worth_keeping``). The tokens that stay are
written once, and read in each of the n requests until the next compaction. If the model needs a text that did not stay,
it retrieves it: the prompt of P tokens is read once more, and a message of m tokens is written. This happens in a share
q exp(-k / c) of the requests, so it is rarer the more is kept. A retrieval costs more than its tokens, since it takes a
turn, so its cost is multiplied by a. Then a request costs

    k h (r + (w - r) / n)  +  a q exp(-k / c) (r P + w m)

and this is lowest at  k = c ln(a q (r P + w m) / (c h (r + (w - r) / n))).
"""

from __future__ import annotations

from math import log

from ..errors import InvalidArgument, check_whole, shown
from ..prices import Prices
from . import weights as tuning

_MILLION = 1_000_000


def rewriting_gain(
    saved_tokens: int, suffix_tokens: int, turns_to_come: int, prices: Prices, warm: float = 1.0
) -> float:
    """The savings of a rewrite over the turns to come, minus its present cost, in micro-dollars.

    Args:
        saved_tokens: The tokens that are taken out (d).
        suffix_tokens: The tokens behind the first change that were sent before and stay (s).
        turns_to_come: The requests that will still be sent, including the present one (n); at least 1.
        prices: The prices of the model.
        warm: The probability that the provider's cache still holds the prompt (p), from 0 to 1.

    Raises:
        InvalidArgument: A count is negative or not a whole number, or ``warm`` is not a probability.

    >>> from compresskit.prices import usual
    >>> rewriting_gain(saved_tokens=10_000, suffix_tokens=10_000, turns_to_come=12, prices=usual())
    500.0
    """
    for name, value, least in (
        ("saved_tokens", saved_tokens, 0),
        ("suffix_tokens", suffix_tokens, 0),
        ("turns_to_come", turns_to_come, 1),
    ):
        check_whole(name, value, least)
    if not isinstance(warm, int | float) or not 0 <= warm <= 1:
        raise InvalidArgument(f"warm is {shown(warm)}; a probability from 0 to 1 was expected.")
    later = saved_tokens * (prices.write + prices.read * (turns_to_come - 1))
    now = warm * (prices.write - prices.read) * (suffix_tokens + saved_tokens)
    return (later - now) / _MILLION


def due(excess_tokens: int, rewritten_tokens: int, requests: int, prices: Prices) -> bool:
    """Whether a conversation that has grown since it was last compressed should be compressed again.

    The number of turns to come is unknown, but the past cost of the tokens above the target is known. They grew from
    zero over these requests, so on average each was read in half of them. A compaction is due as soon as this cost
    equals the cost of rewriting. However the conversation goes on, its bill is then at most about twice the lowest
    possible one (this is the ski rental problem). After a compaction that ended below the target, both costs are lower:
    the tokens were above the target in only a part of the requests, and fewer tokens have to be written again.

    Args:
        excess_tokens: The tokens above the target now, or above the last compaction's result if that was larger.
        rewritten_tokens: The tokens that have to be written again, about the size of the target or of that result.
        requests: The number of requests since the last compaction.
        prices: The prices of the model.

    >>> from compresskit.prices import usual
    >>> [due(10_000, 10_000, requests, usual()) for requests in (20, 24)]
    [False, True]
    """
    return excess_tokens > 0 and worth_rewriting(excess_tokens, rewritten_tokens, max(1, requests // 2), prices)


def worth_rewriting(
    saved_tokens: int, suffix_tokens: int, turns_to_come: int, prices: Prices, warm: float = 1.0
) -> bool:
    """Whether a rewrite saves more than it costs: see ``rewriting_gain``.

    >>> from compresskit.prices import usual
    >>> [worth_rewriting(10_000, 10_000, turns, usual()) for turns in (11, 12)]
    [False, True]
    """
    return rewriting_gain(saved_tokens, suffix_tokens, turns_to_come, prices, warm) > 0


def worth_keeping(
    history_tokens: int, prompt_tokens: int, message_tokens: float, requests: int, prices: Prices
) -> float:
    """The share of a history that is worth its tokens when it is compressed, from 0 to 1, rounded to thousandths.

    Args:
        history_tokens: The tokens of the history that could be taken out (h).
        prompt_tokens: The tokens of a request that retrieves a text (P), about the target.
        message_tokens: The tokens of a retrieved text (m), about the mean of the messages.
        requests: The requests until the next compaction (n). They are unknown, so pass those since the last one.
        prices: The prices of the model.

    >>> from compresskit.prices import usual
    >>> worth_keeping(70_000, 38_000, 450, 80, usual()), worth_keeping(7_000, 3_800, 450, 80, usual())
    (0.297, 0.413)
    """
    tuned = tuning.WEIGHTS
    falls = tuned.decay_share
    kept = history_tokens * (prices.read + (prices.write - prices.read) / max(1, requests))
    asked = tuned.asking_factor * tuned.using_share * (prices.read * prompt_tokens + prices.write * message_tokens)
    if kept <= 0:
        return 1.0
    return round(min(1.0, max(0.0, falls * log(asked / (falls * kept)))), 3) if asked > 0 else 0.0
