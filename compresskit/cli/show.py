"""The table of `compresskit show` and the line of figures, drawn from a result's JSON.

Draws text from strangers: all of it goes through printable(), none of it is read as rich markup.
"""

from __future__ import annotations

import io
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from rich import box
from rich.cells import cell_len
from rich.console import Console
from rich.table import Table
from rich.text import Text

from ..markers.restore import unfold
from ..messages.shapes import speaker
from .output import printable

STYLES = {"kept": "green", "protected": "green", "stub": "red", "fold": "red"}  # anything else: partly kept
BAR_CELLS = 12
GUTTER = 2  # cells between two columns, one of them the box's own
COLUMNS = ("#", "role", "before", "after", "action")
MOST_CELLS = 18
# Shown where there is room, in this order: name (the bar has none), least and most cells.
EXTRA_COLUMNS = (("", BAR_CELLS, BAR_CELLS), ("why", 12, 36), ("first words", 16, 120))
# Where a message of any format has words to know it by, in the order of looking.
_TEXT_FIELDS = (
    *("content", "text", "parts", "output", "thinking", "tool_calls", "function_call", "function", "name"),
    *("toolUse", "toolResult", "functionCall", "functionResponse", "response", "arguments", "args", "input"),
)


@dataclass(frozen=True)
class Row:
    """One line of the table: a message, or a run of messages that became one marker."""

    label: str
    role: str
    before: int
    after: int
    action: str
    why: str
    words: str


def figures(result: dict[str, Any]) -> str:
    """One line: tokens before and after, the target and whether it was met, the floor."""
    before, after = result["original_tokens"], result["compressed_tokens"]
    if result["skipped_reason"] == "below_trigger":
        return f"{before:,} tokens, not above the trigger of {result['trigger']:,}: left as it is"
    kept = after / before if before else 1.0
    met = "met" if result["target_met"] else "NOT met"
    reason = {"no_gain": " (nothing can be made smaller)", "protected": " (everything has to stay)"}
    no_gain = reason.get(result["skipped_reason"], "")
    line = f"{before:,} -> {after:,} tokens ({kept:.0%} kept), target {result['target']:,} {met}"
    return f"{line}, floor {result['floor_tokens']:,}{no_gain}"


def render(result: dict[str, Any], where: str = "") -> bytes:
    """Table and figures, as bytes for a terminal as wide as the present one."""
    console = _console()
    table = _table(console, list(rows(result)))
    with console.capture() as captured:
        console.print(table)
        console.print(Text(where + figures(result), style="bold"), soft_wrap=True)
    encoding = "utf-8" if console.encoding.startswith("utf") else console.encoding
    return captured.get().encode(encoding, "replace")


def rows(result: dict[str, Any]) -> Iterator[Row]:
    """What became of each message of the original, in order; a run that was folded is one row."""
    decisions: dict[int, list[dict[str, Any]]] = {}
    for decision in result["decisions"]:
        decisions.setdefault(decision["message"], []).append(decision)
    start = 0
    for originals in unfold(result["messages"], result["cache"]).runs:
        indices = range(start, start + len(originals))
        if not originals:
            continue
        yield _row(indices, originals, [one for index in indices for one in decisions.get(index, [])])
        start += len(originals)


def _row(indices: range, messages: list[Any], decisions: list[dict[str, Any]]) -> Row:
    roles = dict.fromkeys(map(speaker, messages))
    actions = dict.fromkeys(decision["action"] for decision in decisions)
    largest = max(decisions, key=lambda decision: decision["tokens_before"], default={"why": ""})
    return Row(
        label="-".join(map(str, dict.fromkeys([indices[0], indices[-1]]))),
        role=printable(", ".join(roles)),
        before=sum(decision["tokens_before"] for decision in decisions),
        after=sum(decision["tokens_after"] for decision in decisions),
        action=printable(", ".join(actions)) or ("kept" if len(indices) == 1 else "fold"),
        why=_words(largest["why"]),
        words=_words(first_text(messages[0])),
    )


def first_text(value: Any) -> str:
    """Some text to know a message by: the first non-blank string in its content, else in its calls."""
    if isinstance(value, str):
        return value
    if isinstance(value, list):
        return next(filter(str.strip, map(first_text, value)), "")
    if not isinstance(value, dict):
        return ""
    return next(filter(str.strip, (first_text(value.get(name)) for name in _TEXT_FIELDS)), "")


def _words(text: str) -> str:
    return printable(" ".join(text[:2000].split())[:200])


def _console() -> Console:
    stream = sys.stdout
    if isinstance(stream, io.TextIOWrapper):
        stream.reconfigure(errors="replace")  # text that the terminal's encoding cannot say
    return Console(file=stream, highlight=False, markup=False, emoji=False)


def _table(console: Console, lines: list[Row]) -> Table:
    """As many columns as the terminal has room for, so that none of the narrow ones is squeezed."""
    table = Table(box=box.SIMPLE_HEAD, padding=(0, GUTTER - 1, 0, 0), show_edge=False)
    columns = list(zip(COLUMNS, *map(_cells, lines), strict=True))
    widths = [min(MOST_CELLS, max(map(cell_len, column))) for column in columns]
    for name, width in zip(COLUMNS, widths, strict=True):
        right = name in ("#", "before", "after")
        table.add_column(name, justify="right" if right else "left", no_wrap=True, max_width=width)
    extras = _extra_columns(console.width - sum(widths) - GUTTER * len(widths))
    for name, width in extras.items():
        table.add_column(name, no_wrap=True, width=width)
    largest = max((row.before for row in lines), default=0) or 1
    for row in lines:
        style = STYLES.get(row.action, "yellow")
        bar = _bar(row, largest, style, console.options.ascii_only)
        more = {"": bar, "why": Text(row.why, style="dim"), "first words": Text(row.words)}
        *plain, action = _cells(row)
        table.add_row(*map(Text, plain), Text(action, style=style), *(more[name] for name in extras))
    return table


def _extra_columns(spare: int) -> dict[str, int]:
    """Name and width of what is shown beside the plain columns."""
    widths = {}
    for name, least, most in EXTRA_COLUMNS:
        if spare >= least + GUTTER:
            widths[name] = min(most, spare - GUTTER)
            spare -= widths[name] + GUTTER
    return widths


def _cells(row: Row) -> tuple[str, ...]:
    """What stands in the columns that are always there."""
    counted = bool(row.why or row.before)  # a tool call without text has no figures of its own
    figures = (f"{row.before:,}", f"{row.after:,}") if counted else ("", "")
    return row.label, row.role, *figures, row.action


def _bar(row: Row, largest: int, style: str, ascii_only: bool) -> Text:
    """As long as the message was, filled as far as it was kept."""
    full, rest = "#." if ascii_only else "█░"
    length = max(1, round(BAR_CELLS * row.before / largest)) if row.before else 0
    kept = min(length, round(length * row.after / row.before)) if row.before else 0
    return Text(full * kept, style=style) + Text(rest * (length - kept), style="dim")
