"""The compact form of tables (CSV, TSV, Markdown): a value that all or nearly all rows have is written once.

    id,plan,region,state           (in every row region: eu)
    1,free,eu,ok                   (unless a row says otherwise state: ok)
    2,pro,eu,ok                    id,plan
    3,free,eu,late                 1,free
                                   2,pro
                                   3,free,state=late

Equal rows in succession are written once with their count: ``3× 1,free``.

The form is used only if every cell can be read back from it. The head is shown with any excerpt of the rows, so that
the names of the columns are never missing.

Rows are quoted as in CSV. A cell that only looks like an exception ("state=late" in a column of its own) or like a gap
is quoted too. In the head, a name or value that could be read as more than one is quoted as in JSON.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections import Counter
from collections.abc import Container, Iterable, Iterator
from itertools import groupby

from ..segment import Short, line_marks

# The numbers were chosen by hand.
_MIN_ROWS = 8  # rows of a table, minimum
_MAX_COLUMNS = 200  # columns of a table, maximum
_MANY_ROWS = 40  # rows from which on half of their characters count as telling, because rows resemble each other
_COMMON = 0.8  # share of the rows with a value that is written once, minimum
_DELIMITERS = (",", "\t", ";")
_RULE = re.compile(r"\|(?:\s*:?-+:?\s*\|)+\s*")
_PIPE = re.compile(r"(?<!\\)\|")  # a bar that is not escaped: "\|" belongs to its cell
_PADDING = " \t\r"
# Signs that separate names and values in the head.
_PARTS = re.compile(r"[,\"=\x00-\x1f\x7f-\x9f\u2028\u2029]|:(?=\s|$)")
_CLOSED = re.compile(r"[^()]*(?:\([^()]*\)[^()]*)*")  # text without a parenthesis that could end the head
_QUOTED = re.compile(r'"((?:[^"]|"")*+)"')
_COUNT = re.compile(r"(\d{1,9})× ")
_LIKE_SIGNS = re.compile(rf"…|\[… |{_COUNT.pattern}")  # the beginnings of gaps, markers and counts
_EVERY = "(in every row "
_UNLESS = "(unless a row says otherwise "
_OWN = (_EVERY, _UNLESS)  # the beginnings of the lines of a head without names

Row = list[str]


def short_table(text: str) -> Short | None:
    r"""The compact form of a table. None if the text is not a table, or if its cells could not be read back.

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
    varied = {names[place] for place in usual}
    lines = []
    for row in rows:
        others = [f"{names[place]}={row[place]}" for place, value in usual.items() if row[place] != value]
        lines.append(_line([row[place] for place in kept], others, delimiter, varied))
    lines = [f"{count}× {line}" if count > 1 else line for line, count in _counted(lines)]
    head = _line([names[place] for place in kept], [], delimiter, ()) + "\n"
    for opening, values in ((_UNLESS, usual), (_EVERY, same)):
        if values:
            words = (f"{_head_word(names[place])}: {_head_word(value)}" for place, value in values.items())
            head = f"{opening}{', '.join(words)})\n{head}"
    if any("\n" in line for line in lines) or _expanded(lines, delimiter, names, same, usual) != rows:
        return None
    size = sum(map(len, lines)) + len(lines)
    return Short("table", head, "\n".join(lines), line_marks(lines), size if len(rows) < _MANY_ROWS else size // 2)


def _rows_of(text: str) -> tuple[str, Row, list[Row]] | None:
    """The delimiter, the names of the columns and the rows. None if the text is not a table, or not only a table."""
    first = text[: text.find("\n")]
    if first.startswith("|"):
        return _markdown_rows(text)
    delimiter = max(_DELIMITERS, key=first.count)
    if not 0 < first.count(delimiter) < _MAX_COLUMNS:
        return None
    try:
        rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True))
    except csv.Error:
        return None
    names, rows = rows[0], rows[1:]
    if len(rows) < _MIN_ROWS or any(len(row) != len(names) for row in rows) or not _are_names(names):
        return None
    return delimiter, names, rows


