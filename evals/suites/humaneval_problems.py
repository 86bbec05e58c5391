"""HumanEval's problems as files of a project: a specification and a module each, under names that tell nothing.

A problem's function is renamed, in its texts and tests: by its own name a model would know many by heart, and nothing
would have to be read. Its docstring becomes the specification; its module keeps the imports, helpers and signature
that the prompt has, and the solution, where the problem is a distractor.
"""

from __future__ import annotations

import ast
import inspect
import json
import re
import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from evals.harness import sandbox
from evals.harness.data import DataError, field

FIELDS = ("task_id", "prompt", "entry_point", "canonical_solution", "test")
LIMITS = sandbox.Limits()  # HumanEval's solutions take milliseconds
_FENCE = re.compile(r"^```[^\n]*\n(.*?)^```", re.MULTILINE | re.DOTALL)
_SAFE = re.compile(r"[A-Za-z: ]{1,60}")


class Problem(NamedTuple):
    """One problem, renamed."""

    title: str  # as the data set calls it
    name: str  # of the function and of its files
    head: str  # imports and helpers before the function
    signature: str  # "def …:", on one or several lines
    specification: str
    body: str  # of the solution
    test: str
    number: str  # of its specification, where that does not name the function


def read(row: Mapping[str, Any], number: int) -> Problem:
    """A row of the data set.

    Raises:
        DataError: a field is missing, or the prompt is no Python with that function in it.
    """
    given = {name: str(field(row, name, "problems")) for name in FIELDS}
    old, name = given["entry_point"], f"step_{number:03}"
    prompt, solution, test = (
        re.sub(rf"\b{re.escape(old)}\b", name, given[part]) for part in ("prompt", "canonical_solution", "test")
    )
    try:
        function, told = _function(ast.parse(prompt), name)
    except (SyntaxError, LookupError) as error:
        raise DataError(f"{given['task_id']}: no function {old!r} with a docstring in its prompt.") from error
    lines = prompt.splitlines(keepends=True)
    start = function.lineno - 1
    return Problem(
        given["task_id"],
        name,
        "".join(lines[:start]).strip("\n"),
        "".join(lines[start : told.lineno - 1]).rstrip(),
        inspect.cleandoc(str(ast.literal_eval(told.value))),
        solution.rstrip(),
        test,
        f"R-{1000 + 37 * number}",
    )


def _function(tree: ast.Module, name: str) -> tuple[ast.FunctionDef, ast.Expr]:
    """The function and its docstring, which one problem has behind an import."""
    for node in tree.body:
        if isinstance(node, ast.FunctionDef) and node.name == name:
            for part in node.body:
                if isinstance(part, ast.Expr) and isinstance(part.value, ast.Constant):
                    return node, part
    raise LookupError(name)


def specification(problem: Problem, hops: int) -> tuple[str, str]:
    """Path and text. With two hops it is known by a number, and only the module says which."""
    if hops == 1:
        return f"specs/{problem.name}.md", f"# {problem.name}\n\n{problem.specification}"
    text = re.sub(rf"\b{problem.name}\b", "f", problem.specification)
    return f"specs/{problem.number}.md", f"# {problem.number}\n\n{text}"


def module(problem: Problem, hops: int, solved: bool) -> tuple[str, str]:
    """Path and text; unsolved it has no body yet."""
    path, _ = specification(problem, hops)
    body = problem.body if solved else "    raise NotImplementedError"
    parts = (problem.head, f'{problem.signature}\n    """As {path} says."""\n{body}')
    return f"src/{problem.name}.py", "\n\n\n".join(part for part in parts if part)


def code_of(reply: str, name: str) -> str:
    """The code in a reply: the last fenced block that defines the function, else the first block, else all of it.

    >>> code_of("Here it is:\\n```python\\ndef f():\\n    pass\\n```\\nDone.", "f")
    'def f():\\n    pass\\n'
    """
    blocks = [block[1] for block in _FENCE.finditer(reply)]
    defining = [block for block in blocks if re.search(rf"^def {name}\b", block, re.MULTILINE)]
    return (defining[-1:] or blocks[:1] or [reply])[0]


def judged(problem: Problem, code: str, close: bool = True) -> str:
    """What became of the tests in the sandbox, where the code runs behind the prompt's imports and helpers: "passed",
    or in a word or two why not."""
    word = secrets.token_hex(16)
    given = {
        "solution": f"{problem.head}\n\n\n{code}",
        "test": problem.test,
        "entry_point": problem.name,
        "word": word,
    }
    runner = Path(__file__).with_name("humaneval_runner.py").read_text(encoding="utf-8")
    command = ["python", "-I", "-S", "-c", runner]
    ended = sandbox.run(command, LIMITS, json.dumps(given).encode(), close=close)
    if ended.code is None:
        return "out of time"
    verdict = ended.output.removeprefix(f"{word} ")
    if verdict != ended.output and _SAFE.fullmatch(verdict):
        return verdict
    return "stopped by a limit" if ended.code > 128 else "ended before the tests"
