"""Finds what a shrunk text must keep unchanged, and checks that it does. It does not judge meaning.

These parts must stay: numbers with their units, dates, ids, paths, URLs, quoted strings, negations with the words that
they negate, and names from the query. A shrunk text must not contain a number, an id or a negation that its source does
not have.

Ids, paths, URLs, quotes, dates and names from the query must occur once, even if the source repeats them. Plain numbers
and negations must occur as often as in the source.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from typing import NamedTuple

from ..relevance.terms import STOP_WORDS, mentions
from .negations import UNSPACED, phrases
from .unit_patterns import DATE, DAY, UNIT, UNSPACED_NUMBER, UNSPACED_UNIT, WORDED_NUMBER

# Runs that may hold a number or a name, without spaces, brackets, quotes and letters of scripts without spaces.
_RUN = re.compile(rf"[^\s(){{}}\[\]<>\"“”„«»‹›`…—|、。，；：！？「」『』（）{UNSPACED}]+")
_EDGES = ".,:;!?'’*_~"  # characters that end a clause or stress a word, and belong to no number
_DIGIT = re.compile(r"\d")
_YEAR = re.compile(r"[12]\d{3}s?")
_PLAIN = re.compile(r"[-+−~≈±#№]?[$€£¥₹₩]?[-+]?\d[\d.,'’٫٬\u00a0\u202f]*(?:st|nd|rd|th)?[%％‰°]?")
_NAME = re.compile(
    r"\w://|@\w|\w[/\\]+[\w.~]|^[/\\~]\w|\w_\w|^-{1,2}[a-z][\w-]+$|[a-z][A-Z]|^www\.|\w\.\w{2,}"  # without a digit
)
_QUOTED = re.compile(
    r"\"([^\"\n]{1,400})\"|“([^”\n]{1,400})”|„([^“”\n]{1,400})[“”]|«([^»\n]{1,400})»|「([^」\n]{1,400})」|『([^』\n]{1,400})』"
    r"|`([^`\n]{1,400})`|(?<![\w'])'([^'\n]{1,200})'(?!\w)|(?<!\w)‘([^’\n]{1,200})’(?!\w)"
)
_PROPER = re.compile(r"[^\W\d_a-z][\w’'-]+")  # words that may begin with a capital; other alphabets are checked later
_UNSPACED_NAME = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff]{2,}|[\u30a0-\u30ff]{2,}|[\u0e00-\u0e7f]{4,}")

_FOLLOWING = re.compile(r"[ \t]+\S{1,40}")
_MAX_NAMES = 64  # names of a query

_COUNTED = frozenset({"number", "negation"})


class Item(NamedTuple):
    """A part of a text that must stay. A text that keeps all characters from ``start`` to ``end`` passes the check.

    Attributes:
        kind: A word for the kind of the part, such as "number".
        text: The text that must occur.
        start, end: The offsets of the part, with the characters beside it that the check needs.
    """

    kind: str
    text: str
    start: int
    end: int


def items(text: str, query: str = "") -> list[Item]:
    """Everything in a text that must stay, in order; parts may overlap.

    >>> [(item.kind, item.text) for item in items("On 3 May it took 25 ms, not more, in src/db.py.")]
    [('date', '3 May'), ('number', '3'), ('number', '25 ms'), ('negation', 'not more'), ('name', 'src/db.py')]
    """
    found = [*_numbers_and_names(text), *_dates(text), *_quotes(text), *_asked(text, query)]
    found += [Item("negation", phrase.words, phrase.pinned, phrase.end) for phrase in phrases(text)]
    return sorted(found, key=lambda item: (item.start, item.kind))


def missing(source: str, shrunk: str, query: str = "") -> str:
    """The reason why ``shrunk`` cannot replace ``source``, without a quotation of either; "" if it can.

    >>> missing("It took 25 ms, not more.", "took 25 ms, not more"), missing("It took 25 ms.", "It took 25 s.")
    ('', 'a number is missing or changed')
    """
    before, after = _tallied(items(source)), _tallied(items(shrunk))
    for kind in dict.fromkeys([*before, *after]):
        old, new = before.get(kind, Counter()), after.get(kind, Counter())
        if kind in _COUNTED:
            lost = old - new
            invented = (new - old) if kind == "negation" else set(new) - set(old)
        else:
            lost, invented = Counter(set(old) - set(new)), set(new) - set(old)
        if lost:
            return f"a {kind} is missing or changed"
        if kind == "quoted string":  # a part of the source may be quoted
            invented = {quote for quote in invented if quote not in source}
        if invented:
            return f"a {kind} was added that the text does not have"
    for name in _names_of(query):
        if _occurs(name, source) and not _occurs(name, shrunk):
            return "a name from the query is missing"
    return ""


def _tallied(found: list[Item]) -> dict[str, Counter[str]]:
    tallied: dict[str, Counter[str]] = {}
    for item in found:
        tallied.setdefault(item.kind, Counter())[item.text] += 1
    return tallied


def _numbers_and_names(text: str) -> Iterator[Item]:
    for match in _RUN.finditer(text):
        run = match[0].strip(_EDGES)
        start = match.start() + match[0].find(run)
        if not run:
            continue
        if not _DIGIT.search(run):
            if _NAME.search(run):
                yield Item("name", run, start, start + len(run))
        elif _YEAR.fullmatch(run):
            unit = UNSPACED_UNIT.match(text, start + len(run))
            yield Item("date", run, start, _next(text, unit.end() if unit else start + len(run)))
        elif _PLAIN.fullmatch(run):
            end = start + len(run)
            unit = (UNIT.match(text, end) or UNSPACED_UNIT.match(text, end)) if end >= match.end() else None
            number = text[start : unit.end()] if unit else run
            yield Item("number", " ".join(number.split()), start, _next(text, start + len(number)))
        else:  # an id, a version, a time, a range or a path
            yield Item("name", run, start, start + len(run))
    for match in [*WORDED_NUMBER.finditer(text), *UNSPACED_NUMBER.finditer(text)]:
        yield Item("number", match[0].lower(), match.start(), match.end())


def _next(text: str, end: int) -> int:
    """The end of the word behind a number. Without it, another word could be taken for the unit of the number."""
    found = _FOLLOWING.match(text, end)
    return found.end() if found else end


def _dates(text: str) -> Iterator[Item]:
    for pattern in (DATE, DAY):
        for match in pattern.finditer(text):
            yield Item("date", match[0], match.start(), match.end())


def _quotes(text: str) -> Iterator[Item]:
    for match in _QUOTED.finditer(text):
        quote = next(group for group in match.groups() if group is not None)
        yield Item("quoted string", quote, match.start(), match.end())


def _asked(text: str, query: str) -> Iterator[Item]:
    for name in _names_of(query):
        found = _bounded(name).search(text)
        if found:
            yield Item("asked", name, found.start(), found.end())


def _names_of(query: str) -> list[str]:
    """The names in a query: identifiers, quoted words, and words with a capital or of a script without capitals."""
    proper = [
        name
        for name in _PROPER.findall(query)
        if name.lower() not in STOP_WORDS and len(name) > 2 and not name[0].islower()
    ]
    return list(dict.fromkeys([*mentions(query), *proper, *_UNSPACED_NAME.findall(query)]))[:_MAX_NAMES]


def _bounded(name: str) -> re.Pattern[str]:
    if _UNSPACED_NAME.match(name):
        return re.compile(re.escape(name))
    return re.compile(rf"(?<!\w){re.escape(name)}(?!\w)")


def _occurs(name: str, text: str) -> bool:
    return _bounded(name).search(text) is not None
