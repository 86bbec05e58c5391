"""Folders and files for one user alone."""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO


def make_folder(folder: Path) -> None:
    """Makes a folder and those above it that are missing, for this user only (0700). Others stay as they are."""
    for each in reversed([folder, *folder.parents]):
        try:
            each.mkdir(mode=0o700)
        except FileExistsError:
            continue
        each.chmod(0o700)  # mkdir's mode is less the umask, which may take away too much


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
