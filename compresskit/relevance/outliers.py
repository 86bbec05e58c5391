"""Finds outliers without a query: lines unlike the others, and records with an odd value.

Each gets a number from 0 to 1, from the texts alone. A flag that flips among thousands of requests counts, at
whatever level it is logged; so do a status that one record of a thousand has, and a number far off.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import chain, islice
from typing import NamedTuple

from ..content.alarm import alarms, level_of
from ..content.compact.templates import templates
from ..content.splitters.sentences import sentence_ends
from . import weights as tuning
from .columns import odd_cells

LINE_CHARACTERS = 400  # characters of a line that are read, which bounds the time
# How tools say in plain words that something did not work, besides the words of failure (``content/alarm.py``).
_TROUBLE = re.compile(
    r"\b(?:can ?not|can't|could ?n[o']t|unable to|no such|not found|undefined|unresolved|missing|unhealthy|conflict"
    r"|rejected|forbidden|unauthorized|mismatch|must be replaced|forces replacement|backoff|expected)"
    r"|^\s*(?:not ok\b|[✖✗✘×❌])"
)
# How runners of tests say that a test passed, whatever it is named after: "test_raises_error PASSED", "✓ fails early".
_PASSED = re.compile(r"\bPASS(?:ED)?\b|^\s*(?:ok \d|[✓✔√])|\.\.\. ?(?:ok|skipped)\s*$")
_FAILED = re.compile(r"\b(?:FAIL|ERROR)")
# A frame of a stack, whose functions have names such as "assert_failed" and "panic_fmt".
_FRAME = re.compile(r"\s+at \S+[:/.(]|\s*#\d+\s|\s+\d+: \S+::|\s+File \"")
_HEADING = re.compile(r"\s*([=\-_*#~─━])\1{2,}[^\d\n]{1,60}?\1{3,}\s*")
_LINE = re.compile(r"[^\n]+")
_WORD = re.compile(r"[^\W\d_]{2,}")
_CELL = re.compile(r",\s?|\t|\|")
_MEMBER = re.compile(r'"([^"\\\n]{1,60})"\s*:\s*("(?:[^"\\]|\\.){0,400}"|-?\d[\d.eE+-]*|true\b|false\b|null\b)')
_VALUE_CHARACTERS = 100  # characters of a value of JSON that are compared


class Lines(NamedTuple):
    """The lines of texts, with the template and the level of each (see ``content.compact.templates``, ``alarm``)."""

    texts: list[list[str]]
    kinds: list[int]
    levels: list[int | None]

    @property
    def levelled(self) -> bool:
        """Whether most lines have a level: they are events, and say little of the lines beside them."""
        return 2 * sum(level is not None for level in self.levels) >= len(self.levels)


def lines_of(texts: Sequence[str]) -> Lines:
    """The lines of texts, each with its first characters only, which bounds the time."""
    found = [[line[:LINE_CHARACTERS] for line in text.splitlines()] for text in texts]
    every = list(chain.from_iterable(found))
    return Lines(found, templates(every), [level_of(line) for line in every])


def of_lines(lines: Lines) -> list[float]:
    """For each text, how unlike the lines of all texts its lines are.

    >>> [round(value, 1) for value in of_lines(lines_of(["a b\\n" * 20, "disk 3 was removed\\n", "a b\\n" * 20]))]
    [0.4, 1.0, 0.0]
    """
    tuned = tuning.WEIGHTS
    most_rare, of_first, of_alarm = tuned.max_rare_lines, tuned.first_of_kind, tuned.alarming
    found = lines.kinds
    if len(found) < tuned.min_outlier_lines:
        return [0.0] * len(lines.texts)
    counts = Counter(found)
    rare = sum(count for count in counts.values() if count <= most_rare) / len(found)
    seen: set[int] = set()
    values = []
    number = 0
    for text in lines.texts:
        best = 0.0
        for line in text:
            kind = found[number]
            number += 1
            if line.strip() and (kind not in seen or counts[kind] <= most_rare):
                alarming = of_alarm if is_alarming(line, True) else 0.0
                best = max(best, alarming, (1 - rare) * (1.0 if alarming or counts[kind] <= most_rare else of_first))
            seen.add(kind)
        values.append(best)
    return values


def of_own_words(texts: Sequence[str]) -> list[float]:
    """For each text, whether it has a sentence in words of its own, from 0 to 1. 0 if they repeat few words.

    Forms, letters and chats repeat what they say, and a sentence that only one of them has tells it apart.

    >>> usual = ["Thank you. We have received your order 7.", "We have received your order 9. Thank you."] * 9
    >>> [round(value, 1) for value in of_own_words([*usual, "Thank you. The glass of the lamp was broken."])][-2:]
    [0.0, 0.5]
    """
    tuned = tuning.WEIGHTS
    words = [_WORD.findall(text.lower()) for text in texts]
    counts = Counter(chain.from_iterable(words))
    own = {word for word, count in counts.items() if count <= tuned.max_rare_lines}
    certain = 1 - sum(map(counts.__getitem__, own)) / max(1, counts.total()) / tuned.max_own_share
    if certain <= 0 or len(texts) < tuned.min_outlier_lines:
        return [0.0] * len(texts)
    least, share = tuned.min_own_words, tuned.min_own_sentence_share
    values = [0.0] * len(texts)
    for number, (text, each) in enumerate(zip(texts, words, strict=True)):
        if sum(map(own.__contains__, each)) >= least:  # most texts have none
            sentences = (_WORD.findall(sentence.lower()) for sentence in _sentences(text))
            if any(sum(map(own.__contains__, said)) >= max(least, share * len(said)) for said in sentences):
                values[number] = certain
    return values


def _sentences(text: str) -> Iterator[str]:
    start = 0
    for line in _LINE.finditer(text):
        for end in (*sentence_ends(text, *line.span()), line.end()):
            yield text[start:end]
            start = end


def severities(lines: Lines) -> list[float]:
    """The severity of each line, from 0 to 1. In a log with levels, a word of failure in a line of INFO means little.

    >>> log = [f"10:00:{n} INFO done, 0 errors\\n" for n in range(10, 29)] + ["10:00:30 ERROR disk full\\n"]
    >>> severities(lines_of(log))[-2:]
    [0.2, 0.9]
    """
    tuned = tuning.WEIGHTS
    shares = (0.0, *tuned.level_severities)
    levelled = lines.levelled
    of_alarm = tuned.quiet_alarm if levelled else 1.0
    return [
        shares[level] if level else of_alarm if is_alarming(line, levelled) else 0.0
        for line, level in zip(chain.from_iterable(lines.texts), lines.levels, strict=True)
    ]


def is_alarming(line: str, levelled: bool) -> bool:
    """Whether a line has words of failure, and is no heading between rules, behind which the failures come.

    >>> [is_alarming(line, False) for line in ("no such file", "====== FAILURES ======", "== 1 failed ==")]
    [True, False, True]
    """
    words = alarms(line) or (not levelled and _TROUBLE.search(line.lower()) is not None)
    return words and not (is_formal(line) or _FRAME.match(line))


def is_formal(line: str) -> bool:
    """Whether a line only says that a test passed, or is a title between rules.

    >>> is_formal("test_raises_error PASSED"), is_formal("1 PASSED, 2 FAILED"), is_formal("=== ERRORS ===")
    (True, False, True)
    """
    return (_PASSED.search(line) is not None and _FAILED.search(line) is None) or _HEADING.fullmatch(line) is not None


def of_records(texts: Sequence[str]) -> list[float]:
    """For each text, from 0 to 1, how unlike the others the values and the shape of its records are.

    >>> of_records([f"{n % 9}, ok\\n" for n in range(50)] + ["5, failed\\n"])[-2:]
    [0.0, 1.0]
    """
    tuned = tuning.WEIGHTS
    rows = [_CELL.split(line) for text in texts for line in text.splitlines()]
    if len(rows) < tuned.min_outlier_lines:
        return [0.0] * len(texts)
    odd = [0.0] * len(rows)
    by_length: dict[int, list[int]] = {}
    for number, row in enumerate(rows):
        by_length.setdefault(len(row), []).append(number)
    for members in by_length.values():
        if len(members) <= tuned.max_odd_share * len(rows):
            for number in members:
                odd[number] = 1.0
        elif len(members) >= tuned.min_outlier_lines:
            for column in zip(*map(rows.__getitem__, members), strict=True):
                values = (cell.rpartition(": ")[2].strip(' "{}[]') for cell in column)
                for number, value in odd_cells(list(zip(members, values, strict=True))).items():
                    odd[number] = max(odd[number], value)
    each = iter(odd)
    return [max(islice(each, len(text.splitlines())), default=0.0) for text in texts]


def of_members(texts: Sequence[str]) -> list[float]:
    """For each text of JSON, from 0 to 1, how unlike the others its records, its values and its keys are.

    >>> records = [f'{{"id": "p{n}", "state": "ok", "at": {{"hub": {n % 5}}}}}' for n in range(60)]
    >>> of_members([*records, '{"id": "p60", "state": "lost"}', '{"id": "p61", "state": "ok", "why": "x"}'])[-3:]
    [0.0, 1.0, 1.0]
    """
    tuned = tuning.WEIGHTS
    columns: dict[str, tuple[list[str], list[int]]] = {}  # by key
    for number, text in enumerate(texts):
        for key, value in _MEMBER.findall(text):
            cells, members = columns.setdefault(key, ([], []))
            cells.append(value[:_VALUE_CHARACTERS].strip('"'))
            members.append(number)
    odd = of_records(texts)
    usual = max((len(cells) for cells, _ in columns.values()), default=0)
    for cells, members in columns.values():
        if usual >= tuned.min_outlier_lines and len(cells) <= tuned.max_odd_share * usual:
            for number in members:
                odd[number] = 1.0
        elif len(cells) >= tuned.min_outlier_lines:
            for number, value in odd_cells(list(zip(members, cells, strict=True))).items():
                odd[number] = max(odd[number], value)
    return odd
