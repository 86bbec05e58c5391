"""What is shown: progress on stderr, tables on stdout. The figures themselves come from `figures.py`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TypeVar

from rich.console import Console
from rich.progress import track
from rich.table import Table

from .figures import Column, Line

T = TypeVar("T")
_WIDE = 200  # columns, when the output is no terminal and has no width of its own


def progress(items: Iterable[T], total: int, title: str) -> Iterator[T]:
    """The items, with a bar on stderr while they come."""
    console = Console(stderr=True)
    shown = console.is_terminal
    yield from track(items, title, total, console=console, transient=True, disable=not shown)


def show(title: str, columns: Sequence[Column], lines: Sequence[Line], note: str = "") -> None:
    """One table; a rule between groups."""
    console = Console()
    if not console.is_terminal:
        console = Console(width=_WIDE)
    table = Table(title=title, caption=note or None, title_justify="left", caption_justify="left")
    table.add_column("group")
    table.add_column("compressor")
    for heading in ("cases", "errors", *(column.heading for column in columns)):
        table.add_column(heading, justify="right")
    for place, line in enumerate(lines):
        last = place + 1 == len(lines) or lines[place + 1].group != line.group
        cells = [column.shown(figure) for column, figure in zip(columns, line.figures, strict=True)]
        errors = f"{line.errors / line.cases:.0%}" if line.errors else "0"
        table.add_row(line.group, line.compressor, str(line.cases), errors, *cells, end_section=last)
    console.print(table)
