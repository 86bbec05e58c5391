"""Keys and markers: what stands where text was taken out."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import NamedTuple

from .types import Cache

# Letters only, no vowels: few tokens for their bits (20 letters, 4.3 bits each) and no words by accident.
LETTERS = "bcdfghjklmnpqrstvwxz"
KEY_LENGTH = 12  # 51 bits; longer where two texts of one conversation would share a key
FULL_LENGTH = 59  # all of SHA-256
STAND_IN = "bcdfghjklmnp"  # for a key whose letters do not matter

ROWS_LEFT_OUT = "…"  # stands for rows of a text in short form
START = "[… "
SHORTENED = "shortened"
# Stands before or behind a fold, which is a message of the user, where user and assistant would no longer take turns:
# templates of open models refuse that.
BESIDE_FOLD = {"role": "assistant", "content": "[…]"}


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


class Gap(NamedTuple):
    """What a marker stands for: lines ``first`` to ``last`` (from 1), or characters within one line."""

    first: int
    last: int
    unit: str = "lines"  # or "characters" (from 0, the last one not included)


class Wording(NamedTuple):
    """How markers speak: with an invitation to ask for the text where it can be had, or without."""

    recoverable: bool = True

    def _ending(self, key: str) -> str:
        return f"retrieve {key}]" if self.recoverable else f"left out, {key}]"

    def gap(self, gap: Gap, key: str, told: Sequence[str] = (), names: Sequence[str] = ()) -> str:
        """The line between two kept segments. With an empty key, that of a gap after another of the same text.

        Args:
            told: signatures with their lines, of what is missing.
            names: that are said in what is missing, among others: without a key, the marker does not end in one.

        >>> Wording().gap(Gap(13, 57), "bcdfghjklmnp"), Wording().gap(Gap(80, 99), "", ["def f(x) L81-90"])
        ('[… lines 13-57: retrieve bcdfghjklmnp]', '[… lines 80-99: def f(x) L81-90]')
        >>> Wording().gap(Gap(80, 99), "", names=["src/app.py", "get_user"])
        '[… lines 80-99: src/app.py, get_user, …]'
        """
        one = gap.unit == "lines" and gap.first == gap.last
        what = f"line {gap.first}" if one else f"{gap.unit} {gap.first}-{gap.last}"
        said = [*told, *names, *(["…"] if names and not key else [])]
        what += f": {', '.join(said)}" if said else ""
        return f"{START}{what}: {self._ending(key)}" if key else f"{START}{what}]"

    def naming(self, marker: str, names: Sequence[str]) -> str:
        """A marker with a key that tells names of what it hides.

        >>> Wording().naming("[… line 2: retrieve bcdfghjklmnp]", ["src/app.py", "get_user"])
        '[… line 2: src/app.py, get_user: retrieve bcdfghjklmnp]'
        """
        if not names:
            return marker
        what, colon, ending = marker.rpartition(": ")
        return f"{what}{colon}{', '.join(names)}: {ending}"

    def short(self, form: str, key: str) -> str:
        """The line before a text in the short form of this name."""
        return f"{START}{form}: {self._ending(key)}"

    def shortened(self, key: str, shrunk: str) -> str:
        """A text that a shrinker said in fewer words, under the line that says so."""
        return f"{START}{SHORTENED}: {self._ending(key)}\n{shrunk}"

    def stub(self, lines: int, tokens: int, what: str, key: str) -> str:
        """The line that stands for a whole text."""
        size = f"{lines} lines, {tokens} tokens" if lines > 1 else f"{tokens} tokens"
        return f"{START}{size}{f', {what}' if what else ''}: {self._ending(key)}"

    def fold(self, messages: int, key: str, told: bool = False) -> str:
        """The first line of the one message that stands for a run of messages; extracts may follow."""
        noun = ("messages" if messages > 1 else "message") + (", quoted in part" if told else "")
        return f"{START}{messages} earlier {noun}: {self._ending(key)}"


def looks_issued(text: str) -> bool:
    """Whether a text could pass for a form at all: a cheap first look.

    >>> looks_issued("plain text")
    False
    """
    return START in text


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
