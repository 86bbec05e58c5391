"""The signs of the short notation for JSON, and how a scalar or a key is written in it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import Any

from .json_values import Number

LITERALS = {"true": True, "false": False, "null": None}
BELOW = "|"  # in the place of a string that follows on lines of its own
NEXT = "|-"  # between two of these strings
ITEM = "- "  # begins an item of a list that is no row of its table
SHAPES = ("", "{key}", "[]", "{columns}")  # of tables, as they begin: records, members, lists, columns
RECORDS, MEMBERS, LISTS, COLUMNS = SHAPES
TEXT = "'"  # before the name of a column: what has no quotes there is a string
ABSENT = "?"  # the record does not have the key, in a column in which an empty cell means something else
VALUE = "="  # in such a column, before a number or literal
DEFINITION = re.compile(r"(?:([A-Z]) = )?\(")  # a kind of records; without a letter, that of the rows
COUNT = re.compile(r"(\d{1,9})× ")  # how often the row or item comes, one after the other
_MIN_SAVED = 4  # characters that a count saves at least
NUMBER = re.compile(r"-?(?:(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?|Infinity)|NaN")  # what json.loads takes
STRING = r'"(?:[^"\\]|\\.)*"'
_STEP = rf'(?:{STRING}|[^\s,:(){{}}\[\]"=]+)'
# The path of a member; the letter of the rows below it, or the beginning of their definition. A number follows a letter
# at once, since a space before it would be a token of its own. Behind a digit it does not: a row may begin with a time.
MEMBER = re.compile(rf"({_STEP}(?: > {_STEP})*):(?: |([A-Z]?)$|(\()|(?<=[^\W\d]:)(?=-?\d))")
NUMBER_FOLLOWS = re.compile(r"[^\W\d]\Z")  # the end of a key that a number follows at once
UNSAFE = re.compile("[\0\ud800-\udfff]")  # some requests cannot hold it, so it stays an escape in quotes

# A string that needs no quotes: nothing in it could be taken for structure or for a number.
BARE = re.compile(r"[^\s,:(){}\[\]\"=…](?:[^,(){}\[\]\"\n\r=]*[^\s,(){}\[\]\"=])?")
_BARE_KEY = re.compile(r"[^\s,:(){}\[\]\"=?]+")
_BARE_COLUMN = re.compile(r"[^\s,:(){}\[\]\"=?]+(?: [^\s,:(){}\[\]\"=?]+)*")  # may have spaces


def scalar_text(value: Any) -> str:
    """A string, without quotes where it can be nothing else, or a number or literal."""
    if isinstance(value, Number):
        return value.spelling
    if isinstance(value, str):
        return value if BARE.fullmatch(value) and not is_misleading(value) else quoted(value)
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


def _key(name: str, plain: re.Pattern[str]) -> str:
    bare = plain.fullmatch(name) and not name.startswith(("-", "|", "…", ">", TEXT)) and not UNSAFE.search(name)
    return name if bare else quoted(name)


def is_misleading(word: str) -> bool:
    """Whether a string without quotes could be read as something else.

    >>> is_misleading("007"), is_misleading("7"), is_misleading("true")
    (False, True, True)
    """
    if word in LITERALS or word in (BELOW, ABSENT):
        return True
    return bool(NUMBER.fullmatch(word) or COUNT.match(word) or UNSAFE.search(word))


def counted(texts: Iterable[str]) -> Iterator[str]:
    """Texts in which one that comes several times in succession has a count, if that is shorter.

    >>> list(counted(["open,mia", "open,mia", "open,leo", "", ""]))
    ['2× open,mia', 'open,leo', '', '']
    """
    for text, repeats in groupby(texts):
        count = sum(1 for _ in repeats)
        if count > 1 and count * (len(text) + 1) > len(text) + _MIN_SAVED + len(str(count)):
            yield f"{count}× {text}"
        else:
            yield from [text] * count
