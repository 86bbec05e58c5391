"""guarded(): a function that fails at a text leaves the text as it is, and the request succeeds all the same."""

from collections.abc import Callable
from typing import TypeVar

_Found = TypeVar("_Found")


def guarded(work: Callable[[], _Found], instead: _Found) -> _Found:
    """Returns the result of ``work``, or ``instead`` if it raises. A MemoryError is raised, since no text causes it.

    >>> guarded(lambda: int("x"), 0)
    0
    """
    try:
        return work()
    except MemoryError:
        raise
    except Exception:
        return instead
