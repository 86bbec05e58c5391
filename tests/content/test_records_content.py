"""JSON is cut between records, wherever they stand; json.loads is the oracle."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from compresskit.content import split

values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=12),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
records = st.dictionaries(st.text(max_size=6), values, min_size=1, max_size=4)


def pieces(text, found):
    return [text[segment.start : segment.end] for segment in found.segments]


@given(st.lists(records, min_size=1, max_size=8), st.sampled_from([None, 2]), st.booleans())
def test_each_element_of_an_array_is_a_segment(rows, indent, ascii_only):
    text = json.dumps(rows, indent=indent, ensure_ascii=ascii_only)
    found = split(text, "a.json", min_chars=1, max_chars=10**6)
    cut = pieces(text, found)
    cut[0] = cut[0].removeprefix("[")
    cut[-1] = cut[-1].removesuffix("]")
    assert [json.loads(piece.strip().removesuffix(",")) for piece in cut] == rows


@given(st.lists(records, min_size=2, max_size=8))
def test_each_line_of_jsonl_is_a_segment(rows):
    text = "".join(json.dumps(row) + "\n" for row in rows)
    found = split(text, "a.jsonl", min_chars=1, max_chars=10**6)
    assert [json.loads(piece) for piece in pieces(text, found)] == rows


@pytest.mark.parametrize("indent", [None, 2])
def test_records_inside_an_answer_are_segments_named_by_their_ids(indent):
    rows = [{"order_id": f"A{number}", "note": "x" * 150} for number in range(20)]
    text = json.dumps({"status": "ok", "data": {"results": rows}}, indent=indent)
    found = split(text)
    assert [segment.name for segment in found.segments][-20:] == [f"data.results.A{number}" for number in range(20)]
    for row, piece in zip(rows[1:-1], pieces(text, found)[-19:-1], strict=True):
        assert json.loads(piece.strip().removesuffix(",")) == row


def test_brackets_and_quotes_in_strings_are_text():
    rows = [{"id": number, "text": '"],[{' + "y" * 130 + "\\"} for number in range(6)]
    text = json.dumps(rows)
    assert [segment.name for segment in split(text).segments] == [str(number) for number in range(6)]


def test_half_a_document_keeps_its_records():
    rows = [{"id": number, "text": "y" * 130} for number in range(9)]
    text = json.dumps(rows)[:-20]
    assert [segment.name for segment in split(text).segments] == [str(number) for number in range(9)]


def test_a_large_record_is_cut_between_its_members():
    text = json.dumps([{"id": 1, "first": "a " * 500, "second": "b " * 500}])
    names = [segment.name for segment in split(text, max_chars=1200).segments]
    assert names == ["1.id, 1.first", "1.second"]
