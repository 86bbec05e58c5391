"""Reads records of runs, of every version there is, into one form; `report` and `readme` know nothing else of files.

Version 1 has no seeds, cost, tokens and no "complete". A record of scripts/bench has a form of its own, and becomes
a `Record` with a row for every case and contender. What is no record, or of a version to come, is a `RecordError`.
"""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from .cases import Row
from .data import DataError
from .records import FORMAT
from .stats import Estimate

VERSIONS = (1, 2)
_TIMED = ("seconds", "tiktoken_seconds", "all_seconds", "first_call_seconds", "ratio")


class RecordError(DataError):
    """A file that is no record, or one that cannot be read here; the message says what to do."""


@dataclass(frozen=True)
class Line:
    """The figures of one group and compressor by heading; None where nothing had the figure."""

    group: str
    compressor: str
    cases: int
    errors: int
    figures: Mapping[str, Estimate | None]


@dataclass(frozen=True)
class Record:
    """A run. ``name`` is its file's, without .json; ``eval`` is written with hyphens, as the command has it."""

    name: str
    eval: str
    version: int
    lines: Sequence[Line]
    rows: Sequence[Row]
    complete: bool = True
    trimmed: str | None = None  # why the rows are not all there
    failures: Sequence[str] = ()
    options: Mapping[str, Any] = field(default_factory=dict)
    about: Mapping[str, Any] = field(default_factory=dict)  # python, packages, data, seeds, cost, tokens …

    def line(self, group: str, compressor: str) -> Line:
        """The line of a group and compressor, which have to be there."""
        for line in self.lines:
            if (line.group, line.compressor) == (group, compressor):
                return line
        raise RecordError(
            f"{self.name}.json has no figures of {compressor!r} in {group!r}; "
            f"there are {', '.join(f'{line.compressor!r} in {line.group!r}' for line in self.lines)}."
        )


def read(path: Path) -> Record:
    """The record in a file."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        told = error.strerror or error
        raise RecordError(f"{path}: {told}; expected a record that an eval wrote with --json.") from error
    except ValueError as error:
        raise RecordError(f"{path} is not JSON: {error}") from error
    return record(found, path.name.removesuffix(".json"))


def record(found: Any, name: str) -> Record:
    """The record in JSON-like data."""
    if isinstance(found, dict) and found.get("record") == 1 and isinstance(found.get("cases"), dict):
        return _checked(_bench, found, name)
    if not isinstance(found, dict) or found.get("format") != FORMAT:
        raise RecordError(f'{name}: no record of an eval: expected an object with "format": "{FORMAT}".')
    if found.get("version") not in VERSIONS:
        known = " and ".join(map(str, VERSIONS))
        raise RecordError(
            f"{name}: a record of version {found.get('version')!r}; this compresskit reads {known}. "
            "Use the one that wrote it, or run the eval again."
        )
    return _checked(_record, found, name)


def failures(rows: Sequence[Row]) -> list[str]:
    """Every kind of error, how often, and of whom."""
    kinds = Counter((row["compressor"], str(row["error"]).split("\n")[0][:120]) for row in rows if row.get("error"))
    return [f"{compressor}: {count} x {kind}" for (compressor, kind), count in kinds.most_common()]


def _checked(read_one: Any, found: dict[str, Any], name: str) -> Record:
    try:
        made: Record = read_one(found, name)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise RecordError(f"{name}: a broken record ({type(error).__name__}: {error}); run the eval again.") from error
    return made


def _record(found: dict[str, Any], name: str) -> Record:
    rows = [dict(row) for row in found["rows"]]
    return Record(
        name=name,
        eval=str(found["eval"]).replace("_", "-"),
        version=found["version"],
        lines=[_line(line) for line in found["figures"]],
        rows=rows,
        complete=bool(found.get("complete", True)),
        trimmed=found.get("trimmed"),
        failures=[str(one) for one in found.get("failures", failures(rows))],
        options=dict(found["options"]),
        about={key: found[key] for key in ("python", "packages", "data", "seeds", "cost", "tokens") if key in found},
    )


def _line(line: Mapping[str, Any]) -> Line:
    figures = {str(heading): _estimate(figure) for heading, figure in line["figures"].items()}
    return Line(str(line["group"]), str(line["compressor"]), int(line["cases"]), int(line["errors"]), figures)


def _estimate(figure: Mapping[str, Any] | None) -> Estimate | None:
    if figure is None:
        return None
    numbers = [float(figure[key]) for key in ("mean", "low", "high")]
    if not all(map(math.isfinite, numbers)):
        raise ValueError(f"a figure that is no number: {dict(figure)}")
    return Estimate(*numbers, int(figure["cases"]))


def _bench(found: dict[str, Any], name: str) -> Record:
    """Timings of scripts/bench: a line and a row for every case and contender, ranges in place of intervals."""
    rows: list[Row] = []
    for case, contenders in found["cases"].items():
        tokens = contenders["compresskit"].get("tokens")
        for contender in ("compresskit", "litellm"):
            if (one := contenders.get(contender)) is not None:
                place = {"case": case, "group": case, "unit": case, "compressor": contender, "error": one.get("error")}
                kept = {key: one[key] for key in (*_TIMED, "tokens", "after", "target", "target_met") if key in one}
                rows.append({"tokens": tokens, **place, **kept})
    about = {key: found[key] for key in ("python", "platform", "cpus", "repeats", "import_ms") if key in found}
    memory = {case: one["memory"].get("peak_mb") for case, one in found["cases"].items() if one.get("memory")}
    return Record(
        name=name,
        eval="bench",
        version=1,
        lines=[_timed(row, memory) for row in rows],
        rows=rows,
        failures=failures(rows),
        about={**about, "packages": found["versions"]},
    )


def _timed(row: Row, memory: Mapping[str, float | None]) -> Line:
    figures: dict[str, Estimate | None] = {}
    if row["error"] is None:
        times = [float(one) for one in row["all_seconds"]]
        count, base = len(times), float(row["seconds"]) / float(row["ratio"])
        figures["tokens"] = _fixed(row["tokens"], count)
        figures["seconds"] = Estimate(float(row["seconds"]), min(times), max(times), count)
        figures["x tiktoken"] = Estimate(float(row["ratio"]), min(times) / base, max(times) / base, count)
        figures["first call, s"] = _fixed(row["first_call_seconds"], count)
        figures["kept"] = _fixed(row["after"] / row["tokens"], count)
        figures["missed"] = _fixed(float(not row["target_met"]), count)
        if row["compressor"] == "compresskit" and memory.get(row["case"]) is not None:
            figures["peak MB"] = _fixed(memory[row["case"]], 1)
    return Line(row["group"], row["compressor"], 1, int(row["error"] is not None), figures)


def _fixed(value: Any, cases: int) -> Estimate:
    return Estimate(float(value), float(value), float(value), cases)
