"""Finds the odd rows of a table: of records, or of a table set in spaces such as that of ``ps``, ``df`` or ``kubectl``.

A row is odd if one of its words is rare in a column of few words, or if a number is beyond all others of its column at
either end. Of a table set in spaces, the columns are the first words of the rows, as many as nearly all rows have: a
command or a remark may follow.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import pairwise

from . import weights as tuning

_NUMBER = re.compile(r"-?(\d[\d,]*(?:\.\d+)?)([kmgt]?)(?:i?b)?%?")
_UNITS = {"": 1.0, "k": 1e3, "m": 1e6, "g": 1e9, "t": 1e12}
_MAX_ROWS = 20_000  # rows of a table, maximum, which bounds time and memory
_MAX_COLUMNS = 40  # columns that are compared, which bounds the time
_BEGINNING = 1.5  # rows that are looked at first, as a multiple of those that may have no number in their column
_WORD_CHARACTERS = 60  # characters of a word that are compared
_DIGITS = re.compile(r"\d+")


def odd_rows(lines: Sequence[str]) -> list[float]:
    """For each line, from 0 to 1, how unlike the rest of its columns its words are.

    >>> rows = [f"/dev/sd{n} {n % 60}% /srv/{n}" for n in range(50)]
    >>> values = odd_rows([*rows, "/dev/sdx 99% /var/a b"])
    >>> values.index(max(values)), round(max(values), 1)
    (50, 1.0)
    >>> odd_rows([*(f"web-{n} Up {n} days" for n in range(40)), "mail-1 Exited 3 hours"])[-1]
    0.973
    """
    values = [0.0] * len(lines)
    for cells in _columns(lines):
        for number, value in odd_cells(cells).items():
            values[number] += (1 - values[number]) * tuning.WEIGHTS.odd_cell * value  # several odd words are odder
    return values


def odd_cells(cells: Sequence[tuple[int, str]]) -> dict[int, float]:
    """The rows whose cell is unlike the others of its column, with how unlike it is, from 0 to 1.

    >>> odd_cells([(row, "ok") for row in range(40)] + [(40, "failed")])
    {40: 1.0}
    """
    return {**dict(_beyond(cells)), **dict(_rare(cells))}


def is_table(lines: Sequence[str]) -> bool:
    """Whether two columns have numbers, or a few words, in nearly all rows.

    >>> is_table([f"root {n} pts/{n} bash" for n in range(20)]), is_table([f"Ann: part {'x' * n}" for n in range(20)])
    (True, False)
    """
    return sum(map(_is_regular, _columns(lines))) > 1


def _is_regular(cells: Sequence[tuple[int, str]]) -> bool:
    most = max(1, int(tuning.WEIGHTS.max_odd_share * len(cells)))
    counts = Counter(word for _, word in cells)
    regular = sum(
        count for word, count in counts.items() if _size(word) is not None or (word.isalnum() and count > most)
    )
    return regular >= tuning.WEIGHTS.common_share * len(cells)


def _columns(lines: Sequence[str]) -> Iterator[list[tuple[int, str]]]:
    """The words of each column, with the numbers of their lines. Lines of one word are no rows."""
    if not tuning.WEIGHTS.min_outlier_lines <= sum(map(bool, map(str.strip, lines))) <= _MAX_ROWS:
        return
    rows = [line.split(None, _MAX_COLUMNS) for line in lines]
    widths = sorted(filter(None, map(len, rows)), reverse=True)
    width = min(widths[int(tuning.WEIGHTS.common_share * (len(widths) - 1))], _MAX_COLUMNS)
    aligned = [(number, row) for number, row in enumerate(rows) if len(row) >= width]
    for column in range(width if width > 1 else 0):
        yield [(number, row[column]) for number, row in aligned]


def _beyond(cells: Sequence[tuple[int, str]]) -> list[tuple[int, float]]:
    """The rows whose number is beyond all others of the column, and how far."""
    tuned = tuning.WEIGHTS
    least = tuned.common_share * len(cells)
    beginning = cells[: int(_BEGINNING * (len(cells) - least))]
    if len(cells) - sum(_size(word) is None for _, word in beginning) < least:
        return []
    found = [(size, number) for number, word in cells if (size := _size(word)) is not None]
    if len(found) < least:
        return []
    found.sort()
    return _apart(found) + _apart([(-size, number) for size, number in reversed(found)])


def _apart(found: Sequence[tuple[float, int]]) -> list[tuple[int, float]]:
    """The rows of the last numbers, in ascending order, that have the widest gap before them, and how wide it is."""
    middle, (most, _) = found[len(found) // 2][0], found[-1]
    if most <= middle:
        return []
    tops = found[-tuning.WEIGHTS.max_extremes - 1 :]
    gaps = [(above - below) / (most - middle) for (below, _), (above, _) in pairwise(tops)]
    widest = max(range(len(gaps)), key=gaps.__getitem__)  # a total is as far beyond the others as its largest part
    return [(number, gaps[widest]) for _, number in tops[widest + 1 :]]


def _rare(cells: Sequence[tuple[int, str]]) -> list[tuple[int, float]]:
    """The rows with a rare word in a column of few words: as they are, or whatever their numbers are."""
    tuned = tuning.WEIGHTS
    most = max(1, int(tuned.max_odd_share * len(cells)))
    whole = [word[:_WORD_CHARACTERS] for _, word in cells]
    for shaped in (False, True):
        words = whole
        if shaped:
            shapes = {word: _DIGITS.sub("0", word) for word in dict.fromkeys(whole)}
            words = [shapes[word] for word in whole]
        counts = Counter(words)
        ((common, count),) = counts.most_common(1)
        if _size(common) is not None and 2 * count < len(words):
            continue  # numbers that vary: one that is rare says little
        if sum(count for count in counts.values() if count <= most) > (1 - tuned.common_share) * len(cells):
            continue  # each row has a word of its own: a name, a number
        rare = {word for word, count in counts.items() if count <= most}
        usual = sorted(counts[word] for word in words)[len(words) // 2]
        if most > tuned.max_odd_count_share * usual:
            rare = {word for word in rare if counts[word] <= tuned.max_odd_count_share * usual}
        return [(number, 1.0) for (number, _), word in zip(cells, words, strict=True) if word in rare]
    return []


def _size(word: str) -> float | None:
    """The number that a word is, with its unit: 12.5M, 97%, 1,024."""
    if not (word[:1].isdecimal() or word[:1] == "-"):
        return None
    match = _NUMBER.fullmatch(word.lower()[:30])
    return float(match[1].replace(",", "")) * _UNITS[match[2]] if match else None
