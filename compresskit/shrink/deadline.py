"""The time limit of a call of a shrinker. A thread cannot be stopped from outside, so long work asks here for it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from contextvars import ContextVar
from typing import Any

_deadline: ContextVar[float | None] = ContextVar("compresskit_shrink_deadline", default=None)


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
