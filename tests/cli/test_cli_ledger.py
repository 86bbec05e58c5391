"""compresskit ledger verify and report."""

import json

import pytest
from command_line import run

from compresskit import compress
from compresskit.ledger import Ledger
from compresskit.prices import Prices

PRICES = Prices(input=1_000_000, write=1_250_000, write_hour=2_000_000, read=100_000)
RESULT = compress(
    [{"role": "user", "content": text} for text in ("Read on.", "It was a fine day.\n" * 500, "Go on.")],
    "gpt-4o",
    trigger=1_500,
    target=1_000,
)


@pytest.fixture
def ledger(tmp_path):
    path = tmp_path / "ledger.jsonl"
    kept = Ledger(path)
    for name in ("first", "first", "\x1b[31m[red]second", None):
        kept.record(RESULT, prices=PRICES, conversation=name)
    kept.record(RESULT, prices=PRICES, conversation="first", retrieved_tokens=100)
    return path


def test_an_intact_ledger_is_said_to_be_so_with_its_head(ledger):
    head = json.loads(ledger.read_text().splitlines()[-1])["hash"]
    done = run("ledger", "verify", ledger)
    assert (done.exit_code, done.stdout) == (0, f"intact: 5 entries, head {head}\n")


def test_a_changed_ledger_is_exit_code_1_and_says_where(ledger):
    ledger.write_text(ledger.read_text().replace('"n":2', '"n":3'))
    for command in (["verify", ledger], ["report", ledger], ["report", ledger, "--json"]):
        done = run("ledger", *command)
        assert (done.exit_code, done.stdout) == (1, "")
        assert "line 3" in done.stderr


def test_lines_cut_off_are_found_with_a_hash_kept_elsewhere(ledger):
    lines = ledger.read_text().splitlines(keepends=True)
    head = json.loads(lines[-1])["hash"]
    ledger.write_text("".join(lines[:-1]))
    assert run("ledger", "verify", ledger).exit_code == 0
    assert run("ledger", "verify", ledger, "--head", head).exit_code == 1
    assert run("ledger", "verify", ledger, "--head", "abc").exit_code == 2


def test_a_report_adds_up_to_its_lines(ledger):
    """The sums are those of the file, retrievals deducted."""
    report = json.loads(run("ledger", "report", ledger, "--json").stdout)
    lines = [json.loads(line) for line in ledger.read_text().splitlines()]
    for name in ("retrieved_tokens", "paid_microdollars", "saved_microdollars"):
        assert report["total"][name] == sum(line[name] for line in lines)
        assert report["total"][name] == sum(one[name] for one in report["conversations"])
    assert (report["format"], report["version"], report["entries"]) == ("compresskit-ledger-report", 1, 5)
    assert (report["total"]["requests"], report["total"]["retrievals"]) == (4, 1)
    without = sum(line["original_tokens"] for line in lines if not line["retrieved_tokens"])
    assert report["total"]["original_tokens"] == without
    assert [one["conversation"] for one in report["conversations"]] == ["first", "\x1b[31m[red]second", None]
    assert report["total"]["bounced_microdollars"] == RESULT.compressed_tokens + 100


def test_a_report_shows_dollars_and_no_control_characters(ledger):
    done = run("ledger", "report", ledger)
    assert done.exit_code == 0
    assert "\x1b" not in done.stdout
    assert "[red]second" in done.stdout
    paid = sum(json.loads(line)["paid_microdollars"] for line in ledger.read_text().splitlines())
    assert f"${paid / 1e6:,.4f}" in done.stdout


@pytest.mark.parametrize("command", ["verify", "report"])
def test_a_file_that_cannot_be_read_is_exit_code_2(command, tmp_path):
    done = run("ledger", command, tmp_path / "nowhere")
    assert done.exit_code == 2
    assert "nowhere" in done.stderr
