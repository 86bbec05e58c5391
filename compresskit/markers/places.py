"""The places at which forms of originals were issued, so that a copy of a marker at another place stays text.

A place is the digest of a form, of the role of its message, and of the content of the message before. If a reader has
met a form at a place as often as it was issued there, the next text that looks like it is a quotation. Messages may be
added or removed elsewhere without harm, and cache marks may come and go.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from .._json import dumps
from ..types import Cache, Message, Path
from .keys import FULL_LENGTH, KEY_LENGTH, key_of

RECORD_LENGTH = FULL_LENGTH + 1  # letters of a record's key, so that no original can have it

Places = Counter[str]
Position = tuple[int, Path]  # of a text: the index of its message, and its path there


class PlacedCache(dict[str, str]):
    """A cache (key -> original) that also knows the places at which forms of its originals were issued.

    ``withheld`` are the texts that the caller's ``before`` replaced, if there is one: see ``withheld.py``.
    """

    def __init__(self, originals: Mapping[str, str], places: Mapping[str, int] | None, withheld: Any = None) -> None:
        super().__init__(originals)
        self.places = None if places is None else dict(places)
        self.withheld = withheld


def place(messages: Sequence[Message], index: int, text: str) -> str:
    """The digest of one place, which is a text in the message with this index.

    >>> talk = [{"role": "user", "content": "a"}, {"role": "user", "content": "a"}]
    >>> place(talk, 0, "a") == place(talk[:1], 0, "a") != place(talk, 1, "a")
    True
    """
    return place_in(messages[index], text, digest_before(messages, index))


def place_in(message: Message, text: str, before: str) -> str:
    """The digest of a text in a message, given the digest of the content before it."""
    return key_of(f"{message.get('role')}\n{text}") + before


def digest_before(messages: Sequence[Message], index: int) -> str:
    """The digest of the content of the message before, which all places of a message share."""
    return key_of("\n".join(_contents(messages[index - 1])) if index else "")


def take(places: Places, messages: Sequence[Message], index: int, text: str) -> bool:
    """Takes one place out of ``places``, and returns whether a form was issued there.

    The first of the messages matches whatever message preceded the form, because the caller may have passed only the
    end of a conversation.
    """
    here = place(messages, index, text)
    if not index and not places[here]:
        here = next((one for one in places if one.startswith(here[:KEY_LENGTH]) and places[one] > 0), here)
    if places[here] <= 0:
        return False
    places[here] -= 1
    return True


def places_at(messages: Sequence[Message], issued: Iterable[Position]) -> Places:
    """The places of the forms at these positions."""
    return Counter(place(messages, index, text_at(messages[index], path)) for index, path in issued)


def text_at(message: Message, path: Path) -> str:
    """The text at a path of a message."""
    found: Any = message
    for step in path:
        found = found[step]
    return str(found)


def _contents(message: Message) -> Iterator[str]:
    """Every text and number of a message in order, without its cache marks."""
    left: list[Any] = [message]
    while left:
        item = left.pop()
        if isinstance(item, dict):
            left += [value for name, value in reversed(item.items()) if name not in ("cache_control", "type")]
        elif isinstance(item, list):
            left += reversed(item)
        else:
            yield item if isinstance(item, str) else dumps(item)


def places_of(cache: Cache) -> Places | None:
    """The places that a cache knows. None if it knows none: then forms are recognised by their wording alone."""
    known = getattr(cache, "places", None)
    if known is not None:
        return Counter(known)
    found: Places | None = None
    for key in cache:
        if isinstance(key, str) and len(key) == RECORD_LENGTH:
            found = (found or Counter()) | _read(cache[key])
    return found


def originals_of(cache: Cache) -> dict[str, str]:
    """The originals of a cache, without the record of their places.

    >>> originals_of({"bcdfghjklmnp": "one", **record(Counter(["bcdfghjklmnp"]))})
    {'bcdfghjklmnp': 'one'}
    """
    return {key: cache[key] for key in cache if not (isinstance(key, str) and len(key) == RECORD_LENGTH)}


def record(places: Mapping[str, int]) -> dict[str, str]:
    """Places as one more item of a cache. A cache needs it to go through JSON if a message quotes a marker."""
    text = "\n".join(f"{digest} {count}" for digest, count in sorted(places.items()))
    return {key_of(text, RECORD_LENGTH): text}


def _read(text: str) -> Places:
    return Counter(dict(_lines(text.split("\n"))))


def _lines(lines: Iterable[str]) -> Iterable[tuple[str, int]]:
    for line in lines:
        digest, _, count = line.partition(" ")
        if count.isdecimal():
            yield digest, int(count)
