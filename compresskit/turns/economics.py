"""Computes when it pays to compress a prompt that a provider has cached, and how much of a history to keep then.

It knows prices and token counts, but no messages.

A prompt of P tokens is in the provider's cache. A compaction would take d of them out. The first f tokens stay byte for
byte, and the other s that stay have to be written again, because they are no longer part of a cached prefix. A token
costs w when it is written and r when it is read, so the compaction costs (w - r) s - r d in its own request, and saves
r d in each later one. Some later requests then retrieve a text, which costs c each on average (see below).

How many requests will follow is unknown. The estimate is a share of the requests since the last compaction, n of them.
It is below a half, which the ski rental rule would give for an excess that grew from zero, because runs end. A
compaction is therefore due if

    (r d - c) n  >=  (w - r) s - r d

New tokens that are taken out before they are written make a compaction cheaper. The rule alone can still make a whole
run dearer than sending everything, if it ends soon after a compaction. So there is a second condition: what earlier
requests saved, for example with results that entered shorter, has to cover the price, apart from a small share of the
bill. If a run ends right after a compaction, it has cost at most that share too much.

When a history of h tokens is rewritten, any share k of it may stay (see ``worth_keeping``). The tokens that stay are
written once, and read in each of the n requests until the next compaction. If the model needs a text that did not stay,
it retrieves it: the prompt of P tokens is read once more, and a message of m tokens is written. This happens in a share
q exp(-k / c) of the requests, so it is rarer the more is kept. A retrieval costs more than its tokens, since it takes a
turn, so its cost is multiplied by a. Then a request costs

    k h (r + (w - r) / n)  +  a q exp(-k / c) (r P + w m)

and this is lowest at  k = c ln(a q (r P + w m) / (c h (r + (w - r) / n))).
"""

from __future__ import annotations

from math import exp, log
from typing import NamedTuple

from ..prices import MILLION, Prices
from . import weights as tuning

_NEVER = 10**9  # tokens that no result has


class Spending(NamedTuple):
    """What the requests of a conversation have cost, in micro-dollars, and how many there were.

    Attributes:
        sent: The bill of what was sent, with the present request as it would be without a compaction.
        whole: The bill of sending everything.
        requests: The requests since the last compaction (n).
    """

    sent: int
    whole: int
    requests: int


def compaction_price(
    prompt_tokens: int, settled_tokens: int, stable_tokens: int, sent_tokens: int, prices: Prices
) -> int:
    """An estimate of what a compaction adds to the cost of its own request, in micro-dollars; below 0 if it saves.

    Args:
        prompt_tokens: The tokens of the request without a compaction.
        settled_tokens: The tokens of the request after it.
        stable_tokens: The tokens at the start that stay byte for byte.
        sent_tokens: The tokens of the request before, which are in the provider's cache.
        prices: The prices of the model.

    >>> from compresskit.prices import usual
    >>> [compaction_price(20_000, 8_000, 1_000, sent, usual()) for sent in (19_000, 10_000)]
    [5700, -4650]
    """
    rewritten = prices.split(settled_tokens, stable_tokens)
    return prices.cost(rewritten) - prices.cost(prices.split(prompt_tokens, sent_tokens))


def compaction_pays(
    price: int,
    prompt_tokens: int,
    settled_tokens: int,
    stable_tokens: int,
    message_tokens: float,
    spending: Spending,
    prices: Prices,
) -> bool:
    """Whether a compaction is due, and is paid by what was saved before.

    Args:
        price: What it adds to the cost of its own request, in micro-dollars.
        prompt_tokens: The tokens of the request without a compaction (P).
        settled_tokens: The tokens of the request after it (P - d, or f + s).
        stable_tokens: The tokens at the start that stay byte for byte (f).
        message_tokens: The tokens of a message that may have to be retrieved.
        spending: What the conversation has cost so far.
        prices: The prices of the model.

    >>> from compresskit.prices import usual
    >>> early, late = Spending(30_000, 30_000, 8), Spending(60_000, 90_000, 40)
    >>> [compaction_pays(5_700, 20_000, 8_000, 1_000, 400, spending, usual()) for spending in (early, late)]
    [False, True]
    """
    gone = prompt_tokens - settled_tokens
    kept = max(0, settled_tokens - stable_tokens) / max(1, prompt_tokens - stable_tokens)
    asked = min(message_tokens, tuning.WEIGHTS.max_asked_tokens)
    asking = _asking(settled_tokens, asked, prices) * exp(-kept / tuning.WEIGHTS.decay_share)
    each = (prices.read * gone - asking) / MILLION
    affordable = spending.whole - spending.sent + tuning.WEIGHTS.debt_share * spending.whole
    pays = gone > 0 and price <= affordable and price <= each * following(spending.requests)
    return pays and not is_too_short(settled_tokens, prices)


def is_too_short(prompt_tokens: int, prices: Prices) -> bool:
    """Whether a prompt cannot be cached, so that each later request would pay all of it in full.

    >>> from compresskit.prices import prices_for
    >>> [is_too_short(3_000, prices_for(f"claude-{name}")) for name in ("haiku-4-5", "sonnet-4-5")]
    [True, False]
    """
    return prompt_tokens < prices.minimum and prices.read < prices.input


def following(requests: int) -> int:
    """The requests that are expected to follow, after some requests.

    >>> following(1), following(80)
    (1, 20)
    """
    return max(1, int(tuning.WEIGHTS.horizon_share * requests))


def min_excerpt_tokens(prompt_tokens: int, requests: int, prices: Prices, share: float) -> int:
    """The tokens of a new result from which on an excerpt of it costs less than all of it.

    An excerpt that leaves out a share l of m tokens saves l m (w + r n) in this request and n later ones. The model
    retrieves the text with the probability e, which costs e (r P + w m).

    Args:
        prompt_tokens: The tokens of the request (P).
        requests: The requests so far.
        prices: The prices of the model.
        share: The share of a result that its excerpt shows (1 - l).

    >>> from compresskit.prices import usual
    >>> [min_excerpt_tokens(tokens, 20, usual(), 1 / 3) for tokens in (3_000, 30_000, 100_000)]
    [28, 288, 959]
    >>> [min_excerpt_tokens(tokens, 20, usual(), 1 / 2) for tokens in (3_000, 30_000, 100_000)]
    [40, 400, 1333]
    """
    tuned = tuning.WEIGHTS
    chance = tuned.entry_asked_share
    saved = (1 - share) * (prices.write + prices.read * following(requests)) - chance * prices.write
    return int(chance * prices.read * prompt_tokens / saved) if saved > 0 else _NEVER


def _asking(prompt_tokens: int, message_tokens: float, prices: Prices) -> float:
    """The cost of the retrievals of a request if nothing were kept: a q (r P + w m)."""
    tuned = tuning.WEIGHTS
    return tuned.asking_factor * tuned.using_share * (prices.read * prompt_tokens + prices.write * message_tokens)


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
    falls = tuning.WEIGHTS.decay_share
    kept = history_tokens * (prices.read + (prices.write - prices.read) / max(1, requests))
    asked = _asking(prompt_tokens, message_tokens, prices)
    if kept <= 0:
        return 1.0
    return round(min(1.0, max(0.0, falls * log(asked / (falls * kept)))), 3) if asked > 0 else 0.0
