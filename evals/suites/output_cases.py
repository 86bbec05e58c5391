# ruff: noqa: E501 - one tool on a line
"""Outputs of commands that are run on the spot in a temporary folder, with the texts that must stay readable."""

from __future__ import annotations

import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

from .machine_outputs import Tool, machine_outputs, write
from .made_outputs import FIRST, OTHERS, WORDS, Output
from .more_outputs import LATER
from .read_outputs import AT_SIGHT
from .trace_outputs import TRACES

_SECONDS = 120  # of a command, at most
_QUIET = {"LC_ALL": "C", "GIT_PAGER": "cat", "PAGER": "cat", "COLUMNS": "100", "NO_COLOR": "1", "PYTHONHASHSEED": "0"}


def outputs(only: str = "") -> Iterator[Output]:
    """The outputs whose names have a text: those written in the repository, and those of commands on this machine."""
    for make in (*FIRST, *OTHERS, *LATER, *AT_SIGHT, *TRACES):
        made = make(random.Random(make.__name__))
        if only in made.name:
            yield made
    with tempfile.TemporaryDirectory() as name:
        yield from _from_commands(Path(name), only)
    with tempfile.TemporaryDirectory() as name:
        yield from machine_outputs(Path(name), _run, only)


# --- made on the spot -------------------------------------------------------------------------------------------


