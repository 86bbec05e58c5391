"""Records as typed objects, checked: what `report` and `readme` draw and say. `records.py` knows the files."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from evals.harness import records
from evals.harness.cases import Row
from evals.harness.data import DataError
from evals.harness.stats import Estimate


class RecordError(DataError):
    """A record that is broken, or has not what is asked for; the message says what to do."""


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
    """The record in a file.

    Raises:
        DataError: it is none, or of a version to come, or broken.
    """
    return record(records.read(path), path.name.removesuffix(".json"))


def record(found: Mapping[str, Any], name: str) -> Record:
    """The record in what `records.read` gives."""
    try:
        return _record(found, name)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise RecordError(f"{name}: a broken record ({type(error).__name__}: {error}); run the eval again.") from error


def failures(rows: Sequence[Row]) -> list[str]:
    """Every kind of error, how often, and of whom."""
    kinds = Counter((row["compressor"], str(row["error"]).split("\n")[0][:120]) for row in rows if row.get("error"))
    return [f"{compressor}: {count} x {kind}" for (compressor, kind), count in kinds.most_common()]


def _record(found: Mapping[str, Any], name: str) -> Record:
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
