"""Collects a real agent conversation on this machine: files, a failing test run, commits, a JSON listing.

Everything is read or run here. Only the agent's own sentences are made up. This module knows nothing of compresskit.
"""

from __future__ import annotations

import importlib.metadata
import importlib.util
import json
import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

SOURCES = "textwrap", "click.formatting", "click.core", "rich.table", "tiktoken.core"
LISTED_PACKAGES = "click", "rich", "tiktoken", "litellm"
LISTED_FILES = 700

TEST_MODULE = '''\
"""Labels have to fit their column."""

import textwrap
import unittest

LABEL = "A label that is too long"


class LabelTest(unittest.TestCase):
    def test_cut_label_ends_with_three_dots(self):
        self.assertEqual(textwrap.shorten(LABEL, width=12), "A label...")


def fits(width):
    def test(self):
        self.assertLessEqual(len(textwrap.shorten(LABEL, width=width)), width)

    return test


for width in range(5, 205):
    setattr(LabelTest, f"test_label_fits_{width:03}", fits(width))
'''

QUESTION = (
    "test_cut_label_ends_with_three_dots fails. What does the failing assertion say exactly, and which lines "
    "of shorten() and TextWrapper in textwrap.py decide what stands at the cut?"
)
ASSERTION = "AssertionError: 'A [...]' != 'A label...'"
SHORTEN = "w = TextWrapper(width=width, max_lines=1, **kwargs)"
PLACEHOLDER = "placeholder=' [...]'"


def _tool(name: str, argument: str) -> dict[str, Any]:
    parameters = {"type": "object", "properties": {argument: {"type": "string"}}, "required": [argument]}
    return {"type": "function", "function": {"name": name, "parameters": parameters}}


ARGUMENTS = {"read_file": "path", "run": "command"}
TOOLS = [_tool(name, argument) for name, argument in ARGUMENTS.items()]


@dataclass
class Conversation:
    """An OpenAI conversation that grows by steps; `titles` says in plain words what each message is."""

    messages: list[dict[str, Any]] = field(default_factory=list)
    titles: list[str] = field(default_factory=list)

    def say(self, role: str, text: str, title: str) -> None:
        self.messages.append({"role": role, "content": text})
        self.titles.append(title)

    def call(self, tool: str, argument: str, result: str, title: str) -> None:
        """One tool call of the assistant and what came back."""
        call_id = f"call_{len(self.messages)}"
        function = {"name": tool, "arguments": json.dumps({ARGUMENTS[tool]: argument})}
        calls = [{"id": call_id, "type": "function", "function": function}]
        self.messages.append({"role": "assistant", "content": None, "tool_calls": calls})
        self.messages.append({"role": "tool", "tool_call_id": call_id, "content": result})
        self.titles += [f"call: {title}", f"result: {title}"]


def gather(repository: Path) -> Conversation:
    """The whole conversation; its question at the end is about two messages far apart in the middle."""
    talk = Conversation()
    talk.say("system", "You are a careful coding agent. Use the tools, then answer.", "instructions")
    talk.say("user", "A label test fails. Look around, run the tests, then wait for my question.", "task")
    talk.call("run", "installed-files --json", file_listing(), "listing of installed files, JSON")
    for module in SOURCES[:3]:
        talk.call("read_file", *source(module))
    talk.call("run", "python -m unittest -v", failing_tests(), "test run, one of 201 fails")
    for module in SOURCES[3:]:
        talk.call("read_file", *source(module))
    talk.call("run", "git log --shortstat", *commits(repository))
    talk.call("run", "pwd", "work/labels", "pwd")
    talk.say("assistant", "I have read the sources and run the tests. What is your question?", "reply")
    talk.say("user", QUESTION, "question")
    return talk


def source(module: str) -> tuple[str, str, str]:
    """Path as the agent would say it, text and title of an installed module."""
    spec = importlib.util.find_spec(module)
    assert spec is not None, module
    assert spec.origin is not None, module
    path = module.replace(".", "/") + ".py"
    return path, Path(spec.origin).read_text(encoding="utf-8"), f"read {path}"


def failing_tests() -> str:
    """What unittest prints for the module above, run in an empty folder."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "test_labels.py").write_text(TEST_MODULE, encoding="utf-8")
        command = [sys.executable, "-m", "unittest", "-v", "test_labels"]
        plain = {**os.environ, "NO_COLOR": "1"}
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, env=plain)
    return done.stdout + done.stderr


def commits(repository: Path) -> tuple[str, str]:
    """The history of this repository; where there is none (an archive, no git), its files by date."""
    command = ["git", "-C", str(repository), "log", "--shortstat", "-n", "100"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        files = sorted(repository.glob("compresskit/**/*.py"), key=lambda path: path.stat().st_mtime)
        lines = (f"{path.stat().st_mtime:.0f} {path.relative_to(repository)}\n" for path in files)
        return "".join(lines), "files of this repository by date"
    return done.stdout, "git log of this repository"


def file_listing() -> str:
    """Files of installed packages with size and hash, as one line of JSON."""
    rows = [
        {"path": str(file), "bytes": file.size, "sha256": file.hash.value if file.hash else None}
        for name in LISTED_PACKAGES
        for file in importlib.metadata.files(name) or ()
    ]
    return json.dumps(rows[:LISTED_FILES])
