"""A result as HTML: a page of its own with all texts before and after, or the same figures for a notebook.

All text of messages is escaped. The page loads nothing, and has no script.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from html import escape
from pathlib import Path
from typing import Any, NamedTuple

from ..result import Compressed
from .account import Account, Figures, Text, Unit, account, as_fields, headline
from .difference import difference
from .document import document

_STYLE = "page.css"
_ACTIONS = ("kept", "protected", "compact", "shrunk", "excerpt", "stub", "fold")


def page(results: Sequence[tuple[str, Mapping[str, Any]]]) -> str:
    """A page of one or more results, each with its name."""
    body = "".join(_section(name, result, texts=True) for name, result in results)
    return document("compresskit", _css(), f"<h1>What compresskit left out</h1>{_LEGEND}{body}")


def fragment(result: Compressed) -> str:
    """The figures of a result for a notebook, without the texts of its messages."""
    return f'<style>{_css()}</style><div class="compresskit">{_section("", as_fields(result), texts=False)}</div>'


class _Tags(NamedTuple):
    """The elements of rows: a row that opens cannot be in a table."""

    rows: str
    row: str
    cell: str

    def in_row(self, kind: str, cells: str) -> str:
        return f'<{self.row} class="{f"row {kind}".strip()}">{cells}</{self.row}>'

    def in_cell(self, kind: str, text: str) -> str:
        return f'<{self.cell} class="cell {kind}">{text}</{self.cell}>'


_LIST, _TABLE = _Tags("div", "div", "span"), _Tags("table", "tr", "td")
_HEAD = {  # class of a cell -> its heading
    "label": "#",
    "role": "role",
    "bar": "",
    "number before": "before",
    "number after": "after",
    "action": "action",
    "words": "first words",
}
_LEGEND = (
    '<p class="soft">Tokens before and after, the largest loss first. Open a row to read it: '
    "<del>what was left out</del>, <ins>what is there instead</ins>. "
    "Everything that was left out can be retrieved by its key.</p>"
)


def _css() -> str:
    return Path(__file__).with_name(_STYLE).read_text(encoding="utf-8")


def _section(name: str, result: Mapping[str, Any], texts: bool) -> str:
    found = account(result)
    tags = _LIST if texts else _TABLE
    title = f"<h2>{_safe(name)}</h2>" if name else ""
    most = max((unit.tokens.before for unit in found.units), default=0) or 1
    rows = "".join(_row(unit, most, tags) for unit in found.by_loss())
    rest = "".join(_plain(title, figures, "rest", tags) for title, figures in found.rest.items())
    total = _plain("all", found.total, "total", tags)
    head = tags.in_row("head", "".join(tags.in_cell(kind, word) for kind, word in _HEAD.items()))
    return (
        f"<section>{title}<p><b>{_safe(headline(result))}</b></p>{_share(found)}"
        f'<{tags.rows} class="rows">{head}{rows}{rest}{total}</{tags.rows}></section>'
    )


def _share(found: Account) -> str:
    """A bar of all tokens: what stays of the texts by action, and what went."""
    whole = found.total.before or 1
    parts: dict[str, int] = {}
    for unit in found.units:
        parts[_kind(unit)] = parts.get(_kind(unit), 0) + unit.tokens.after
    parts["beside the texts"] = sum(figures.after for figures in found.rest.values())
    parts["left out"] = max(0, found.total.gone)
    named = [(name, tokens) for name, tokens in parts.items() if tokens > 0]
    bar = "".join(
        f'<span class="{_class(name)}" style="flex-grow:{tokens / whole:.4f}"></span>' for name, tokens in named
    )
    keys = "".join(f'<li><i class="{_class(name)}"></i>{_safe(name)} {tokens:,}</li>' for name, tokens in named)
    return f'<div class="share" role="img" aria-label="shares of all tokens">{bar}</div><ul class="keys">{keys}</ul>'


def _row(unit: Unit, most: int, tags: _Tags) -> str:
    kept = unit.tokens.after / unit.tokens.before if unit.tokens.before else 1.0
    width = 100 * unit.tokens.before / most
    kind = f'<i class="{_class(_kind(unit))}"'
    bar = f'{kind} style="width:{width * min(1.0, kept):.2f}%"></i>'
    bar += f'<i class="left-out" style="width:{width * max(0.0, 1 - kept):.2f}%"></i>'
    figures = _figures(unit.tokens, tags) if unit.is_counted else tags.in_cell("none", "") * 2
    cells = tags.in_cell("label", _safe(unit.label)) + tags.in_cell("role", _safe(unit.role))
    cells += tags.in_cell("bar", bar) + figures + tags.in_cell("action", f"{kind}></i>{_safe(unit.action)}")
    cells += tags.in_cell("words", _safe(unit.words))
    if tags is _TABLE:
        return tags.in_row("", cells)
    return f'<details><summary class="row">{cells}</summary><div class="body">{"".join(_body(unit))}</div></details>'


def _body(unit: Unit) -> Iterator[str]:
    if unit.why:
        yield f'<p class="soft">{_safe(unit.action)}: {_safe(unit.why)}</p>'
    if unit.marker:
        yield f"<pre>{_line('new', unit.marker)}</pre>"
    for place, (texts, calls) in enumerate(zip(unit.texts, unit.calls, strict=True)):
        if unit.size > 1:
            yield f"<h3>message {unit.first + place}</h3>"
        if calls:
            tag = "gone" if unit.marker else "kept"
            yield f'<p class="soft">calls, ids and fields</p><pre>{_line(tag, calls)}</pre>'
        for text in texts:
            yield f"<pre>{''.join(_lines(text))}</pre>"


def _lines(text: Text) -> Iterator[str]:
    """The lines of a text before and after; those of one kind in a row are one piece."""
    if text.after is None:
        yield _line("gone", text.before)
        return
    kind, held = "", list[str]()
    for line in [*difference(text.before, text.after), None]:
        if line is None or line.kind != kind:
            if held:
                yield _line(kind, "\n".join(held))
            kind, held = (line.kind, []) if line else ("", [])
        if line:
            held.append(line.text)


def _line(kind: str, text: str) -> str:
    tag = {"gone": "del", "new": "ins"}.get(kind, "span")
    return f"<{tag}>{_safe(text)}</{tag}>"


def _plain(name: str, figures: Figures, kind: str, tags: _Tags) -> str:
    none = tags.in_cell("none", "")
    return tags.in_row(kind, f"{none}{tags.in_cell('role', _safe(name))}{none}{_figures(figures, tags)}{none * 2}")


def _figures(figures: Figures, tags: _Tags) -> str:
    return "".join(tags.in_cell(f"number {name}", f"{tokens:,}") for name, tokens in figures._asdict().items())


def _kind(unit: Unit) -> str:
    """The action that a row is coloured by: the last one, if there are several."""
    return next((name for name in reversed(_ACTIONS) if name in unit.action.split(", ")), "kept")


def _class(name: str) -> str:
    return name.replace(" ", "-")


def _safe(text: str) -> str:
    """Text as HTML. Half a surrogate pair cannot be written, and would make the whole page unreadable."""
    return escape(text.encode("utf-8", "replace").decode("utf-8"))
