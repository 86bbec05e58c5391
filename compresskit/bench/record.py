"""The figures of a run, the thresholds that they are gated on, and the record: JSON with a version, without any text.

format, version   "compresskit-bench", 1
compresskit, python, settings
sessions, points  how many were measured; ``complete`` is false if the time was up before the last point
figures           name -> value between 0 and 1, or null if nothing was there to measure
thresholds        name -> the value that the figure must reach
failed            the names of the figures that do not
invariants        of the built-in conversation, by shape and share: the names of those that are broken
rows              one for each point and share: numbers only
"""

from __future__ import annotations

import platform
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ..compression import compress
from ..sessions import Session
from .invariants import IN_PLACE, INVARIANTS, broken
from .points import Settings, Tried, points, tried
from .sample import conversation

FORMAT, VERSION = "compresskit-bench", 1
SHAPES = ("anthropic", "openai")
INVARIANT_SHARES = (0.5, 0.4, 0.3)  # of the built-in conversation; its source and traceback need 0.29
# What is promised: a figure below is a fault of compresskit, or of a setting.
PROMISED: Mapping[str, float] = {"invariants": 1.0, "restored": 1.0, "targets": 1.0, "valid": 1.0, "kept": 1.0}


@dataclass
class Run:
    """What was measured so far."""

    settings: Settings
    sessions: int = 0
    points: int = 0
    complete: bool = True
    invariants: dict[str, list[str]] = field(default_factory=dict)
    rows: list[Tried] = field(default_factory=list)

    def figures(self) -> dict[str, float | None]:
        """Every figure by its name. ``@50`` is at a target of 50 % of the tokens."""
        names = len(INVARIANTS) * len(self.invariants)
        held = names - sum(map(len, self.invariants.values()))
        found: dict[str, float | None] = {
            "invariants": held / names if names else None,
            "restored": _share(self.rows, lambda row: row.restored),
            "targets": _share(self.rows, lambda row: row.met),
            "valid": _share(self.rows, lambda row: not row.faults),
            "kept": _ratio(self.rows, "kept"),
        }
        for share in self.settings.shares:
            rows = [row for row in self.rows if row.share == share]
            found[named("readable", share)] = _ratio(rows, "readable")
            before, after = (sum(getattr(row, key) for row in rows) for key in ("before", "after"))
            found[named("saved", share)] = 1 - after / before if before else None
        return found


def named(figure: str, share: float) -> str:
    """The name of a figure at a share.

    >>> named("readable", 0.3)
    'readable@30'
    """
    return f"{figure}@{100 * share:g}"


def figure_names(settings: Settings) -> list[str]:
    """The names of all figures."""
    return list(Run(settings).figures())


def measure(
    sessions: Sequence[Session],
    settings: Settings,
    seconds: float,
    step: Callable[[], Any] = lambda: None,
    clock: Callable[[], float] = time.monotonic,
) -> Run:
    """The invariants, and the points of the sessions until the time is up.

    Args:
        sessions: Sessions of the user; none measures the invariants alone.
        settings: How histories are compressed.
        seconds: No point is begun after this time.
        step: Called after each point.
        clock: Seconds from any start.

    Raises:
        InvalidArgument: An option of ``settings`` is wrong.
        InvalidMessages: The messages of a session are of no shape that is served.
    """
    end = clock() + seconds
    run = Run(settings, len(sessions), invariants=of_invariants())
    for point in points(sessions, settings):
        if clock() > end:
            run.complete = False
            break
        run.rows += tried(point, settings)
        run.points += 1
        step()
    return run


def of_invariants() -> dict[str, list[str]]:
    """The broken invariants of the built-in conversation, by shape and share."""
    found = {}
    for shape in SHAPES:
        messages = conversation(shape)
        tokens = compress(messages, "gpt-4o", sys.maxsize).original_tokens
        for share in INVARIANT_SHARES:
            target = int(share * tokens)
            result = compress(messages, "gpt-4o", target, target, **IN_PLACE)
            found[named(shape, share)] = broken(messages, list(result.messages))
    return found


def failed(run: Run, thresholds: Mapping[str, float]) -> list[str]:
    """The figures that are below their thresholds."""
    figures = run.figures()
    values = {name: figures[name] for name in thresholds}
    return [name for name, least in thresholds.items() if (value := values[name]) is not None and value < least]


def record(run: Run, thresholds: Mapping[str, float], version: str) -> dict[str, Any]:
    """The record; see the top of this module."""
    return {
        "format": FORMAT,
        "version": VERSION,
        "compresskit": version,
        "python": platform.python_version(),
        "settings": {"shares": list(run.settings.shares), "model": run.settings.model, **_plain(run.settings.options)},
        "sessions": run.sessions,
        "points": run.points,
        "complete": run.complete,
        "figures": {name: None if value is None else round(value, 6) for name, value in run.figures().items()},
        "thresholds": dict(thresholds),
        "failed": failed(run, thresholds),
        "invariants": run.invariants,
        "rows": [{**row._asdict(), "faults": len(row.faults)} for row in run.rows],
    }


def _plain(options: Mapping[str, Any]) -> dict[str, Any]:
    """Options as JSON; of rules only how many there are, because they may quote texts."""
    return {name: len(value) if name == "rules" and value is not None else value for name, value in options.items()}


def _share(rows: Sequence[Tried], holds: Callable[[Tried], bool]) -> float | None:
    return sum(map(holds, rows)) / len(rows) if rows else None


def _ratio(rows: Sequence[Tried], key: str) -> float | None:
    """The share of the atoms: a point that needs many counts for more."""
    wanted = sum(row.wanted for row in rows)
    return sum(getattr(row, key) for row in rows) / wanted if wanted else None
