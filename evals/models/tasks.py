"""Tasks for a model: a request, and what its reply is worth. Each is asked in every way, and gives a row."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import NamedTuple

from evals.harness import engine, spending
from evals.harness.cases import Request, Row
from evals.harness.data import Source
from evals.harness.figures import Column
from evals.harness.messages import Message

from . import asking, endpoint
from .endpoint import Model

COLUMNS = (
    Column("tokens before", "before", "tokens"),
    Column("first request", "after", "tokens"),
    Column("prompt tokens", "prompt_tokens", "tokens"),
    Column("of everything", "prompt_tokens", "percent", over="everything"),
    Column("retrievals", "retrievals", "time"),
    Column("asking", "asking", "percent"),
    Column("as text", "as_text", "percent"),
    Column("dollars", "cost", "time"),
    Column("seconds", "seconds", "time"),
)


def retention(measured: Column) -> tuple[Column, ...]:
    """The columns where no model is asked: what is left, and how much of what is needed."""
    return (
        Column("tokens before", "before", "tokens"),
        Column("tokens after", "after", "tokens"),
        Column("met", "met", "percent"),
        measured,
        Column("missed", "missed", "percent"),
        Column("exact", "exact", "percent"),
    )


class Task(NamedTuple):
    """A request, and what is read off the reply and off the messages that the model was shown first."""

    case: str
    group: str
    unit: str  # what the bootstrap draws
    request: Request
    score: Callable[[str, list[Message]], Row]  # picklable: a module's function, or a partial of one


Asked = tuple[Task, str, str]  # a task, the way to ask it, and the name of that in the table


def run(
    tasks: Sequence[Task], ways: Sequence[str], given: argparse.Namespace, data: Sequence[Path | Source]
) -> list[Row]:
    """A row for every task and way; each with the prompt tokens of sending everything, where that was measured.

    Raises:
        DataError: there is a budget and the model has no known price; the server does not come up.
    """
    return ask([(task, way, way) for task in tasks for way in ways], given, data)


def ask(asked: Sequence[Asked], given: argparse.Namespace, data: Sequence[Path | Source]) -> list[Row]:
    """A row for every task and way, in this order: `run` for ways that differ from task to task.

    Raises:
        DataError: as for `run`.
    """
    spending.check(given, endpoint.name(given))
    todo = items(asked)
    with endpoint.serving(given) if engine.pending(todo, given, data) else nullcontext(None) as model:
        todo = [item._replace(arguments=(*item.arguments, model)) for item in todo]
        return compared(engine.execute(todo, run_one, given, title="asking", data=data))


def items(asked: Sequence[Asked]) -> list[engine.Item]:
    """The items of a run, which still lack the model."""
    return [
        engine.Item(f"{task.group} | {task.case} | {name}", (task, way, name), _place(task, name))
        for task, way, name in asked
    ]


def run_one(task: Task, way: str, name: str, model: Model) -> Row:
    """One row."""
    asked = asking.ask(way, task.request, model)
    scores = {} if asked.row["error"] else task.score(asked.reply, asked.shown)
    return {**_place(task, name), **asked.row, **scores}


def _place(task: Task, name: str) -> dict[str, str]:
    return {"case": task.case, "group": task.group, "unit": task.unit, "compressor": name}


def compared(rows: Sequence[Row]) -> list[Row]:
    """The rows, each with the prompt tokens of sending everything for the same case."""
    whole = {row["case"]: row for row in rows if row["compressor"] == "everything" and not row["error"]}
    return [{**row, "everything": whole.get(row["case"], {}).get("prompt_tokens")} for row in rows]
