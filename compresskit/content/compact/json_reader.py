"""expand(): values read back from the short notation for JSON that `compact` writes."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from typing import Any

from .json_columns import Branch, Column, Kind, Part
from .json_signs import (
    ABSENT,
    BELOW,
    COUNT,
    DEFINITION,
    ITEM,
    LISTS,
    LITERALS,
    MEMBER,
    MEMBERS,
    NEXT,
    NUMBER,
    RECORDS,
    SHAPES,
    STRING,
    TEXT,
    VALUE,
)
from .json_values import MISSING, Path

_WORD = re.compile(rf'({STRING})|[^,:(){{}}\[\]"=?]+')
_KEY = re.compile(rf'({STRING})|[^\s,:(){{}}\[\]"=]+')
_QUOTED = re.compile(STRING)
_RUN = re.compile(r'[^(){}\[\],"=]*')
_CELL = re.compile("[^,]*")
_RECORD = re.compile(r"([A-Z])\(")


class NotCompactError(ValueError):
    """The text is not in the notation."""


def expand(text: str, number: Callable[[str], Any] = json.loads) -> Any:
    r"""The value that a text in the short notation stands for.

    Args:
        number: makes a number of its spelling; ``Number`` keeps it letter for letter.

    Raises:
        ValueError: it is not in the notation, or ``number`` cannot read a number of it.

    >>> expand("(id,user,ok: true)\n1,mia\n2,leo")
    [{'id': 1, 'user': 'mia', 'ok': True}, {'id': 2, 'user': 'leo', 'ok': True}]
    """
    kinds: dict[str, Kind] = {}
    lines = _logical(text)
    defined = 0
    while defined < len(lines) and (found := DEFINITION.match(lines[defined][0])):
        kinds[found[1] or ""] = _Reader(*lines[defined], kinds, number, found.end()).definition()
        defined += 1
    lines = lines[defined:]
    first = lines[0][0] if lines else ""
    if not MEMBER.match(first):
        if "" not in kinds and first.startswith("["):
            return _Reader(*lines[0], kinds, number).whole()
        return _table(lines, kinds.get(""), kinds, number)
    whole: dict[str, Any] = {}
    at = 0
    while at < len(lines):
        line, texts = lines[at]
        at += 1
        found = MEMBER.match(line)
        if not found:
            raise NotCompactError("a member expected")
        *outer, key = [_unquoted(key) for key in _KEY.finditer(found[1]) if key[0] != ">"]
        inner = whole
        for step in outer:
            inner = inner.setdefault(step, {})
        reader = _Reader(line, texts, kinds, number, found.end())
        if found[2] is None and not found[3]:
            inner[key] = reader.whole()
            continue
        kind = reader.definition() if found[3] else kinds.get(found[2])
        begin = at
        while at < len(lines) and not MEMBER.match(lines[at][0]):
            at += 1
        inner[key] = _table(lines[begin:at], kind, kinds, number)
    return whole


def _table(
    lines: Sequence[tuple[str, list[str]]], kind: Kind | None, kinds: dict[str, Kind], number: Callable[[str], Any]
) -> list[Any] | dict[str, Any]:
    """The list that some lines are, with the rows of a kind, or the object if it is keyed."""
    shape = RECORDS if kind is None else kind.shape
    keys: list[str] = []
    items: list[Any] = []
    for line, texts in lines:
        count = COUNT.match(line)
        start = count.end() if count else 0
        for _ in range(int(count[1]) if count else 1):
            if line.startswith(ITEM, start):
                items.append(_Reader(line, texts, kinds, number, start + len(ITEM)).whole())
                continue
            if kind is None:
                raise NotCompactError("an item expected")
            reader = _Reader(line, texts, kinds, number, start)
            if shape == MEMBERS:
                keys.append(reader.key_cell())
            items.append(reader.row(kind))
    if shape == MEMBERS:
        return dict(zip(keys, items, strict=True))
    if shape == LISTS:
        return [list(item.values()) for item in items]
    return items if shape == RECORDS else {key: [item[key] for item in items] for key in items[0]}


def _logical(text: str) -> list[tuple[str, list[str]]]:
    """Lines with those that continue them after a tab, and the texts that follow after spaces."""
    found: list[tuple[list[str], list[list[str]]]] = []
    fresh = True  # the next line of a text begins another one
    for line in text.split("\n"):
        if line.startswith(" ") and found:
            if fresh:
                found[-1][1].append([])
            found[-1][1][-1].append(line[1:])
            fresh = False
            continue
        fresh = True
        if line.startswith("\t") and found:
            found[-1][0].append(line[1:])
        elif line != NEXT or not found:
            found.append(([line], []))
    return [("".join(parts), ["\n".join(lines) for lines in texts]) for parts, texts in found]


def _unquoted(found: re.Match[str]) -> str:
    return str(json.loads(found[0])) if found[1] else found[0]


class _Reader:
    """Reads values of the notation from one line, from a place on."""

    def __init__(
        self, line: str, texts: list[str], kinds: dict[str, Kind], number: Callable[[str], Any], start: int = 0
    ) -> None:
        self._line = line
        self._kinds = kinds
        self._texts = iter(texts)
        self._number = number
        self._at = start

    def whole(self) -> Any:
        """The one value that the rest of the line is."""
        value = self.value()
        self._end()
        return value

    def row(self, kind: Kind) -> dict[str, Any]:
        """The record whose cells the rest of the line is."""
        record = self._record(kind, "")
        self._end()
        return record

    def key_cell(self) -> str:
        """The key in the first cell of a row."""
        found = _QUOTED.match(self._line, self._at) or _CELL.match(self._line, self._at)
        cell = found[0] if found else ""
        self._at += len(cell)
        self.skip(",")
        return str(json.loads(cell)) if cell.startswith('"') else cell

    def definition(self) -> Kind:
        """The columns of a kind of records."""
        parts: list[Part] = []
        shape = next((shape for shape in SHAPES if shape and self.skip(shape)), RECORDS)
        self._columns((), parts, shape)
        self._end()
        return Kind(parts, shape)

    def _columns(self, path: Path, parts: list[Part], shape: str = RECORDS) -> None:
        first = not shape
        number = 0
        while not self.skip(")"):
            if not first:
                self.need(",")
            first = False
            text = self.skip(TEXT)
            inside = (*path, str(number) if shape == LISTS else self.word())
            number += 1
            missing = self.skip("?")
            constant = not missing and self.skip(":")
            usual = not missing and not constant and self.skip("=")
            value = MISSING if missing else self.value() if constant or usual else None
            if self.skip("("):
                parts.append(Branch(inside, value, missing or usual))
                self._columns(inside, parts)
            else:
                parts.append(Column(inside, value, constant, text))

    def skip(self, sign: str) -> bool:
        found = self._line.startswith(sign, self._at)
        self._at += len(sign) * found
        return found

    def need(self, sign: str) -> None:
        if not self.skip(sign):
            raise NotCompactError(f"{sign} expected")

    def _end(self) -> None:
        if self._at < len(self._line):
            raise NotCompactError("more than was expected")

    def word(self) -> str:
        found = _WORD.match(self._line, self._at)
        if found is None:
            raise NotCompactError("a word expected")
        self._at = found.end()
        return _unquoted(found)

    def value(self, run: re.Pattern[str] = _RUN, text: bool = False) -> Any:
        """The value at the place; of a bare word, what `run` matches."""
        while self.skip(" "):
            pass
        if self.skip("{"):
            return self._object()
        if self.skip("["):
            return self._list()
        if found := _QUOTED.match(self._line, self._at):
            self._at = found.end()
            return json.loads(found[0])
        if (found := _RECORD.match(self._line, self._at)) and found[1] in self._kinds:
            self._at = found.end()
            record = self._record(self._kinds[found[1]], ")")
            self.need(")")
            return record
        found = run.match(self._line, self._at)
        word = found[0].strip() if found else ""
        self._at = found.end() if found else self._at
        if word == ABSENT:
            return MISSING
        return self._text() if word == BELOW else self._scalar(word, text)

    def _text(self) -> str:
        text = next(self._texts, None)
        if text is None:
            raise NotCompactError("a text expected below")
        return text

    def _record(self, kind: Kind, closing: str) -> dict[str, Any]:
        """A record, up to the closing bracket or the end of the line."""
        own: dict[Path, Any] = {}
        line, run = self._line, _RUN if closing else _CELL
        cells = iter(kind.cells)
        more = self._at < len(line) and not (closing and line.startswith(closing, self._at))
        while more:
            column = next(cells, None)
            if column is None:
                raise NotCompactError("more values than columns")
            if line[self._at : self._at + 1] not in (",", closing) and self._at < len(line):
                own[column.path] = self.value(run, column.text and not self.skip(VALUE))
            more = self.skip(",")
        return kind.record(own)

    def _object(self) -> dict[str, Any]:
        found: dict[str, Any] = {}
        while not self.skip("}"):
            if found:
                self.need(",")
            self.skip(" ")
            key = self._key()
            self.need(":")
            found[key] = self.value()
        return found

    def _key(self) -> str:
        found = _KEY.match(self._line, self._at)
        if found is None:
            raise NotCompactError("a key expected")
        self._at = found.end()
        return _unquoted(found)

    def _list(self) -> list[Any]:
        found: list[Any] = []
        while not self.skip("]"):
            if found:
                self.need(",")
            count = COUNT.match(self._line, self._at)
            self._at = count.end() if count else self._at
            found += [self.value()] * (int(count[1]) if count else 1)
        return found

    def _scalar(self, word: str, text: bool) -> Any:
        if not word:
            raise NotCompactError("a value expected")
        if text:
            return word
        return LITERALS[word] if word in LITERALS else self._number(word) if NUMBER.fullmatch(word) else word
