"""Records of evals: what is read of both versions, and what is refused."""

import json

import pytest

from evals.harness import data, records

NEW = {"seeds", "cost", "tokens", "complete"}


def made(rows):
    return records.record("x", {"seed": 3}, [data.Source("a set, test", "abc", [])], [], [], rows)


def test_what_rows_cost_is_added_up_and_null_where_none_says():
    record = made([{"cost": 0.5, "prompt_tokens": 10, "retrievals": 0}, {"cost": None}, {"cost": 0.25}])
    assert record["cost"] == 0.75
    assert record["tokens"] == {"prompt": 10, "completion": None, "retrievals": 0}
    assert record["data"] == {"a set, test": "abc"}
    assert made([{}])["cost"] is None


def test_both_versions_are_read(tmp_path):
    """What version 1 did not have is as if nothing had been said."""
    path = tmp_path / "record.json"
    record = made([])
    records.write(path, record)
    assert records.read(path) == record
    old = {key: value for key, value in record.items() if key not in NEW} | {"version": 1}
    records.write(path, old)
    read = records.read(path)
    assert read | old == read
    assert (read["complete"], read["cost"], read["seeds"], set(read["tokens"].values())) == (True, None, {}, {None})


@pytest.mark.parametrize(
    ("text", "says"),
    [("{", "cannot be read"), ("[]", "no record"), ('{"format": "x"}', "no record"),
     (json.dumps({"format": "compresskit-eval", "version": 3}), "version 3")],
)  # fmt: skip
def test_what_is_no_record_is_refused(text, says, tmp_path):
    (tmp_path / "record.json").write_text(text)
    with pytest.raises(data.DataError, match=says):
        records.read(tmp_path / "record.json")


def test_a_record_that_is_missing_says_where(tmp_path):
    with pytest.raises(data.DataError, match="none"):
        records.read(tmp_path / "none.json")
