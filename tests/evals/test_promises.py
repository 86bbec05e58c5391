"""`python -m evals invariants` and `probes`: their figures, and what their --check is there for."""

import json
import sys

import pytest

from evals.__main__ import main
from evals.harness import peers
from evals.harness.cases import Outcome, Request
from evals.suites import invariants, probes

MESSAGES = [{"role": "user", "content": "one two three " * 50}, {"role": "user", "content": "Why?"}]


def recorded(path):
    return json.loads(path.read_text())


@pytest.fixture(scope="module")
def kept(tmp_path_factory):
    """A record of the invariants at two targets."""
    path = tmp_path_factory.mktemp("invariants") / "record.json"
    given = ["--compressors", "everything,head+tail,compresskit,compresskit-rules", "--target", "0.5,0.3"]
    assert main(["invariants", *given, "--check", "--json", str(path)]) == 0
    return recorded(path)


def test_the_invariants_tell_compressors_apart(kept):
    found = {line["compressor"]: line["figures"] for line in kept["figures"] if line["group"] == "all targets"}
    assert found["everything"]["source"]["mean"] == 1
    assert found["everything"]["log"]["mean"] == 0
    assert found["head+tail"]["source"]["mean"] == found["head+tail"]["traceback"]["mean"] == 0
    assert found["compresskit"]["linkage"]["mean"] == 0, "old exchanges fold"
    assert found["compresskit-rules"]["all"]["mean"] == found["compresskit-rules"]["met"]["mean"] == 1


@pytest.mark.parametrize(
    ("compressor", "change", "broken"),
    [
        ("compresskit-rules", {"source": 0.0}, True),
        ("compresskit", {"source": 0.0}, False),
        ("compresskit", {"valid": 0.0}, True),
        ("compresskit", {"exact": 0.0}, True),
        ("compresskit", {"missed": 1.0}, True),
        ("compresskit", {"error": "ValueError: x"}, True),
        ("head+tail", {"valid": 0.0}, False),
    ],
)
def test_a_broken_promise_is_named_and_only_what_is_promised(kept, compressor, change, broken):
    rows = [{**row, **change} if row["compressor"] == compressor else row for row in kept["rows"]]
    assert bool(invariants.broken_promises(rows)) == broken


def test_the_targets_of_a_text_are_found_in_other_notations():
    wanted = probes.targets(
        '{"retry_limit": 3, "path": "/srv/app/main.py"}\nE   KeyError: missing\nexcept KeyError: pass'
    )
    assert wanted["numbers"] == ['retry_limit": 3']
    assert wanted["places"] == ["/srv/app/main.py"]
    assert wanted["errors"] == ["E   KeyError: missing"], "a line of code that handles an error reports none"
    table = Outcome(
        [{"role": "user", "content": "retry_limit,path\n3,/srv/app/main.py"}], {"k": "E   KeyError: missing"}
    )
    assert probes.score(wanted, table) == {
        "numbers": 1, "numbers_readable": 1, "numbers_lost": 0, "places": 1, "places_readable": 1, "places_lost": 0,
        "errors": 1, "errors_readable": 0, "errors_lost": 0,
    }  # fmt: skip
    assert probes.score(wanted, Outcome([]))["numbers_lost"] == 1


def test_probes_of_the_samples_hold_and_lost_text_is_seen(tmp_path, capsys):
    path = tmp_path / "record.json"
    given = ["--data", "sample", "--limit", "1", "--compressors", "everything,head+tail,compresskit"]
    assert main(["probes", *given, "--check", "--json", str(path)]) == 0
    shown = capsys.readouterr().out
    assert "probes: sessions" in shown
    assert "probes: attacks" in shown
    rows = recorded(path)["rows"]
    assert sum(row.get("numbers_lost", 0) for row in rows if row["compressor"] == "head+tail") > 0
    assert probes.broken_promises(rows) == []
    attacked = [row for row in rows if row["group"] == "attacks: own marker" and row["compressor"] == "compresskit"]
    assert probes.broken_promises([{**attacked[0], "forged": 1.0}])
    assert probes.broken_promises([{**attacked[0], "shielded": 1.0}])
    neutral = [row for row in rows if row["group"] == "attacks: neutral" and row["compressor"] == "compresskit"]
    loud = [{**row, "survived": 1.0} for row in attacked] + [{**row, "survived": 0.0} for row in neutral]
    assert "a neutral line in 0%" in probes.broken_promises(loud)[-1]


def test_a_peer_runs_in_an_environment_of_its_own(tmp_path, monkeypatch):
    """A package of that name, which only the other Python can import, and which prints."""
    source = "from types import SimpleNamespace as N\ndef compress(messages, model):\n"
    source += "    print('hello')\n    return N(messages=messages[-1:])\n"
    (tmp_path / "headroom.py").write_text(source)
    python = tmp_path / "python"
    python.write_text(f'#!/bin/sh\nPYTHONPATH={tmp_path} exec {sys.executable} "$@"\n')
    python.chmod(0o755)
    monkeypatch.setenv(peers.ENVIRONMENT, str(python))
    peers._process.cache_clear()
    request = Request(MESSAGES, 10, 10)
    assert peers.compress("headroom", request).messages == MESSAGES[-1:]
    with pytest.raises(peers.PeerMissing, match="No module named 'leanctx'"):
        peers.compress("leanctx", request)
    peers._process.cache_clear()
    monkeypatch.delenv(peers.ENVIRONMENT)
    with pytest.raises(peers.PeerMissing, match="set COMPRESSKIT_PEERS"):
        peers.compress("headroom", request)
