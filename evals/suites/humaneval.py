"""HumanEval with the needed code among other files: does a model still write the function?

A conversation holds the files of a project, one message each and shuffled. Each problem has a specification (its
docstring) and a module (imports, helpers, signature and the solution). The module of the problem that is asked for
has no body yet, and the last message asks for it. The other problems are distractors, as many as fit --conversation
tokens. The names of functions tell nothing, so the specification must be read. With --hops 2 the specification does
not name the function either: only the module gives the number of the specification.

Without a model:
needed     share of the lines of the needed specification and signature that are still readable, unchanged
With --model (any of LiteLLM's, or behind --api-base, or --gguf):
pass@1     share of the problems whose tests pass, with one reply each at temperature 0
needed     the same share, of the first request
and tokens, retrievals and dollars of all requests of a problem. `nothing` is the question alone.

The code of the reply runs behind the module's imports and helpers, with the standard library and no other packages,
in a process of its own. The process has limits of time, memory, processes and files, and none of your environment
variables. If the system permits namespaces, it has no network and no files but its own (`sandbox.py`). If not, a line
on stderr says so. A solution passes if the tests have run to their end. One that ends before them does not pass,
whatever it prints.

Data: `openai_humaneval` of the hub, or JSON or JSONL with task_id, prompt, entry_point, canonical_solution and test.
"""

from __future__ import annotations

import argparse
import random
import sys
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from evals.harness import data, embedders, hub, options, reporting, running, sandbox
from evals.harness.baselines import COMPRESSORS
from evals.harness.cases import Case, Outcome, Request, Row, Scores, lines_in
from evals.harness.data import Source
from evals.harness.figures import Column
from evals.harness.messages import Message, read_all
from evals.harness.tokens import count_message, count_request
from evals.models import endpoint, tasks
from evals.suites.humaneval_problems import Problem, code_of, judged, module, read, specification

SYSTEM = (
    "You are a careful Python programmer. The files of a project follow, one a message; then you are asked to write "
    "one function of it."
)
ASKED = (
    "Write the function `{name}` of src/{name}.py so that it does what its specification asks. You may use what the "
    "module imports and defines. Reply with the whole function, and with any other import that it needs, in one Python "
    "code block and nothing else."
)
FILES = ("humaneval.jsonl", "humaneval.jsonl.gz", "HumanEval.jsonl.gz")
SETS = (hub.Set("openai_humaneval", None, "test", dict),)
T = TypeVar("T")
REPLY_TOKENS = 800  # the longest canonical solution has 400
RETENTION = tasks.retention(Column("needed", "needed"))
COLUMNS = (Column("pass@1", "passed"), Column("needed", "needed"), *tasks.COLUMNS)


def conversation(problems: Sequence[Problem], place: int, tokens: int, hops: int, seed: int) -> list[Message]:
    """The system message, shuffled files of about so many tokens, the needed ones always among them, the question."""
    asked = problems[place]
    files = [specification(asked, hops), module(asked, hops, solved=False)]
    ends: list[Message] = [
        {"role": "system", "content": SYSTEM},
        {"role": "user", "content": ASKED.format(name=asked.name)},
    ]
    left = tokens - count_request([*ends, *map(_message, files)])
    for step in range(1, len(problems)):
        other = problems[(place + step) % len(problems)]
        pair = [specification(other, hops), module(other, hops, solved=True)]
        left -= sum(count_message(_message(file)) for file in pair)
        if left < 0:
            break
        files += pair
    random.Random(f"{seed} {asked.name}").shuffle(files)
    return [ends[0], *map(_message, files), ends[1]]


def _message(file: tuple[str, str]) -> Message:
    path, text = file
    return {"role": "user", "content": f"# {path}\n{text}"}


def request(problems: Sequence[Problem], place: int, target: float, given: argparse.Namespace) -> Request:
    """The request of one problem."""
    messages = conversation(problems, place, given.conversation, given.hops, given.seed)
    fixed = frozenset({0, len(messages) - 1})
    needs = partial(lines_in, needed(problems[place], given.hops))
    tokens = int(target)
    return Request(messages, tokens, tokens, "openai", fixed, given.seed, endpoint.counted(given), needs)


def needed(problem: Problem, hops: int) -> frozenset[str]:
    """The lines of its specification and its signature, blank ones apart."""
    text = f"{specification(problem, hops)[1]}\n{problem.signature}"
    return frozenset(line for line in text.split("\n") if line.strip())


def kept(lines: frozenset[str], messages: Sequence[Message]) -> float:
    """The share of the needed lines that can be read."""
    there = set(read_all(messages).split("\n"))
    return sum(line in there for line in lines) / len(lines)


def _retained(problem: Problem, hops: int, outcome: Outcome) -> Scores:
    return {"needed": kept(needed(problem, hops), outcome.messages)}


def _scored(problem: Problem, hops: int, reply: str, shown: list[Message]) -> Row:
    why = judged(problem, code_of(reply, problem.name))
    return {"passed": float(why == "passed"), "why": why, "needed": kept(needed(problem, hops), shown)}


def main(arguments: Sequence[str] | None = None) -> int:
    """The command; returns its exit code."""
    parser = options.parser(
        *("humaneval", __doc__ or "", "3000", "tokens (default: 3000)", COMPRESSORS),
        *("everything,nothing,head+tail,litellm,compresskit", None),
    )
    add = parser.add_argument
    endpoint.add_options(parser, REPLY_TOKENS)
    add("--conversation", type=options.positive, default=12_000, metavar="N", help="tokens (default: 12000)")
    add("--hops", type=int, choices=(1, 2), default=1, help="2: the specification does not name the function")
    given = parser.parse_args(arguments)
    endpoint.check(parser, given, needed=False)
    return reporting.report("humaneval", given, COLUMNS if given.model else RETENTION, partial(_rows, given))


def _rows(given: argparse.Namespace) -> tuple[Sequence[Path | Source], list[Row]]:
    sources = hub.find(FILES, given.data, SETS)
    problems = problems_of(sources)
    ways = embedders.added(given.compressors, given.embedder)
    if not given.model:
        return sources, running.run(_all(Case, _retained, problems, given), ways, given, sources)
    if not sandbox.closed():
        print("humaneval: no namespaces here: solutions are limited, network and files are open", file=sys.stderr)
    return sources, tasks.run(tasks_of(problems, given), ways, given, sources)


def problems_of(sources: Sequence[Path | Source]) -> list[Problem]:
    """All problems of some files."""
    rows = [row for source in sources for row in data.rows(source)]
    return [read(row, number) for number, row in enumerate(rows)]


def tasks_of(problems: Sequence[Problem], given: argparse.Namespace) -> list[tasks.Task]:
    """The problems at every target of the options, for a model to solve."""
    return _all(tasks.Task, _scored, problems, given)


def _all(kind: Callable[..., T], score: Any, problems: Sequence[Problem], given: argparse.Namespace) -> list[T]:
    """The problems at every target, as cases or tasks."""
    made = []
    for target in given.target:
        group = options.titled("HumanEval" if given.hops == 1 else "HumanEval, 2 hops", target, given)
        for place, problem in enumerate(problems[: given.limit]):
            asked, scoring = request(problems, place, target, given), partial(score, problem, given.hops)
            made.append(kind(f"{problem.title} {target:g}", group, problem.title, asked, scoring))
    return made
