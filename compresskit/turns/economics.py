"""When it pays to rewrite what a provider has already cached, and how much to keep then. Knows prices and token
counts, no messages.

A conversation was sent, and its prompt is in the provider's cache. Now ``saved_tokens`` (d) could be taken out
somewhere in it. What stands behind that place and was sent before, ``suffix_tokens`` (s, without d), is then
no longer a cached prefix and has to be written again. ``turns_to_come`` (n) requests will still be sent, this
one among them. A token costs w when it is written and r when it is read. With the probability p (``warm``) the
cache still holds the prompt; if not, everything is written anyway.

    left as it is:  p r (s + d) + (1 - p) w (s + d)   now      + (n - 1) r (s + d)   later
    rewritten:      w s                               now      + (n - 1) r s         later
    gain:           d (w + r (n - 1)) - p (w - r) (s + d)

Tokens before the place, and new ones at the end, cost the same either way. In a warm cache (p = 1) the gain
is n r d - (w - r) s: with w = 1.25 and r = 0.1, rewriting pays after 11.5 s / d requests.

Once a history of h tokens is rewritten, any share k of it may stay (see ``worth_keeping``). What stays is written
once and read in each of the n requests until the next time. What does not is asked for where it is used: the prompt
of P tokens is read once more, and a message of m tokens written. The less is kept, the more often that is: in a share
q exp(-k / c) of the requests. With a for what asking is dear besides its tokens, a request costs

    k h (r + (w - r) / n)  +  a q exp(-k / c) (r P + w m)

and least at  k = c ln(a q (r P + w m) / (c h (r + (w - r) / n))).
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
    """What a rewrite saves over the turns to come, less what it costs now, in micro-dollars.

    Args:
        saved_tokens: tokens that go (d).
        suffix_tokens: tokens behind the first change that were sent before and stay (s).
        turns_to_come: requests still to be sent, the present one included (n), at least 1.
        prices: of the model.
        warm: how likely the provider's cache still holds the prompt (p), from 0 to 1.

    Raises:
        InvalidArgument: a count is negative or no whole number, or ``warm`` is no probability.

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
    """Whether a conversation that grew since it was last compressed should be compressed again.

    How many turns are to come nobody knows. What the tokens above the target have cost so far can be told: they
    grew from none over these requests, so that they were read about half as often. As soon as that is as much as
    rewriting costs, it is time: whatever comes, the bill is then about twice what it could have been, at most. After
    a compaction that ended below the target both are less than that: they were above it for a part of these requests
    only, and what has to be written again is less than the target.

    Args:
        excess_tokens: what is above the target now, or above what it last came to where that was more.
        rewritten_tokens: what has to be written again, about as much as that.
        requests: since the last time.
        prices: of the model.

    >>> from compresskit.prices import usual
    >>> [due(10_000, 10_000, requests, usual()) for requests in (20, 24)]
    [False, True]
    """
    return excess_tokens > 0 and worth_rewriting(excess_tokens, rewritten_tokens, max(1, requests // 2), prices)


def worth_rewriting(
    saved_tokens: int, suffix_tokens: int, turns_to_come: int, prices: Prices, warm: float = 1.0
) -> bool:
    """Whether a rewrite gains more than it costs: see ``rewriting_gain``.

    >>> from compresskit.prices import usual
    >>> [worth_rewriting(10_000, 10_000, turns, usual()) for turns in (11, 12)]
    [False, True]
    """
    return rewriting_gain(saved_tokens, suffix_tokens, turns_to_come, prices, warm) > 0


def worth_keeping(
    history_tokens: int, prompt_tokens: int, message_tokens: float, requests: int, prices: Prices
) -> float:
    """The share of a history that is worth its tokens when it is compressed, from 0 to 1, in thousandths.

    Args:
        history_tokens: that could go (h).
        prompt_tokens: of a request that asks for something (P), about the target.
        message_tokens: of what is asked for (m), about the mean of the messages.
        requests: until the next time (n); nobody knows them: as many as since the last time.
        prices: of the model.

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
