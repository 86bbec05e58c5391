"""The numbers of this package that decide which text is kept. The wording of markers is not a weight."""

from __future__ import annotations

from dataclasses import dataclass

from .._weights import weight


@dataclass(frozen=True, kw_only=True)
class MarkerWeights:
    """Weights of the lines that folds quote."""

    small_text_characters: int = weight(
        160, "characters from which on a text is cut into segments; a shorter one is quoted whole within a fold"
    )


WEIGHTS = MarkerWeights()
