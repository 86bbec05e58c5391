"""toktok, an encoder that gives the tokens of tiktoken about ten times as fast: `pip install 'compresskit[fast]'`.

The two may know different versions of Unicode, and then they cut new characters in different places. So each character
beyond ASCII is compared once, in the places that matter to the patterns of the encodings, before a text with it is
encoded. Texts with a character that differs are left to tiktoken.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import tiktoken

# A character among letters of both cases, digits, blanks, line ends, signs, itself, and before the ending of "it's".
_PLACES = "a{0}b A{0}a 1{0} {0}{0}{0}\n {0}'s {0}\n{0} \t{0}A x'{0} ;{0};\n{0}\n \n{0}//{0}/\n/{0}"
# Only tiktoken takes these letters for the "s" of "it's", or may take them for another ASCII letter.
_FOLDED = frozenset({"\N{LATIN SMALL LETTER LONG S}", "\N{KELVIN SIGN}"})


class FastEncoder:
    """Encodes with toktok what it encodes as tiktoken does."""

    def __init__(self, name: str, encoding: tiktoken.Encoding) -> None:
        import toktok

        self._toktok: Any = toktok._encoding(name)
        self._tiktoken = encoding
        self._same: set[str] = set()  # characters that both treat alike
        self._different = set(_FOLDED)

    def encoded(self, texts: Sequence[str]) -> tuple[Any, Any] | None:
        """The tokens of all texts in one array, and where those of each text begin and end; None for other texts.

        Raises:
            UnicodeEncodeError: A text has lone surrogates.
        """
        found = self._toktok.encode_batch_to_numpy(texts, 1)
        return found if all(map(self._takes, texts)) else None

    def _takes(self, text: str) -> bool:
        """Whether both encode a text alike."""
        if text.isascii():
            return True
        characters = set(text)
        for each in [each for each in characters - self._same - self._different if not each.isascii()]:
            sample = _PLACES.format(each)
            alike = self._toktok.encode_ordinary(sample) == self._tiktoken.encode_ordinary(sample)
            (self._same if alike else self._different).add(each)
        return self._different.isdisjoint(characters)


def load(name: str, encoding: tiktoken.Encoding) -> FastEncoder | None:
    """The faster encoder; None if it is not installed, or does not have the encoding."""
    try:
        return FastEncoder(name, encoding)
    except (ImportError, KeyError):
        return None
