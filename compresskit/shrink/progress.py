"""Shows progress on a terminal while a model works, and warns once of each kind of trouble. It shows no texts."""

from __future__ import annotations

import contextlib
import logging
import sys
import threading
from collections.abc import Iterator, Sequence
from typing import TypeVar

Thing = TypeVar("Thing")
_log = logging.getLogger("compresskit")
_warned: set[str] = set()
_lock = threading.Lock()


def warn_once(message: str) -> None:
    """Logs a warning once in a process. It is no error, because a shrinker that fails must not stop the program."""
    with _lock:
        if message in _warned:
            return
        _warned.add(message)
    _log.warning(message)


def on_terminal() -> bool:
    """Whether standard error is a terminal."""
    return bool(sys.stderr is not None and sys.stderr.isatty())


@contextlib.contextmanager
def waiting(what: str) -> Iterator[None]:
    """Shows a spinner on standard error while the block runs, if that is a terminal."""
    if not on_terminal():
        yield
        return
    from rich.console import Console

    with Console(stderr=True).status(what):
        yield


def counted(things: Sequence[Thing], what: str) -> Iterator[Thing]:
    """Yields the things, with a progress bar on standard error if that is a terminal."""
    if not on_terminal():
        yield from things
        return
    from rich.console import Console
    from rich.progress import track

    yield from track(things, what, console=Console(stderr=True), transient=True)
