"""What the tests of the command line share: conversations, and five ways to run a command."""

import atexit
import contextlib
import functools
import inspect
import json
import os
import pty
import select
import subprocess
import sys
import textwrap

from click.testing import CliRunner
from forked_python import forked_python
from paths import ROOT

from compresskit import compress
from compresskit.cli import cli

SOURCE = inspect.getsource(textwrap)
TOOLS = [{"type": "function", "function": {"name": "read_file", "parameters": {"type": "object"}}}]
HOSTILE = "\x1b[31m [red]markup[/red] [/] \x1b]0;title\x07 \x9b2J \u202e \x00"


def openai_messages(question="Where does shorten() put the placeholder?"):
    """A long file read, a long text pasted, a short newest result, and a question."""

    def called(number, result):
        function = {"name": "read_file", "arguments": f'{{"path": "{number}.py"}}'}
        call = {"id": f"call_{number}", "type": "function", "function": function}
        return [
            {"role": "assistant", "content": None, "tool_calls": [call]},
            {"role": "tool", "tool_call_id": f"call_{number}", "content": result},
        ]

    return [
        {"role": "system", "content": "You are a coding agent."},
        {"role": "user", "content": "Read the file."},
        *called(1, SOURCE),
        {"role": "user", "content": "Again: " + SOURCE.replace("text", "word")},
        *called(2, "no more files"),
        {"role": "assistant", "content": "Done."},
        {"role": "user", "content": question},
    ]


def anthropic_messages():
    """Two tool calls, the first with a long result."""

    def called(number, text):
        call = {"type": "tool_use", "id": f"toolu_{number}", "name": "read_file", "input": {"path": "a.py"}}
        content = [{"type": "text", "text": text}]
        result = {"type": "tool_result", "tool_use_id": f"toolu_{number}", "content": content}
        return [{"role": "assistant", "content": [call]}, {"role": "user", "content": [result]}]

    return [
        {"role": "user", "content": "Read the file."},
        *called(1, SOURCE),
        *called(2, "no more files"),
        {"role": "assistant", "content": [{"type": "text", "text": "Done."}]},
        {"role": "user", "content": [{"type": "text", "text": "What does dedent() do?"}]},
    ]


def run(*arguments, given=None):
    """The command in this process, with what it wrote."""
    return CliRunner().invoke(cli, [str(argument) for argument in arguments], input=given)


def command(*arguments):
    return [sys.executable, "-m", "compresskit.cli", *map(str, arguments)]


def environment(**extra):
    paths = [str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])]
    plain = {name: value for name, value in os.environ.items() if name not in ("NO_COLOR", "FORCE_COLOR")}
    return {**plain, "PYTHONPATH": os.pathsep.join(paths), "TERM": "xterm-256color", **extra}


def spawn(*arguments, given=None, **extra):
    """The command as a process of its own."""
    return subprocess.run(command(*arguments), input=given, capture_output=True, env=environment(**extra))


COMMAND = "from compresskit.cli import main; main()"
# What takes long to import, and what commands import when they are called.
COMMAND_MODULES = (
    *(f"compresskit.cli.{name}" for name in ("commands", "shell_commands", "file_commands", "hook_commands", "show")),
    *("compresskit.compression", "compresskit.shortening", "rank_bm25", "vocabulary"),
)


@functools.cache
def _forks():
    """A process that has imported the commands and what they use, and read a vocabulary."""
    around = forked_python(COMMAND_MODULES)
    atexit.register(around.__exit__, None, None, None)
    return around.__enter__()


def forked(*arguments, given=b"", folder=".", **extra):
    """What ``spawn`` would give, in a fork of a process that has imported the command already."""
    argv = ["compresskit", *map(str, arguments)]
    return _forks().run(COMMAND, os.path.abspath(folder), environment(**extra), argv, given)


def inside(*arguments, given=None, folder=".", **extra):
    """What ``spawn`` would give, but in this process, which has imported the command already."""
    variables = dict.fromkeys(os.environ) | environment(**extra)
    arguments = [str(argument) for argument in arguments]
    with contextlib.chdir(folder):
        done = CliRunner().invoke(cli, arguments, input=given, env=variables)
    return subprocess.CompletedProcess(arguments, done.exit_code, done.stdout_bytes, done.stderr_bytes)


def on_terminal(*arguments, columns=100, streams=("stdin", "stdout", "stderr"), **extra):
    """What a terminal would get when the command runs on it, and the exit code."""
    ours, theirs = pty.openpty()
    chosen = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.DEVNULL) | dict.fromkeys(streams, theirs)
    with subprocess.Popen(command(*arguments), env=environment(COLUMNS=str(columns), **extra), **chosen) as process:
        os.close(theirs)
        seen = b""
        while select.select([ours], [], [], 60)[0]:
            try:
                piece = os.read(ours, 65536)
            except OSError:  # Linux says so when the other end is closed
                break
            if not piece:
                break
            seen += piece
        os.close(ours)
    return seen.decode(), process.returncode


def save(folder, value, name="given.json"):
    path = folder / name
    path.write_text(json.dumps(value), encoding="utf-8")
    return path


def save_lines(folder, values, name="given.jsonl"):
    path = folder / name
    path.write_text("".join(json.dumps(value) + "\n" for value in values), encoding="utf-8")
    return path


def same_as(result, **expected):
    """Whether a result's JSON says what the library's result says."""
    library = json.loads(json.dumps(dict(compress(**expected)), default=str))
    return all(result.get(name) == library[name] for name in library if name != "decisions") and [
        one["action"] for one in result["decisions"]
    ] == [one[2] for one in library["decisions"]]
