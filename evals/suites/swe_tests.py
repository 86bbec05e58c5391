"""Whether a patch resolves its instance: the instance's own tests, run with a command of the user's, in the sandbox.

A clone at the base commit gets the patch and then the instance's test patch (its test files as they were before, so
that a patch cannot change what judges it). The command runs for FAIL_TO_PASS and then for PASS_TO_PASS, with {tests}
replaced by their names; {instance}, {repo} and {version} are replaced too. Both have to end with exit code 0.

What the tests need (the right Python, the packages of that version) is the user's affair and stands in the command. An
environment is believed only where it can tell: without a patch FAIL_TO_PASS must fail, with the gold patch all must
pass. Instances for which that does not hold are not judged. The command sees none of the user's environment variables
and, where the system permits namespaces, no network, and can write nowhere but to its clone; as root it runs as nobody.
"""

from __future__ import annotations

import argparse
import ast
import json
import os
import shlex
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from evals.harness import sandbox
from evals.harness.cases import Row
from evals.harness.data import DataError, field

from . import repositories
from .patch_scores import changes

_FIELDS = ("instance_id", "repo", "base_commit", "patch", "test_patch", "FAIL_TO_PASS", "PASS_TO_PASS")


class Runner(NamedTuple):
    """How tests are run."""

    command: str
    repos: str  # folder of clones
    seconds: int  # for each of the two runs


def check_command(command: str) -> str:
    """An option's value.

    >>> check_command("python -m pytest -q {tests}")
    'python -m pytest -q {tests}'
    """
    if "{tests}" not in command:
        raise argparse.ArgumentTypeError(f"{command!r} should have {{tests}} where the names of the tests go")
    return command


def environment(instance: Mapping[str, Any], tests: Runner) -> Row:
    """Whether the environment can tell a right patch from none: {"environment": 1.0 or 0.0, "why": …}."""
    with_gold = judged(instance, instance["patch"], tests)
    without = judged(instance, "", tests) if with_gold == "resolved" else ""
    fits = with_gold == "resolved" and without == "fails its tests"
    why = "" if fits else f"with the gold patch: {with_gold}" if not without else f"without a patch: {without}"
    return {"case": instance["instance_id"], "environment": float(fits), "why": why, "error": None}


def judged(instance: Mapping[str, Any], patch: str, tests: Runner) -> str:
    """ "resolved", or "does not apply", "fails its tests", "breaks other tests", "out of time".

    Raises:
        DataError: the repository or a field is missing, or the test patch does not apply.
    """
    given = {name: field(instance, name, "instances") for name in _FIELDS}
    with tempfile.TemporaryDirectory(prefix="swe-tests-", ignore_cleanup_errors=True) as made:
        folder = Path(made)
        clone = _cloned(folder, given, tests.repos)
        if patch.strip() and not _applied(clone, patch):
            return "does not apply"
        _put_back(clone, given["base_commit"], given["test_patch"])
        if not _applied(clone, given["test_patch"]):
            raise DataError(f"{given['instance_id']}: its test patch does not apply")
        for names, otherwise in ((_names(given["FAIL_TO_PASS"]), "fails its tests"),
                                 (_names(given["PASS_TO_PASS"]), "breaks other tests")):  # fmt: skip
            code = _run(folder, instance, names, tests) if names else 0
            if code != 0:
                return "out of time" if code is None else otherwise
        return "resolved"


def _cloned(folder: Path, given: Mapping[str, Any], repos: str) -> Path:
    source = repositories.find(Path(repos), given["repo"], given["base_commit"])
    clone = folder / "repo"
    place = str(source.place.resolve())
    done = _git(folder, "clone", "--quiet", "--no-checkout", "--no-hardlinks", place, str(clone)) and _git(
        clone, "checkout", "--quiet", "--detach", given["base_commit"]
    )
    if not done:
        raise DataError(f"{given['instance_id']}: no clone of {place} at {given['base_commit'][:12]} could be made")
    return clone


def _put_back(clone: Path, commit: str, patch: str) -> None:
    """The files of a patch as they were in the commit."""
    for path in {change.path for change in changes(patch)}:
        if not _git(clone, "checkout", "--quiet", commit, "--", path):
            (clone / path).unlink(missing_ok=True)


def _applied(clone: Path, patch: str) -> bool:
    """By what follows its headers, which models miscount: git leaves out what is beyond their count; else as it is."""
    arguments, plain = ("apply", "--whitespace=nowarn", "-"), patch if patch.endswith("\n") else f"{patch}\n"
    counted = _git(clone, *arguments, "--recount", given=with_headers(patch).encode())
    return counted or _git(clone, *arguments, given=plain.encode())


def with_headers(patch: str) -> str:
    """A patch with a `diff --git` line for every file: without, git counts `--- a/x` as a removed line.

    >>> print(with_headers("--- a/x\\n+++ b/x\\n@@ -1 +1 @@\\n-a\\n+b\\n"), end="")
    diff --git a/x b/x
    --- a/x
    +++ b/x
    @@ -1 +1 @@
    -a
    +b
    """
    lines = patch.rstrip("\n").split("\n")
    found: list[str] = []
    named = False
    for line, following in zip(lines, [*lines[1:], ""], strict=True):
        if line.startswith("--- ") and following.startswith("+++ ") and not named:
            old, new = line[4:].split("\t")[0], following[4:].split("\t")[0]
            path = (new if old == "/dev/null" else old)[2:]
            found.append(f"diff --git a/{path} b/{path}")
            found += ["new file mode 100644"] * (old == "/dev/null") + ["deleted file mode 100644"] * (
                new == "/dev/null"
            )
        named = line.startswith("diff --git ") or (named and not line.startswith("@@"))
        found.append(line)
    return "\n".join(found) + "\n"


def _git(place: Path, *arguments: str, given: bytes = b"") -> bool:
    """Whether git did it; without the user's settings, and never in a repository around the place."""
    settings = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}
    path = {"PATH": os.environ.get("PATH", os.defpath), "GIT_CEILING_DIRECTORIES": str(place.parent)}
    command = ["git", "-c", "safe.directory=*", "-C", str(place), *arguments]
    return subprocess.run(command, input=given, capture_output=True, env=settings | path, check=False).returncode == 0


def _run(folder: Path, instance: Mapping[str, Any], names: Sequence[str], tests: Runner) -> int | None:
    values = {name: shlex.quote(str(instance.get(name, ""))) for name in ("repo", "version")}
    values |= {"tests": shlex.join(names), "instance": shlex.quote(instance["instance_id"])}
    command = tests.command
    for name, value in values.items():
        command = command.replace(f"{{{name}}}", value)
    limits = sandbox.Limits(tests.seconds, tests.seconds, 4 * 2**30, processes=256, file=2**30)
    return sandbox.run(["sh", "-c", f"cd repo && {command}"], limits, folder=folder).code


def _names(listed: Any) -> list[str]:
    """A list, or one written as JSON or as Python."""
    if not isinstance(listed, str):
        return [str(name) for name in listed]
    try:
        return [str(name) for name in json.loads(listed)]
    except ValueError:
        return [str(name) for name in ast.literal_eval(listed)]
