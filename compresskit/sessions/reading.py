"""Finds out what a file holds, by its content and never by its name, and reads it with the reader for that."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from itertools import chain, islice
from pathlib import Path
from types import ModuleType
from typing import IO, Any, BinaryIO, NamedTuple, cast

from ..errors import InvalidSession
from ..stores.private import folder_of_user
from . import claude_code, codex, openhands, plain, requests, swe_agent
from .files import Folder, Value, Values, opened
from .session import Session

STDIN = "-"  # the path that stands for standard input
READERS: tuple[ModuleType, ...] = (claude_code, codex, swe_agent, openhands, requests)
_MAX_UNKNOWN = 1_000  # values of a file of which one must be known: some begin with bookkeeping
_KINDS = ("*.jsonl", "*.jsonl.gz", "*.traj", "*.traj.json")  # names of session files in folders
_HOMES = (  # of the clients: the variable that names it, its name in the user's home, and its folders of sessions
    ("CLAUDE_CONFIG_DIR", ".claude", ("projects",)),
    ("CODEX_HOME", ".codex", ("sessions", "archived_sessions")),
)
_NAME = 60  # characters of a session's name
EXPECTED = (
    'expected a list of messages, an object with "messages" or a message with a role, a session file of Claude Code or'
    " Codex, a trajectory of SWE-agent or OpenHands, or a log of requests to OpenAI's or Anthropic's API"
)


class Reading(NamedTuple):
    """The sessions of a file, and notes on what was left out."""

    sessions: list[Session]
    notes: list[str]


def read(path: str) -> Reading:
    """Reads a file, a folder of one conversation, or standard input ("-").

    Raises:
        InvalidSession: The file cannot be read, or it holds nothing that is known here.
    """
    name = "standard input" if path == STDIN else Path(path).name.split(".")[0][:_NAME]
    if path != STDIN and os.path.isdir(path):
        return _read(Folder(Path(path)), Path(path).name[:_NAME])
    with _opened(path) as stream:
        return _read(Values(stream, path), name)


def values(path: str) -> list[Any]:
    """The JSON values of a file or of standard input ("-"), of any kind.

    Raises:
        InvalidSession: The file cannot be read.
    """
    with _opened(path) as stream:
        found = Values(stream, path)
        everything = [value.value for value in found]
    if found.broken:
        raise InvalidSession(found.broken)
    return everything


def find(places: Iterable[Path]) -> list[Path]:
    """The session files below these folders, the newest first. A file is itself, and so is a folder without any."""
    found: list[Path] = []
    for place in places:
        below = [path for kind in _KINDS for path in place.rglob(kind) if path.is_file()] if place.is_dir() else []
        found += below or [place]
    return sorted(set(found), key=lambda path: (-path.stat().st_mtime if path.exists() else 0, str(path)))


def homes() -> list[Path]:
    """The folders in which Claude Code and Codex keep the sessions of this user, if they are there."""
    found = []
    for variable, name, inside in _HOMES:
        if (folder := folder_of_user(name, variable)) is not None:
            found += [folder / each for each in inside]
    return [folder for folder in found if folder.is_dir()]


def _read(values: Values, name: str) -> Reading:
    stream = iter(values)
    begun: list[Value] = []
    reader: ModuleType | None = None
    for value in islice(stream, _MAX_UNKNOWN):
        begun.append(value)
        reader = _reader_of(_first(value.value))
        if reader or (len(begun) == 1 and not _is_bookkeeping(value.value)):
            break
    everything = chain(begun, stream)
    if reader is None:
        sessions = plain.read(everything, name, EXPECTED)
        if values.broken:
            raise InvalidSession(values.broken)
        if any("cache" in session.fields for session in sessions):  # results, which never continue each other
            return Reading(sessions, [])
        joined = requests.chained(sessions)
        note = f"{name}: {len(sessions):,} conversations were read as {len(joined):,}, because some continue others"
        return Reading(joined, [note] if len(joined) < len(sessions) else [])
    sessions = reader.read(_items(everything), name)
    if not sessions:
        raise InvalidSession(f"{name} is a file of {reader.SOURCE} without a message")
    notes = (
        [f"{name}: {values.broken}; it was left out, as a line that is still being written"] if values.broken else []
    )
    return Reading(sessions, notes)


def _reader_of(value: Any) -> ModuleType | None:
    return next((reader for reader in READERS if reader.recognises(value)), None)


def _items(values: Iterable[Value]) -> Iterator[Any]:
    """The values; the items of a list of requests, of lines or of trajectories."""
    for value in values:
        if isinstance(value.value, list) and not openhands.recognises(value.value):
            yield from value.value
        else:
            yield value.value


def _first(value: Any) -> Any:
    """The value that shows the format: of a list, its first object, unless the list itself is of a format."""
    if isinstance(value, list) and value and isinstance(value[0], dict) and not openhands.recognises(value):
        return next((one for one in value[:_MAX_UNKNOWN] if _reader_of(one)), value[0])
    return value


def _is_bookkeeping(value: Any) -> bool:
    """Whether a line may come before the first one that shows the format."""
    return (
        isinstance(value, dict)
        and "role" not in value
        and "messages" not in value
        and isinstance(value.get("type"), str)
    )


@contextmanager
def _opened(path: str) -> Iterator[IO[bytes]]:
    try:
        if path == STDIN:
            yield opened(_buffered(sys.stdin.buffer))
        else:
            with open(path, "rb") as stream:
                yield opened(stream)
    except (OSError, EOFError) as error:
        raise InvalidSession(f"cannot read {path}: {getattr(error, 'strerror', None) or error}") from error


def _buffered(stream: BinaryIO) -> BinaryIO:
    return stream if hasattr(stream, "peek") else cast(BinaryIO, io.BufferedReader(cast(Any, stream)))
