"""JSON values in the results of Gemini and Converse: which of their texts, and which of their parts, may have a form.

A long text in a value has a form of its own. A part without long texts, such as a table, has one as a whole: the form
of its JSON text, in an object with one field, because these providers take no text in its place. ``parts.put_back``
reads the value again.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from .._json import exactly
from ..types import Block, Path, Slot, Turn
from .parts import JSON_FORM

_FORM = "[… "  # every form of a text holds a marker, unless
_FOLLOWS = "[…]"  # another text has its marker
# Characters from which on a text in a JSON value may be left out: a marker costs about as much as this.
MIN_JSON_TEXT = 100
_MIN_JSON_CHARACTERS = 400  # characters of a part of a JSON value from which on it has a form as a whole
_LONG_JSON_TEXT = 1_000  # characters of a text in a JSON value from which on it has a form of its own
_MAX_JSON_ITEMS = 50  # items of a list up to which its long texts have forms of their own: each form has a marker
_MAX_JSON_DEPTH = 5  # levels of a JSON value that are looked at, which bounds the time


def json_slots(value: Any, path: Path, every: bool = False) -> list[Slot]:
    """The slots of a JSON value in a result: its long texts, and each part of it without long texts as one JSON text.

    The form of such a part is written as an object with the one field ``JSON_FORM``, because Gemini and Bedrock take no
    text there. With ``every``, all texts, and no parts.

    >>> found = json_slots({"rows": [{"id": n} for n in range(50)], "log": "started " * 200}, ("json",))
    >>> [(slot.path, slot.text[:19]) for slot in found]
    [(('json', 'rows', 'shortened_json'), '[{"id": 0}, {"id": '), (('json', 'log'), 'started started sta')]
    """
    return list(json_texts(value, path, every=True) if every else _json_slots(value, path, 0))


def _json_slots(value: Any, path: Path, depth: int) -> Iterator[Slot]:
    if isinstance(value, str):
        yield from json_texts(value, path)
        return
    if not isinstance(value, dict | list):
        return
    if isinstance(value, dict) and _is_json_form(value):
        yield Slot((*path, JSON_FORM), value[JSON_FORM])
        return
    text = exactly(value) if depth < _MAX_JSON_DEPTH else None
    own = isinstance(value, dict) and JSON_FORM in value  # the field of a tool, which must not pass for a form
    formed = text is not None and (_FORM in text or f'"{_FOLLOWS}"' in text)
    if text is not None and (own or formed or _is_for_texts(value, len(text))):
        children = value.items() if isinstance(value, dict) else enumerate(value)
        for key, child in children:
            if key != JSON_FORM:
                yield from _json_slots(child, (*path, key), depth + 1)
    elif text is None or len(text) < _MIN_JSON_CHARACTERS:
        yield from json_texts(value, path)
    else:
        yield Slot((*path, JSON_FORM), text)


def _is_json_form(value: Any) -> bool:
    return isinstance(value, dict) and len(value) == 1 and isinstance(value.get(JSON_FORM), str)


def _is_for_texts(value: dict[str, Any] | list[Any], size: int) -> bool:
    """Whether the long texts in a JSON value of ``size`` characters are each worth a form of their own."""
    long = sum(len(slot.text) for slot in json_texts(value, ()) if len(slot.text) >= _LONG_JSON_TEXT)
    if isinstance(value, list):
        return 2 * long >= size and len(value) <= _MAX_JSON_ITEMS
    return long > 0


def json_blocks(turn: Turn, message: Any, found: Iterable[Slot]) -> None:
    """Adds the blocks of slots at paths of a message. A text in the field for our forms of JSON never changes."""
    for slot in found:
        block = Block(turn.index, slot.path, slot.text)
        if slot.path[-1] == JSON_FORM:
            place = message
            for step in slot.path[:-1]:
                place = place[step]
            block.must = ((0, len(slot.text)),) if _is_json_form(place) else ()
        turn.blocks.append(block)


def json_texts(value: Any, path: Path, every: bool = False) -> Iterator[Slot]:
    """The long texts in a JSON value, in order, and those that could be forms of long ones; with ``every``, all.

    Without ``every``, a text in a field ``JSON_FORM`` is left out: it must not pass for a form.
    """
    todo: list[tuple[Path | None, Any]] = [(path, value)]
    inside: set[int] = set()  # ids of the containers around the present item, since a value may contain itself
    while todo:
        at, item = todo.pop()
        if at is None:  # everything in a container is done
            inside.discard(id(item))
        elif isinstance(item, str):
            long = len(item) >= MIN_JSON_TEXT or _FORM in item or item == _FOLLOWS
            if every or (at[-1:] != (JSON_FORM,) and long):
                yield Slot(at, item)
        elif isinstance(item, dict | list) and id(item) not in inside:
            inside.add(id(item))
            todo.append((None, item))
            children = item.items() if isinstance(item, dict) else enumerate(item)
            todo += reversed([((*at, key), child) for key, child in children])
