"""From a finished run to what the user gets: the table, the errors in words, the JSON record, and the exit code."""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path

from . import figures, options, records, tables
from .cases import Row
from .data import DataError, Source

MEASURED, BROKEN, NO_DATA, OVER_BUDGET, ONLY_ERRORS, INTERRUPTED = 0, 1, 2, 3, 4, 130

Measure = Callable[[], tuple[Sequence[Path | Source], list[Row]]]  # the data read, and a row for every item

Show = Callable[[Sequence[figures.Line]], None]
Check = Callable[[Sequence[Row]], list[str]]  # what of a promise is broken, a line each
Totals = Callable[[Sequence[figures.Line]], Sequence[figures.Line]]


def report(
    name: str,
    given: argparse.Namespace,
    columns: Sequence[figures.Column],
    measure: Measure,
    show: Show | None = None,
    groups: figures.Groups = figures.of_its_group,
    totals: Totals | None = None,
    check: Check | None = None,
) -> int:
    """Runs the measure and reports it; returns the exit code, one of `options.CODES`.

    `given.complete` is what `engine.execute` sets: a measure that does without the engine is complete. `show` prints
    another table than that of the columns; with `groups` a row counts in several of its lines; `totals` makes more
    lines out of them; `check` is asked for what is broken where the run is whole, and the exit code is then 1.
    """
    given.complete = True
    try:
        if given.json and not Path(given.json).absolute().parent.is_dir():  # not when all has been paid for
            raise DataError(f"no folder {Path(given.json).absolute().parent} to write a record to")
        data, rows = measure()
        if not rows and given.complete:
            raise DataError("nothing to measure in the data given")
    except DataError as error:
        print(f"{name}: {error}", file=sys.stderr)
        return NO_DATA
    except KeyboardInterrupt:
        print(f"{name}: interrupted. {_how_to_go_on(given)}", file=sys.stderr)
        return INTERRUPTED
    lines = figures.lines(rows, columns, given.seed, groups)
    lines = [*lines, *totals(lines)] if totals else lines
    if show:
        show(lines)
    else:
        tables.show(name, columns, lines, note="means with 95 % bootstrap intervals; errors are not in the means")
    for line in errors(rows):
        print(line)
    if given.json:
        made = records.record(name, options.recorded(given), data, columns, lines, rows, complete=given.complete)
        records.write(Path(given.json), made)
    code = _code(name, given, rows)
    wrong = check(rows) if check and code == MEASURED else []
    for line in wrong:
        print(f"{name}: {line}", file=sys.stderr)
    return BROKEN if wrong else code


def errors(rows: Sequence[Row]) -> list[str]:
    """Every kind of error, how often, and of whom."""
    kinds = Counter((row["compressor"], row["error"].split("\n")[0][:120]) for row in rows if row["error"])
    return [f"{compressor}: {count} x {kind}" for (compressor, kind), count in kinds.most_common()]


def _code(name: str, given: argparse.Namespace, rows: Sequence[Row]) -> int:
    if not given.complete and given.budget is not None:
        print(f"{name}: stopped by the budget of ${given.budget:g}. {_how_to_go_on(given)}", file=sys.stderr)
        return OVER_BUDGET
    if all(row["error"] is not None for row in rows):
        print(f"{name}: nothing but errors", file=sys.stderr)
        return ONLY_ERRORS
    return MEASURED


def _how_to_go_on(given: argparse.Namespace) -> str:
    if getattr(given, "resume", None):
        return f"The same command goes on from {given.resume}."
    return "With --resume FILE a run can go on where it was stopped."
