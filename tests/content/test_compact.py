"""JSON in short form says the very same."""

import csv
import io
import json
import random
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from compresskit.content.compact.json_notation import compact, head_of
from compresskit.content.compact.json_reader import expand
from compresskit.tokens.tiktoken_counter import counter_for

scalars = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False)
texts = st.text(max_size=12) | st.sampled_from(
    ["A(1, 2)", "- x", "a: b", "1", "-0", "true", "null", "a = (b)", " x", "x\n", '"', "…", "|", "|-", "| x", "ok=1"]
)
long_texts = st.lists(texts, min_size=20, max_size=40).map("\n".join) | st.builds(lambda text: text * 100, texts)
keys = st.sampled_from(["id", "name", "a b", "A", "-", "", "x:y", "ok"]) | st.text(max_size=6)
values = st.recursive(
    scalars | texts | long_texts,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(keys, inner, max_size=4),
    max_leaves=30,
)
records = st.lists(
    st.tuples(st.integers(), texts, st.sampled_from([True, True, True, 1, "true"])).map(
        lambda row: {"id": row[0], "name": row[1], "ok": row[2]}
    ),
    min_size=2,
    max_size=12,
)
people = st.fixed_dictionaries({"name": texts}, optional={"age": scalars, "note": texts, "last.name": texts})
tables = st.lists(
    st.fixed_dictionaries(
        {"id": scalars | texts, "user": people | st.none()},
        optional={
            "who": people,
            "tags": st.lists(scalars | texts | people, max_size=3),
            "zip": st.just("0123") | texts,
        },
    ),
    min_size=2,
    max_size=12,
)
alike = st.tuples(tables, st.integers(1, 5)).map(lambda part: [row for row in part[0] for _ in range(part[1])])
answers = st.builds(lambda rows, more, rest: {"data": {"rows": rows, **more}, **rest}, tables, *[
    st.dictionaries(keys, values, max_size=2)] * 2)  # fmt: skip


@given(values | records | tables | alike | answers | st.dictionaries(keys, records, max_size=3))
def test_what_is_said_briefly_is_the_very_same_value(value):
    short = compact(json.dumps(value))
    if short is not None:
        assert json.dumps(expand(short), sort_keys=True) == json.dumps(value, sort_keys=True)


@given(records)
def test_repeated_records_are_said_briefly(value):
    short = compact(json.dumps(value))
    assert short is not None
    head, rows = short[: head_of(short)], short[head_of(short) :].split("\n")
    assert head.startswith("(id")
    assert head.count("\n") == head.count("name") == 1
    assert sum(int(row.split("× ")[0]) if re.match(r"\d+× ", row) else 1 for row in rows) == len(value)


@pytest.mark.parametrize("text", ["", "{", "[1, 2", "plain", '{"a": 1, "a": 2}', "[]", "7", "[" * 100_000])
def test_what_is_no_plain_json_is_left_alone(text):
    assert compact(text) is None


def test_what_nearly_all_records_have_is_said_once():
    value = [{"id": n, "plan": "gold" if n == 7 else "free", "region": "eu"} for n in range(20)]
    short = compact(json.dumps(value))
    assert short.split("\n")[0] == "(id,plan=free,region: eu)"
    assert [row for row in short.split("\n") if "gold" in row] == ["7,plan=gold"]
    assert expand(short) == value


def test_json_lines_are_a_list_of_records():
    value = [{"id": n, "state": "ok"} for n in range(9)]
    assert compact("\n".join(map(json.dumps, value)) + "\n") == compact(json.dumps(value))


def test_long_strings_stand_on_lines_of_their_own():
    body = "".join(f'line {n} says "hello"\n\n' for n in range(20))
    value = [{"id": n, "body": body + str(n), "ok": True} for n in range(3)]
    short = compact(json.dumps(value))
    assert '\n line 7 says "hello"\n \n line 8' in short
    assert short.count("\n0,|\n") == 1
    assert expand(short) == value


