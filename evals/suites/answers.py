"""Answers of a real model, with enough questions that the intervals say something: one table over several groups.

The groups are HotpotQA, MuSiQue and 2WikiMultiHopQA (as in local-model), questions about definitions of Python's
standard library (`code_questions.py`), and functions of HumanEval that are to be written (as in humaneval). Each
conversation has about --conversation tokens. A way of --ways is NAME or NAME@SHARE: a compressor, and the share of the
conversation's tokens that it is given as its target. `masking` replaces the oldest texts, `nothing` is the question.

The questions are asked in turn: one of each group, in every way, and then the next ones. So a run that is stopped at
any time has a balanced table. --resume FILE keeps the answers, and the same command goes on. --finished asks nothing:
it reports the questions of the journal that were answered in every way, also while a run is still going on.

right           share of the questions that are answered (as whole words of the reply), or whose tests pass
vs everything   this share less the one of sending everything, question by question, with its paired 95 % interval
vs litellm      the same against litellm.compress at its largest target
of everything   prompt tokens, as the server counts them, as a share of those of sending everything
of litellm      the same against litellm.compress
"""

from __future__ import annotations

import argparse
import random
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from itertools import zip_longest
from pathlib import Path
from typing import NamedTuple

from evals.harness import engine, hub, options, reporting
from evals.harness.baselines import COMPRESSORS
from evals.harness.cases import Request, Row
from evals.harness.data import DataError, Source
from evals.harness.figures import Column
from evals.harness.messages import Message
from evals.harness.tokens import count_message, count_request
from evals.models import endpoint, tasks
from evals.models.tasks import Task
from evals.suites import code_questions, humaneval, local_model, multihop_qa

QA_FILES = ("qa_multihop.jsonl.gz", "qa_2wiki.jsonl.gz", "questions.jsonl")
QA_NAMES = {**multihop_qa.NAMES, "2wiki": "2WikiMultiHopQA"}
CODE, FUNCTIONS, ALL = "code questions", "HumanEval", "all groups"
GROUPS = (*QA_NAMES, "code", "humaneval")
WAYS = "everything,nothing,head+tail@0.3,masking@0.3,litellm@0.3,compresskit@0.2,compresskit@0.3"
CODE_SYSTEM = (
    "Answer the last question from the code before it. "
    "Reply with the answer only: a name, a number or a word. No explanation."
)
COLUMNS = (
    Column("right", "right"),
    Column("vs everything", "over_everything", "difference"),
    Column("vs litellm", "over_litellm", "difference"),
    Column("first request", "after", "tokens"),
    Column("prompt tokens", "prompt_tokens", "tokens"),
    Column("of everything", "prompt_tokens", "percent", over="everything"),
    Column("of litellm", "prompt_tokens", "percent", over="litellm"),
    Column("retrievals", "retrievals", "time"),
    Column("as text", "as_text", "percent"),
    Column("seconds", "seconds", "time"),
)
Sources = list[Path | Source]


class Way(NamedTuple):
    """A compressor, and the share of the tokens that is its target (None: it has no use for one)."""

    compressor: str
    share: float | None

    @property
    def name(self) -> str:
        return self.compressor if self.share is None else f"{self.compressor} {self.share:.0%}"


def ways(text: str) -> list[Way]:
    """Ways, comma-separated.

    >>> [way.name for way in ways("everything,litellm@0.3")]
    ['everything', 'litellm 30%']
    """
    found = []
    for part in text.split(","):
        name, at, share = part.strip().partition("@")
        if name not in COMPRESSORS or name == "oracle":
            raise argparse.ArgumentTypeError(f"{name!r} is no compressor that can be asked through")
        (number,) = options.numbers(share) if at else (None,)
        if number is None and name not in ("everything", "nothing"):
            raise argparse.ArgumentTypeError(f"{name} needs a share of the tokens, as in {name}@0.3")
        if number is not None and number >= 1:
            raise argparse.ArgumentTypeError(f"{share} is no share of the tokens: it should be below 1")
        found.append(Way(name, number))
    return found


def code_tasks(found: Sequence[code_questions.CodeQuestion], given: argparse.Namespace) -> list[Task]:
    """The questions about code, each with the definition that it is about among others."""
    made = []
    for place, one in enumerate(found[: given.limit]):
        ends: list[Message] = [{"role": "system", "content": CODE_SYSTEM}, {"role": "user", "content": one.question}]
        texts: list[str] = []
        left = given.conversation - count_request(ends)
        for text in code_questions.texts_near(found, place):
            left -= count_message({"role": "user", "content": text})
            if texts and left < 0:
                break
            texts.append(text)
        random.Random(f"{given.seed} {one.name}").shuffle(texts)
        messages = [ends[0], *({"role": "user", "content": text} for text in texts), ends[1]]
        request = Request(
            messages,
            given.conversation,
            given.conversation,
            fixed=frozenset({0, len(messages) - 1}),
            seed=given.seed,
            model=endpoint.counted(given),
        )
        made.append(Task(one.name, CODE, one.name, request, partial(local_model.scored, one.answer)))
    return made


