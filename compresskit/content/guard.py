"""What looks at a text may fail at it: the text then stays as it is, and nobody's request is lost."""

from collections.abc import Callable
from typing import TypeVar

_Found = TypeVar("_Found")


def guarded(work: Callable[[], _Found], instead: _Found) -> _Found:
    """What ``work`` gives; ``instead`` where it raises. No memory left is nobody's fault, and is raised.

    >>> guarded(lambda: int("x"), 0)
    0
    """
    try:
        return work()
    except MemoryError:
        raise
    except Exception:
        return instead
