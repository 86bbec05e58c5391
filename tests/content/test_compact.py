"""JSON in short form says the very same."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from compresskit.content.compact import compact, expand, head_of

scalars = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False)
texts = st.text(max_size=12) | st.sampled_from(
    ["A(1, 2)", "- x", "a: b", "1", "-0", "true", "null", "a = (b)", " x", "x\n", '"', "…"]
)
keys = st.sampled_from(["id", "name", "a b", "A", "-", "", "x:y", "ok"]) | st.text(max_size=6)
values = st.recursive(
    scalars | texts, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(keys, inner, max_size=4), max_leaves=30
)
records = st.lists(
    st.tuples(st.integers(), texts).map(lambda pair: {"id": pair[0], "name": pair[1], "ok": True}),
    min_size=2,
    max_size=6,
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
    assert short.count("name") == 1 + sum("name" in record["name"] for record in value)
    assert short[: head_of(short)].startswith("A = (")


@pytest.mark.parametrize("text", ["", "{", "[1, 2", "plain", '{"a": 1, "a": 2}', "[]", "7", "[" * 100_000])
def test_what_is_no_plain_json_is_left_alone(text):
    assert compact(text) is None
