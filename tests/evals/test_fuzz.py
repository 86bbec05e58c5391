"""`python -m evals fuzz`: a seed gives the same chain, and a broken law its seed and exit code 1."""

import json
from dataclasses import replace

import compresskit
from evals import __main__ as command
from evals.suites import fuzz_chains


def run(capsys, *given):
    code = command.main(["fuzz", *given])
    return code, capsys.readouterr().out


def test_a_few_hundred_calls_break_no_law(capsys):
    code, out = run(capsys, "--calls", "400", "--seed", "7")
    for shape in ("openai", "anthropic", "responses", "gemini", "converse"):
        assert f"messages: {shape}" in out
    assert code == 0, out


def test_the_same_seed_tries_the_same(capsys):
    given = ("--calls", "60", "--seed", "3", "--data", "none")
    assert run(capsys, *given) == run(capsys, *given)
    one = run(capsys, "--only", "5", "--data", "none")
    assert one == run(capsys, "--only", "5", "--data", "none")
    assert one[1].startswith("turn 0: ")


def test_a_broken_law_is_reported_with_a_seed_that_shows_it_again(capsys, monkeypatch, tmp_path):
    def forgetful(messages, **options):
        result = compresskit.compress(messages, **options)
        return replace(result, messages=result.messages[:-1])

    monkeypatch.setattr(fuzz_chains, "compress", forgetful)
    saved = tmp_path / "broken.json"
    code, out = run(capsys, "--calls", "30", "--data", "none", "--save", str(saved))
    assert code == 1
    assert "nothing is lost (--only 0, 1, " in out
    rows = json.loads(saved.read_text())
    assert {"nothing is lost"} <= {row["law"] for row in rows}
    code, out = run(capsys, "--only", "0", "--data", "none")
    assert code == 1
    assert "  BROKEN nothing is lost\n" in out


def test_what_raises_is_a_broken_law(capsys, monkeypatch):
    def failing(*_, **__):
        raise ZeroDivisionError("no")

    monkeypatch.setattr(fuzz_chains, "compress", failing)
    code, out = run(capsys, "--only", "0", "--data", "none")
    assert code == 1
    assert "BROKEN never raises: ZeroDivisionError: no" in out
