"""show, compress and bill read sessions of agents as they are on disk, through the real command."""

import json
import re

import pytest
from command_line import inside, on_terminal, run, spawn
from session_files import FILES, TASK, chat, claude_code, codex, openai_log, save

from compresskit import Compressed, compress, restore, sessions
from compresskit.view import account, as_fields


@pytest.fixture(params=FILES)
def saved(request, tmp_path):
    name, make, _ = FILES[request.param]
    return save(tmp_path / name, make())


def numbers(row):
    return [int(number.replace(",", "")) for number in re.findall(r"(?<= )[\d,]*\d(?= )", row + " ")]


def table(text):
    """Before and after of every row, those beside the texts by name, and the totals of the last line."""
    rows = [line for line in text.splitlines() if re.match(r" *(\d+(-\d+)?|calls|tools|overhead|all) ", line)]
    figures = {}
    for row in rows:
        label = row.split()[0]
        cells = re.sub(r"^ *[\d-]+ +\S.*?(?= {2,})", "", row) if label[0].isdigit() else row.strip()[len(label) :]
        found = numbers(cells)
        figures[label] = tuple(found[:2]) if len(found) >= 2 else (0, 0)
    before, after = re.search(r"([\d,]+) -> ([\d,]+) tokens", text).groups()
    return figures, (int(before.replace(",", "")), int(after.replace(",", "")))


def test_show_tells_what_went_in_rows_that_add_up(saved):
    """For every format: the rows of the messages, calls, tools and overhead are the totals, the largest loss first."""
    done = run("show", saved)
    assert done.exit_code == 0, done.stderr
    figures, totals = table(done.stdout)
    assert figures.pop("all") == totals
    assert tuple(map(sum, zip(*figures.values(), strict=True))) == totals
    losses = [before - after for label, (before, after) in figures.items() if label[0].isdigit()]
    assert losses == sorted(losses, reverse=True)
    assert losses[0] > 0


def test_compress_writes_what_restores_the_session(saved, tmp_path):
    out = tmp_path / "out.json"
    done = run("compress", saved, "--target", 4000, "-o", out)
    assert done.exit_code == 0, done.stderr
    (session,) = sessions.read(str(saved)).sessions
    result = json.loads(out.read_text())
    assert restore(result["messages"], result["cache"]) == session.messages
    assert result["compressed_tokens"] <= 4000
    assert result.get("system", "") == session.system


def test_each_part_of_a_compacted_session_is_a_result(tmp_path):
    path = save(tmp_path / "r.jsonl", codex(compacted=True))
    done = inside("compress", path, "--target", 9000)
    assert done.returncode == 0
    assert [json.loads(line)["id"] for line in done.stdout.splitlines()] == ["r", "r#2"]
    assert [line.split(b":")[0] for line in done.stderr.splitlines()] == [b"r", b"r#2"]


def test_a_session_that_is_being_written_is_read_with_a_note(tmp_path):
    path = save(tmp_path / "s.jsonl", claude_code())
    whole = inside("show", path)
    path.write_text(path.read_text() + '{"type":"assistant","mess')
    done = spawn("show", "-", given=path.read_bytes())
    assert done.returncode == 0
    assert done.stdout.decode().splitlines()[:-1] == whole.stdout.decode().splitlines()[:-1]
    assert b"note: " in done.stderr
    assert b"still being written" in done.stderr


def test_a_message_is_shown_before_and_after(tmp_path):
    """Every line of the original once: kept, or marked as gone; what is new is marked too, in colours on a terminal."""
    path = save(tmp_path / "s.jsonl", claude_code())
    (session,) = sessions.read(str(path)).sessions
    target = int(compress(session.messages, session.model).original_tokens * 0.4)
    result = compress(session.messages, session.model, target, target)
    units = account(as_fields(result)).by_loss()
    excerpt = next(unit for unit in units if unit.action == "excerpt")
    done = inside("show", path, "--message", excerpt.first)
    title, *lines = done.stdout.decode().splitlines()
    assert f"{excerpt.tokens.before:,} -> {excerpt.tokens.after:,} tokens" in title
    original = session.messages[excerpt.first]["content"][0]["content"]
    texts = {sign: [line[2:] for line in lines if line[:2] == sign] for sign in ("- ", "+ ", "  ")}
    assert [line[2:] for line in lines if line[:2] != "+ "][1:] == original.split("\n"), "behind the id of the call"
    assert texts["- "]
    assert any("retrieve" in line for line in texts["+ "])
    seen, code = on_terminal("show", path, "--message", excerpt.first)
    assert code == 0
    assert f"\x1b[31m- {texts['- '][0]}" in seen
    assert "\x1b[32m+ [" in seen
    assert inside("show", path, "--message", 99).returncode == 2


