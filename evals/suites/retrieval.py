"""The files of a repository that one would show for an issue: BM25 over whole files, up to a number of
tokens."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from functools import lru_cache

from evals.harness.tokens import count

_WORD = re.compile(r"[A-Za-z][A-Za-z0-9]+")
_TEST = re.compile(r"(^|/)(tests?|testing)/|(^|/)(test_[^/]*|[^/]*_tests?|conftest)\.py$")
_K1, _B = 1.5, 0.75


def is_test(path: str) -> bool:
    """Whether a path looks like a test.

    >>> [is_test(path) for path in ("tests/app.py", "src/test_app.py", "src/contest.py")]
    [True, True, False]
    """
    return _TEST.search(path) is not None


def rank(query: str, texts: Mapping[str, str]) -> list[str]:
    """The keys of the texts by BM25 for the query, best first; ties by key."""
    bags = {key: _bag(text) for key, text in texts.items()}
    sizes = {key: sum(bag.values()) for key, bag in bags.items()}
    average = sum(sizes.values()) / max(1, len(sizes))
    scores = dict.fromkeys(texts, 0.0)
    for word in _bag(query):
        having = [key for key, bag in bags.items() if word in bag]
        rarity = math.log(1 + (len(bags) - len(having) + 0.5) / (len(having) + 0.5))
        for key in having:
            often = bags[key][word]
            scores[key] += rarity * often * (_K1 + 1) / (often + _K1 * (1 - _B + _B * sizes[key] / average))
    return sorted(scores, key=lambda key: (-scores[key], key))


def choose(ranked: Sequence[str], texts: Mapping[str, str], always: Collection[str], budget: int) -> list[str]:
    """The `always` texts, then the ranked ones that still fit the budget of tokens; one that does not fit is passed."""
    chosen = [key for key in ranked if key in always]
    left = budget - sum(count(texts[key]) for key in chosen)
    for key in ranked:
        size = count(texts[key]) if key not in always and left > 0 and texts[key].strip() else left + 1
        if size <= left:
            chosen.append(key)
            left -= size
    return chosen


@lru_cache(maxsize=5_000)  # a repository's files, mostly the same from commit to commit
def _bag(text: str) -> Counter[str]:
    return Counter(word.lower() for word in _WORD.findall(text))
