"""The errors that compresskit raises. Each message gives the value, what was expected and what to do.

CompresskitError (a ValueError)
├── EmbedderFailed     an embedder that the caller passed raised, or returned no usable vectors
├── InvalidArgument    an argument of a call is wrong
├── InvalidLedger      a ledger is not what was written
├── InvalidMessages    a message is not what a chat request can hold
└── StoreError         a store cannot be reached, read or written
"""

from __future__ import annotations

_SHOWN_CHARACTERS = 60


class CompresskitError(ValueError):
    """Every error that compresskit raises on purpose."""


class EmbedderFailed(CompresskitError):
    """An embedder raised, or it did not return one vector of finite numbers for each text."""


class InvalidArgument(CompresskitError):
    """An argument is not what the function takes."""


class InvalidLedger(CompresskitError):
    """A file is not a ledger, or it was changed after it was written."""


class InvalidMessages(CompresskitError):
    """The messages are not a list of JSON-like message dicts."""


class StoreError(CompresskitError):
    """A store cannot be reached, read or written, or it has no room for the texts."""


def check_cache(cache: object) -> None:
    """Raises InvalidArgument for what is no mapping of keys to texts."""
    if not (hasattr(cache, "keys") and hasattr(cache, "__getitem__")):
        raise InvalidArgument(f"cache is {shown(cache)}; a mapping of keys to texts was expected: result.cache.")


def shown(value: object) -> str:
    """A value as an error may show it: short, and on one line.

    >>> shown("x" * 100)
    "'xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx…"
    """
    text = repr(value[:_SHOWN_CHARACTERS] if isinstance(value, str | bytes) else value)
    return text if len(text) <= _SHOWN_CHARACTERS else text[: _SHOWN_CHARACTERS - 1] + "…"
