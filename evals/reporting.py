"""From a finished run to what the user gets: the table, the errors in words, and the JSON record."""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path

from . import figures, options, records, tables
from .cases import Row
from .data import DataError

Measure = Callable[[], tuple[list[Path], list[Row]]]  # the files read, and a row for every case and compressor


def report(name: str, given: argparse.Namespace, columns: Sequence[figures.Column], measure: Measure) -> int:
    """Runs the measure and reports it. Exit codes: 0 measured, 2 no data to measure."""
    try:
        paths, rows = measure()
        if not rows:
            raise DataError("nothing to measure in the data given")
    except DataError as error:
        print(f"{name}: {error}", file=sys.stderr)
        return 2
    lines = figures.lines(rows, columns, given.seed)
    tables.show(name, columns, lines, note="means with 95 % bootstrap intervals; errors are not in the means")
    for line in errors(rows):
        print(line)
    if given.json:
        records.write(Path(given.json), records.record(name, options.recorded(given), paths, columns, lines, rows))
    return 0


def errors(rows: Sequence[Row]) -> list[str]:
    """Every kind of error, how often, and of whom."""
    kinds = Counter((row["compressor"], row["error"].split("\n")[0][:120]) for row in rows if row["error"])
    return [f"{compressor}: {count} x {kind}" for (compressor, kind), count in kinds.most_common()]
