"""The commands bill and doctor: what recorded sessions cost, and what compression would have saved.

All figures are those of compresskit.bill. This module adds them up, and shows them as a table and a sentence.
"""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click
from rich.text import Text

from ..bill import SETTINGS, Bill, Savings, savings
from ..bill.savings import NOTHING, WITHOUT
from ..errors import CompresskitError, InvalidMessages, InvalidSession
from ..prices import MILLION
from ..sessions import Session, find, homes
from .input import InputError, newest_sessions, read_sessions
from .output import printable, remark, to_json, write_output
from .request_options import DEFAULT_TRIGGER, options_of
from .tables import draw, new_table, progress, width

FORMAT, VERSION = "compresskit-bill", 1
WORTH_SAYING = 0.01  # the share of a bill below which a saving is called nothing
_MAX_NAME = 44  # characters of a session's name in a table
_HEADINGS = ("setting", "requests", "longest", "tokens", "read", "written", "new", "retrievals", "retrieving", "bill")
_LEFT = ("setting", "session", "of")  # columns of words
_DOCTOR = ("session", "of", "requests", "longest", "tokens", "without", "with", "saved", "retrievals")
# How to get a setting: in a program, and in the settings of the proxy.
_IN_PROGRAM = {
    "at the trigger": 'a Conversation with trigger={trigger:_}, on_entry="lossless"',
    "by prices": 'a Conversation with trigger={trigger:_}, on_entry="views", prices=True',
}
_IN_PROXY = {
    "at the trigger": "the LiteLLM proxy with trigger: {trigger}, on_entry: lossless",
    "by prices": "the LiteLLM proxy with trigger: {trigger}, on_entry: views, prices: true",
}
_PROXIED = "Claude Code"  # a program that cannot be changed, but takes the address of a proxy
ASSUMPTIONS = (
    "Input tokens only. The agent is taken to answer as it did, and the provider's cache to last from each request to"
    " the next. Retrievals are estimated: a request counts as one if its recorded answer uses an id, path, number or"
    " name that compression had taken out."
)


limits = options_of(  # of both commands
    click.option("--model", help="Count and bill for this model.  [default: the session's own]"),
    click.option(
        "--trigger",
        type=int,
        default=DEFAULT_TRIGGER,
        show_default=True,
        help="Compress only above this many tokens.",
    ),
    click.option("--target", type=int, help="Tokens of a compressed request.  [default: 70 % of the trigger]"),
    click.option(
        "--token-factor",
        type=float,
        default=1.0,
        show_default=True,
        help="Tokens of the model per counted token, if its tokenizer is not at hand.",
    ),
    click.option("--json", "as_json", is_flag=True, help="Print JSON, with amounts in whole micro-dollars."),
)


@click.command("bill")
@click.argument("file")
@limits
def bill_command(file: str, as_json: bool, **given: Any) -> None:
    """Replay the sessions in FILE, and print what they cost.

    The costs are those with and without compression. Each request is replayed with the prices of the model and of its
    provider's cache. "at the trigger" compresses above the trigger. "by prices" also compresses below it if that pays,
    and brings new results to excerpts.
    """
    found = _replayed(read_sessions(file), given)
    write_output(_as_json(found) if as_json else "\n".join([*map(_bill, found), *_notes(found), ""]).encode())


@click.command("doctor")
@click.argument("paths", nargs=-1, metavar="[PATH]...")
@click.option("--limit", type=click.IntRange(min=1), default=10, show_default=True, help="Only the newest files.")
@limits
def doctor_command(paths: Sequence[str], limit: int, as_json: bool, **given: Any) -> None:
    """Say what compression would have saved in your sessions.

    If it would have saved nothing, that is the answer. PATH is a file or a folder. Without one, the sessions of Claude
    Code and Codex of this user are read.
    """
    found = _replayed(_sessions(paths, limit), given, skips=True)
    if as_json:
        write_output(_as_json(found, verdict(found, given["trigger"])))
        return
    lines = [_doctor(found), *_notes(found), "", _wrapped(verdict(found, given["trigger"])), ""]
    write_output("\n".join(lines).encode())


def verdict(found: Sequence[Savings], trigger: int) -> str:
    """The answer in a sentence."""
    best = _best(found)
    before, after = _sum(found, WITHOUT), _sum(found, best)
    saved = before.total - after.total
    if saved < WORTH_SAYING * before.total:
        why = f"your sessions stay below the trigger of {trigger:,} tokens (the longest prompt has {before.longest:,})"
        if before.longest > trigger:
            why = "the provider's cache is cheaper than what compression takes out, with its retrievals"
        return f"Recommendation: nothing. {why[0].upper()}{why[1:]}, and compressing by prices would not pay either."
    known = all(one.prices.known for one in found)
    amount, whole, asked = (_dollars(value, known) for value in (saved, before.total, after.retrieving))
    proxied = any(one.session.source == _PROXIED for one in found)
    how = (_IN_PROXY if proxied else _IN_PROGRAM)[best].format(trigger=trigger)
    return (
        f"Recommendation: compress {best}. It would have saved {amount} of {whole} ({saved / before.total:.0%}). Its"
        f" bill includes {after.retrievals:,} retrievals for {asked}. Use {how}."
    )


