"""The number of tokens before any offset of a text, for many texts that were counted in one go."""

from __future__ import annotations

import re
from collections.abc import Sequence
from math import ceil
from typing import Any

from .tiktoken_counter import SLICE_CHARACTERS, TiktokenCounter, byte_offsets

# A line that is not blank, and does not begin with a sign that an encoding joins to the line end before it. No token
# reaches across the start of such a line, whatever precedes it (the patterns of tiktoken_ext.openai_public).
_LINE_START = re.compile(r"[ \t]*+[^\s/]")


def scaled(tokens: int, factor: float) -> int:
    """A count in the tokens of another tokenizer, rounded up so that no count is too low.

    >>> scaled(100, 1.15), scaled(7, 1.0)
    (115, 7)
    """
    return tokens if factor == 1.0 else ceil(round(tokens * factor, 6))


class Tally:
    """The number of tokens of a text, and of those before any of its characters."""

    __slots__ = ("_marks", "_text", "total")

    def __init__(self, total: int, text: str, marks: _Marks | None = None) -> None:
        self.total = total
        self._text = text
        self._marks = marks

    def at(self, offsets: Sequence[int]) -> list[int]:
        """The tokens before each of the character ``offsets``: exact to one token; 0 and ``total`` at the ends."""
        if self._marks is not None:
            return self._marks.at(offsets)
        length = len(self._text)
        return [offset * self.total // length for offset in offsets] if length else [0] * len(offsets)

    def of(self, stretches: Sequence[tuple[int, int]]) -> int | None:
        """The tokens of whole lines, given as (start, end), between any other lines.

        None if the encoding of the whole text does not determine them: an end falls within a token, or a token could
        join it with the line beside it.
        """
        text = self._text
        if self._marks is None or len(text) > SLICE_CHARACTERS:
            return None
        for start, end in stretches:
            if not (self._parted(start) and self._parted(end)):
                return None
        found = self._marks.exactly_at([offset for stretch in stretches for offset in stretch])
        return None if found is None else sum(found[1::2]) - sum(found[::2])

    def _parted(self, offset: int) -> bool:
        text = self._text
        if offset in (0, len(text)):
            return True
        return text[offset - 1] == "\n" and _LINE_START.match(text, offset) is not None


class _Marks:
    """The tokens before any offsets of an encoded text.

    Args:
        text: The text.
        ends: The bytes at which its tokens end, counted from those of the texts before it.
        before: The bytes of these texts.
        factor: The factor of every count.
    """

    __slots__ = ("_before", "_ends", "_factor", "_text")

    def __init__(self, text: str, ends: Any, before: int, factor: float) -> None:
        self._text = text
        self._ends = ends
        self._before = before
        self._factor = factor

    def at(self, offsets: Sequence[int]) -> list[int]:
        """The tokens that end before or at each offset."""
        _, found = self._found(offsets)
        counts: list[int] = found.tolist()
        # the sum of rounded counts is not the rounded sum
        return counts if self._factor == 1.0 else [scaled(count, self._factor) for count in counts]

    def exactly_at(self, offsets: Sequence[int]) -> list[int] | None:
        """The tokens before each offset; None if an offset is within a token, or if counts are scaled."""
        wanted, found = self._found(offsets)
        inside = wanted > self._before
        if self._factor != 1.0 or not (self._ends[found[inside] - 1] == wanted[inside]).all():
            return None
        counts: list[int] = found.tolist()
        return counts

    def _found(self, offsets: Sequence[int]) -> tuple[Any, Any]:
        """The bytes before each offset, counted as ``ends`` are, and the number of the text's tokens before it."""
        import numpy as np

        wanted = np.asarray(offsets, dtype=np.int64)
        if not self._text.isascii():
            wanted = byte_offsets(self._text)[wanted]
        wanted = (wanted + self._before).astype(self._ends.dtype)  # numpy would copy all ends for another type
        return wanted, np.searchsorted(self._ends, wanted, side="right")


class Batch:
    """Different texts that were counted in one go."""

    def __init__(self, counter: TiktokenCounter, texts: Sequence[str], factor: float = 1.0) -> None:
        self.texts = texts
        self._counter = counter
        self._factor = factor
        self._encoded, totals = counter.encoded(texts)
        self.totals = totals if factor == 1.0 else [scaled(total, factor) for total in totals]
        self._numbers: dict[str, int] = {}
        self._ends: Any = None  # the bytes at which the tokens of all texts end

    def tally(self, text: str) -> Tally:
        """The counts of a text at its offsets."""
        if not self._numbers:
            self._numbers = {text: number for number, text in enumerate(self.texts)}
        number = self._numbers[text]
        parts = self._encoded.parts(number)
        if parts is None:
            return Tally(self.totals[number], text)
        if self._ends is None:
            self._ends = self._counter.ends(self._encoded.tokens)
        first = parts[0][0]
        before = int(self._ends[first - 1]) if first else 0
        return Tally(self.totals[number], text, _Marks(text, self._ends_of(parts), before, self._factor))

    def _ends_of(self, parts: Sequence[tuple[int, int]]) -> Any:
        """The bytes at which the tokens of a text end, which is in these slices."""
        import numpy as np

        views = [self._ends[start:end] for start, end in parts]
        return views[0] if len(views) == 1 else np.concatenate(views)
