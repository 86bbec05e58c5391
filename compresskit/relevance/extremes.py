"""Finds the rows of a table that a superlative asks for: those with the highest and the lowest values of a column.

"Which hotel is the cheapest?" shares no word with its answer. The column is the one whose name has most words of the
question; an adjective such as cheapest means the usual names of its column. Rows are read one by one, in CSV and
its like, in Markdown and HTML, in statements of SQL, in columns apart by spaces, and in records of JSON.
"""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from heapq import nlargest, nsmallest
from itertools import chain, islice, pairwise
from typing import NamedTuple

from ..content import Split
from . import weights as tuning
from .document import JSON
from .rows import Row
from .terms import parts, words
from .word_forms import inflections

_MAX_ROWS = 20_000  # rows of a text that are compared, which bounds the time
_MAX_COLUMNS = 60  # columns of a table that are compared
_SAMPLE = 40  # rows that show how cells are told apart
_MIN_ROWS = 4  # rows of a table of which some are beyond the others, minimum
_MIN_STEM = 4  # letters by which words begin alike, minimum
_QUESTION_CHARACTERS = 2_000  # characters of the question that are read, which bounds the time

_SUPERLATIVE = re.compile(
    r"\b(?:most|least|max(?:imum)?|min(?:imum)?|first|last|top|bottom|best|worst|newest|latest|recent|"
    r"(?!(?:inter|requ|forest|harv|prot|inv|sugg|dig|manif|cont|arr|mod|gu|conqu|bequ|ear?n|hon|t|r|w|n|p|z|v|j|ch|qu)"
    r"(?:est|st)\b)\w{2,}est|"
    # the endings and words of German, the Romance languages, Russian and Turkish
    r"\w{3,}st(?:e[nrsm]?)|m[áa]s|mayor|menor|mejor|peor|plus|moins|premier|dernier|maggiore|minore|più|"
    r"сам\w{2}|наибол\w*|наимен\w*|больше всего|меньше всего|en (?:çok|az|yüksek|düşük|büyük|küçük|yeni|eski)"
    r")\b|[最一]番|最|가장|सबसे|الأ\w{2,}|nhất",
    re.IGNORECASE,
)
_LOW = re.compile(
    r"\b(?:least|fewest|min(?:imum)?|lowest|smallest|cheapest|shortest|earliest|first|oldest|worst|bottom|slowest|"
    r"lightest|nearest|closest|youngest|weakest|poorest|coldest)\b",
    re.IGNORECASE,
)
_COUNT = re.compile(r"\b(\d{1,2}|two|three|four|five|six|seven|eight|nine|ten)\b", re.IGNORECASE)
_WORDS = "two three four five six seven eight nine ten"
_NUMBERS = {name: number for number, name in enumerate(_WORDS.split(), 2)}
# What an adjective measures, by its beginning, and the names of such columns
_MEASURES = {
    "old young": "age born birth birthday dob founded year date",
    "cheap expensive cost": "price cost fee rate amount total fare",
    "late new early recent first last": "date time year day timestamp created updated modified released when since",
    "heav light": "weight mass",
    "tall high low": "height elevation altitude",
    "long short": "length duration distance minutes seconds hours size",
    "large big small": "size area population total amount count",
    "fast slow quick": "speed time duration latency elapsed",
    "hot cold warm": "temperature temp",
    "best worst top popular good": "rating score rank ranking stars points votes rate",
    "close near far": "distance km miles",
    "rich poor": "income wealth salary gdp worth",
    "busy": "load cpu usage requests",
}
_RECORD = re.compile(r"\"(?:[^\"\\\n]|\\.)*+\"|[{}\[\]]")
_MEMBER = re.compile(r"\"((?:[^\"\\\n]|\\.){1,80})\"\s*:\s*(?:\"((?:[^\"\\\n]|\\.)*+)\"|(-?\d[\d.eE+-]*))")
_HTML_ROW = re.compile(r"<tr[\s>].*?(?=</tr>|<tr[\s>]|\Z)", re.DOTALL | re.IGNORECASE)
_HTML_CELL = re.compile(r"<t[dh][^<>]*>(.*?)(?=</t[dh]>|<t[dh][\s>]|\Z)", re.DOTALL | re.IGNORECASE)
_TAG = re.compile(r"<[^<>]*>")
_SQL = re.compile(r"(?:INSERT INTO [^\n(]{1,200}(?:\(([^()\n]*)\))?\s*VALUES\s*)?\((.*)\)[,;]?\s*\Z", re.IGNORECASE)
_COLUMNS = re.compile(r"INSERT INTO [^\n(]{1,200}\(([^()\n]*)\)\s*VALUES|CREATE TABLE [^\n(]{1,200}\(", re.IGNORECASE)
_APART = re.compile(r"[ \t]{2,}|\t|[ \t]*[|│][ \t]*")
_RULED = re.compile(r"[\s|:+=─┼-]*\Z")
_NUMBER = re.compile(
    r"[^\w+-]{0,2}([-+]?\d[\d,]*(?:\.\d+)?(?:[eE][-+]?\d+)?)\s*([kKmMbBgGtT]?)(?![\d./:-]|\w+\d)[^\n]{0,40}\Z"
)
_POWERS = {"": 1.0, "k": 1e3, "m": 1e6, "b": 1e9, "g": 1e9, "t": 1e12}
_MONTH_NAMES = "jan feb mar apr may jun jul aug sep oct nov dec"
_MONTHS = {name: number for number, name in enumerate(_MONTH_NAMES.split(), 1)}
_DATE = re.compile(r"(\d{4})[-/.](\d\d?)(?:[-/.](\d\d?))?(?:[T ](\d\d):(\d\d)(?::(\d\d))?)?")
_OTHER_DATE = re.compile(r"(\d\d?)[/.](\d\d?)[/.](\d{4}|\d\d)\b(?: (\d\d?):(\d\d))?")
_NAMED_DATE = re.compile(
    r"(?:(\d\d?)(?:st|nd|rd|th)?\.? )?([A-Za-z]{3})[a-z]*\.?,? (?:(\d\d?)(?:st|nd|rd|th)?,? )?(\d{4})\b"
)


