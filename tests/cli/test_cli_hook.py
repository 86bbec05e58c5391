"""compresskit hook: events as Claude Code and Codex send them, and settings that stay as their owners wrote them."""

import json
import os
import subprocess
import sys

import pytest
from command_line import environment, forked, inside, run
from paths import ROOT

LOG = "".join(f"10:{n // 60:02}:{n % 60:02} INFO GET /items/{n * 37 % 991} 200 {n % 23}ms\n" for n in range(900))
LOG = LOG.replace("10:03:20 INFO", "10:03:20 ERROR disk full\n10:03:20 INFO", 1)


@pytest.fixture
def home(tmp_path, monkeypatch):
    """A user's home, with its state."""
    for name in ("CLAUDE_CONFIG_DIR", "CODEX_HOME"):
        monkeypatch.delenv(name, raising=False)
    for name in ("home", "work"):
        (tmp_path / name).mkdir()
    return tmp_path / "home"


def hook(home, *arguments, event=None, given=b"", cwd=None):
    """The command as the client runs it; what a user runs only changes files, and is run in this process."""
    by = forked if arguments[1] == "run" else inside
    data = given if event is None else json.dumps(event).encode()
    variables = {"HOME": str(home), "XDG_STATE_HOME": str(home / "state")}
    return by("hook", *arguments, given=data, folder=cwd or home, **variables)


# --- events of Claude Code ------------------------------------------------------------------------------------------


def bash_event(stdout=LOG, ran="kubectl logs deploy/shop", **response):
    """What Claude Code 2.1 sends after its Bash tool."""
    return {
        "session_id": "0b5e", "transcript_path": "/home/u/.claude/projects/p/0b5e.jsonl", "cwd": "/home/u/p",
        "permission_mode": "default", "hook_event_name": "PostToolUse", "tool_name": "Bash", "tool_use_id": "toolu_01",
        "tool_input": {"command": ran, "description": "Look for errors"}, "duration_ms": 12,
        "tool_response": {"stdout": stdout, "stderr": "", "interrupted": False, "isImage": False, **response},
    }  # fmt: skip


def answer(done):
    assert (done.returncode, done.stderr) == (0, b"")
    said = json.loads(done.stdout)["hookSpecificOutput"]
    assert said.pop("hookEventName") == "PostToolUse"
    return said["updatedToolOutput"]


def test_a_long_result_gets_shorter_in_the_same_shape(home):
    changed = answer(hook(home, "claude", "run", "--max-tokens", 200, event=bash_event()))
    assert {**changed, "stdout": LOG} == bash_event()["tool_response"]
    assert "ERROR disk full" in changed["stdout"]
    assert len(changed["stdout"]) < 1200
    key = changed["stdout"].rstrip("]\n").rsplit(" ", 1)[1]
    back = inside("retrieve", key, "--all", HOME=str(home), XDG_STATE_HOME=str(home / "state"))
    assert back.stdout.decode() == LOG


def test_an_output_that_claude_code_stored_is_read_from_its_file(home, tmp_path):
    stored = tmp_path / "toolu_01.txt"
    stored.write_text(LOG * 3)
    event = bash_event(LOG[:2000], persistedOutputPath=str(stored), persistedOutputSize=len(LOG) * 3)
    changed = answer(hook(home, "claude", "run", "--max-tokens", 200, event=event))
    assert set(changed) == {"stdout", "stderr", "interrupted", "isImage"}
    assert "ERROR disk full" in changed["stdout"]


def test_a_tool_of_others_cannot_have_a_file_read(home, tmp_path):
    secret = tmp_path / "secret"
    secret.write_text("password\n" * 2000)
    event = {
        **bash_event(),
        "tool_name": "mcp__x__y",
        "tool_response": {"text": "hi", "persistedOutputPath": str(secret)},
    }
    assert hook(home, "claude", "run", event=event).stdout == b""


@pytest.mark.parametrize(
    ("tool", "response", "field"),
    [
        ("Grep", {"mode": "content", "numFiles": 0, "filenames": [], "content": LOG, "numLines": 900}, "content"),
        ("WebFetch", {"bytes": 9, "code": 200, "codeText": "OK", "result": LOG, "url": "https://x.org"}, "result"),
        ("mcp__logs__tail", [{"type": "text", "text": LOG}, {"type": "image", "data": "A" * 9000}], 0),
        ("mcp__logs__tail", LOG, None),
    ],
)  # fmt: skip
def test_results_of_other_tools_keep_their_shape(home, tool, response, field):
    event = {**bash_event(), "tool_name": tool, "tool_input": {"pattern": "ERROR"}, "tool_response": response}
    changed = answer(hook(home, "claude", "run", "--max-tokens", 300, event=event))
    text = changed if field is None else changed[0]["text"] if field == 0 else changed[field]
    assert "ERROR disk full" in text
    assert len(text) < 2000
    if isinstance(response, dict):
        assert {**changed, field: LOG} == response
    if isinstance(response, list):
        assert changed[1] == response[1]


