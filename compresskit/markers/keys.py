"""Keys: names of originals, made from their content by a cryptographic hash."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence

from ..types import Cache

# Letters only, no vowels: few tokens for their bits (20 letters, 4.3 bits each) and no words by accident.
LETTERS = "bcdfghjklmnpqrstvwxz"
KEY_LENGTH = 12  # letters, which are 51 bits; a key is longer if two texts of one conversation would share it
FULL_LENGTH = 59  # letters that hold all bits of a SHA-256
PLACEHOLDER = "bcdfghjklmnp"  # a key for counting tokens, when the letters do not matter


def key_of(text: str, length: int = KEY_LENGTH) -> str:
    """The key of an original text: the same in every turn, process and machine.

    It is the beginning of the text's SHA-256 in base 20. The text is encoded as UTF-8, lone surrogates included.

    >>> key_of("hello")
    'bcmlvgkwrqmn'
    """
    number = int.from_bytes(hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest(), "big")
    number %= len(LETTERS) ** length  # what the letters say of it
    letters = []
    for _ in range(length):
        number, digit = divmod(number, len(LETTERS))
        letters.append(LETTERS[digit])
    return "".join(letters)


class Keys:
    """Gives each original text one key, and no two texts the same key."""

    def __init__(self, earlier: Cache, lengths: dict[str, int]) -> None:
        self.cache: dict[str, str] = {}  # the originals that were taken out, by key
        self._lengths = lengths  # text -> letters of its key, if it needs more than the usual number
        self._named = dict(earlier)
        self._keys: dict[str, str] = {}  # by text

    def name(self, text: str) -> str:
        """The key of a text. It is longer than usual if another text has the same letters."""
        if text in self._keys:
            return self._keys[text]
        key = key_of(text, self._lengths.get(text, KEY_LENGTH))
        while self._named.setdefault(key, text) != text:
            key = key_of(text, len(key) + 1)
        self._keys[text] = key
        return key

    def must_stay(self, text: str) -> bool:
        """Whether no key can stand for ``text``: the input looks like its form for every length of its key.

        The same holds for a text that reads like the record of a shared marker.
        """
        return self._lengths.get(text, KEY_LENGTH) > FULL_LENGTH or bool(members(text))

    def issue(self, text: str) -> str:
        """Puts a text that is taken out now into the cache, and returns its key."""
        key = self.name(text)
        self.cache[key] = text
        return key


_LISTED = "texts: "
_RECORD = re.compile(
    rf"{_LISTED}[{LETTERS}]{{{KEY_LENGTH},{FULL_LENGTH}}}(?: [{LETTERS}]{{{KEY_LENGTH},{FULL_LENGTH}}})+"
)


def listed(keys: Sequence[str]) -> str:
    """The record of several texts that share one marker: their keys. No original is like it: see ``Keys.must_stay``.

    >>> members(listed(["bcdfghjklmnp", "bcdfghjklmnq"]))
    ['bcdfghjklmnp', 'bcdfghjklmnq']
    """
    return _LISTED + " ".join(keys)


def members(record: str) -> list[str]:
    """The keys in a record of several texts; none if a text is no such record.

    >>> members("texts: see bcdfghjklmnp and others")
    []
    """
    return record[len(_LISTED) :].split(" ") if _RECORD.fullmatch(record) else []


def bond(key: str, shrunk: str) -> str:
    """The record of a shrunk text that a cache holds beside the original.

    A shrunk text cannot be derived from its original again, so ``restore`` recognises it by this record.
    """
    return f"{key}\n{shrunk}"
