"""How near texts are to what is asked, by the vectors of an embedder that the caller passes.

It asks the embedder once for a conversation, checks what comes back, and knows nothing of how vectors are made.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from ..errors import EmbedderFailed, described
from ..types import Embedder

Near = Callable[[Sequence[str], Sequence[float]], list[float]]  # of texts and their values so far
_MAX_TEXTS = 4_096  # texts of one conversation that are embedded: those that the words find, then the newest
_MAX_QUESTIONS = 16  # texts of the query that are embedded
_TEXT_CHARACTERS = 2_000  # characters of a text that are embedded; segments are seldom longer
_QUESTION_CHARACTERS = 4_000  # characters of a text of the query that are embedded
_DIGITS = 6  # digits of a cosine that count: the others change with the order of summing


def nearness(embedder: Embedder, asked: Sequence[tuple[str, float]]) -> Near | None:
    """What judges texts against what is asked; None where nothing is.

    Args:
        asked: texts with their weights, as in the query.

    Returns:
        A function of texts and their values so far. It gives the best weighted cosine of each text to what is
        asked, and 0.0 for texts that are blank or beyond the bound.
    """
    questions = [(ends(text, _QUESTION_CHARACTERS), weight) for text, weight in asked if text.strip()]
    questions = questions[:_MAX_QUESTIONS]
    if not questions:
        return None

    def near(texts: Sequence[str], values: Sequence[float]) -> list[float]:
        chosen = sorted(
            (number for number, text in enumerate(texts) if text and not text.isspace()),
            key=lambda number: (-values[number], -number),
        )[:_MAX_TEXTS]
        cut = {number: texts[number][:_TEXT_CHARACTERS] for number in sorted(chosen)}
        if not cut:
            return [0.0] * len(texts)
        different = {text: row for row, text in enumerate(dict.fromkeys(cut.values()))}
        vectors = unit_vectors(embedder, [text for text, _ in questions] + list(different))
        best = _best(vectors[len(questions) :], vectors[: len(questions)], [weight for _, weight in questions])
        result = [0.0] * len(texts)
        for number, text in cut.items():
            result[number] = best[different[text]]
        return result

    return near


def unit_vectors(embedder: Embedder, texts: list[str]) -> Any:
    """The vectors of texts, of length 1 each: a float64 array (texts, dimensions).

    A vector of zeros (of a text of which the model knows no word) stays as it is, and is near to nothing.

    Raises:
        EmbedderFailed: the embedder raised, or did not return one vector of finite numbers for each text.
    """
    import numpy as np

    name = type(embedder).__name__
    try:
        returned = embedder.embed([clean(text) for text in texts])
    except EmbedderFailed:
        raise
    except Exception as error:
        raise EmbedderFailed(
            f"embedder {name} raised {type(error).__name__} for {len(texts)} texts; one vector a text was expected. "
            f"Mend what the cause says, or leave embedder out."
        ) from error
    try:
        vectors = np.array(returned, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise EmbedderFailed(
            f"embedder {name} returned {described(returned)} that is no table of numbers; {len(texts)} vectors of "
            f"the same length were expected. Return a list of lists of floats, or an array."
        ) from error
    if vectors.ndim != 2 or len(vectors) != len(texts) or not vectors.shape[1]:
        raise EmbedderFailed(
            f"embedder {name} returned vectors of shape {vectors.shape}; ({len(texts)}, dimensions) was expected. "
            f"Return one vector for each text, in their order."
        )
    if not np.isfinite(vectors).all():
        wrong = int(np.argmin(np.isfinite(vectors).all(axis=1)))
        raise EmbedderFailed(
            f"embedder {name} returned a vector with NaN or infinity for text {wrong} of {len(texts)}; finite numbers "
            f"were expected. Return zeros for a text that cannot be embedded."
        )
    largest = np.abs(vectors).max(axis=1, keepdims=True)
    vectors /= np.where(largest > 0, largest, 1.0)  # so that no square overflows or vanishes
    lengths = np.sqrt(np.einsum("ij,ij->i", vectors, vectors))[:, None]
    return vectors / np.where(lengths > 0, lengths, 1.0)


def _best(vectors: Any, questions: Any, weights: Sequence[float]) -> list[float]:
    """The best weighted cosine of each vector to the questions; the same on any number of threads."""
    import numpy as np

    best = np.full(len(vectors), -1.0)
    for question, weight in zip(questions, weights, strict=True):
        best = np.maximum(best, weight * np.einsum("ij,j->i", vectors, question))
    result: list[float] = np.round(best, _DIGITS).tolist()
    return result


def clean(text: str) -> str:
    """The text as a tokenizer or an API takes it: half of a surrogate pair is no text to them."""
    return text.encode(errors="replace").decode()


def ends(text: str, most: int) -> str:
    """The text, or as much of its beginning as of its end: long messages ask in one of them."""
    return text if len(text) <= most else f"{text[: most // 2]}\n{text[-(most // 2) :]}"
