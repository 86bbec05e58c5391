"""Markers: the wording of the lines that replace text which was taken out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

ROWS_LEFT_OUT = "…"  # replaces rows of a compact form
START = "[… "
SHORTENED = "shortened"
# The text of a message of the assistant before or behind a fold. A fold is a message of the user, and templates of open
# models refuse a conversation in which user and assistant do not take turns.
BESIDE_FOLD = "[…]"
FOLLOWS = "[…]"  # replaces a text that the marker of a text before it stands for


class Gap(NamedTuple):
    """The text that a marker replaces: lines ``first`` to ``last`` (from 1), or characters within one line."""

    first: int
    last: int
    unit: str = "lines"  # or "characters" (from 0, the last one not included)


class Wording(NamedTuple):
    """The wording of markers. If the text is ``recoverable``, a marker invites the model to retrieve it."""

    recoverable: bool = True

    def _ending(self, key: str) -> str:
        return f"retrieve {key}]" if self.recoverable else f"left out, {key}]"

    def gap(self, gap: Gap, key: str, signatures: Sequence[str] = (), names: Sequence[str] = ()) -> str:
        """The line between two kept segments.

        Args:
            gap: The text that is missing.
            key: The key of the text, or "" if an earlier marker of the same text has the key.
            signatures: Signatures, headings and labels in the missing text, with their lines.
            names: Some of the names in the missing text. If there is no key, "…" behind them ends the marker.

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
        """A marker with a key, and with names from the text that it replaces.

        >>> Wording().naming("[… line 2: retrieve bcdfghjklmnp]", ["src/app.py", "get_user"])
        '[… line 2: src/app.py, get_user: retrieve bcdfghjklmnp]'
        """
        if not names:
            return marker
        what, colon, ending = marker.rpartition(": ")
        return f"{what}{colon}{', '.join(names)}: {ending}"

    def short(self, form: str, key: str, complete: bool = False) -> str:
        """The line before a text in the compact form of this name. A ``complete`` form leaves nothing to retrieve.

        >>> Wording().short("json", "bcdfghjklmnp", complete=True)
        '[… json: complete, bcdfghjklmnp]'
        """
        return f"{START}{form}: " + (f"complete, {key}]" if complete else self._ending(key))

    def shortened(self, key: str, shrunk: str) -> str:
        """A text in a shrinker's fewer words, under its marker."""
        return f"{START}{SHORTENED}: {self._ending(key)}\n{shrunk}"

    def stub(self, lines: int, tokens: int, what: str, key: str) -> str:
        """The line that replaces a whole text; ``what`` describes the text."""
        size = f"{lines} lines, {tokens} tokens" if lines > 1 else f"{tokens} tokens"
        return f"{START}{size}{f', {what}' if what else ''}: {self._ending(key)}"

    def shared(self, texts: int, key: str) -> str:
        """The line that replaces the first of several texts in succession; ``FOLLOWS`` replaces each of the others.

        >>> Wording().shared(12, "bcdfghjklmnp")
        '[… 12 texts: retrieve bcdfghjklmnp]'
        """
        return f"{START}{texts} texts: {self._ending(key)}"

    def fold(self, messages: int, key: str, quoted: bool = False) -> str:
        """The first line of the message that replaces a run of messages; quoted lines may follow."""
        noun = ("messages" if messages > 1 else "message") + (", quoted in part" if quoted else "")
        return f"{START}{messages} earlier {noun}: {self._ending(key)}"


def is_complete(form: str) -> bool:
    r"""Whether an issued form is a compact form that leaves nothing to retrieve.

    >>> is_complete("[… json: complete, bcdfghjklmnp]\n[]"), is_complete("[… json: retrieve bcdfghjklmnp]\n[]")
    (True, False)
    """
    return form.startswith(START) and ": complete, " in form.partition("\n")[0]


def looks_issued(text: str) -> bool:
    """Whether a text may contain a marker. This is a cheap first check.

    >>> looks_issued("plain text")
    False
    """
    return START in text
