"""Reads the input of commands: conversations, sessions of agents and results, from a file or standard input.

It does not check messages, because compress does that. It only writes notes.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from ..errors import CompresskitError
from ..sessions import Session, chained, find, read, values
from .output import Failure, remark

# Fields that the command line writes itself; all others of an object are the caller's and pass through.
RESULT_FIELDS = {
    *("model", "trigger", "target", "messages", "tools", "cache", "decisions", "skipped_reason"),
    *("original_tokens", "compressed_tokens", "compression_ratio", "target_met", "floor_tokens"),
}


class InputError(Failure):
    """The input cannot be used."""

    exit_code = 2


def cache_of(session: Session) -> dict[str, str]:
    """The cache beside the messages of a result; {} if there is none."""
    cache = session.fields.get("cache")
    return cache if isinstance(cache, dict) else {}


def is_result(session: Session) -> bool:
    """Whether this is all of what `compresskit compress` wrote: its cache belongs to its messages."""
    return _has_cache(session) and session.fields.keys() >= RESULT_FIELDS - {"tools"}


def _has_cache(session: Session) -> bool:
    return isinstance(session.fields.get("cache"), dict)


def read_sessions(path: str) -> list[Session]:
    """The sessions in a file, with a note on standard error about what was left out."""
    with library_errors(""):
        found = read(path)
    for note in found.notes:
        remark(f"note: {note}")
    return found.sessions


def newest_sessions(places: Sequence[Path], limit: int, skips: bool = False) -> list[Session]:
    """The sessions of the newest files in these places, with those that continue each other joined.

    Args:
        places: Files and folders.
        limit: The number of files, with a note on standard error if there are more.
        skips: Whether one of several files that cannot be read is left out with a note.
    """
    if missing := [str(place) for place in places if not place.exists() and str(place) != "-"]:
        raise InputError(f"{missing[0]} does not exist")
    files = find(places)
    if len(files) > limit:
        remark(f"note: the newest {limit} of {len(files)} files; give --limit for more")
    found: list[Session] = []
    for path in files[:limit]:
        try:
            found += read_sessions(str(path))
        except InputError as error:
            if not skips or len(files) == 1:
                raise
            remark(f"note: {path.name} was left out: {error.message}")
    return chained(found)


@contextmanager
def library_errors(where: str) -> Iterator[None]:
    """Adds the place in the file to the library's errors, which already say what to do."""
    try:
        yield
    except CompresskitError as error:
        raise InputError(f"{where}{error}") from error


def read_conversations(path: str) -> list[Session]:
    """The conversations in a file: one, or one for each line of JSONL, each session, or each part of a session."""
    return [_conversation(session) for session in read_sessions(path)]


def read_results(path: str) -> list[Session]:
    """The same, where every one has to have a cache, as the results of `compresskit compress` do."""
    found = read_conversations(path)
    for conversation in found:
        if not _has_cache(conversation):
            raise InputError(
                f"{conversation.where}not a result: there is no cache beside the messages;"
                " give the file that `compresskit compress` wrote"
            )
    return found


def read_tools(path: str) -> list[Any]:
    """A request's own tools: a JSON list, or an object with "tools"."""
    with library_errors(""):
        value, *more = values(path)
    tools = value.get("tools") if isinstance(value, dict) else value
    if more or not isinstance(tools, list):
        raise InputError(f'{path}: expected a JSON list of tools, or an object with "tools"')
    return tools


def _conversation(session: Session) -> Session:
    """A session with the fields of an object that a program would write for it."""
    if not session.source:
        return session
    fields = {"id": session.name, "model": session.model, "tools": session.tools, "system": session.system}
    known = {name: value for name, value in fields.items() if value}
    return replace(session, fields={**known, "messages": session.messages}, where=f"{session.name}: ")