def _run(command: str, folder: Path) -> str:
    done = subprocess.run(
        ["sh", "-c", command],
        cwd=folder,
        env={**os.environ, **_QUIET, "HOME": str(folder)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        timeout=_SECONDS,
        check=False,
    )
    return done.stdout.decode("utf-8", "replace")


def _from_commands(folder: Path, only: str) -> Iterator[Output]:
    _project(
        folder, random.Random(0), history=any(only in name for name in ("git log --stat", "git diff", "git status"))
    )
    for tool in _TOOLS:
        if only in tool.name:
            yield from tool.outputs(folder, _run)
    if only in _PS.name:
        process = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(300)  # nightly_export"], cwd=folder)
        try:
            yield from _PS.outputs(folder, _run)
        finally:
            process.kill()
            process.wait()


_PS = Tool("ps aux", "ps aux", ("nightly_export",), "Is the nightly_export running?", "ps", group="system")
_TOOLS = (
    Tool("git log --stat", "git log --stat", ("Round half up in price totals", "shop/price.py"), "Which commit changed how prices are rounded?", "git", group="git"),
    Tool("git log", "git log", ("Round half up in price totals",), "When did the rounding of prices change?", "git", group="git"),
    Tool("git diff", "git diff", ("+    return round(total * rate, 3)", "-    return round(total * rate, 2)"), "What changed in compute_tax?", "git", group="git"),
    Tool("git status", "git status", ("both modified:   shop/refund.py",), "", "git", group="git"),
    Tool("ls -lR", "ls -lR", ("coupon_rules.yaml",), "Where are the coupon rules and how large is the file?", group="files"),
    Tool("find", "find . -type f", ("coupon_rules.yaml",), "Where is the file of coupon rules?", group="files"),
    Tool("grep -rn", "grep -rn 'def ' shop", ("def compute_tax(",), "Where is the tax computed?", group="files"),
    Tool("cat", "cat shop/tax.py", ("return round(total * rate, 3)",), "What does compute_tax do?", group="files"),
    Tool("pytest -rA", "PYTHON -m pytest -p no:cacheprovider -q -rA tests", ("assert 12.35 == 12.34", "test_price.py", "1 failed"), group="tests"),
    Tool("pytest -v", "PYTHON -m pytest -p no:cacheprovider -v tests", ("assert 12.35 == 12.34", "tests/test_price.py", "1 failed"), group="tests"),
    Tool("unittest", "PYTHON -m unittest discover -v -s unit", ("AssertionError: 'EUR' != 'USD'", "FAILED (failures=1)"), group="tests"),
    Tool("traceback", "PYTHON broken.py", ("KeyError: 'vat_rate'", 'return config["vat_rate"]'), group="tests"),
    Tool("python --help", "PYTHON --help-all", ("-X importtime",), "Which option shows how long imports take?", group="help"),
    Tool("pytest --help", "PYTHON -m pytest --help", ("--maxfail=num",), "How do I stop after 3 failures?", group="help"),
    Tool("pip list", "PYTHON -m pip list --disable-pip-version-check", ("tiktoken",), "Which version of tiktoken?", group="packages"),
    Tool("ls --help", "ls --help", ("-S ",), "How do I sort by file size?", "ls", group="help"),
    Tool("grep --help", "grep --help", ("--files-without-match",), "How do I list only the files that do not match?", "grep", group="help"),
    Tool("tar --help", "tar --help", ("--strip-components=NUMBER",), "How do I drop leading folders of names when extracting?", "tar", group="help"),
)  # fmt: skip


def _project(folder: Path, draw: random.Random, history: bool) -> None:
    """A small repository with a history, tests of which one fails, and a conflict."""
    files: dict[str, str] = {}

    def function(name: str) -> str:
        first, second = draw.sample(WORDS, 2)
        return (
            f'def {name}({first}, {second}=None):\n    """The {first} of a {second}."""\n'
            f"    if {second} is None:\n        {second} = {draw.randint(2, 99)}\n"
            f"    return [{first} for {first} in range({second}) if {first} % {draw.randint(2, 9)}]\n\n\n"
        )

    for word in WORDS:
        verbs = ("load", "check", "merge", "list", "send")
        files[f"shop/{word}.py"] = "".join(function(f"{verb}_{word}") for verb in verbs)
    tax = "def compute_tax(total, rate):\n    return round(total * rate, 2)\n\n\n"
    many = [function(f"rule_{number}") for number in range(30)]
    files["shop/tax.py"] = "".join([*many[:17], tax, *many[17:]])
    for number in range(60):
        word = draw.choice(WORDS)
        files[f"data/{word}/{word}_{number:03}.json"] = json.dumps({"id": number}) + "\n"
    files["data/shared/coupon_rules.yaml"] = "rules: []\n" * 200
    for number in range(12):
        files[f"tests/test_{number:02}.py"] = "".join(
            f"def test_{word}_{case}():\n    assert {case} + 1 == {case + 1}\n\n\n" for case, word in enumerate(WORDS)
        )
    files["tests/test_price.py"] = (
        "def total(prices):\n    return round(sum(prices), 2)\n\n\ndef test_total_rounds_down():\n"
        "    prices = [5.0, 7.349]\n    assert total(prices) == 12.34\n"
    )
    units = "".join(
        f"    def test_{word}_{n}(self):\n        self.assertEqual({n}, {n})\n\n" for n in range(4) for word in WORDS
    )
    wrong = "    def test_currency(self):\n        self.assertEqual('EUR', 'USD')\n"
    files["unit/test_units.py"] = f"import unittest\n\n\nclass Units(unittest.TestCase):\n{units}{wrong}"
    deep = "".join(f"def step_{n}(config):\n    return step_{n + 1}(config)\n\n\n" for n in range(40))
    files["broken.py"] = (
        "import sys\nfor n in range(300):\n    print(f'loaded module {n} in {n % 7} ms')\n"
        f'sys.stdout.flush()\n{deep}def step_40(config):\n    return config["vat_rate"]\n\n\nstep_0({{}})\n'
    )
    write(folder, files)
    if history and shutil.which("git"):
        _history(folder, draw, function)
    write(folder, {f"scratch_{number}.txt": "x\n" for number in range(160)})


def _history(folder: Path, draw: random.Random, function: Callable[[str], str]) -> None:
    """Commits, a merge with a conflict, and changes that are not committed."""
    git = "git -c user.name=Ada -c user.email=ada@example.org -c commit.gpgsign=false"
    _run("git init -q -b main . && git config core.hooksPath /dev/null", folder)
    date = 1_700_000_000

    def commit(message: str) -> None:
        nonlocal date
        date += draw.randint(600, 90_000)
        stamp = f"GIT_AUTHOR_DATE='{date} +0000' GIT_COMMITTER_DATE='{date} +0000'"
        _run(f"git add -A && {stamp} {git} commit -q -m '{message}'", folder)

    commit("Begin")
    for number in range(60):
        first, second = draw.sample(WORDS, 2)
        names = draw.sample(WORDS, draw.randint(1, 5))
        if number == 23:
            names, message = ["price"], "Round half up in price totals"
        else:
            message = f"{draw.choice(['Add', 'Fix', 'Move', 'Split', 'Test'])} the {first} of each {second}"
        for name in names:
            if number == 23 or name != "price":
                path = folder / f"shop/{name}.py"
                path.write_text(path.read_text("utf-8") + function(f"more_{name}_{number}"), encoding="utf-8")
        commit(message)
    path = folder / "shop/refund.py"
    before = path.read_text("utf-8")
    _run("git checkout -q -b other", folder)
    path.write_text("LIMIT = 1\n" + before, encoding="utf-8")
    commit("One")
    _run("git checkout -q main", folder)
    path.write_text("LIMIT = 2\n" + before, encoding="utf-8")
    commit("Two")
    _run(f"{git} merge -q other", folder)
    for word in draw.sample([word for word in WORDS if word != "refund"], 14):
        other = folder / f"shop/{word}.py"
        other.write_text(other.read_text("utf-8").replace("is None", "== 0"), encoding="utf-8")
    tax_file = folder / "shop/tax.py"
    tax_file.write_text(tax_file.read_text("utf-8").replace("rate, 2)", "rate, 3)"), encoding="utf-8")
