"""The drawings of `compresskit show`: the table of a result, and the text of a message before and after.

The text comes from strangers, so all of it goes through printable(), and rich reads no markup in it.
"""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Mapping
from typing import Any

from rich import box
from rich.cells import cell_len
from rich.console import Console
from rich.table import Table
from rich.text import Text

from ..view import Account, Figures, Unit, account, difference, headline
from .input import InputError
from .output import printable

STYLES = {"kept": "green", "protected": "green", "stub": "red", "fold": "red"}  # anything else: partly kept
BAR_CELLS = 12  # cells of the terminal
GUTTER = 2  # cells between two columns, one of them the box's own
COLUMNS = ("#", "role", "before", "after", "action")
MAX_CELLS = 18  # cells of the terminal
# Shown if there is room, in this order: name (the bar has none), minimum and maximum of cells.
EXTRA_COLUMNS = (("", BAR_CELLS, BAR_CELLS), ("why", 12, 36), ("first words", 16, 120))
PIPE_CELLS = 400  # of a line that no terminal shows: a program or a file reads it, so nothing is cut
REST = {  # the rows beside the texts
    "calls": "with ids and other fields",
    "tools": "the schemas that are sent",
    "overhead": "of messages and the reply",
}
LINES = {"kept": ("  ", ""), "gone": ("- ", "red"), "new": ("+ ", "green")}  # of a text: their sign and style


def render(result: dict[str, Any], where: str = "") -> bytes:
    """Table and figures, as bytes for a terminal as wide as the present one; without one, no column is cut."""
    console = _console()
    table = _table(console, account(result))
    with console.capture() as captured:
        console.print(table)
        console.print(Text(printable(where + headline(result)), style="bold"), soft_wrap=True)
    return _encoded(console, captured.get())


def render_message(result: dict[str, Any], index: int, where: str = "") -> bytes:
    """The texts of one message of the original, line by line, with what is there instead."""
    found = account(result)
    unit = found.of_message(index)
    if unit is None:
        last = sum(unit.size for unit in found.units) - 1
        raise InputError(f"{where}there is no message {index}; they are numbered from 0 to {last}")
    console = _console()
    with console.capture() as captured:
        console.print(_title(unit, index, where), soft_wrap=True)
        for line in _message(unit, index - unit.first):
            console.print(line, soft_wrap=True)
    return _encoded(console, captured.get())


def _title(unit: Unit, index: int, where: str) -> Text:
    run = f", folded as {unit.label}" if unit.size > 1 else ""
    why = f" ({unit.why})" if unit.why else ""
    figures = f"{unit.tokens.before:,} -> {unit.tokens.after:,} tokens"
    return Text(printable(f"{where}message {index} ({unit.role}){run}: {figures}, {unit.action}{why}"), style="bold")


def _message(unit: Unit, place: int) -> list[Text]:
    found = []
    if unit.marker:
        found += [_line("new", line) for line in unit.marker.split("\n")]
    if calls := unit.calls[place]:
        found += [_line("gone" if unit.marker else "kept", line) for line in calls.split("\n")]
    for text in unit.texts[place]:
        if text.after is None:
            found += [_line("gone", line) for line in text.before.split("\n")]
        else:
            found += [_line(line.kind, line.text) for line in difference(text.before, text.after)]
    return found


def _line(kind: str, text: str) -> Text:
    sign, style = LINES[kind]
    return Text(sign + printable(text, keep="\t"), style=style)


def _encoded(console: Console, text: str) -> bytes:
    encoding = "utf-8" if console.encoding.startswith("utf") else console.encoding
    return text.encode(encoding, "replace")


def _console() -> Console:
    stream = sys.stdout
    if isinstance(stream, io.TextIOWrapper):
        stream.reconfigure(errors="replace")  # text that the terminal's encoding cannot say
    width = None if stream.isatty() or "COLUMNS" in os.environ else PIPE_CELLS
    return Console(file=stream, width=width, highlight=False, markup=False, emoji=False)


def _table(console: Console, found: Account) -> Table:
    """As many columns as the terminal has room for, so that none of the narrow ones is squeezed."""
    table = Table(box=box.SIMPLE_HEAD, padding=(0, GUTTER - 1, 0, 0), show_edge=False)
    units = found.by_loss()
    rows = [_cells(unit) for unit in units]
    rest = [_rest(name, figures) for name, figures in [*found.rest.items(), ("all", found.total)]]
    columns = list(zip(COLUMNS, *rows, *rest, strict=True))
    most = PIPE_CELLS if console.width >= PIPE_CELLS else MAX_CELLS
    widths = [min(most, max(map(cell_len, column))) for column in columns]
    for name, width in zip(COLUMNS, widths, strict=True):
        right = name in ("#", "before", "after")
        table.add_column(name, justify="right" if right else "left", no_wrap=True, max_width=width)
    whole = {"why": max((cell_len(_words(unit.why)) for unit in units), default=0)} if most == PIPE_CELLS else {}
    extras = _extra_columns(console.width - sum(widths) - GUTTER * len(widths), whole)
    for name, width in extras.items():
        table.add_column(name, no_wrap=True, width=width)
    largest = max((unit.tokens.before for unit in units), default=0) or 1
    for unit, cells in zip(units, rows, strict=True):
        style = STYLES.get(unit.action, "yellow")
        bar = _bar(unit.tokens, largest, style, console.options.ascii_only)
        more = {"": bar, "why": Text(_words(unit.why), style="dim"), "first words": Text(_words(unit.words))}
        *plain, action = cells
        table.add_row(*map(Text, plain), Text(action, style=style), *(more[name] for name in extras))
    table.add_section()
    for cells in rest:
        more = {"": Text(), "why": Text(REST.get(cells[1], ""), style="dim"), "first words": Text()}
        style = "" if cells[1] in REST else "bold"
        table.add_row(*(Text(cell, style=style) for cell in cells), *(more[name] for name in extras))
    return table


def _extra_columns(spare: int, whole: Mapping[str, int]) -> dict[str, int]:
    """Name and width of what is shown beside the plain columns; ``whole`` are cells that columns need to be uncut."""
    widths = {}
    for name, least, most in EXTRA_COLUMNS:
        if spare >= least + GUTTER:
            widths[name] = min(max(most, whole.get(name, 0)), spare - GUTTER)
            spare -= widths[name] + GUTTER
    return widths


def _cells(unit: Unit) -> tuple[str, ...]:
    """The cells of the columns that are always shown."""
    figures = (f"{unit.tokens.before:,}", f"{unit.tokens.after:,}") if unit.is_counted else ("", "")
    return unit.label, _words(unit.role), *figures, _words(unit.action)


def _rest(name: str, figures: Figures) -> tuple[str, ...]:
    return "", name, f"{figures.before:,}", f"{figures.after:,}", ""


def _words(text: str) -> str:
    return printable(" ".join(text.split()))


def _bar(tokens: Figures, largest: int, style: str, ascii_only: bool) -> Text:
    """As long as the message was, filled as far as it was kept."""
    full, rest = "#." if ascii_only else "█░"
    length = max(1, round(BAR_CELLS * tokens.before / largest)) if tokens.before else 0
    kept = min(length, round(length * tokens.after / tokens.before)) if tokens.before else 0
    return Text(full * kept, style=style) + Text(rest * (length - kept), style="dim")
