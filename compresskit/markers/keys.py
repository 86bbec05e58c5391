"""Keys: names of originals, made from their content by a cryptographic hash."""

from __future__ import annotations

import hashlib

from ..types import Cache

# Letters only, no vowels: few tokens for their bits (20 letters, 4.3 bits each) and no words by accident.
LETTERS = "bcdfghjklmnpqrstvwxz"


KEY_LENGTH = 12  # 51 bits; longer where two texts of one conversation would share a key


FULL_LENGTH = 59  # all of SHA-256


PLACEHOLDER = "bcdfghjklmnp"  # for a key whose letters do not matter


def key_of(text: str, length: int = KEY_LENGTH) -> str:
    """The key of an original text: the same in every turn, process and machine.

    The first letters of the text's SHA-256 (UTF-8, lone surrogates passed), written in base 20.

    >>> key_of("hello")
    'bcmlvgkwrqmn'
    """
    number = int.from_bytes(hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest(), "big")
    letters = []
    for _ in range(length):
        number, digit = divmod(number, len(LETTERS))
        letters.append(LETTERS[digit])
    return "".join(letters)


class Keys:
    """Names originals: each text once, and no two texts alike."""

    def __init__(self, earlier: Cache, lengths: dict[str, int]) -> None:
        self.cache: dict[str, str] = {}  # what was issued
        self._lengths = lengths  # text -> letters, where the usual ones would not do
        self._named = dict(earlier)

    def name(self, text: str) -> str:
        """The key of a text, longer than usual where another text has the same letters."""
        key = key_of(text, self._lengths.get(text, KEY_LENGTH))
        while self._named.setdefault(key, text) != text:
            key = key_of(text, len(key) + 1)
        return key

    def exhausted(self, text: str) -> bool:
        """Whether the input passes for a form of ``text`` at every length of its key: it has to stay."""
        return self._lengths.get(text, KEY_LENGTH) > FULL_LENGTH

    def issue(self, text: str) -> str:
        """The key of a text that is taken out now: it goes into the cache."""
        key = self.name(text)
        self.cache[key] = text
        return key


def bond(key: str, shrunk: str) -> str:
    """What a cache holds besides the original for a shrunk text: it cannot be made again, so it is known by this."""
    return f"{key}\n{shrunk}"
