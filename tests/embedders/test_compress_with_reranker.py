"""compress() with a reranker: what it is asked, what it changes, and that every law still holds."""

import hashlib

import numpy as np
import pytest
from embedders import Returning
from hypothesis import given, settings
from oracles import cost
from strategies import MODEL, cases, check_first_laws, soup_cases, squeeze
from test_compress_with_embedder import QUESTION, SUBJECTS, kept, notes
from validity import breaches

from compresskit import InvalidArgument, RerankerFailed, compress
from compresskit.relevance.weights import WEIGHTS


class Judge:
    """Scores by a function of a text, and records what it is asked."""

    def __init__(self, score):
        self.score, self.calls = score, []

    def rerank(self, query, texts):
        self.calls.append((query, texts))
        return [self.score(text) for text in texts]


def by_hash(text):
    return hashlib.sha256(text.encode()).digest()[0]


@pytest.mark.parametrize("subject", SUBJECTS)
def test_what_the_reranker_likes_best_is_kept(subject):
    messages = notes()
    target = cost(messages) // 3
    liked = Judge(lambda text: SUBJECTS[subject].lower()[:40] in text.lower())
    result = compress(messages, MODEL, target, target, reranker=liked)
    assert subject in kept(result)
    assert result.target_met


def test_scores_of_any_scale_and_kind_give_the_same_result():
    """Only their order counts; and equal scores change nothing."""
    messages = notes()
    target = cost(messages) // 3
    plain = compress(messages, MODEL, target, target)
    assert compress(messages, MODEL, target, target, reranker=Judge(lambda _: 0.7)).messages == plain.messages
    scales = (float, lambda score: np.float32(score * 1e-7), lambda score: score * 1e30 - 1e32)
    results = [
        compress(messages, MODEL, target, target, reranker=Judge(lambda text, scale=scale: scale(by_hash(text))))
        for scale in scales
    ]
    assert results[0].messages == results[1].messages == results[2].messages != plain.messages


@given(cases | soup_cases)
@settings(max_examples=30)
def test_the_laws_hold_with_a_reranker(case):
    result = squeeze(case, reranker=Judge(by_hash))
    check_first_laws(case, result)
    assert breaches(case.shape, case.messages, result) == []


def test_it_is_asked_once_and_only_above_the_trigger_and_for_few_texts():
    judge = Judge(by_hash)
    messages = [{"role": "user", "content": f"Ship {n} of illness. " * 30} for n in range(300)]
    messages.append({"role": "user", "content": QUESTION})
    assert compress(messages, MODEL, 2 * cost(messages), reranker=judge).skipped_reason == "below_trigger"
    assert judge.calls == []
    compress(messages, MODEL, 5_000, reranker=judge)
    ((query, texts),) = judge.calls
    assert query == QUESTION, "not the first message, which would be an agent's task"
    assert len(texts) == WEIGHTS.reranked_segments
    assert all(text.strip() and len(text) <= 2_000 for text in texts)


def test_a_given_query_is_what_it_is_asked():
    judge = Judge(by_hash)
    compress(notes(), MODEL, 300, query="storm damage", reranker=judge)
    assert judge.calls[0][0] == "storm damage"


def test_half_a_surrogate_pair_reaches_no_reranker():
    judge = Judge(by_hash)
    messages = [{"role": "user", "content": f"text \ud83d number {n} " * 30} for n in range(20)]
    compress([*messages, {"role": "user", "content": "Which \ud83d?"}], MODEL, 600, reranker=judge)
    query, texts = judge.calls[0]
    assert query.encode()
    assert all(text.encode() for text in texts)


def unreachable(_):
    raise ConnectionError("no route to secret plans")


WRONG = [
    ("raises", unreachable, "Returning raised ConnectionError for 8 texts"),
    ("returns None", lambda _: None, r"shape \(\); \(8,\) was expected"),
    ("returns words", lambda texts: texts, "a list of 8 items, which does not convert to numbers"),
    ("returns too few", lambda texts: [0.0] * (len(texts) - 1), r"shape \(7,\)"),
    ("returns pairs", lambda texts: [(0, 1.0)] * len(texts), r"shape \(8, 2\)"),
    ("returns NaN", lambda texts: [0.0, float("nan")] + [0.0] * (len(texts) - 2), "NaN or infinity for text 1 of 8"),
    ("returns infinity", lambda texts: np.full(len(texts), np.inf), "NaN or infinity for text 0 of 8"),
]


@pytest.mark.parametrize(("function", "said"), [case[1:] for case in WRONG], ids=[case[0] for case in WRONG])
def test_a_reranker_that_is_wrong_gives_one_clear_error(function, said):
    messages = [
        *({"role": "user", "content": f"secret plans of ship {n} " * 30} for n in range(8)),
        {"role": "user", "content": "Where are the ships?"},
    ]
    with pytest.raises(RerankerFailed, match=said) as caught:
        compress(messages, MODEL, 900, reranker=Returning(function))
    assert "expected" in str(caught.value)
    assert "secret" not in str(caught.value), "texts are user data"


@pytest.mark.parametrize("wrong", ["", 7, object(), Judge, lambda _, texts: texts])
def test_what_is_no_reranker_is_named(wrong):
    with pytest.raises(InvalidArgument, match=r"reranker is .*rerank\(query, texts\) was expected"):
        compress([{"role": "user", "content": "hello"}], MODEL, reranker=wrong)
