"""JSON in a shorter notation for the same values: a table of its records, and quotes only where needed.

    [{"id": 1, "user": {"name": "mia", "age": 36}, "zip": "01067", "ok": true},
     {"id": 2, "user": {"name": "leo", "age": 9}, "zip": "80331", "ok": true}]

becomes a line with the names of the columns, and a row for each record:

    (id,user(name,age),'zip,ok: true)
    1,mia,36,01067
    2,leo,9,80331

- ``ok: true`` in the first line: all records have this, and no row repeats it.
- An empty cell is null. With ``plan=free`` it stands for this value, with ``note?`` for a missing key, which is "?" in
  another column. Empty cells at the end of a row are left out.
- ``'zip``: what has no quotes there is a string, though it looks like a number; ``=5`` is the number.
- ``({key},name,age)``: the rows are the members of an object, whose keys are in the first column. ``([],,)``: they are
  lists of two items. ``({columns},time,value)``: they are the items of two lists, at the same places in both.
- ``3× 1,mia``: the same row three times, one after the other; the same for items of a list.

A small table has its definition where it stands: ``name:(x,y)``, and then the rows. Other tables and kinds of records
have a letter: after a line ``A = (x,y)`` above, rows of this kind follow ``name:A``, and ``A(1,2)`` is a single record.
Items of a list that are no rows begin with "- ", and members of an object are ``key: value`` or, within another one,
``outer > key: value``. For a long string, there is a "|", and the string follows in lines that begin with a space. No
space follows a comma, and none precedes a number in ``key:36``: it would be a token of its own.

Keys have one order in all records of a table, since JSON gives their order no meaning: those that most records have
come first. Numbers keep their spelling, letter for letter: 0.10 stays 0.10, and 1E400 stays 1E400. Half of a surrogate
pair, which UTF-8 cannot encode, keeps its escape.

`compact` gives a text only where `expand` turns it back into the very same values. It knows nothing of
tokens, and leaves text that is not JSON alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, NamedTuple

from ..segment import Mark, Short
from .json_columns import (
    MAX_LEVELS,
    MIN_RECORDS,
    NOTHING,
    Branch,
    Column,
    Keys,
    Kind,
    Table,
    plain_kind,
    table_kind,
    table_of,
)
from .json_reader import NotCompactError, expand
from .json_signs import (
    ABSENT,
    BARE,
    BELOW,
    COUNT,
    DEFINITION,
    ITEM,
    LISTS,
    MEMBER,
    MEMBERS,
    NEXT,
    NUMBER_FOLLOWS,
    RECORDS,
    TEXT,
    UNSAFE,
    VALUE,
    column_text,
    counted,
    is_misleading,
    key_text,
    quoted,
    scalar_text,
)
from .json_values import MISSING, Number, Path, loaded, same

_BARE_CELL = re.compile(r"(?![A-Z]\()[^\s,[{\"…](?:[^,\n\r]*[^\s,])?")  # a string without quotes alone between commas
_LONG_TEXT = re.compile(r"^ .*", re.MULTILINE)
_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_LONG_MEMBER = 240  # characters of a member from which on its items have lines of their own
_LONG_LINE = 160  # characters of a line of a long list, maximum, unless one item is longer
_LONG_STRING = 400  # characters of a string from which on it has lines of its own
_LONG_LINES = 80  # the same, of a string of several lines
_LONG_CELL = 240  # the same, in a row
_FEW_TABLES = 3  # tables, each under its path; of more of them,
_MIN_ROWS = 4  # those with so many rows
_SMALL_TABLE = 400  # characters of a table below which its definition stands where it is, and it stays together
_MIN_COMMON = 0.5  # share of the keys of two tables that both have, if a definition is of both
_LETTER = 8  # characters that the definition of a letter costs, besides the names
_MAX_DEPTH = 60  # levels of values within values, which bounds the recursion


def compact(text: str) -> str | None:
    """``text`` in the short notation, None where it is not JSON, or does not read back as the same.

    >>> print(compact('{"name": "Mia Li", "age": 36, "tags": ["a", "b"]}'))
    name: Mia Li
    age:36
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
    starts = [0, *_starts(body)]
    long = sum(map(len, _LONG_TEXT.findall(body)))  # texts of which a part will do
    return Short("json", short[:end], body, [Mark(start, "", 0) for start in starts], len(body) - long // 2)


def _starts(body: str) -> Iterator[int]:
    """The offsets of the lines but the first one, apart from those of a small table, which stays together."""
    small = False
    at = 0
    for line in body.split("\n"):
        member = MEMBER.match(line)
        if at and (member or not small) and at < len(body):
            yield at
        small = bool(member[3]) if member else small
        at += len(line) + 1


def head_of(short: str) -> int:
    r"""Where the definitions end that the rest of a short text needs.

    >>> head_of("(id,user)\n1,mia")
    10
    """
    end = 0
    while DEFINITION.match(short, end):
        end = short.find("\n", end) + 1 or len(short)
    return end


class _Rows(NamedTuple):
    """How the rows of some tables are written: under a letter, "" for those of the largest tables."""

    letter: str
    kind: Kind
    keys: set[Keys]  # of the records that can be rows
    table: Table
    alone: bool  # no other table has this kind


class _Writer:
    """Writes a value: its tables, and kinds of other records that occur more than once with a letter each."""

    def __init__(self, value: Any) -> None:
        self._value = value
        self._tables: dict[int, _Rows] = {}  # by the id of a list or object
        self._kinds: dict[Keys, tuple[str, Kind]] = {}
        self._used: set[str] = set()
        self._texts: list[str] = []  # that have to follow the line which is being written
        groups = _grouped(_tables(value))
        for letter, tables in zip(["", *_LETTERS], groups, strict=False):
            kind, keys = table_kind([row for table in tables for row in table.rows], tables[0].shape)
            for table in tables:
                self._tables[id(table.value)] = _Rows(letter, kind, keys, table, len(tables) == 1)
        self._definitions: dict[str, Kind] = {}  # those above, by letter
        self._find_kinds(_LETTERS[max(0, len(groups) - 1) :])

    def _find_kinds(self, letters: str) -> None:
        """Letters for the kinds of records that are no rows."""
        todo = [self._value]
        found: dict[Keys, list[dict[str, Any]]] = {}
        while todo:
            item = todo.pop()
            rows = self._tables.get(id(item))
            if rows:
                inside = {part.path for part in rows.kind.parts if isinstance(part, Branch)}
                todo.extend(each for each in item if isinstance(each, list) and rows.kind.shape == RECORDS)
                for record in rows.table.rows:
                    todo.extend(_beside(record, (), inside) if tuple(record) in rows.keys else (record,))
            elif isinstance(item, list):
                todo.extend(each for each in item if isinstance(each, dict | list))
            else:
                if item:
                    found.setdefault(tuple(item), []).append(item)
                todo.extend(each for each in item.values() if isinstance(each, dict | list))
        repeated = [(keys, records) for keys, records in found.items() if _pays(keys, len(records))]
        repeated.sort(key=lambda kind: (-len(kind[1]) * len(kind[0]), kind[0]))
        for letter, (keys, records) in zip(letters, repeated, strict=False):
            self._kinds[keys] = letter, plain_kind(keys, records)

    def lines(self) -> list[str]:
        """The definitions, then the body."""
        body = list(self._body())
        letters = [(letter, kind) for letter, kind in self._kinds.values() if letter in self._used]
        definitions = [*sorted(self._definitions.items()), *letters]
        return [*(f"{letter} = " * bool(letter) + _definition(kind) for letter, kind in definitions), *body]

    def _body(self) -> Iterator[str]:
        value = self._value
        if rows := self._tables.get(id(value)):
            self._definitions[rows.letter] = rows.kind
            yield from self._items(rows, True)
        elif isinstance(value, dict):
            yield from self._members(value, "", 0)
        elif any(isinstance(item, dict | list) and len(self._value_text(item)) > _LONG_MEMBER for item in value):
            for item in value:
                self._texts.clear()
                yield ITEM + self._member(item) + self._below()
        else:
            self._texts.clear()
            yield self._member(value) + self._below()

    def _members(self, members: dict[str, Any], path: str, depth: int) -> Iterator[str]:
        for key, item in members.items():
            name = path + key_text(key)
            if rows := self._tables.get(id(item)):
                lines = list(self._items(rows, False))
                if rows.alone and sum(map(len, lines)) < _SMALL_TABLE:
                    yield f"{name}:{_definition(rows.kind)}"
                else:
                    self._definitions[rows.letter] = rows.kind
                    yield f"{name}:{rows.letter}"
                yield from lines
            elif isinstance(item, dict) and self._has_table(item, depth):
                yield from self._members(item, name + " > ", depth + 1)
            else:
                close = isinstance(item, Number) and NUMBER_FOLLOWS.search(name)
                yield f"{name}:{'' if close else ' '}{self._member(item)}{self._below()}"

    def _has_table(self, value: Any, depth: int) -> bool:
        if id(value) in self._tables:
            return True
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

    def _items(self, rows: _Rows, whole: bool) -> Iterator[str]:
        """The rows and other items of a table, those that are repeated with their count.

        Args:
            whole: The table is the whole value, so no line but the first could be taken for a member.
        """
        for number, line in enumerate(counted(self._each(rows))):
            yield _quoted_first(line) if (number == 0 or not whole) and MEMBER.match(line) else line

    def _each(self, rows: _Rows) -> Iterator[str]:
        """The lines of a table."""
        table, kind = rows.table, rows.kind
        if kind.shape == MEMBERS:
            yield from (self._row(kind, record, key) for key, record in table.value.items())
            return
        for item in table.value if kind.shape == RECORDS else table.rows:
            if isinstance(item, dict) and tuple(item) in rows.keys:
                yield self._row(kind, item)
            else:
                yield ITEM + self._member(item) + self._below()

    def _row(self, kind: Kind, record: dict[str, Any], key: str | None = None) -> str:
        """The line of a record in a table, and the texts that follow it."""
        row = self._cells(kind, record, 0, True)
        if key is not None:
            bare = _BARE_CELL.fullmatch(key) and not UNSAFE.search(key)
            row = (key if bare else quoted(key)) + "," * bool(row) + row
        if row.startswith((ITEM, "…")) or row == NEXT or COUNT.match(row) or DEFINITION.match(row):
            row = _quoted_first(row)
        return row + self._below()

    def _below(self) -> str:
        """The texts that follow a line, each line of theirs after a space."""
        texts = ["".join("\n " + line for line in text.split("\n")) for text in self._texts]
        self._texts.clear()
        return f"\n{NEXT}".join(texts)

    def _on_lines(self, value: Any) -> str:
        """A long object with a line for each member; a long list with as many items in a line as it holds."""
        if isinstance(value, dict) and tuple(value) in self._kinds:
            return self._value_text(value)
        opening, closing = ("[", "]") if isinstance(value, list) else ("{", "}")
        pieces = list(self._pieces(value))
        if isinstance(value, list) and not any(below for _, below in pieces):
            pieces = [(text, []) for text in counted(text for text, _ in pieces)]
        out = [opening]
        size = 0
        for number, (text, below) in enumerate(pieces, 1):
            size += len(text) + 1
            if isinstance(value, dict) or size > _LONG_LINE:
                out.append(self._below() + "\n\t")
                size = len(text) + 1
            self._texts += below
            out.append(text + ("," if number < len(pieces) else closing))
        return "".join(out)

    def _pieces(self, value: Any) -> Iterator[tuple[str, list[str]]]:
        """The members of an object or the items of a list, each with the texts that follow it below."""
        above = self._texts
        members = value.items() if isinstance(value, dict) else ((None, item) for item in value)
        for key, item in members:
            self._texts = []
            text = ("" if key is None else _named(key, item)) + self._value_text(item, 1)
            yield text, self._texts
        self._texts = above

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
                + ",".join(_named(key, item) + self._value_text(item, depth + 1) for key, item in value.items())
                + "}"
            )
        if isinstance(value, list):
            below = len(self._texts)
            texts = [self._value_text(item, depth + 1) for item in value]
            return "[" + ",".join(counted(texts) if len(self._texts) == below else texts) + "]"
        return scalar_text(value)

    def _text(self, value: str, long_lines: int = _LONG_LINES) -> str:
        """The sign for a long string, which follows on lines of its own; "" for a short one."""
        if (len(value) < _LONG_STRING and (len(value) < long_lines or "\n" not in value)) or UNSAFE.search(value):
            return ""
        self._texts.append(value)
        return BELOW

    def _cells(self, kind: Kind, record: dict[str, Any], depth: int, alone: bool) -> str:
        """The cells of a record. Empty cells at the end are left out."""
        cells: list[str] = []
        size = 0
        for column in kind.cells:
            value = column.cell(record)
            if value is NOTHING:
                cells.append("")
            else:
                cells.append(self._cell(column, value, depth, alone))
                size = len(cells)
        del cells[size:]
        return ",".join(cells)

    def _cell(self, column: Column, value: Any, depth: int, alone: bool) -> str:
        if value is MISSING:
            return ABSENT
        if not isinstance(value, str):
            sign = VALUE * (column.text and not isinstance(value, dict | list))
            return sign + self._value_text(value, depth)
        if sign := self._text(value, _LONG_CELL):
            return sign
        bare = (
            (_BARE_CELL if alone else BARE).fullmatch(value)
            and value not in (BELOW, ABSENT)
            and not UNSAFE.search(value)
        )
        misread = value.startswith(VALUE) if column.text else is_misleading(value)
        return value if bare and not misread else quoted(value)


