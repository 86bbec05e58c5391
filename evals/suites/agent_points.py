"""What an agent still needs for its next action, after its history was compressed.

At up to six assistant turns of a run, the history before the turn is compressed. The target is all tokens of the
system prompt, the first user message and the last two messages, plus a share (--target, 0.4) of the rest. Only points
with 2,000 tokens or more in the rest are taken.

The real next action is the one that the run then took: the arguments of the tool calls of that assistant message. If
it calls no tool, the action is the commands in its code fences, and without any its whole text. The **atoms** of the
action (`atoms.py`) are paths and file names, numbers of two digits or more (with dates, times and prices), ids of
letters and digits, and identifiers (with an underscore, a dot or capitals inside, or all in capitals). Ordinary words
do not count. An atom is **needed** if it is in the history, but neither in the system prompt nor in the last two
messages, so that a fresh look at the task does not give it.

support    share of the needed atoms that the compressed messages still show (mean over the points that need any)
recovery   share that the messages show or that the cache of originals holds
invalid    share of the points whose request an API would refuse for a reason that the original did not have
missed     share of the points over the target, if the compressor's own floor (if it gives one) allows the target
kept       tokens after, as a share of the tokens before (with the tool schemas of the compressor)
exact      share of the points at which restoring gives the very messages back (compressors that promise it)

Data: JSONL, one run per line: {"id": …, "format": "openai" | "anthropic", "messages": […]}. The known files of
the data folder are measured as "τ-bench" and "coding runs". Any other file given with --data is a group of its own.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from compresskit.bill import needed
from compresskit.bill.atoms import place
from evals.harness import data, embedders, options, reporting, running
from evals.harness.cases import Case, Outcome, Places, Request, Row, Scores, fixed_messages
from evals.harness.figures import Column
from evals.harness.messages import Message, read, read_all
from evals.harness.tokens import count_message
from evals.harness.validity import breaches

GROUPS = {
    "agents_openai.jsonl.gz": "τ-bench",
    "agents_anthropic.jsonl.gz": "coding runs",
    "agents_plain.jsonl.gz": "coding runs",
    "agents.jsonl": "sample runs",
}
POINTS = 6
LEAST_REST = 2_000
COLUMNS = (
    Column("tokens before", "before", "tokens"),
    Column("kept", "after", "percent", over="before"),
    Column("support", "support"),
    Column("recovery", "recovery"),
    Column("exact", "exact", "percent"),
    Column("invalid", "invalid", "percent"),
    Column("missed", "missed", "percent"),
)


def points(messages: Sequence[Message], wanted: int = POINTS) -> list[int]:
    """Up to `wanted` assistant turns, evenly spread over those that can be measured, the first and last too."""
    sizes = [count_message(message) for message in messages]
    good = [
        turn
        for turn, message in enumerate(messages)
        if message.get("role") == "assistant"
        and _rest(messages[:turn], sizes) >= LEAST_REST
        and needed(messages[:turn], message)
    ]
    if len(good) <= wanted:
        return good
    return [good[round(step * (len(good) - 1) / (wanted - 1))] for step in range(wanted)]


def _rest(history: Sequence[Message], sizes: Sequence[int]) -> int:
    fixed = fixed_messages(history)
    return sum(size for index, size in enumerate(sizes[: len(history)]) if index not in fixed)


def cases(
    run: dict[str, Any], group: str, share: float, seed: int, model: str, wanted_points: int = POINTS
) -> list[Case]:
    """The points of one run."""
    messages: list[Message] = data.field(run, "messages", group)
    name = str(data.field(run, "id", group))
    shape = run.get("format", "openai")
    found = []
    for turn in points(messages, wanted_points):
        history = messages[:turn]
        wanted = needed(history, messages[turn])
        request = replace(_request(history, shape, share, seed, model), needs=partial(_places, wanted))
        found.append(Case(f"{name}@{turn}", group, name, request, partial(score, history, wanted, shape)))
    return found


def _request(history: list[Message], shape: str, share: float, seed: int, model: str) -> Request:
    fixed = fixed_messages(history)
    sizes = [count_message(message) for message in history]
    kept = sum(sizes[index] for index in fixed)
    target = kept + int(share * (sum(sizes) - kept))
    return Request(history, target, target, shape, fixed, seed, model)


def score(history: list[Message], wanted: frozenset[str], shape: str, outcome: Outcome) -> Scores:
    """Support, recovery and validity of one outcome."""
    text = read_all(outcome.messages)
    # A cache may hold text, or the JSON of contents that are no single text.
    stored = "\n".join([text, *outcome.cache.values(), *(read({"arguments": v}) for v in outcome.cache.values())])
    wrong = breaches(history, outcome.messages, shape, None, outcome.tools)
    return {
        "support": len(_places(wanted, 0, text)) / len(wanted) if wanted else None,
        "recovery": len(_places(wanted, 0, stored)) / len(wanted) if wanted else None,
        "invalid": float(bool(wrong)),
        "needed": float(len(wanted)),
    }


def _places(wanted: frozenset[str], _message: int, text: str) -> Places:
    found = {atom: place(text, atom) for atom in sorted(wanted)}
    return {atom: span for atom, span in found.items() if span}


def parsed(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    """The options of the command line."""
    parser = options.parser("agent_points", __doc__ or "", "0.4", "share of the rest to keep (default: 0.4)")
    return parser.parse_args(arguments)


def main(arguments: Sequence[str] | None = None) -> int:
    """The command; returns its exit code."""
    given = parsed(arguments)
    return reporting.report("agent_points", given, COLUMNS, partial(_rows, given))


def chosen(given: argparse.Namespace) -> tuple[list[Path], list[Case]]:
    """The cases of a command line, and the data that they are of."""
    paths = data.find(GROUPS, given.data)
    runs: dict[str, list[dict[str, Any]]] = {}
    for path in paths:
        runs.setdefault(GROUPS.get(path.name, path.name.split(".")[0]), []).extend(data.rows(path))
    found = [
        case
        for share in given.target
        for group, members in runs.items()
        for run in members[: given.limit]
        for case in cases(run, options.titled(group, share, given), share, given.seed, given.model)
    ]
    return paths, found


def _rows(given: argparse.Namespace) -> tuple[list[Path], list[Row]]:
    paths, found = chosen(given)
    return paths, running.run(found, embedders.added(given.compressors, given.embedder), given, paths)
