"""Finds outliers without a query: lines unlike the others, and records with an odd value.

Of 0 to 1, by nothing but the texts themselves. A flag that flips among thousands of requests counts, at
whatever level it is logged; so do a status that one record of a thousand has, and a number far off.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

from ..content.alarm import alarms
from ..content.compact.templates import templates
from . import weights as tuning

_CELL = re.compile(r",\s?|\t|\|")
_NUMBER = re.compile(r"-?\d+(?:\.\d+)?")


def of_lines(texts: Sequence[str]) -> list[float]:
    """For each text, how unlike the lines of all texts its lines are.

    >>> [round(value, 1) for value in of_lines(["a b\\n" * 20, "disk 3 was removed\\n", "a b\\n" * 20])]
    [0.4, 1.0, 0.0]
    """
    tuned = tuning.WEIGHTS
    most_rare, of_first, of_alarm = tuned.max_rare_lines, tuned.first_of_kind, tuned.alarming
    lines = [line for text in texts for line in text.splitlines()]
    if len(lines) < tuned.min_outlier_lines:
        return [0.0] * len(texts)
    found = templates(lines)
    counts = Counter(found)
    rare = sum(count for count in counts.values() if count <= most_rare) / len(lines)
    seen: set[int] = set()
    values = []
    number = 0
    for text in texts:
        best = 0.0
        for line in text.splitlines():
            kind = found[number]
            number += 1
            if line.strip() and (kind not in seen or counts[kind] <= most_rare):
                alarming = of_alarm if alarms(line) else 0.0
                best = max(best, alarming, (1 - rare) * (1.0 if alarming or counts[kind] <= most_rare else of_first))
            seen.add(kind)
        values.append(best)
    return values


def of_records(texts: Sequence[str]) -> list[float]:
    """1 for each text with a record that has an odd value or shape, 0 for the others.

    >>> of_records([f"{n}, ok\\n" for n in range(50)] + ["50, failed\\n"])[-2:]
    [0.0, 1.0]
    """
    tuned = tuning.WEIGHTS
    rows = [_CELL.split(line) for text in texts for line in text.splitlines()]
    if len(rows) < tuned.min_outlier_lines:
        return [0.0] * len(texts)
    odd = [False] * len(rows)
    by_length: dict[int, list[int]] = {}
    for number, row in enumerate(rows):
        by_length.setdefault(len(row), []).append(number)
    for members in by_length.values():
        if len(members) <= tuned.max_odd_share * len(rows):
            for number in members:
                odd[number] = True
        elif len(members) >= tuned.min_outlier_lines:
            for place in range(len(rows[members[0]])):
                _mark_odd([rows[number][place] for number in members], members, odd)
    values = []
    number = 0
    for text in texts:
        count = len(text.splitlines())
        values.append(1.0 if any(odd[number : number + count]) else 0.0)
        number += count
    return values


def _mark_odd(cells: list[str], members: list[int], odd: list[bool]) -> None:
    """Marks the rows whose cell is unlike the column: a rare word among few, or a number far off."""
    tuned = tuning.WEIGHTS
    counts = Counter(cells)
    most = max(1, int(tuned.max_odd_share * len(cells)))
    common = sum(count for count in counts.values() if count > most)
    if common >= tuned.common_share * len(cells):
        # in a column such as days, in which every word is about as rare as the others, none is odd
        usual_count = sorted(counts[cell] for cell in cells)[len(cells) // 2]
        most = min(most, max(1, int(tuned.max_odd_count_share * usual_count)))
        for number, cell in zip(members, cells, strict=True):
            odd[number] |= counts[cell] <= most < usual_count
        return
    found = [_NUMBER.search(cell) for cell in cells]
    numbers = [float(match[0][:18]) for match in found if match]
    if len(numbers) < tuned.common_share * len(cells):
        return
    middle = sorted(numbers)[len(numbers) // 2]
    usual = sorted(abs(each - middle) for each in numbers)[int(tuned.common_share * len(numbers))]
    far = [match is not None and abs(float(match[0][:18]) - middle) > tuned.far_factor * usual for match in found]
    if usual and sum(far) <= most:
        for number, is_far in zip(members, far, strict=True):
            odd[number] |= is_far
