"""JSON in a shorter notation that says the same: the keys of repeated records once, quotes only where needed.

    [{"id": 1, "user": "mia", "ok": true}, {"id": 2, "user": "leo", "ok": true}]

becomes, with what is the same in every record said where its keys are,

    A = (id, user, ok: true)
    - A(1, mia)
    - A(2, leo)

`compact` gives a text only where `expand` turns it back into the very same values. It knows nothing of
tokens, and leaves text that is not JSON alone.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

# A string that needs no quotes: nothing in it could be taken for structure or for a number.
_BARE = re.compile(r"[^\s,:(){}\[\]\"=](?:[^,(){}\[\]\"\n\r=]*[^\s,(){}\[\]\"=])?")
_BARE_KEY = re.compile(r"[^\s,:(){}\[\]\"=]+")
_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[(){}\[\],:=]|[^(){}\[\],:="]+')
_LITERALS = {"true": True, "false": False, "null": None}
_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_MOST_KINDS = 26
_LONG = 240  # characters of a member from which on its items stand on lines of their own
_LEAST_RECORDS = 2
_MOST_DEPTH = 60
_DEFINITION = re.compile(r"([A-Z]) = \(")
_VARIES = object()

Keys = tuple[str, ...]


class _NotCompactError(ValueError):
    """The text is not in the notation."""


def compact(text: str) -> str | None:
    """``text`` in the short notation, None where it is not JSON, or cannot be said the same.

    >>> print(compact('{"name": "Mia Li", "age": 36, "tags": ["a", "b"]}'))
    name: Mia Li
    age: 36
    tags: [a, b]
    """
    value = _loaded(text)
    if not isinstance(value, dict | list) or not value:
        return None
    try:
        short = "\n".join(_Notation(value).lines(value))
        return short if _same(expand(short), value) else None
    except (ValueError, RecursionError):
        return None


def head_of(short: str) -> int:
    r"""Where the definitions end that the rest of a short text needs.

    >>> head_of("A = (id, user)\n- A(1, mia)")
    15
    """
    end = 0
    while _DEFINITION.match(short, end):
        end = short.find("\n", end) + 1 or len(short)
    return end


def expand(text: str) -> Any:
    r"""The value that a text in the short notation stands for.

    Raises:
        ValueError: it is not in the notation.

    >>> expand("A = (id, user, ok: true)\n- A(1, mia)\n- A(2, leo)")
    [{'id': 1, 'user': 'mia', 'ok': True}, {'id': 2, 'user': 'leo', 'ok': True}]
    """
    kinds: dict[str, dict[str, Any]] = {}
    lines = text.replace("\n ", "").split("\n")  # a line that begins with a space goes on
    while lines and (found := _DEFINITION.match(lines[0])):
        kinds[found[1]] = _Reader(lines.pop(0)[found.end() :], {}).definition()
    if lines and lines[0].startswith("- "):
        return [_Reader(line[2:], kinds).whole() for line in lines]
    members = [_Reader("{" + line + "}", kinds).whole() for line in lines]
    return {key: value for member in members for key, value in member.items()}


def _loaded(text: str) -> Any:
    def unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(pairs)
        if len(found) != len(pairs):
            raise ValueError("a key stands twice")
        return found

    start = text[:64].lstrip()[:1]
    if start not in ("{", "["):
        return None
    try:
        return json.loads(text, object_pairs_hook=unique)
    except (ValueError, RecursionError):
        return None


def _same(one: Any, other: Any) -> bool:
    """Equal in value, type and order of keys: as JSON texts."""
    return json.dumps(one) == json.dumps(other)


class _Notation:
    """Writes values; the kinds of records that occur more than once have a letter each."""

    def __init__(self, value: Any) -> None:
        records: dict[Keys, list[dict[str, Any]]] = {}
        todo = [value] if isinstance(value, list) else list(value.values())
        while todo:
            item = todo.pop()
            if isinstance(item, dict) and item:
                records.setdefault(tuple(item), []).append(item)
                todo.extend(item.values())
            elif isinstance(item, list):
                todo.extend(item)
        repeated = [(keys, found) for keys, found in records.items() if len(found) >= _LEAST_RECORDS]
        repeated.sort(key=lambda kind: (-len(kind[1]) * len(kind[0]), kind[0]))
        self._same = {keys: _constants(found) for keys, found in repeated[:_MOST_KINDS]}
        self._letters = dict(zip(self._same, _LETTERS, strict=False))

    def lines(self, value: Any) -> Iterator[str]:
        for keys, letter in self._letters.items():
            same = self._same[keys]
            parts = [f"{_key(key)}: {self._said(same[key])}" if key in same else _key(key) for key in keys]
            yield f"{letter} = ({', '.join(parts)})"
        members = value.items() if isinstance(value, dict) else (("", item) for item in value)
        for key, item in members:
            start = f"{_key(key)}: " if isinstance(value, dict) else "- "
            said = self._said(item)
            if len(said) > _LONG and isinstance(item, dict | list):
                said = self._broken(item)
            yield start + said

    def _broken(self, value: Any) -> str:
        """A long list or object with a line for each of its items."""
        if isinstance(value, list):
            return "[\n " + ",\n ".join(self._said(item, 1) for item in value) + "]"
        if tuple(value) in self._letters:
            return self._said(value)
        return "{\n " + ",\n ".join(f"{_key(key)}: {self._said(item, 1)}" for key, item in value.items()) + "}"

    def _said(self, value: Any, depth: int = 0) -> str:
        if depth > _MOST_DEPTH:
            raise _NotCompactError("too deep")
        if isinstance(value, str):
            return value if _BARE.fullmatch(value) and _is_text(value) else json.dumps(value, ensure_ascii=False)
        if isinstance(value, dict):
            keys = tuple(value)
            if keys in self._letters:
                same = self._same[keys]
                cells = [self._said(item, depth + 1) for key, item in value.items() if key not in same]
                return f"{self._letters[keys]}({', '.join(cells)})"
            return "{" + ", ".join(f"{_key(key)}: {self._said(item, depth + 1)}" for key, item in value.items()) + "}"
        if isinstance(value, list):
            return "[" + ", ".join(self._said(item, depth + 1) for item in value) + "]"
        return json.dumps(value)


def _constants(records: list[dict[str, Any]]) -> dict[str, Any]:
    """Scalars that are the same in every record."""
    first = records[0]
    return {
        key: value
        for key, value in first.items()
        if not isinstance(value, dict | list)
        and all(type(record[key]) is type(value) and record[key] == value for record in records)
    }


def _is_text(word: str) -> bool:
    """Whether a bare word can only be a string."""
    if word in _LITERALS:
        return False
    if word[0] not in "-0123456789NI":
        return True
    try:
        json.loads(word)
    except ValueError:
        return True
    return False


def _key(key: str) -> str:
    return key if _BARE_KEY.fullmatch(key) and not key.startswith("-") else json.dumps(key, ensure_ascii=False)


class _Reader:
    """Reads values of the notation from one line."""

    def __init__(self, line: str, kinds: dict[str, dict[str, Any]]) -> None:
        self._tokens = [token for token in _TOKEN.findall(line) if token.strip()]
        self._kinds = kinds
        self._next = 0

    def whole(self) -> Any:
        """The one value of the line."""
        value = self.value()
        self._end()
        return value

    def definition(self) -> dict[str, Any]:
        """The keys of a kind of records, with their values where all have the same, else ``_VARIES``."""
        keys: dict[str, Any] = {}
        while not self.skip(")"):
            if keys:
                self.need(",")
            key = self.word()
            keys[key] = self.value() if self.skip(":") else _VARIES
        self._end()
        return keys

    def skip(self, sign: str) -> bool:
        found = self._next < len(self._tokens) and self._tokens[self._next] == sign
        self._next += found
        return found

    def need(self, sign: str) -> None:
        if not self.skip(sign):
            raise _NotCompactError(f"{sign} expected")

    def _end(self) -> None:
        if self._next < len(self._tokens):
            raise _NotCompactError("more than was expected")

    def word(self) -> str:
        if self._next >= len(self._tokens):
            raise _NotCompactError("a word expected")
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
        return self._record(word) if self.skip("(") else _scalar(word)

    def _record(self, letter: str) -> dict[str, Any]:
        cells = iter(self._items(")"))
        if letter not in self._kinds:
            raise _NotCompactError("a record of no kind")
        return {key: next(cells) if same is _VARIES else same for key, same in self._kinds[letter].items()}

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


def _scalar(word: str) -> Any:
    if word in _LITERALS:
        return _LITERALS[word]
    try:
        return json.loads(word)
    except ValueError:
        if not word:
            raise _NotCompactError("a value expected") from None
        return word