class _Table(NamedTuple):
    """Rows with their cells by the names of their columns, and the row that has the names."""

    rows: Sequence[tuple[int, int]]
    cells: Sequence[Mapping[str, str]]
    heading: tuple[int, int] | None = None


def asks_for_extremes(question: str) -> bool:
    """Whether a question has a superlative."""
    return _SUPERLATIVE.search(question[:_QUESTION_CHARACTERS]) is not None


def extremes(text: str, split: Split, head: str, question: str, explicit: float) -> list[Row]:
    r"""The rows that a superlative of the question may mean, in order, each with the certainty of that.

    Args:
        text: The text, whose parts are tables, or which is one.
        split: Its kind and parts.
        head: The text before it, which ends with the names of its columns; "" if the text itself has them.
        question: The question.
        explicit: How surely it asks about this text, from 0 to 1.

    >>> text = "name,price\nInn,90\nPalace,300\nHostel,25\nLodge,70\n"
    >>> rows = extremes(text, Split("table", []), "", "Which is the cheapest?", 1.0)
    >>> [(text[row.start : row.end], round(row.share, 1)) for row in rows]
    [('name,price\n', 1.0), ('Palace,300\n', 0.3), ('Hostel,25\n', 1.0), ('Lodge,70\n', 0.8)]
    """
    found = _SUPERLATIVE.search(question[:_QUESTION_CHARACTERS])
    if found is None or not tuning.WEIGHTS.extreme_rows:
        return []
    asked = {term for word in words(question[:_QUESTION_CHARACTERS]) for term in parts(word)}
    low = _LOW.search(question[:_QUESTION_CHARACTERS]) is not None
    counted = _COUNT.search(question[found.end() : found.end() + 12])
    most = tuning.WEIGHTS.extreme_rows
    if counted:
        most = max(most, _NUMBERS.get(counted[1].lower()) or int(counted[1]))
    starts = split.parts if split.parts and split.kind not in JSON else (0,)  # a long record is a part, too
    tables = [
        (at, table) for at, end in pairwise((*starts, len(text))) for table in _tables(text[at:end], split.kind, head)
    ]
    columns = [(at, table, *column) for at, table in tables for column in _columns(table, asked)]
    best = max((score for *_, score in columns), default=0.0)
    other = tuning.WEIGHTS.other_end_share
    shares: dict[tuple[int, int], float] = {}
    for at, table, values, score in columns:
        certain = 1.0 if 0 < score == best else other if score else 0.0 if best else other * explicit
        if certain:
            _take(shares, at, table, values, certain, low, most)
    return [Row(start, end, share) for (start, end), share in sorted(shares.items())]


