"""One output of a command, as bytes, brought to a number of tokens: the work of ``pipe``, ``run`` and ``hook``.

It never fails because of compresskit: on any fault the output passes as it was, with a note on standard error. Nothing
heavy is imported for an output that fits for sure.
"""

from __future__ import annotations

import sys

MAX_BYTES = 64 << 20  # bytes of an output that is shortened, maximum; a longer one passes as it is
_SAMPLE = 8_192  # bytes in which a binary output shows itself
_MAX_UNDECODABLE_SHARE = 0.1  # share of bytes that are not UTF-8 from which on an output is binary
_MIN_TOKENS = 40  # tokens that are left for the text beside the line that says how to get it back


class Settings:
    """How outputs are shortened. (dataclasses and typing would take longer to import than all the rest.)

    Attributes:
        max_tokens: The tokens of an output.
        query: What the output is needed for.
        keep: Whether the original is kept in the user's store.
        store: The directory of the store; None for the user's own.
    """

    __slots__ = ("keep", "max_tokens", "query", "store")

    def __init__(self, max_tokens: int, query: str | None = None, keep: bool = False, store: str | None = None) -> None:
        self.max_tokens, self.query, self.keep, self.store = max_tokens, query, keep, store


def shortened(data: bytes, settings: Settings, command: str | None = None, path: str | None = None) -> bytes:
    """The output within its tokens. As it was if it fits, is binary, or cannot be shortened."""
    if len(data) <= settings.max_tokens or len(data) > MAX_BYTES or is_binary(data):  # no token is below a byte
        return data
    try:
        text = data.decode("utf-8", "surrogateescape")
        found = shortened_text(text, settings, command, path)
        return data if found is None else found.encode("utf-8", "surrogateescape")
    except Exception as error:
        note(error)
        return data


def shortened_text(text: str, settings: Settings, command: str | None = None, path: str | None = None) -> str | None:
    """The text within its tokens; None if it stays as it is.

    Raises:
        StoreError: The original could not be kept.
    """
    import shlex

    from ..shortening import shorten
    from .kept import keep, program

    if not settings.keep:
        result = shorten(text, settings.max_tokens, settings.query, command, path, recoverable=False)
        if result.key is None:
            return None
        return result.text.replace(f": left out, {result.key}]", "]")  # nobody has the original
    from ..tokens.measure import measure_for

    where = "" if settings.store is None else f" --store {shlex.quote(settings.store)}"
    last = f"[… all of it: {program()} retrieve{where} %s]\n"
    reserved = measure_for("", None).count(last % "bcdfghjklmnp") + 4  # a key may have a few tokens more
    if settings.max_tokens - reserved < _MIN_TOKENS:
        last, reserved = "", 0
    whole = shorten(text, settings.max_tokens, settings.query, command, path)
    if whole.key is None:
        return None
    result = shorten(text, settings.max_tokens - reserved, settings.query, command, path) if reserved else whole
    key = result.key or whole.key
    keep(key, text.encode("utf-8", "surrogateescape"), settings.store)
    if not last:
        return result.text
    return result.text.removesuffix("\n") + "\n" + last % key


def is_binary(data: bytes) -> bool:
    """Whether an output is no text.

    >>> is_binary(b"\\x7fELF\\x00\\x01"), is_binary("Zürich".encode("latin-1") * 9), is_binary(b"plain")
    (True, True, False)
    """
    sample = data[:_SAMPLE]
    if b"\0" in sample:
        return True
    undecodable = sum("\udc80" <= sign <= "\udcff" for sign in sample.decode("utf-8", "surrogateescape"))
    return undecodable > _MAX_UNDECODABLE_SHARE * len(sample)


def note(error: BaseException) -> None:
    """Says on standard error that an output passes as it was, and why. It quotes nothing of the output."""
    from ..errors import CompresskitError

    why = str(error) if isinstance(error, CompresskitError) else type(error).__name__
    try:
        sys.stderr.write(f"compresskit: the output passes as it was. {why}\n")
        sys.stderr.flush()
    except (OSError, ValueError):
        pass
