"""The signs of the short notation for JSON, and how a scalar or a key is written in it."""

from __future__ import annotations

import json
import re
from typing import Any

from .json_values import Number

LITERALS = {"true": True, "false": False, "null": None}
BELOW = "|"  # in the place of a string that follows on lines of its own
NEXT = "|-"  # between two of these strings
ITEM = "- "  # begins an item of a list that is no row of the table
TEXT = "<string>"  # behind a column, or behind all of them: what has no quotes there is a string
DEFINITION = re.compile(r"(?:([A-Z]) = )?\(")  # a kind of records; without a letter, that of the rows
COUNT = re.compile(r"(\d{1,9})× ")  # how often the row or item comes, one after the other
NUMBER = re.compile(r"-?(?:(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?|Infinity)|NaN")  # what json.loads takes
STRING = r'"(?:[^"\\]|\\.)*"'
MEMBER = re.compile(rf'(?:{STRING}|[^\s,:(){{}}\[\]"=]+)(?: > (?:{STRING}|[^\s,:(){{}}\[\]"=]+))*:(?= |$)')
UNSAFE = re.compile("[\0\ud800-\udfff]")  # some requests cannot hold it, so it stays an escape in quotes

# A string that needs no quotes: nothing in it could be taken for structure or for a number.
BARE = re.compile(r"[^\s,:(){}\[\]\"=…](?:[^,(){}\[\]\"\n\r=]*[^\s,(){}\[\]\"=])?")
_BARE_KEY = re.compile(r"[^\s,:(){}\[\]\"=?<>]+")
_BARE_COLUMN = re.compile(r"[^\s,:(){}\[\]\"=?<>]+(?: [^\s,:(){}\[\]\"=?<>]+)*")  # may have spaces


def scalar_text(value: Any) -> str:
    """A string, without quotes where it can be nothing else, or a number or literal."""
    if isinstance(value, Number):
        return value.spelling
    if isinstance(value, str):
        return value if BARE.fullmatch(value) and _only_a_string(value) else quoted(value)
    return json.dumps(value)


def quoted(text: str) -> str:
    r"""A string in quotes, with escapes where they are needed.

    >>> print(quoted("é\ud83d"))
    "é\ud83d"
    """
    return UNSAFE.sub(lambda found: f"\\u{ord(found[0]):04x}", json.dumps(text, ensure_ascii=False))


def key_text(name: str) -> str:
    """A key of an object."""
    return _key(name, _BARE_KEY)


def column_text(name: str) -> str:
    """The name of a column in a definition."""
    return _key(name, _BARE_COLUMN)


def step_text(name: str) -> str:
    """A key in the path of a column that a cell names."""
    return quoted(name) if "." in name else key_text(name)


def _key(name: str, plain: re.Pattern[str]) -> str:
    bare = plain.fullmatch(name) and not name.startswith(("-", "|", "…")) and not UNSAFE.search(name)
    return name if bare else quoted(name)


def _only_a_string(word: str) -> bool:
    """Whether a word without quotes cannot be read as anything but a string."""
    return not (word in LITERALS or word == BELOW or NUMBER.fullmatch(word) or UNSAFE.search(word))
