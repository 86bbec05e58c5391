"""New values for the best segments, from a reranker that the caller passes and that reads each with the question.

The reranker is called once per conversation. This module does not know how a reranker judges.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from ..types import Reranker
from . import weights as tuning
from .fusion import reordered
from .model_results import SCORES, best_texts, checked_numbers, clean, ends

Rerank = Callable[[Sequence[str], Sequence[float]], list[float]]  # from texts and their values so far to new values
_TEXT_CHARACTERS = 2_000  # characters of a text that are judged: about the 512 tokens that most rerankers read
_QUESTION_CHARACTERS = 2_000  # characters of the question
_DIGITS = 6  # significant digits of a score that count: the others change with the order of summation


def reranking(reranker: Reranker, asked: Sequence[str]) -> Rerank | None:
    """A function that gives texts new values; None if there is no question.

    Args:
        reranker: The reranker.
        asked: The texts of the question, and those of the task if the question alone does not say what it is about.

    Returns:
        A function of texts and their values so far. The texts with the highest values exchange values in the order of
        the reranker's scores, as far as ``rerank_share`` allows. All others keep theirs.
    """
    question = ends("\n\n".join(text for text in asked if text.strip()), _QUESTION_CHARACTERS)
    if not question:
        return None

    def rerank(texts: Sequence[str], values: Sequence[float]) -> list[float]:
        cut = best_texts(texts, values, tuning.WEIGHTS.reranked_segments, _TEXT_CHARACTERS)
        if not cut:
            return list(values)
        different = list(dict.fromkeys(cut.values()))
        scores = dict(zip(different, _scores(reranker, question, different), strict=True))
        changed = reordered([values[number] for number in cut], [scores[text] for text in cut.values()])
        result = list(values)
        for number, value in zip(cut, changed, strict=True):
            result[number] = value
        return result

    return rerank


def _scores(reranker: Reranker, query: str, texts: list[str]) -> list[float]:
    """The scores of texts, rounded.

    Raises:
        RerankerFailed: The reranker raised, or it did not return one finite number for each text.
    """
    scores = checked_numbers(
        lambda: reranker.rerank(clean(query), [clean(text) for text in texts]), reranker, len(texts), SCORES
    )
    return [float(f"{score:.{_DIGITS}g}") for score in scores.tolist()]
