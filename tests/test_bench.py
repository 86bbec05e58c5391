"""scripts/bench: that its figures are measured, that its thresholds are kept to, and that failures are figures."""

import importlib
import json
import os
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


@pytest.fixture
def bench(monkeypatch):
    monkeypatch.syspath_prepend(str(ROOT / "scripts"))
    paths = [str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])]
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(paths))
    return importlib.import_module("bench")


def record(name="files_100k", ratio=1.0, met=True, import_ms=20.0, **more):
    ours = {"ratio": ratio, "target_met": met, "target": 10, "after": 9, **more}
    return {"import_ms": import_ms, "cases": {name: {"compresskit": ours}}}


def test_a_run_measures_time_memory_and_target(bench, tmp_path, capsys):
    out = tmp_path / "record.json"
    assert bench.main(["--cases", "files_10k", "--repeats", "2", "--no-litellm", "--json", str(out)]) == 0
    figures = json.loads(out.read_text())["cases"]["files_10k"]
    ours = figures["compresskit"]
    assert 9_500 < ours["tokens"] < 11_000
    assert len(ours["all_seconds"]) == 2
    assert min(ours["all_seconds"]) <= ours["seconds"] <= max(ours["all_seconds"])
    assert ours["target_met"]
    assert ours["after"] <= ours["target"] < ours["trigger"] < ours["tokens"]
    assert 0 <= figures["memory"]["peak_mb"] < 500
    shown = capsys.readouterr().out
    assert f"{ours['tokens']:,}" in shown
    assert f"{ours['ratio']:.2f}" in shown


@pytest.mark.parametrize(
    ("found", "says"),
    [
        (record(ratio=1.99), None),
        (record(ratio=2.01), "2.0x"),
        (record("tiny_5k", ratio=5.9), None),
        (record("tiny_5k", ratio=6.1), "6.1x"),
        (record(met=False), "target 10 not met"),
        (record(import_ms=51), "import"),
        (record(error="timeout: 3 s"), "timeout"),
    ],
    ids=["below 2x", "over 2x", "below 6x", "over 6x", "target missed", "slow import", "timeout"],
)
def test_the_thresholds(bench, found, says):
    failures = bench.over_limits(found)
    assert len(failures) == (says is not None)
    assert says is None or says in failures[0]


def test_only_check_makes_a_threshold_an_exit_code(bench, monkeypatch, capsys):
    slow = {"tokens": 100, "seconds": 1.0, "ratio": 9.0, "target_met": True, "target": 10, "after": 9}
    monkeypatch.setattr(bench, "import_time", lambda: 20.0)
    monkeypatch.setattr(bench, "measure", lambda *_: {"compresskit": slow, "litellm": None, "memory": {"peak_mb": 1}})
    assert bench.main(["--cases", "tiny_5k"]) == 0
    assert bench.main(["--cases", "tiny_5k", "--check"]) == 1
    assert "9.0x" in capsys.readouterr().out


def test_a_process_that_takes_too_long_or_crashes_is_a_figure(bench):
    assert bench.worker("files_10k", "compresskit", 0, 0.01)["error"] == "timeout: 0 s"
    assert bench.worker("no such case", "compresskit", 0, 60)["error"] == "crashed: KeyError"


def test_an_unknown_case_is_an_error(bench, capsys):
    with pytest.raises(SystemExit) as stopped:
        bench.main(["--cases", "files_10k,nonsense"])
    assert stopped.value.code == 2
    assert "nonsense" in capsys.readouterr().err
