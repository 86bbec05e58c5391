"""Counts that say how a command went: "41 passed", "Failures: 2", "3 files changed". It reads words, not formats."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from .compact.log import cleaned

_END_CHARACTERS = 1_500  # characters at the end of a text, where outputs say how it went
_LINE_CHARACTERS = 300  # characters of a line with counts, maximum: a longer line is not a summary
_MAX_COUNTS = 5  # counts of a text, maximum
_FEW_LINES = 4  # lines with counts, of which the last one is about the whole
_SEARCHED_CHARACTERS = 200_000  # characters that are searched for lines of the same kind, which bounds the time
_WORDS = (
    r"pass(?:ed|ing)?|fail(?:ed|ures?|ing)?|errors?|warnings?|skipped|ignored|deselected|xfailed|xpassed|pending|todo"
    r"|succeeded|changed|insertions?|deletions?|added|removed|deleted|destroyed?|updated|upgraded|installed"
    r"|vulnerabilities|problems?|broken|timed out|unreachable|add|change|destroy|rescued|ok"
)
_THINGS = r"(?:to |newly )?(?:tests?|files?|specs?|suites?|examples?|packages?)?[ ]?"
# Both patterns search the lower-case text, which is many times faster than a search that ignores case.
_NUMBER_FIRST = re.compile(rf"(\d(?<![\w.:/#-].)\d*+(?:,\d{{3}})*+)[ ]++({_THINGS}(?:{_WORDS}))\b")
_WORD_FIRST = re.compile(rf"\b({_WORDS})[:=][ ]?(\d+(?:,\d{{3}})*)(?![\w.:/-])")
# The end of a word and the number, in every match of the second, and far faster to find.
_WORD_AND_NUMBER = re.compile(r"[:=](?:(?<=[^\W\d]{3}.)|(?<=ok.))[ ]?\d")


class Count(NamedTuple):
    """A number that an output gives, with the word for it: 41, "passed"."""

    number: int
    what: str


def outcomes(text: str) -> tuple[Count, ...]:
    """The counts of the last line that has any, as its command wrote them; zeros are left out.

    >>> outcomes("...\\n=== 3 failed, 41 passed in 2.10s ===\\n")
    (Count(number=3, what='failed'), Count(number=41, what='passed'))
    >>> outcomes("Tests run: 1,209, Failures: 1, Errors: 0\\n"), outcomes("1,209 passed\\n")
    ((Count(number=1, what='failures'),), (Count(number=1209, what='passed'),))
    """
    text = cleaned(text[-_SEARCHED_CHARACTERS:])
    for line in reversed(text[-_END_CHARACTERS:].split("\n")):
        if len(line) <= _LINE_CHARACTERS and (found := list(_counts(line))):
            return tuple(found[:_MAX_COUNTS]) if _is_total(found, text) else ()
    return ()


def _is_total(found: list[Count], text: str) -> bool:
    """Whether a line counts the whole: few lines have counts, or its largest one is near the sum of all others.

    In ``git log --stat`` each commit has such a line, and the last one is about the last commit alone.
    """
    lines = [each for line in text.split("\n") if (each := list(_counts(line[:_LINE_CHARACTERS])))]
    if len(lines) <= _FEW_LINES:
        return True
    largest = max(found)
    others = sum(number for line in lines for number, what in line if what == largest.what) - largest.number
    return 2 * largest.number >= others


def has_outcome(line: str) -> bool:
    """Whether a line gives such a count, zeros included.

    >>> has_outcome("0 errors"), has_outcome("chapter 3")
    (True, False)
    """
    low = line.lower()
    if _NUMBER_FIRST.search(low):
        return True
    return _WORD_AND_NUMBER.search(low) is not None and _WORD_FIRST.search(low) is not None


def _counts(line: str) -> Iterator[Count]:
    low = line.lower()
    found = [(match.start(), match[1], match[2]) for match in _NUMBER_FIRST.finditer(low)]
    if _WORD_AND_NUMBER.search(low):
        found += [(match.start(), match[2], match[1]) for match in _WORD_FIRST.finditer(low)]
    for _, digits, word in sorted(found):
        if number := int(digits.replace(",", "")[:12]):
            yield Count(number, " ".join(word.split()))
