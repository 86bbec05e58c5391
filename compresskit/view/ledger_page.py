"""A ledger as one page of HTML: requests, tokens and dollars, with retrievals deducted.

The page loads nothing and has no script. Names of models and conversations are escaped.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from html import escape
from typing import TYPE_CHECKING, Any

from ..prices import MILLION
from .document import document

if TYPE_CHECKING:  # its locks need a POSIX system
    from ..ledger import Entry

_MAX_ROWS = 50  # rows of one table; the rest is summed up in its last row
_CSS = """
:root { color-scheme: light dark; --back: #fff; --text: #1c1e21; --soft: #62676e; --line: #d9dce1; --good: #16794a;
  --bad: #b3261e; --bar: #9aa3ad; }
@media (prefers-color-scheme: dark) { :root { --back: #15171a; --text: #e8eaed; --soft: #a2a9b1; --line: #353a41;
  --good: #5fcf97; --bad: #ff8a80; --bar: #6b747e; } }
body { margin: 0 auto; padding: 24px 16px 48px; max-width: 920px; background: var(--back); color: var(--text);
  font: 16px/1.5 system-ui, sans-serif; }
h1 { margin: 0; font-size: 32px; line-height: 1.2; } h2 { margin: 36px 0 8px; font-size: 18px; }
p { margin: 4px 0 24px; color: var(--soft); } .good { color: var(--good); } .bad { color: var(--bad); }
dl { display: grid; grid-template-columns: repeat(4, 1fr); gap: 12px; margin: 0; }
dl div { padding: 12px 14px; border: 1px solid var(--line); border-radius: 8px; }
dt { color: var(--soft); font-size: 14px; } dd { margin: 0; font-size: 22px; font-variant-numeric: tabular-nums; }
.bars { margin: 24px 0 0; } .bars div { display: flex; align-items: center; gap: 10px; margin: 6px 0; font-size: 14px; }
.bars span:first-child { flex: 0 0 64px; color: var(--soft); } .bars i { height: 14px; border-radius: 3px;
  background: var(--bar); min-width: 2px; } .bars .sent i { background: var(--good); }
.bars b { flex: 1; font-weight: 400; display: block; }
table { width: 100%; border-collapse: collapse; font-variant-numeric: tabular-nums; font-size: 15px; }
th { font-weight: 400; color: var(--soft); font-size: 14px; } th, td { padding: 6px 0 6px 12px; text-align: right;
  border-bottom: 1px solid var(--line); } th:first-child, td:first-child { padding-left: 0; text-align: left;
  overflow-wrap: anywhere; }
@media (max-width: 600px) {
  dl { grid-template-columns: repeat(2, 1fr); } .wide { display: none; } h1 { font-size: 26px; } }
"""


@dataclass(frozen=True)
class Sums:
    """The sums of some entries; tokens and amounts as in ``Entry``.

    A request that was only sent because of a retrieval would not exist without compression: it is none of the requests,
    and adds no tokens to those without compression.

    Attributes:
        requests: The requests of the program, without those that were only sent because of a retrieval.
        retrievals: The requests that were only sent because of a retrieval.
        original_tokens: The tokens of the requests without compression.
        sent_tokens: The tokens that were sent, those of retrievals included.
        assumed: The requests whose usage was not given.
    """

    requests: int = 0
    retrievals: int = 0
    original_tokens: int = 0
    sent_tokens: int = 0
    read_tokens: int = 0
    retrieved_tokens: int = 0
    without_microdollars: int = 0
    paid_microdollars: int = 0
    bounced_microdollars: int = 0
    saved_microdollars: int = 0
    assumed: int = 0

    @classmethod
    def of(cls, entry: Entry) -> Sums:
        """The sums of one entry."""
        retrieval = entry.retrieved_tokens > 0
        sent = entry.read_tokens + entry.written_tokens + entry.hour_tokens + entry.fresh_tokens
        own = {"requests": not retrieval, "retrievals": retrieval, "sent_tokens": sent}
        own |= {"original_tokens": 0} if retrieval else {}
        names = (field.name for field in fields(cls))
        return cls(**{name: int(own[name] if name in own else getattr(entry, name)) for name in names})

    def __add__(self, other: Sums) -> Sums:
        return Sums(*(one + more for one, more in zip(vars(self).values(), vars(other).values(), strict=True)))


class Savings:
    """The sums of all entries so far, and those of each model, day and conversation, the first one first."""

    def __init__(self) -> None:
        self.total = Sums()
        self.models: dict[str, Sums] = {}
        self.conversations: dict[str | None, Sums] = {}
        self.days: dict[str, Sums] = {}

    @classmethod
    def of(cls, entries: Iterable[Entry]) -> Savings:
        """The sums of a ledger."""
        found = cls()
        for entry in entries:
            found.add(entry)
        return found

    def add(self, entry: Entry) -> None:
        """Adds an entry to all sums that it belongs to."""
        own = Sums.of(entry)
        self.total += own
        places: list[tuple[dict[Any, Sums], str | None]] = [
            (self.models, entry.model), (self.conversations, entry.conversation), (self.days, entry.time[:10])
        ]  # fmt: skip
        for groups, name in places:
            groups[name] = groups.get(name, Sums()) + own


def savings_page(found: Savings, source: str = "") -> str:
    """The page of sums.

    Args:
        found: The sums.
        source: A sentence that says which requests they are of.
    """
    total, days = found.total, found.days
    first, last = min(days, default=""), max(days, default="")
    span = (f"{first} (UTC)" if first == last else f"{first} to {last} (UTC)") if first else "No request yet"
    tables = _table("Models", found.models) + _table("Days", dict(sorted(days.items(), reverse=True)), ordered=True)
    tables += _table("Conversations", found.conversations) if len(found.conversations) > 1 else ""
    body = (
        f"{_head(total)}<p>{escape(span)}. Prices are those of each model, with its prompt cache. What retrievals cost "
        f"is deducted.{_assumed(total)}{escape(source and f' {source}')}</p>{_figures(total)}{_bars(total)}{tables}"
    )
    return document("compresskit: what it saved", _CSS, body)


def _head(total: Sums) -> str:
    share = f" ({abs(total.saved_microdollars) / total.without_microdollars:.0%})" if total.without_microdollars else ""
    if total.saved_microdollars < 0:
        return f'<h1>It cost <span class="bad">{_dollars(-total.saved_microdollars)}</span> more{share}</h1>'
    return f'<h1>It saved <span class="good">{_dollars(total.saved_microdollars)}</span>{share}</h1>'


def _assumed(total: Sums) -> str:
    if not total.assumed:
        return ""
    return f" For {total.assumed:,} requests the provider's usage was not given, so nothing counts as cached there."


def _figures(total: Sums) -> str:
    figures = {
        "requests": f"{total.requests:,}",
        "retrievals": f"{total.retrievals:,}",
        "tokens before": f"{total.original_tokens:,}",
        "tokens sent": f"{total.sent_tokens:,}",
        "of them cached": f"{total.read_tokens:,}",
        "without compression": _dollars(total.without_microdollars),
        "paid": _dollars(total.paid_microdollars),
        "of it for retrievals": _dollars(total.bounced_microdollars),
    }
    return "<dl>" + "".join(f"<div><dt>{name}</dt><dd>{value}</dd></div>" for name, value in figures.items()) + "</dl>"


def _bars(total: Sums) -> str:
    """Tokens and dollars, each before and after, as bars of the same scale."""
    rows = []
    tokens = {"tokens": total.original_tokens, "sent": total.sent_tokens}
    for pair in (tokens, {"without": total.without_microdollars, "paid": total.paid_microdollars}):
        widest = max(*pair.values(), 1)
        for name, value in pair.items():
            bar = f'<i style="display:block;width:{100 * value / widest:.1f}%"></i>'
            kind = "sent" if name in ("sent", "paid") else ""
            rows.append(f'<div class="{kind}"><span>{name}</span><b>{bar}</b></div>')
    return f'<div class="bars" aria-hidden="true">{"".join(rows)}</div>'


def _table(title: str, groups: Mapping[Any, Sums], ordered: bool = False) -> str:
    """A table with a row for each group, those with the largest sums first unless they are ordered."""
    rows = list(groups.items())
    if not ordered:
        rows.sort(key=lambda row: -abs(row[1].saved_microdollars))
    rest = [sums for _, sums in rows[_MAX_ROWS:]]
    more = [(f"{len(rest):,} more", sum(rest, Sums()))] if rest else []
    body = "".join(_row(name or "(no name)", sums) for name, sums in [*rows[:_MAX_ROWS], *more])
    head = "<th></th><th>requests</th>" + "".join(f'<th class="wide">{name}</th>' for name in ("tokens", "sent"))
    head += "<th>paid</th><th>saved</th>"
    return f"<h2>{title}</h2><table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def _row(name: str, sums: Sums) -> str:
    kind = "bad" if sums.saved_microdollars < 0 else "good"
    return (
        f"<tr><td>{escape(name)}</td><td>{sums.requests:,}</td>"
        f'<td class="wide">{sums.original_tokens:,}</td><td class="wide">{sums.sent_tokens:,}</td>'
        f'<td>{_dollars(sums.paid_microdollars)}</td><td class="{kind}">{_dollars(sums.saved_microdollars)}</td></tr>'
    )


def _dollars(amount: int) -> str:
    """Micro-dollars as dollars, with four digits behind the point below a hundred dollars.

    >>> _dollars(1_234_567), _dollars(-12_345), _dollars(123_456_789_000)
    ('$1.2346', '-$0.0123', '$123,456.79')
    """
    value = abs(amount) / MILLION
    return f"{'-' if amount < 0 else ''}${value:,.{2 if value >= 100 else 4}f}"
