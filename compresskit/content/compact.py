"""JSON in a shorter notation that says the same: the keys of repeated records once, quotes only where needed.

    [{"id": 1, "user": "mia", "ok": true}, {"id": 2, "user": "leo", "ok": true}]

becomes, with what is the same in every record said where its keys are,

    A = (id, user, ok: true)
    - A(1, mia)
    - A(2, leo)

What nearly all records have is said there too, with "=", and again only by the others: ``A = (id, ok=true)``
and ``- A(3, ok=false)``. A long string, or one of several lines, is a "|" in its place, and stands below in
lines that begin with "| ".

`compact` gives a text only where `expand` turns it back into the very same values. It knows nothing of
tokens, and leaves text that is not JSON alone.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator
from typing import Any, NamedTuple

from .segment import Mark, Short

# A string that needs no quotes: nothing in it could be taken for structure or for a number.
_BARE = re.compile(r"[^\s,:(){}\[\]\"=](?:[^,(){}\[\]\"\n\r=]*[^\s,(){}\[\]\"=])?")
_BARE_KEY = re.compile(r"[^\s,:(){}\[\]\"=]+")
_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[(){}\[\],:=]|[^(){}\[\],:="]+')
_LITERALS = {"true": True, "false": False, "null": None}
_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_MOST_KINDS = 26
_LONG = 240  # characters of a member from which on its items stand on lines of their own
_TEXT = 400  # characters of a string from which on it stands on lines of its own
_LINES = 80  # the same, of a string of several lines
_LEAST_RECORDS = 2
_LEAST_USUAL = 5  # records of which nearly all can have the same
_COMMON = 0.7  # of the records are nearly all
_MOST_DEPTH = 60
_BELOW = "|"  # in the place of a string that stands below
_LONG_TEXT = re.compile(r"^\| .*", re.MULTILINE)
_DEFINITION = re.compile(r"([A-Z]) = \(")

Keys = tuple[str, ...]


class _Slot(NamedTuple):
    """A key of a kind of records: what its records say of it."""

    how: str = ""  # "" each says its own; ":" nobody does, all have this; "=" those that have another
    value: Any = None


class _NotCompactError(ValueError):
    """The text is not in the notation."""


def compact(text: str) -> str | None:
    """``text`` in the short notation, None where it is not JSON, or cannot be said the same.

    >>> print(compact('{"name": "Mia Li", "age": 36, "tags": ["a", "b"]}'))
    name: Mia Li
    age: 36
    tags: [a, b]
    """
    value = _loaded(text) or (_loaded_lines(text) if text.startswith("{") else None)
    if not isinstance(value, dict | list) or not value:
        return None
    try:
        short = "\n".join(_Notation(value).lines(value))
        return short if _same(expand(short), value) else None
    except (ValueError, RecursionError):
        return None


def compact_json(text: str) -> Short | None:
    """JSON in the short notation, with its definitions as the head and a mark at each line."""
    short = compact(text)
    if short is None:
        return None
    end = head_of(short)
    body = short[end:]
    starts = [0, *(match.end() for match in re.finditer("\n", body) if match.end() < len(body))]
    long = sum(map(len, _LONG_TEXT.findall(body)))  # texts of which a part will do
    return Short("json", short[:end], body, [Mark(start, "", 0) for start in starts], len(body) - long // 2)


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
    kinds: dict[str, dict[str, _Slot]] = {}
    lines = _logical(text)
    defined = 0
    while defined < len(lines) and (found := _DEFINITION.match(lines[defined][0])):
        kinds[found[1]] = _Reader(lines[defined][0][found.end() :], {}, []).definition()
        defined += 1
    lines = lines[defined:]
    if lines and lines[0][0].startswith("- "):
        return [_Reader(line[2:], kinds, texts).whole() for line, texts in lines]
    members = [_Reader("{" + line + "}", kinds, texts).whole() for line, texts in lines]
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


def _loaded_lines(text: str) -> Any:
    """The records of JSON lines."""
    records = [_loaded(line) for line in text.split("\n") if line.strip()]
    return records if len(records) >= _LEAST_RECORDS and all(isinstance(record, dict) for record in records) else None


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
        self._kinds = {keys: _slots(keys, found) for keys, found in repeated[:_MOST_KINDS]}
        self._letters = dict(zip(self._kinds, _LETTERS, strict=False))
        self._texts: list[str] = []  # that have to follow the line which is being written

    def lines(self, value: Any) -> Iterator[str]:
        for keys, letter in self._letters.items():
            slots = self._kinds[keys]
            parts = [
                _key(key)
                + (f"{how} {_scalar_said(same)}" if how == ":" else f"{how}{_scalar_said(same)}" if how else "")
                for key, (how, same) in slots.items()
            ]
            yield f"{letter} = ({', '.join(parts)})"
        members = value.items() if isinstance(value, dict) else (("", item) for item in value)
        for key, item in members:
            start = f"{_key(key)}: " if isinstance(value, dict) else "- "
            said = self._said(item)
            if len(said) > _LONG and isinstance(item, dict | list):
                self._texts.clear()
                said = self._broken(item)
            yield start + said + self._below()

    def _below(self) -> str:
        """The texts that follow a line, each line of theirs after a bar."""
        texts = ["".join("\n| " + line if line else "\n|" for line in text.split("\n")) for text in self._texts]
        self._texts.clear()
        return "\n|-".join(texts)

    def _broken(self, value: Any) -> str:
        """A long list or object with a line for each of its items."""
        if isinstance(value, dict) and tuple(value) in self._letters:
            return self._said(value)
        if isinstance(value, list):
            opening, closing, starts, items = "[", "]", [""] * len(value), value
        else:
            opening, closing, starts, items = "{", "}", [f"{_key(key)}: " for key in value], list(value.values())
        out = [opening]
        for number, (start, item) in enumerate(zip(starts, items, strict=True)):
            end = "," if number < len(items) - 1 else closing
            out.append(f"\n {start}{self._said(item, 1)}{end}{self._below()}")
        return "".join(out)

    def _said(self, value: Any, depth: int = 0) -> str:
        if depth > _MOST_DEPTH:
            raise _NotCompactError("too deep")
        if isinstance(value, str):
            if len(value) >= _TEXT or (len(value) >= _LINES and "\n" in value):
                self._texts.append(value)
                return _BELOW
            return _scalar_said(value)
        if isinstance(value, dict):
            keys = tuple(value)
            if keys in self._letters:
                slots = self._kinds[keys]
                cells = [self._said(item, depth + 1) for key, item in value.items() if not slots[key].how]
                cells += [
                    f"{_key(key)}={self._said(item, depth + 1)}"
                    for key, item in value.items()
                    if slots[key].how == "=" and not _equal(item, slots[key].value)
                ]
                return f"{self._letters[keys]}({', '.join(cells)})"
            return "{" + ", ".join(f"{_key(key)}: {self._said(item, depth + 1)}" for key, item in value.items()) + "}"
        if isinstance(value, list):
            return "[" + ", ".join(self._said(item, depth + 1) for item in value) + "]"
        return json.dumps(value)


def _scalar_said(value: Any) -> str:
    """A string, bare where it can be nothing else, or a number or literal."""
    if isinstance(value, str):
        return value if _BARE.fullmatch(value) and _is_text(value) else json.dumps(value, ensure_ascii=False)
    return json.dumps(value)


def _slots(keys: Keys, records: list[dict[str, Any]]) -> dict[str, _Slot]:
    """What records of a kind say of each of their keys."""
    return {key: _slot(key, [record[key] for record in records]) for key in keys}


def _slot(key: str, values: list[Any]) -> _Slot:
    """A scalar that all or nearly all values are is said once, where that is shorter."""
    scalars = [value for value in values if not isinstance(value, dict | list)]
    if not scalars:
        return _Slot()
    value, count = _most_common(scalars)
    if count == len(values):
        return _Slot(":", value)
    saved = count * (len(_scalar_said(value)) + 1) - (len(values) - count) * (len(key) + 1)
    usual = count >= _COMMON * len(values) and len(values) >= _LEAST_USUAL and saved > 0
    return _Slot("=", value) if usual else _Slot()


def _most_common(values: list[Any]) -> tuple[Any, int]:
    (_, value), count = Counter((type(value).__name__, value) for value in values).most_common(1)[0]
    return value, count


def _equal(one: Any, other: Any) -> bool:
    return type(one) is type(other) and bool(one == other)


def _is_text(word: str) -> bool:
    """Whether a bare word can only be a string."""
    if word in _LITERALS or word == _BELOW:
        return False
    if word[0] not in "-0123456789NI":
        return True
    try:
        json.loads(word)
    except ValueError:
        return True
    return False


def _key(key: str) -> str:
    return key if _BARE_KEY.fullmatch(key) and not key.startswith(("-", "|")) else json.dumps(key, ensure_ascii=False)


class _Reader:
    """Reads values of the notation from one line."""

    def __init__(self, line: str, kinds: dict[str, dict[str, _Slot]], texts: list[str]) -> None:
        self._tokens = [token for token in _TOKEN.findall(line) if token.strip()]
        self._kinds = kinds
        self._texts = iter(texts)
        self._next = 0

    def whole(self) -> Any:
        """The one value of the line."""
        value = self.value()
        self._end()
        return value

    def definition(self) -> dict[str, _Slot]:
        """The keys of a kind of records."""
        keys: dict[str, _Slot] = {}
        while not self.skip(")"):
            if keys:
                self.need(",")
            key = self.word()
            how = next((sign for sign in (":", "=") if self.skip(sign)), "")
            keys[key] = _Slot(how, self.value()) if how else _Slot()
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
        if self.skip("("):
            return self._record(word)
        return self._text() if word == _BELOW else _scalar(word)

    def _text(self) -> str:
        text = next(self._texts, None)
        if text is None:
            raise _NotCompactError("a text expected below")
        return text

    def _record(self, letter: str) -> dict[str, Any]:
        if letter not in self._kinds:
            raise _NotCompactError("a record of no kind")
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
                raise _NotCompactError("a key that the records do not have")
            said[key] = self.value()
        if next(plain, None) is not None:
            raise _NotCompactError("a record with too few values")
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


def _scalar(word: str) -> Any:
    if word in _LITERALS:
        return _LITERALS[word]
    try:
        return json.loads(word)
    except ValueError:
        if not word:
            raise _NotCompactError("a value expected") from None
        return word
