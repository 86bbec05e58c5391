"""How far a run is, on stderr: a bar on a terminal, else a line now and then."""

from __future__ import annotations

import time
from collections.abc import Iterable
from types import TracebackType

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TaskProgressColumn, TextColumn, TimeRemainingColumn
from rich.progress import Progress as Bar

from .cases import Row

_EVERY = 30.0  # seconds between lines where stderr is no terminal


class Progress:
    """A context; `advance` is called with every row."""

    def __init__(self, title: str, total: int, rows: Iterable[Row], spent: float) -> None:
        known = list(rows)
        self._title, self._total = title, total
        self._done = len(known)
        self._errors = sum(row["error"] is not None for row in known)
        self._spent = spent
        console = Console(stderr=True)
        self._quiet = not console.is_terminal
        self._last = time.monotonic()
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TaskProgressColumn())
        self._bar = Bar(
            *columns, TextColumn("{task.fields[note]}"), TimeRemainingColumn(),
            console=console, transient=True, disable=self._quiet,
        )  # fmt: skip
        self._task = self._bar.add_task(title, total=total, completed=self._done, note=self.note())

    def __enter__(self) -> Progress:
        if not self._quiet:  # stopped where nobody watches, it would print an empty line
            self._bar.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        if not self._quiet:
            self._bar.stop()

    def advance(self, row: Row, spent: float) -> None:
        """One more is done; `spent` is all so far, in dollars."""
        self._done += 1
        self._errors += row["error"] is not None
        self._spent = spent
        self._bar.update(self._task, advance=1, note=self.note())
        if self._quiet and time.monotonic() - self._last >= _EVERY:
            self._last = time.monotonic()
            note = self.note()
            self._bar.console.print(f"{self._title}: {self._done} of {self._total}{note and ', ' + note}")

    def note(self) -> str:
        """Errors and dollars, where there are any."""
        errors = f"{self._errors} with errors" if self._errors else ""
        return ", ".join(filter(None, [errors, f"${self._spent:.4f}" if self._spent else ""]))