def chosen(given: argparse.Namespace) -> tuple[Sources, list[list[Task]]]:
    """The tasks of each group, and the data that they are of."""
    sources: Sources = []
    groups: list[list[Task]] = []
    asked = argparse.Namespace(**{**vars(given), "target": [given.conversation], "limit": given.questions})
    wanted = [name for name in given.groups if name in QA_NAMES]
    if wanted:
        paths = hub.find(QA_FILES, given.data, hub.QUESTIONS)
        sets = multihop_qa.by_data_set(paths, wanted)
        sources += paths
        groups += [local_model.asked(sets[name], given.conversation, asked) for name in wanted if name in sets]
    if "code" in given.groups:
        source, found = code_questions.questions()
        sources.append(source)
        groups.append(code_tasks(found, asked))
    if "humaneval" in given.groups:
        files = hub.find(humaneval.FILES, given.humaneval or given.data, humaneval.SETS)
        sources += files
        asked.limit = given.problems
        groups.append(humaneval.tasks_of(humaneval.problems_of(files), asked))
    return sources, [[_named(task) for task in group] for group in groups]


def _named(task: Task) -> Task:
    name = QA_NAMES.get(task.group, task.group)
    return task._replace(group=name, case=task.unit)


def in_turn(groups: Sequence[Sequence[Task]], asked: Sequence[Way]) -> list[tasks.Asked]:
    """One question of each group in every way, and then the next ones."""
    found = []
    for task in (task for row in zip_longest(*groups) for task in row if task):
        tokens = count_request(task.request.messages)
        for way in asked:
            target = tokens if way.share is None else int(way.share * tokens)
            request = replace(task.request, target=target, trigger=target)
            found.append((task._replace(request=request), way.compressor, way.name))
    return found


def against(rows: Sequence[Row], asked: Sequence[Way]) -> list[Row]:
    """The rows with whether they are right, and with the differences to everything and to litellm.compress."""
    largest = max((way for way in asked if way.compressor == "litellm"), key=lambda way: way.share or 0, default=None)
    rows = [{**row, "right": row.get("answered", row.get("passed"))} for row in tasks.compared(rows)]
    found = {(row["group"], row["case"], row["compressor"]): row for row in rows if not row["error"]}

    def of(row: Row, name: str | None, key: str) -> float | None:
        value = found.get((row["group"], row["case"], name or ""), {}).get(key)
        return None if value is None else float(value)

    def difference(row: Row, name: str | None) -> float | None:
        other = of(row, name, "right")
        own = row["right"]
        return None if own is None or other is None or row["compressor"] == name else own - other

    name = largest.name if largest else None
    return [
        {
            **row,
            "over_everything": difference(row, "everything"),
            "over_litellm": difference(row, name),
            "litellm": of(row, name, "prompt_tokens"),
        }
        for row in rows
    ]


def whole(rows: Sequence[Row], asked: Sequence[Way]) -> list[Row]:
    """The rows of the questions that were answered in every way."""
    names = {way.name for way in asked}
    seen: dict[tuple[str, str], set[str]] = {}
    for row in rows:
        seen.setdefault((row["group"], row["case"]), set()).add(row["compressor"])
    return [row for row in rows if names <= seen[row["group"], row["case"]]]


def main(arguments: Sequence[str] | None = None) -> int:
    """The command; returns its exit code."""
    parser = options.bare("answers", __doc__ or "")
    add = parser.add_argument
    add("--data", metavar="PATH", help="questions: a file or a folder; see local-model")
    add("--humaneval", metavar="PATH", help="HumanEval's problems: a file or a folder (default: as --data)")
    groups = ",".join(GROUPS)
    add("--groups", type=options.choices(GROUPS), default=groups, metavar="A,B", help=f"of {groups} (default: all)")
    add("--ways", type=ways, default=WAYS, metavar="A,B@SHARE", help=f"default: {WAYS}")
    add("--questions", type=options.positive, default=120, metavar="N", help="of each group (default: 120)")
    add("--problems", type=options.positive, default=60, metavar="N", help="of HumanEval (default: 60)")
    add("--conversation", type=options.positive, default=2_000, metavar="N", help="tokens (default: 2000)")
    add("--hops", type=int, choices=(1, 2), default=1, help="of HumanEval, as there (default: 1)")
    add("--seed", type=int, default=0, help="for shuffling and the bootstrap (default: 0)")
    add("--model", help="the name of the model")
    add("--finished", action="store_true", help="ask nothing: report what the journal of --resume has")
    endpoint.add_options(parser, humaneval.REPLY_TOKENS // 2)
    options.running(parser)
    given = parser.parse_args(arguments)
    endpoint.check(parser, given, needed=True)
    if given.finished and not given.resume:
        parser.error("--finished reads a journal: name it with --resume FILE")
    return reporting.report("answers", given, COLUMNS, partial(_rows, given), groups=_counted_in)


def _rows(given: argparse.Namespace) -> tuple[Sources, list[Row]]:
    sources, groups = chosen(given)
    asked = in_turn(groups, given.ways)
    if not asked:
        raise DataError("no questions of these groups are in the data given")
    if given.finished:
        rows = whole(engine.finished(tasks.items(asked), given, sources), given.ways)
        given.complete = len(rows) == len(asked)
        if not rows:
            raise DataError(f"no question in {given.resume} was answered in every way yet")
        return sources, against(rows, given.ways)
    return sources, against(tasks.ask(asked, given, sources), given.ways)


def _counted_in(row: Row) -> list[str]:
    return [row["group"], ALL]
