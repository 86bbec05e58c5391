"""Tables of figures, as text."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from itertools import zip_longest
from typing import Any

from rich import box
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

_WIDTH = 120  # columns, if the output is no terminal


def width() -> int:
    """The columns of the output."""
    return Console().width if Console().is_terminal else _WIDTH


def new_table(headings: Sequence[str], left: Sequence[str], footers: Sequence[Text] = ()) -> Table:
    """A table with these columns; those in ``left`` hold words."""
    table = Table(box=box.SIMPLE_HEAD, show_edge=False, show_footer=bool(footers))
    for heading, footer in zip_longest(headings, footers, fillvalue=""):
        words = heading in left
        table.add_column(heading, footer, justify="left" if words else "right", no_wrap=not words, overflow="fold")
    return table


def draw(table: Table) -> str:
    """The table as text."""
    text = io.StringIO()
    Console(file=text, width=width(), highlight=False).print(table)
    return text.getvalue()


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