PLACES = ["Berlin", "Köln", "東京", "New York, NY"]
NOTE = "The order was late, and nobody answered.\nThe customer asks for the money back."
KINDS_OF_RECORDS = {
    "flat": lambda n: {"id": n, "name": f"user {n}", "mail": f"u{n}@example.com", "score": n * 1.5, "ok": n % 3 == 0},
    "nested": lambda n: {"id": n, "at": {"city": PLACES[n % 4], "zip": f"{n * 37:05}"}, "seats": {"a": n, "b": n + 1}},
    "missing keys": lambda n: {"id": n, **{key: n for bit, key in enumerate("abcde") if n >> bit & 1}},
    "mixed types": lambda n: {"id": n, "v": [1, "1", True, "true", None, "null", 2.50, "x, y", "a=b", "(x)"][n % 10]},
    "nulls": lambda n: {"id": n, "closed": None if n % 3 else "2024-05-01", "by": {"id": n} if n % 2 else None},
    "numbers as strings": lambda n: {"code": str(n * 7919), "version": f"{n}.0", "count": n},
    "unicode": lambda n: {"名前": PLACES[n % 4], "المدينة": "القاهرة" if n % 2 else "بغداد"},
    "long strings": lambda n: {"id": n, "note": f"{NOTE} {n}\n" * 5},
    "urls and code": lambda n: {"url": f"https://example.com/a?q={n}&r=1", "line": f"f(x, y={n}) {{", "say": 'a "b" c'},
    "the same again": lambda n: {"host": "ab"[n // 20 % 2], "state": "healthy", "ms": 5},
}


def as_csv(rows):
    """The same values as a table, records within records as columns, and lists as JSON."""

    def flat(row, path=""):
        for key, value in row.items():
            yield from flat(value, f"{path}{key}.") if isinstance(value, dict) else [(path + key, value)]

    cells = [dict(flat(row)) for row in rows]
    names = list(dict.fromkeys(name for row in cells for name in row))
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerows([names, *([row.get(name) for name in names] for row in cells)])
    return out.getvalue()


@pytest.mark.parametrize("kind", KINDS_OF_RECORDS)
def test_records_cost_no_more_than_a_table_of_commas(kind):
    count = counter_for("o200k_base").count
    rows = [KINDS_OF_RECORDS[kind](number) for number in range(40)]
    short = compact(json.dumps(rows))
    assert expand(short) == rows
    marks = len(rows) // 5 if kind == "mixed types" else 3  # a string that looks like a number has to be told from one
    assert count(short) <= count(as_csv(rows)) + marks


@pytest.mark.parametrize("kind", ["flat", "nested", "missing keys", "nulls", "urls and code"])
def test_keys_in_other_orders_cost_no_more_than_a_table_of_commas(kind):
    count = counter_for("o200k_base").count
    turned = random.Random(1)
    rows = [KINDS_OF_RECORDS[kind](number) for number in range(40)]
    rows = [dict(turned.sample(list(row.items()), len(row))) for row in rows]
    short = compact(json.dumps(rows))
    assert expand(short) == rows
    assert count(short) <= count(as_csv(rows)) + 3
    assert compact("\n".join(map(json.dumps, rows))) == short


def test_what_looks_alike_stays_apart():
    rows = [{"id": n, "v": v} for n, v in enumerate([1, "1", None, "null", "", True, "true", [], {}, "- x", "|"])]
    short = compact(json.dumps([*rows, {"id": 99}]))
    said = short.split("\n")[1:]
    assert len({row.partition(",")[2] for row in said}) == len(said)


def test_the_same_row_again_is_counted():
    rows = [{"host": "a", "state": "up"}] * 5 + [{"host": "b", "state": "up"}] + [{"host": "a", "state": "up"}] * 2
    assert compact(json.dumps(rows)).split("\n")[1] == "5× a"
    assert expand(compact(json.dumps(rows))) == rows