@pytest.mark.parametrize(
    "event",
    [
        bash_event("short"),
        bash_event(isImage=True),
        bash_event(ran="compresskit retrieve bcdfghjklmnp --all"),
        {**bash_event(), "tool_name": "mcp__compresskit__retrieve", "tool_response": LOG},
        {**bash_event(), "hook_event_name": "PreToolUse"},
        {**bash_event(), "tool_response": None},
        {**bash_event(), "tool_response": {"data": LOG}},
        [], "text", None, {}, 5,
    ],
)  # fmt: skip
def test_other_results_stay_as_they_are(home, event):
    done = hook(home, "claude", "run", "--max-tokens", 100, event=event)
    assert (done.stdout, done.returncode) == (b"", 0)


@pytest.mark.parametrize("client", ["claude", "codex"])
@pytest.mark.parametrize("given", [b"", b"{", b"\xff\xfe", b"[" * 100_000])
def test_no_event_of_any_kind_blocks_the_agent(home, client, given):
    done = hook(home, client, "run", given=given)
    assert (done.stdout, done.returncode) == (b"", 0)
    assert done.stderr.startswith(b"compresskit: the output passes as it was.")


def test_a_store_that_cannot_be_used_leaves_the_result_as_it_is(home):
    done = hook(home, "claude", "run", "--max-tokens", 200, "--store", "/dev/null/x", event=bash_event())
    assert (done.stdout, done.returncode) == (b"", 0)
    assert b"could not be kept" in done.stderr


# --- events of Codex ------------------------------------------------------------------------------------------------


def codex_event(line, **more):
    """What Codex sends before its shell runs a command."""
    return {
        "session_id": "7c1d", "turn_id": "1", "transcript_path": None, "cwd": "/home/u/p", "model": "gpt-5-codex",
        "permission_mode": "default", "hook_event_name": "PreToolUse", "tool_name": "Bash", "tool_use_id": "call_1",
        "tool_input": {"command": line, **more},
    }  # fmt: skip


def rewritten(home, line):
    done = hook(home, "codex", "run", "--max-tokens", 200, event=codex_event(line, timeout=5))
    assert (done.returncode, done.stderr) == (0, b"")
    said = json.loads(done.stdout)["hookSpecificOutput"]
    assert (said["hookEventName"], said["permissionDecision"]) == ("PreToolUse", "allow")
    assert said["updatedInput"]["timeout"] == 5
    return said["updatedInput"]["command"]


SHELLS = ["bash", "dash", "sh"]
LINES = {
    "echo out; echo err >&2": (b"out\nerr\n", 0),
    "echo one; exit 7": (b"one\n", 7),
    "false": (b"", 1),
    "printf 'no end'": (b"no end", 0),
    "echo a # a comment": (b"a\n", 0),
    "cat <<'END'\nhere $x\nEND": (b"here $x\n", 0),
    "grep -q x /dev/null || echo none": (b"none\n", 0),
    "f() { echo 'in f'; return 4; }; f": (b"in f\n", 4),
    "cd / && pwd": (b"/\n", 0),
    "kill -9 $$ 2>/dev/null; sh -c 'kill -TERM $$'": None,
}


@pytest.mark.parametrize("line", [line for line, told in LINES.items() if told])
def test_the_command_says_and_ends_as_it_would_by_itself(home, line):
    output, code = LINES[line]
    changed = rewritten(home, line)
    variables = environment(HOME=str(home), XDG_STATE_HOME=str(home / "state"))
    for shell in SHELLS:
        done = subprocess.run([shell, "-c", changed], capture_output=True, env=variables)
        assert (done.stdout, done.stderr, done.returncode) == (output, b"", code), shell


def test_a_folder_of_our_name_is_no_command_of_ours(home):
    assert "pipe --exit-status" in rewritten(home, "cd compresskit && npm run build")


