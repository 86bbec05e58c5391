"""`python -m evals longbench-v2`: letters, groups, and the whole eval with a scripted model."""

import json

import pytest
from conversing import QUIET
from protocol_server import Error, serving

from evals.harness import data
from evals.harness.messages import read_all
from evals.harness.tokens import count
from evals.suites import longbench_v2
from evals.suites.longbench_v2 import letter

pytestmark = QUIET
FILE = data.SAMPLES / "longbench_v2.jsonl"
QUESTIONS = data.rows(FILE)
KEYS = {"sample-1": "a church bell was found", "sample-2": "he received a barrel", "sample-3": "140 pilgrims crossed"}
KEYS["sample-4"] = "Rebekka, his daughter, rang"


@pytest.mark.parametrize(
    ("reply", "said"),
    [
        ("The correct answer is (B).", "B"),
        ("the correct answer is **C**", "C"),
        ("Answer: D", "D"),
        ("A", "A"),
        ("A) the well", "A"),
        ("(A) is wrong, so it is (C)", "C"),
        ("First I thought the answer is A. The correct answer is (D)", "D"),
        ("A ship came by.\nB", "B"),
        ("I cannot tell.", None),
        ("", None),
        ("E", None),
    ],
)
def test_the_letter_of_a_reply(reply, said):
    assert letter(reply) == said


def reader(body):
    """Knows the answer where it sees what gives it away, and says (A) else, which is never right here."""
    shown = read_all(body["messages"])
    question = next(one for one in QUESTIONS if one["question"] in shown)
    return f"The correct answer is ({question['answer'] if KEYS[question['_id']] in shown else 'A'})"


def run(url, *options):
    return longbench_v2.main(["--data", "sample", "--api-base", url, "--model", "reader", "--target", "900", *options])


def test_accuracy_is_per_difficulty_and_length(tmp_path, capsys):
    assert not any(one["answer"] == "A" for one in QUESTIONS)
    record = tmp_path / "record.json"
    with serving(reader) as server:
        assert run(server.url, "--compressors", "everything,nothing,head+tail,compresskit", "--json", str(record)) == 0
    made = json.loads(record.read_text())
    assert not any(row["error"] for row in made["rows"])
    assert len(made["rows"]) == 16
    lines = {(line["group"], line["compressor"]): line for line in made["figures"]}
    assert {group for group, _ in lines} == {"LongBench v2", "easy", "hard", "short", "medium", "long"}
    for group, cases in (("LongBench v2", 4), ("easy", 2), ("hard", 2), ("short", 2), ("medium", 1), ("long", 1)):
        assert lines[group, "everything"]["cases"] == cases
        assert lines[group, "everything"]["figures"]["accuracy"]["mean"] == 1
        assert lines[group, "nothing"]["figures"]["accuracy"]["mean"] == 0
    assert lines["easy", "compresskit"]["figures"]["accuracy"]["mean"] == 1
    rows = [row for row in made["rows"] if row["compressor"] == "compresskit"]
    assert all(row["after"] <= 900 < row["before"] for row in rows)
    assert "accuracy" in capsys.readouterr().out


def test_what_does_not_fit_is_an_error_of_its_groups_and_may_be_left_out(tmp_path):
    sizes = sorted(count(one["context"]) for one in QUESTIONS)

    def small(body):
        return Error(400, "too long") if count(read_all(body["messages"])) > sizes[-1] else reader(body)

    record = tmp_path / "record.json"
    with serving(small) as server:
        assert run(server.url, "--compressors", "everything", "--json", str(record)) == 0
        found = {line["group"]: line["errors"] for line in json.loads(record.read_text())["figures"]}
        assert found == {"LongBench v2": 1, "hard": 1, "long": 1, "easy": 0, "short": 0, "medium": 0}
        options = ["--compressors", "everything", "--json", str(record), "--max-context", str(sizes[-1] - 1)]
        assert run(server.url, *options) == 0
        assert len(json.loads(record.read_text())["rows"]) == 3


def test_a_question_without_a_letter_for_an_answer_is_told(tmp_path, capsys):
    path = tmp_path / "own.jsonl"
    path.write_text(json.dumps({**QUESTIONS[0], "answer": "the bell"}) + "\n")
    assert longbench_v2.main(["--data", str(path), "--model", "gpt-4o"]) == 2
    assert "should be one of A, B, C, D, not 'the bell'" in capsys.readouterr().err


def test_a_model_is_needed(capsys):
    with pytest.raises(SystemExit, match="2"):
        longbench_v2.main(["--data", "sample"])
    assert "--model NAME" in capsys.readouterr().err
