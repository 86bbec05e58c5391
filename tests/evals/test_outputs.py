"""`python -m evals outputs`: outputs of commands, made on the spot, at a share of their tokens."""

import random

from evals.harness import records
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
    record = run(tmp_path, "--only", "cargo", "--shares", "0.2", "--contenders", "everything,head+tail,shorten")
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
