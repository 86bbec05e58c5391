"""The errors that compresskit raises. Each message gives the value, what was expected and what to do.

Errors end in logs. So a value that may hold text of a conversation (a message, a cache, a query, a response) is never
quoted: the error says its type, its size and its place (``described``, ``place``). Options are quoted (``shown``).

CompresskitError (a ValueError)
├── EmbedderFailed     an embedder that the caller passed raised, or returned no usable vectors
├── HookFailed         a function of the caller on texts raised, or returned no usable text
├── InvalidArgument    an argument of a call is wrong
├── InvalidLedger      a ledger is not what was written
├── InvalidMessages    a message is not what a chat request can hold
├── InvalidSession     a file holds no conversation that can be read
├── RerankerFailed     a reranker that the caller passed raised, or returned no usable scores
└── StoreError         a store cannot be reached, read or written
"""

from __future__ import annotations

import re
from collections.abc import Iterable

# What names a model, a shape, a file or a variable; a text has spaces, or is longer.
_WORD = re.compile(r"[A-Za-z0-9_.:/@+~*-]{0,60}")
_MAX_SHOWN_NUMBER = 10**18
# Similarity from which a name that may be right is taken for a misspelt one (difflib's ratio). LiteLLM's argument
# "roles" has 0.8 with our option "rules".
NEAR = 0.82

# The fields of messages, parts, calls and tools that an error may name; any other key may be content.
_FIELDS = frozenset(
    {
        *("role", "content", "name", "type", "text", "id", "parts", "refusal", "reasoning_content", "index", "data"),
        *("function", "function_call", "custom", "arguments", "input"),
        *("image_url", "url", "detail", "input_audio", "file", "file_data", "document", "source", "media_type"),
        *("thinking", "thinking_blocks", "signature", "cache_control", "metadata"),
        *("description", "parameters", "input_schema", "properties", "required"),
    }
)


class CompresskitError(ValueError):
    """Every error that compresskit raises on purpose."""


class EmbedderFailed(CompresskitError):
    """An embedder raised, or it did not return one vector of finite numbers for each text."""


class HookFailed(CompresskitError):
    """A ``before`` or ``after`` of the caller raised, or it did not return a text that a message can hold."""


class InvalidArgument(CompresskitError):
    """An argument is not what the function takes."""


class InvalidLedger(CompresskitError):
    """A file is not a ledger, or it was changed after it was written."""


class InvalidMessages(CompresskitError):
    """The messages are not a list of JSON-like message dicts."""


class InvalidSession(CompresskitError):
    """A file holds no conversation in a format that is known, or it cannot be read."""


class RerankerFailed(CompresskitError):
    """A reranker raised, or it did not return one finite number for each text."""


class StoreError(CompresskitError):
    """A store cannot be reached, read or written, or it has no room for the texts."""


def check_cache(cache: object) -> None:
    """Raises InvalidArgument for what is no mapping of keys to texts."""
    if not (hasattr(cache, "keys") and hasattr(cache, "__getitem__")):
        raise InvalidArgument(f"cache is {described(cache)}; a mapping of keys to texts was expected: result.cache.")


def check_whole(name: str, value: object, least: int = 1, unit: str = "", advice: str = "") -> int:
    """Returns a whole number that is an argument. Every package checks its numbers here.

    Raises:
        InvalidArgument: ``value`` is not a whole number (``True`` is none), or less than ``least``.

    >>> check_whole("trigger", 5)
    5
    """
    if isinstance(value, int) and not isinstance(value, bool) and value >= least:
        return value
    what = f"a whole number of {unit}" if unit else "a whole number"
    advice = f" {advice}" if advice else ""
    raise InvalidArgument(f"{name} is {shown(value)}; {what}, {least} or more, was expected.{advice}")


