"""compresskit bench: a gate for CI that fails for what it says, and for nothing else."""

import copy
import json

import pytest
from command_line import openai_messages, run
from session_files import claude_code, codex, openai_log, save

from compresskit.bench import IN_PLACE, Settings, broken, conversation, measure
from compresskit.sessions import Session

FIGURES = ["invariants", "restored", "targets", "valid", "kept"]


def changed(shape, change):
    messages = copy.deepcopy(conversation(shape))
    change(messages)
    return broken(conversation(shape), messages)


@pytest.mark.parametrize(
    ("change", "names"),
    [
        (lambda m: m[2]["content"][0].update(content="x"), ["source"]),
        (lambda m: m[10]["content"][0].update(content="AttributeError"), ["traceback"]),
        (lambda m: m[6]["content"][0].update(tool_use_id="another"), ["linkage"]),
        (lambda m: m[3]["content"][1]["input"].update(pattern="ship"), ["inputs"]),
        (lambda m: m[7]["content"][1]["input"].update(new_str="pass"), ["inputs", "new_str"]),
        (lambda m: m.__delitem__(slice(1, 3)), ["source", "linkage", "inputs"]),
    ],
)
def test_each_invariant_finds_its_fault(change, names):
    assert set(changed("anthropic", change)) - {"log"} == set(names)


def test_what_is_no_call_any_more_breaks_its_invariants_and_does_not_raise():
    def spoil(messages):
        messages[7]["tool_calls"][0]["function"]["arguments"] = "{"

    assert {"linkage", "inputs", "new_str"} <= set(changed("openai", spoil))


def test_without_sessions_the_invariants_are_checked():
    done = run("bench")
    assert done.exit_code == 0, done.stderr
    assert "no sessions were given" in done.stdout
    assert "restored" not in done.stdout
    assert json.loads(run("bench", "--json").stdout)["figures"]["restored"] is None


def test_the_record_has_a_version_and_no_text(tmp_path):
    """Sessions of two programs; a secret of the files is in no figure."""
    paths = [save(tmp_path / "a.jsonl", claude_code(8)), save(tmp_path / "b.jsonl", codex(8))]
    done = run("bench", *paths, "--shares", "0.4,0.2", "--json", "-o", tmp_path / "record.json")
    assert done.exit_code == 0, done.stderr
    found = json.loads(done.stdout)
    assert json.loads((tmp_path / "record.json").read_text()) == found
    assert (found["format"], found["version"], found["sessions"]) == ("compresskit-bench", 1, 2)
    assert found["complete"]
    assert found["points"] > 2
    assert [found["figures"][name] for name in FIGURES[:4]] == [1] * 4
    assert found["figures"]["saved@20"] > found["figures"]["saved@40"] > 0.1
    assert {row["share"] for row in found["rows"]} == {0.4, 0.2}
    assert "settle_invoice" not in done.stdout, "no text of a session is in the record"


def test_a_figure_under_its_threshold_fails_the_run_and_is_named(tmp_path):
    path = save(tmp_path / "a.json", openai_log(8))
    done = run("bench", path, "--fail-under", "saved@50=0.99", "--json")
    assert done.exit_code == 1
    assert json.loads(done.stdout)["failed"] == ["saved@50"]
    assert "fails" in run("bench", path, "--fail-under", "saved@50=0.99").stdout


def test_rules_of_the_user_are_measured(tmp_path):
    rules = tmp_path / "rules.toml"
    rules.write_text('[[rules]]\naction = "keep"\n')
    path = save(tmp_path / "a.json", openai_log(8))
    found = json.loads(run("bench", path, "--rules", rules, "--json").stdout)
    assert found["figures"]["saved@50"] == 0, "all of it is kept"
    assert found["figures"]["targets"] == 1, "it is at its floor, and says so"
    assert found["settings"]["rules"] == 1


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (["--fail-under", "speed=1"], "there is no figure 'speed'"),
        (["--fail-under", "kept"], "NAME=VALUE"),
        (["--fail-under", "kept=2"], "from 0 to 1"),
        (["--fail-under", "kept=1"], "kept was not measured"),
        (["--shares", "0.3,1"], "between 0 and 1"),
        (["--seconds", "0"], "--seconds"),
        (["no-such-file.jsonl"], "does not exist"),
    ],
)
def test_wrong_usage_is_two_and_says_what_to_do(wrong, said):
    done = run("bench", *wrong)
    assert done.exit_code == 2
    assert said in done.stderr


def test_a_gate_that_nothing_was_measured_for_does_not_hold(tmp_path):
    given = save(
        tmp_path / "short.json", [{"role": "user", "content": "Hello."}, {"role": "assistant", "content": "Hi."}]
    )
    done = run("bench", given)
    assert (done.exit_code, done.stdout) == (2, "")
    assert "nothing was measured: no session has a request with 2,000 tokens" in done.stderr


def test_the_time_ends_the_run_between_points_and_the_record_says_so():
    messages = openai_messages()
    sessions = [Session(name, "", [*messages, {"role": "assistant", "content": "Done."}]) for name in "ab"]
    ticks = iter(range(100))
    run_ = measure(sessions, Settings(), seconds=1.5, clock=lambda: next(ticks))
    assert (run_.points, run_.complete) == (1, False)
    assert measure(sessions, Settings(options=IN_PLACE), seconds=60).complete
