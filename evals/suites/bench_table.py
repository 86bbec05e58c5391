"""The table of `bench`: a line a case, medians over its processes. Measures nothing."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from statistics import median
from typing import Any

from rich import box
from rich.console import Console
from rich.table import Table

from evals.harness.cases import Row
from evals.suites.bench_worker import FAST

COLUMNS = ["tokens", "seconds", "x tiktoken", "x processor", "[fast]", "later turn", "x litellm"]
COLUMNS += ["peak MB", "x size", "kept", "target met", "litellm kept"]

Figures = dict[str, Any]


def medians(rows: Sequence[Row], compressor: str) -> dict[str, Figures]:
    """Case -> the figures of a compressor, times as medians; the first failure, where there was one."""
    places: dict[str, list[Row]] = {}
    for row in rows:
        if row["compressor"] == compressor:
            places.setdefault(row["group"], []).append(row)
    return {name: _summary(found) for name, found in places.items()}


def _summary(rows: Sequence[Row]) -> Figures:
    if failed := next((row for row in rows if row["error"] is not None), None):
        return failed
    times = ("seconds", "ratio", "work_ratio", "later_ratio", "first_call_seconds")
    return {**rows[0], **{key: median(row[key] for row in rows) for key in times if key in rows[0]}}


def show(rows: Sequence[Row]) -> None:
    """Prints it."""
    console = Console(width=None if sys.stdout.isatty() else 130, highlight=False)
    ours, fast, theirs, memory = (medians(rows, name) for name in ("compresskit", FAST, "litellm", "memory"))
    table = Table("case", box=box.SIMPLE_HEAD, padding=(0, 1), title="compress(), medians of one run")
    for column in COLUMNS:
        table.add_column(column, justify="right")
    for name in memory:
        table.add_row(name, *cells(ours[name], fast.get(name), theirs.get(name), memory[name]))
    console.print(table)
    for started in (one for one in ours.values() if "milliseconds" in one):
        console.print(f"import compresskit: {started['milliseconds']:.0f} ms on top of starting Python")
    if known := [one["first_call_seconds"] * 1000 for one in ours.values() if "first_call_seconds" in one]:
        console.print(f"the first call of a process: {median(known):.0f} ms more, not in the figures above")


def cells(ours: Figures, fast: Figures | None, theirs: Figures | None, memory: Figures) -> list[str]:
    """One line."""
    if ours["error"]:
        return ["", ours["error"]]
    peak = memory["error"] or f"{memory['peak_mb']:.0f}"
    held = f"{memory['peak_ratio']:.1f}" if "peak_ratio" in memory else ""
    faster = "" if fast is None else fast["error"] or f"{fast['work_ratio']:.2f}"
    own = [f"{ours['before']:,}", f"{ours['seconds']:.2f}", f"{ours['ratio']:.2f}", f"{ours['work_ratio']:.2f}"]
    own += [faster, f"{ours['later_ratio']:.2f}"]
    kept = [peak, held, f"{ours['after'] / ours['before']:.0%}", "yes" if ours["met"] else "NO"]
    if theirs is None:
        return [*own, "", *kept, ""]
    if theirs["error"]:
        return [*own, theirs["error"], *kept, ""]
    their_kept = f"{theirs['after'] / theirs['before']:.0%}" + ("" if theirs["met"] else " (missed)")
    return [*own, f"{ours['seconds'] / theirs['seconds']:.2g}", *kept, their_kept]
