"""JSON values for the short notation: numbers keep their spelling, and records with the same keys have one order."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, NamedTuple

_MIN_RECORDS = 2  # lines that make JSON lines

Path = tuple[str, ...]  # the keys that lead to a value within a record


class Missing:
    """The value of a key that a record does not have."""


MISSING = Missing()


class Number(NamedTuple):
    """A number as it was spelled: two spellings of one value, such as 1.0 and 1.00, are two numbers."""

    spelling: str


def loaded(text: str) -> Any:
    """The value of a JSON text, or the list of records of JSON lines; None if it is neither, or has a key twice."""
    parse = _parser()
    value = parse(text)
    if value is None and text.startswith("{"):
        records = [parse(line) for line in text.split("\n") if line.strip()]
        if len(records) >= _MIN_RECORDS and all(isinstance(record, dict) for record in records):
            return records
    return value


def _parser() -> Callable[[str], Any]:
    """Parses texts to values in which all objects with the same keys have them in the order of the first one."""
    orders: dict[tuple[str, ...], tuple[str, ...]] = {}
    first_of: dict[frozenset[str], tuple[str, ...]] = {}

    def ordered(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(pairs)
        if len(found) != len(pairs):
            raise ValueError("a key is there twice")
        keys = tuple(found)
        order = orders.get(keys)
        if order is None:
            order = orders[keys] = first_of.setdefault(frozenset(keys), keys)
        return found if order is keys or order == keys else {key: found[key] for key in order}

    def parse(text: str) -> Any:
        if text[:64].lstrip()[:1] not in ("{", "["):
            return None
        try:
            return json.loads(
                text, object_pairs_hook=ordered, parse_int=Number, parse_float=Number, parse_constant=Number
            )
        except (ValueError, RecursionError):
            return None

    return parse


def same(one: Any, other: Any) -> bool:
    """Whether two values are equal in type and spelling. The order of keys has no meaning in JSON, and may differ."""
    if type(one) is not type(other):
        return False
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(same(value, other[key]) for key, value in one.items())
    if isinstance(one, list):
        return len(one) == len(other) and all(map(same, one, other))
    return bool(one == other)


def value_at(record: Any, path: Path) -> Any:
    """The value at a path of a record, MISSING where there is none."""
    for key in path:
        if not isinstance(record, dict):
            return MISSING
        record = record.get(key, MISSING)
    return record
