"""JSON in a shorter notation that says the same: a table of its records, and quotes only where needed.

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
list that it has. A long string, or one of several lines, is a "|" in its place, and follows in lines that begin with
a space. No space follows a comma: before a number it would be a token of its own.

Keys have one order in all records of a table, since JSON gives their order no meaning.
Numbers keep their spelling, letter for letter: 0.10 stays 0.10, and 1E400 stays 1E400. Half of a surrogate pair, which
UTF-8 cannot encode, keeps its escape.

`compact` gives a text only where `expand` turns it back into the very same values. It knows nothing of
tokens, and leaves text that is not JSON alone.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby, pairwise
from typing import Any

from ..segment import Mark, Short
from .json_reader import (
    BELOW,
    COUNT,
    DEFINITION,
    ITEM,
    LITERALS,
    MEMBER,
    MISSING,
    NEXT,
    NUMBER,
    TEXT,
    Branch,
    Column,
    Kind,
    NotCompactError,
    Number,
    Path,
    expand,
)

# A string that needs no quotes: nothing in it could be taken for structure or for a number.
_BARE = re.compile(r"[^\s,:(){}\[\]\"=…](?:[^,(){}\[\]\"\n\r=]*[^\s,(){}\[\]\"=])?")
_BARE_CELL = re.compile(r"(?![A-Z]\()[^\s,\[{\"…](?:[^,\n\r]*[^\s,])?")  # the same, alone between two commas
_UNSAFE = re.compile("[\0\ud800-\udfff]")  # cannot stand in every request: stays an escape in quotes
_BARE_KEY = re.compile(r"[^\s,:(){}\[\]\"=?<>]+")
_BARE_NAME = re.compile(r"[^\s,:(){}\[\]\"=?<>]+(?: [^\s,:(){}\[\]\"=?<>]+)*")  # of a column, which may have spaces
_NAME = re.compile(r"((?:[^\s,:(){}\[\]\"=]|\"[^\"]*\")+)=")  # what a cell could name
_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_MAX_KINDS = 26
_MAX_MERGED = 60  # kinds of records that are tried as rows of one table
_MAX_COLUMNS = 120
_MAX_GROWN = 2  # times the keys of one record, in the columns of records within records
_MAX_BRANCHES = 6  # levels of records within records that become columns
_LONG = 240  # characters of a member from which on its items stand on lines of their own
_TEXT = 400  # characters of a string from which on it stands on lines of its own
_LINES = 80  # the same, of a string of several lines
_MIN_RECORDS = 2
_FEW_TABLES = 3  # lists of rows, each under its path; of more of them,
_MIN_ROWS = 4  # those with so many rows
_MIN_USUAL = 5  # records of which nearly all can have the same
_MIN_EMPTY = 3  # cells that are null or "" from which on they are left empty
_COMMON = 0.7  # of the records are nearly all
_MIN_KIND = 3  # records from which on a letter of their own may be shorter than a row of others
_SHARED = 0.5  # of the keys of records that are rows of one table with others
_MIN_SAVED = 4  # characters that a count saves at least
_MAX_DEPTH = 60
_LONG_TEXT = re.compile(r"^ .*", re.MULTILINE)

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
        short = "\n".join(_Notation(value).lines())
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

    >>> head_of("(id,user)\n1,mia")
    10
    """
    end = 0
    while DEFINITION.match(short, end):
        end = short.find("\n", end) + 1 or len(short)
    return end


def _loaded_lines(text: str) -> Any:
    """The records of JSON lines."""
    records = [_loaded(line) for line in text.split("\n") if line.strip()]
    return records if len(records) >= _MIN_RECORDS and all(isinstance(record, dict) for record in records) else None


