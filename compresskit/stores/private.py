"""Where a user's folders are, and folders and files for one user alone."""

from __future__ import annotations

import contextlib
import os
import stat
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from ..errors import StoreError


def folder_of_user(name: str, variable: str = "") -> Path | None:
    """A folder in the user's home, or the one that a variable of the environment names.

    None for a user without a home folder, such as a number that a container runs as.
    """
    if given := os.environ.get(variable):
        return Path(given)
    try:
        return Path.home() / name
    except RuntimeError:
        return None


def expanded(path: str | os.PathLike[str]) -> Path:
    """The whole path of a folder that a user named.

    Raises:
        StoreError: It begins with ``~`` and there is no such home folder.
    """
    try:
        return Path(path).expanduser().absolute()
    except RuntimeError as error:
        raise StoreError(f"{path} begins with ~, but there is no such home folder; give the whole path.") from error


def make_folder(folder: Path) -> None:
    """Makes a folder and those above it that are missing, for this user only (0700). Others stay as they are."""
    for each in reversed([folder, *folder.parents]):
        try:
            each.mkdir(mode=0o700)
        except FileExistsError:
            continue
        each.chmod(0o700)  # mkdir's mode is less the umask, which may take away too much


def check_private(folder: Path, follows: bool = False) -> None:
    """Raises StoreError if others could read or change what is in a folder. ``follows``: it may be a link to one."""
    status = folder.stat() if follows else folder.lstat()
    if not stat.S_ISDIR(status.st_mode):
        raise StoreError(f"{folder} is no directory; name one, or a path where nothing is yet.")
    if not hasattr(os, "geteuid"):  # Windows keeps rights elsewhere
        return
    if status.st_uid != os.geteuid():
        raise StoreError(f"{folder} belongs to user {status.st_uid}, not to this one ({os.geteuid()}); name another.")
    if status.st_mode & 0o077:
        raise StoreError(
            f"{folder} is open to other users (mode {status.st_mode & 0o777:04o}); 0700 was expected: chmod 700 it, or "
            f"name a directory that is not there yet."
        )


@contextlib.contextmanager
def replacing(path: Path, prefix: str = "", mode: int = 0o600, lasting: bool = True) -> Iterator[IO[bytes]]:
    """A file in the place of another one, or of none: whole, or not at all.

    Args:
        path: The file. A link is replaced, and not the file that it leads to.
        prefix: The beginning of the name of the new file, before it has its own.
        mode: Its mode.
        lasting: Whether it has to be on the disk before it has its name.
    """
    handle, temporary = tempfile.mkstemp(prefix=prefix or f".{path.name[:40]}.", dir=path.parent)  # its mode is 0600
    try:
        with open(handle, "wb") as stream:
            yield stream
            if lasting:
                stream.flush()
                os.fsync(stream.fileno())
        if mode != 0o600:
            os.chmod(temporary, mode)
        os.replace(temporary, path)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(temporary)
        raise
