"""The report: one HTML page from records, with nothing outside of it: styles and charts are in the page, no scripts.

All that comes from a record is escaped where it is put into the page.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from html import escape
from typing import Any

from . import costs, drawings
from .drawings import Drawn
from .looks import css, legend
from .numbers import PERCENT, figure, interval
from .reading import Line, Record

TITLES = {
    "swe-bench": ("SWE-bench", "How much of the code that a fix changes can still be read after compression."),
    "multihop-qa": ("Multi-hop questions", "Which of the sentences that answer a question survive."),
    "agent-points": ("Agents", "What an agent needs for its next action, and can still read."),
    "needle": ("Needles", "Single facts in long conversations: are they found, wherever they stand?"),
    "longbench-v2": ("LongBench v2", "Questions over long texts, answered by a model."),
    "humaneval": ("HumanEval", "Needed code among distractors; the tests of what a model then writes are run."),
    "local-model": ("Answers of a model", "The whole loop, with a model that answers and may retrieve."),
    "bill": ("The bill", "Whole runs of agents, replayed turn by turn with a provider that caches prompts."),
    "shrink": ("Shrinking in place", "Prose said in fewer words, against excerpts."),
    "bench": ("Time and memory", "compress() on inputs of many sizes and shapes."),
}
_MANY = 20  # rows of a table that is folded up
_DRAWERS: Sequence[Callable[[Record], list[Drawn]]] = (
    *(drawings.curves, drawings.against_tokens, drawings.heat_maps, drawings.rows),
    *(costs.whole_bill, costs.turns, costs.times),
)


def page(records: Sequence[Record]) -> str:
    """The whole page."""
    ordered = sorted(records, key=lambda record: [*TITLES, record.eval].index(record.eval))
    contents = "".join(
        f'<li><a href="#r{place}">{escape(_title(record, ordered))}</a></li>' for place, record in enumerate(ordered)
    )
    sections = "".join(_section(record, place, ordered) for place, record in enumerate(ordered))
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">"
        f"<title>compresskit: what was measured</title><style>{css('page')}{css('charts')}</style></head><body>"
        "<header><h1>What compression keeps, and what it costs</h1>"
        '<p class="soft">Every figure on this page comes from the records listed here: a mean with its 95 % bootstrap '
        "interval, unless it says otherwise. What failed is counted apart and is in no mean.</p></header>"
        f'<nav aria-label="Records"><ul>{contents}</ul></nav>'
        f"{_overview(ordered)}<main>{sections}</main></body></html>\n"
    )


def _title(record: Record, records: Sequence[Record]) -> str:
    name = TITLES.get(record.eval, (record.eval, ""))[0]
    same = [other for other in records if other.eval == record.eval]
    return f"{name} ({record.name})" if len(same) > 1 else name


def _overview(records: Sequence[Record]) -> str:
    rows = []
    for place, record in enumerate(records):
        cases, errors = sum(line.cases for line in record.lines), sum(line.errors for line in record.lines)
        state = "complete" if record.complete else '<span class="warn">⚠ incomplete</span>'
        failed = f'<span class="warn">⚠ {errors:,}</span>' if errors else "0"
        cells = (f"{cases:,}", failed, state, _spent(record))
        versions = escape(", ".join(_versions(record)))
        rows.append(
            f'<tr><th scope="row"><a href="#r{place}">{escape(record.name)}</a></th>'
            f'<td class="text">{escape(record.eval)}</td>{"".join(f"<td>{cell}</td>" for cell in cells)}'
            f'<td class="text">{versions}</td></tr>'
        )
    heads = {
        "record": "",
        "eval": "text",
        "measurements": "",
        "errors": "",
        "state": "",
        "cost": "",
        "versions": "text",
    }
    listed = [f'<th scope="col" class="{kind}">{head}</th>' for head, kind in heads.items()]
    return _table("The records", listed, f"<tbody>{''.join(rows)}</tbody>")


def _section(record: Record, place: int, records: Sequence[Record]) -> str:
    about = TITLES.get(record.eval, ("", ""))[1]
    drawn = "".join(_drawn(one) for draw in _DRAWERS for one in draw(record))
    return (
        f'<section id="r{place}"><h2>{escape(_title(record, records))}</h2><p class="soft">{escape(about)}</p>'
        f"{_flags(record)}{drawn}{_figures(record)}{_details(record)}</section>"
    )


def _flags(record: Record) -> str:
    parts = []
    if not record.complete:
        parts.append(
            "<p><strong>⚠ Incomplete:</strong> this run was stopped before its end; these are its figures so far.</p>"
        )
    if record.failures:
        listed = "".join(f"<li>{escape(one)}</li>" for one in record.failures[:12])
        more = f"<li>… {len(record.failures) - 12} more kinds</li>" if len(record.failures) > 12 else ""
        parts.append(f"<strong>⚠ What failed</strong><ul>{listed}{more}</ul>")
    if not record.lines:
        parts.append("<p><strong>⚠ No figures</strong> in this record.</p>")
    return f'<div class="flag">{"".join(parts)}</div>' if parts else ""


def _drawn(one: Drawn) -> str:
    figures = "".join(
        f"<figure><figcaption>{escape(title)}</figcaption>{chart}</figure>" for title, chart in one.charts
    )
    names = legend(one.names, one.joined) if one.names else ""
    head = f'<h3>{escape(one.heading)}</h3><p class="soft">{escape(one.note)}</p>'
    return f'{head}{names}<div class="charts">{figures}</div>'


def _figures(record: Record) -> str:
    headings = list(dict.fromkeys(heading for line in record.lines for heading in line.figures))
    heads = [f'<th scope="col">{escape(head)}</th>' for head in ("compressor", "cases", "errors", *headings)]
    bodies = []
    for group in dict.fromkeys(line.group for line in record.lines):
        wide = f'<tr class="group"><th colspan="{len(heads)}" scope="rowgroup"><span>{escape(group)}</span></th></tr>'
        rows = "".join(_row(line, headings) for line in record.lines if line.group == group)
        bodies.append(f"<tbody>{wide}{rows}</tbody>")
    table = _table(f"Figures of {record.name}", heads, "".join(bodies))
    if len(record.lines) <= _MANY:
        return f"<h3>All figures</h3>{table}"
    return f"<details><summary>All figures: {len(record.lines)} rows</summary>{table}</details>"


def _row(line: Line, headings: Sequence[str]) -> str:
    failed = f'<td class="warn">⚠ {line.errors:,}</td>' if line.errors else "<td>0</td>"
    cells = "".join(_cell(line, heading) for heading in headings)
    ours = ' class="ours"' if line.compressor == "compresskit" else ""
    return f'<tr{ours}><th scope="row">{escape(line.compressor)}</th><td>{line.cases:,}</td>{failed}{cells}</tr>'


def _cell(line: Line, heading: str) -> str:
    found = line.figures.get(heading)
    if found is None:
        return "<td>–</td>"
    shown, around = figure(heading, found), interval(heading, found)
    bad = heading in ("missed", "invalid", "losing") and found.mean > 0 and line.compressor != "everything"
    mark, warn = ("⚠ ", ' class="warn"') if bad else ("", "")
    some = f" of {found.cases:,}" if found.cases != line.cases - line.errors else ""
    # An interval of 0 to 2 % around 1 % says little that the share itself does not; it is there as a tooltip.
    small = "" if heading in PERCENT else f"<small>{around}{some}</small>" if around or some else ""
    told = ", ".join(filter(None, (f"95 % interval {around}" if around else "", f"{found.cases:,} cases")))
    return f'<td{warn} title="{told}">{mark}{shown}{small}</td>'


def _details(record: Record) -> str:
    facts: dict[str, Any] = {**record.options, **record.about, "rows": record.trimmed}
    said = [(key, text) for key, value in facts.items() if (text := _plain(value))]
    listed = "".join(f"<dt>{escape(key)}</dt><dd><code>{escape(text)}</code></dd>" for key, text in said)
    return f"<details><summary>Settings, versions and data of this record</summary><dl>{listed}</dl></details>"


def _plain(value: Any) -> str:
    """A setting in words; nothing where there is none."""
    if value is None:
        return ""
    if isinstance(value, Mapping):
        return ", ".join(f"{key} {_plain(one)}" for key, one in value.items() if one is not None)
    if isinstance(value, list):
        return ", ".join(map(_plain, value))
    return f"{value:g}" if isinstance(value, float) else str(value)


def _versions(record: Record) -> list[str]:
    packages = record.about.get("packages") or {}
    return [f"{name} {packages[name]}" for name in ("compresskit", "litellm") if packages.get(name)]


def _spent(record: Record) -> str:
    cost = record.about.get("cost")
    return f"${cost:,.2f}" if isinstance(cost, int | float) and cost else "–"


def _table(caption: str, heads: Sequence[str], body: str) -> str:
    label = escape(caption)
    return (
        f'<div class="scroll" role="region" aria-label="{label}" tabindex="0"><table aria-label="{label}">'
        f"<thead><tr>{''.join(heads)}</tr></thead>{body}</table></div>"
    )
