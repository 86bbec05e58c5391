"""`python -m evals ablate`: what leaving something out changes, and that all is as before afterwards."""

import json
from dataclasses import fields
from pathlib import Path

import pytest

import compresskit
from compresskit import compress
from compresskit._weights import listed, replaced
from compresskit.plan import weights as plan
from evals import __main__ as command
from evals.harness import records
from evals.suites import ablate

DEFAULTS = {package: module.WEIGHTS for package, module in ablate.PACKAGES.items()}


def run(tmp_path, *given):
    """The record of a run on the samples."""
    path = tmp_path / "record.json"
    assert command.main(["ablate", "--data", "sample", "--json", str(path), *given]) == 0
    return records.read(path)


def figures(record, heading):
    return {line["compressor"]: line["figures"][heading] for line in record["figures"]}


@pytest.fixture(autouse=True)
def _all_is_restored():
    yield
    assert all(module.WEIGHTS is DEFAULTS[package] for package, module in ablate.PACKAGES.items())


def test_leaving_a_mechanism_out_changes_the_figure(tmp_path):
    shown = "entities"
    record = run(tmp_path, "--without", f"{shown},definition-hops+recency", "--on", "agent-points", "--target", "0.4")
    readable, difference = figures(record, "readable"), figures(record, "difference")
    assert list(readable) == ["defaults", f"without {shown}", "without definition-hops+recency"]
    assert readable[f"without {shown}"]["mean"] != readable["defaults"]["mean"]
    assert difference["defaults"] is None
    paired = difference[f"without {shown}"]
    assert paired["mean"] == pytest.approx(readable[f"without {shown}"]["mean"] - readable["defaults"]["mean"])
    assert paired["low"] <= paired["mean"] <= paired["high"]
    assert difference["without definition-hops+recency"]["mean"] == 0


def test_a_weight_can_be_set(tmp_path):
    both = ["--set", "relevance.mentioned=0", "--set", "relevance.defined=0"]
    set_by_hand = run(tmp_path, *both, "--on", "agent-points", "--target", "0.2")
    left_out = run(tmp_path, "--without", "mentions", "--on", "agent-points", "--target", "0.2")
    wanted = figures(left_out, "readable")["without mentions"]
    assert figures(set_by_hand, "readable")["set relevance.mentioned=0 relevance.defined=0"] == wanted


def test_no_eval_has_errors_without_a_mechanism(tmp_path):
    evals = ["--on", "agent-points,multihop-qa,swe-bench", "--target", "0.3", "--limit", "1"]
    record = run(tmp_path, "--without", "all", *evals)
    measured = {row["compressor"] for row in record["rows"]}
    assert measured == {"defaults", *(f"without {name}" for name in ablate.MECHANISMS)}
    assert {row["group"].partition(":")[0] for row in record["rows"]} == {"agent-points", "multihop-qa", "swe-bench"}
    assert all(row["error"] is None and row["exact"] == 1 for row in record["rows"])


def test_other_processes_leave_out_the_same(tmp_path):
    given = ["--without", "mentions", "--on", "agent-points", "--target", "0.2", "--limit", "1"]
    here, elsewhere = run(tmp_path, *given), run(tmp_path, *given, "--jobs", "2")
    assert figures(here, "difference") == figures(elsewhere, "difference")


@pytest.mark.parametrize("name", ablate.MECHANISMS)
def test_a_mechanism_changes_weights_that_there_are(name):
    for key, value in ablate.MECHANISMS[name].values.items():
        package, _, field = key.partition(".")
        assert getattr(DEFAULTS[package], field) != value
        assert type(getattr(DEFAULTS[package], field)) is type(value)


def test_every_package_with_weights_can_be_changed():
    package = Path(compresskit.__file__).parent
    assert {file.parent.name for file in package.rglob("weights.py")} == set(ablate.PACKAGES)


@pytest.mark.parametrize("package", ablate.PACKAGES)
def test_every_weight_has_a_meaning_and_a_source_and_can_be_set(package, capsys):
    assert command.main(["ablate", "--list"]) == 0
    said = capsys.readouterr().out
    for name, value, meaning, source in listed(ablate.PACKAGES[package]):
        assert f"{package}.{name} = {ablate._shown(value)}\n      {meaning}\n      source: {source}" in said
        assert len(meaning) > 10
        assert len(source) > 3
        assert ablate.read_weight(f"{package}.{name}={ablate._shown(value)}") == (f"{package}.{name}", value)
    assert all(field.metadata for field in fields(DEFAULTS[package]))


def test_a_replacement_holds_in_the_thread_that_judges_and_ends_with_an_error():
    lines = [{"id": n, "name": f"item_{n}", "note": f"seen at shelf {n % 7} by user_{n % 11}"} for n in range(900)]
    messages = [{"role": "user", "content": "What is broken?"}]
    messages += [{"role": "user", "content": json.dumps(lines)}, {"role": "user", "content": "Say it."}]
    assert sum(len(message["content"]) for message in messages) > 30_000  # from here on another thread judges

    def sent():
        return compress(messages, "gpt-4o", trigger=8_000, target=3_000).messages

    def fails():
        with replaced(plan, compact_forms=frozenset()):
            during.append(sent())
            raise ZeroDivisionError

    before, during = sent(), []
    with pytest.raises(ZeroDivisionError):
        fails()
    assert during[0] != before
    assert sent() == before


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (["--without", "outlier"], "did you mean outliers?"),
        (["--set", "plan.name_share=1"], "did you mean plan.names_share?"),
        (["--set", "plan.names_share=much"], "'much' is no value of plan.names_share"),
        ([], "--list shows them all"),
    ],
)
def test_wrong_arguments_are_told(given, said, capsys):
    with pytest.raises(SystemExit) as stopped:
        command.main(["ablate", *given])
    assert stopped.value.code == 2
    assert said in capsys.readouterr().err
