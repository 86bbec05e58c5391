"""Lines told apart by what varies in them: numbers, ids, names in the same place of many lines.

A place with few different words is part of what a line says (a status, a level), one in which lines have
words of their own is left open; so is a number there, unless it is far longer than the others. What a word
means does not matter, except that words of failure are never taken for a name.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

from ..alarm import alarms

_NUMBER = re.compile(r"\d+")
_FEW = 3  # lines that are too few to say what varies
_MOST_WORDS = 6  # different ones in a place that is no variable yet
_MOST_RARE = 24  # the same, where nearly all lines have one and the same word
_RARE = 0.2  # of the lines have another word then
_VARIED = 0.2  # of the lines have a word of their own where a place surely varies
_USUAL = 0.1  # of the lines have a word that is no name
_LITERAL = 0.5  # of the places are the same in all lines of a template
_MOST_PLACES = 60  # of a line that are looked at
_LONGER = 2  # characters by which an odd number is longer than what is common
_ODD = 0.01  # of the lines have an odd number
_LEAST_COMMON = 20  # lines in which a number can be odd

_Row = list[str]


def templates(lines: Sequence[str]) -> list[int]:
    """A number for each line: the same for lines that differ in nothing but what varies.

    >>> templates([f"10:00:0{n} INFO GET /items/{n} 200" for n in range(9)] + ["10:00:09 INFO flag on -> off"])
    [0, 0, 0, 0, 0, 0, 0, 0, 0, 1]
    """
    rows: dict[str, _Row] = {}  # lines often say the same, at the latest without their numbers: their rows are shared

    def row_of(line: str) -> _Row:
        return rows.get(line) or rows.setdefault(line, line.split(None, _MOST_PLACES))

    exact = [row_of(line) for line in lines]
    masked = [row_of(_NUMBER.sub("0", line)) for line in lines]
    by_length: dict[int, list[int]] = {}
    for number, row in enumerate(exact):
        by_length.setdefault(len(row), []).append(number)
    found = [0] * len(exact)
    ids: dict[object, int] = {}
    for members in by_length.values():
        _part(exact, masked, members, found, ids)
    order: dict[int, int] = {}
    return [order.setdefault(number, len(order)) for number in found]


def _part(exact: list[_Row], masked: list[_Row], members: list[int], found: list[int], ids: dict[object, int]) -> None:
    """Gives every line of the same number of words its template, place by place from the left."""
    todo = [(members, 0, 0)]
    while todo:
        members, place, varied = todo.pop()
        places = len(exact[members[0]])
        if place == places or len(members) <= _FEW:
            alike = len(members) > _FEW and varied <= places * (1 - _LITERAL)
            for number in members:
                found[number] = ids.setdefault(members[0] if alike else (members[0], *masked[number]), len(ids))
            continue
        by_word = _by_word(exact, members, place)
        if _varies(exact, by_word, len(members), place):
            by_word = _without_odd(exact, _by_word(masked, members, place), place)
            if _varies(masked, by_word, len(members), place):
                by_word, names = _names(by_word, _USUAL * len(members))
                todo += [(names, place + 1, varied + 1)] if names else []
        todo += [(same, place + 1, varied) for same in by_word.values()]


def _by_word(rows: list[_Row], members: list[int], place: int) -> dict[str, list[int]]:
    found: dict[str, list[int]] = {}
    for number in members:
        found.setdefault(rows[number][place], []).append(number)
    return found


def _without_odd(exact: list[_Row], by_word: dict[str, list[int]], place: int) -> dict[str, list[int]]:
    """The same, with lines apart in which a number is far longer than it commonly is."""
    found: dict[str, list[int]] = {}
    for word, members in by_word.items():
        if "0" in word and len(members) >= _LEAST_COMMON:
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
    """The words that many lines have or that speak of failure; and the lines with any other."""
    kept: dict[str, list[int]] = {}
    names: list[int] = []
    for word, members in by_word.items():
        if len(members) > usual or alarms(word):
            kept[word] = members
        else:
            names += members
    return kept, names


def _varies(rows: list[_Row], by_word: dict[str, list[int]], lines: int, place: int) -> bool:
    """Whether the words in a place are values rather than part of what is said."""
    if len(by_word) <= _MOST_WORDS:
        return False
    most = max(by_word.values(), key=len)
    if len(by_word) <= _MOST_RARE and len(most) >= (1 - _RARE) * lines:
        return False
    if len(by_word) > _VARIED * lines or place + 1 == len(rows[most[0]]):
        return True
    # what follows a value does not depend on it
    after = {rows[number][place + 1] for same in by_word.values() for number in same}
    return 2 * len({rows[number][place + 1] for number in most}) > len(after)
