"""Short forms: what a text says in fewer words, by the name that its marker line gives it.

A form is a pure function of the text alone, so that ``restore`` knows a text as issued by making the form
again from the original. Nothing else in the package knows which forms there are. A form that fails, or that could not
be sent, is none: the text stands as it is then.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Callable, Mapping, Sequence

from ..detect import Detected
from ..guard import guarded
from ..segment import Short, Split
from ..sizing import sized
from .json_notation import compact_json
from .log import short_log
from .search import short_listing, short_search
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
_OF_TERMINALS = ("terminal output without colours",)  # of texts with control characters
LOSSLESS = frozenset(FORMS) - {"log in short form", *_OF_TERMINALS}  # everything can be read off the form
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
_LEAST_CHARACTERS = 320  # of a text that is no JSON; below, a marker eats what is saved
_SHORTER = 0.85  # of its characters, at most, for a text to be said in short form
MARKER = 60  # characters
_GAP = re.compile("^…$", re.MULTILINE)  # what an excerpt of a form puts in the place of rows
_NOT_UTF8 = re.compile("[\ud800-\udfff]")


def forms_of(text: str, found: Detected) -> tuple[str, ...]:
    """The names of the forms that a text of its kind could have, best first.

    >>> from compresskit.content import detect
    >>> forms_of('{"id": 1}', detect('{"id": 1}'))
    ('JSON in short form',)
    """
    json = _OF_KIND["json"] if text.startswith(("{", "[")) else ()
    if len(text) < _LEAST_CHARACTERS or found.numbered:
        return json
    terminal = _OF_TERMINALS if "\x1b" in text or "\r" in text else ()
    return tuple(dict.fromkeys((*json, *_OF_KIND.get(found.kind, ()), *terminal)))


def shorten(text: str, forms: Sequence[str], marker: int = MARKER) -> tuple[str, Short] | None:
    """The first of the forms in which a text is clearly shorter, and the short text; None where there is none.

    ``marker`` are the characters of the line that stands before it.

    >>> records = ", ".join('{"flight": "HAT%d", "from": "JFK"}' % n for n in range(9))
    >>> name, short = shorten(f"[{records}]", list(FORMS))
    >>> name, short.head
    ('JSON in short form', '(flight,from: JFK)\\n')
    """
    for name in forms:
        short = _made(text, name)
        if short is not None and short.body and _is_worth(short, text, marker):
            return name, short
    return None


def _is_worth(short: Short, text: str, marker: int) -> bool:
    """Whether what has to be read is clearly less: of a text with rows that say little, without these."""
    return len(short.head) + short.telling + marker <= _SHORTER * len(text)


def segments_of(short: Short, min_chars: int, max_chars: int) -> Split:
    """The body of a short text, cut at its marks."""
    least = 1 if short.apart else min_chars
    return Split(short.kind, sized(short.body, short.marks, least, max(max_chars, short.uncut)))


def quiet_of(short: Short, split: Split) -> frozenset[int]:
    r"""The segments, by number, that hold nothing but quiet lines.

    >>> lines = [f"10:00:{n:02} INFO GET /items/{n + 100} 200 OK\n" for n in range(60)]
    >>> lines[30] = "10:00:30 INFO flag fast_path on -> off\n"
    >>> short = short_log("".join(lines))
    >>> split = segments_of(short, 40, 4000)
    >>> quiet_of(short, split)
    frozenset({1, 3})
    """
    starts, ends = short.quiet
    return frozenset(
        number for number, (start, end, _) in enumerate(split.segments) if _has(starts, start) and _has(ends, end)
    )


def _has(ordered: Sequence[int], value: int) -> bool:
    place = bisect_left(ordered, value)
    return place < len(ordered) and ordered[place] == value


def said_in_short(text: str, form: str) -> str:
    """The whole text in a form, "" where it has none: what an issued text is compared with."""
    short = _made(text, form)
    return short.head + short.body if short else ""


def _made(text: str, form: str) -> Short | None:
    """The text in a form, None if it has none, or none that can be sent and that says clearly what is in the text."""
    short = guarded(lambda: FORMS[form](text), None)
    if short is None or _NOT_UTF8.search(short.head) or _NOT_UTF8.search(short.body):
        return None
    return None if form in LOSSLESS and _GAP.search(short.body) else short
