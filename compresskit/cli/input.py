"""Reads the input of commands: conversations, sessions of agents and results, from a file or standard input.

It does not check messages, because compress does that. It only writes notes.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import click

from ..errors import InvalidSession
from ..sessions import Session, chained, find, read, values
from .output import Failure, printable

# Fields that the command line writes itself; all others of an object are the caller's and pass through.
RESULT_FIELDS = {
    *("model", "trigger", "target", "messages", "tools", "cache", "decisions", "skipped_reason"),
    *("original_tokens", "compressed_tokens", "compression_ratio", "target_met", "floor_tokens"),
}


class InputError(Failure):
    """The input cannot be used."""

    exit_code = 2


@dataclass(frozen=True)
class Conversation:
    """One conversation or result of the input."""

    messages: Any
    fields: dict[str, Any] = field(default_factory=dict)  # its object, where it came as one
    where: str = ""  # "line 3: ", for error messages

    @property
    def has_cache(self) -> bool:
        return isinstance(self.fields.get("cache"), dict)

    @property
    def cache(self) -> dict[str, str]:
        return self.fields["cache"] if self.has_cache else {}

    @property
    def is_result(self) -> bool:
        """Whether this is all of what `compresskit compress` wrote: its cache belongs to its messages."""
        return self.has_cache and self.fields.keys() >= RESULT_FIELDS - {"tools"}

    @property
    def extra(self) -> dict[str, Any]:
        return {name: value for name, value in self.fields.items() if name not in RESULT_FIELDS}


def read_sessions(path: str) -> list[Session]:
    """The sessions in a file, with a note on standard error about what was left out."""
    with readable():
        found = read(path)
    for note in found.notes:
        click.echo(printable(f"note: {note}"), err=True)
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
        click.echo(f"note: the newest {limit} of {len(files)} files; give --limit for more", err=True)
    found: list[Session] = []
    for path in files[:limit]:
        try:
            found += read_sessions(str(path))
        except InputError as error:
            if not skips or len(files) == 1:
                raise
            click.echo(printable(f"note: {path.name} was left out: {error.message}"), err=True)
    return chained(found)


@contextmanager
def readable() -> Iterator[None]:
    """Makes an InputError of any error of reading."""
    try:
        yield
    except InvalidSession as error:
        raise InputError(str(error)) from error


def read_conversations(path: str) -> list[Conversation]:
    """The conversations in a file: one, or one for each line of JSONL, each session, or each part of a session."""
    return [_conversation(session) for session in read_sessions(path)]


def read_results(path: str) -> list[Conversation]:
    """The same, where every one has to have a cache, as the results of `compresskit compress` do."""
    found = read_conversations(path)
    for conversation in found:
        if not conversation.has_cache:
            raise InputError(
                f"{conversation.where}not a result: there is no cache beside the messages;"
                " give the file that `compresskit compress` wrote"
            )
    return found


def read_tools(path: str) -> list[Any]:
    """A request's own tools: a JSON list, or an object with "tools"."""
    with readable():
        value, *more = values(path)
    tools = value.get("tools") if isinstance(value, dict) else value
    if more or not isinstance(tools, list):
        raise InputError(f'{path}: expected a JSON list of tools, or an object with "tools"')
    return tools


def _conversation(session: Session) -> Conversation:
    if not session.source:
        return Conversation(session.messages, dict(session.fields), session.where)
    fields = {"id": session.name, "model": session.model, "tools": session.tools, "system": session.system}
    known = {name: value for name, value in fields.items() if value}
    return Conversation(session.messages, {**known, "messages": session.messages}, f"{session.name}: ")
