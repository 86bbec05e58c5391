"""Columns for the short notation of JSON: what records have in common, and which of them make a table."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from .json_signs import COLUMNS, LISTS, MEMBERS, RECORDS, is_misleading
from .json_values import MISSING, Path, same, value_at

MIN_RECORDS = 2  # that a table or a kind of records has
MAX_LEVELS = 6  # of records within records that become columns
_MAX_COLUMNS = 120  # columns of a table, maximum
_MAX_GROWN = 4  # times the keys of one record, in the columns of records within records
_MIN_MEMBERS = 3  # of an object that is a table
_MIN_FILLED = 0.2  # share of the cells that have a value, in an object that is a table
_MIN_LISTS = 3  # in a list that is a table
_MAX_LISTED = 60  # items of each of them
_MIN_LENGTH = 4  # of the lists in an object that is a table
_MIN_USUAL = 5  # records of which nearly all can have the same
_MIN_EMPTY = 3  # cells that are "" from which on they are left empty
_MOST_SHARE = 0.7  # of the records that have a value from which on it is the usual one

Keys = tuple[str, ...]
NOTHING = object()  # in the place of the value of a cell that is empty


class Column(NamedTuple):
    """A value that records of one kind have at the same path.

    Attributes:
        path: Where it is in each record.
        usual: What an empty cell means. If it is MISSING, the record does not have the key.
        constant: All records have the usual value, and no cell.
        text: What has no quotes is a string, even if it looks like a number.
    """

    path: Path
    usual: Any = None
    constant: bool = False
    text: bool = False

    def cell(self, record: Any, depth: int = 0) -> Any:
        """The value that a record has to say itself; NOTHING if an empty cell or none says it.

        Args:
            record: What is at the first ``depth`` keys of the path in an outer record.
        """
        outer = value_at(record, self.path[depth:-1])
        value = outer.get(self.path[-1], MISSING) if isinstance(outer, dict) else self.usual
        return NOTHING if self.constant or same(value, self.usual) else value


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


class Table(NamedTuple):
    """A value whose parts are the rows of a table.

    Attributes:
        value: A list of records or of lists, or an object of records or of lists.
        shape: RECORDS, MEMBERS, LISTS or COLUMNS.
        rows: The rows as records: lists by the numbers of their items, columns by their keys.
    """

    value: Any
    shape: str
    rows: list[dict[str, Any]]


class Kind:
    """What records have in common: columns and branches; with the shape of the table whose rows they are."""

    def __init__(self, parts: Sequence[Part], shape: str = RECORDS) -> None:
        self.parts = parts
        self.shape = shape
        self.cells = [part for part in parts if isinstance(part, Column) and not part.constant]

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
                value = own.get(part.path, part.usual)
            if outer is not None and value is not MISSING:
                outer[part.path[-1]] = value
        return record


def table_of(value: Any) -> Table | None:
    """A value as a table; None if too few of its items can be rows, or if they have too little in common.

    >>> table_of([{"a": 1}, {"a": 2}]).shape, table_of([[1, 2], [3, 4], [5, 6]]).rows[0]
    ('', {'0': 1, '1': 2})
    """
    if not value:
        return None
    if isinstance(value, list):
        records = [item for item in value if isinstance(item, dict)]
        if len(records) >= max(MIN_RECORDS, len(value) / 2) and any(records):
            return Table(value, RECORDS, records)
        if _are_alike(value, _MIN_LISTS, _MAX_LISTED) and _are_plain(value):
            names = [str(number) for number in range(len(value[0]))]
            return Table(value, LISTS, [dict(zip(names, item, strict=True)) for item in value])
        return None
    items = list(value.values())
    if len(items) >= _MIN_MEMBERS and all(isinstance(item, dict) and item for item in items):
        keys = Counter(key for item in items for key in item)
        alike = max(keys.values()) > len(items) / 2 and keys.total() >= _MIN_FILLED * len(items) * len(keys)
        return Table(value, MEMBERS, items) if alike and len(keys) <= _MAX_COLUMNS else None
    if len(items) <= _MAX_COLUMNS and _are_alike(items, MIN_RECORDS, None):
        if len(items[0]) >= _MIN_LENGTH and _are_plain(items):
            return Table(value, COLUMNS, [dict(zip(value, row, strict=True)) for row in zip(*items, strict=True)])
    return None


def _are_alike(items: Sequence[Any], count: int, longest: int | None) -> bool:
    """Whether several items are lists of one length."""
    if len(items) < count or not isinstance(items[0], list):
        return False
    length = len(items[0])
    return 1 < length <= (longest or length) and all(isinstance(item, list) and len(item) == length for item in items)


def _are_plain(lists: Sequence[list[Any]]) -> bool:
    """Whether no list has nothing but records, which read better on their own."""
    return not any(all(isinstance(item, dict) for item in each) for each in lists)


def table_kind(records: Sequence[dict[str, Any]], shape: str) -> tuple[Kind, set[Keys]]:
    """The kind of the rows of a table, and the keys of the records that can be its rows."""
    columns, rows = _merged(by_keys(records))
    records = [record for record in records if tuple(record) in rows]
    parts = _parts((), columns, records, in_order=shape == LISTS)
    empty = sum(not _has_a_cell(parts, record, 0) for record in records)
    return Kind(_with_a_cell(parts) if shape != MEMBERS and 2 * empty > len(records) else parts, shape), rows


def _with_a_cell(parts: list[Part]) -> list[Part]:
    """The same parts, with a column that has a cell in every row, if there is any: most rows would be empty lines."""
    columns = [(number, part) for number, part in enumerate(parts) if isinstance(part, Column) and len(part.path) == 1]
    if not any(part.usual is None and not part.constant for _, part in columns):
        for number, part in sorted(columns, key=lambda each: each[1].constant):
            if part.usual is not MISSING:
                return [*parts[:number], part._replace(usual=None, constant=False), *parts[number + 1 :]]
    return parts


def plain_kind(keys: Keys, records: Sequence[dict[str, Any]]) -> Kind:
    """The kind of records that all have the same keys, without columns for records within them."""
    return Kind(_parts((), keys, records, MAX_LEVELS))


def by_keys(items: Iterable[dict[str, Any]]) -> dict[Keys, list[dict[str, Any]]]:
    """Records by their keys."""
    found: dict[Keys, list[dict[str, Any]]] = {}
    for item in items:
        found.setdefault(tuple(item), []).append(item)
    return found


def _merged(records: Mapping[Keys, Sequence[Any]]) -> tuple[Keys, set[Keys]]:
    """The keys of all records, if they are not too many, those that most records have first, and the kinds of them.

    >>> _merged({("a", "c"): [{}], ("b", "a"): [{}, {}]})[0]
    ('b', 'a', 'c')
    """
    columns: dict[str, None] = {}
    taken = set()
    for keys in sorted(records, key=lambda keys: -len(records[keys]) * len(keys)):
        added = dict.fromkeys(key for key in keys if key not in columns)
        if len(columns) + len(added) <= _MAX_COLUMNS:
            columns.update(added)
            taken.add(keys)
    return tuple(columns), taken


def _parts(
    path: Path, keys: Keys, records: Sequence[dict[str, Any]], level: int = 0, in_order: bool = False
) -> list[Part]:
    """What records have in common, of each of their keys: first what most of them say, unless all stays in order."""
    found: list[tuple[int, list[Part]]] = []
    for key in keys:
        values = [record.get(key, MISSING) for record in records]
        parts = _branch((*path, key), values, level) or [_column((*path, key), values)]
        columns = [part for part in parts if isinstance(part, Column)]
        cells = (sum(part.cell(record, len(path)) is not NOTHING for record in records) for part in columns)
        found.append((max(cells, default=0), parts))
    if not in_order:
        found.sort(key=lambda each: -each[0])
    return [part for _, parts in found for part in parts]


def _branch(path: Path, values: list[Any], level: int) -> list[Part] | None:
    """The columns of records within records, if all of the values are such, or one and the same other value."""
    if level >= MAX_LEVELS or not isinstance(values[0], dict | None | type(MISSING)):
        return None
    absent: Any = ...
    for value in values:
        if not isinstance(value, dict):
            if (value is not None and value is not MISSING) or absent not in (..., value):
                return None
            absent = value
    records = [value for value in values if isinstance(value, dict)]
    kinds = by_keys(records)
    if not records or () in kinds:
        return None
    columns, taken = _merged(kinds)
    if len(taken) < len(kinds) or len(columns) > min(_MAX_COLUMNS, _MAX_GROWN * max(map(len, kinds))):
        return None
    optional = absent is not ...
    parts = _parts(path, columns, records, level + 1)
    if len(parts) > _MAX_COLUMNS:
        return None
    if optional and not all(_has_a_cell(parts, record, len(path)) for record in records):
        return None
    return [Branch(path, absent if optional else None, optional), *parts]


def _has_a_cell(parts: Sequence[Part], record: Any, depth: int) -> bool:
    """Whether any cell says that a record is there."""
    return any(isinstance(part, Column) and part.cell(record, depth) is not NOTHING for part in parts)


def _column(path: Path, values: list[Any]) -> Column:
    """A column, with the value that all or many records have in the definition if that is shorter."""
    first = values[0]
    if first is not None and all(same(value, first) for value in values):
        return Column(path, first, constant=first is not MISSING)
    misleading = sum(isinstance(value, str) and is_misleading(value) for value in values)
    others = sum(not isinstance(value, str | list | dict | None | type(MISSING)) for value in values)
    text = misleading > others
    scalars = [value for value in values if not isinstance(value, dict | list)]
    usual: Any = None
    if scalars:
        (_, common), count = Counter((type(value).__name__, value) for value in scalars).most_common(1)[0]
        if count >= _MOST_SHARE * len(values) and len(values) >= _MIN_USUAL:
            usual = common
        else:
            seldom = _MIN_EMPTY - 1  # an empty string that is the usual value stands in the definition
            counts = (None, 0), (MISSING, 0), ("", seldom)
            usual = max(counts, key=lambda each: scalars.count(each[0]) - each[1])[0]
    return Column(path, usual, text=text)
