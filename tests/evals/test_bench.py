"""`python -m evals bench`: its figures are measured, its thresholds are kept to, and failures are figures."""

import pytest

from evals.harness import records
from evals.suites import bench


def found(name="files_100k", ratio=1.0, met=1.0, error=None, compressor="compresskit", **more):
    ours = {
        "before": 100,
        "seconds": 1.0,
        "ratio": ratio,
        "work_ratio": 1.0,
        "later_ratio": 0.1,
        "met": met,
        "target": 10,
        "after": 9,
        **more,
    }
    return [{"case": f"{name} 0", "group": name, "compressor": compressor, "unit": name, "error": error, **ours}]


def held(ratio, size):
    return found(compressor="memory", peak_ratio=ratio, size_mb=size)


def started(milliseconds):
    return [{**found(bench.IMPORT)[0], "milliseconds": milliseconds}]


def test_a_run_measures_time_memory_and_target(tmp_path, capsys):
    out = tmp_path / "record.json"
    assert bench.main(["--cases", "files_10k", "--repeats", "2", "--no-litellm", "--json", str(out)]) == 0
    record = records.read(out)
    (first, second), (memory,) = (
        [row for row in record["rows"] if (row["group"], row["compressor"]) == ("files_10k", name)]
        for name in ("compresskit", "memory")
    )
    assert [first["case"], second["case"]] == ["files_10k 0", "files_10k 1"]
    assert 9_500 < first["before"] < 11_000
    assert first["met"]
    assert first["after"] <= first["target"] < first["trigger"] < first["before"]
    assert 0 <= memory["peak_mb"] < 500
    assert 0.02 < memory["size_mb"] < 0.1
    assert 1 < memory["peak_ratio"] < 100
    (line,) = [one for one in record["figures"] if (one["group"], one["compressor"]) == ("files_10k", "compresskit")]
    assert first["ratio"] == first["seconds"] / first["tiktoken_seconds"]
    assert line["figures"]["x tiktoken"]["mean"] == pytest.approx((first["ratio"] + second["ratio"]) / 2)
    shown = capsys.readouterr().out
    assert f"{first['before']:,}" in shown
    assert f"{(first['ratio'] + second['ratio']) / 2:.2f}" in shown
    assert "import compresskit: " in shown


@pytest.mark.parametrize(
    ("rows", "says"),
    [
        (found(work_ratio=3.99), None),
        (found(work_ratio=4.01), "4.0x"),
        (found(work_ratio=3.9) + found(work_ratio=3.95) + found(work_ratio=19.0), None),
        (found("tiny_5k", work_ratio=9.9), None),
        (found("tiny_5k", work_ratio=10.1), "10.1x"),
        (found(met=0.0), "target 10 not met"),
        (started(11), "import"),
        (started(9), None),
        (found(error="timeout: 3 s"), "timeout"),
        (found(work_ratio=9.0, compressor="litellm"), None),
        (held(11.9, 1.0), None),
        (held(13.0, 1.0), "13x the size"),
        (held(13.0, 0.9), None),
        (held(7.0, 10.0), "7x the size"),
        (found(compressor="memory", process_mb=513.0), "513 MB"),
    ],
    ids=[
        "below 4x", "over 4x", "median below 4x", "below 10x", "over 10x", "target missed", "slow import",
        "fast import", "timeout", "of another", "memory", "too much memory", "of little text",
        "of much text", "a large process",
    ],
)  # fmt: skip
def test_the_thresholds(rows, says):
    failures = bench.over_limits(rows)
    assert len(failures) == (says is not None)
    assert says is None or says in failures[0]


def test_only_check_makes_a_threshold_an_exit_code(monkeypatch, capsys):
    slow = found("tiny_5k", work_ratio=19.0) + found("tiny_5k", compressor="memory", peak_mb=1.0)
    monkeypatch.setattr(bench, "_rows", lambda _: slow)
    assert bench.main(["--cases", "tiny_5k"]) == 0
    assert bench.main(["--cases", "tiny_5k", "--check"]) == 1
    assert "19.0x" in capsys.readouterr().out


def test_a_process_that_takes_too_long_or_crashes_is_a_figure():
    assert bench.worker("files_10k", "compresskit", 0, 0.01)["error"] == "timeout: 0 s"
    assert bench.worker("no such case", "compresskit", 0, 60)["error"] == "crashed: KeyError"


def test_one_that_failed_is_not_asked_again(monkeypatch, tmp_path):
    """A timeout is minutes; the other goes on. A journal spares the second run everything that went well."""
    asked = []

    def worker(name, contender, repeat, _limit):
        asked.append((contender, repeat))
        error = "timeout: 3 s" if contender == "litellm" else None
        return {**found(name, error=error, compressor=contender)[0], "case": f"{name} {repeat}", "peak_mb": 1}

    monkeypatch.setattr(bench, "worker", worker)
    monkeypatch.setattr(bench, "import_time", lambda: started(9)[0])
    given = ["--cases", "tiny_5k", "--repeats", "3", "--resume", str(tmp_path / "journal"), "--timeout", "3"]
    assert bench.main(given) == 0
    ours = ["compresskit", "compresskit[fast]"]
    again = [(name, repeat) for repeat in (1, 2) for name in ours]
    assert asked == [*((name, 0) for name in ours), ("litellm", 0), ("memory", 0), *again]
    asked.clear()
    assert bench.main(given) == 0
    assert asked == [("litellm", 0)]


def test_an_unknown_case_is_an_error(capsys):
    with pytest.raises(SystemExit) as stopped:
        bench.main(["--cases", "files_10k,nonsense"])
    assert stopped.value.code == 2
    assert "nonsense" in capsys.readouterr().err
