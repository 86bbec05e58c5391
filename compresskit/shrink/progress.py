"""What a user sees while a model works: progress on a terminal, and a warning once for each kind of trouble.

Nothing here says anything of a text.
"""

from __future__ import annotations

import contextlib
import logging
import sys
import threading
from collections.abc import Iterator, Sequence
from typing import TypeVar

Thing = TypeVar("Thing")
_log = logging.getLogger("compresskit")
_said: set[str] = set()
_lock = threading.Lock()


def warn_once(message: str) -> None:
    """Logs a warning, the same one only once in a process. Logged, not raised: a shrinker's trouble stops nobody."""
    with _lock:
        if message in _said:
            return
        _said.add(message)
    _log.warning(message)


def on_terminal() -> bool:
    """Whether somebody watches standard error."""
    return bool(sys.stderr is not None and sys.stderr.isatty())


@contextlib.contextmanager
def waiting(what: str) -> Iterator[None]:
    """A spinner on standard error while the block runs, where that is a terminal."""
    if not on_terminal():
        yield
        return
    from rich.console import Console

    with Console(stderr=True).status(what):
        yield


def counted(things: Sequence[Thing], what: str) -> Iterator[Thing]:
    """The things, with a bar on standard error while they are worked on, where that is a terminal."""
    if not on_terminal():
        yield from things
        return
    from rich.console import Console
    from rich.progress import track

    yield from track(things, what, console=Console(stderr=True), transient=True)
