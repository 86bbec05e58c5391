"""Finds the words of ASCII text with numpy: where they are, and a key of each, by which it is found in a table.

It does not know which words matter.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Numbers = NDArray[np.intp]
    Flags = NDArray[np.bool_]
    Keys = NDArray[np.uint64]

HEAD = 8  # letters that a key is made of: no other word of at most so many has the same key
_PLACES = 17  # bits of a place in a table
_GOLDEN = 0x9E3779B97F4A7C15  # 2^64 / golden ratio: Fibonacci hashing (Knuth, TAOCP 3, 6.4)
_LOWER = bytes(ord(chr(code).lower()) if code < 128 and chr(code).isalnum() else 32 for code in range(256))
_UNDERSCORE, _CAPITAL, _SMALL, _DIGIT = 1, 2, 3, 4
_SHAPE = bytes(
    _CAPITAL if 65 <= code <= 90 else _SMALL if 97 <= code <= 122 else _DIGIT if 48 <= code <= 57 else code == ord("_")
    for code in range(256)
)


class Words(NamedTuple):
    """Words or parts of words in a text, as arrays.

    Attributes:
        starts, ends: Where they are.
        heads: The first eight letters of each in lower case, and what is behind a shorter one.
        keys: A key of each, made of its length and its first eight letters.
    """

    starts: Numbers
    ends: Numbers
    heads: Keys
    keys: Keys

    def beginnings(self, letters: int) -> Keys:
        """A key of each by its first letters alone."""
        import numpy as np

        return self.heads & np.uint64((1 << 8 * letters) - 1)


class Compounds(NamedTuple):
    """The parts of words such as getUserName.

    Attributes:
        parts: The parts.
        words: The number of the word that each part is of.
        doubtful: The words in which a digit follows two capitals: where their parts start depends on more.
    """

    parts: Words
    words: Numbers
    doubtful: Numbers


class AsciiText:
    """A text in ASCII that begins and ends with a space, and its words."""

    def __init__(self, text: str) -> None:
        import numpy as np

        raw = text.encode()
        self._text = text
        self._lower = raw.translate(_LOWER)
        self._shape = np.frombuffer(raw.translate(_SHAPE), dtype=np.uint8)
        inside = np.frombuffer(self._lower, dtype=np.uint8) != ord(" ")
        edges = np.flatnonzero(inside[1:] != inside[:-1]) + 1
        self.words = self._keyed(edges[::2], edges[1::2])

    def _keyed(self, starts: Numbers, ends: Numbers) -> Words:
        import numpy as np

        padded = self._lower + bytes(HEAD)
        heads: Keys = np.ndarray(len(self._lower), dtype="<u8", buffer=padded, strides=(1,))[starts]
        masks = np.array([(1 << 8 * size) - 1 for size in range(HEAD + 1)], dtype=np.uint64)
        sizes = ends - starts
        keys = (heads & masks[np.minimum(sizes, HEAD)]) ^ (sizes.astype(np.uint64) << np.uint64(56))
        return Words(starts, ends, heads, keys)

    def compounds(self) -> Compounds:
        """The words that are put together of parts.

        A part starts at a capital behind a small letter or a digit, and at one behind a capital and before a small
        letter.
        """
        import numpy as np

        shape, starts, ends = self._shape, self.words.starts, self.words.ends
        capitals = np.flatnonzero(shape == _CAPITAL)
        before, after = shape[capitals - 1], shape[capitals + 1]  # a text begins and ends with a space
        cuts = capitals[(before > _CAPITAL) | ((before == _CAPITAL) & (after == _SMALL))]
        begins = np.zeros(len(shape), dtype=np.bool_)
        begins[cuts] = begins[starts[np.searchsorted(starts, cuts, side="right") - 1]] = True
        part_starts = np.flatnonzero(begins)
        words = np.searchsorted(starts, part_starts, side="right") - 1
        part_ends = np.minimum(np.append(part_starts[1:], len(shape)), ends[words])
        numbered = capitals[(before == _CAPITAL) & (after == _DIGIT)]
        doubtful = np.searchsorted(starts, numbered, side="right") - 1
        return Compounds(self._keyed(part_starts, part_ends), words, doubtful)

    def joined(self, numbers: Numbers) -> tuple[Numbers, Numbers]:
        """Those of these words that an underscore alone parts from the next one of them, and these next ones."""
        import numpy as np

        before, behind = numbers[:-1], numbers[1:]
        ends = self.words.ends[before]
        place = np.flatnonzero((self.words.starts[behind] == ends + 1) & (self._shape[ends] == _UNDERSCORE))
        return before[place], behind[place]

    def said(self, firsts: Numbers, lasts: Numbers) -> list[str]:
        """The text from one word to another, for each of these pairs."""
        starts, ends = self.words.starts[firsts].tolist(), self.words.ends[lasts].tolist()
        return [self._text[start:end] for start, end in zip(starts, ends, strict=True)]


def words_of(words: Iterable[str]) -> Words:
    """Words in ASCII, without the places where they were."""
    return AsciiText(f" {' '.join(words)} ").words


def places_of(keys: Keys) -> Numbers:
    """The place of each key in a table. Different keys may have the same."""
    import numpy as np

    places: Numbers = ((keys * np.uint64(_GOLDEN)) >> np.uint64(64 - _PLACES)).astype(np.intp)
    return places


def table_of(places: Numbers) -> Flags:
    """A table of which only these places are taken."""
    import numpy as np

    table = np.zeros(1 << _PLACES, dtype=np.bool_)
    table[places] = True
    return table
