"""The output of a terminal as a reader sees it in the end: without colours and overwritten lines."""

from __future__ import annotations

from ..segment import Mark, Short
from ..splitters import log
from .log import numbered

_SIGNS = ("\x1b", "\r", "\x08")


def short_terminal(text: str) -> Short | None:
    r"""The text without colours and overwritten lines; None if it has none.

    >>> short_terminal("\x1b[32mok\x1b[0m\n 10%\r 55%\r100%\n").body
    'ok\n100%\n'
    """
    if not any(sign in text for sign in _SIGNS):
        return None
    plain, numbers = numbered(text)
    if plain == text:
        return None
    marks = list(log.marks(plain)) or [Mark(0, "", 0)]
    return Short("log", "", plain, marks, len(plain), lines=numbers)
