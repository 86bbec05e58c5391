"""Measures compress() against one plain tiktoken pass over the same text, and against litellm.compress.

Every measurement is a process of its own, so that nothing is warm that would be cold in use. They run one at a time. A
ratio consists of times of one process or of one run, never of figures from elsewhere. The benchmark judges only speed,
memory and target. The table has medians, and the record has every process. litellm has one process for each case,
because importing it takes longer than most cases.

Thresholds (--check ends with exit code 1 if a figure is over its threshold):
  4x  the tiktoken pass for files of 100k tokens and more, 10x for every case, in time of all processors together, which
      depends little on what else the machine does
  12x the request, of memory that Python holds at once, for a request of 1 MB or more; 6x from 10 MB on
  512 MB of memory for the whole process
  every target met
  10 ms for `import compresskit`, in addition to starting Python
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from statistics import median
from typing import Any

from evals.harness import engine, options, reporting
from evals.harness.cases import Row
from evals.harness.figures import Column
from evals.suites import bench_table
from evals.suites.bench_cases import CASES
from evals.suites.bench_worker import FAST

STRICT_CASES, STRICT_LIMIT, LIMIT = ("files_100k", "files_1m", "files_10mb"), 4.0, 10.0
MEMORY_LIMIT, LARGE_MEMORY_LIMIT = 12.0, 6.0  # times the size of the request: from 1 MB on, and from 10 MB on
MEMORY_SIZE, LARGE_MEMORY_SIZE = 1.0, 10.0  # MB
PROCESS_LIMIT = 512.0  # MB
IMPORT_LIMIT = 10.0  # milliseconds
IMPORT = "import compresskit"
IMPORT_REPEATS = 9
ROOT = Path(__file__).resolve().parents[2]
COLUMNS = (
    Column("tokens", "before", "tokens"),
    Column("seconds", "seconds", "time"),
    Column("x tiktoken", "ratio"),
    Column("x processor", "work_ratio"),
    Column("later turn", "later_ratio"),
    Column("first call", "first_call_seconds", "time"),
    Column("kept", "after", "percent", over="before"),
    Column("met", "met", "percent"),
    Column("peak MB", "peak_mb", "tokens"),
    Column("x size", "peak_ratio"),
    Column("ms", "milliseconds", "time"),
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, print the table, write the record, judge; returns the exit code."""
    given = parse(arguments)
    rows: list[Row] = []

    def measure() -> tuple[list[Path], list[Row]]:
        rows.extend(_rows(given))
        return [], rows

    def show(_: object) -> None:
        bench_table.show(rows)
        for failure in over_limits(rows):
            print(f"over the limit: {failure}")

    code = reporting.report("bench", given, COLUMNS, measure, show=show)
    return code or int(given.check and bool(over_limits(rows)))


def parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    """The options."""
    parser = options.bare("bench", f"{__doc__}")
    add = parser.add_argument
    known = ", ".join(CASES)
    add("--cases", type=options.choices(CASES), default=",".join(CASES), metavar="A,B", help=f"of {known}")
    repeats = "processes per figure, except litellm's (default: 3)"
    add("--repeats", type=options.positive, default=3, metavar="N", help=repeats)
    add("--no-litellm", action="store_true", help="leave litellm.compress out")
    add("--timeout", "--limit", type=_seconds, default=120.0, metavar="S", help="of one process (default: 120 s)")
    add("--check", action="store_true", help="exit code 1 when a figure is over its threshold")
    add("--json", metavar="FILE", help="write a record with every process")
    add("--resume", metavar="FILE", help="keep every row in this journal as it comes, and go on from those in it")
    # Two at once would slow each other down; and nothing here costs money.
    parser.set_defaults(jobs=1, ray=None, budget=None, seed=0)
    return parser.parse_args(arguments)


def _seconds(text: str) -> float:
    (value, *_) = options.numbers(text)
    return value


def _rows(given: argparse.Namespace) -> list[Row]:
    """The contenders take turns. One that fails is not measured again: a timeout is minutes."""
    first = _turns(given, range(1)) + [_item(name, "memory", 0, given) for name in given.cases]
    start = engine.Item(IMPORT, (), _place(IMPORT, "compresskit", 0))
    rows = engine.execute([start], import_time, given, title="starting")
    found = engine.execute(first, worker, given, title="measuring")
    failed = {(row["group"], row["compressor"]) for row in found if row["error"] is not None}
    again = _turns(given, range(1, given.repeats))
    others = [item for item in again if item.arguments[1] != "litellm" and item.arguments[:2] not in failed]
    return rows + found + engine.execute(others, worker, given, title="measuring again")


