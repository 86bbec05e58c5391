"""Runs the items of an eval: in this process, in several, or through Ray; goes on where it was stopped, keeps to a
budget, and says how far it is.

An item is a call of a module-level function that returns a row. What an item does is the eval's own affair; what is
counted over the rows is in `figures.py`, what is written in `records.py`.
"""

from __future__ import annotations

import argparse
import json
from collections import Counter, deque
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple

from . import options, records, workers
from .cases import Row
from .data import Source, digests
from .journal import Journal
from .progress import Progress

_NOWHERE: Mapping[str, str] = MappingProxyType({})


class Item(NamedTuple):
    """One call. The key is the same in every run, and of no other item: group, case, compressor, settings."""

    key: str
    arguments: tuple[Any, ...]  # picklable
    place: Mapping[str, str] = _NOWHERE  # case, group, unit and compressor, for a row whose process died


def execute(
    items: Sequence[Item],
    one: Callable[..., Row],
    given: argparse.Namespace,
    *,
    title: str = "",
    data: Sequence[Path | Source] = (),
) -> list[Row]:
    """``one(*item.arguments)`` for every item, in the order of the items; ``one`` is a module-level function.

    Of ``given`` these are read: ``jobs`` (how many at once, None for one, or with Ray for all that there are),
    ``resume`` (a journal or None), ``budget`` (dollars or None) and ``ray`` ("local", an address, or None); its other
    options and the ``data`` are what a journal has to agree with. ``given.complete`` becomes False where the budget
    ended before the items did. An item that raises, or whose process dies, gives a row with its error. Where data has
    two cases of one name, and then a number tells the second item of a key from the first.

    Raises:
        DataError: the journal is of other settings or in use, or Ray is not there.
        KeyboardInterrupt: as it comes; the journal has every row until then.
    """
    items = _numbered(items)
    with Journal(given.resume, settings(given, data)) as journal:
        rows = {item.key: journal.rows[item.key] for item in items if item.key in journal.rows}
        plan = _Plan([item for item in items if item.key not in rows], given.budget, journal.costs)
        with Progress(title or "measuring", len(items), rows.values(), plan.spent) as progress:
            if plan.left:
                _run(plan, workers.crew(one, given), rows, journal, progress)
    given.complete = getattr(given, "complete", True) and not plan.left
    return [rows[item.key] for item in items if item.key in rows]


def pending(items: Sequence[Item], given: argparse.Namespace, data: Sequence[Path | Source] = ()) -> list[Item]:
    """The items that the journal does not have yet, for what is only started when it is needed."""
    with Journal(given.resume, settings(given, data)) as journal:
        return [item for item in _numbered(items) if item.key not in journal.rows]


def finished(items: Sequence[Item], given: argparse.Namespace, data: Sequence[Path | Source] = ()) -> list[Row]:
    """The rows that the journal has, in the order of the items, also while another run writes to it."""
    rows = Journal(given.resume, settings(given, data)).read().rows
    return [rows[item.key] for item in _numbered(items) if item.key in rows]


def _numbered(items: Sequence[Item]) -> list[Item]:
    seen: Counter[str] = Counter()
    found = []
    for item in items:
        seen[item.key] += 1
        found.append(item if seen[item.key] == 1 else item._replace(key=f"{item.key} #{seen[item.key]}"))
    return found


def settings(given: argparse.Namespace, data: Sequence[Path | Source]) -> dict[str, Any]:
    """What the rows of one journal have in common: the eval, what is asked of it, its data, and the packages."""
    return {
        "eval": getattr(given, "eval", ""),
        "options": json.loads(json.dumps(options.binding(given))),
        "data": digests(data),
        "packages": records.packages(),
    }


class _Plan:
    """Which item is next. With a budget: only while the dearest so far would still fit, and one alone at first."""

    def __init__(self, items: Sequence[Item], budget: float | None, costs: Sequence[float]) -> None:
        self.left = deque(items)
        self.spent = sum(costs)
        self._budget = budget
        self._dearest = max(costs, default=0.0)  # 0: none that cost anything was seen

    def next(self, running: int) -> Item | None:
        """None where nothing is left, or nothing more may be begun while so many are running."""
        return self.left.popleft() if self.left and self._may(running) else None

    def _may(self, running: int) -> bool:
        if self._budget is None:
            return True
        if not self._dearest:
            return not running
        return self.spent + (running + 1) * self._dearest <= self._budget

    def took(self, cost: float) -> None:
        """An item is done."""
        self.spent += cost
        self._dearest = max(cost, self._dearest)


def _run(plan: _Plan, crew: workers.Crew, rows: dict[str, Row], journal: Journal, progress: Progress) -> None:
    running: dict[str, Item] = {}
    with crew:
        while True:
            while len(running) < crew.room and (item := plan.next(len(running))):
                running[item.key] = item
                crew.start(item.key, item.arguments)
            if not running:
                return
            for key, text in crew.finished():
                row = _row(running.pop(key), text)
                rows[key] = row
                journal.add(key, row)
                plan.took(row.get("cost") or 0.0)
                progress.advance(row, plan.spent)


def _row(item: Item, text: str) -> Row:
    """A row as JSON keeps it, so that one from the journal is no other than a new one."""
    row: Row = json.loads(text)
    if set(row) == {"error"}:  # it raised, or its process died
        place = {"case": item.key, "group": "", "unit": item.key, "compressor": ""}
        return {**place, **item.place, **row}
    return {"error": None, **row}
