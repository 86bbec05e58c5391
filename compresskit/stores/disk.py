"""A store in a directory of this machine, shared by its processes. Needs diskcache: ``compresskit[disk]``.

diskcache pickles values of types that it does not know, and it unpickles every value that its database or its files
call a pickle (CVE-2025-69872). ``TextDisk`` does neither: a value is UTF-8 bytes in a row of the SQLite database, and
no other file is ever read, written or removed. Each ``put`` is one transaction, so a crash leaves all of it or nothing.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from threading import Lock
from typing import Any

from ..errors import InvalidArgument, StoreError, check_whole
from .limits import MAX_BYTES, TTL, checked, decoded, encoded
from .private import check_private, expanded, make_folder

_DATABASE = "cache.db"  # diskcache's name for it
_BUSY_SECONDS = 10  # how long another process may keep the database to itself


class DiskStore:
    """Keeps texts in a directory that only this user can read.

    The directory has mode 0700 and its files have mode 0600, whatever the umask. A directory that already exists must
    belong to this user and be closed to others. Texts are not encrypted.

    Args:
        directory: It is made when it is first used, with its parents.
        max_bytes: The size of the database, 1 GiB by default. The texts that were put longest ago make room.
        ttl: Seconds after the last ``put`` until a text is gone. A day by default.
    """

    def __init__(self, directory: str | os.PathLike[str], *, max_bytes: int = MAX_BYTES, ttl: int = TTL) -> None:
        check_whole("max_bytes", max_bytes)
        check_whole("ttl", ttl)
        self._directory = expanded(directory)
        if "$" in str(self._directory):
            raise InvalidArgument(
                f"directory is {str(directory)!r}; a path without $ was expected, since diskcache expands names after "
                f"it. Name another directory, or give os.path.expandvars(directory)."
            )
        _diskcache()  # says at once that it is missing
        self._max, self._ttl = max_bytes, ttl
        self._opened: Any = None
        self._lock = Lock()

    def get(self, key: str) -> str | None:
        name = encoded(key)
        with self._reported():
            found = self._cache().get(name)
        return found if isinstance(found, str) else None

    def put(self, items: Mapping[str, str]) -> None:
        found = {encoded(key): text for key, text in checked(items).items()}
        size = sum(len(key) + len(text) for key, text in found.items())
        if size > self._max:
            raise StoreError(
                f"{len(found)} texts of {size} bytes do not fit into {self._max}; give DiskStore a larger max_bytes."
            )
        with self._reported():
            cache = self._cache()
            with cache.transact():
                for key, text in found.items():
                    cache.set(key, text, expire=self._ttl)
            cache.cull()  # what has expired, and as much of the oldest as it takes to be within max_bytes

    def close(self) -> None:
        """Closes the connection of this thread. The store can be used again."""
        if self._opened is not None:
            self._opened.close()

    def _cache(self) -> Any:
        with self._lock:
            if self._opened is None:
                self._opened = self._open()
            return self._opened

    def _open(self) -> Any:
        _make_private(self._directory)
        cache = _diskcache().Cache(
            str(self._directory),
            timeout=_BUSY_SECONDS,
            disk=_text_disk(),
            size_limit=self._max,
            cull_limit=0,  # culled once a put, after it: within one, freed pages would not be seen as free yet
            eviction_policy="least-recently-stored",
            sqlite_secure_delete=1,  # what is gone is overwritten
        )
        cache.expire()
        return cache

    @contextmanager
    def _reported(self) -> Iterator[None]:
        busy = _diskcache().Timeout
        try:
            yield
        except StoreError:
            raise
        except (OSError, sqlite3.Error, TypeError, ValueError) as error:  # the last two of settings that are not ours
            raise StoreError(
                f"The store in {self._directory} cannot be used ({type(error).__name__}). Is the disk full, or the "
                f"directory not this user's? If {_DATABASE} in it is damaged, delete it."
            ) from error
        except busy as error:
            raise StoreError(
                f"The store in {self._directory} was busy for {_BUSY_SECONDS} seconds; fewer processes should share it."
            ) from error


def _diskcache() -> Any:
    try:
        import diskcache
    except ImportError as error:
        raise StoreError("DiskStore needs diskcache, which is missing: pip install 'compresskit[disk]'.") from error
    return diskcache


def _make_private(directory: Path) -> None:
    """Makes the directory and its database for this user only, or makes sure that they are."""
    make_folder(directory)
    check_private(directory, follows=True)
    database = directory / _DATABASE
    # SQLite gives its other files the mode of the database. No link is followed to somewhere else.
    handle = os.open(database, os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0), 0o600)
    try:
        if hasattr(os, "fchmod"):
            os.fchmod(handle, 0o600)
    finally:
        os.close(handle)


def _text_disk() -> type:
    """diskcache's Disk that knows nothing but text. A function, since diskcache is loaded when it is needed."""
    from diskcache import Disk
    from diskcache.core import MODE_RAW

    class TextDisk(Disk):  # type: ignore[misc]  # diskcache has no types
        def put(self, key: bytes) -> tuple[Any, bool]:
            return sqlite3.Binary(key), True

        def get(self, key: Any, raw: bool) -> bytes:
            return bytes(key) if raw else b""

        def store(self, value: str, *_: Any, **__: Any) -> tuple[int, int, None, Any]:
            return 0, MODE_RAW, None, sqlite3.Binary(encoded(value))

        def fetch(self, mode: int, filename: str | None, value: Any, *_: Any) -> str | None:
            """None for a row that no put of ours wrote: a pickle, a file, a number."""
            return decoded(value) if mode == MODE_RAW and filename is None else None

        def remove(self, file_path: str) -> None:
            """Removes nothing: this store has no files of its own, so a row that names one is not from it."""

    return TextDisk