def test_the_figures_of_every_kind_of_result_add_up():
    """Folds, results of an earlier turn, Responses items, and a counter that is not the model's."""
    talk = [{"role": ("user", "assistant")[n % 2], "content": f"note {n} on the build " * 9} for n in range(80)]
    folded = compress(talk, "gpt-4o", 1000)
    grown = compress([*talk, {"role": "user", "content": TASK}], "gpt-4o", 1000, previous=folded, offer_tool=True)
    words = compress(talk, "gpt-4o", 1000, counter=lambda text: len(text.split()))
    larger = compress(talk, "gpt-4o", 1000, token_factor=1.3)
    small = compress(talk[:2], "gpt-4o")
    for result in (folded, grown, words, larger, small):
        assert isinstance(result, Compressed)
        found = account(as_fields(result))
        rows = [unit.tokens for unit in found.units] + list(found.rest.values())
        assert sum(row.before for row in rows) == found.total.before == result.original_tokens
        assert sum(row.after for row in rows) == found.total.after == result.compressed_tokens
        exact = result is not words  # whose tokens beside the texts cannot be told apart
        assert not exact or found.rest["tools"].before == 0, "there are none"
        assert not exact or found.rest["overhead"].before == 4 * sum(unit.size == 1 for unit in found.units) + 3
    assert any(unit.size > 1 for unit in account(as_fields(folded)).units)


def test_bill_replays_each_setting(tmp_path):
    path = save(tmp_path / "log.jsonl", openai_log(12))
    done = inside("bill", path, "--json", "--trigger", 6000)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    (session,) = found["sessions"]
    bills = session["bills"]
    assert list(bills) == ["without", "at the trigger", "by prices"]
    without = bills["without"]
    assert without["requests"] == 13
    assert without["prompt_tokens"] == without["read"] + without["written"] + without["fresh"]
    assert bills["at the trigger"]["longest"] <= 6000 < without["longest"]
    assert bills["at the trigger"]["compactions"] >= 1
    for bill in bills.values():
        assert bill["total"] == bill["prompts"] + bill["retrieving"]
        assert bill["failed"] == 0
    shown = inside("bill", path, "--trigger", 6000).stdout.decode()
    for setting, bill in bills.items():
        (row,) = [line for line in shown.splitlines() if line.strip().startswith(setting)]
        assert f"{bill['prompt_tokens']:,}" in row
        assert f"${bill['total'] / 1_000_000:,.2f}" in row


def test_bodies_of_requests_that_continue_each_other_are_one_session_for_every_command(tmp_path):
    bodies = [row["request"] for row in openai_log(4)]
    path = save(tmp_path / "bodies.jsonl", [*bodies, {"messages": chat(1)}])
    bills = inside("bill", path, "--json")
    assert [one["bills"]["without"]["requests"] for one in json.loads(bills.stdout)["sessions"]] == [len(bodies), 1]
    shown, written = (run(name, path) for name in ("show", "compress"))
    assert len(re.findall(r"^ +all ", shown.stdout, re.MULTILINE)) == len(written.stdout.splitlines()) == 2
    for done in (bills, shown, written):
        note = done.stderr if isinstance(done.stderr, str) else done.stderr.decode()
        assert f"note: bodies: {len(bodies) + 1} conversations were read as 2, because some continue others" in note
    again = save(tmp_path / "results.jsonl", [json.loads(written.stdout.splitlines()[0])] * 2)
    assert len(re.findall(r"^ +all ", run("show", again).stdout, re.MULTILINE)) == 2, "a result stands for itself"


def test_what_is_none_of_the_formats_is_one_error_that_lists_them(tmp_path):
    path = save(tmp_path / "x.jsonl", [{"type": "note", "text": "a private note"}] * 3)
    for name in ("show", "compress", "bill", "doctor"):
        done = run(name, path)
        assert done.exit_code == 2
        assert "session file of Claude Code" in done.stderr
        assert "private" not in done.stderr
