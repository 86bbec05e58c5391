"""Runs a solution against its problem's tests, inside the sandbox: JSON on stdin, a verdict on stdout.

Run by itself, so it imports nothing of the evals. What the solution and the tests print goes nowhere. The verdict
stands behind a word that was made up for this run, so a solution that ends early or prints passes nothing. One that
searches its own process for that word could cheat: what is judged here is no adversary.
"""

from __future__ import annotations

import json
import os
import sys
from typing import Any


def main() -> None:
    """Says ``WORD passed``, or ``WORD`` and in a word or two why not."""
    given = json.load(sys.stdin)
    out = os.dup(1)
    nowhere = os.open(os.devnull, os.O_RDWR)
    for number in (0, 1, 2):
        os.dup2(nowhere, number)
    verdict = judge(given["solution"], given["test"], given["entry_point"])
    os.write(out, f"{given['word']} {verdict}".encode())
    os._exit(0)  # nothing that the solution has left for the end


def judge(solution: str, test: str, entry_point: str) -> str:
    """The tests define `check`, which asserts what it expects of the function."""
    space: dict[str, Any] = {"__name__": "solution"}
    try:
        exec(compile(solution, "solution", "exec"), space)
    except BaseException as error:  # SystemExit too
        return f"broken: {type(error).__name__}"
    if not callable(space.get(entry_point)):
        return "no such function"
    try:
        exec(compile(test, "test", "exec"), space)
        space["check"](space[entry_point])
    except AssertionError:
        return "wrong result"
    except BaseException as error:
        return f"raised: {type(error).__name__}"
    return "passed"


if __name__ == "__main__":
    main()
