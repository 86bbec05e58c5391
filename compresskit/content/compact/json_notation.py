"""JSON in a shorter notation for the same values: a table of its records, and quotes only where needed.

    [{"id": 1, "user": {"name": "mia", "age": 36}, "ok": true},
     {"id": 2, "user": {"name": "leo", "age": 9}, "ok": true}]

becomes a line with the names of the columns, and a row for each record:

    (id,user(name,age),ok: true)
    1,mia,36
    2,leo,9

- ``ok: true`` in the first line: all records have this, and no row repeats it.
- ``ok=true``: records have this unless they say another by name: ``3,kim,7,ok=false``. With ``note=``, the key is
  missing unless they do.
- ``note?null``: an empty cell stands for this value; ``note?`` for a missing key. Empty cells at the end of a row are
  left out.
- ``zip<string>``: what has no quotes there is a string, though it looks like a number.
- ``3× 1,mia``: the same row three times, one after the other.

Records that are not in the table have a letter for each kind of them: ``A = (x,y)`` above, and ``A(1,2)``. Other items
of the list begin with "- ", and members of an object are ``key: value``; under ``key:`` or ``outer > key:`` stands the
list that it has. For a long string, or one of several lines, there is a "|", and the string follows in lines that begin
with a space. No space follows a comma: before a number it would be a token of its own.

Keys have one order in all records of a table, since JSON gives their order no meaning.
Numbers keep their spelling, letter for letter: 0.10 stays 0.10, and 1E400 stays 1E400. Half of a surrogate pair, which
UTF-8 cannot encode, keeps its escape.

`compact` gives a text only where `expand` turns it back into the very same values. It knows nothing of
tokens, and leaves text that is not JSON alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import groupby
from typing import Any

from ..segment import Mark, Short
from .json_columns import (
    MAX_LEVELS,
    MIN_RECORDS,
    Branch,
    Column,
    Keys,
    Kind,
    plain_kind,
    table_columns,
    table_kind,
)
from .json_reader import NotCompactError, expand
from .json_signs import (
    BARE,
    BELOW,
    COUNT,
    DEFINITION,
    ITEM,
    LITERALS,
    MEMBER,
    NEXT,
    NUMBER,
    TEXT,
    UNSAFE,
    column_text,
    key_text,
    quoted,
    scalar_text,
    step_text,
)
from .json_values import MISSING, Number, Path, loaded, same, value_at

_BARE_CELL = re.compile(r"(?![A-Z]\()[^\s,[{\"…](?:[^,\n\r]*[^\s,])?")  # a string without quotes alone between commas
_NAMED_CELL = re.compile(r"((?:[^\s,:(){}\[\]\"=]|\"[^\"]*\")+)=")
_LONG_TEXT = re.compile(r"^ .*", re.MULTILINE)
_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_LONG_MEMBER = 240  # characters of a member from which on its items have lines of their own
_LONG_STRING = 400  # characters of a string from which on it has lines of its own
_LONG_LINES = 80  # the same, of a string of several lines
_FEW_TABLES = 3  # lists of rows, each under its path; of more of them,
_MIN_ROWS = 4  # those with so many rows
_MIN_SAVED = 4  # characters that a count saves at least
_MAX_DEPTH = 60  # levels of values within values, which bounds the recursion


def compact(text: str) -> str | None:
    """``text`` in the short notation, None where it is not JSON, or does not read back as the same.

    >>> print(compact('{"name": "Mia Li", "age": 36, "tags": ["a", "b"]}'))
    name: Mia Li
    age: 36
    tags: [a,b]
    """
    value = loaded(text)
    if not isinstance(value, dict | list) or not value:
        return None
    try:
        short = "\n".join(_Writer(value).lines())
        return short if same(expand(short, Number), value) else None
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

    >>> head_of("(id,user)\n1,mia")
    10
    """
    end = 0
    while DEFINITION.match(short, end):
        end = short.find("\n", end) + 1 or len(short)
    return end


