"""Calls an embedder or a reranker of the caller, and checks that it returned one row of finite numbers per text."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from ..errors import EmbedderFailed, RerankerFailed, described

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Numbers = NDArray[np.float64]


class Expected(NamedTuple):
    """What a model is expected to return, in the words of its errors.

    Attributes:
        error: The error that is raised.
        model: The name of the argument: "embedder" or "reranker".
        each: What it returns for one text.
        dimensions: 1 for a number for each text, 2 for a vector.
        advice: What it should return for all texts.
        fallback: What it should return for a text that it cannot read.
    """

    error: type[EmbedderFailed] | type[RerankerFailed]
    model: str
    each: str
    dimensions: int
    advice: str
    fallback: str


VECTORS = Expected(
    EmbedderFailed, "embedder", "vector", 2, "Return a list of lists of floats of the same length, or an array", "zeros"
)
SCORES = Expected(
    RerankerFailed, "reranker", "score", 1, "Return one float for each text, in their order", "a low number"
)


def checked_numbers(call: Callable[[], Any], model: object, texts: int, expected: Expected) -> Numbers:
    """What a model returns, as a float64 array of shape (texts,) or (texts, dimensions).

    Args:
        call: The call of the model.
        model: The model, which errors name by its class.
        texts: The number of texts that it was given.
        expected: What it should return.

    Raises:
        EmbedderFailed, RerankerFailed: The model raised, or it did not return such numbers.
    """
    import numpy as np

    name = f"{expected.model} {type(model).__name__}"
    try:
        returned = call()
    except expected.error:
        raise
    except Exception as error:
        raise expected.error(
            f"{name} raised {type(error).__name__} for {texts} texts; one {expected.each} per text was expected. "
            f"Fix the cause below, or leave {expected.model} out."
        ) from error
    try:
        numbers = np.array(returned, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise expected.error(
            f"{name} returned {described(returned)}, which does not convert to numbers; {texts} {expected.each}s were "
            f"expected. {expected.advice}."
        ) from error
    vectors = expected.dimensions == 2
    if numbers.ndim != expected.dimensions or len(numbers) != texts or (vectors and not numbers.shape[1]):
        shape = f"({texts}, dimensions)" if vectors else f"({texts},)"
        raise expected.error(
            f"{name} returned {expected.each}s of shape {numbers.shape}; {shape} was expected. {expected.advice}."
        )
    finite = np.isfinite(numbers) if not vectors else np.isfinite(numbers).all(axis=1)
    if not finite.all():
        raise expected.error(
            f"{name} returned NaN or infinity for text {int(np.argmin(finite))} of {texts}; finite numbers were "
            f"expected. Return {expected.fallback} for a text that the model cannot read."
        )
    return numbers


def best_texts(texts: Sequence[str], values: Sequence[float], most: int, characters: int) -> dict[int, str]:
    """The beginnings of the texts that a model is given, by number: those with the highest values, then the newest."""
    ranked = sorted(
        (number for number, text in enumerate(texts) if text and not text.isspace()),
        key=lambda number: (-values[number], -number),
    )
    return {number: texts[number][:characters] for number in sorted(ranked[:most])}


def clean(text: str) -> str:
    """The text without lone surrogates, which tokenizers and APIs refuse."""
    return text.encode(errors="replace").decode()


def ends(text: str, most: int) -> str:
    """The text, or as much of its beginning as of its end: long messages ask in one of them."""
    return text if len(text) <= most else f"{text[: most // 2]}\n{text[-(most // 2) :]}"
