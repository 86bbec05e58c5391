"""LongBench v2: multiple choice over long contexts, answered by a model after compression.

The context is one message, and the question with its four choices is the last. Each compressor brings them to --target
tokens, and the model (any of LiteLLM's, or behind --api-base, or --gguf) answers with a letter. Retrieval calls are
answered too. Contexts have up to millions of tokens. If one does not fit the model (`everything`), that is an error
and counted apart. --max-context leaves such questions out for all compressors. `nothing` is the question alone.
Guessing gives 0.25.

accuracy   share of the questions with the right letter; a reply without a letter is wrong
letter     share of the replies with a letter
and tokens, retrievals and dollars of all requests of a question. The table has a group for all questions, for each
difficulty (easy, hard) and for each length (short: up to 32k words, medium: up to 128k, long).

Data: `THUDM/LongBench-v2` of the hub, or JSON or JSONL with _id, domain, sub_domain, difficulty, length, question,
choice_A to choice_D, answer and context.
"""

from __future__ import annotations

import argparse
import re
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from evals.harness import data, embedders, hub, options, reporting
from evals.harness.cases import Request, Row
from evals.harness.data import Source
from evals.harness.figures import Column
from evals.harness.messages import Message
from evals.harness.tokens import count
from evals.models import endpoint, tasks

FILES = ("longbench_v2.jsonl", "longbench_v2.json", "longbench_v2.jsonl.gz")
SETS = (hub.Set("THUDM/LongBench-v2", None, "train", dict),)
FIELDS = (
    "_id",
    "difficulty",
    "length",
    "question",
    "choice_A",
    "choice_B",
    "choice_C",
    "choice_D",
    "answer",
    "context",
)
LETTERS = "ABCD"
SYSTEM = (
    "Read the text, then answer the multiple-choice question after it. "
    'Reply with one line and nothing else: "The correct answer is (X)", where X is A, B, C or D.'
)
REPLY_TOKENS = 256  # the line, with room for a few words before it and for retrieval calls
COLUMNS = (Column("accuracy", "correct"), Column("letter", "letter", "percent"), *tasks.COLUMNS)
# What a reply says its answer is, the surest first; of each the last one counts.
_SAID = (
    re.compile(r"answer\s*(?:is|:)\s*\W{0,4}([A-D])\b", re.IGNORECASE),
    re.compile(r"\(([A-D])\)"),
    re.compile(r"^\W*([A-D])\b(?!['’])", re.MULTILINE),
)


def conversation(question: Mapping[str, Any]) -> list[Message]:
    """The system message, the context, and the question with its choices."""
    choices = "\n".join(f"({letter}) {question[f'choice_{letter}']}" for letter in LETTERS)
    return [
        {"role": "system", "content": SYSTEM},
        {"role": "user", "content": str(question["context"])},
        {"role": "user", "content": f"{question['question']}\n\n{choices}"},
    ]


def letter(reply: str) -> str | None:
    """The letter that a reply answers with; None where there is none.

    >>> letter("The correct answer is (B)."), letter("**C** it is"), letter("A ship? No: (D)"), letter("no idea")
    ('B', 'C', 'D', None)
    """
    for pattern in _SAID:
        found = pattern.findall(reply)
        if found:
            return str(found[-1]).upper()
    return None


def _scored(question: Mapping[str, str], reply: str, _shown: list[Message]) -> Row:
    said = letter(reply)
    return {**question, "correct": float(said == question["answer"]), "letter": float(said is not None)}


def main(arguments: Sequence[str] | None = None) -> int:
    """The command; returns its exit code."""
    parser = options.parser(
        *("longbench_v2", __doc__ or "", "8000", "tokens (default: 8000)", endpoint.WAYS),
        *("everything,nothing,head+tail,litellm,compresskit", None),
    )
    endpoint.add_options(parser, REPLY_TOKENS)
    told = "leave out questions whose context has more tokens (default: none)"
    parser.add_argument("--max-context", type=options.positive, metavar="N", help=told)
    given = parser.parse_args(arguments)
    endpoint.check(parser, given, needed=True)
    return reporting.report("longbench_v2", given, COLUMNS, partial(_rows, given), groups=groups)


def groups(row: Row) -> list[str]:
    """The groups of the table that a row counts in: all questions, its difficulty, its length.

    >>> groups({"group": "LongBench v2, easy, short, target 8000"})
    ['LongBench v2, target 8000', 'easy, target 8000', 'short, target 8000']
    """
    parts = row["group"].split(", ")
    return [", ".join([part, *parts[3:]]) for part in parts[:3]]


def _rows(given: argparse.Namespace) -> tuple[Sequence[Path | Source], list[Row]]:
    sources = hub.find(FILES, given.data, SETS)
    questions = [_checked(row) for source in sources for row in data.rows(source)]
    if given.max_context:
        questions = [one for one in questions if count(str(one["context"])) <= given.max_context]
    todo = [_task(question, target, given) for target in given.target for question in questions[: given.limit]]
    return sources, tasks.run(todo, embedders.added(given.compressors, given.embedder), given, sources)


def _checked(row: Mapping[str, Any]) -> Mapping[str, Any]:
    for name in FIELDS:
        data.field(row, name, "questions")
    if row["answer"] not in LETTERS:
        raise data.DataError(f"{row['_id']}: the answer should be one of {', '.join(LETTERS)}, not {row['answer']!r}")
    return row


def _task(question: Mapping[str, Any], target: float, given: argparse.Namespace) -> tasks.Task:
    name = str(question["_id"])
    tokens = int(target)
    fixed, model = frozenset({0, 2}), endpoint.counted(given)
    request = Request(conversation(question), tokens, tokens, "openai", fixed, given.seed, model)
    about = {part: str(question.get(part, "")) for part in ("difficulty", "length", "domain", "answer")}
    group = options.titled(f"LongBench v2, {about['difficulty']}, {about['length']}", target, given)
    return tasks.Task(f"{name} {target:g}", group, name, request, partial(_scored, about))
