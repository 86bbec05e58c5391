"""The code in the README and the documentation runs: each python block alone in an empty folder, and each command.

Blocks that call a model talk to a local server that speaks OpenAI's protocol. If it is offered the tool, it asks for
the first key that it sees, and then it answers in words. So the whole loop is tested, without a network.
"""

import contextlib
import itertools
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from command_line import COMMAND, COMMAND_MODULES, run
from forked_python import forked_python
from oracles import MARKER
from protocol_server import call, serving
from redis_server import redis_server
from samples import openai_agent
from session_files import claude_code, save

from compresskit import TOOL_NAME, compress
from compresskit.ledger import Ledger
from evals.__main__ import main as evals_main

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "evals" / "README.md", *sorted(ROOT.glob("docs/**/*.md"))]
FENCE = re.compile(r"^```(\w*)[^\n]*\n(.*?)^```", re.MULTILINE | re.DOTALL)
IMPORTED = re.compile(r"^\s*(?:from|import) ([\w.]+)", re.MULTILINE)
SHELLS = ("console", "bash", "sh", "shell")


def blocks(*languages):
    """Every block of these languages; "" for blocks that name none."""
    for page in PAGES:
        text = page.read_text(encoding="utf-8")
        for found in FENCE.finditer(text):
            if found[1] in languages:
                line = text[: found.start()].count("\n") + 1
                yield pytest.param(found[2], id=f"{page.relative_to(ROOT).as_posix()}:{line}")


def commands(name, *languages):
    """The lines of each block that begin with this command."""
    for block in blocks(*languages):
        lines = [line.removeprefix("$ ") for line in block.values[0].replace("\\\n", " ").split("\n")]
        if chosen := [line for line in lines if line.startswith(f"{name} ")]:
            yield pytest.param(chosen, id=block.id)


def thinks_of_a_key(body):
    """A model that wants to read what was left out, once."""
    offered = [tool.get("function", tool).get("name") for tool in body.get("tools") or []]
    shown = MARKER.search(json.dumps(body["messages"], ensure_ascii=False).replace("\\n", "\n"))
    key = re.search(r"\b([a-z]{12,59})\]", shown[0]) if shown else None
    last = body["messages"][-1]
    answered = last["role"] == "tool" or '"tool_result"' in json.dumps(last)  # of Anthropic
    if TOOL_NAME in offered and key and not answered:
        return [call(TOOL_NAME, {"key": key[1]})]
    return "All is explained."


def environment(folder, server=None):
    """A user's environment: the package, the command, and an endpoint instead of a key."""
    (folder / "bin").mkdir()
    command = folder / "bin" / "compresskit"
    command.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -m compresskit.cli "$@"\n')
    command.chmod(0o755)
    found = {
        **os.environ,
        "PYTHONPATH": str(ROOT),
        "PATH": f"{folder / 'bin'}{os.pathsep}{os.environ['PATH']}",
        "HOME": str(folder),  # what a page installs is installed there
        "XDG_STATE_HOME": str(folder / "state"),
        "LITELLM_LOCAL_MODEL_COST_MAP": "True",
        "OPENAI_API_KEY": "none",
        "ANTHROPIC_API_KEY": "none",
        "GEMINI_API_KEY": "none",
    }
    if server:
        found |= {
            "OPENAI_BASE_URL": server.url,
            "OPENAI_API_BASE": server.url,
            "ANTHROPIC_BASE_URL": server.url[:-3],
            "GOOGLE_GEMINI_BASE_URL": server.url[:-3],
        }
    return found


def test_the_pages_show_python_and_the_command_line():
    assert len(list(blocks("python"))) > 10
    assert list(commands("compresskit", *SHELLS))
    assert not list(commands("compresskit", "")), "a block of commands names its language, so that it is run"


@pytest.fixture(scope="module")
def python():
    """A server of forks that have imported what blocks and commands import, and read a vocabulary."""
    found = [IMPORTED.findall(block.values[0]) for block in blocks("python")]
    with forked_python([*COMMAND_MODULES, *sorted({"litellm", *itertools.chain(*found)})]) as server:
        yield server