def test_a_long_output_of_codex_comes_shorter_with_the_commands_code(home, monkeypatch):
    """Also in a login shell, as Codex starts one, whose PATH has no compresskit."""
    program = home / "compresskit"
    program.write_text(f'#!/bin/sh\nPYTHONPATH="{ROOT}" exec "{sys.executable}" -m compresskit.cli "$@"\n')
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{home}:{os.environ['PATH']}")
    changed = rewritten(home, "for i in $(seq 900); do echo $i INFO all well; done; echo ERROR disk full; exit 3")
    variables = {"HOME": str(home), "XDG_STATE_HOME": str(home / "state"), "PATH": "/usr/bin:/bin"}
    done = subprocess.run(["bash", "-c", changed], capture_output=True, env=variables)
    assert done.returncode == 3
    assert b"ERROR disk full" in done.stdout
    assert b"retrieve" in done.stdout.rstrip().split(b"\n")[-1]
    assert len(done.stdout) < 1200


@pytest.mark.parametrize(
    "line",
    ["compresskit retrieve bcdfghjklmnp", f"{sys.executable} -m compresskit.cli retrieve x", "", "  \n",
     "apply_patch <<'EOF'\n*** Begin Patch\nEOF"],
)  # fmt: skip
def test_commands_that_must_stay_stay(home, line):
    assert hook(home, "codex", "run", event=codex_event(line)).stdout == b""


def test_rules_know_the_tools_of_an_agent_and_are_checked_when_they_are_installed(home):
    rules = home / "rules.toml"
    rules.write_text('[[rules]]\ntool = "mcp__wiki__*"\naction = "keep"\n\n[[rules]]\ntool = "npm"\naction = "stub"\n')
    given = ("run", "--max-tokens", 200, "--rules", rules)
    wiki = {**bash_event(), "tool_name": "mcp__wiki__page", "tool_input": {"id": 3}, "tool_response": LOG}
    assert hook(home, "claude", *given, event=wiki).stdout == b""
    short = answer(hook(home, "claude", *given, event=bash_event(LOG[:3000], ran="npm install")))["stdout"]
    assert len(short) < 300
    hook(home, "claude", "install", "--yes", "--rules", "rules.toml", cwd=home)
    line = json.loads((home / ".claude" / "settings.json").read_text())["hooks"]["PostToolUse"][0]["hooks"][0]
    assert f"--rules {rules}" in line["command"]
    rules.write_text("rules = 3")
    done = hook(home, "claude", "install", "--yes", "--rules", "rules.toml", cwd=home)
    assert (done.returncode, b"rules.toml" in done.stderr) == (2, True)
    done = hook(home, "claude", "install", "--yes", "--tools", "Bash|(", cwd=home)
    assert (done.returncode, b"'Bash|(' is no pattern of names" in done.stderr) == (2, True)


# --- settings -------------------------------------------------------------------------------------------------------

WRITES = '[\n      {"matcher": "Write", "hooks": [{"type": "command", "command": "fmt"}]}\n    ]'
FILES = [
    None, "", "{}", "{}\n", "{ }", '{"hooks": {}}', '{"hooks":{}}\n', '{"model":"opus"}', '{\n  "hooks": {}\n}\n',
    '{"hooks": {"PostToolUse": [], "PreToolUse": []}}',
    '{\n  "model": "opus",\n  "permissions": {"allow": ["Bash(ls:*)"]}\n}\n',
    '{\n    "hooks": {\n        "Stop": [{"hooks": [{"type": "command", "command": "\\u00e9"}]}]\n    },\n    "x": 1}',
    '{\r\n\t"a": 1\r\n}\r\n',
    f'{{\n  "hooks": {{\n    "PostToolUse": {WRITES},\n    "PreToolUse": {WRITES}\n  }}\n}}\n',
]  # fmt: skip
PLACES = {"claude": (".claude", "settings.json", "PostToolUse"), "codex": (".codex", "hooks.json", "PreToolUse")}


@pytest.mark.parametrize("client", PLACES)
@pytest.mark.parametrize("text", FILES)
def test_uninstalling_gives_the_file_back_byte_for_byte(home, client, text, monkeypatch):
    monkeypatch.setenv("HOME", str(home))
    folder, name, event = PLACES[client]
    path = home / folder / name
    if text is not None:
        path.parent.mkdir()
        path.write_bytes(text.encode())
        path.chmod(0o640)
    assert run("hook", client, "install", "--yes").exit_code == 0
    changed = json.loads(path.read_bytes())
    before = json.loads(text) if text and text.strip() else {}
    assert changed["hooks"][event][:-1] == before.get("hooks", {}).get(event, [])
    ours = changed["hooks"][event].pop()
    assert f"hook {client} run" in ours["hooks"][0]["command"]
    for key, value in before.items():
        if key != "hooks":
            assert changed[key] == value
    if text is not None:
        assert path.stat().st_mode & 0o777 == 0o640
    assert "already" in run("hook", client, "install", "--yes").stdout
    assert run("hook", client, "uninstall", "--yes").exit_code == 0
    if text in (None, ""):
        assert not path.exists() or path.read_text() == ""
    else:
        assert path.read_bytes() == text.encode()


