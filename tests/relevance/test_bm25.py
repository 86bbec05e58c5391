"""BM25 gives the scores of rank-bm25."""

from __future__ import annotations

import random

import numpy as np
import pytest
from rank_bm25 import BM25Plus

from compresskit.relevance import weights as tuning
from compresskit.relevance.bm25 import bm25


def test_the_scores_are_those_of_rank_bm25_where_a_term_occurs() -> None:
    chance = random.Random(0)
    words = [f"word{number}" for number in range(40)]
    texts = [chance.choices(words, k=chance.randrange(5, 30)) for _ in range(60)]
    tuned = tuning.WEIGHTS
    oracle = BM25Plus(texts, k1=tuned.bm25_k1, b=tuned.bm25_b, delta=tuned.bm25_delta)
    weights = {word: chance.random() for word in words[:10]}
    expected = np.zeros(len(texts))
    most = max(tuned.max_term_share * len(texts), tuned.min_term_segments)
    for word, weight in weights.items():
        occurs = np.array([word in text for text in texts])
        if occurs.sum() <= most:
            expected += weight * occurs * oracle.get_scores([word])

    scores = bm25([{word: text.count(word) for word in text} for text in texts], [*map(len, texts)], weights)

    assert expected.any()
    assert scores == pytest.approx(expected.tolist())
