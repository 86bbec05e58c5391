"""Cuts tables into rows: CSV and similar formats, Markdown, and HTML. It does not read cells."""

import csv
import io
import re
from collections import Counter
from collections.abc import Iterator

from ..segment import Mark

_DELIMITERS = (",", "\t", ";", "|")
_ROW = re.compile(r'(?:[^"\n]++|(?<![^,;\t\n])"(?:[^"]|"")*+"|")*+\n')
_RULE = re.compile(
    r"\|?[ \t]*:?-{2,}:?[ \t]*(?:\|[ \t]*:?-{2,}:?[ \t]*)*\|?[ \t\r]*(?:\n|$)"
)  # under a Markdown table's names
_BLOCK = re.compile(r"(?:(?<=\n)|\A)[^\s][^\n]*(?:\n(?!<table)[ \t\r]*[^\s][^\n]*)*+(?:\n(?:[ \t\r]*\n)*+)?")
_HTML_ROW = re.compile(r"<tr(?=[\s>])|<(?:h[1-6]|caption|p|table)(?=[\s>])|</table>", re.IGNORECASE)
_HEADING = re.compile(r"<(?:h[1-6]|caption)[^>\n]{0,200}>([^<\n]{1,120})<", re.IGNORECASE)
_BAR_ROW = re.compile(r"[^\n]*\n")
_MIN_ROWS = 3  # rows of a table, minimum
_MAX_CELL = 400  # characters of a cell, on average: longer ones are prose with commas


def looks_csv(sample: str, whole: bool) -> bool:
    """Whether a text begins with rows of the same number of cells."""
    first, _, rest = sample.partition("\n")
    delimiter = max(_DELIMITERS, key=first.count)
    if not first.count(delimiter) or first.startswith("|") or delimiter not in rest:
        return False
    if '"' not in sample and first.count(delimiter) != rest.partition("\n")[0].count(delimiter):
        return False
    try:
        rows = [row for row in csv.reader(io.StringIO(sample, newline=""), delimiter=delimiter) if row]
    except csv.Error:
        return False
    rows = rows if whole else rows[:-1]
    (cells, count), *_ = Counter(map(len, rows)).most_common(1) or [(0, 0)]
    return len(rows) >= _MIN_ROWS and cells > 1 and count * 10 >= len(rows) * 9 and _is_tabular(rows, delimiter)


def _is_tabular(rows: list[list[str]], delimiter: str) -> bool:
    """Whether cells are words and numbers. Prose has some commas too, and code has brackets."""
    if all(not row[-1] for row in rows) or any(row[-1].endswith(("{", "(", ")")) for row in rows[:_MIN_ROWS]):
        return False  # statements, or members of a list
    cells = [cell for row in rows for cell in row]
    if delimiter == "," and sum(cell.startswith(" ") for cell in cells) * 3 > len(cells):
        return False  # "one, two, and three"
    return sum(map(len, cells)) < _MAX_CELL * len(cells)


def looks_markdown(sample: str) -> bool:
    """Whether a text begins with a Markdown table, with nothing before it."""
    first, _, rest = sample.partition("\n")
    return first.lstrip().startswith("|") and _RULE.match(rest.lstrip(" \t")) is not None


def tables(text: str) -> Iterator[tuple[int, int]]:
    r"""Where the tables of a text start and end that have other text beside them.

    >>> text = "These are all.\n\nid,name\n1,mia\n2,leo\n\nThat is it.\n"
    >>> [text[start:end] for start, end in tables(text)]
    ['id,name\n1,mia\n2,leo\n\n']
    """
    at = 0
    for block in _BLOCK.finditer(text):
        if block.start() < at:
            continue
        start = block.start()
        if text.startswith("<table", start):
            closing = text.find("</table>", start)
            at = text.find("\n", closing) + 1 if closing >= 0 else 0
            at = at or len(text)
            yield start, at
        elif looks_markdown(text[start : block.end()]) or looks_csv(text[start : block.end()], True):
            at = block.end()
            yield start, at


def looks_html(sample: str) -> bool:
    """Whether most of a text consists of rows of an HTML table."""
    low = sample.lower()
    return (
        "<table" in low and low.count("<tr") >= _MIN_ROWS and low.count("<tr") + low.count("<td") > low.count("\n") / 2
    )


def marks(text: str) -> Iterator[Mark]:
    """Marks at the rows; those of one table are a group, named by its heading.

    >>> [mark.start for mark in marks('id,note\\n1,"a\\nb"\\n2,c\\n')]
    [0, 8, 16]
    """
    if not text.lstrip().startswith("<"):
        yield from _lines(text)
        return
    group, name, ended = 0, "", True
    for row in _HTML_ROW.finditer(text):
        if not row[0].lower().startswith(("<tr", "</")):
            group += 1
            heading = _HEADING.match(text, row.start())
            name = heading[1].strip() if heading else name
        if row[0][:2] != "</":
            yield Mark(row.start(), name, group, ended)
            ended = False
        else:
            ended = True


def _lines(text: str) -> Iterator[Mark]:
    """Marks at rows that are one line each. The rule under the names of a Markdown table stays with the names."""
    bars = text.lstrip().startswith("|")
    start, group, blank = 0, 0, True
    for row in (_BAR_ROW if bars else _ROW).finditer(text):
        if not text[start : row.end()].strip():
            blank = True
        elif not (bars and _RULE.match(text, start)):
            group += blank
            yield Mark(start, "", group, blank)
            blank = False
        start = row.end()
    if start < len(text):
        yield Mark(start, "", group + blank, blank)
