"""The similarity of texts to the query, by the vectors of an embedder that the caller passes.

The embedder is called once per conversation. This module does not know how vectors are made.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from ..types import Embedder
from .model_results import VECTORS, best_texts, checked_numbers, clean, ends

if TYPE_CHECKING:
    from .model_results import Numbers

Near = Callable[[Sequence[str], Sequence[float]], list[float]]  # from texts and their values so far to similarities
_MAX_TEXTS = 4_096  # texts of one conversation that are embedded: those with the highest values, then the newest
_MAX_QUESTIONS = 16  # texts of the query that are embedded
_TEXT_CHARACTERS = 2_000  # characters of a text that are embedded; segments are seldom longer
_QUESTION_CHARACTERS = 4_000  # characters of a text of the query that are embedded
_DIGITS = 6  # digits of a cosine that count: the others change with the order of summation


def nearness(embedder: Embedder, asked: Sequence[tuple[str, float]]) -> Near | None:
    """A function that compares texts with the query; None if the query has no text.

    Args:
        embedder: The embedder.
        asked: The texts of the query with their weights.

    Returns:
        A function of texts and their values so far. It returns the best weighted cosine of each text to the texts of
        the query, and 0.0 for texts that are blank or beyond the limit.
    """
    questions = [(ends(text, _QUESTION_CHARACTERS), weight) for text, weight in asked if text.strip()]
    questions = questions[:_MAX_QUESTIONS]
    if not questions:
        return None

    def near(texts: Sequence[str], values: Sequence[float]) -> list[float]:
        cut = best_texts(texts, values, _MAX_TEXTS, _TEXT_CHARACTERS)
        if not cut:
            return [0.0] * len(texts)
        different = {text: row for row, text in enumerate(dict.fromkeys(cut.values()))}
        vectors = _unit_vectors(embedder, [text for text, _ in questions] + list(different))
        best = _best(vectors[len(questions) :], vectors[: len(questions)], [weight for _, weight in questions])
        result = [0.0] * len(texts)
        for number, text in cut.items():
            result[number] = best[different[text]]
        return result

    return near


def _unit_vectors(embedder: Embedder, texts: list[str]) -> Numbers:
    """The vectors of texts, scaled to length 1: an array of shape (texts, dimensions).

    A vector of zeros stays as it is: the model knows no word of that text, and its cosine to all others is 0.

    Raises:
        EmbedderFailed: The embedder raised, or it did not return one vector of finite numbers for each text.
    """
    import numpy as np

    vectors = checked_numbers(lambda: embedder.embed([clean(text) for text in texts]), embedder, len(texts), VECTORS)
    largest = np.abs(vectors).max(axis=1, keepdims=True)
    vectors /= np.where(largest > 0, largest, 1.0)  # so that no square overflows or underflows
    lengths = np.sqrt(np.einsum("ij,ij->i", vectors, vectors))[:, None]
    unit: Numbers = vectors / np.where(lengths > 0, lengths, 1.0)
    return unit


def _best(vectors: Numbers, questions: Numbers, weights: Sequence[float]) -> list[float]:
    """The best weighted cosine of each vector to the questions, which does not depend on the number of threads."""
    import numpy as np

    best = np.full(len(vectors), -1.0)
    for question, weight in zip(questions, weights, strict=True):
        best = np.maximum(best, weight * np.einsum("ij,j->i", vectors, question))
    result: list[float] = np.round(best, _DIGITS).tolist()
    return result