def test_a_python_block_runs_as_a_program(tmp_path):
    """The first of the README, in a process that has imported nothing."""
    code = next(blocks("python")).values[0]
    with serving(thinks_of_a_key) as server:
        (program := tmp_path / "program.py").write_text(code)
        done = subprocess.run(
            [sys.executable, str(program)],
            cwd=tmp_path,
            env=environment(tmp_path, server),
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )
    assert done.returncode == 0, done.stderr[-3000:]
    assert done.stdout.startswith("All is explained.")


@pytest.mark.parametrize("code", list(blocks("python")))
def test_a_python_block_runs_by_itself(code, tmp_path, python):
    (work := tmp_path / "work").mkdir()
    with contextlib.ExitStack() as around:
        server = around.enter_context(serving(thinks_of_a_key))
        variables = environment(tmp_path, server)
        if "REDIS_URL" in code:
            variables["REDIS_URL"] = around.enter_context(redis_server()).url
        done = python.run(code, work, variables)
    assert done.returncode == 0, done.stderr[-3000:].decode()
    if "completion(" in code or "compresskit.clients" in code:
        assert server.requests, "the block calls a model"
        assert all("tools" not in body or body["tools"] for _, body in server.requests)
    if ("answer(" in code and "completion(" in code) or "import completion" in code:
        assert server.requests[-1][1]["messages"][-1]["role"] == "tool", "the retrieval call was answered"


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """A home, and in it a folder with a conversation, its result, a ledger and a session."""
    folder = tmp_path_factory.mktemp("home")
    (work := folder / "work").mkdir()
    for name in ("conversation.json", "messages.json"):
        (work / name).write_text(json.dumps(openai_agent()))
    Ledger(work / "ledger.jsonl").record(compress(openai_agent(), "gpt-4o"))
    save(work / "session.jsonl", claude_code())
    (sessions := folder / ".claude" / "projects" / "work").mkdir(parents=True)
    save(sessions / "session.jsonl", claude_code())
    made = run("compress", work / "conversation.json", "--trigger", "5000", "-o", work / "result.json")
    assert made.exit_code == 0, made.output
    return folder


@pytest.mark.parametrize("lines", list(commands("compresskit", *SHELLS)))
def test_a_command_runs(lines, home, tmp_path, python):
    """Commands of one block run in order. What needs no shell runs in a fork."""
    shutil.copytree(home, tmp_path, dirs_exist_ok=True)
    work = tmp_path / "work"
    variables = {**environment(tmp_path), "HOME": str(tmp_path), "CLAUDE_CONFIG_DIR": "", "CODEX_HOME": ""}
    for line in lines:
        line = with_a_real_key(line, work / "result.json")
        if set(line) & set("|<>&;$*~"):
            arguments = ["bash", "-c", line]
            done = subprocess.run(arguments, cwd=work, env=variables, capture_output=True, check=False, timeout=120)
        else:
            done = python.run(COMMAND, work, variables, argv=shlex.split(line, comments=True))
        assert done.returncode == 0, f"{line}\n{done.stderr[-2000:].decode()}"


def with_a_real_key(line, result):
    """Keys are made of content, so a page can only show one: it is replaced with one that is there."""
    keys = list(json.loads(result.read_text())["cache"])
    return re.sub(r"(?<= )(KEY|[b-df-hj-np-tv-xz]{12})\b", keys[0], line)


@pytest.mark.parametrize("lines", list(commands("python -m evals", "", *SHELLS)))
def test_a_command_of_the_evals_exists(lines, capsys):
    """The evals need data and minutes, so only their names and options are checked."""
    for line in lines:
        name, *options = shlex.split(line, comments=True)[3:] or ["--help"]
        with pytest.raises(SystemExit) if name != "--help" else contextlib.nullcontext():
            assert evals_main([name] if name == "--help" else [name, "--help"]) == 0
        told = capsys.readouterr().out
        for option in (option.split("=")[0] for option in options if option.startswith("--")):
            assert option in told, f"{name} has no option {option}"


def test_the_scripts_that_pages_name_exist():
    for page in PAGES:
        for name in re.findall(r"(?<![\w/])scripts/[\w-]+", page.read_text(encoding="utf-8")):
            assert os.access(ROOT / name, os.X_OK), f"{page.name} names {name}"