def _loaded(text: str) -> Any:
    """The value of a JSON text, in which objects with the same keys have them in the same order; None if it is none."""
    orders: dict[Keys, Keys] = {}
    first_of: dict[frozenset[str], Keys] = {}

    def unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(pairs)
        if len(found) != len(pairs):
            raise ValueError("a key stands twice")
        keys = tuple(found)
        order = orders.get(keys)
        if order is None:
            order = orders[keys] = first_of.setdefault(frozenset(keys), keys)
        return found if order is keys or order == keys else {key: found[key] for key in order}

    start = text[:64].lstrip()[:1]
    if start not in ("{", "["):
        return None
    try:
        return json.loads(text, object_pairs_hook=unique, parse_int=Number, parse_float=Number, parse_constant=Number)
    except (ValueError, RecursionError):
        return None


def _same(one: Any, other: Any) -> bool:
    """Equal in type and spelling. The order of keys carries no meaning in JSON, and may differ."""
    if type(one) is not type(other):
        return False
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(_same(value, other[key]) for key, value in one.items())
    if isinstance(one, list):
        return len(one) == len(other) and all(map(_same, one, other))
    return bool(one == other)


# --- kinds of records --------------------------------------------------------------------------------


def _lists(value: Any) -> Iterator[list[Any]]:
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
            elif isinstance(item, dict) and depth < _MAX_BRANCHES:
                todo.append((item, depth + 1))


def _records(items: Iterable[Any]) -> dict[Keys, list[dict[str, Any]]]:
    """The records among some values, by their keys."""
    found: dict[Keys, list[dict[str, Any]]] = {}
    for item in items:
        if isinstance(item, dict) and item:
            found.setdefault(tuple(item), []).append(item)
    return found


def _table(lists: Iterable[list[Any]]) -> tuple[Keys, set[Keys]]:
    """The columns of the largest table, and the keys of the records that can be its rows."""
    found = _records(item for items in lists for item in items)
    order = sorted(found, key=lambda keys: (-len(found[keys]) * len(keys), keys))
    columns, rows = _together(order, found)
    if sum(len(found[keys]) for keys in rows) < _MIN_RECORDS or len(columns) > _MAX_COLUMNS:
        return (), set()
    return columns, rows


def _together(kinds: Sequence[Keys], records: Mapping[Keys, Sequence[Any]]) -> tuple[Keys, set[Keys]]:
    """The first kind of keys, with those that have many of the same: all keys in one order, and the kinds.

    >>> kinds = [("a", "c"), ("a", "b", "c"), ("c", "a")]
    >>> _together(kinds, dict.fromkeys(kinds, [{}, {}]))[0]
    ('a', 'b', 'c')
    """
    columns: Keys = kinds[0] if kinds else ()
    taken = list(kinds[:1])
    if len(columns) > _MAX_COLUMNS:
        return columns, set(taken)
    for keys in kinds[1:_MAX_MERGED]:
        shared = len(set(columns).intersection(keys))
        if shared >= _SHARED * min(len(keys), len(columns)) or (shared and len(records[keys]) < _MIN_KIND):
            if len(merged := _ordered([*taken, keys])) <= _MAX_COLUMNS:
                columns = merged
                taken.append(keys)
    return columns, set(taken)


def _ordered(kinds: Sequence[Keys]) -> Keys:
    """All keys of some kinds in an order that is the order of each; if there is none, those of most kinds first."""
    after: dict[str, dict[str, None]] = {key: {} for keys in kinds for key in keys}
    waits = dict.fromkeys(after, 0)
    for keys in kinds:
        for key, following in pairwise(keys):
            if following not in after[key]:
                after[key][following] = None
                waits[following] += 1
    ready = [key for key in reversed(after) if not waits[key]]
    merged: list[str] = []
    while ready:
        key = ready.pop()
        merged.append(key)
        for following in reversed(after[key]):
            waits[following] -= 1
            if not waits[following]:
                ready.append(following)
    if len(merged) == len(after):
        return tuple(merged)
    return tuple(key for key, _ in Counter(key for keys in kinds for key in keys).most_common())


def _parts(path: Path, keys: Keys, records: Sequence[Any], depth: int = 0) -> Iterator[Column | Branch]:
    """What records have in common, of each of their keys; a record that is absent is MISSING."""
    for key in keys:
        values = [MISSING if record is MISSING else record.get(key, MISSING) for record in records]
        if any(record is MISSING for record in records):  # of an optional branch: those that are there count
            values = [value for value, record in zip(values, records, strict=True) if record is not MISSING]
        inside = (*path, key)
        yield from _branch(inside, values, depth) or [_column(inside, values)]