def _turns(given: argparse.Namespace, repeats: range) -> list[engine.Item]:
    contenders = ["compresskit", FAST] if find_spec("toktok") else ["compresskit"]
    contenders += [] if given.no_litellm else ["litellm"]
    return [
        _item(name, contender, repeat, given) for name in given.cases for repeat in repeats for contender in contenders
    ]


def _item(name: str, contender: str, repeat: int, given: argparse.Namespace) -> engine.Item:
    place = _place(name, contender, repeat)
    return engine.Item(f"{place['case']} | {contender}", (name, contender, repeat, given.timeout), place)


def _place(name: str, contender: str, repeat: int) -> dict[str, str]:
    return {"case": f"{name} {repeat}", "group": name, "unit": f"{name} {repeat}", "compressor": contender}


def worker(name: str, contender: str, repeat: int, limit: float) -> Row:
    """One process, one measurement; what goes wrong in it is a figure too."""
    command = [sys.executable, "-m", "evals.suites.bench_worker", name, contender, str(repeat)]
    place = _place(name, contender, repeat)
    # Without this litellm asks the network for prices when it is imported.
    offline = {**os.environ, "LITELLM_LOCAL_MODEL_COST_MAP": "True"}
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=limit, env=offline, cwd=ROOT, check=False
        )
    except subprocess.TimeoutExpired:
        return {**place, "error": f"timeout: {limit:.0f} s"}
    if done.returncode:
        last = (done.stderr.strip().splitlines() or [f"exit code {done.returncode}"])[-1]
        return {**place, "error": f"crashed: {last.split(':')[0][:30]}", "last_words": last}
    figures: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    if contender == "memory":
        return {**place, "error": None, **figures}
    ratio = figures["seconds"] / figures["tiktoken_seconds"]
    work = figures["processor_seconds"] / figures["processor_tiktoken_seconds"]
    later = figures["later_seconds"] / figures["tiktoken_seconds"]
    renamed = {"before": figures.pop("tokens"), "met": float(figures.pop("target_met"))}
    renamed |= {"ratio": ratio, "work_ratio": work, "later_ratio": later}
    return {**place, "error": None, **figures, **renamed}


def import_time() -> Row:
    """Milliseconds that `import compresskit` adds to starting Python, medians of interleaved starts."""
    starts: dict[str, list[float]] = {"pass": [], IMPORT: []}
    for _ in range(IMPORT_REPEATS):
        for code, times in starts.items():
            begin = time.perf_counter()
            subprocess.run([sys.executable, "-c", code], check=True, cwd=ROOT)
            times.append(time.perf_counter() - begin)
    bare, ours = map(median, starts.values())
    return {**_place(IMPORT, "compresskit", 0), "error": None, "milliseconds": (ours - bare) * 1000}


def over_limits(rows: Sequence[Row]) -> list[str]:
    """Every figure that is over its threshold, in words."""
    failures = []
    for name, figures in bench_table.medians(rows, "compresskit").items():
        if name == IMPORT:
            if figures["milliseconds"] > IMPORT_LIMIT:
                failures.append(f"{IMPORT} takes {figures['milliseconds']:.0f} ms, limit {IMPORT_LIMIT:.0f}")
            continue
        limit = STRICT_LIMIT if name in STRICT_CASES else LIMIT
        if figures["error"]:
            failures.append(f"{name}: {figures['error']}")
            continue
        if figures["work_ratio"] > limit:
            failures.append(f"{name}: {figures['work_ratio']:.1f}x one tiktoken pass, limit {limit:.0f}x")
        if not figures["met"]:
            failures.append(f"{name}: target {figures['target']:,} not met, {figures['after']:,} tokens")
    for name, figures in bench_table.medians(rows, "memory").items():
        ratio, size, process = (figures.get(key, 0.0) for key in ("peak_ratio", "size_mb", "process_mb"))
        limit = LARGE_MEMORY_LIMIT if size >= LARGE_MEMORY_SIZE else MEMORY_LIMIT
        if ratio > limit and size >= MEMORY_SIZE:
            failures.append(f"{name}: memory of {ratio:.0f}x the size of the request, limit {limit:.0f}x")
        if process > PROCESS_LIMIT:
            failures.append(f"{name}: a process of {process:.0f} MB, limit {PROCESS_LIMIT:.0f}")
    return failures