class _Writer:
    """Writes a value: its table, and kinds of other records that occur more than once with a letter each."""

    def __init__(self, value: Any) -> None:
        self._value = value
        columns, self._rows = table_columns(_possible_tables(value))
        tables = [items for items in _possible_tables(value) if any(map(self._is_row, items))]
        if len(tables) > _FEW_TABLES:  # the path of each costs more than letters in it
            tables = [items for items in tables if sum(map(self._is_row, items)) >= _MIN_ROWS]
        rows = [item for items in tables for item in items if self._is_row(item)]
        self._kind = table_kind(columns, rows) if rows else None
        self._owners = set(map(id, tables))
        self._kinds: dict[Keys, tuple[str, Kind]] = {}
        self._used: set[str] = set()
        self._texts: list[str] = []  # that have to follow the line which is being written
        self._find_kinds(rows)

    def _is_row(self, item: Any) -> bool:
        return isinstance(item, dict) and tuple(item) in self._rows

    def _find_kinds(self, rows: list[dict[str, Any]]) -> None:
        """Letters for the kinds of records that are not in the table."""
        inside = {part.path for part in self._kind.parts if isinstance(part, Branch)} if self._kind else set()
        known = {id(row) for row in rows}
        todo = [self._value]
        found: dict[Keys, list[dict[str, Any]]] = {}
        while todo:
            item = todo.pop()
            if isinstance(item, list):
                todo.extend(item)
            elif isinstance(item, dict) and id(item) in known:
                todo.extend(_beside(item, (), inside))
            elif isinstance(item, dict) and item:
                found.setdefault(tuple(item), []).append(item)
                todo.extend(item.values())
        repeated = [(keys, records) for keys, records in found.items() if len(records) >= MIN_RECORDS]
        repeated.sort(key=lambda kind: (-len(kind[1]) * len(kind[0]), kind[0]))
        for letter, (keys, records) in zip(_LETTERS, repeated, strict=False):
            self._kinds[keys] = letter, plain_kind(keys, records)

    def lines(self) -> list[str]:
        """The definitions, then the body."""
        body = list(self._body())
        letters = [(letter, kind) for letter, kind in self._kinds.values() if letter in self._used]
        head = [_definition(self._kind)] if self._kind else []
        return [*head, *(f"{letter} = {_definition(kind)}" for letter, kind in letters), *body]

    def _body(self) -> Iterator[str]:
        if isinstance(self._value, list):
            yield from self._items(self._value)
        else:
            yield from self._members(self._value, "", 0)

    def _members(self, members: dict[str, Any], path: str, depth: int) -> Iterator[str]:
        for key, item in members.items():
            name = path + key_text(key)
            if isinstance(item, list) and id(item) in self._owners:
                yield f"{name}:"
                yield from self._items(item)
            elif isinstance(item, dict) and self._has_table(item, depth):
                yield from self._members(item, name + " > ", depth + 1)
            else:
                yield f"{name}: {self._member(item)}{self._below()}"

    def _has_table(self, value: Any, depth: int) -> bool:
        if isinstance(value, list):
            return id(value) in self._owners
        return (
            isinstance(value, dict)
            and depth < MAX_LEVELS
            and any(self._has_table(item, depth + 1) for item in value.values())
        )

    def _member(self, item: Any) -> str:
        text = self._value_text(item)
        if len(text) > _LONG_MEMBER and isinstance(item, dict | list):
            self._texts.clear()
            return self._on_lines(item)
        return text

    def _items(self, items: list[Any]) -> Iterator[str]:
        """The rows and other items of a list, those that are repeated with their count."""
        for line, repeats in groupby(map(self._item, items)):
            count = sum(1 for _ in repeats)
            if count * (len(line) + 1) > len(line) + _MIN_SAVED + len(str(count)) and count > 1:
                yield f"{count}× {line}"
            else:
                yield from [line] * count

    def _item(self, item: Any) -> str:
        if self._kind and self._is_row(item) and (row := self._row(self._kind, item)):
            return row + self._below()
        self._texts.clear()
        return ITEM + self._member(item) + self._below()

    def _row(self, kind: Kind, record: dict[str, Any]) -> str:
        """The line of a record in the table, "" if it would be empty, or look like another line."""
        row = self._cells(kind, record, 0, True)
        if row.startswith((ITEM, "|", "…", "(")) or COUNT.match(row) or MEMBER.match(row):
            first, comma, rest = row.partition(",")  # only a bare string can look like this, so it has no comma
            return "" if first == BELOW else quoted(first) + comma + rest
        return row

    def _below(self) -> str:
        """The texts that follow a line, each line of theirs after a bar."""
        texts = ["".join("\n " + line for line in text.split("\n")) for text in self._texts]
        self._texts.clear()
        return f"\n{NEXT}".join(texts)

    def _on_lines(self, value: Any) -> str:
        """A long list or object with a line for each of its items."""
        if isinstance(value, dict) and tuple(value) in self._kinds:
            return self._value_text(value)
        if isinstance(value, list):
            opening, closing, starts, items = "[", "]", [""] * len(value), value
        else:
            opening, closing, starts, items = "{", "}", [f"{key_text(key)}: " for key in value], list(value.values())
        out = [opening]
        for number, (start, item) in enumerate(zip(starts, items, strict=True)):
            end = "," if number < len(items) - 1 else closing
            out.append(f"\n\t{start}{self._value_text(item, 1)}{end}{self._below()}")
        return "".join(out)

    def _value_text(self, value: Any, depth: int = 0) -> str:
        if depth > _MAX_DEPTH:
            raise NotCompactError("too deep")
        if isinstance(value, str):
            return self._text(value) or scalar_text(value)
        if isinstance(value, dict):
            if known := self._kinds.get(tuple(value)):
                letter, kind = known
                self._used.add(letter)
                return f"{letter}({self._cells(kind, value, depth + 1, False)})"
            return (
                "{"
                + ",".join(f"{key_text(key)}: {self._value_text(item, depth + 1)}" for key, item in value.items())
                + "}"
            )
        if isinstance(value, list):
            return "[" + ",".join(self._value_text(item, depth + 1) for item in value) + "]"
        return scalar_text(value)

    def _text(self, value: str) -> str:
        """The sign for a long string, which follows on lines of its own; "" for a short one."""
        if (len(value) < _LONG_STRING and (len(value) < _LONG_LINES or "\n" not in value)) or UNSAFE.search(value):
            return ""
        self._texts.append(value)
        return BELOW

    def _cells(self, kind: Kind, record: dict[str, Any], depth: int, alone: bool) -> str:
        """The cells of a record. Empty cells at the end are left out."""
        cells: list[str] = []
        size = 0
        for column in kind.cells:
            value = value_at(record, column.path)
            if column.needs_cell(value):
                cells.append(self._cell(column, value, depth, alone, kind))
                size = len(cells)
            elif column.sign == "?" or len(column.path) > 1:
                cells.append("")
                size = size if column.sign else len(cells)
            else:
                raise NotCompactError("a value is missing")
        del cells[size:]
        for path, column in kind.named.items():
            value = value_at(record, path)
            if column.needs_cell(value):
                cells.append(".".join(map(step_text, path)) + "=" + self._cell(column, value, depth, alone, kind))
        return ",".join(cells)

    def _cell(self, column: Column, value: Any, depth: int, alone: bool, kind: Kind) -> str:
        if not isinstance(value, str):
            return self._value_text(value, depth)
        if sign := self._text(value):
            return sign
        bare = _BARE_CELL if alone else BARE
        plain = bare.fullmatch(value) and not UNSAFE.search(value) and value not in (BELOW, "null")
        if plain and not (column.text or kind.text):
            plain = value not in LITERALS and not NUMBER.fullmatch(value)
        if plain and kind.named and alone and (found := _NAMED_CELL.match(value)):
            plain = found[1] not in {".".join(map(step_text, path)) for path in kind.named}
        return value if plain else quoted(value)