def _speaking(parts: list[Column | Branch]) -> list[Column | Branch]:
    """The same with a cell in every row: no row says nothing."""
    if any(isinstance(part, Column) and not part.how for part in parts):
        return parts
    for how in "?=:":
        for number, part in enumerate(parts):
            if isinstance(part, Column) and part.how == how and part.value is not MISSING and len(part.path) == 1:
                return [*parts[:number], Column(part.path, text=part.text), *parts[number + 1 :]]
    return parts


def _branch(path: Path, values: list[Any], depth: int) -> list[Column | Branch] | None:
    """The columns of records within records, if all of the values are such, or one and the same other value."""
    if depth >= _MAX_BRANCHES or not isinstance(values[0], dict | None | type(MISSING)):
        return None
    found = _records(values)
    there = sum(map(len, found.values()))
    absent = next((value for value in values if value is None or value is MISSING), ...)
    if there < _MIN_RECORDS or there + sum(value is absent for value in values) < len(values):
        return None
    if len(found) > _MAX_MERGED:
        return None
    columns, taken = _together(sorted(found, key=lambda keys: (-len(found[keys]), keys)), found)
    if len(taken) < len(found) or len(columns) > min(_MAX_COLUMNS, _MAX_GROWN * max(map(len, found))):
        return None
    optional = absent is not ...
    records = [value for value in values if isinstance(value, dict)]
    parts = list(_parts(path, columns, records, depth + 1))
    if len(parts) > _MAX_COLUMNS:
        return None
    if optional and not all(_speaks(parts, record, len(path)) for record in records):
        return None
    return [Branch(path, absent if optional else None, optional), *parts]


def _speaks(parts: Sequence[Column | Branch], record: Any, depth: int) -> bool:
    """Whether any cell says that a record is there."""
    return any(
        isinstance(part, Column) and part.how != ":" and _said_itself(part, _at(record, part.path[depth:]))
        for part in parts
    )


def _said_itself(column: Column, value: Any) -> bool:
    return value is not MISSING and not (column.how and _same(value, column.value))


def _at(record: Any, path: Path) -> Any:
    """The value at a path of a record, MISSING where there is none."""
    for key in path:
        if not isinstance(record, dict):
            return MISSING
        record = record.get(key, MISSING)
    return record


def _column(path: Path, values: list[Any]) -> Column:
    """A column, with the value that all or many records have said once if that is shorter."""
    first = values[0]
    if first is not MISSING and all(_same(value, first) for value in values):
        return Column(path, ":", first)
    text = _looks(values) > 1
    scalars = [value for value in values if value is MISSING or not isinstance(value, dict | list)]
    if not scalars:
        return Column(path)
    missing = sum(value is MISSING for value in values)
    (_, value), count = Counter((type(value).__name__, value) for value in scalars).most_common(1)[0]
    if missing:
        sparse = (len(values) - missing) * (len(path[-1]) + 8) < 2 * len(values)
        return Column(path, "=" if sparse else "?", MISSING, text)
    if count < _COMMON * len(values) or len(values) < _MIN_USUAL:
        value = max((None, ""), key=scalars.count)
        count = sum(each is None if value is None else each == "" for each in scalars)
        if count < _MIN_EMPTY:
            return Column(path, text=text)
    others = len(values) - count
    length = len(_scalar_said(value))
    if value and count * (length + 1) <= others * (len(path[-1]) + 1) and count * length < 2 * len(values):
        return Column(path, text=text)
    sparse = others * (len(path[-1]) + 8) < 2 * len(values)
    return Column(path, "=" if sparse else "?", value, text)


def _is_text(records: Iterable[dict[str, Any]]) -> bool:
    """Whether all scalars of some records are strings, of which several look like something else."""
    found = [_looks(_scalars(record)) for record in records]
    return min(found) >= 0 and sum(found) > 1


