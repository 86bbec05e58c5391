"""Compact forms: the same text in fewer characters. Each form has a name, which is shown in its marker.

A form is a pure function of the text alone, because ``restore`` recognises an issued text by making its form again
from the original. Only this file knows which forms there are. If a form fails, or if UTF-8 cannot encode it, the text
stays as it is.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence

from ..detect import Detected
from ..guard import guarded
from ..segment import Short, Split
from ..sizing import sized
from .json_notation import compact_json
from .log import short_log
from .search import expand_listing, expand_search, short_listing, short_search
from .table import short_table
from .terminal import short_terminal

FORMS: Mapping[str, Callable[[str], Short | None]] = {
    "JSON in short form": compact_json,
    "table in short form": short_table,
    "search results in short form": short_search,
    "listing in short form": short_listing,
    "log in short form": short_log,
    "terminal output without colours": short_terminal,
}
_EXPANDED = {"search results in short form": expand_search, "listing in short form": expand_listing}
_OF_TERMINALS = ("terminal output without colours",)  # of texts with control characters
LOSSLESS = frozenset(FORMS) - {"log in short form", *_OF_TERMINALS}  # everything can be read off the form
REWORDED = frozenset({"JSON in short form", "table in short form"})  # no row is there letter for letter
_OF_KIND = {
    "json": ("JSON in short form",),
    "jsonl": ("JSON in short form",),
    "search": ("search results in short form", "listing in short form"),
    "lines": ("table in short form", "listing in short form", "log in short form"),
    "log": ("log in short form",),
    "table": ("table in short form",),
    "markdown": ("table in short form",),
    "code": ("table in short form",),
    "prose": ("table in short form",),
}
_MIN_CHARACTERS = 320  # characters of a text other than JSON, minimum; in a shorter one the marker costs what is saved
_MAX_SHARE = 0.9  # share of a text's characters that its form may have, maximum; chosen by hand
MARKER = 60  # characters of a marker, on average
_MAX_REMEMBERED = 100_000  # characters of a text whose forms are remembered, which bounds the memory
_GAP = re.compile("^…$", re.MULTILINE)  # the line with which an excerpt of a form replaces rows
_NOT_UTF8 = re.compile("[\ud800-\udfff]")

MadeForms = dict[tuple[str, str], Short | None]  # by text and name of the form; None if the text has no such form


def forms_of(text: str, found: Detected) -> tuple[str, ...]:
    """The names of the forms that a text of its kind could have, best first.

    >>> from compresskit.content import detect
    >>> forms_of('{"id": 1}', detect('{"id": 1}'))
    ('JSON in short form',)
    """
    json = _OF_KIND["json"] if text.startswith(("{", "[")) else ()
    if len(text) < _MIN_CHARACTERS or found.numbered:
        return json
    terminal = _OF_TERMINALS if "\x1b" in text or "\r" in text else ()
    return tuple(dict.fromkeys((*json, *_OF_KIND.get(found.kind, ()), *terminal)))


def shorten(
    text: str, forms: Sequence[str], marker: int = MARKER, made: MadeForms | None = None
) -> tuple[str, Short] | None:
    """Returns the name of the first form in which a text is clearly shorter, and the short text; None if there is none.

    Args:
        marker: The characters of the marker line above it.
        made: The forms of texts that were made before. New ones are added.

    >>> records = ", ".join('{"flight": "HAT%d", "from": "JFK"}' % n for n in range(9))
    >>> name, short = shorten(f"[{records}]", list(FORMS))
    >>> name, short.head
    ('JSON in short form', '(flight,from: JFK)\\n')
    """
    for name in forms:
        if made is None or len(text) > _MAX_REMEMBERED:
            short = _made(text, name)
        elif (text, name) in made:
            short = made[text, name]
        else:
            short = made[text, name] = _made(text, name)
        if short is not None and short.body and _is_worth(short, text, marker):
            return name, short
    return None


def _is_worth(short: Short, text: str, marker: int) -> bool:
    """Whether the form is clearly shorter. Rows that say nothing new are not counted."""
    return len(short.head) + short.telling + marker <= _MAX_SHARE * len(text)


def segments_of(short: Short, min_chars: int, max_chars: int) -> Split:
    """The body of a compact form, cut at its marks."""
    least = 1 if short.apart else min_chars
    return Split(short.kind, sized(short.body, short.marks, least, max(max_chars, short.uncut)))


def said_in_short(text: str, form: str) -> str:
    """The whole text in a form, "" if the text has no such form. ``restore`` compares issued texts with it."""
    short = _made(text, form)
    return short.head + short.body if short else ""


def lines_in_short(body: str, form: str) -> int | None:
    """How many lines of its text a part of a search or a listing in short form says; None for other forms.

    >>> lines_in_short("src/: a.py b.py\\nREADME", "listing in short form")
    3
    """
    expand = _EXPANDED.get(form)
    return None if expand is None else expand(body).count("\n") + 1


def is_utf8(text: str) -> bool:
    """Whether UTF-8 can encode a text: it has no lone surrogates."""
    return not _NOT_UTF8.search(text)


def _made(text: str, form: str) -> Short | None:
    """The text in a form. None if it has none, if UTF-8 cannot encode it, or if a line of it looks like a gap."""
    short = guarded(lambda: FORMS[form](text), None)
    if short is None or not (is_utf8(short.head) and is_utf8(short.body)):
        return None
    return None if form in LOSSLESS and _GAP.search(short.body) else short
