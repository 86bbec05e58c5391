"""Finds the request in a message that is a JSON object, as programs send prompts: {"question": …, "documents": […]}."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any, NamedTuple

from ..types import Span
from . import weights as tuning
from .asking import is_question
from .spans import united

_MAX_WRAPPERS = 4  # objects around the one that holds the request, which are looked through
_MAX_NODES = 400  # values of small fields that are searched for a question, which bounds the time
_DECODER = json.JSONDecoder()
_SPACE = re.compile(r"[\s,:]*")


class _Field(NamedTuple):
    """A field of an object: the range of its name and value, where its value begins, and the value."""

    span: Span
    begins: int
    value: Any


def asking_fields(text: str) -> list[Span]:
    """The small fields of a JSON object, if one of them asks something: programs send such prompts.

    The object may be the only large field of another.
    """
    start, end = len(text) - len(text.lstrip()), len(text.rstrip())
    if not (text.startswith("{", start) and text.endswith("}", 0, end)):
        return []
    found: list[Span] = []
    try:
        json.loads(text)
        for _ in range(_MAX_WRAPPERS):
            fields = list(_fields(text, start))
            small = _small(fields, len(text))
            if any(_asks(field.value) for field in small):
                found += [field.span for field in small]
            large = [field for field in fields if field not in small]
            if len(large) != 1 or not isinstance(large[0].value, dict):
                break
            start = large[0].begins
    except (ValueError, RecursionError):
        return []
    return list(united(found, ()))


def _fields(text: str, start: int) -> Iterator[_Field]:
    """The fields of the object that begins at an offset of a text, in order."""
    position = start + 1
    while not text.startswith("}", position := _after(text, position)):
        name, behind = _DECODER.raw_decode(text, position)
        if not isinstance(name, str):
            raise ValueError("no name of a field")
        begins = _after(text, behind)
        value, end = _DECODER.raw_decode(text, begins)
        yield _Field((position, end), begins, value)
        position = end


def _after(text: str, position: int) -> int:
    """The offset behind white space and signs between values."""
    match = _SPACE.match(text, position)
    return match.end() if match else position


def _small(fields: list[_Field], size: int) -> list[_Field]:
    """The smallest fields, which are at most as large together as instructions beside their material may be."""
    tuned = tuning.WEIGHTS
    left = tuned.max_own_share * size
    found = []
    for field in sorted(fields, key=lambda one: one.span[1] - one.span[0]):
        length = field.span[1] - field.span[0]
        if length > min(left, tuned.max_rules_characters):
            break
        left -= length
        found.append(field)
    return found


def _asks(value: Any) -> bool:
    """Whether a text within a value asks something."""
    values = [value]
    for _ in range(_MAX_NODES):
        if not values:
            return False
        one = values.pop()
        if isinstance(one, str) and is_question(one):
            return True
        values += one.values() if isinstance(one, dict) else one if isinstance(one, list) else ()
    return False