def test_what_was_added_meanwhile_stays(home):
    path = home / ".claude" / "settings.json"
    hook(home, "claude", "install", "--yes")
    data = json.loads(path.read_text())
    other = {"matcher": "Write", "hooks": [{"type": "command", "command": "fmt"}]}
    data["hooks"]["PostToolUse"].append(other)
    data["model"] = "opus"
    path.write_text(json.dumps(data))
    assert hook(home, "claude", "uninstall", "--yes").returncode == 0
    assert json.loads(path.read_text()) == {"hooks": {"PostToolUse": [other]}, "model": "opus"}


def test_the_change_is_shown_and_nothing_is_written_without_a_yes(home):
    path = home / ".claude" / "settings.json"
    path.parent.mkdir()
    path.write_text('{\n  "model": "opus"\n}\n')
    shown = hook(home, "claude", "install", "--dry-run")
    assert shown.returncode == 0
    assert b'+  "hooks": {' in shown.stdout
    assert b'   "model"' not in shown.stdout.replace(b"+", b" ").split(b"\n")[0]
    asked = hook(home, "claude", "install")
    assert asked.returncode == 2
    assert b"add --yes" in asked.stderr
    assert path.read_text() == '{\n  "model": "opus"\n}\n'


def test_settings_that_cannot_be_written_are_said_as_every_output(home):
    (home / ".claude").symlink_to("/proc/nowhere")
    done = hook(home, "claude", "install", "--yes")
    assert done.returncode == 4
    assert b"cannot write" in done.stderr
    assert b"settings.json: No such file or directory" in done.stderr


def test_other_options_replace_the_entry(home):
    hook(home, "claude", "install", "--yes")
    hook(home, "claude", "install", "--yes", "--max-tokens", 900, "--tools", "Bash|Read")
    (entry,) = json.loads((home / ".claude" / "settings.json").read_text())["hooks"]["PostToolUse"]
    assert entry["matcher"] == "Bash|Read"
    assert entry["hooks"][0]["command"].endswith("--max-tokens 900")


def test_a_project_has_settings_of_its_own_and_status_names_both(home, tmp_path):
    work = tmp_path / "work"
    assert hook(home, "codex", "install", "--yes", "--project", cwd=work).returncode == 0
    assert (work / ".codex" / "hooks.json").exists()
    assert not (home / ".codex").exists()
    lines = hook(home, "codex", "status", cwd=work).stdout.decode().split("\n")
    assert "not installed" in lines[0]
    assert "installed for ^Bash$" in lines[1]
    assert b"There is no hook" in hook(home, "codex", "uninstall", "--yes").stdout


@pytest.mark.parametrize(
    "text", ["// a comment\n{}", "[]", '{"hooks": []}', '{"hooks": {"PostToolUse": {}}}', '{"a": 1']
)
def test_a_file_that_is_not_understood_is_left_alone(home, text):
    path = home / ".claude" / "settings.json"
    path.parent.mkdir()
    path.write_text(text)
    for action in ("install", "uninstall"):
        done = hook(home, "claude", action, "--yes")
        assert done.returncode == 2
        assert b"left as it is" in done.stderr
    assert path.read_text() == text


def test_a_link_stays_a_link(home, tmp_path):
    real = tmp_path / "dotfiles.json"
    real.write_text("{}\n")
    (home / ".claude").mkdir()
    (home / ".claude" / "settings.json").symlink_to(real)
    hook(home, "claude", "install", "--yes")
    assert (home / ".claude" / "settings.json").is_symlink()
    assert "hook claude run" in real.read_text()


def test_the_installed_command_is_the_one_that_answers(home):
    hook(home, "claude", "install", "--yes", "--max-tokens", 200)
    (entry,) = json.loads((home / ".claude" / "settings.json").read_text())["hooks"]["PostToolUse"]
    variables = environment(HOME=str(home), XDG_STATE_HOME=str(home / "state"))
    line = entry["hooks"][0]["command"]
    done = subprocess.run(
        ["sh", "-c", line], input=json.dumps(bash_event()).encode(), capture_output=True, env=variables
    )
    assert "ERROR disk full" in answer(done)["stdout"]
