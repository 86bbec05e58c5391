"""Columns for the short notation of JSON: what records have in common, and which of them make a table."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any, NamedTuple

from .json_signs import LITERALS, NUMBER, scalar_text
from .json_values import MISSING, Path, same, value_at

MIN_RECORDS = 2  # that a table or a kind of records has
MAX_LEVELS = 6  # of records within records that become columns
_MAX_MERGED = 60  # kinds of records that are tried as rows of one table
_MAX_COLUMNS = 120  # columns of a table, maximum
_MAX_GROWN = 2  # times the keys of one record, in the columns of records within records
_MIN_USUAL = 5  # records of which nearly all can have the same
_MIN_EMPTY = 3  # cells that are null or "" from which on they are left empty
_MOST_SHARE = 0.7  # of the records that have a value from which on it is the usual one
_MIN_KIND = 3  # records from which on a letter of their own may be shorter than a row of others
_SHARED_KEYS = 0.5  # of the keys of records that are rows of one table with others
_NAMED_CELL = 8  # empty cells, of which four are a token of o200k_base, that cost what a name's signs cost, about

Keys = tuple[str, ...]


class Column(NamedTuple):
    """A scalar that records of one kind have at the same path.

    Attributes:
        path: Where it is in each record.
        sign: "" if each record has a cell for it; ":" if all have the same value, and no cell; "=" if those with
            another value than the usual one say it by name; "?" if an empty cell means the usual value.
        value: The usual value. MISSING if the key is usually missing.
        text: What has no quotes is a string, even if it looks like a number.
    """

    path: Path
    sign: str = ""
    value: Any = None
    text: bool = False

    def needs_cell(self, value: Any) -> bool:
        """Whether a record with this value says it itself."""
        return value is not MISSING and not (self.sign and same(value, self.value))


class Branch(NamedTuple):
    """Records within records, whose columns are among those of the outer ones.

    Attributes:
        path: Where they are in each record.
        absent: What an outer record has if none of the columns says anything. It counts only if ``optional``.
        optional: Not every outer record has one.
    """

    path: Path
    absent: Any = None
    optional: bool = False


Part = Column | Branch


class Kind:
    """What records have in common: columns and branches, in the order of their keys."""

    def __init__(self, parts: Sequence[Part], text: bool = False) -> None:
        self.parts = parts
        self.text = text  # everything without quotes is a string
        self.cells = [part for part in parts if isinstance(part, Column) and part.sign in ("", "?")]
        optional = {part.path for part in parts if isinstance(part, Branch) and part.optional}
        inside = {
            part.path for part in self.cells if any(part.path[:size] in optional for size in range(len(part.path)))
        }
        self.needed = {part.path for part in self.cells if not part.sign} - inside  # have a cell in each record
        self.named = {part.path: part for part in parts if isinstance(part, Column) and part.sign == "="}

    def record(self, own: Mapping[Path, Any]) -> dict[str, Any]:
        """The record that has these values of its own, and the usual ones otherwise."""
        record: dict[str, Any] = {}
        branches: dict[Path, dict[str, Any] | None] = {(): record}
        present = {path[:length] for path in own for length in range(1, len(path))}
        for part in self.parts:
            outer = branches[part.path[:-1]]
            if isinstance(part, Branch):
                there = not part.optional or part.path in present
                inside: dict[str, Any] | None = {} if there and outer is not None else None
                branches[part.path] = inside
                value: Any = inside if there else part.absent
            else:
                value = own.get(part.path, part.value)
            if outer is not None and value is not MISSING:
                outer[part.path[-1]] = value
        return record


def table_columns(lists: Iterable[list[Any]]) -> tuple[Keys, set[Keys]]:
    """The columns of the largest table that some lists have, and the keys of the records that can be its rows."""
    found = by_keys(item for items in lists for item in items)
    order = sorted(found, key=lambda keys: (-len(found[keys]) * len(keys), keys))
    columns, rows = _merged(order, found)
    if sum(len(found[keys]) for keys in rows) < MIN_RECORDS or len(columns) > _MAX_COLUMNS:
        return (), set()
    return columns, rows


def table_kind(columns: Keys, rows: Sequence[dict[str, Any]]) -> Kind:
    """The kind of all rows of a table. No row is empty."""
    return Kind(_with_a_cell(list(_parts((), columns, rows))), _all_text(rows))


def plain_kind(keys: Keys, records: Sequence[dict[str, Any]]) -> Kind:
    """The kind of records that all have the same keys, without columns for records within them."""
    return Kind([_column((key,), [record[key] for record in records]) for key in keys], _all_text(records))


def by_keys(items: Iterable[Any]) -> dict[Keys, list[dict[str, Any]]]:
    """The records among some values, by their keys."""
    found: dict[Keys, list[dict[str, Any]]] = {}
    for item in items:
        if isinstance(item, dict) and item:
            found.setdefault(tuple(item), []).append(item)
    return found


def _merged(kinds: Sequence[Keys], records: Mapping[Keys, Sequence[Any]]) -> tuple[Keys, set[Keys]]:
    """The first kind of keys, with those that have many of the same: all keys in one order, and the kinds.

    >>> kinds = [("a", "c"), ("a", "b", "c"), ("c", "a")]
    >>> _merged(kinds, dict.fromkeys(kinds, [{}, {}]))[0]
    ('a', 'c', 'b')
    """
    columns: Keys = kinds[0] if kinds else ()
    taken = list(kinds[:1])
    if len(columns) > _MAX_COLUMNS:
        return columns, set(taken)
    for keys in kinds[1:_MAX_MERGED]:
        shared = len(set(columns).intersection(keys))
        if shared >= _SHARED_KEYS * min(len(keys), len(columns)) or (shared and len(records[keys]) < _MIN_KIND):
            if len(ordered := _in_one_order([*taken, keys])) <= _MAX_COLUMNS:
                columns = ordered
                taken.append(keys)
    return columns, set(taken)


def _in_one_order(kinds: Sequence[Keys]) -> Keys:
    """All keys of some kinds in an order that is the order of each; if there is none, those of most kinds first."""
    after: dict[str, dict[str, None]] = {key: {} for keys in kinds for key in keys}
    waits = dict.fromkeys(after, 0)
    for keys in kinds:
        for key, following in pairwise(keys):
            if following not in after[key]:
                after[key][following] = None
                waits[following] += 1
    ready = [key for key in reversed(after) if not waits[key]]
    ordered: list[str] = []
    while ready:
        key = ready.pop()
        ordered.append(key)
        for following in reversed(after[key]):
            waits[following] -= 1
            if not waits[following]:
                ready.append(following)
    if len(ordered) == len(after):
        return tuple(ordered)
    return tuple(key for key, _ in Counter(key for keys in kinds for key in keys).most_common())


def _parts(path: Path, keys: Keys, records: Sequence[Any], level: int = 0) -> Iterator[Part]:
    """What records have in common, of each of their keys. A record that is absent is MISSING."""
    for key in keys:
        values = [MISSING if record is MISSING else record.get(key, MISSING) for record in records]
        if any(record is MISSING for record in records):  # of an optional branch: those that are there count
            values = [value for value, record in zip(values, records, strict=True) if record is not MISSING]
        inside = (*path, key)
        yield from _branch(inside, values, level) or [_column(inside, values)]


def _branch(path: Path, values: list[Any], level: int) -> list[Part] | None:
    """The columns of records within records, if all of the values are such, or one and the same other value."""
    if level >= MAX_LEVELS or not isinstance(values[0], dict | None | type(MISSING)):
        return None
    found = by_keys(values)
    there = sum(map(len, found.values()))
    absent = next((value for value in values if value is None or value is MISSING), ...)
    if there < MIN_RECORDS or there + sum(value is absent for value in values) < len(values):
        return None
    if len(found) > _MAX_MERGED:
        return None
    columns, taken = _merged(sorted(found, key=lambda keys: (-len(found[keys]), keys)), found)
    if len(taken) < len(found) or len(columns) > min(_MAX_COLUMNS, _MAX_GROWN * max(map(len, found))):
        return None
    optional = absent is not ...
    records = [value for value in values if isinstance(value, dict)]
    parts = list(_parts(path, columns, records, level + 1))
    if len(parts) > _MAX_COLUMNS:
        return None
    if optional and not all(_has_a_cell(parts, record, len(path)) for record in records):
        return None
    return [Branch(path, absent if optional else None, optional), *parts]


def _has_a_cell(parts: Sequence[Part], record: Any, depth: int) -> bool:
    """Whether any cell says that a record is there."""
    return any(
        isinstance(part, Column) and part.sign != ":" and part.needs_cell(value_at(record, part.path[depth:]))
        for part in parts
    )


def _with_a_cell(parts: list[Part]) -> list[Part]:
    """The same parts, with a column that has a cell in every row."""
    if any(isinstance(part, Column) and not part.sign for part in parts):
        return parts
    for sign in "?=:":
        for number, part in enumerate(parts):
            if isinstance(part, Column) and part.sign == sign and part.value is not MISSING and len(part.path) == 1:
                return [*parts[:number], Column(part.path, text=part.text), *parts[number + 1 :]]
    return parts


def _column(path: Path, values: list[Any]) -> Column:
    """A column, with the value that all or many records have in the definition if that is shorter."""
    first = values[0]
    if first is not MISSING and all(same(value, first) for value in values):
        return Column(path, ":", first)
    text = _misleading(values) > 1
    scalars = [value for value in values if value is MISSING or not isinstance(value, dict | list)]
    if not scalars:
        return Column(path)
    missing = sum(value is MISSING for value in values)
    (_, value), count = Counter((type(value).__name__, value) for value in scalars).most_common(1)[0]
    named_cell = len(path[-1]) + _NAMED_CELL
    if missing:
        sparse = (len(values) - missing) * named_cell < len(values)
        return Column(path, "=" if sparse else "?", MISSING, text)
    if count < _MOST_SHARE * len(values) or len(values) < _MIN_USUAL:
        value = max((None, ""), key=scalars.count)
        count = sum(each is None if value is None else each == "" for each in scalars)
        if count < _MIN_EMPTY:
            return Column(path, text=text)
    others = len(values) - count
    length = len(scalar_text(value))
    if value and count * (length + 1) <= others * (len(path[-1]) + 1) and count * length < 2 * len(values):
        return Column(path, text=text)
    sparse = others * named_cell < len(values)
    return Column(path, "=" if sparse else "?", value, text)


def _all_text(records: Iterable[dict[str, Any]]) -> bool:
    """Whether all scalars of some records are strings, of which several look like something else."""
    found = [_misleading(_scalars(record)) for record in records]
    return min(found) >= 0 and sum(found) > 1


def _scalars(record: dict[str, Any]) -> Iterator[Any]:
    for value in record.values():
        if isinstance(value, dict):
            yield from _scalars(value)
        elif not isinstance(value, list):
            yield value


def _misleading(values: Iterable[Any]) -> int:
    """How many strings look like numbers or literals; -1 if not all of the values are strings."""
    count = 0
    for value in values:
        if isinstance(value, str):
            count += bool(NUMBER.fullmatch(value) or value in LITERALS)
        elif value is not None and value is not MISSING:
            return -1
    return count
