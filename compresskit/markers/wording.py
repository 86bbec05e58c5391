"""Markers: the wording of the lines that stand where text was taken out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

ROWS_LEFT_OUT = "…"  # stands for rows of a text in short form
START = "[… "
SHORTENED = "shortened"
# What the assistant says before or behind a fold, which is a message of the user, if user and assistant would not take
# turns otherwise: templates of open models refuse that.
BESIDE_FOLD = "[…]"


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

    def gap(self, gap: Gap, key: str, signatures: Sequence[str] = (), names: Sequence[str] = ()) -> str:
        """The line between two kept segments. With an empty key, that of a gap after another of the same text.

        Args:
            signatures: signatures with their lines, of what is missing.
            names: that are said in what is missing, among others: without a key, the marker does not end in one.

        >>> Wording().gap(Gap(13, 57), "bcdfghjklmnp"), Wording().gap(Gap(80, 99), "", ["def f(x) L81-90"])
        ('[… lines 13-57: retrieve bcdfghjklmnp]', '[… lines 80-99: def f(x) L81-90]')
        >>> Wording().gap(Gap(80, 99), "", names=["src/app.py", "get_user"])
        '[… lines 80-99: src/app.py, get_user, …]'
        """
        one = gap.unit == "lines" and gap.first == gap.last
        what = f"line {gap.first}" if one else f"{gap.unit} {gap.first}-{gap.last}"
        words = [*signatures, *names, *(["…"] if names and not key else [])]
        what += f": {', '.join(words)}" if words else ""
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

    def short(self, form: str, key: str, complete: bool = False) -> str:
        """The line before a text in the short form of this name; a ``complete`` one leaves nothing to ask for.

        >>> Wording().short("json", "bcdfghjklmnp", complete=True)
        '[… json: complete, bcdfghjklmnp]'
        """
        return f"{START}{form}: " + (f"complete, {key}]" if complete else self._ending(key))

    def shortened(self, key: str, shrunk: str) -> str:
        """A text that a shrinker said in fewer words, under the line that says so."""
        return f"{START}{SHORTENED}: {self._ending(key)}\n{shrunk}"

    def stub(self, lines: int, tokens: int, what: str, key: str) -> str:
        """The line that stands for a whole text."""
        size = f"{lines} lines, {tokens} tokens" if lines > 1 else f"{tokens} tokens"
        return f"{START}{size}{f', {what}' if what else ''}: {self._ending(key)}"

    def fold(self, messages: int, key: str, quoted: bool = False) -> str:
        """The first line of the one message that stands for a run of messages; extracts may follow."""
        noun = ("messages" if messages > 1 else "message") + (", quoted in part" if quoted else "")
        return f"{START}{messages} earlier {noun}: {self._ending(key)}"


def looks_issued(text: str) -> bool:
    """Whether a text could pass for a form at all: a cheap first look.

    >>> looks_issued("plain text")
    False
    """
    return START in text