def _take(
    shares: dict[tuple[int, int], float],
    at: int,
    table: _Table,
    values: Mapping[int, float],
    certain: float,
    low: bool,
    most: int,
) -> None:
    """Adds the rows at both ends of a column, with those at the end that is asked for more certain, and the heading."""
    tuned = tuning.WEIGHTS
    taken = [] if table.heading is None else [(table.heading, certain)]
    for pick, there in ((nlargest, not low), (nsmallest, low)):
        for place, row in enumerate(pick(most if there else 1, values, key=values.__getitem__)):
            share = certain * (1.0 if there else tuned.other_end_share) / (1 + place * tuned.extreme_fade)
            taken.append((table.rows[row], share))
    for (start, end), share in taken:
        span = at + start, at + end
        shares[span] = max(shares.get(span, 0.0), share)


def _columns(table: _Table, asked: set[str]) -> Iterator[tuple[dict[int, float], float]]:
    """The columns with an order: their values by the number of the row, and how much of the question their names say.

    A word counts less the more names have it.
    """
    names = list(dict.fromkeys(name for cells in table.cells[:_SAMPLE] for name in cells))[:_MAX_COLUMNS]
    of = {name: {part for word in words(name) for part in parts(word)} for name in names}
    spread = Counter(chain.from_iterable(of.values()))
    meant = {
        name
        for adjectives, measured in _MEASURES.items()
        if any(term.startswith(tuple(adjectives.split())) for term in asked)
        for name in measured.split()
    }
    for name, terms in of.items():
        if values := _ordered(table, name):
            said = sum(1 / spread[term] for term in terms if any(_same(term, other) for other in asked))
            measures = any(_same(term, other) for term in terms for other in meant)
            yield values, said or tuning.WEIGHTS.other_end_share * measures


def _same(term: str, other: str) -> bool:
    """Whether a word of a name is one of the question, or begins like it.

    >>> _same("wins", "win"), _same("density", "densest"), _same("name", "names"), _same("price", "print")
    (True, True, True, False)
    """
    if term == other or other in inflections(term):
        return True
    stem = other.removesuffix("est")[:5]
    return len(stem) >= _MIN_STEM and term[: len(stem)] == stem


def _ordered(table: _Table, name: str) -> dict[int, float]:
    """The values of a column by row; empty if its cells are neither numbers nor dates, or all the same."""
    given = {row: cells[name] for row, cells in enumerate(table.cells) if cells.get(name)}
    found = {row: value for row, cell in given.items() if (value := _value(cell)) is not None}
    enough = len(found) >= max(_MIN_ROWS, tuning.WEIGHTS.min_ordered_share * len(given))
    return found if enough and len(set(found.values())) > 1 else {}


def _value(cell: str) -> float | None:
    """The place of a cell in an order: a number, or a date as seconds.

    >>> _value("$1,200"), _value("3.5k"), _value("2014-03-20") < _value("Mar 21, 2014"), _value("Rome")
    (1200.0, 3500.0, True, None)
    """
    cell = cell.strip()[:40]
    if found := _DATE.match(cell):
        year, month, day, hour, minute, second = (int(part or 0) for part in found.groups())
        return _seconds(year, month, day, hour, minute, second)
    if found := _OTHER_DATE.match(cell):
        first, then, year, hour, minute = (int(part or 0) for part in found.groups())
        month, day = (then, first) if first > 12 else (first, then)
        return _seconds(year + (2000 if year < 100 else 0), month, day, hour, minute)
    if (found := _NAMED_DATE.match(cell)) and (number := _MONTHS.get(found[2].lower())):
        return _seconds(int(found[4]), number, int(found[1] or found[3] or 0))
    if found := _NUMBER.match(cell):
        return float(found[1].replace(",", "")) * _POWERS[found[2].lower()]
    return None


def _seconds(year: int, month: int, day: int, hour: int = 0, minute: int = 0, second: int = 0) -> float:
    return ((((year * 12 + month) * 31 + day) * 24 + hour) * 60 + minute) * 60.0 + second


def _tables(text: str, kind: str, head: str) -> Iterator[_Table]:
    """The tables of a text of a kind."""
    if head:
        yield from _of_lines(text, next((line for line in reversed(head.splitlines()) if not _RULED.match(line)), ""))
    elif "<tr" in text[:_QUESTION_CHARACTERS].lower() and (found := _of_html(text)):
        yield found
    elif kind in JSON:
        yield from _of_records(text)
    else:
        yield from _of_lines(text, "")


def _outer(names: str) -> list[str]:
    """The names of columns in the head of a compact form, without what is in brackets within them."""
    names = names[1:-1] if names.startswith("(") else names
    found, depth = [""], 0
    for sign in names:
        depth += (sign in "([") - (sign in ")]")
        if sign == "," and not depth:
            found.append("")
        elif not depth or sign not in "()[]":
            found[-1] += sign
    return found


