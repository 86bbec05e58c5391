"""One output of a command, as bytes, brought to a number of tokens: the work of ``pipe``, ``run`` and ``hook``.

It never fails because of compresskit: on any fault the output passes as it was, with a note on standard error. Nothing
heavy is imported for an output that fits for sure.
"""

from __future__ import annotations

import os
import sys
from contextlib import suppress

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

MAX_BYTES = 64 << 20  # bytes of an output that is shortened, maximum; a longer one passes as it is
MAX_CHARACTERS = 2_000_000  # characters of a text that is read as a whole; of a longer one, its two ends
_BETWEEN_TOKENS = 16  # tokens of the line between these ends, maximum
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
        rules: A file of rules, or the name of a recipe; "" for no rules.
        model: The model that the tokens are counted for; "" for o200k_base.
        token_factor: The tokens of the model for each token that is counted.
    """

    __slots__ = ("keep", "max_tokens", "model", "query", "rules", "store", "token_factor")

    def __init__(
        self,
        max_tokens: int,
        query: str | None = None,
        keep: bool = False,
        store: str | None = None,
        rules: str = "",
        model: str = "",
        token_factor: float = 1.0,
    ) -> None:
        self.max_tokens, self.query, self.keep, self.store = max_tokens, query, keep, store
        self.rules, self.model, self.token_factor = rules, model, token_factor

    def asking(self, max_tokens: int, query: str | None) -> Settings:
        """The same settings with another number of tokens and another query."""
        return Settings(max_tokens, query, self.keep, self.store, self.rules, self.model, self.token_factor)

    @property
    def passes_bytes(self) -> int:
        """Bytes of an output that fits for sure: no token is below a byte."""
        return 0 if self.rules else int(self.max_tokens / max(1.0, self.token_factor))

    def flags(self) -> list[str]:
        """The settings as options of a command line, apart from the query."""
        found = ["--max-tokens", str(self.max_tokens)]
        for option, value in (("--store", self.store), ("--rules", self.rules), ("--model", self.model)):
            found += [option, value] if value else []
        return [*found, "--token-factor", str(self.token_factor)] if self.token_factor != 1 else found

    def options(self) -> dict[str, Any]:
        """The arguments of ``shorten`` that all texts share."""
        rules: tuple[Any, ...] = ()
        if self.rules:
            from ..rules.recipes import named

            rules = named(self.rules)
        return {"rules": rules, "model": self.model, "token_factor": self.token_factor}


def shortened(data: bytes, settings: Settings, command: str | None = None, path: str | None = None) -> bytes:
    """The output within its tokens. As it was if it fits, is binary, or cannot be shortened."""
    if len(data) <= settings.passes_bytes or len(data) > MAX_BYTES or is_binary(data):
        return data
    try:
        text = data.decode("utf-8", "surrogateescape")
        found = shortened_text(text, settings, command, path)
        if found is None:
            return data
        end = "\n" if text.endswith("\n") and not found.endswith("\n") else ""
        return (found + end).encode("utf-8", "surrogateescape")
    except Exception as error:
        note(error)
        return data


def shortened_text(text: str, settings: Settings, command: str | None = None, path: str | None = None) -> str | None:
    """The text within its tokens; None if it stays as it is.

    Raises:
        StoreError: The original could not be kept.
    """
    if not settings.keep:
        found = _short(text, settings.max_tokens, settings, command, path)
        return found and found[0]
    import shlex

    from ..tokens.measure import measure_for
    from .kept import directories, keep, program

    store = None if settings.store is None else str(directories(settings.store)[0])
    where = "" if store is None else f" --store {shlex.quote(store)}"  # for a reader in any folder
    last = f"[… all of it: {program()} retrieve{where} %s]\n"
    measure = measure_for(settings.model, None, settings.token_factor)
    fits = len(text) <= MAX_CHARACTERS and measure.count(text) <= settings.max_tokens
    if fits and not settings.rules:
        return None
    reserved = measure.count(last % "bcdfghjklmnp") + 4  # a key may have a few tokens more
    if settings.max_tokens - reserved < _MIN_TOKENS:
        last, reserved = "", 0
    # a text that fits changes only if a rule says so, and then the line has room in any case
    found = _short(text, settings.max_tokens - (0 if fits else reserved), settings, command, path)
    if found is None:
        return None
    short, key = found
    keep(key, text.encode("utf-8", "surrogateescape"), settings.store)
    return short.removesuffix("\n") + "\n" + last % key if last else short


def _short(
    text: str, max_tokens: int, settings: Settings, command: str | None, path: str | None
) -> tuple[str, str] | None:
    """A text of at most ``max_tokens`` tokens, and the key of the original; None if the text fits.

    Of a very long text only the two ends are read, so that a command does not wait for minutes.
    """
    from ..shortening import shorten, without_key

    if len(text) <= MAX_CHARACTERS:
        result = shorten(
            text, max_tokens, settings.query, command, path, recoverable=settings.keep, **settings.options()
        )
        return None if result.key is None else (result.text if settings.keep else without_key(result), result.key)
    from ..markers.keys import key_of

    half = MAX_CHARACTERS // 2
    cut = text.rfind("\n", 0, half) + 1 or half
    behind = text.find("\n", len(text) - half) + 1 or len(text) - half
    between = f"[… {behind - cut:,} characters that are not read]\n"
    lines = text.count("\n", 0, behind)  # before the second end: its gaps get the numbers of lines in the whole text

    def end(part: str, above: int) -> str:
        room = max(1, max_tokens // 2 - _BETWEEN_TOKENS)
        result = shorten(part, room, settings.query, command, path, recoverable=False, **settings.options())
        return without_key(result, above).removesuffix("\n") + "\n"

    return end(text[:cut], 0) + between + end(text[behind:], lines), key_of(text)


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
    complain(f"the output passes as it was. {why}")


def discard_rest() -> None:
    """Sends the rest of standard output nowhere: the interpreter flushes it at its end, and would complain again."""
    with suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def complain(text: str) -> None:
    """Writes a line to standard error, if that can be written."""
    with suppress(OSError, ValueError):
        sys.stderr.write(f"compresskit: {text}\n")
        sys.stderr.flush()
