"""When the call under way has to be over. A thread cannot be stopped from outside: who works long asks here."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from contextvars import ContextVar
from typing import Any

_deadline: ContextVar[float | None] = ContextVar("compresskit_shrink_deadline", default=None)


def remaining() -> float | None:
    """Seconds that are left, None where there is no limit.

    Raises:
        TimeoutError: none are left.
    """
    deadline = _deadline.get()
    if deadline is None:
        return None
    left = deadline - time.monotonic()
    if left <= 0:
        raise TimeoutError("the time for shrinking is over")
    return left


def within(seconds: float | None, call: Callable[[], Any]) -> Any:
    """The call's result, or TimeoutError after so many seconds.

    The call goes on in its thread until it asks how much time it has; the program waits for that when it ends, since
    torch does not survive being cut off.
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
