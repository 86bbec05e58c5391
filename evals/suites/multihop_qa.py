"""Which of the sentences that answer a multi-hop question survive compression.

A question's paragraphs and those of the next nine questions of the same data set (which starts again at its end) are
shuffled and given before the question. A paragraph that several questions share is given once. A paragraph is its
title on one line and its sentences on the next. There are two layouts: **one message per paragraph**, and **all in
one message** with blank lines between. The question is the last message. The target is a share (--target, 0.2) of
all tokens.

support    share of the supporting sentences that are unchanged in the result (mean over questions). MuSiQue names
           whole paragraphs as support. Such a paragraph counts only if all of it is unchanged.
kept       tokens after, as a share of the tokens before (with the tool schemas of the compressor)
met        share of the questions at or under the target

Data: JSONL, one question per line: {"id": "<data set>-<number>", "question": …, "paragraphs": [[title,
[sentence, …]], …], "support": [sentence or paragraph, …]}. The part of the id before the first "-" names the
data set.
"""

from __future__ import annotations

import argparse
import random
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

from evals.harness import data, embedders, hub, options, reporting, running
from evals.harness.cases import Case, Outcome, Request, Row, Scores, texts_in
from evals.harness.figures import Column
from evals.harness.messages import Message, read_all
from evals.harness.tokens import count_request

FILES = ("qa_multihop.jsonl.gz", "questions.jsonl")  # in the data folder, and in the samples
NEIGHBOURS = 9
LAYOUTS = {"apart": "a message each", "together": "one message"}
NAMES = {"hotpot": "HotpotQA", "musique": "MuSiQue"}
COLUMNS = (
    Column("tokens before", "before", "tokens"),
    Column("tokens after", "after", "tokens"),
    Column("kept", "after", "percent", over="before"),
    Column("met", "met", "percent"),
    Column("support", "support"),
    Column("missed", "missed", "percent"),
    Column("exact", "exact", "percent"),
    Column("seconds", "seconds", "time"),
)

Question = dict[str, Any]


def paragraph(title: str, sentences: Sequence[str]) -> str:
    """A paragraph as it is shown.

    >>> paragraph("Rush", ["Rush is a band.", " It is from Toronto."])
    'Rush\\nRush is a band. It is from Toronto.'
    """
    return f"{title}\n{''.join(sentences)}"


def conversation(questions: Sequence[Question], place: int, layout: str, seed: int) -> list[Message]:
    """The messages of one question: shuffled paragraphs, its own and its neighbours', then the question."""
    near = [questions[(place + step) % len(questions)] for step in range(min(NEIGHBOURS + 1, len(questions)))]
    found = [one for question in near for one in data.field(question, "paragraphs", "questions")]
    texts = list(dict.fromkeys(paragraph(*one) for one in found))
    random.Random(f"{seed} {questions[place]['id']}").shuffle(texts)
    given = ["\n\n".join(texts)] if layout == "together" else texts
    return [{"role": "user", "content": text} for text in [*given, questions[place]["question"]]]


def cases(questions: Sequence[Question], share: float, given: argparse.Namespace) -> list[Case]:
    """Both layouts of every question of one data set."""
    found = []
    name = data_set(questions[0])
    for layout in given.layouts:
        group = options.titled(f"{NAMES.get(name, name)}, {LAYOUTS[layout]}", share, given)
        for place, question in enumerate(questions[: given.limit]):
            support = tuple(text.strip() for text in data.field(question, "support", name))
            messages = conversation(questions, place, layout, given.seed)
            request = _request(messages, support, share, given)
            title = f"{question['id']} {layout}"
            found.append(Case(title, group, question["id"], request, partial(score, support)))
    return found


def _request(messages: list[Message], support: Sequence[str], share: float, given: argparse.Namespace) -> Request:
    target = int(share * count_request(messages))
    fixed = frozenset({len(messages) - 1})
    needs = partial(texts_in, support)
    return Request(messages, target, target, "openai", fixed, given.seed, given.model, needs)


def score(support: Sequence[str], outcome: Outcome) -> Scores:
    """The share of the support that is there unchanged."""
    shown = texts_in(support, 0, read_all(outcome.messages))
    return {"support": len(shown) / len(set(support)) if support else None}


def data_set(question: Question) -> str:
    """The name of the data set that a question is of."""
    return str(data.field(question, "id", "questions")).split("-")[0]


def by_data_set(paths: Sequence[Path | data.Source], chosen: Sequence[str] | None = None) -> dict[str, list[Question]]:
    """All questions of some files by the name of their data set, in order; of the chosen ones where some are."""
    sets: dict[str, list[Question]] = {}
    for question in (question for path in paths for question in data.rows(path)):
        sets.setdefault(data_set(question), []).append(question)
    return {name: members for name, members in sets.items() if not chosen or name in chosen}


def parsed(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    """The options of the command line."""
    parser = options.parser("multihop_qa", __doc__ or "", "0.2", "share of all tokens to keep (default: 0.2)")
    parser.add_argument(
        "--layouts",
        type=options.choices(LAYOUTS),
        default=",".join(LAYOUTS),
        metavar="A,B",
        help="apart (one message a paragraph), together (all in one message); default: both",
    )
    return parser.parse_args(arguments)


def main(arguments: Sequence[str] | None = None) -> int:
    """The command; returns its exit code."""
    given = parsed(arguments)
    return reporting.report("multihop_qa", given, COLUMNS, partial(_rows, given))


def chosen(given: argparse.Namespace) -> tuple[Sequence[Path | data.Source], list[Case]]:
    """The cases of a command line, and the data that they are of."""
    paths = hub.find(FILES, given.data, hub.QUESTIONS)
    sets = by_data_set(paths)
    todo = [case for share in given.target for members in sets.values() for case in cases(members, share, given)]
    return paths, todo


def _rows(given: argparse.Namespace) -> tuple[Sequence[Path | data.Source], list[Row]]:
    paths, todo = chosen(given)
    return paths, running.run(todo, embedders.added(given.compressors, given.embedder), given, paths)