def _scalars(record: dict[str, Any]) -> Iterator[Any]:
    for value in record.values():
        if isinstance(value, dict):
            yield from _scalars(value)
        elif not isinstance(value, list):
            yield value


def _looks(values: Iterable[Any]) -> int:
    """How many strings look like numbers or literals; -1 if not all of the values are strings."""
    looks = 0
    for value in values:
        if isinstance(value, str):
            looks += bool(NUMBER.fullmatch(value) or value in LITERALS)
        elif value is not None and value is not MISSING:
            return -1
    return looks


# --- writing -----------------------------------------------------------------------------------------


class _Notation:
    """Writes a value: its table, and kinds of other records that occur more than once with a letter each."""

    def __init__(self, value: Any) -> None:
        self._value = value
        columns, self._rows = _table(_lists(value))
        tables = [items for items in _lists(value) if any(map(self._is_row, items))]
        if len(tables) > _FEW_TABLES:  # the path of each costs more than letters in it
            tables = [items for items in tables if sum(map(self._is_row, items)) >= _MIN_ROWS]
        rows = [item for items in tables for item in items if self._is_row(item)]
        self._kind = Kind(_speaking(list(_parts((), columns, rows))), _is_text(rows)) if rows else None
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
        repeated = [(keys, records) for keys, records in found.items() if len(records) >= _MIN_RECORDS]
        repeated.sort(key=lambda kind: (-len(kind[1]) * len(kind[0]), kind[0]))
        for letter, (keys, records) in zip(_LETTERS, repeated[:_MAX_KINDS], strict=False):
            parts = [_column((key,), [record[key] for record in records]) for key in keys]
            self._kinds[keys] = letter, Kind(parts, _is_text(records))

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
            name = path + _key(key)
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
            and depth < _MAX_BRANCHES
            and any(self._has_table(item, depth + 1) for item in value.values())
        )

    def _member(self, item: Any) -> str:
        said = self._said(item)
        if len(said) > _LONG and isinstance(item, dict | list):
            self._texts.clear()
            said = self._broken(item)
        return said

    def _items(self, items: list[Any]) -> Iterator[str]:
        """The rows and other items of a list, those that are repeated with their count."""
        for line, same in groupby(map(self._item, items)):
            count = sum(1 for _ in same)
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
        """The line of a record in the table, "" if it would say nothing, or look like another line."""
        row = self._cells(kind, record, 0, True)
        if row.startswith((ITEM, "|", "…", "(")) or COUNT.match(row) or MEMBER.match(row):
            first, comma, rest = row.partition(",")  # only a bare string can look like this, so it has no comma
            return "" if first == BELOW else _quoted(first) + comma + rest
        return row

    def _below(self) -> str:
        """The texts that follow a line, each line of theirs after a bar."""
        texts = ["".join("\n " + line for line in text.split("\n")) for text in self._texts]
        self._texts.clear()
        return f"\n{NEXT}".join(texts)

    def _broken(self, value: Any) -> str:
        """A long list or object with a line for each of its items."""
        if isinstance(value, dict) and tuple(value) in self._kinds:
            return self._said(value)
        if isinstance(value, list):
            opening, closing, starts, items = "[", "]", [""] * len(value), value
        else:
            opening, closing, starts, items = "{", "}", [f"{_key(key)}: " for key in value], list(value.values())
        out = [opening]
        for number, (start, item) in enumerate(zip(starts, items, strict=True)):
            end = "," if number < len(items) - 1 else closing
            out.append(f"\n\t{start}{self._said(item, 1)}{end}{self._below()}")
        return "".join(out)

    def _said(self, value: Any, depth: int = 0) -> str:
        if depth > _MAX_DEPTH:
            raise NotCompactError("too deep")
        if isinstance(value, str):
            return self._text(value) or _scalar_said(value)
        if isinstance(value, dict):
            if known := self._kinds.get(tuple(value)):
                letter, kind = known
                self._used.add(letter)
                return f"{letter}({self._cells(kind, value, depth + 1, False)})"
            return "{" + ",".join(f"{_key(key)}: {self._said(item, depth + 1)}" for key, item in value.items()) + "}"
        if isinstance(value, list):
            return "[" + ",".join(self._said(item, depth + 1) for item in value) + "]"
        return _scalar_said(value)

    def _text(self, value: str) -> str:
        """The sign for a string that stands below, "" for one that does not."""
        if (len(value) < _TEXT and (len(value) < _LINES or "\n" not in value)) or _UNSAFE.search(value):
            return ""
        self._texts.append(value)
        return BELOW

    def _cells(self, kind: Kind, record: dict[str, Any], depth: int, alone: bool) -> str:
        """What a record says itself, with the empty cells at the end left out."""
        cells: list[str] = []
        size = 0
        for column in kind.cells:
            value = _at(record, column.path)
            if _said_itself(column, value):
                cells.append(self._cell(column, value, depth, alone, kind))
                size = len(cells)
            elif column.how == "?" or len(column.path) > 1:
                cells.append("")
                size = size if column.how else len(cells)
            else:
                raise NotCompactError("a value is missing")
        del cells[size:]
        for path, column in kind.named.items():
            value = _at(record, path)
            if _said_itself(column, value):
                cells.append(".".join(map(_step, path)) + "=" + self._cell(column, value, depth, alone, kind))
        return ",".join(cells)

    def _cell(self, column: Column, value: Any, depth: int, alone: bool, kind: Kind) -> str:
        if not isinstance(value, str):
            return self._said(value, depth)
        if said := self._text(value):
            return said
        bare = _BARE_CELL if alone else _BARE
        plain = bare.fullmatch(value) and not _UNSAFE.search(value) and value not in (BELOW, "null")
        if plain and not (column.text or kind.text):
            plain = value not in LITERALS and not NUMBER.fullmatch(value)
        if plain and kind.named and alone and (found := _NAME.match(value)):
            plain = found[1] not in {".".join(map(_step, path)) for path in kind.named}
        return value if plain else _quoted(value)


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
        out.append(_key(part.path[-1], _BARE_NAME))
        if isinstance(part, Branch):
            absent = "" if part.absent is MISSING else "null"
            out.append(f"?{absent}(" if part.optional else "(")
            depth, first = depth + 1, True
            continue
        said = "" if part.value is MISSING or not part.how else _said_plainly(part.value)
        out.append(TEXT * (part.text and not kind.text) + part.how + " " * (part.how == ":") + said)
    out.append(")" * depth + TEXT * kind.text)
    return "".join(out)


