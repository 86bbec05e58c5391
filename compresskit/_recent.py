"""A bounded memory of a process, for several threads: what was used longest ago makes room."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterable
from threading import Lock
from typing import Generic, TypeVar

K = TypeVar("K")
V = TypeVar("V")


class Recent(Generic[K, V]):
    """The values that were put or found last.

    Args:
        most: The size of all values together, maximum. A single value may be larger.
        size: The size of a value. By default each counts as 1.

    >>> recent = Recent(2)
    >>> recent.put([("a", 1), ("b", 2)])
    >>> recent.get("a"), recent.put([("c", 3)]), recent.get("b")
    (1, None, None)
    """

    def __init__(self, most: int, size: Callable[[V], int] = lambda _: 1) -> None:
        self._most, self._size_of, self._size = most, size, 0
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
                self._put(key, value)

    def setdefault(self, key: K, value: V) -> V:
        """The value under a key, which is this one if there was none."""
        with self._lock:
            found = self._values.get(key, value)
            self._put(key, found)
        return found

    def items(self) -> list[tuple[K, V]]:
        """All keys and values, the newest first."""
        with self._lock:
            return list(reversed(self._values.items()))

    def _put(self, key: K, value: V) -> None:
        if key in self._values:
            self._size -= self._size_of(self._values.pop(key))
        self._values[key] = value
        self._size += self._size_of(value)
        while self._size > self._most and len(self._values) > 1:
            self._size -= self._size_of(self._values.popitem(last=False)[1])