def _quoted_first(row: str) -> str:
    """A row whose first cell, which is a string without quotes, gets quotes."""
    first, comma, rest = row.partition(",")
    return quoted(first) + comma + rest


def _pays(keys: Keys, count: int) -> bool:
    """Whether a letter for records with these keys is shorter than the keys in each of them."""
    names = sum(len(key) + 1 for key in keys)
    return count >= MIN_RECORDS and (count - 1) * names > _LETTER


def _tables(value: Any) -> list[Table]:
    """The tables of a value: the whole, or members of objects of it."""
    found: list[tuple[int, Table]] = []
    todo = [(value, 0)]
    while todo:
        item, depth = todo.pop()
        if table := table_of(item):
            found.append((depth, table))
        elif isinstance(item, dict) and depth < MAX_LEVELS:
            todo.extend((each, depth + 1) for each in item.values() if isinstance(each, dict | list))
    if len(found) > _FEW_TABLES:  # the path of each costs more than letters in it
        return [table for depth, table in found if depth < 2 or len(table.rows) >= _MIN_ROWS]
    return [table for _, table in found]


def _grouped(tables: list[Table]) -> list[list[Table]]:
    """Tables whose rows have much the same keys, together, the largest group first."""
    groups: list[tuple[set[str], list[Table]]] = []
    for table in tables:
        names = {key for row in table.rows for key in row}
        for known, group in groups:
            if group[0].shape == table.shape and len(names & known) >= _MIN_COMMON * len(names | known):
                known |= names
                group.append(table)
                break
        else:
            groups.append((names, [table]))
    groups.sort(key=lambda each: -sum(len(row) for table in each[1] for row in table.rows))
    return [group for _, group in groups]


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
    out = ["(" + kind.shape]
    depth = 1
    first = not kind.shape
    for part in kind.parts:
        closed = depth - len(part.path)
        out.append(")" * closed + ("," if not first or closed else ""))
        depth, first = len(part.path), False
        name = column_text(part.path[-1]) if kind.shape != LISTS or len(part.path) > 1 else ""
        if isinstance(part, Branch):
            out.append(name + ("?" if part.absent is MISSING else "=null") * part.optional + "(")
            depth, first = depth + 1, True
            continue
        out.append(TEXT * part.text + name)
        if part.constant:
            out.append(f": {_plain(part.usual)}")
        elif part.usual is not None:
            out.append("?" if part.usual is MISSING else f"={_plain(part.usual)}")
    out.append(")" * depth)
    return "".join(out)


def _named(key: str, item: Any) -> str:
    """The key of a member within brackets. A space before a number would be a token of its own."""
    return key_text(key) + (":" if isinstance(item, Number) else ": ")


def _plain(value: Any, depth: int = 0) -> str:
    """A value without kinds and without texts below."""
    if depth > _MAX_DEPTH:
        raise NotCompactError("too deep")
    if isinstance(value, dict):
        return "{" + ",".join(_named(key, item) + _plain(item, depth + 1) for key, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ",".join(_plain(item, depth + 1) for item in value) + "]"
    return scalar_text(value)
