"""A bar on standard error while a command takes long."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn


@contextmanager
def progress(total: int, *, hidden: bool = False, doing: str = "compressing") -> Iterator[Callable[[], Any]]:
    """The function that advances the bar. There is no bar if it would mix with the output."""
    console = Console(stderr=True)
    if hidden or not console.is_terminal:  # a disabled bar would still end its line
        yield lambda: None
        return
    columns = TextColumn(doing), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn()
    with Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task("", total=total)
        yield lambda: bar.advance(task)
