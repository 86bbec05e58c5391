"""Measures compress() against one plain tiktoken pass over the same text, and against litellm.compress.

Every measurement is a process of its own, so that nothing is warm that would be cold in use; a ratio is made
of times of one process or of one run, never of figures from elsewhere. Judges speed, memory and target only.

Thresholds (--check ends with exit code 1 when a figure is over):
  2x  the tiktoken pass for files_100k and files_1m
  6x  the tiktoken pass for every case
  every target met
  50 ms for `import compresskit`, on top of starting Python
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
import time
from importlib import metadata
from pathlib import Path
from statistics import median
from typing import Any

from bench_cases import CASES
from rich import box
from rich.console import Console
from rich.table import Table

STRICT_CASES, STRICT_LIMIT, LIMIT = ("files_100k", "files_1m"), 2.0, 6.0
IMPORT_LIMIT = 50.0  # milliseconds
WORKER = Path(__file__).with_name("bench_worker.py")
IMPORT_REPEATS = 9
COLUMNS = ["tokens", "seconds", "x tiktoken", "x litellm", "peak MB", "kept", "target met", "litellm kept"]

Record = dict[str, Any]


def main(arguments: list[str] | None = None) -> int:
    """Measure, print the table, write the record, judge."""
    options = parse(arguments)
    console = Console(stderr=options.json == "-", width=None if sys.stdout.isatty() else 130, highlight=False)
    record = about_this_machine(options)
    record["import_ms"] = import_time()
    record["cases"] = {}
    for name in options.cases:
        with console.status(f"measuring {name} …"):
            record["cases"][name] = measure(name, options)
    print_table(console, record)
    failures = over_limits(record)
    for failure in failures:
        console.print(f"over the limit: {failure}", style="red")
    if options.json:
        write_record(options.json, record)
    return 1 if failures and options.check else 0


def parse(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="scripts/bench", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add = parser.add_argument
    everything = list(CASES)
    add("--cases", type=case_names, default=everything, metavar="NAME,…", help=f"of {', '.join(everything)}")
    add("--repeats", type=int, default=3, metavar="N", help="processes per figure (default: 3)")
    add("--no-litellm", action="store_true", help="leave litellm.compress out")
    add("--limit", type=float, default=120.0, metavar="S", help="seconds for one process (default: 120)")
    add("--check", action="store_true", help="exit code 1 when a figure is over its threshold")
    add("--json", metavar="FILE", help="write the figures there (- is standard output)")
    options = parser.parse_args(arguments)
    if options.repeats < 1:
        parser.error(f"--repeats has to be 1 or more, not {options.repeats}")
    return options


def case_names(text: str) -> list[str]:
    names = text.split(",")
    for name in names:
        if name not in CASES:
            raise argparse.ArgumentTypeError(f"no case {name!r}; there are {', '.join(CASES)}")
    return names


def measure(name: str, options: argparse.Namespace) -> Record:
    """All figures of one case; the two contenders take turns."""
    ours: list[Record] = []
    theirs: list[Record] = []
    for repeat in range(options.repeats):
        ours.append(worker(name, "compresskit", repeat, options.limit))
        if not options.no_litellm and not any("error" in one for one in theirs):
            theirs.append(worker(name, "litellm", repeat, options.limit))
    figures = {"compresskit": summary(ours), "litellm": summary(theirs) if theirs else None}
    figures["memory"] = worker(name, "memory", 0, options.limit)
    return figures


def worker(name: str, contender: str, repeat: int, limit: float) -> Record:
    """One process, one measurement; what goes wrong in it is a figure too."""
    command = [sys.executable, str(WORKER), name, contender, str(repeat)]
    # Without this litellm asks the network for prices when it is imported.
    offline = {**os.environ, "LITELLM_LOCAL_MODEL_COST_MAP": "True"}
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=limit, env=offline, check=False)
    except subprocess.TimeoutExpired:
        return {"error": f"timeout: {limit:.0f} s"}
    if done.returncode:
        last = done.stderr.strip().splitlines() or [f"exit code {done.returncode}"]
        return {"error": f"crashed: {last[-1].split(':')[0][:30]}", "last_words": last[-1]}
    result: Record = json.loads(done.stdout.splitlines()[-1])
    return result


def summary(runs: list[Record]) -> Record:
    """Medians over the processes; the first failure, where there was one."""
    for run in runs:
        if "error" in run:
            return run
    seconds = [run["seconds"] for run in runs]
    ratios = [run["seconds"] / run["tiktoken_seconds"] for run in runs]
    first = median(run["first_call_seconds"] for run in runs)
    medians = {"seconds": median(seconds), "ratio": median(ratios), "first_call_seconds": first}
    return {**runs[0], **medians, "all_seconds": seconds}


def import_time() -> float:
    """Milliseconds that `import compresskit` adds to starting Python, medians of interleaved starts."""
    starts: dict[str, list[float]] = {"pass": [], "import compresskit": []}
    for _ in range(IMPORT_REPEATS):
        for code, times in starts.items():
            begin = time.perf_counter()
            subprocess.run([sys.executable, "-c", code], check=True)
            times.append(time.perf_counter() - begin)
    bare, ours = map(median, starts.values())
    return (ours - bare) * 1000


def over_limits(record: Record) -> list[str]:
    """Every figure that is over its threshold, in words."""
    failures = []
    if record["import_ms"] > IMPORT_LIMIT:
        failures.append(f"import compresskit takes {record['import_ms']:.0f} ms, limit {IMPORT_LIMIT:.0f}")
    for name, figures in record["cases"].items():
        ours = figures["compresskit"]
        limit = STRICT_LIMIT if name in STRICT_CASES else LIMIT
        if "error" in ours:
            failures.append(f"{name}: {ours['error']}")
            continue
        if ours["ratio"] > limit:
            failures.append(f"{name}: {ours['ratio']:.1f}x one tiktoken pass, limit {limit:.0f}x")
        if not ours["target_met"]:
            failures.append(f"{name}: target {ours['target']:,} not met, {ours['after']:,} tokens")
    return failures


def print_table(console: Console, record: Record) -> None:
    """One row a case."""
    table = Table("case", box=box.SIMPLE_HEAD, padding=(0, 1), title="compress(), medians of one run")
    for column in COLUMNS:
        table.add_column(column, justify="right")
    for name, figures in record["cases"].items():
        table.add_row(name, *cells(figures))
    console.print(table)
    console.print(f"import compresskit: {record['import_ms']:.0f} ms on top of starting Python")
    first = [one["compresskit"].get("first_call_seconds") for one in record["cases"].values()]
    if known := [seconds * 1000 for seconds in first if seconds is not None]:
        console.print(f"the first call of a process: {median(known):.0f} ms more, not in the figures above")


def cells(figures: Record) -> list[str]:
    ours, theirs, memory = figures["compresskit"], figures["litellm"], figures["memory"]
    if "error" in ours:
        return ["", ours["error"]]
    peak = memory.get("error") or f"{memory['peak_mb']:.0f}"
    met = "yes" if ours["target_met"] else "NO"
    own = [f"{ours['tokens']:,}", f"{ours['seconds']:.2f}", f"{ours['ratio']:.2f}"]
    kept = [peak, f"{ours['after'] / ours['tokens']:.0%}", met]
    if theirs is None:
        return [*own, "", *kept, ""]
    if "error" in theirs:
        return [*own, theirs["error"], *kept, ""]
    their_kept = f"{theirs['after'] / theirs['tokens']:.0%}" + ("" if theirs["target_met"] else " (missed)")
    return [*own, f"{ours['seconds'] / theirs['seconds']:.2g}", *kept, their_kept]


def about_this_machine(options: argparse.Namespace) -> Record:
    return {
        "record": 1,
        "python": platform.python_version(),
        "platform": platform.platform(),
        "cpus": os.cpu_count(),
        "versions": {name: version(name) for name in ("compresskit", "litellm", "tiktoken")},
        "repeats": options.repeats,
    }


def version(name: str) -> str | None:
    """The installed version; None where the code runs uninstalled or is not there."""
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None


def write_record(path: str, record: Record) -> None:
    text = json.dumps(record, indent=2) + "\n"
    if path == "-":
        sys.stdout.write(text)
    else:
        Path(path).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
