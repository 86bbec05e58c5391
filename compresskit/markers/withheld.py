"""The texts that the caller's ``before`` replaced: the way back from a replacement, which only ``restore`` takes.

A model can never retrieve these texts. They are no items of a cache, so no key names them, and neither JSON nor a store
gets them with the cache. A store keeps a keyed digest of each one instead, which recognises the text if the client
sends it again.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from .._json import clone
from ..messages.parts import replace
from ..messages.shapes import slots
from ..result import Change
from ..types import Message, Path
from .keys import KEY_LENGTH
from .places import Position, digest_before, place_in

# place -> for each text there, in order: the text before, or "" if it is the same
Entries = Mapping[str, Sequence[str]]


class _Replaced(NamedTuple):
    """A text that may be in the place of another one."""

    path: Path
    text: str
    entry: str  # the text before, or its digest
    place: str


class Withheld:
    """The texts that were replaced, by the places of their replacements in the restored messages.

    Args:
        entries: The texts; or their digests, if there is a ``secret``.
        secret: The secret key of the digests, which may be empty; None if ``entries`` holds the texts themselves.
        complete: Whether every text of the messages went through a ``before``.
    """

    def __init__(self, entries: Entries, secret: str | None = None, complete: bool = True) -> None:
        self.entries = {where: list(texts) for where, texts in entries.items()}
        self.complete = complete
        self._secret = secret
        self._sizes = {where.partition(".")[0] for where in entries}

    def __bool__(self) -> bool:
        return bool(self.entries)

    @property
    def open(self) -> Withheld | None:
        """These texts, if they are here themselves."""
        return self if self._secret is None else None

    def sealed(self, secret: str) -> dict[str, list[str]]:
        """The digests of the texts, by place, for a store."""
        if not self.open:
            return self.entries
        return {
            where: [_digest(where, text, secret) if text else "" for text in texts]
            for where, texts in self.entries.items()
        }

    def filled(self, messages: Sequence[Message]) -> list[Message]:
        """Restored messages with the texts before. A message in which nothing was replaced is no copy."""
        reader = WithheldReader(self.open)
        return [reader.filled(messages, index) for index in range(len(messages))]


class WithheldReader:
    """Finds the replaced texts in restored messages, which are read in order.

    Args:
        withheld: The texts that were replaced; None if there are none.
    """

    def __init__(self, withheld: Withheld | None) -> None:
        self._withheld = withheld or Withheld({})
        self._taken: dict[str, int] = {}

    def filled(self, messages: Sequence[Message], index: int) -> Message:
        """The message with this index, with the texts before."""
        found = [(one.path, one.entry) for one in self._replaced(messages, index)]
        return _with_texts(messages[index], index, found) if found else messages[index]

    def shown(self, given: Message, messages: Sequence[Message], index: int) -> Message:
        """The caller's message (``given``) with the replacements in the place of those texts that were replaced.

        ``messages[index]`` is the message as it was after the replacements.
        """
        found = list(self._replaced(messages, index))
        texts, paths = slots(given, every=True), [path for path, _ in slots(messages[index], every=True)]
        if not found or len(texts) != len(paths):
            return given
        pairs = [(one, texts[paths.index(one.path)]) for one in found]  # cache marks move paths, and keep their order
        known = [(own.path, one.text) for one, own in pairs if self._is(one, own.text)]
        return _with_texts(given, index, known) if known else given

    def _is(self, one: _Replaced, text: str) -> bool:
        secret = self._withheld._secret
        return one.entry == (text if secret is None else _digest(one.place, text, secret))

    def _replaced(self, messages: Sequence[Message], index: int) -> Iterator[_Replaced]:
        held = self._withheld
        before = digest_before(messages, index) if held else ""
        for path, text in slots(messages[index], every=True) if held else ():
            if str(len(text)) in held._sizes and (where := self._found(messages, index, text, before)):
                number = self._taken[where] = self._taken.get(where, 0) + 1
                entries = held.entries[where]
                if number <= len(entries) and entries[number - 1]:
                    yield _Replaced(path, text, entries[number - 1], where)

    def _found(self, messages: Sequence[Message], index: int, text: str, before: str) -> str:
        """The place of a text; "" if nothing was replaced there. The first message may have had any message before."""
        entries, where = self._withheld.entries, _place(messages[index], text, before)
        if where in entries:
            return where
        start = where[:-KEY_LENGTH]
        return "" if index else next((one for one in entries if one.startswith(start)), "")


def withheld(
    originals: Sequence[Message], messages: Sequence[Message], complete: bool = True
) -> tuple[Withheld, tuple[Change, ...]]:
    """The texts that were replaced, and the replacements in ``messages``. ``complete``: see ``Withheld``.

    >>> before, after = [{"role": "user", "content": "I am Ann"}], [{"role": "user", "content": "I am A"}]
    >>> way_back, changes = withheld(before, after)
    >>> way_back.filled(after) == before, changes
    (True, (Change(message=0, path=('content',), text='I am A'),))
    """
    changed: dict[Position, str] = {}
    changes: list[Change] = []
    for index, (one, other) in enumerate(zip(originals, messages, strict=True)):
        if one is not other:
            for (_, before), (path, after) in zip(slots(one, every=True), slots(other, every=True), strict=True):
                if before != after:
                    changed[index, path] = before
                    changes.append(Change(index, path, after))
    texts = {change.text for change in changes}
    entries: dict[str, list[str]] = {}
    for index, message in enumerate(messages if changed else ()):
        known = [(path, text) for path, text in slots(message, every=True) if text in texts]
        preceding = digest_before(messages, index) if known else ""
        for path, text in known:
            entries.setdefault(_place(message, text, preceding), []).append(changed.get((index, path), ""))
    return Withheld(entries, complete=complete), tuple(changes)


def withheld_of(cache: object) -> Withheld | None:
    """The texts that ``before`` replaced in the messages of a cache; None if they never went through a ``before``."""
    found = getattr(cache, "withheld", None)
    return found if isinstance(found, Withheld) else None


def _place(message: Message, text: str, before: str) -> str:
    """The place of a text, with its size in front."""
    return f"{len(text)}.{place_in(message, text, before)}"


def _digest(where: str, text: str, secret: str) -> str:
    data = f"{where}\n{text}".encode("utf-8", "surrogatepass")
    return hmac.new(secret.encode("utf-8", "surrogatepass"), data, hashlib.sha256).hexdigest()


def _with_texts(message: Message, index: int, texts: Sequence[tuple[Path, str]]) -> Message:
    copy: Message = clone(message, f"messages[{index}]")
    for path, text in texts:
        replace(copy, path, text)
    return copy
