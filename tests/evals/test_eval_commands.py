"""`python -m evals`: every eval from its own samples to its record, within seconds and without a network."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from conversing import QUIET
from protocol_server import serving

from evals import __main__ as command
from evals.harness import records
from evals.suites import multihop_qa

ROOT = Path(__file__).parents[2]
SHARED = {"case", "group", "unit", "compressor", "error"}
RUNS = {  # what is given besides the sample and the record
    "swe-bench": ["--retention", "--target", "0.4", "--compressors", "everything,oracle,compresskit"],
    "multihop-qa": ["--target", "0.4", "--compressors", "everything,oracle,compresskit"],
    "agent-points": ["--compressors", "everything,oracle,compresskit"],
    "needs": ["--limit", "1", "--contenders", "everything,oracle,compresskit"],
    "bill": ["--compressors", "everything,window,compresskit-previous"],
    "frameworks": ["--limit", "1", "--compressors", "everything,CompressMiddleware,SummarizationMiddleware"],
    "shrink": ["--target", "0.5", "--compressors", "everything,nothing,head+tail,excerpts"],
}
KEPT = {  # the heading under which sending everything has 1
    "swe-bench": "lines", "multihop-qa": "support", "agent-points": "support", "bill": "bill, in sum",
    "shrink": "support", "needs": "kept", "frameworks": "readable",
}  # fmt: skip


def run(name, tmp_path, *given):
    """Exit code and record."""
    path = tmp_path / "record.json"
    code = command.main([name, "--data", "sample", "--json", str(path), *given])
    return code, records.read(path) if path.exists() else None


@pytest.mark.parametrize("name", RUNS)
def test_an_eval_runs_from_its_sample_to_a_record(name, tmp_path):
    code, record = run(name, tmp_path, *RUNS[name])
    assert code == 0
    assert (record["version"], record["complete"], record["seeds"]) == (2, True, {"seed": 0})
    assert record["eval"] == name.replace("-", "_")
    assert list(record["data"])
    assert str(tmp_path) not in json.dumps(record)
    for row in record["rows"]:
        assert row.keys() >= SHARED
        assert row["error"] is None
    compressors = RUNS[name][-1].split(",")
    assert {row["compressor"] for row in record["rows"]} == set(compressors)
    means = {line["compressor"]: line["figures"][KEPT[name]]["mean"] for line in record["figures"]}
    assert means["everything"] == 1
    assert min(means.values()) >= 0


def answers(body):
    text = json.dumps(body["messages"])
    return "Velm" if "born in Velm" in text else "I do not know."


USAGE = {"prompt_tokens": 1_000, "completion_tokens": 10, "total_tokens": 1_010}
ASKED = ["--target", "300", "--conversation", "600", "--compressors", "everything,nothing"]


def test_a_model_is_asked_and_what_it_costs_is_recorded(tmp_path):
    """gpt-4o-mini costs $0.15 and $0.60 a million tokens: $0.000156 a request here."""
    with serving(answers, USAGE) as server:
        code, record = run("local-model", tmp_path, "--api-base", server.url, "--model", "gpt-4o-mini", *ASKED)
    assert code == 0
    assert record["tokens"] == {"prompt": 6_000, "completion": 60, "retrievals": 0}
    assert record["cost"] == pytest.approx(6 * 0.000156)
    assert [row["answered"] for row in record["rows"][:2]] == [1, 0]


def test_a_budget_stops_a_run_and_a_larger_one_goes_on(tmp_path, capsys):
    """The record says that it is not complete; in the end it is that of a run that was never stopped."""
    journal, known = tmp_path / "journal.jsonl", ["--model", "gpt-4o-mini", *ASKED]
    with serving(answers, USAGE) as server:
        known += ["--api-base", server.url, "--resume", str(journal)]
        code, record = run("local-model", tmp_path, *known, "--budget", "0.0004")
        assert (code, len(record["rows"]), len(server.bodies), record["complete"]) == (3, 2, 2, False)
        assert "stopped by the budget of $0.0004" in capsys.readouterr().err
        code, record = run("local-model", tmp_path, *known)
        assert (code, len(record["rows"]), len(server.bodies), record["complete"]) == (0, 6, 6, True)
        code, alone = run("local-model", tmp_path, *known, "--resume", str(tmp_path / "another.jsonl"))
    assert code == 0
    assert untimed(record) == untimed(alone)


def untimed(record):
    """A record without its times."""
    for one in record["rows"]:
        one.pop("seconds", None)
    for line in record["figures"]:
        line["figures"].pop("seconds", None)
    return record


def test_a_budget_that_cannot_be_kept_is_refused(tmp_path, capsys):
    known = ["--api-base", "http://127.0.0.1:9", "--model", "nobody/knows", "--budget", "1"]
    assert run("local-model", tmp_path, *known) == (2, None)
    assert "no price of 'openai/nobody/knows'" in capsys.readouterr().err


def test_nothing_but_errors_has_an_exit_code_and_a_record(tmp_path, capsys):
    """Here no server answers."""
    known = ["--api-base", "http://127.0.0.1:9/v1", "--model", "any", "--compressors", "nothing", "--limit", "1"]
    code, record = run("local-model", tmp_path, *known)
    assert code == 4
    assert [row["error"] is None for row in record["rows"]] == [False]
    assert "nothing but errors" in capsys.readouterr().err


def test_a_folder_for_the_record_that_is_missing_is_said_before_anything_is_measured(tmp_path, capsys):
    assert command.main(["multihop-qa", "--data", "sample", "--json", str(tmp_path / "none" / "record.json")]) == 2
    said = capsys.readouterr()
    assert "no folder" in said.err
    assert said.out == ""


def test_several_targets_give_groups_and_rows_of_their_own(tmp_path):
    _, record = run("multihop-qa", tmp_path, "--target", "0.3,0.5", "--compressors", "oracle", "--layouts", "apart")
    assert [line["group"] for line in record["figures"]] == [
        "sample, a message each, target 0.3", "sample, a message each, target 0.5",
    ]  # fmt: skip
    assert len({row["target"] for row in record["rows"] if row["case"] == "sample-1 apart"}) == 2


def test_problems_and_embedding_model_are_other_names():
    """As LiteLLM's scripts call them."""
    parser = multihop_qa.options.parser("x", "", "0.2", "")
    given = parser.parse_args(["--problems", "3", "--embedder", "wordllama", "--embedding-model", "a"])
    assert (given.limit, given.embedder) == (3, ["wordllama", "litellm:a"])
    assert parser.parse_args([]).embedder == []


