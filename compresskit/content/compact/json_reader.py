"""expand(): values read back from the short notation for JSON that `compact` writes."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from .json_columns import Branch, Column, Kind, Part
from .json_signs import BELOW, COUNT, DEFINITION, ITEM, LITERALS, MEMBER, NEXT, NUMBER, STRING, TEXT
from .json_values import MISSING, Path

_WORD = re.compile(rf'({STRING})|[^,:(){{}}\[\]"=?<]+')
_PATH = re.compile(rf'(?:{STRING}|[^\s,:(){{}}\[\]"=.]+)(?:\.(?:{STRING}|[^\s,:(){{}}\[\]"=.]+))*=')
_STEP = re.compile(rf'({STRING})|[^\s,:(){{}}\[\]"=.]+')
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
        kinds[found[1] or ""] = _Reader(lines[defined][0], kinds, [], number, found.end()).definition()
        defined += 1
    lines = lines[defined:]
    if not lines or _begins_item(lines[0][0], "" in kinds):
        return list(_items(lines, kinds, number))
    whole: dict[str, Any] = {}
    at = 0
    while at < len(lines):
        line, texts = lines[at]
        at += 1
        found = MEMBER.match(line)
        if not found:
            raise NotCompactError("a member expected")
        *outer, key = [_unquoted(key) for key in _KEY.finditer(line, 0, found.end() - 1) if key[0] != ">"]
        inner = whole
        for step in outer:
            inner = inner.setdefault(step, {})
        if found.end() < len(line):
            inner[key] = _Reader(line, kinds, texts, number, found.end()).whole()
            continue
        first = at
        while at < len(lines) and not MEMBER.match(lines[at][0]):
            at += 1
        inner[key] = list(_items(lines[first:at], kinds, number))
    return whole


def _begins_item(line: str, rows: bool) -> bool:
    """Whether the first line of a body is of a list rather than a member of an object."""
    count = COUNT.match(line)
    return line.startswith(ITEM, count.end() if count else 0) or (rows and not MEMBER.match(line))


def _items(
    lines: Sequence[tuple[str, list[str]]], kinds: dict[str, Kind], number: Callable[[str], Any]
) -> Iterator[Any]:
    for line, texts in lines:
        count = COUNT.match(line)
        start = count.end() if count else 0
        for _ in range(int(count[1]) if count else 1):
            if line.startswith(ITEM, start):
                yield _Reader(line, kinds, texts, number, start + len(ITEM)).whole()
            elif "" in kinds:
                yield _Reader(line, kinds, texts, number, start).row()
            else:
                raise NotCompactError("an item expected")


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
        self, line: str, kinds: dict[str, Kind], texts: list[str], number: Callable[[str], Any], start: int
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

    def row(self) -> dict[str, Any]:
        """The record whose cells the rest of the line is."""
        record = self._record(self._kinds[""], "")
        self._end()
        return record

    def definition(self) -> Kind:
        """The columns of a kind of records."""
        parts: list[Part] = []
        self._columns((), parts)
        text = self.skip(TEXT)
        self._end()
        return Kind(parts, text)

    def _columns(self, path: Path, parts: list[Part]) -> None:
        first = True
        while not self.skip(")"):
            if not first:
                self.need(",")
            first = False
            inside = (*path, self.word())
            text = self.skip(TEXT)
            how = next((sign for sign in (":", "=", "?") if self.skip(sign)), "")
            value: Any = None
            if how:
                value = (
                    MISSING if how != ":" and self._line[self._at : self._at + 1] in (",", ")", "(") else self.value()
                )
            if self.skip("("):
                parts.append(Branch(inside, value, bool(how)))
                self._columns(inside, parts)
            else:
                parts.append(Column(inside, how, value, text))

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
            if named := self._named(kind):
                own[named.path] = self.value(run, named.text or kind.text)
            elif column := next(cells, None):
                if line[self._at : self._at + 1] in (",", closing) or self._at == len(line):
                    if column.path in kind.needed:
                        raise NotCompactError("a value expected")
                else:
                    own[column.path] = self.value(run, column.text or kind.text)
            else:
                raise NotCompactError("more values than columns")
            more = self.skip(",")
        if any(column.path in kind.needed for column in cells):
            raise NotCompactError("a record with too few values")
        return kind.record(own)

    def _named(self, kind: Kind) -> Column | None:
        """The column that the next cell names."""
        found = _PATH.match(self._line, self._at) if kind.named else None
        if found is None:
            return None
        path = tuple(_unquoted(step) for step in _STEP.finditer(self._line, self._at, found.end() - 1))
        if path in kind.named:
            self._at = found.end()
        return kind.named.get(path)

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
            found.append(self.value())
        return found

    def _scalar(self, word: str, text: bool) -> Any:
        if word == "null" or (word in LITERALS and not text):
            return LITERALS[word]
        if not word:
            raise NotCompactError("a value expected")
        return self._number(word) if not text and NUMBER.fullmatch(word) else word
