"""Patches of a real model for SWE-bench's instances: `swe_bench.py` without --retention, with --model."""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from evals.harness import embedders, engine, hub, options, sandbox
from evals.harness.cases import Request, Row
from evals.harness.data import Source, field
from evals.harness.figures import Column
from evals.harness.messages import Message
from evals.harness.tokens import count_request
from evals.models import endpoint, tasks

from . import patch_scores, swe_tests

SYSTEM = (
    "You are a software engineer. The source files of a repository follow, one a message, then an issue. Write the "
    "smallest change that resolves it. Reply with one unified diff and nothing else: for every file a line --- a/PATH, "
    "a line +++ b/PATH, and @@ hunks, each with three unchanged lines before and after what changes."
)
REPLY_TOKENS = 4096
DEFAULT = "everything,nothing,head+tail,litellm,compresskit"
COLUMNS = (
    Column("patch", "patch", "percent"),
    Column("applies", "applies", "percent"),
    Column("file overlap", "file_overlap"),
    Column("exact file match", "exact_file_match"),
    Column("hunk overlap", "hunk_overlap"),
    Column("content similarity", "content_similarity"),
    Column("resolved", "resolved"),
    *tasks.COLUMNS,
)
_SHOWN = re.compile(r"^\[start of (.+)\]\n(.*?)\n?^\[end of \1\]$", re.MULTILINE | re.DOTALL)
_NUMBER = re.compile(r"(\d+) ?(.*)$")
Built = Mapping[str, Any]  # what swe_bench.conversation makes


def add_options(parser: argparse.ArgumentParser) -> None:
    """What patches need besides the options of the eval."""
    endpoint.add_options(parser, REPLY_TOKENS)
    add = parser.add_argument
    told = 'run the tests with it, as in "python -m pytest -q {tests}"; {instance}, {repo}, {version} are replaced too'
    add("--run-tests", type=swe_tests.check_command, metavar="COMMAND", help=told)
    add("--test-seconds", type=options.positive, default=600, metavar="N", help="for a run of them (default: 600)")


def with_files(row: Mapping[str, Any]) -> dict[str, Any]:
    """A row of a data set that shows its files in its prompt, numbered, with its files by path; others as they are.

    >>> with_files({"text": "Solve.\\n[start of a.py]\\n1 x = 1\\n2 \\n[end of a.py]\\nGo."})["files"]
    {'a.py': 'x = 1\\n'}
    """
    shown = {found[1]: _without_numbers(found[2]) for found in _SHOWN.finditer(str(row.get("text", "")))}
    return {**row, "files": shown} if shown else dict(row)


def _without_numbers(text: str) -> str:
    lines = [_NUMBER.match(line) for line in text.split("\n")]
    numbers = [int(found[1]) if found else None for found in lines]
    if numbers != list(range(1, len(lines) + 1)):
        return text
    return "\n".join(found[2] for found in lines if found)


SETS = (hub.Set("princeton-nlp/SWE-bench_Lite_bm25_27K", None, "test", with_files),)


def rows(built: Sequence[Built], given: argparse.Namespace, data: Sequence[Path | Source]) -> list[Row]:
    """A row for every instance, target and way.

    Raises:
        DataError: an instance was saved without what is needed here; there is no clone for --run-tests.
    """
    tests = swe_tests.Runner(given.run_tests, given.repos, given.test_seconds) if given.run_tests else None
    fit = _fit(built, tests, given, data) if tests else set()
    todo = [task(one, target, given, tests, fit) for target in given.target for one in built]
    return tasks.run(todo, embedders.added(given.compressors, given.embedder), given, data)


def task(
    built: Built, target: float, given: argparse.Namespace, tests: swe_tests.Runner | None, fit: set[str]
) -> tasks.Task:
    """One instance: the files, and the issue last."""
    messages: list[Message] = [{"role": "system", "content": SYSTEM}, *built["messages"]]
    size = count_request(messages)
    tokens = int(target * size if target <= 1 else target)
    trigger = max(tokens, min(given.trigger, size - 1))
    fixed, model = frozenset({0, len(messages) - 1}), endpoint.counted(given)
    request = Request(messages, tokens, trigger, "openai", fixed, given.seed, model)
    name, instance = built["instance_id"], _instance(built)
    score = partial(_scored, instance, files(built["messages"]), tests, name in fit)
    return tasks.Task(f"{name} {target:g}", options.titled(given.name, target, given), name, request, score)


def _instance(built: Built) -> dict[str, Any]:
    return dict(field(built, "instance", "conversations saved by an older version"))


def files(messages: Sequence[Message]) -> dict[str, str]:
    """The texts of the files that messages show, by path: the path is the first line, behind "# "."""
    found = (message["content"].partition("\n") for message in messages[:-1])
    return {path.removeprefix("# "): text for path, _, text in found}


def _scored(
    instance: Mapping[str, Any],
    texts: Mapping[str, str],
    tests: swe_tests.Runner | None,
    fits: bool,
    reply: str,
    _shown: list[Message],
) -> Row:
    written = patch_scores.patch_in(reply)
    row: Row = dict(patch_scores.scores(written, instance["patch"], texts))
    if tests is None or not fits:
        return row
    became = swe_tests.judged(instance, written, tests) if row["patch"] else "no patch"
    return {**row, "tests": became, "resolved": float(became == "resolved")}


def _fit(
    built: Sequence[Built], tests: swe_tests.Runner, given: argparse.Namespace, data: Sequence[Path | Source]
) -> set[str]:
    """The instances whose environment works. The others are named on stderr, and have no figure for "resolved"."""
    if not sandbox.closed():
        print("swe_bench: no namespaces here: tests are limited, but network and files are open", file=sys.stderr)
    items = [
        engine.Item(
            f"environment | {one['instance_id']}",
            (_instance(one), tests),
            {"case": one["instance_id"]},
        )
        for one in built
    ]
    found = engine.execute(items, swe_tests.environment, given, title="trying the environments", data=data)
    for row in found:
        if not row.get("environment"):
            print(f"not judged: {row['case']}: {row.get('why') or row['error']}", file=sys.stderr)
    return {row["case"] for row in found if row.get("environment")}