@pytest.mark.parametrize(("given", "ray"), [([], None), (["--ray"], "local"), (["--ray", "10.0.0.5:1"], "10.0.0.5:1")])
def test_ray_is_here_or_at_an_address(given, ray):
    assert multihop_qa.options.parser("x", "", "0.2", "").parse_args(given).ray == ray


@pytest.mark.parametrize("wrong", ["0", "-1", "1,2", "much"])
def test_a_budget_is_a_sum_of_money(wrong, capsys):
    with pytest.raises(SystemExit):
        multihop_qa.main(["--budget", wrong])
    assert "--budget" in capsys.readouterr().err


def test_help_lists_every_eval_that_is_there(capsys):
    assert command.main(["--help"]) == 0
    shown = capsys.readouterr().out
    for name, (module, told) in command.EVALS.items():
        place = ROOT.joinpath("evals", *module.split("."))
        there = place.with_suffix(".py").exists() or (place / "__init__.py").exists()
        assert (f"  {name} " in shown and told in shown) == there, name


@pytest.mark.parametrize(
    ("given", "says"), [(["multihop_qa"], "did you mean 'multihop-qa'"), (["zzz"], "no eval 'zzz'"), ([], "which eval")]
)
def test_a_name_that_is_none_is_an_error(given, says, capsys):
    assert command.main(given) == 2
    said = capsys.readouterr().err
    assert says in said
    assert "swe-bench" in said


def test_an_eval_is_called_by_its_name():
    """With processes, from the repository."""
    options = ["--data", "sample", "--compressors", "everything", "--jobs", "2", "--layouts", "apart"]
    command = [sys.executable, "-m", "evals", "multihop-qa", *options]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.returncode, "1.000" in done.stdout) == (0, True), done.stderr


pytestmark = QUIET
