"""Tables of figures, as text."""

from __future__ import annotations

import io
from collections.abc import Sequence
from itertools import zip_longest

from rich import box
from rich.console import Console
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