def _sessions(paths: Sequence[str], limit: int) -> list[Session]:
    places = [Path(path) for path in paths] or [home for home in homes() if find([home]) != [home]]
    if not places:
        raise InputError(
            "no sessions of Claude Code or Codex are in the home folder of this user; give their files or folders"
        )
    return newest_sessions(places, limit, skips=True)


def _replayed(sessions: Sequence[Session], given: dict[str, Any], skips: bool = False) -> list[Savings]:
    """The savings of the sessions with a request. ``skips``: one that cannot be replayed is left out with a note."""
    found = []
    with progress(len(sessions), doing="replaying") as step:
        for session in sessions:
            try:
                found.append(savings(session, **given))
            except CompresskitError as error:
                if not (skips and isinstance(error, InvalidMessages | InvalidSession)):
                    raise InputError(f"{session.name}: {error}") from error
                remark(f"note: {session.name} was left out: {error}")
            step()
    found = [one for one in found if one.bills[WITHOUT].requests]
    if not found:
        raise InputError("no request could be replayed, because no session has an answer of a model")
    return found


def _sum(found: Sequence[Savings], setting: str) -> Bill:
    return sum((one.bills[setting] for one in found), NOTHING)


def _best(found: Sequence[Savings]) -> str:
    """The setting with the lowest bill; of equal ones, the one that compresses less."""
    return min(SETTINGS, key=lambda setting: _sum(found, setting).total)


def _as_json(found: Sequence[Savings], said: str | None = None) -> bytes:
    rows = [
        {
            "session": one.session.name,
            "source": one.session.source,
            "model": one.model,
            "prices_known": one.prices.known,
            "unseen_tokens": one.unseen,
            "bills": {setting: {**asdict(bill), "total": bill.total} for setting, bill in one.bills.items()},
        }
        for one in found
    ]
    sums = {setting: _sum(found, setting) for setting in (WITHOUT, *SETTINGS)}
    total = {setting: {**asdict(bill), "total": bill.total} for setting, bill in sums.items()}
    whole: dict[str, Any] = {"format": FORMAT, "version": VERSION, "total": total, "sessions": rows}
    return to_json({**whole, "verdict": said} if said else whole)


def _bill(one: Savings) -> str:
    """The table of one session."""
    table = new_table(_HEADINGS, _LEFT)
    known = one.prices.known
    for setting, bill in one.bills.items():
        counts = (bill.requests, bill.longest, bill.prompt_tokens, bill.read, bill.written, bill.fresh, bill.retrievals)
        amounts = _dollars(bill.retrieving, known), _dollars(bill.total, known)
        table.add_row(setting, *(f"{count:,}" for count in counts), *amounts)
    return "\n".join([f"{_title(one.session)}, {printable(one.model)}", draw(table)])


def _doctor(found: Sequence[Savings]) -> str:
    best = _best(found)
    table = new_table(_DOCTOR, _LEFT)
    known = all(one.prices.known for one in found)
    rows = [(_title(one.session), one.session.source, one.bills[WITHOUT], one.bills[best]) for one in found]
    for name, source, before, after in [*rows, ("all", "", _sum(found, WITHOUT), _sum(found, best))]:
        if name == "all":
            table.add_section()
        counts = (before.requests, before.longest, before.prompt_tokens)
        amounts = (before.total, after.total, before.total - after.total)
        cells = (*(f"{count:,}" for count in counts), *(_dollars(amount, known) for amount in amounts))
        table.add_row(
            *map(Text, (name, source, *cells, f"{after.retrievals:,}")), style="bold" if name == "all" else ""
        )
    return draw(table)


def _notes(found: Sequence[Savings]) -> list[str]:
    """The notes that a reader of the figures needs."""
    notes = [ASSUMPTIONS]
    if any(one.unseen for one in found):
        most = max(one.unseen for one in found)
        notes.append(
            f"Up to {most:,} tokens of a prompt are not in the files, such as system prompt and tools. The figures"
            " include them, as the provider counted them."
        )
    if assumed := sorted({one.model for one in found if one.model != one.session.model}):
        notes.append(
            f"Billed for {', '.join(map(printable, assumed))} because the file names no model, or as you asked."
        )
    if not all(one.prices.known for one in found):
        notes.append(
            "~: the prices of a model are not known. The usual ratios are used, with 1 dollar per million input tokens;"
            " --model NAME bills for another."
        )
    if failed := sum(one.bills[setting].failed for one in found for setting in SETTINGS):
        notes.append(f"In {failed:,} requests compression failed, and everything is sent.")
    return list(map(_wrapped, notes))


def _wrapped(text: str) -> str:
    return textwrap.fill(text, width(), break_long_words=False, break_on_hyphens=False)


def _title(session: Session) -> str:
    name = printable(session.name)
    return name if len(name) <= _MAX_NAME else f"{name[: _MAX_NAME - 1]}…"


def _dollars(micro: int, known: bool) -> str:
    cents = round(micro * 100 / MILLION)
    return f"{'' if known else '~'}{'-' if cents < 0 else ''}${abs(cents) / 100:,.2f}"
