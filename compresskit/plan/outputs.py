"""Outputs: the text that a conversation mostly consists of, judged by what it says itself.

What all its segments have, such as the words of the call that asked for it, tells none of them apart. Lines of traces
and odd rows of tables become segments of their own.
"""

from __future__ import annotations

from collections.abc import Sequence

from ..relevance import weights as relevance_tuning
from ..relevance.output_signals import SCORED_CHARACTERS, output_share, output_values, telling_rows, was_run, with_heads
from ..relevance.rows import Row
from ..relevance.stack_traces import trace_rows
from ..types import Query
from .candidates import Candidate, with_rows


def as_output(one: Candidate, query: Query) -> Candidate:
    """A candidate with the values that it has as an output: what it says itself, and what sets its segments apart."""
    source, kind = one.source, one.split.kind
    ran = was_run(one.block.text, one.block.call)
    if rows := telling_rows(one.block.text, kind, ran):
        one = with_rows(one, _again_in(source, one.block.text, rows) if one.short else rows)
    added = output_values(source, one.split.segments, kind, ran)
    if rows:
        added = [max(more, told) if told >= 0 else 0.0 for more, told in zip(added, one.shares, strict=True)]
    least = min(one.values, default=0.0)
    share = 1.0 if query.asked else relevance_tuning.WEIGHTS.unasked_share
    best = max([1.0, *query.asked.values()])  # what a hit of the question is worth at most
    values = [share * (value - least) + best * more for value, more in zip(one.values, added, strict=True)]
    return one._replace(values=with_heads(source, one.split.segments, kind, ran, values))


def with_traces_in(large: dict[int, Candidate], sole: int | None, explicit: float) -> dict[int, Candidate]:
    """The candidates, of which the newest outputs, apart from ``sole``, are cut at what their stack traces say."""
    left = SCORED_CHARACTERS
    found = dict(large)
    for number, one in reversed(large.items()):
        left -= len(one.source)
        if left < 0:
            break
        if number != sole and not one.must:
            found[number] = _with_traces(one, explicit)
    return found


def _with_traces(one: Candidate, explicit: float) -> Candidate:
    """A candidate in which lines of stack traces that say what went wrong are segments of their own, of more value.

    It is for outputs beside others. Frames of libraries are worth less than the text around them.
    """
    source, kind = one.source, one.split.kind
    share = output_share(source, kind, was_run(one.block.text, one.block.call), explicit)
    rows = trace_rows(one.block.text) if share else []
    if rows and one.short:
        rows = _again_in(source, one.block.text, rows)
    if not rows:
        return one
    cut = with_rows(one, rows)
    frames = relevance_tuning.WEIGHTS.others_frame_share
    values = [
        value + share * told if told >= 0 else frames * value
        for value, told in zip(cut.values, cut.shares, strict=True)
    ]
    return cut._replace(values=values)


def _again_in(short: str, text: str, rows: Sequence[Row]) -> list[Row]:
    """The rows of a text that are lines of its compact form too, at their places there."""
    of_line = {line: row for row in rows for line in text[row.start : row.end].split("\n") if line.strip()}
    found: list[Row] = []
    start, last = 0, None
    for line in short.split("\n"):
        row, end = of_line.get(line), min(start + len(line) + 1, len(short))
        if row is not None and row is last:
            found[-1] = found[-1]._replace(end=end)
        elif row is not None and start < end:
            found.append(Row(start, end, row.share))
        start, last = end, row
    return found
