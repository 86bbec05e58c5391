"""The best segments, judged once more by a reranker that the caller passes, which reads each with the question.

It asks the reranker once for a conversation, checks what comes back, and knows nothing of how a reranker judges.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from ..errors import RerankerFailed, described
from ..types import Reranker
from . import weights as tuning
from .embeddings import clean, ends
from .fusion import reordered

Rerank = Callable[[Sequence[str], Sequence[float]], list[float]]  # of texts and their values so far: new values
_TEXT_CHARACTERS = 2_000  # characters of a text that are judged: about the 512 tokens that most rerankers read
_QUESTION_CHARACTERS = 2_000  # characters of the question
_DIGITS = 6  # significant digits of a score that count: the others change with the order of summing


def reranking(reranker: Reranker, asked: Sequence[str]) -> Rerank | None:
    """What gives texts new values; None if nothing is asked.

    Args:
        asked: The texts of the question; and of the task, if the question does not say by itself what it is about.

    Returns:
        A function of texts and their values so far. The best texts by these values exchange their values, as far as
        the reranker says so. All others keep theirs.
    """
    question = ends("\n\n".join(text for text in asked if text.strip()), _QUESTION_CHARACTERS)
    if not question:
        return None

    def rerank(texts: Sequence[str], values: Sequence[float]) -> list[float]:
        best = sorted(
            (number for number, text in enumerate(texts) if text and not text.isspace()),
            key=lambda number: (-values[number], -number),
        )[: tuning.WEIGHTS.reranked_segments]
        cut = {number: texts[number][:_TEXT_CHARACTERS] for number in sorted(best)}
        if not cut:
            return list(values)
        different = list(dict.fromkeys(cut.values()))
        scores = dict(zip(different, checked_scores(reranker, question, different), strict=True))
        changed = reordered([values[number] for number in cut], [scores[text] for text in cut.values()])
        result = list(values)
        for number, value in zip(cut, changed, strict=True):
            result[number] = value
        return result

    return rerank


def checked_scores(reranker: Reranker, query: str, texts: list[str]) -> list[float]:
    """The scores of texts, rounded.

    Raises:
        RerankerFailed: The reranker raised, or it did not return one finite number for each text.
    """
    import numpy as np

    name = type(reranker).__name__
    try:
        returned = reranker.rerank(clean(query), [clean(text) for text in texts])
    except RerankerFailed:
        raise
    except Exception as error:
        raise RerankerFailed(
            f"reranker {name} raised {type(error).__name__} for {len(texts)} texts; one score a text was expected. "
            f"Mend what the cause says, or leave reranker out."
        ) from error
    try:
        scores = np.array(returned, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise RerankerFailed(
            f"reranker {name} returned {described(returned)} that is no list of numbers; {len(texts)} scores were "
            f"expected. Return one float for each text, in their order."
        ) from error
    if scores.shape != (len(texts),):
        raise RerankerFailed(
            f"reranker {name} returned scores of shape {scores.shape}; ({len(texts)},) was expected. "
            f"Return one float for each text, in their order."
        )
    if not np.isfinite(scores).all():
        raise RerankerFailed(
            f"reranker {name} returned NaN or infinity for text {int(np.argmin(np.isfinite(scores)))} of {len(texts)}; "
            f"finite numbers were expected. Return a low number for a text that cannot be judged."
        )
    return [float(f"{score:.{_DIGITS}g}") for score in scores.tolist()]
