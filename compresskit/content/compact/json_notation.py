"""JSON in a shorter notation that says the same: the keys of repeated records once, quotes only where needed.

    [{"id": 1, "user": "mia", "ok": true}, {"id": 2, "user": "leo", "ok": true}]

becomes, with what is the same in every record said where its keys are,

    A = (id,user,ok: true)
    - A(1,mia)
    - A(2,leo)

What nearly all records have is said there too, with "=", and again only by the others: ``A = (id,ok=true)``
and ``- A(3,ok=false)``. A long string, or one of several lines, is a "|" in its place, and stands below in
lines that begin with "| ". No space follows a comma: before a number it would be a token of its own.

Numbers keep their spelling, letter for letter: 0.10 stays 0.10, and 1E400 stays 1E400. Half of a surrogate pair, which
UTF-8 cannot encode, keeps its escape.

`compact` gives a text only where `expand` turns it back into the very same values. It knows nothing of
tokens, and leaves text that is not JSON alone.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator
from typing import Any

from ..segment import Mark, Short
from .json_reader import BELOW, DEFINITION, LITERALS, NUMBER, NotCompactError, Number, Slot, expand

# A string that needs no quotes: nothing in it could be taken for structure or for a number.
_BARE = re.compile(r"[^\s,:(){}\[\]\"=](?:[^,(){}\[\]\"\n\r=]*[^\s,(){}\[\]\"=])?")
_UNSAFE = re.compile("[\0\ud800-\udfff]")  # cannot stand in every request: stays an escape in quotes
_BARE_KEY = re.compile(r"[^\s,:(){}\[\]\"=]+")
_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_MOST_KINDS = 26
_LONG = 240  # characters of a member from which on its items stand on lines of their own
_TEXT = 400  # characters of a string from which on it stands on lines of its own
_LINES = 80  # the same, of a string of several lines
_LEAST_RECORDS = 2
_LEAST_USUAL = 5  # records of which nearly all can have the same
_COMMON = 0.7  # of the records are nearly all
_MOST_DEPTH = 60
_LONG_TEXT = re.compile(r"^\| .*", re.MULTILINE)

Keys = tuple[str, ...]


def compact(text: str) -> str | None:
    """``text`` in the short notation, None where it is not JSON, or cannot be said the same.

    >>> print(compact('{"name": "Mia Li", "age": 36, "tags": ["a", "b"]}'))
    name: Mia Li
    age: 36
    tags: [a,b]
    """
    value = _loaded(text) or (_loaded_lines(text) if text.startswith("{") else None)
    if not isinstance(value, dict | list) or not value:
        return None
    try:
        short = "\n".join(_Notation(value).lines(value))
        return short if _same(expand(short, Number), value) else None
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

    >>> head_of("A = (id,user)\n- A(1,mia)")
    14
    """
    end = 0
    while DEFINITION.match(short, end):
        end = short.find("\n", end) + 1 or len(short)
    return end


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
        return json.loads(text, object_pairs_hook=unique, parse_int=Number, parse_float=Number, parse_constant=Number)
    except (ValueError, RecursionError):
        return None


def _same(one: Any, other: Any) -> bool:
    """Equal in type, in spelling and in the order of keys."""
    if type(one) is not type(other):
        return False
    if isinstance(one, dict):
        return list(one) == list(other) and all(map(_same, one.values(), other.values()))
    if isinstance(one, list):
        return len(one) == len(other) and all(map(_same, one, other))
    return bool(one == other)


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
            yield f"{letter} = ({','.join(parts)})"
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
            raise NotCompactError("too deep")
        if isinstance(value, str):
            if (len(value) >= _TEXT or (len(value) >= _LINES and "\n" in value)) and not _UNSAFE.search(value):
                self._texts.append(value)
                return BELOW
            return _scalar_said(value)
        if isinstance(value, dict):
            keys = tuple(value)
            if keys in self._letters:
                slots = self._kinds[keys]
                cells = [self._said(item, depth + 1) for key, item in value.items() if not slots[key].how]
                cells += [
                    f"{_key(key)}={self._said(item, depth + 1)}"
                    for key, item in value.items()
                    if slots[key].how == "=" and not _same(item, slots[key].value)
                ]
                return f"{self._letters[keys]}({','.join(cells)})"
            return "{" + ",".join(f"{_key(key)}: {self._said(item, depth + 1)}" for key, item in value.items()) + "}"
        if isinstance(value, list):
            return "[" + ",".join(self._said(item, depth + 1) for item in value) + "]"
        return _scalar_said(value)


def _scalar_said(value: Any) -> str:
    """A string, bare where it can be nothing else, or a number or literal."""
    if isinstance(value, Number):
        return value.spelling
    if isinstance(value, str):
        return value if _BARE.fullmatch(value) and _is_text(value) else _quoted(value)
    return json.dumps(value)


def _quoted(text: str) -> str:
    r"""A string in quotes, with escapes where they are needed.

    >>> print(_quoted("é\ud83d"))
    "é\ud83d"
    """
    return _UNSAFE.sub(lambda found: f"\\u{ord(found[0]):04x}", json.dumps(text, ensure_ascii=False))


def _slots(keys: Keys, records: list[dict[str, Any]]) -> dict[str, Slot]:
    """What records of a kind say of each of their keys."""
    return {key: _slot(key, [record[key] for record in records]) for key in keys}


def _slot(key: str, values: list[Any]) -> Slot:
    """A scalar that all or nearly all values are is said once, where that is shorter."""
    scalars = [value for value in values if not isinstance(value, dict | list)]
    if not scalars:
        return Slot()
    value, count = _most_common(scalars)
    if count == len(values):
        return Slot(":", value)
    saved = count * (len(_scalar_said(value)) + 1) - (len(values) - count) * (len(key) + 1)
    usual = count >= _COMMON * len(values) and len(values) >= _LEAST_USUAL and saved > 0
    return Slot("=", value) if usual else Slot()


def _most_common(values: list[Any]) -> tuple[Any, int]:
    (_, value), count = Counter((type(value).__name__, value) for value in values).most_common(1)[0]
    return value, count


def _is_text(word: str) -> bool:
    """Whether a bare word can only be a string."""
    return not (word in LITERALS or word == BELOW or NUMBER.fullmatch(word) or _UNSAFE.search(word))


def _key(key: str) -> str:
    bare = _BARE_KEY.fullmatch(key) and not key.startswith(("-", "|")) and not _UNSAFE.search(key)
    return key if bare else _quoted(key)
