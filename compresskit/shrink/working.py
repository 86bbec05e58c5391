"""While a model shrinks texts: its time limit, progress on a terminal, and one warning of each kind of trouble.

A thread cannot be stopped from outside, so long work asks here for the time that is left. No text is shown.
"""

from __future__ import annotations

import contextlib
import logging
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextvars import ContextVar
from typing import Any, TypeVar

_deadline: ContextVar[float | None] = ContextVar("compresskit_shrink_deadline", default=None)
Thing = TypeVar("Thing")
_log = logging.getLogger("compresskit")
_warned: set[str] = set()
_lock = threading.Lock()


def remaining() -> float | None:
    """The seconds that are left; None if there is no limit.

    Raises:
        TimeoutError: No time is left.
    """
    deadline = _deadline.get()
    if deadline is None:
        return None
    left = deadline - time.monotonic()
    if left <= 0:
        raise TimeoutError("the time for shrinking is over")
    return left


def within(seconds: float | None, call: Callable[[], Any]) -> Any:
    """The result of a call, or a TimeoutError after this number of seconds.

    The call goes on in its thread until it asks for the remaining time. At its end, the program waits for the thread,
    because torch crashes if its threads are cut off.
    """
    if seconds is None:
        return call()
    results: list[Any] = []
    errors: list[BaseException] = []

    def work() -> None:
        _deadline.set(time.monotonic() + seconds)  # the thread's own: it starts with an empty context
        try:
            results.append(call())
        except BaseException as error:  # raised where it is waited for
            errors.append(error)

    thread = threading.Thread(target=work, name="compresskit-shrink")
    thread.start()
    thread.join(seconds)
    if errors:
        raise errors[0]
    if not results:
        raise TimeoutError
    return results[0]


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
