"""A bounded memory of a process, for several threads: what was used longest ago makes room."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable
from threading import Lock
from typing import Generic, TypeVar

K = TypeVar("K")
V = TypeVar("V")


class Recent(Generic[K, V]):
    """The values that were put or found last.

    Args:
        most: The number of values, maximum.

    >>> recent = Recent(2)
    >>> recent.put([("a", 1), ("b", 2)])
    >>> recent.get("a"), recent.put([("c", 3)]), recent.get("b")
    (1, None, None)
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._values: OrderedDict[K, V] = OrderedDict()  # the one that was used longest ago comes first
        self._lock = Lock()

    def get(self, key: K) -> V | None:
        """The value under a key; None if there is none."""
        with self._lock:
            if key in self._values:
                self._values.move_to_end(key)
            return self._values.get(key)

    def put(self, items: Iterable[tuple[K, V]]) -> None:
        """Remembers values under their keys."""
        with self._lock:
            for key, value in items:
                self._values[key] = value
                self._values.move_to_end(key)
            while len(self._values) > self._most:
                self._values.popitem(last=False)
