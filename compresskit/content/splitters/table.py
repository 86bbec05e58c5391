"""Tables: a mark a row, in CSV and its like, and in HTML. Cells are not read."""

import csv
import io
import re
from collections import Counter
from collections.abc import Iterator

from ..segment import Mark

_DELIMITERS = (",", "\t", ";", "|")
_ROW = re.compile(r'(?:[^"\n]++|"(?:[^"]|"")*+"|")*+\n')
_HTML_ROW = re.compile(r"<tr(?=[\s>])|<(?:h[1-6]|caption|p|table)(?=[\s>])|</table>", re.IGNORECASE)
_HEADING = re.compile(r"<(?:h[1-6]|caption)[^>\n]{0,200}>([^<\n]{1,120})<", re.IGNORECASE)
_MIN_ROWS = 3
_MAX_CELLS = 400  # characters of a cell of a table, on average: longer ones are prose with commas


def looks_csv(sample: str, whole: bool) -> bool:
    """Whether a text begins with rows of the same number of cells."""
    first = sample.partition("\n")[0]
    delimiter = max(_DELIMITERS, key=first.count)
    if not first.count(delimiter) or first.startswith("|"):
        return False
    try:
        rows = [row for row in csv.reader(io.StringIO(sample, newline=""), delimiter=delimiter) if row]
    except csv.Error:
        return False
    rows = rows if whole else rows[:-1]
    (cells, count), *_ = Counter(map(len, rows)).most_common(1) or [(0, 0)]
    return len(rows) >= _MIN_ROWS and cells > 1 and count * 10 >= len(rows) * 9 and _is_tabular(rows, delimiter)


def _is_tabular(rows: list[list[str]], delimiter: str) -> bool:
    """Whether cells are words and numbers: prose has a comma here and there, too, and code has brackets."""
    cells = [cell for row in rows for cell in row]
    if delimiter == "," and sum(cell.startswith(" ") for cell in cells) * 3 > len(cells):
        return False  # "one, two, and three"
    return sum(map(len, cells)) < _MAX_CELLS * len(cells) and not any(
        row[-1].endswith(("{", ";", ")")) for row in rows[:3]
    )


def looks_html(sample: str) -> bool:
    """Whether most of a text are the rows of an HTML table."""
    low = sample.lower()
    return (
        "<table" in low and low.count("<tr") >= _MIN_ROWS and low.count("<tr") + low.count("<td") > low.count("\n") / 2
    )


def marks(text: str) -> Iterator[Mark]:
    """Marks at the rows; those of one table are a group, named by its heading.

    >>> [mark.start for mark in marks('id,note\\n1,"a\\nb"\\n2,c\\n')], [mark.name for mark in marks("<h3>A</h3><tr><tr>")]
    ([0, 8, 16], ['A', 'A', 'A'])
    """
    if not text.lstrip().startswith("<"):
        start = 0
        for row in _ROW.finditer(text):
            yield Mark(start, "", 0)
            start = row.end()
        if start < len(text):
            yield Mark(start, "", 0)
        return
    group, name = 0, ""
    for row in _HTML_ROW.finditer(text):
        if not row[0].lower().startswith(("<tr", "</")):
            group += 1
            heading = _HEADING.match(text, row.start())
            name = heading[1].strip() if heading else name
        if row[0][:2] != "</":
            yield Mark(row.start(), name, group)
