"""`python -m evals outputs`: outputs of commands, made on the spot, at a share of their tokens."""

import random

from evals.harness import records
from evals.harness.rtk import filtered
from evals.suites import made_outputs, outputs


def run(folder, *given):
    path = folder / "record.json"
    assert outputs.main(["--data", "sample", "--json", str(path), *given]) == 0
    return records.read(path)


def test_every_made_output_has_its_needs_and_is_the_same_each_time():
    for make in (*made_outputs.FIRST, *made_outputs.OTHERS):
        first, again = (make(random.Random(make.__name__)) for _ in range(2))
        assert first == again
        assert all(need in first.text for need in first.needs)
        assert first.needs


def test_the_target_is_a_share_of_the_output_alone(tmp_path):
    record = run(tmp_path, "--only", "cargo test", "--shares", "0.2", "--contenders", "everything,head+tail,shorten")
    rows = {row["compressor"]: row for row in record["rows"]}
    assert rows["everything"]["kept"] == rows["shorten"]["kept"] == 1
    assert (rows["everything"]["met"], rows["shorten"]["met"], rows["shorten"]["exact"]) == (0, 1, 1)
    assert {row["group"] for row in record["rows"]} == {"20%/tests"}
    output = made_outputs.cargo_test(random.Random("cargo_test"))
    beside = rows["shorten"]["before"] - outputs.count(output.text)
    assert abs(rows["shorten"]["target"] - beside - 0.2 * outputs.count(output.text)) < 2


def test_what_commands_make_on_the_spot_is_there(tmp_path):
    record = run(tmp_path, "--only", "pytest -v", "--shares", "0.1", "--contenders", "shorten")
    (row,) = record["rows"]
    assert (row["case"], row["kept"], row["met"]) == ("pytest -v", 1, 1)


def test_beside_peers_without_a_target_it_has_the_tokens_that_they_come_to(tmp_path, monkeypatch):
    monkeypatch.delenv("COMPRESSKIT_PEERS", raising=False)
    names = ("rtk's rules", "shorten as rtk's rules", "headroom")
    record = run(tmp_path, "--only", "cargo", "--shares", "0.1", "--contenders", ",".join(names))
    rtk, ours, headroom = (next(row for row in record["rows"] if row["compressor"] == name) for name in names)
    assert ours["after"] <= rtk["after"] < rtk["before"] / 4
    assert rtk["kept"] == ours["kept"] == 1
    assert "set COMPRESSKIT_PEERS" in headroom["error"]
    assert filtered("htop", "as it was\n") == "as it was\n"
