"""Remembers the counts of long texts for the life of the process, by a hash of their content.

An agent sends its whole history with every request, so most texts of a request were counted for the one before. No text
is kept: an entry takes about 200 bytes.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

from .._recent import Recent

_MIN_CHARACTERS = 500  # characters of a text below which a hash saves little: tiktoken takes 20 microseconds for them
_MAX_ENTRIES = 20_000  # texts, which is 4 MB; the ones that were asked for longest ago are forgotten


class KnownCounts:
    """The number of tokens of texts that were counted before. It is safe to use from several threads."""

    def __init__(self) -> None:
        self._counts: Recent[bytes, int] = Recent(_MAX_ENTRIES)

    def of(self, text: str) -> int | None:
        """The tokens of a text; None if they are not known."""
        return None if len(text) < _MIN_CHARACTERS else self._counts.get(_name(text))

    def learn(self, texts: Iterable[str], counts: Iterable[int]) -> None:
        """Remembers the tokens of texts."""
        self._counts.put(
            [(_name(text), tokens) for text, tokens in zip(texts, counts, strict=True) if len(text) >= _MIN_CHARACTERS]
        )


def _name(text: str) -> bytes:
    """A hash of a text that no two texts share, lone surrogates included."""
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).digest()
