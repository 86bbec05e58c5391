"""The folders that may be read, and the files in them. Links and ``..`` are followed before a path is checked."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import url2pathname

from .settings import Settings

MAX_FILE_BYTES = 2_000_000  # bytes of a file that is read, maximum
_MAX_SHOWN = 200  # characters of a path in an answer
_SAMPLE = 8_192  # bytes in which a binary file shows itself
_MAX_UNDECODABLE_SHARE = 0.1  # share of characters that are not UTF-8, from which on a file is binary
# Folders without texts of the project's own.
_SKIPPED = frozenset(
    {".git", ".hg", ".svn", "node_modules", "__pycache__", ".venv", "venv", ".tox", ".nox", ".cache"}
    | {".mypy_cache", ".ruff_cache", ".pytest_cache", ".hypothesis", ".idea"}
)


class Refused(Exception):
    """A path or a command is not allowed, or does not exist. The text says what to do."""


class Unreadable(Exception):
    """A file has no text that could be shown. The text says why."""


class Roots:
    """The folders of one client.

    Args:
        settings: The server's settings.
        uris: The roots that the client names, as ``file://`` URIs.

    Raises:
        Refused: The client names folders, and none of them may be read.
    """

    def __init__(self, settings: Settings, uris: Iterable[str] = ()) -> None:
        own = [root.resolve() for root in settings.roots]
        named = [Path(url2pathname(urlsplit(uri).path)).resolve() for uri in uris if uri.startswith("file:")]
        if settings.confined:
            inside = [root for root in named if _is_inside(root, own)]
            around = [root for root in own if _is_inside(root, named)]
            self.folders = [*inside, *around] if named else own
        else:
            self.folders = named or own
        if not self.folders:
            raise Refused(
                f"The client's roots are outside of the folders of this server: {_listed(own)}. "
                "Start the server with --root DIR for each folder that it should read."
            )

    @property
    def first(self) -> Path:
        """The first folder; commands run in it, and relative paths begin there."""
        return next((folder for folder in self.folders if folder.is_dir()), self.folders[0])

    def find(self, path: str) -> Path:
        """The real path of a file that exists inside of the folders.

        Raises:
            Refused: It is outside of them, or it does not exist.
        """
        shown = path[:_MAX_SHOWN]
        try:
            found = [(folder / path).resolve() for folder in self.folders]
            inside = [one for one in found if _is_inside(one, self.folders)]
            existing = next((one for one in inside if one.exists()), None)
        except (OSError, ValueError, RuntimeError):  # too long, a null character, a circle of links
            raise Refused(f"{shown!r} is no path. Give the path of a file in {_listed(self.folders)}.") from None
        if not inside:
            raise Refused(
                f"{shown!r} is outside of the folders that may be read: {_listed(self.folders)}. Give a path in them."
            )
        if existing is None:
            raise Refused(f"There is no file {shown!r} in {_listed(self.folders)}. Find the path with search.")
        return existing

    def name(self, path: Path) -> str:
        """A path as ``find`` takes it: relative to the first folder if it is in there."""
        return str(path.relative_to(self.first)) if path.is_relative_to(self.first) else str(path)

    def walk(self) -> Iterator[Path]:
        """The files of all folders, in order, without links and without folders of tools."""
        for root in self.folders:
            for folder, folders, files in os.walk(root):
                folders[:] = sorted(name for name in folders if name not in _SKIPPED)
                for name in sorted(files):
                    path = Path(folder, name)
                    if not path.is_symlink():
                        yield path


def text_of(path: Path) -> str:
    """The text of a file.

    Raises:
        Unreadable: It is no file, binary, too large, or may not be read.
    """
    try:
        # a path that was checked is no link, and opening a pipe would wait for its writer
        handle = os.open(path, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0))
        with open(handle, "rb") as stream:
            status = os.fstat(stream.fileno())
            if stat.S_ISDIR(status.st_mode):
                raise IsADirectoryError
            if not stat.S_ISREG(status.st_mode):
                raise Unreadable("This is no file.")
            if status.st_size > MAX_FILE_BYTES:
                raise Unreadable(
                    f"The file has {status.st_size:,} bytes; at most {MAX_FILE_BYTES:,} are read. "
                    "Get a part of it with a command."
                )
            data = stream.read(_SAMPLE)
            binary = decoded(data) is None
            data += b"" if binary else stream.read(MAX_FILE_BYTES)
    except IsADirectoryError:
        raise Unreadable("This is a folder. Give the path of a file in it.") from None
    except OSError as error:
        raise Unreadable(f"The file cannot be read: {error.strerror}.") from None
    if binary:
        raise Unreadable(f"The file is binary ({status.st_size:,} bytes).")
    return data.decode("utf-8", "replace")


def decoded(data: bytes) -> str | None:
    """Bytes as text, with U+FFFD for what is not UTF-8; None for binary data.

    >>> decoded(b"plain"), decoded(b"\\x7fELF\\x00"), decoded(b"caf\\xe9 au lait, s'il vous plait")
    ('plain', None, "caf\\ufffd au lait, s'il vous plait")
    """
    if b"\0" in data[:_SAMPLE]:
        return None
    text = data.decode("utf-8", "replace")
    sample = text[:_SAMPLE]
    return None if sample.count("\ufffd") > _MAX_UNDECODABLE_SHARE * len(sample) else text


def _is_inside(path: Path, folders: Sequence[Path]) -> bool:
    return any(path.is_relative_to(folder) for folder in folders)


def _listed(folders: Sequence[Path]) -> str:
    return ", ".join(map(str, folders))
