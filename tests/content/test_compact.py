"""JSON in short form says the very same."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from compresskit.content.compact.json_notation import compact, head_of
from compresskit.content.compact.json_reader import expand

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


@given(values | records | st.dictionaries(keys, records, max_size=3))
def test_what_is_said_briefly_is_the_very_same_value(value):
    short = compact(json.dumps(value))
    if short is not None:
        assert json.dumps(expand(short)) == json.dumps(value)


@given(records)
def test_repeated_records_are_said_briefly(value):
    short = compact(json.dumps(value))
    assert short is not None
    head, rows = short[: head_of(short)], short[head_of(short) :].split("\n")
    assert head.startswith("A = (id")
    assert head.count("name") == 1
    assert len(rows) == len(value)
    assert all(row.startswith("- A(") for row in rows)


@pytest.mark.parametrize("text", ["", "{", "[1, 2", "plain", '{"a": 1, "a": 2}', "[]", "7", "[" * 100_000])
def test_what_is_no_plain_json_is_left_alone(text):
    assert compact(text) is None


def test_what_nearly_all_records_have_is_said_once():
    value = [{"id": n, "plan": "gold" if n == 7 else "free", "region": "eu"} for n in range(20)]
    short = compact(json.dumps(value))
    assert short.split("\n")[0] == "A = (id,plan=free,region: eu)"
    assert [row for row in short.split("\n") if "gold" in row] == ["- A(7,plan=gold)"]
    assert expand(short) == value


def test_json_lines_are_a_list_of_records():
    value = [{"id": n, "state": "ok"} for n in range(9)]
    assert compact("\n".join(map(json.dumps, value)) + "\n") == compact(json.dumps(value))


def test_long_strings_stand_on_lines_of_their_own():
    body = "".join(f'line {n} says "hello"\n\n' for n in range(20))
    value = [{"id": n, "body": body + str(n), "ok": True} for n in range(3)]
    short = compact(json.dumps(value))
    assert '| line 7 says "hello"\n|\n| line 8' in short
    assert short.count("- A(") == 3
    assert expand(short) == value