def _markdown_rows(text: str) -> tuple[str, Row, list[Row]] | None:
    lines = text.rstrip("\n").split("\n")
    if len(lines) < _MIN_ROWS + 2 or not _RULE.fullmatch(lines[1]):
        return None
    rows = [_markdown_cells(line.strip(_PADDING)) for line in lines if line[:1] == "|"]
    names, rows = rows[0], rows[2:]
    whole = len(rows) + 2 == len(lines) and all(len(row) == len(names) for row in rows)
    broken = any("\r" in cell for row in rows for cell in row)  # a line end within a cell
    return ("|", names, rows) if whole and not broken and _are_names(names) else None


def _markdown_cells(line: str) -> Row:
    r"""The cells of a line of a Markdown table.

    >>> _markdown_cells("| a | b |"), _markdown_cells("||"), len(_markdown_cells(r"| a \| b | c |"))
    (['a', 'b'], [''], 2)
    """
    cells = _PIPE.split(line)[1:]
    return [cell.strip(_PADDING) for cell in (cells if cells[-1] else cells[:-1])]


def _are_names(names: Row) -> bool:
    """Whether a first row holds distinct names of columns that can be quoted in the head."""
    return len(set(names)) == len(names) and all(
        name and not name[0].isdigit() and not name.startswith(_OWN) and not any(sign in name for sign in "\n\r=")
        for name in names
    )


def _common(names: Row, rows: list[Row]) -> tuple[dict[int, str], dict[int, str]]:
    """The values by column that all rows have, and those that nearly all have, if writing the exceptions is shorter."""
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


def _counted(lines: Iterable[str]) -> Iterator[tuple[str, int]]:
    """Each line with the number of times that it comes in succession.

    >>> list(_counted(["a", "a", "b"]))
    [('a', 2), ('b', 1)]
    """
    for line, same in groupby(lines):
        yield line, sum(1 for _ in same)


def _head_word(word: str) -> str:
    """A name or value in the head, in quotes if its end would not be clear.

    >>> print(_head_word("size (kB)"), _head_word("10:00"), _head_word("late, region: us"))
    size (kB) 10:00 "late, region: us"
    """
    plain = word == word.strip() and not _PARTS.search(word) and _CLOSED.fullmatch(word)
    return word if plain else json.dumps(word, ensure_ascii=False)


def _line(cells: Row, others: Row, delimiter: str, varied: Container[str]) -> str:
    """A row: its cells, then its exceptions (``others``) from the usual values of the ``varied`` columns."""
    plain = delimiter.join([*cells, *others])
    signs = plain.count(delimiter) - len(cells) - len(others) + 1
    if plain and not signs and not any(sign in plain for sign in '"=\r\n') and not _LIKE_SIGNS.match(plain):
        return plain
    quoted = [_cell(cell, delimiter, cell.partition("=")[0] in varied and "=" in cell) for cell in cells]
    if _LIKE_SIGNS.match(cells[0]) or (cells == [""] and not others):
        quoted[0] = _cell(cells[0], delimiter, True)
    return delimiter.join(quoted + [_cell(other, delimiter, False) for other in others])


def _cell(cell: str, delimiter: str, quoted: bool) -> str:
    quoted = quoted or any(sign in cell for sign in (delimiter, '"', "\r", "\n"))
    return '"' + cell.replace('"', '""') + '"' if quoted else cell


def _cells(line: str, delimiter: str) -> Row:
    """The cells of a row, without the quotes.

    >>> _cells('1,"a,""b",', ",")
    ['1', 'a,"b', '']
    """
    if '"' not in line:
        return line.split(delimiter)
    found: Row = []
    at = -1
    while at < len(line):
        at += 1
        quoted = _QUOTED.match(line, at)
        if quoted:
            found.append(quoted[1].replace('""', '"'))
            at = quoted.end()
        else:
            end = line.find(delimiter, at)
            found.append(line[at : end if end >= 0 else len(line)])
            at = end if end >= 0 else len(line)
    return found


def _expanded(lines: list[str], delimiter: str, names: Row, same: dict[int, str], usual: dict[int, str]) -> list[Row]:
    """The rows from which ``short_table`` made lines."""
    kept = [place for place in range(len(names)) if place not in same and place not in usual]
    found = []
    for line in lines:
        count = _COUNT.match(line)
        cells = _cells(line[count.end() :] if count else line, delimiter)
        row = {**same, **usual, **dict(zip(kept, cells, strict=False))}
        for other in cells[len(kept) :]:
            name, _, value = other.partition("=")
            row[names.index(name)] = value
        found += [[row[place] for place in range(len(names))]] * (int(count[1]) if count else 1)
    return found
