"""Tables (CSV, TSV, Markdown) in short form: what is the same in all or nearly all rows said once.

    id,plan,region,state           (in every row region: eu)
    1,free,eu,ok                   (unless a row says otherwise state: ok)
    2,pro,eu,ok                    id,plan
    3,free,eu,late                 1,free
                                   2,pro
                                   3,free,state=late

Used only where every cell can be read back. The head is there with whatever rows stay, so that they are
never without their columns' names.
"""

from __future__ import annotations

import csv
import io
import re
from collections import Counter

from .segment import Short, line_marks

_LEAST_ROWS = 8
_MOST_COLUMNS = 200
_MANY_ROWS = 40  # from here on rows are like others before them, and worth showing for what they say alone
_COMMON = 0.8  # of the rows have a value that is said once
_DELIMITERS = (",", "\t", ";")
_RULE = re.compile(r"\|(?:\s*:?-+:?\s*\|)+\s*")
_EVERY = "(in every row "
_UNLESS = "(unless a row says otherwise "

Row = list[str]


def short_table(text: str) -> Short | None:
    r"""A table with common values hoisted; None where it is none, or its cells could not be read back.

    >>> rows = "".join(f"{n},mia,eu,{'late' if n == 3 else 'ok'}\n" for n in range(9))
    >>> short = short_table("id,user,region,state\n" + rows)
    >>> print(short.head + short.body[:20], end="")
    (in every row user: mia, region: eu)
    (unless a row says otherwise state: ok)
    id
    0
    1
    2
    3,state=late
    4
    """
    found = _rows_of(text)
    if found is None:
        return None
    delimiter, names, rows = found
    same, usual = _common(names, rows)
    kept = [place for place in range(len(names)) if place not in same and place not in usual]
    if not kept:
        return None
    lines = []
    for row in rows:
        others = [f"{names[place]}={row[place]}" for place, value in usual.items() if row[place] != value]
        lines.append(_line([row[place] for place in kept] + others, delimiter))
    head = _line([names[place] for place in kept], delimiter) + "\n"
    for opening, values in ((_UNLESS, usual), (_EVERY, same)):
        if values:
            head = f"{opening}{', '.join(f'{names[place]}: {value}' for place, value in values.items())})\n{head}"
    if any("\n" in line for line in lines) or _expanded(lines, delimiter, names, same, usual) != rows:
        return None
    size = sum(map(len, lines)) + len(lines)
    return Short("table", head, "\n".join(lines), line_marks(lines), size if len(rows) < _MANY_ROWS else size // 2)


def _rows_of(text: str) -> tuple[str, Row, list[Row]] | None:
    """Delimiter, column names and rows of a table; None where the text is not a table and nothing else."""
    first = text[: text.find("\n")]
    if first.startswith("|"):
        return _markdown_rows(text)
    delimiter = max(_DELIMITERS, key=first.count)
    if not 0 < first.count(delimiter) < _MOST_COLUMNS:
        return None
    try:
        rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True))
    except csv.Error:
        return None
    names, rows = rows[0], rows[1:]
    if len(rows) < _LEAST_ROWS or any(len(row) != len(names) for row in rows) or not _are_names(names):
        return None
    return delimiter, names, rows


def _markdown_rows(text: str) -> tuple[str, Row, list[Row]] | None:
    lines = text.rstrip("\n").split("\n")
    if len(lines) < _LEAST_ROWS + 2 or not _RULE.fullmatch(lines[1]):
        return None
    rows = [
        [cell.strip() for cell in line.strip().removesuffix("|")[1:].split("|")] for line in lines if line[:1] == "|"
    ]
    names, rows = rows[0], rows[2:]
    whole = len(rows) + 2 == len(lines) and all(len(row) == len(names) for row in rows)
    return ("|", names, rows) if whole and _are_names(names) else None


def _are_names(names: Row) -> bool:
    """Whether a first row could name the columns, so that what is said of them is clear."""
    return len(set(names)) == len(names) and all(
        name and "\n" not in name and "=" not in name and not name[0].isdigit() for name in names
    )


def _common(names: Row, rows: list[Row]) -> tuple[dict[int, str], dict[int, str]]:
    """By column, the values that all rows have, and those that nearly all have and that are worth an exception."""
    same: dict[int, str] = {}
    usual: dict[int, str] = {}
    for place, name in enumerate(names):
        value, count = Counter(row[place] for row in rows).most_common(1)[0]
        if "\n" in value:
            continue
        if count == len(rows):
            same[place] = value
        elif count >= _COMMON * len(rows) and count * (len(value) + 1) > (len(rows) - count) * (len(name) + 2):
            usual[place] = value
    return same, usual


def _line(cells: Row, delimiter: str) -> str:
    out = io.StringIO()
    csv.writer(out, delimiter=delimiter, lineterminator="").writerow(cells)
    return out.getvalue()


def _expanded(lines: list[str], delimiter: str, names: Row, same: dict[int, str], usual: dict[int, str]) -> list[Row]:
    """The rows that short lines stand for."""
    kept = [place for place in range(len(names)) if place not in same and place not in usual]
    found = []
    for line in lines:
        cells = next(csv.reader([line], delimiter=delimiter), [""])
        row = {**same, **usual, **dict(zip(kept, cells, strict=False))}
        for other in cells[len(kept) :]:
            name, _, value = other.partition("=")
            row[names.index(name)] = value
        found.append([row[place] for place in range(len(names))])
    return found