def _beside(record: dict[str, Any], path: Path, branches: set[Path]) -> Iterator[Any]:
    """The values of a row that are no columns themselves."""
    for key, value in record.items():
        inside = (*path, key)
        if inside in branches and isinstance(value, dict):
            yield from _beside(value, inside, branches)
        elif isinstance(value, dict | list):
            yield value


def _definition(kind: Kind) -> str:
    """The columns of a kind, records within records in brackets of their own."""
    out = ["("]
    depth = 1
    first = True
    for part in kind.parts:
        closed = depth - len(part.path)
        out.append(")" * closed + ("," if not first or closed else ""))
        depth, first = len(part.path), False
        out.append(column_text(part.path[-1]))
        if isinstance(part, Branch):
            absent = "" if part.absent is MISSING else "null"
            out.append(f"?{absent}(" if part.optional else "(")
            depth, first = depth + 1, True
            continue
        usual = "" if part.value is MISSING or not part.sign else _plain(part.value)
        out.append(TEXT * (part.text and not kind.text) + part.sign + " " * (part.sign == ":") + usual)
    out.append(")" * depth + TEXT * kind.text)
    return "".join(out)


def _plain(value: Any, depth: int = 0) -> str:
    """A value without kinds and without texts below."""
    if depth > _MAX_DEPTH:
        raise NotCompactError("too deep")
    if isinstance(value, dict):
        return "{" + ",".join(f"{key_text(key)}: {_plain(item, depth + 1)}" for key, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ",".join(_plain(item, depth + 1) for item in value) + "]"
    return scalar_text(value)


def _possible_tables(value: Any) -> Iterator[list[Any]]:
    """The lists that can have a table: the whole, or members of objects of it."""
    if isinstance(value, list):
        yield value
        return
    todo = [(value, 0)]
    while todo:
        members, depth = todo.pop()
        for item in members.values():
            if isinstance(item, list):
                yield item
            elif isinstance(item, dict) and depth < MAX_LEVELS:
                todo.append((item, depth + 1))
