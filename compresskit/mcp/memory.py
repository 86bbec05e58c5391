"""What a server remembers of one client: originals by their keys, and what was read last of each file.

It is bounded. A text that had to make room is no longer named: ``reading`` gives the file's text again instead.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from contextlib import suppress

from .._recent import Recent
from ..errors import StoreError
from ..markers.keys import key_of
from ..types import Store

MAX_BYTES = 64 << 20  # bytes of the originals of one client, maximum
MAX_READS = 10_000  # reads of one client that are remembered, maximum
MAX_CLIENTS = 16  # clients that are remembered, maximum


class Originals(Mapping[str, str]):
    """Texts by their keys, in memory and in a store. Those that were used longest ago make room."""

    def __init__(self, store: Store | None) -> None:
        self._store = store
        self._texts: Recent[str, str] = Recent(MAX_BYTES, sys.getsizeof)

    def keep(self, text: str, key: str = "", lasting: bool = True) -> str:
        """Keeps a text and returns its key.

        Args:
            text: The text.
            key: Its key, if it has one already.
            lasting: Whether it goes into the store too. If the store cannot be reached, it is in memory all the same.
        """
        key = key or key_of(text)
        if lasting and self._store is not None:
            with suppress(StoreError):
                self._store.put({key: text})
        self._texts.put([(key, text)])
        return key

    def in_memory(self) -> list[tuple[str, str]]:
        """The keys and texts in memory, the newest first."""
        return self._texts.items()

    def __getitem__(self, key: str) -> str:
        text = self._texts.get(key)
        if text is None and self._store is not None:
            with suppress(StoreError):
                text = self._store.get(key)
        if text is None:
            raise KeyError(key)
        return text

    def __iter__(self) -> Iterator[str]:
        return iter([key for key, _ in self.in_memory()])

    def __len__(self) -> int:
        return len(self.in_memory())


class Memory:
    """What a server remembers of one client.

    Attributes:
        originals: The texts by their keys.
        follows: Whether all requests are known to be of one client. If not, no file counts as read.
    """

    def __init__(self, store: Store | None, follows: bool = True) -> None:
        self.originals = Originals(store)
        self.follows = follows
        self._reads: Recent[tuple[str, ...], str] = Recent(MAX_READS)

    def last(self, *read: str) -> str | None:
        """The text that a read saw the last time; None if there was none, or if it had to make room."""
        key = self._reads.get(read) if self.follows else None
        return None if key is None else self.originals.get(key)

    def remember(self, text: str, *reads: tuple[str, ...]) -> str:
        """Keeps the text that reads have seen, and returns its key."""
        key = self.originals.keep(text, lasting=False)
        self._reads.put((read, key) for read in reads)
        return key


class Memories:
    """One memory for each client.

    A client on stdio has the process for itself. Over HTTP, a client is known by its session; requests without one
    share originals, but no file counts as read for them.
    """

    def __init__(self, store: Store | None) -> None:
        self._store = store
        self._clients: Recent[str, Memory] = Recent(MAX_CLIENTS)

    def of(self, headers: Mapping[str, str] | None) -> Memory:
        """The memory of the client that sent these HTTP headers; None for a client on stdio."""
        name = "" if headers is None else headers.get("mcp-session-id", "?")
        return self._clients.setdefault(name, Memory(self._store, name != "?"))