def _of_html(text: str) -> _Table | None:
    rows = [
        (row.start(), row.end(), [_TAG.sub("", cell).strip() for cell in _HTML_CELL.findall(row[0])])
        for row in islice(_HTML_ROW.finditer(text), _MAX_ROWS)
    ]
    return _with_names([row for row in rows if row[2]], [])


def _of_records(text: str) -> Iterator[_Table]:
    """A table for each list of objects."""
    groups: dict[int, list[tuple[int, int]]] = {}
    open_: list[tuple[str, int]] = []
    for token in _RECORD.finditer(text):
        sign = token[0]
        if sign in ("{", "["):
            open_.append((sign, token.start()))
        elif sign in ("}", "]") and open_:
            opening, start = open_.pop()
            listed = open_[-1][1] if open_ and open_[-1][0] == "[" else -1
            if opening == "{" and (listed >= 0 or not open_):
                groups.setdefault(listed, []).append((start, token.end()))
    for spans in groups.values():
        if len(spans) >= _MIN_ROWS:
            spans = spans[:_MAX_ROWS]
            yield _Table(spans, [_members(text[start:end]) for start, end in spans])


def _members(record: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for name, said, number in _MEMBER.findall(record):
        found.setdefault(name, said or number)
    return found


def _of_lines(text: str, head: str) -> Iterator[_Table]:
    """The table of the lines with as many cells as most lines have; ``head`` are the names of its columns, if known."""
    spans, at = [], 0
    for line in text.split("\n")[:_MAX_ROWS]:
        if line.strip() and not _RULED.match(line):
            spans.append((at, min(at + len(line) + 1, len(text))))
        at += len(line) + 1
    if len(spans) < _MIN_ROWS:
        return
    lines = [text[start:end].strip("\r\n") for start, end in spans]
    if sum(_SQL.match(line) is not None for line in lines) * 2 > len(lines):
        names, rows = _of_sql(lines, spans)
    else:
        sign = _delimiter(lines)
        names = (_outer(head) if head.startswith("(") else _cells(head.rstrip("\r"), sign)) if head else []
        rows = [(*span, _cells(line, sign)) for span, line in zip(spans, lines, strict=True)]
    ((usual, _),) = Counter(len(cells) for *_, cells in rows).most_common(1) or [(0, 0)]
    if usual > 1 and (found := _with_names([row for row in rows if len(row[2]) == usual], names)):
        yield found


def _of_sql(
    lines: Sequence[str], spans: Sequence[tuple[int, int]]
) -> tuple[list[str], list[tuple[int, int, list[str]]]]:
    """The names of the columns, if a statement of SQL has them, and the rows."""
    names: list[str] = []
    rows = []
    for span, line in zip(spans, lines, strict=True):
        found = _SQL.match(line.strip())
        if columns := _COLUMNS.search(line):
            listed = columns[1] or line[columns.end() :].rpartition(")")[0]
            names = names or [each.strip().split(" ")[0].strip('`"[]') for each in listed.split(",")]
        if found and found[2] and not line.upper().startswith("CREATE"):
            rows.append((*span, _cells(found[2], ",", "'")))
    return names, rows


def _delimiter(lines: Sequence[str]) -> str:
    """The sign that most of the first lines have as often as each other; "" for columns apart by spaces."""
    sample = lines[:_SAMPLE]
    if sum(line.lstrip().startswith("|") for line in sample) * 2 > len(sample):
        return ""
    best, most = "", 0
    for sign in "\t,;":
        counts = [len(_cells(line, sign)) for line in sample]
        usual = max(set(counts), key=counts.count)
        if usual > 1 and counts.count(usual) * 10 >= len(sample) * 7 and usual > most:
            best, most = sign, usual
    return best


def _cells(line: str, sign: str, quote: str = '"') -> list[str]:
    if not sign:
        return [cell.strip() for cell in _APART.split(line.strip().strip("|│").strip())]
    if quote not in line:
        return line.split(sign)
    try:
        return next(csv.reader([line], delimiter=sign, quotechar=quote, skipinitialspace=True), [])
    except csv.Error:
        return line.split(sign)


def _with_names(rows: list[tuple[int, int, list[str]]], names: list[str]) -> _Table | None:
    """The table of rows, of which the first one has the names if they are not known."""
    heading = None
    if not names and rows and not any(_value(cell) is not None for cell in rows[0][2]):
        heading, names = rows[0][:2], rows[0][2]
        rows = rows[1:]
    if len(rows) < _MIN_ROWS:
        return None
    names = names or [str(number) for number in range(len(rows[0][2]))]
    cells = [dict(zip(names, cells, strict=False)) for _, _, cells in rows]
    return _Table([(start, end) for start, end, _ in rows], cells, heading)
