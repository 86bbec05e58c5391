"""Whatever a text holds: nothing raises, what is said in a lossless form can be read back, and it can be sent."""

import csv
import io
import json
import re
import sys

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from odd_texts import HUGE, NUMBERS, odd_texts

from compresskit import compress, restore
from compresskit.content import (
    FORMS,
    LOSSLESS,
    describe,
    detect,
    forms_of,
    said_in_short,
    segments_of,
    shorten,
    split,
)
from compresskit.content.compact.json_notation import compact
from compresskit.content.compact.json_reader import expand
from compresskit.content.compact.json_values import Number, same
from compresskit.content.compact.search import expand_listing, expand_search

HINTS = st.sampled_from(["", "a.py", "a.js", "README.md", "rows.json", "cat x.log", "find ."])
csv.field_size_limit(10**6)  # of the reader below


@pytest.fixture(autouse=True, scope="module")
def _no_guard():
    """Faults are found where they are made: nothing is caught here."""
    with pytest.MonkeyPatch.context() as patch:
        for name in ("compact", "describe", "detect", "split"):
            patch.setattr(sys.modules[f"compresskit.content.{name}"], "guarded", lambda work, _: work())
        yield


def is_utf8(value):
    try:
        json.dumps(value, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return False
    return True


# --- readers of the short forms, written from their description alone --------------------------------


def head_pairs(line):
    """The names and values of a line of a table's head."""
    rest, pairs = line[:-1], {}
    while rest:
        name, rest = head_word(rest, ": ")
        value, rest = head_word(rest, ", ")
        pairs[name] = value
    return pairs


def head_word(text, sign):
    if text.startswith('"'):
        word, end = json.JSONDecoder().raw_decode(text)
        return word, text[end + len(sign) :]
    word, _, rest = text.partition(sign)
    return word, rest


def table_rows(short, delimiter):
    """The rows that a table in short form stands for, as dicts."""
    *said, kept = short.head.removesuffix("\n").split("\n")
    common = {}
    for line in said:
        opening = "(in every row " if line.startswith("(in every row ") else "(unless a row says otherwise "
        common |= head_pairs(line.removeprefix(opening))
    columns = next(csv.reader(io.StringIO(kept, newline=""), delimiter=delimiter))
    for line in short.body.split("\n"):
        count, times, rest = line.partition("× ")
        line, count = (rest, int(count)) if times and count.isdecimal() else (line, 1)
        cells = next(csv.reader(io.StringIO(line, newline=""), delimiter=delimiter))
        others = dict(other.split("=", 1) for other in cells[len(columns) :])
        yield from [common | dict(zip(columns, cells, strict=False)) | others] * count


PIPE = r"(?<!\\)\|"


def bared(line):
    """A line of a Markdown table without the bars at its ends."""
    return re.sub(rf"^\||{PIPE}$", "", line.strip(" \t\r"))


def source_rows(text):
    """The delimiter and the rows of a CSV, TSV or Markdown table, as dicts."""
    first = text.partition("\n")[0]
    if first.startswith("|"):
        lines = text.rstrip("\n").split("\n")
        rows = [[cell.strip(" \t\r") for cell in re.split(PIPE, bared(line))] for line in lines]
        return "|", [dict(zip(rows[0], row, strict=True)) for row in rows[2:]]
    delimiter = max(",\t;", key=first.count)
    names, *rows = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    return delimiter, [dict(zip(names, row, strict=True)) for row in rows]


def spelled(text):
    """The values of JSON, or of JSON lines, with every number as it is spelled."""
    as_number = {"parse_int": Number, "parse_float": Number, "parse_constant": Number}
    try:
        return json.loads(text, **as_number)
    except ValueError:
        return [json.loads(line, **as_number) for line in text.split("\n") if line.strip()]


READ_BACK = {
    "JSON in short form": lambda short, text: same(expand(short.head + short.body, Number), spelled(text)),
    "search results in short form": lambda short, text: expand_search(short.body) == text,
    "listing in short form": lambda short, text: expand_listing(short.body) == text,
    "table in short form": lambda short, text: list(table_rows(short, source_rows(text)[0])) == source_rows(text)[1],
}


TABLES = ("csv", "tsv", "semicolon csv", "markdown table")
RECORDS = ("json", "nested json", "json lines", "deep json", "notebook")


@given(odd_texts() | odd_texts(TABLES) | odd_texts(RECORDS))
@example("id,note\n" + "".join(f'{number},"one\rtwo"\n' for number in range(20)))
@example("| id | note |\n|---|---|\n" + f"| 1 | {HUGE} |\n" * 20)
@example("| id | note |\n|---|---|\n" + "| 1 | one\rtwo |\n" * 20)
def test_every_lossless_form_can_be_read_back_or_is_none(text):
    for form in LOSSLESS:
        short = FORMS[form](text)
        assert short is None or READ_BACK[form](short, text), form


@given(odd_texts())
def test_a_form_can_be_sent_and_holds_no_line_that_reads_like_a_gap(text):
    for form in FORMS:
        said = said_in_short(text, form)
        assert is_utf8(said)
        assert form not in LOSSLESS or "…" not in said.split("\n")
        found = shorten(text, [form], 0)
        assert found is None or found[1].head + found[1].body == said


@given(odd_texts(), HINTS)
def test_no_text_makes_detecting_cutting_or_describing_fail(text, hint):
    found = split(text, hint)
    assert "".join(text[start:end] for start, end, _ in found.segments) == text
    describe(text, found, hint)
    shortest = shorten(text, forms_of(text, detect(text, hint)), 0)
    assert not shortest or segments_of(shortest[1], 40, 400).segments


TALK = [{"role": "assistant", "content": "Done."}, {"role": "user", "content": "And then?"}] * 3


def with_text(text, as_result):
    if not as_result:
        return [{"role": "user", "content": text}, *TALK]
    call = {"id": "c1", "type": "function", "function": {"name": "read", "arguments": json.dumps({"path": "a"})}}
    return [
        {"role": "user", "content": "Read it."},
        {"role": "assistant", "content": None, "tool_calls": [call]},
        {"role": "tool", "tool_call_id": "c1", "content": text},
        *TALK,
    ]


@given(odd_texts(), st.booleans(), st.booleans(), st.sampled_from([1, 60, 200, 1000]))
def test_compressing_never_fails_restores_exactly_and_leaves_what_can_be_sent(text, as_result, on_entry, target):
    messages = with_text(text, as_result)
    result = compress(messages, "gpt-4o", trigger=target, target=target, on_entry=on_entry)
    assert restore(result.messages, result.cache) == messages
    assert is_utf8(result.messages) or not is_utf8(messages)


# --- single faults -----------------------------------------------------------------------------------


@given(st.lists(st.sampled_from(NUMBERS), min_size=2, max_size=12), st.sampled_from(["[{}]", '{{"a": [{}]}}']))
def test_numbers_keep_their_spelling_and_two_spellings_are_two_values(numbers, around):
    text = around.format(",".join(f'{{"id": "{place}", "n": {number}}}' for place, number in enumerate(numbers)))
    short = compact(text)
    assert repr(expand(short, Number)) == repr(spelled(text))
    assert all(number in short for number in numbers)


def test_half_a_surrogate_pair_stays_an_escape():
    text = json.dumps([{"id": number, "title": f"cut {number} \ud83d", "\ude00": "😀"} for number in range(9)])
    short = compact(text)
    assert short.encode()
    assert r'"cut 7 \ud83d"' in short
    assert expand(short) == json.loads(text)


names = st.lists(
    st.sampled_from(
        ["id", "state", "x y", "na,me", "at: utc", "size (kB", "to:", '"q"', " padded", "(in every row a: b"]
    ),
    min_size=1, max_size=4, unique=True,
)  # fmt: skip
cells = st.sampled_from(["ok"] * 6 + ["", "late, x y: us", ") ", ": ", "state=ok", "1,2", '"', "x\ny", "\r", " pad "])


@given(names.flatmap(lambda head: st.tuples(st.just(head), st.lists(st.tuples(*[cells] * len(head)), min_size=8))))
def test_every_name_and_cell_of_a_table_can_be_read_back(table):
    out = io.StringIO(newline="")
    csv.writer(out).writerows([table[0], *table[1]])
    short = FORMS["table in short form"](out.getvalue())
    assert short is None or list(table_rows(short, ",")) == [dict(zip(table[0], row, strict=True)) for row in table[1]]


def test_what_could_be_read_as_more_than_one_value_is_quoted_in_the_head():
    short = FORMS["table in short form"]("id,note,region\n" + "".join(f'{n},"late, region: us",eu\n' for n in range(9)))
    assert short.head == '(in every row note: "late, region: us", region: eu)\nid\n'


def test_a_cell_that_looks_like_an_exception_or_a_gap_is_quoted():
    notes = {3: "state=late", 5: "…", 6: "[… lines 1-9: retrieve bcdfghjklmnp]"}
    rows = "".join(f"{notes.get(n, f'row {n}')},{'late' if n == 4 else 'ok'}\n" for n in range(9))
    short = FORMS["table in short form"]("note,state\n" + rows)
    assert [line for line in short.body.split("\n") if not line.startswith("row ")] == [
        '"state=late"', '"…"', '"[… lines 1-9: retrieve bcdfghjklmnp]"',
    ]  # fmt: skip
    assert "row 4,state=late" in short.body


def test_a_log_that_holds_a_line_like_our_own_notice_has_no_short_form():
    lines = [f"10:00:{n % 60:02} INFO GET /items/{n} 200 OK\n" for n in range(200)]
    assert FORMS["log in short form"]("".join(lines)) is not None
    lines[50] = "… 150 more like this in lines 2-150, until 10:00:59\n"
    assert FORMS["log in short form"]("".join(lines)) is None
