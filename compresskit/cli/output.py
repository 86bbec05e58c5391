"""Writes what the command line gives out: standard output, or a file replaced in one step.

It also makes text safe to show on a terminal.
"""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

import click

from .._json import encoded
from ..stores.private import replacing
from .outputs import discard_rest


class Failure(click.ClickException):
    """An error with an exit code; its text may quote the input, so it is made safe to show."""

    def format_message(self) -> str:
        return printable(self.message, keep="\n")


class OutputError(Failure):
    """The result could not be written."""

    exit_code = 4


class PipeClosed(click.ClickException):
    """The program that read our output has ended (`compresskit show … | head`). This is no error to report."""

    exit_code = 141  # 128 + SIGPIPE, what a shell reports for other tools

    def __init__(self) -> None:
        super().__init__("the reader of standard output has gone")

    def show(self, file: IO[Any] | None = None) -> None:
        pass


def printable(text: str, keep: str = "") -> str:
    r"""The text with every character that a terminal could act on shown as a dot.

    >>> printable("\x1b[31mred\x1b[0m")
    '·[31mred·[0m'
    """
    if text.isprintable():
        return text
    return "".join(char if char.isprintable() or char in keep else "·" for char in text)


def to_json(value: Any, *, ascii_only: bool = False) -> bytes:
    """One line of JSON."""
    return encoded(value, ascii_only) + b"\n"


@contextlib.contextmanager
def open_output(path: str | None) -> Iterator[IO[bytes]]:
    """Standard output for None and "-". Any other path becomes a file for its owner alone, whole or not at all."""
    try:
        if path is None or path == "-":
            with _standard_output() as stream:
                yield stream
        elif os.path.exists(path) and not os.path.isfile(path):
            with open(path, "wb") as stream:  # a pipe or /dev/null cannot be replaced; a directory fails here
                yield stream
        else:
            with replacing(Path(os.path.realpath(path))) as stream:
                yield stream
    except OSError as error:
        raise OutputError(f"cannot write {path or 'standard output'}: {error.strerror or error}") from error


def write_output(data: bytes, path: str | None = None) -> None:
    """Writes bytes to standard output, or to a file as ``open_output`` opens it."""
    with open_output(path) as stream:
        stream.write(data)


def remark(text: str) -> None:
    """Writes a line to standard error. What a command does and its exit code do not depend on whether that works."""
    with contextlib.suppress(OSError):
        click.echo(printable(text), err=True)


@contextlib.contextmanager
def _standard_output() -> Iterator[IO[bytes]]:
    stream = sys.stdout.buffer
    try:
        yield stream
        stream.flush()
    except OSError as error:
        discard_rest()
        if isinstance(error, BrokenPipeError):
            raise PipeClosed from error
        raise
