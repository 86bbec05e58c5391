"""expand(): values read back from the short notation for JSON that `compact` writes, and the words of it."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any, NamedTuple

LITERALS = {"true": True, "false": False, "null": None}
BELOW = "|"  # in the place of a string that stands below
DEFINITION = re.compile(r"([A-Z]) = \(")
NUMBER = re.compile(r"-?(?:(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?|Infinity)|NaN")  # what json.loads takes
_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[(){}\[\],:=]|[^(){}\[\],:="]+')


class Slot(NamedTuple):
    """A key of a kind of records: what its records say of it."""

    how: str = ""  # "" each says its own; ":" nobody does, all have this; "=" those that have another
    value: Any = None


class Number(NamedTuple):
    """A number as it was spelled: two spellings of one value, such as 1.0 and 1.00, are two numbers."""

    spelling: str


class NotCompactError(ValueError):
    """The text is not in the notation."""


def expand(text: str, number: Callable[[str], Any] = json.loads) -> Any:
    r"""The value that a text in the short notation stands for.

    Args:
        number: makes a number of its spelling; ``Number`` keeps it letter for letter.

    Raises:
        ValueError: it is not in the notation, or ``number`` cannot read a number of it.

    >>> expand("A = (id, user, ok: true)\n- A(1, mia)\n- A(2, leo)")
    [{'id': 1, 'user': 'mia', 'ok': True}, {'id': 2, 'user': 'leo', 'ok': True}]
    """
    kinds: dict[str, dict[str, Slot]] = {}
    lines = _logical(text)
    defined = 0
    while defined < len(lines) and (found := DEFINITION.match(lines[defined][0])):
        kinds[found[1]] = _Reader(lines[defined][0][found.end() :], {}, [], number).definition()
        defined += 1
    lines = lines[defined:]
    if lines and lines[0][0].startswith("- "):
        return [_Reader(line[2:], kinds, texts, number).whole() for line, texts in lines]
    members = [_Reader("{" + line + "}", kinds, texts, number).whole() for line, texts in lines]
    return {key: value for member in members for key, value in member.items()}


def _logical(text: str) -> list[tuple[str, list[str]]]:
    """Lines with those that go on after a space, and the texts that stand below them."""
    found: list[tuple[list[str], list[list[str]]]] = []
    fresh = True  # the next line of a text begins another one
    for line in text.split("\n"):
        if not line.startswith("|") or not found:
            if line.startswith(" ") and found:
                found[-1][0].append(line[1:])
            else:
                found.append(([line], []))
            fresh = True
        elif line == "|-":
            fresh = True
        else:
            if fresh:
                found[-1][1].append([])
            found[-1][1][-1].append(line[2:])
            fresh = False
    return [("".join(parts), ["\n".join(lines) for lines in texts]) for parts, texts in found]


class _Reader:
    """Reads values of the notation from one line."""

    def __init__(
        self, line: str, kinds: dict[str, dict[str, Slot]], texts: list[str], number: Callable[[str], Any]
    ) -> None:
        self._tokens = [token for token in _TOKEN.findall(line) if token.strip()]
        self._kinds = kinds
        self._texts = iter(texts)
        self._number = number
        self._next = 0

    def whole(self) -> Any:
        """The one value of the line."""
        value = self.value()
        self._end()
        return value

    def definition(self) -> dict[str, Slot]:
        """The keys of a kind of records."""
        keys: dict[str, Slot] = {}
        while not self.skip(")"):
            if keys:
                self.need(",")
            key = self.word()
            how = next((sign for sign in (":", "=") if self.skip(sign)), "")
            keys[key] = Slot(how, self.value()) if how else Slot()
        self._end()
        return keys

    def skip(self, sign: str) -> bool:
        found = self._next < len(self._tokens) and self._tokens[self._next] == sign
        self._next += found
        return found

    def need(self, sign: str) -> None:
        if not self.skip(sign):
            raise NotCompactError(f"{sign} expected")

    def _end(self) -> None:
        if self._next < len(self._tokens):
            raise NotCompactError("more than was expected")

    def word(self) -> str:
        if self._next >= len(self._tokens):
            raise NotCompactError("a word expected")
        token = self._tokens[self._next].strip()
        self._next += 1
        return str(json.loads(token)) if token.startswith('"') else token

    def value(self) -> Any:
        if self.skip("{"):
            return self._object()
        if self.skip("["):
            return self._items("]")
        if self._next < len(self._tokens) and self._tokens[self._next].startswith('"'):
            return self.word()
        word = self._run()
        if self.skip("("):
            return self._record(word)
        return self._text() if word == BELOW else self._scalar(word)

    def _text(self) -> str:
        text = next(self._texts, None)
        if text is None:
            raise NotCompactError("a text expected below")
        return text

    def _record(self, letter: str) -> dict[str, Any]:
        if letter not in self._kinds:
            raise NotCompactError("a record of no kind")
        slots = self._kinds[letter]
        said: dict[str, Any] = {}
        plain = iter([key for key, slot in slots.items() if not slot.how])
        while not self.skip(")"):
            if said:
                self.need(",")
            key = next(plain, None)
            if key is None:
                key = self.word()
                self.need("=")
            if key not in slots:
                raise NotCompactError("a key that the records do not have")
            said[key] = self.value()
        if next(plain, None) is not None:
            raise NotCompactError("a record with too few values")
        return {key: said.get(key, slot.value) for key, slot in slots.items()}

    def _run(self) -> str:
        """A bare word; colons inside it belong to it."""
        parts = []
        while self._next < len(self._tokens) and self._tokens[self._next] not in tuple("(){}[],="):
            parts.append(self._tokens[self._next])
            self._next += 1
        return "".join(parts).strip()

    def _object(self) -> dict[str, Any]:
        found: dict[str, Any] = {}
        while not self.skip("}"):
            if found:
                self.need(",")
            key = self.word()
            self.need(":")
            found[key] = self.value()
        return found

    def _items(self, closing: str) -> list[Any]:
        found: list[Any] = []
        while not self.skip(closing):
            if found:
                self.need(",")
            found.append(self.value())
        return found

    def _scalar(self, word: str) -> Any:
        if word in LITERALS:
            return LITERALS[word]
        if NUMBER.fullmatch(word):
            return self._number(word)
        if not word:
            raise NotCompactError("a value expected")
        return word