def _said_plainly(value: Any, depth: int = 0) -> str:
    """A value without kinds and without texts below."""
    if depth > _MAX_DEPTH:
        raise NotCompactError("too deep")
    if isinstance(value, dict):
        return "{" + ",".join(f"{_key(key)}: {_said_plainly(item, depth + 1)}" for key, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ",".join(_said_plainly(item, depth + 1) for item in value) + "]"
    return _scalar_said(value)


def _scalar_said(value: Any) -> str:
    """A string, bare where it can be nothing else, or a number or literal."""
    if isinstance(value, Number):
        return value.spelling
    if isinstance(value, str):
        return value if _BARE.fullmatch(value) and _is_bare(value) else _quoted(value)
    return json.dumps(value)


def _quoted(text: str) -> str:
    r"""A string in quotes, with escapes where they are needed.

    >>> print(_quoted("é\ud83d"))
    "é\ud83d"
    """
    return _UNSAFE.sub(lambda found: f"\\u{ord(found[0]):04x}", json.dumps(text, ensure_ascii=False))


def _is_bare(word: str) -> bool:
    """Whether a bare word can only be a string."""
    return not (word in LITERALS or word == BELOW or NUMBER.fullmatch(word) or _UNSAFE.search(word))


def _key(key: str, plain: re.Pattern[str] = _BARE_KEY) -> str:
    bare = plain.fullmatch(key) and not key.startswith(("-", "|", "…")) and not _UNSAFE.search(key)
    return key if bare else _quoted(key)


def _step(key: str) -> str:
    """A key in the path of a column that a cell names."""
    return _quoted(key) if "." in key else _key(key)
