"""The user's store: the outputs that were shortened, as files that only the user can read, each under its key.

A file is written beside its place and then moved there, so a crash or a full disk leaves the whole file or none, and
two programs that write at once write the same bytes. There is no index and no lock. Old files make room.
"""

from __future__ import annotations

import contextlib
import os
import re
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from ..errors import StoreError
from ..stores.private import check_private, expanded, folder_of_user, make_folder, replacing

MAX_DAYS = 7  # days after which a kept output may be removed
MAX_BYTES = 1 << 30  # bytes of all kept outputs; the oldest make room
_CLEAN_SECONDS = 3600  # seconds between two looks for old files
_CLEANED = ".cleaned"
_ENDING, _NEW = ".out", ".new-"  # of a file, and the beginning of its name before it is whole
_KEY = re.compile(r"[a-z]{12,60}")


def directories(given: str | None = None) -> list[Path]:
    """Where outputs are kept, the first choice first.

    The second one is for programs in a sandbox, which often may write to the temporary directory alone, and for a user
    without a home folder.

    Raises:
        StoreError: ``given`` begins with ``~``, and there is no such home folder.
    """
    if given is not None:
        return [expanded(given).resolve()]  # a link that the user names may be followed
    state = os.environ.get("XDG_STATE_HOME", "")
    above = Path(state) if os.path.isabs(state) else folder_of_user(".local/state")
    found = [above / "compresskit" / "outputs"] if above else []
    with contextlib.suppress(OSError):  # a sandbox in which nothing can be written
        user = os.geteuid() if hasattr(os, "geteuid") else "user"
        found.append(Path(tempfile.gettempdir()) / f"compresskit-{user}")
    return found


def keep(key: str, data: bytes, given: str | None = None) -> Path:
    """Keeps an output in the first directory that can be used, and returns that directory.

    Raises:
        StoreError: No directory can be used.
    """
    faults = []
    for directory in directories(given):
        try:
            _write(_private(directory), key, data)
        except (OSError, StoreError) as error:
            faults.append(f"{directory}: {error.strerror}." if isinstance(error, OSError) else str(error))
            continue
        with contextlib.suppress(OSError):
            _clean(directory)
        return directory
    raise StoreError(f"The output could not be kept. {' '.join(faults)}")


def kept(key: str, given: str | None = None) -> bytes | None:
    """The output that was kept under a key; None if there is none."""
    if not _KEY.fullmatch(key):
        return None
    for directory in directories(given):
        with contextlib.suppress(OSError, StoreError):
            check_private(directory)
            return (directory / f"{key}{_ENDING}").read_bytes()
    return None


def _write(directory: Path, key: str, data: bytes) -> None:
    path = directory / f"{key}{_ENDING}"
    if path.exists():
        if path.read_bytes() != data:
            raise StoreError(f"{directory} has another output under the same key.")
        os.utime(path)
        return
    with replacing(path, prefix=_NEW, lasting=False) as stream:
        stream.write(data)


def _private(directory: Path) -> Path:
    """The directory, made for this user alone."""
    make_folder(directory)
    check_private(directory)
    return directory


def _clean(directory: Path) -> None:
    """Removes files that are too old, and the oldest ones above the size, once an hour."""
    mark, now = directory / _CLEANED, time.time()
    if mark.exists() and now - mark.stat().st_mtime < _CLEAN_SECONDS:
        return
    mark.touch(mode=0o600)
    left = MAX_BYTES
    for path, status in sorted(_files(directory), key=lambda each: -each[1].st_mtime):
        left -= status.st_size
        if left < 0 or now - status.st_mtime > MAX_DAYS * 86_400:
            with contextlib.suppress(OSError):
                path.unlink()


def _files(directory: Path) -> Iterator[tuple[Path, os.stat_result]]:
    for path in directory.iterdir():
        if path.suffix == _ENDING or path.name.startswith(_NEW):
            with contextlib.suppress(OSError):
                yield path, path.stat()


def program() -> str:
    """The command that a reader can type to get an output back."""
    import shutil

    return "compresskit" if shutil.which("compresskit") else absolute_program()


def absolute_program() -> str:
    """The command for a shell that may have another PATH, such as the login shell in which Codex runs commands."""
    import shlex
    import shutil

    found = shutil.which("compresskit")
    return shlex.join([os.path.abspath(found)] if found else [sys.executable, "-m", "compresskit.cli"])
