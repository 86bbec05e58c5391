"""How an embedder is asked, and what is done with answers that are none."""

import numpy as np
import pytest
from embedders import HashEmbedder, Returning

from compresskit import CompresskitError, EmbedderFailed
from compresskit.relevance.embeddings import nearness


def near(embedder, texts, asked="the red fox", values=None):
    return nearness(embedder, [(asked, 1.0)])(texts, values or [0.0] * len(texts))


def test_a_text_that_says_the_same_is_nearest():
    found = near(HashEmbedder(), ["a blue whale", "the red fox", "fox tails"])
    assert found[1] == 1.0
    assert found[0] < found[2] < 1.0


def test_the_embedder_is_asked_once_and_for_each_text_once():
    embedder = HashEmbedder()
    near(embedder, ["same", "other", "same", "", " \n"])
    assert embedder.calls == [["the red fox", "same", "other"]]


def test_blank_texts_are_near_to_nothing():
    assert near(HashEmbedder(), ["", "  ", "red"])[:2] == [0.0, 0.0]
    assert near(HashEmbedder(), ["", " "]) == [0.0, 0.0]


def test_nothing_asked_is_nothing_to_judge_by():
    assert nearness(HashEmbedder(), []) is None
    assert nearness(HashEmbedder(), [(" \n", 1.0)]) is None


def test_of_very_many_texts_the_best_by_words_and_then_the_newest_are_embedded():
    embedder = HashEmbedder()
    texts = [f"text {number}" for number in range(6_000)]
    values = [0.0] * 6_000
    values[7] = 1.0
    near(embedder, texts, values=values)
    (sent,) = embedder.calls
    assert len(sent) == 1 + 4_096
    assert "text 7" in sent
    assert "text 5999" in sent
    assert "text 8" not in sent


def test_long_texts_are_cut_and_long_questions_keep_their_end():
    embedder = HashEmbedder()
    near(embedder, ["x" * 50_000], asked="begin " + "y" * 50_000 + " end")
    question, text = embedder.calls[0]
    assert len(text) == 2_000
    assert len(question) <= 4_001
    assert question.startswith("begin")
    assert question.endswith("end")


def test_half_a_surrogate_pair_reaches_no_embedder():
    embedder = HashEmbedder()
    near(embedder, ["a \ud83d b"])
    assert all(text.encode() for text in embedder.calls[0])


@pytest.mark.parametrize("scale", [1e-200, 1e200, 3.0])
def test_the_length_of_a_vector_does_not_matter(scale):
    words = HashEmbedder()
    plain = near(words, ["red fox", "blue"])
    assert near(Returning(lambda texts: words.embed(texts) * scale), ["red fox", "blue"]) == plain


def test_a_zero_vector_is_near_to_nothing():
    assert near(Returning(lambda texts: [[1.0, 0.0]] + [[0.0, 0.0]] * (len(texts) - 1)), ["a", "b"]) == [0.0, 0.0]


def unreachable(_):
    raise ConnectionError("no route")


WRONG = [
    ("raises", unreachable, "ConnectionError"),
    ("returns None", lambda _: None, r"shape \(\)"),
    ("returns words", lambda texts: texts, "list"),
    ("returns too few", lambda _: [[1.0, 2.0]], r"\(1, 2\).*\(3, dimensions\)"),
    ("returns too many", lambda _: [[1.0]] * 9, r"\(9, 1\).*\(3, dimensions\)"),
    ("returns numbers", lambda texts: [1.0] * len(texts), r"\(3,\)"),
    ("returns ragged vectors", lambda texts: [[1.0] * (n + 1) for n in range(len(texts))], "same length"),
    ("returns vectors without numbers", lambda texts: [[]] * len(texts), r"\(3, 0\)"),
    ("returns NaN", lambda _: [[1.0], [float("nan")], [1.0]], "text 1 of 3"),
    ("returns infinity", lambda texts: np.full((len(texts), 2), np.inf), "text 0 of 3"),
    ("returns JSON", lambda _: {"data": []}, r"dict|shape \(\)"),
]


@pytest.mark.parametrize(("embed", "said"), [case[1:] for case in WRONG], ids=[case[0] for case in WRONG])
def test_an_embedder_that_is_wrong_gives_one_clear_error(embed, said):
    with pytest.raises(EmbedderFailed, match=said) as caught:
        near(Returning(embed), ["secret plans", "other"])
    assert isinstance(caught.value, CompresskitError)
    assert "expected" in str(caught.value)
    assert str(caught.value).endswith(".")
    assert "secret" not in str(caught.value), "texts are user data"


def test_the_cause_of_a_failure_is_kept():
    with pytest.raises(EmbedderFailed) as caught:
        near(Returning(unreachable), ["text"])
    assert isinstance(caught.value.__cause__, ConnectionError)
