"""compresskit doctor: what compression would have saved in the sessions of this user, also if it is nothing."""

import json
import os
import re

import pytest
from command_line import inside, run, spawn
from session_files import claude_code, codex, save


def home(folder, claude=(), rollouts=()):
    """A user's home with sessions of both programs."""
    for number, lines in enumerate(claude):
        path = folder / ".claude" / "projects" / "-repo" / f"{number}.jsonl"
        path.parent.mkdir(parents=True, exist_ok=True)
        save(path, lines)
    for number, lines in enumerate(rollouts):
        path = folder / ".codex" / "sessions" / "2026" / "11" / "02" / f"rollout-{number}.jsonl"
        path.parent.mkdir(parents=True, exist_ok=True)
        save(path, lines)
    return {"HOME": str(folder), "CLAUDE_CONFIG_DIR": "", "CODEX_HOME": ""}


def amounts(line):
    return [float(amount.replace("$", "").replace(",", "")) for amount in re.findall(r"-?\$[\d,.]*\d", line)]


def test_the_users_own_sessions_are_found_and_added_up(tmp_path):
    """A row a session and their sum, and a sentence that says what to do."""
    done = spawn("doctor", **home(tmp_path, [claude_code(12)], [codex(12)]))
    assert done.returncode == 0, done.stderr
    text = done.stdout.decode()
    rows = {line.split()[0]: amounts(line) for line in text.splitlines() if re.match(r" (0|rollout-0|all) ", line)}
    assert rows.keys() == {"0", "rollout-0", "all"}
    for place in range(3):
        assert abs(rows["0"][place] + rows["rollout-0"][place] - rows["all"][place]) <= 0.02
    without, compressed, saved = rows["all"]
    assert without > compressed
    assert f"${saved:,.2f} of ${without:,.2f}" in " ".join(text.split())
    assert "Recommendation: compress by prices" in text
    assert "LiteLLM proxy" in text, "Claude Code itself cannot be changed"


def test_the_bill_includes_what_the_file_lacks(tmp_path):
    """Claude Code writes no system prompt and no tools; the provider's usage says how many tokens they have."""
    plain = claude_code(3)
    for line in plain:
        line.get("message", {}).pop("usage", None)
    found = [
        json.loads(run("doctor", save(tmp_path / "s.jsonl", lines), "--json").stdout)["sessions"][0]
        for lines in (claude_code(3), plain)
    ]
    unseen = found[0]["unseen_tokens"]
    assert 19_000 < unseen < 19_504, "4 + 1,500 + 18,000 in the first request, but for its own message"
    requests = found[0]["bills"]["without"]["requests"]
    tokens = [one["bills"]["without"]["prompt_tokens"] for one in found]
    assert tokens[0] - tokens[1] == requests * unseen


def test_the_answer_may_be_nothing(tmp_path):
    """Small talk: nothing can be taken out, below the trigger or above it."""
    talk = [{"role": ("user", "assistant")[n % 2], "content": f"Yes, {n}."} for n in range(40)]
    path = tmp_path / "talk.json"
    path.write_text(json.dumps(talk))
    done = run("doctor", path)
    assert done.exit_code == 0, done.stderr
    words = " ".join(done.stdout.split())
    assert "Recommendation: nothing." in words
    assert "stay below the trigger of 200,000" in words
    assert "cache is cheaper" in " ".join(run("doctor", path, "--trigger", 300).stdout.split())


def test_only_the_newest_files_are_read_and_a_broken_one_is_left_out(tmp_path):
    variables = home(tmp_path, [claude_code(1), claude_code(1), [{"type": "mode", "mode": "x"}]])
    for number in range(3):
        os.utime(tmp_path / ".claude" / "projects" / "-repo" / f"{number}.jsonl", (number, number))
    done = inside("doctor", "--limit", 2, "--json", **variables)
    assert [one["session"] for one in json.loads(done.stdout)["sessions"]] == ["1"]
    assert b"the newest 2 of 3 files" in done.stderr
    assert b"2.jsonl was left out" in done.stderr


@pytest.mark.parametrize("folder", ["", ".claude/projects"])
def test_a_user_without_sessions_is_told_what_to_give(tmp_path, folder):
    (tmp_path / folder).mkdir(parents=True, exist_ok=True)
    done = inside("doctor", **home(tmp_path))
    assert done.returncode == 2
    assert b"Claude Code or Codex" in done.stderr
    assert run("doctor", tmp_path / "nowhere").exit_code == 2


def test_a_conversation_without_an_answer_has_no_bill(tmp_path):
    asked = save(tmp_path / "asked.json", [{"role": "user", "content": "hello"}])
    for command in ("bill", "doctor"):
        done = run(command, asked)
        assert done.exit_code == 2
        assert "answer of a model" in done.stderr
