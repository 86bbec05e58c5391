"""Where forms of originals were issued, so that a copy of a marker somewhere else stays text.

A place is the digest of a message's role, of the path of the text in the message, and of the text itself. Places are
counted in the order of the messages: after a form has been met as often as it was issued, what looks like it is a
quotation. Messages may be added or removed around a place without harm.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping

from .markers import FULL_LENGTH, key_of
from .types import Cache, Path

RECORD_LENGTH = FULL_LENGTH + 1  # letters of a record's key, so that no original can have it

Places = Counter[str]
NO_PLACES: Places = Counter()


class PlacedCache(dict[str, str]):
    """A cache as any other, key -> original, that also knows where the forms of its originals were issued."""

    def __init__(self, originals: Mapping[str, str], places: Mapping[str, int]) -> None:
        super().__init__(originals)
        self.places = dict(places)


def place(role: object, path: Path, text: str) -> str:
    """The digest of one place.

    >>> place("user", ("content",), "a") == place("user", ("content",), "a") != place("tool", ("content",), "a")
    True
    """
    return key_of(f"{json.dumps([role, path])}\n{text}")


def places_of(cache: Cache) -> Places | None:
    """The places that a cache knows; None where it knows none, so that forms are known by their looks alone."""
    known = getattr(cache, "places", None)
    if known is not None:
        return Counter(known)
    found: Places | None = None
    for key in cache:
        if isinstance(key, str) and len(key) == RECORD_LENGTH:
            found = (found or Counter()) | _read(cache[key])
    return found


def originals_of(cache: Cache) -> dict[str, str]:
    """The originals of a cache alone.

    >>> originals_of({"bcdfghjklmnp": "one", **record(Counter(["bcdfghjklmnp"]))})
    {'bcdfghjklmnp': 'one'}
    """
    return {key: cache[key] for key in cache if not (isinstance(key, str) and len(key) == RECORD_LENGTH)}


def record(places: Mapping[str, int]) -> dict[str, str]:
    """Places as one more item of a cache, for caches that go through JSON while a quoted marker is about."""
    text = "\n".join(f"{digest} {count}" for digest, count in sorted(places.items()))
    return {key_of(text, RECORD_LENGTH): text}


def _read(text: str) -> Places:
    return Counter(dict(_lines(text.split("\n"))))


def _lines(lines: Iterable[str]) -> Iterable[tuple[str, int]]:
    for line in lines:
        digest, _, count = line.partition(" ")
        if count.isdecimal():
            yield digest, int(count)
