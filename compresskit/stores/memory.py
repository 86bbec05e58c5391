"""A store in this process's memory: bounded, and gone with the process."""

from __future__ import annotations

import sys
import time
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field
from threading import Lock
from typing import NamedTuple

from ..errors import InvalidArgument, StoreError, check_whole, described
from .limits import TTL, checked

_ENTRY_BYTES = 300  # of the dictionaries and the entry, beside the name and the text themselves


class _Entry(NamedTuple):
    text: str
    size: int
    deadline: float  # time.monotonic()


@dataclass(slots=True)
class _Group:
    """The texts of one conversation. The text that was unused longest comes first."""

    entries: OrderedDict[str, _Entry] = field(default_factory=OrderedDict)
    size: int = 0

    def drop(self, key: str) -> int:
        """The bytes that are free now."""
        entry = self.entries.pop(key, None)
        size = entry.size if entry else 0
        self.size -= size
        return size


class MemoryStore:
    """Keeps texts in memory, within one limit for everything and one for each conversation.

    A conversation that outgrows ``max_conversation_bytes`` loses its own texts, the longest unused first, and never
    those of others. If all conversations together outgrow ``max_bytes``, the one that was unused longest gives way. The
    store tells conversations apart by the names that ``scoped`` makes: by the part before the last ".".

    Args:
        max_bytes: The memory for texts, names and their bookkeeping. 256 MiB by default.
        max_conversation_bytes: A quarter of ``max_bytes`` by default.
        ttl: Seconds after the last ``put`` until a text is gone. A day by default.

    Examples:
        >>> store = MemoryStore()
        >>> store.put({"key": "text"})
        >>> store.get("key"), store.get("another")
        ('text', None)
    """

    def __init__(
        self, max_bytes: int = 256 << 20, max_conversation_bytes: int | None = None, *, ttl: int = TTL
    ) -> None:
        check_whole("max_bytes", max_bytes)
        check_whole("ttl", ttl)
        own = max(1, max_bytes // 4) if max_conversation_bytes is None else max_conversation_bytes
        check_whole("max_conversation_bytes", own)
        if own > max_bytes:
            raise InvalidArgument(f"max_conversation_bytes is {own}; at most max_bytes ({max_bytes}) was expected.")
        self._max, self._own, self._ttl = max_bytes, own, ttl
        self._groups: OrderedDict[str, _Group] = OrderedDict()  # the longest unused first
        self._size = 0
        self._lock = Lock()

    def get(self, key: str) -> str | None:
        name = _group_of(key)
        with self._lock:
            group = self._groups.get(name)
            entry = group.entries.get(key) if group else None
            if group is None or entry is None:
                return None
            if entry.deadline <= time.monotonic():
                self._drop(name, key)
                return None
            group.entries.move_to_end(key)
            self._groups.move_to_end(name)
            return entry.text

    def put(self, items: Mapping[str, str]) -> None:
        found = checked(items)
        sizes = {key: sys.getsizeof(key) + sys.getsizeof(text) + _ENTRY_BYTES for key, text in found.items()}
        if sum(sizes.values()) > self._own:
            raise StoreError(
                f"{len(found)} texts of {sum(sizes.values())} bytes do not fit into a conversation's "
                f"{self._own} bytes of this MemoryStore; give it a larger max_conversation_bytes."
            )
        deadline = time.monotonic() + self._ttl
        with self._lock:
            for key, text in found.items():
                self._drop(_group_of(key), key)
                group = self._groups.setdefault(_group_of(key), _Group())
                group.entries[key] = _Entry(text, sizes[key], deadline)
                group.size += sizes[key]
                self._size += sizes[key]
                self._groups.move_to_end(_group_of(key))
            for name in dict.fromkeys(map(_group_of, found)):
                self._shrink(name, self._own)
            self._make_room()

    def _make_room(self) -> None:
        """Removes texts of the conversations unused longest: expired ones, and others until the bound holds."""
        now = time.monotonic()
        while self._groups:
            name, group = next(iter(self._groups.items()))
            over = self._size - self._max
            if over <= 0 and any(entry.deadline > now for entry in group.entries.values()):
                return
            self._shrink(name, max(0, group.size - over) if over > 0 else 0)

    def _shrink(self, name: str, size: int) -> None:
        group = self._groups[name]
        while group.size > size:
            self._drop(name, next(iter(group.entries)))

    def _drop(self, name: str, key: str) -> None:
        group = self._groups.get(name)
        if group:
            self._size -= group.drop(key)
            if not group.entries:
                del self._groups[name]


def _group_of(name: str) -> str:
    if not isinstance(name, str):
        raise InvalidArgument(f"key is {described(name)}; a str was expected.")
    return name.rpartition(".")[0]
