"""The commands of a ledger: verify, report and page. compresskit.ledger reads the ledger; this module only adds up."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click
from rich.text import Text

from ..errors import InvalidLedger
from ..prices import MILLION
from ..view.ledger_page import Savings, Sums, savings_page
from .input import InputError
from .output import Failure, printable, to_json, write_output
from .tables import draw, new_table

if TYPE_CHECKING:  # its locks are POSIX's: the other commands have to work without them
    from ..ledger import Verdict

FORMAT, VERSION = "compresskit-ledger-report", 1
EXIT_CODES = """\b
Exit codes:
  0    every line is as it was written
  1    a line was changed, taken out, put in or torn
  2    wrong usage, or a file that cannot be read
  4    the output could not be written
  70   a fault in compresskit itself
  141  the reader of the output is gone
"""
_HASH = re.compile(r"[0-9a-f]{64}")
# The fields that are added up, besides the numbers of requests.
_AMOUNTS = ("without_microdollars", "paid_microdollars", "bounced_microdollars", "saved_microdollars")
_SUMS = ("original_tokens", "sent_tokens", "retrieved_tokens", *_AMOUNTS)
_HEADINGS = ("conversation", "requests", "retrievals", "tokens", "sent", "without", "paid", "retrieving", "saved")


class BrokenLedger(Failure):
    """The ledger was changed after it was written."""

    exit_code = 1


@click.group(epilog=EXIT_CODES)
def ledger() -> None:
    """Check and sum up a ledger of what compression cost and saved.

    A program writes a ledger with compresskit.ledger.Ledger. It has one line of JSON for each request, and each
    line holds the hash of the line before.
    """


def _checked_hash(head: str) -> str:
    if not _HASH.fullmatch(head):
        raise click.BadParameter(f"{head!r} is no hash; 64 hexadecimal digits were expected, as verify prints them")
    return head


@ledger.command("verify", epilog=EXIT_CODES)
@click.argument("file")
@click.option(
    "--head", metavar="HASH", type=_checked_hash, help="A hash that was printed earlier. It must still be there."
)
def verify_command(file: str, head: str | None) -> None:
    """Check that no byte of FILE was changed since it was written, and print the hash of its last line.

    To detect lines that were cut off the end, or a file that was made anew, keep a hash elsewhere and give it
    with --head.
    """
    found = _verified(file, head)
    click.echo(f"intact: {found.entries:,} entries, head {found.head}")


@ledger.command("report", epilog=EXIT_CODES)
@click.argument("file")
@click.option("--json", "as_json", is_flag=True, help="Print JSON, with amounts in whole micro-dollars.")
def report_command(file: str, as_json: bool) -> None:
    """Sum up FILE: the sums sent, paid and saved for each conversation, with retrievals deducted."""
    from ..ledger import entries

    verdict = _verified(file, None)
    with _readable(file):
        found = Savings.of(entries(file))
    if as_json:
        about = {"format": FORMAT, "version": VERSION, "entries": verdict.entries, "head": verdict.head}
        rows = [{"conversation": name, **_reported(sums)} for name, sums in found.conversations.items()]
        write_output(to_json({**about, "total": _reported(found.total), "conversations": rows}))
    else:
        write_output(_drawn(found).encode())


@ledger.command("page", epilog=EXIT_CODES)
@click.argument("file")
@click.option("-o", "--output", metavar="PAGE", help="Write the page to this file, not to standard output.")
def page_command(file: str, output: str | None) -> None:
    """Show what FILE says was saved, as one page of HTML that loads nothing."""
    from ..ledger import entries

    _verified(file, None)
    with _readable(file):
        page = savings_page(Savings.of(entries(file)))
    write_output(page.encode("utf-8", "backslashreplace"), output)


def _reported(sums: Sums) -> dict[str, int]:
    return {name: getattr(sums, name) for name in ("requests", "retrievals", *_SUMS)}


def _verified(file: str, head: str | None) -> Verdict:
    from ..ledger import verify

    with _readable(file):
        verdict = verify(file, head)
    if verdict.problem:
        where = "" if verdict.line is None else f", line {verdict.line}"
        raise BrokenLedger(f"{file}{where}: {verdict.problem}")
    return verdict


@contextmanager
def _readable(file: str) -> Iterator[None]:
    """Turns errors of reading into failures of a command. A ledger that changes between two readings is broken too."""
    try:
        yield
    except OSError as error:
        raise InputError(f"cannot read {file}: {error.strerror or error}") from error
    except InvalidLedger as error:
        raise BrokenLedger(f"{file}: {error}") from error


def _drawn(found: Savings) -> str:
    table = new_table(_HEADINGS, ("conversation",), footers=_cells("all", found.total))
    for name, sums in found.conversations.items():
        table.add_row(*_cells(printable(name or "(no name)"), sums))
    return draw(table)


def _cells(name: str, sums: Sums) -> tuple[Text, ...]:
    counts = [f"{count:,}" for count in (sums.requests, sums.retrievals, sums.original_tokens, sums.sent_tokens)]
    amounts = [f"${getattr(sums, key) / MILLION:,.4f}" for key in _AMOUNTS]
    return tuple(map(Text, (name, *counts, *amounts)))