def check_name(name: str, value: object, expected: str, example: str = "") -> None:
    """Raises InvalidArgument for what is no name, or an empty one.

    >>> check_name("model", 5, "a model's name", "gpt-4o")
    Traceback (most recent call last):
    compresskit.errors.InvalidArgument: model is 5; a model's name was expected, such as 'gpt-4o'.
    """
    if not isinstance(value, str) or not value:
        such_as = f", such as {example!r}" if example else ""
        raise InvalidArgument(f"{name} is {shown(value)}; {expected} was expected{such_as}.")


def check_object(name: str, value: object, methods: str, advice: str) -> None:
    """Raises InvalidArgument for a value without these methods, and for a class.

    >>> check_object("store", {}, "put(items)", "or None.")
    Traceback (most recent call last):
    compresskit.errors.InvalidArgument: store is a dict of 0 items; an object with put(items) was expected, or None.
    """
    names = [method.partition("(")[0] for method in methods.split(" and ")]
    if isinstance(value, type) or not all(callable(getattr(value, each, None)) for each in names):
        raise InvalidArgument(f"{name} is {shown(value)}; an object with {methods} was expected, {advice}")


def described(value: object) -> str:
    """A value that may hold text of a conversation, as an error may name it: its type and its size.

    >>> described("x" * 2240), described([1]), described(None), described(5)
    ('a str of 2,240 characters', 'a list of 1 item', 'None', 'an int')
    """
    if value is None:
        return "None"
    kind = type(value).__name__
    text = f"{'an' if kind[:1].lower() in 'aeiou' else 'a'} {kind}"
    for types, unit in ((str, "character"), ((bytes, bytearray), "byte"), ((dict, list, tuple, set), "item")):
        if isinstance(value, types):
            size = len(value)
            return f"{text} of {size:,} {unit}{'' if size == 1 else 's'}"
    return text


def place(where: str, key: object) -> str:
    """The place of an item within the place of its container, without a key that may be content.

    >>> place("messages[0]", "content"), place("messages[0]", 3), place("messages[0]", "Mr Smith's password")
    ("messages[0]['content']", 'messages[0][3]', 'messages[0][…]')
    """
    named = isinstance(key, int) and not isinstance(key, bool)
    return f"{where}[{key!r}]" if named or (isinstance(key, str) and key in _FIELDS) else f"{where}[…]"


def reason(error: BaseException) -> str:
    """An error as a report may say it: ours hold no content, of others only the type is known to hold none.

    >>> reason(InvalidArgument("trigger is 0.")), reason(KeyError("Mr Smith"))
    ('InvalidArgument: trigger is 0.', 'KeyError')
    """
    kind = type(error).__name__
    return f"{kind}: {error}" if isinstance(error, CompresskitError) else kind


def shown(value: object) -> str:
    """An option as an error may show it: a number or a word. Anything else is described: it may be content.

    >>> shown("gpt-4o"), shown(-1), shown("Mr Smith's password"), shown([{"role": "user"}])
    ("'gpt-4o'", '-1', 'a str of 19 characters', 'a list of 1 item')
    """
    if isinstance(value, bool | float) or (isinstance(value, int) and abs(value) < _MAX_SHOWN_NUMBER):
        return repr(value)
    return repr(value) if isinstance(value, str) and _WORD.fullmatch(value) else described(value)


def warn(message: str, *values: object) -> None:
    """Tells the application's log something that is no error. It is silent unless the application has set up logging.

    Args:
        message: The message, with ``%`` for each value.
        *values: Numbers, and names that the caller chose: never a text of a conversation.
    """
    import logging

    log = logging.getLogger("compresskit")
    if not log.handlers:
        log.addHandler(logging.NullHandler())
    log.warning(message, *values)


def meant(value: object, names: Iterable[str], cutoff: float = 0.6) -> str:
    """The one of these names that was probably meant; "" if none is near.

    >>> meant("triger", ["target", "trigger"]), meant("temperature", ["target", "trigger"])
    ('trigger', '')
    """
    from difflib import get_close_matches

    near = get_close_matches(value, list(names), 1, cutoff) if isinstance(value, str) else []
    return near[0] if near else ""
