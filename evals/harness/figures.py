"""From rows to figures: a mean with its interval for every group, compressor and column; errors are counted
apart."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from .cases import Row
from .stats import Estimate, estimate

Groups = Callable[[Row], list[str]]  # the groups that a row counts in


@dataclass(frozen=True)
class Column:
    """A figure: the mean of `key` over the rows that have it."""

    heading: str
    key: str
    kind: str = (
        "share"  # "share" 0.93, "difference" +0.012 (with intervals), "percent" 93 %, "tokens" 6,897, "time" 0.123
    )
    over: str = ""  # divide by this key of the same row
    pooled: bool = False  # divide the sums instead: large rows count more

    def estimate(self, rows: Sequence[Row], seed: int) -> Estimate | None:
        """The figure of the rows, with its interval."""
        there = [row for row in rows if row.get(self.key) is not None and (not self.over or row[self.over])]
        divisors = [float(row[self.over]) if self.over else 1.0 for row in there]
        values = [float(row[self.key]) / divisor for row, divisor in zip(there, divisors, strict=True)]
        weights = divisors if self.pooled else None
        return estimate(values, [row["unit"] for row in there], seed=seed, weights=weights)

    def shown(self, figure: Estimate | None) -> str:
        """A table cell."""
        if figure is None:
            return "–"
        if self.kind == "tokens":
            return f"{figure.mean:,.0f}"
        if self.kind == "percent":
            return f"{figure.mean:.1%}"
        if self.kind == "time":
            return f"{figure.mean:.3f}"
        if self.kind == "difference":
            return f"{figure.mean:+.3f} [{figure.low:+.3f}, {figure.high:+.3f}]"
        digits = 3 if figure.mean > 0.99 else 2
        return f"{figure.mean:.{digits}f} [{figure.low:.2f}–{figure.high:.2f}]"


@dataclass(frozen=True)
class Line:
    """One line of a table."""

    group: str
    compressor: str
    cases: int
    errors: int
    figures: tuple[Estimate | None, ...]


def of_its_group(row: Row) -> list[str]:
    """A row counts in one group."""
    return [row["group"]]


def lines(rows: Sequence[Row], columns: Sequence[Column], seed: int, groups: Groups = of_its_group) -> list[Line]:
    """A line for every group and compressor, in the order in which they first come."""
    places: dict[tuple[str, str], list[Row]] = {}
    for group in dict.fromkeys(group for row in rows for group in groups(row)):
        for row in (row for row in rows if group in groups(row)):
            places.setdefault((group, row["compressor"]), []).append(row)
    return [_line(*place, found, columns, seed) for place, found in places.items()]


def _line(group: str, compressor: str, rows: Sequence[Row], columns: Sequence[Column], seed: int) -> Line:
    good = [row for row in rows if row["error"] is None]
    figures = tuple(column.estimate(good, seed) for column in columns)
    return Line(group, compressor, len(rows), len(rows) - len(good), figures)
