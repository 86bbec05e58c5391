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

from .machine_outputs import machine_outputs
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
    draw = random.Random(0)
    _project(folder, draw, history=any(only in name for name in ("git log --stat", "git diff", "git status")))
    python = sys.executable

    def output(name: str, group: str, command: str, *needs: str, query: str = "") -> Iterator[Output]:
        if only not in name:
            return
        text = _run(command.replace("python ", f"{python} ", 1), folder)
        if all(need in text for need in needs):  # another version of the tool may say it otherwise
            yield Output(name, group, command, text, needs, query)

    if shutil.which("git"):
        yield from output(
            "git log --stat", "git", "git log --stat", "Round half up in price totals", "shop/price.py",
            query="Which commit changed how prices are rounded?",
        )  # fmt: skip
        yield from output(
            "git log",
            "git",
            "git log",
            "Round half up in price totals",
            query="When did the rounding of prices change?",
        )
        yield from output(
            "git diff", "git", "git diff", "+    return round(total * rate, 3)", "-    return round(total * rate, 2)",
            query="What changed in compute_tax?",
        )  # fmt: skip
        yield from output("git status", "git", "git status", "both modified:   shop/refund.py")
    yield from output(
        "ls -lR", "files", "ls -lR", "coupon_rules.yaml", query="Where are the coupon rules and how large is the file?"
    )
    yield from output(
        "find", "files", "find . -type f", "coupon_rules.yaml", query="Where is the file of coupon rules?"
    )
    yield from output(
        "grep -rn", "files", "grep -rn 'def ' shop", "def compute_tax(", query="Where is the tax computed?"
    )
    yield from output(
        "cat", "files", "cat shop/tax.py", "return round(total * rate, 3)", query="What does compute_tax do?"
    )
    yield from output(
        "pytest -rA", "tests", "python -m pytest -p no:cacheprovider -q -rA tests",
        "assert 12.35 == 12.34", "test_price.py", "1 failed",
    )  # fmt: skip
    yield from output(
        "pytest -v", "tests", "python -m pytest -p no:cacheprovider -v tests",
        "assert 12.35 == 12.34", "tests/test_price.py", "1 failed",
    )  # fmt: skip
    yield from output(
        "unittest",
        "tests",
        "python -m unittest discover -v -s unit",
        "AssertionError: 'EUR' != 'USD'",
        "FAILED (failures=1)",
    )
    yield from output("traceback", "tests", "python broken.py", "KeyError: 'vat_rate'", 'return config["vat_rate"]')
    yield from output(
        "python --help", "help", "python --help-all", "-X importtime", query="Which option shows how long imports take?"
    )
    yield from output(
        "pytest --help", "help", "python -m pytest --help", "--maxfail=num", query="How do I stop after 3 failures?"
    )
    yield from output(
        "pip list",
        "packages",
        "python -m pip list --disable-pip-version-check",
        "tiktoken",
        query="Which version of tiktoken?",
    )
    for name, option, query in (
        ("ls", "-S ", "How do I sort by file size?"),
        ("grep", "--files-without-match", "How do I list only the files that do not match?"),
        ("tar", "--strip-components=NUMBER", "How do I drop leading folders of names when extracting?"),
    ):
        if shutil.which(name):
            yield from output(f"{name} --help", "help", f"{name} --help", option, query=query)
    if shutil.which("ps"):
        process = subprocess.Popen([python, "-c", "import time; time.sleep(300)  # nightly_export"], cwd=folder)
        try:
            yield from output("ps aux", "system", "ps aux", "nightly_export", query="Is the nightly_export running?")
        finally:
            process.kill()
            process.wait()


def _project(folder: Path, draw: random.Random, history: bool) -> None:
    """A small repository with a history, tests of which one fails, and a conflict."""

    def write(name: str, text: str) -> None:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")

    def function(name: str) -> str:
        first, second = draw.sample(WORDS, 2)
        return (
            f'def {name}({first}, {second}=None):\n    """The {first} of a {second}."""\n'
            f"    if {second} is None:\n        {second} = {draw.randint(2, 99)}\n"
            f"    return [{first} for {first} in range({second}) if {first} % {draw.randint(2, 9)}]\n\n\n"
        )

    for word in WORDS:
        write(
            f"shop/{word}.py",
            "".join(function(f"{verb}_{word}") for verb in ("load", "check", "merge", "list", "send")),
        )
    tax = "def compute_tax(total, rate):\n    return round(total * rate, 2)\n\n\n"
    many = [function(f"rule_{number}") for number in range(30)]
    write("shop/tax.py", "".join([*many[:17], tax, *many[17:]]))
    for number in range(60):
        word = draw.choice(WORDS)
        write(f"data/{word}/{word}_{number:03}.json", json.dumps({"id": number}) + "\n")
    write("data/shared/coupon_rules.yaml", "rules: []\n" * 200)
    for number in range(12):
        cases = "".join(
            f"def test_{word}_{case}():\n    assert {case} + 1 == {case + 1}\n\n\n" for case, word in enumerate(WORDS)
        )
        write(f"tests/test_{number:02}.py", cases)
    write(
        "tests/test_price.py",
        "def total(prices):\n    return round(sum(prices), 2)\n\n\ndef test_total_rounds_down():\n"
        "    prices = [5.0, 7.349]\n    assert total(prices) == 12.34\n",
    )
    units = "".join(
        f"    def test_{word}_{n}(self):\n        self.assertEqual({n}, {n})\n\n" for n in range(4) for word in WORDS
    )
    wrong = "    def test_currency(self):\n        self.assertEqual('EUR', 'USD')\n"
    write("unit/test_units.py", f"import unittest\n\n\nclass Units(unittest.TestCase):\n{units}{wrong}")
    deep = "".join(f"def step_{n}(config):\n    return step_{n + 1}(config)\n\n\n" for n in range(40))
    write(
        "broken.py",
        "import sys\nfor n in range(300):\n    print(f'loaded module {n} in {n % 7} ms')\n"
        f'sys.stdout.flush()\n{deep}def step_40(config):\n    return config["vat_rate"]\n\n\nstep_0({{}})\n',
    )
    if history and shutil.which("git"):
        _history(folder, draw, function)
    for number in range(160):
        write(f"scratch_{number}.txt", "x\n")


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
