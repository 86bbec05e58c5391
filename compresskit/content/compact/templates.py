"""Finds the templates of lines: lines that differ only in values (numbers, ids, names) have the same template.

The words of a line are compared place by place. A place with few different words, such as a status or a level, belongs
to the template. A place in which most lines have a word of their own is a value. So is a number, unless it is far
longer than the others in its place. The meaning of words does not matter, with one exception: a word of failure is no
value.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence

from ..alarm import alarms

_NUMBER = re.compile(r"\d+")
_DIGITS = str.maketrans("123456789", "0" * 9)
# All numbers were chosen by hand; "place" is the place of a word in its line.
_FEW = 3  # lines that are too few to find a value in them, maximum
_MAX_WORDS = 6  # different words in a place that is no value, maximum
_MAX_RARE_WORDS = 24  # the same, if nearly all lines have the same word there
_RARE = 0.2  # share of the lines with another word in that case, maximum
_VARIED = 0.2  # different words in a place, as a share of the lines, above which it is a value
_USUAL = 0.1  # share of the lines with one word above which the word is no value
_LITERAL = 0.5  # share of the places that are no values in a template, minimum
_MAX_PLACES = 60  # places of a line that are compared, maximum, which bounds the time
_LONGER = 2  # characters by which an odd number is longer than the common ones, minimum
_ODD = 0.01  # share of the lines with a number of some length up to which that length is odd
_MIN_COMMON = 20  # lines of which one can have an odd number, minimum

_Row = list[str]


def templates(lines: Sequence[str], asked: Sequence[object] | None = None) -> list[int]:
    """The template of each line as a number: the same number for lines that differ only in values.

    Args:
        asked: For each line, whether its template is asked for, which saves time. Other lines get any number.

    >>> templates([f"10:00:0{n} INFO GET /items/{n} 200" for n in range(9)] + ["10:00:09 INFO flag on -> off"])
    [0, 0, 0, 0, 0, 0, 0, 0, 0, 1]
    """
    rows: dict[str, _Row] = {}  # shared rows save memory: many lines are equal, at least without their numbers

    def row_of(line: str) -> _Row:
        return rows.get(line) or rows.setdefault(line, line.split(None, _MAX_PLACES))

    exact = [row_of(line) for line in lines]
    masked = [row_of(line) for line in _without_numbers(lines)]
    by_length: dict[int, list[int]] = {}
    for number, row in enumerate(exact):
        by_length.setdefault(len(row), []).append(number)
    found = [0] * len(exact)
    ids: dict[object, int] = {}
    for members in by_length.values():
        _part(exact, masked, members, asked, found, ids)
    order: dict[int, int] = {}
    return [order.setdefault(number, len(order)) for number in found]


def _without_numbers(lines: Sequence[str]) -> Iterable[str]:
    """The lines with 0 for each number.

    >>> list(_without_numbers(["job 100 took 7.25 s", "a1b"]))
    ['job 0 took 0.0 s', 'a0b']
    """
    joined = "\n".join(lines)
    if not joined.isascii():
        return [_NUMBER.sub("0", line) for line in lines]
    joined = joined.translate(_DIGITS)
    while "00" in joined:
        joined = joined.replace("00", "0")
    return each_line(joined)


def each_line(text: str) -> Iterator[str]:
    """The lines without their ends, one at a time: a list of tiny lines takes many times their size."""
    at = 0
    while (end := text.find("\n", at)) >= 0:
        yield text[at:end]
        at = end + 1
    yield text[at:]


def _part(
    exact: list[_Row],
    masked: list[_Row],
    members: list[int],
    asked: Sequence[object] | None,
    found: list[int],
    ids: dict[object, int],
) -> None:
    """Finds the templates of lines with the same number of words, place by place, and writes them into ``found``."""
    todo = [(members, 0, 0)]
    while todo:
        members, place, varied = todo.pop()
        if asked is not None and not any(map(asked.__getitem__, members)):
            continue
        places = len(exact[members[0]])
        if place == places or len(members) <= _FEW:
            alike = len(members) > _FEW and varied <= places * (1 - _LITERAL)
            for number in members:
                found[number] = ids.setdefault(members[0] if alike else (members[0], *masked[number]), len(ids))
            continue
        words = [exact[number][place] for number in members]
        if words.count(words[0]) == len(words):
            todo.append((members, place + 1, varied))
            continue
        by_word: dict[str, list[int]] = {}
        clear = len(set(words)) > max(_MAX_RARE_WORDS, _VARIED * len(words))
        if not clear:
            by_word = _by_word(words, members)
        if clear or _varies(exact, by_word, len(members), place):
            if clear or _NUMBER.search(" ".join(by_word)):
                words = [masked[number][place] for number in members]
                by_word = _without_odd(exact, _by_word(words, members), place)
            if _varies(masked, by_word, len(members), place):
                by_word, names = _names(by_word, _USUAL * len(members))
                todo += [(names, place + 1, varied + 1)] if names else []
        todo += [(same, place + 1, varied) for same in by_word.values()]


def _by_word(words: list[str], members: list[int]) -> dict[str, list[int]]:
    """The numbers of the lines that have each word."""
    found: dict[str, list[int]] = defaultdict(list)
    for word, number in zip(words, members, strict=True):
        found[word].append(number)
    return found


def _without_odd(exact: list[_Row], by_word: dict[str, list[int]], place: int) -> dict[str, list[int]]:
    """The same groups, without the lines in which a number is far longer than usual; these are groups of their own."""
    found: dict[str, list[int]] = {}
    for word, members in by_word.items():
        if "0" in word and len(members) >= _MIN_COMMON:
            lengths = Counter(len(exact[number][place]) for number in members)
            most = max(length for length, count in lengths.items() if count > _ODD * len(members))
            odd = [number for number in members if len(exact[number][place]) >= most + _LONGER]
            if odd:
                found[word + " odd"] = odd
                apart = set(odd)
                members = [number for number in members if number not in apart]
        found[word] = members
    return found


def _names(by_word: dict[str, list[int]], usual: float) -> tuple[dict[str, list[int]], list[int]]:
    """The groups whose word many lines have or is a word of failure, and the lines with any other word."""
    kept: dict[str, list[int]] = {}
    names: list[int] = []
    for word, members in by_word.items():
        if len(members) > usual or alarms(word):
            kept[word] = members
        else:
            names += members
    return kept, names


def _varies(rows: list[_Row], by_word: dict[str, list[int]], lines: int, place: int) -> bool:
    """Whether a place holds values."""
    if len(by_word) <= _MAX_WORDS:
        return False
    most = max(by_word.values(), key=len)
    if len(by_word) <= _MAX_RARE_WORDS and len(most) >= (1 - _RARE) * lines:
        return False
    if len(by_word) > _VARIED * lines or place + 1 == len(rows[most[0]]):
        return True
    # the word behind a value does not depend on the value
    after = {rows[number][place + 1] for same in by_word.values() for number in same}
    return 2 * len({rows[number][place + 1] for number in most}) > len(after)
