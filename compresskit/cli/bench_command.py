"""The command bench: invariants, laws and retention as figures with thresholds, for CI.

All figures are those of compresskit.bench. This module shows them, and compares them with the user's thresholds.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click
from rich.text import Text

from .. import __version__
from ..bench import PROMISED, Run, Settings, failed, figure_names, measure, record
from ..errors import CompresskitError
from ..messages import SHAPES
from .input import InputError, newest_sessions
from .output import printable, to_json, write_output
from .request_options import rules_option
from .tables import draw, new_table, progress

DEFAULT_SHARES = "0.5,0.3"
DEFAULT_SECONDS = 45  # seconds for all sessions together
MEANINGS = {
    "invariants": "source, traceback, linkage, inputs, new_str and log of a built-in agent conversation",
    "restored": "results whose originals come back exactly",
    "targets": "results within their target, or at the floor that they name",
    "valid": "requests without a fault that the original did not have",
    "kept": "what the next answer uses, readable or retrievable",
    "readable": "the same, readable without a retrieval",
    "saved": "tokens that went",
}


def _shares(text: str) -> tuple[float, ...]:
    try:
        found = tuple(float(part) for part in text.split(","))
    except ValueError:
        found = ()
    if not found or not all(0 < share < 1 for share in found) or len(set(found)) < len(found):
        raise click.BadParameter(f"{text!r}: different shares between 0 and 1 were expected, as in {DEFAULT_SHARES}")
    return found


def _thresholds(_context: click.Context, _option: click.Parameter, given: Sequence[str]) -> dict[str, float]:
    found = {}
    for text in given:
        name, equals, value = text.partition("=")
        try:
            found[name] = float(value)
        except ValueError:
            equals = ""
        if not equals or not 0 <= found[name] <= 1:
            raise click.BadParameter(f"{text!r}: NAME=VALUE was expected, with a value from 0 to 1")
    return found


@click.command("bench")
@click.argument("paths", nargs=-1, metavar="[PATH]...")
@click.option(
    "--shares",
    default=DEFAULT_SHARES,
    type=_shares,
    metavar="TEXT",
    show_default=True,
    help="Shares of a history that may stay, beside its task and newest messages.",
)
@click.option("--model", help="Model to count tokens for.  [default: the session's own]")
@click.option("--shape", type=click.Choice(["auto", *SHAPES]), help="Message format.  [default: the session's own]")
@rules_option
@click.option("--no-folds", is_flag=True, help="Leave every message and block in its place.")
@click.option("--no-recover", is_flag=True, help="Offer the model no retrieval tool.")
@click.option("--token-factor", type=float, default=1.0, help="Tokens of the model for each counted token.")
@click.option("--limit", type=click.IntRange(min=1), default=10, show_default=True, help="Only the newest files.")
@click.option(
    "--seconds",
    type=click.FloatRange(min=0, min_open=True),
    default=DEFAULT_SECONDS,
    show_default=True,
    help="Begin no point after this time.",
)
@click.option(
    "--fail-under",
    "thresholds",
    multiple=True,
    metavar="NAME=VALUE",
    callback=_thresholds,
    help="The least value of a figure, such as readable@30=0.8; may be repeated.",
)
@click.option("--json", "as_json", is_flag=True, help="Print the record as JSON.")
@click.option("-o", "--output", metavar="FILE", help="Write the record to this file too.")
@click.pass_context
def bench_command(
    context: click.Context,
    /,
    paths: Sequence[str],
    thresholds: dict[str, float],
    limit: int,
    seconds: float,
    as_json: bool,
    output: str | None,
    **options: Any,
) -> None:
    """Check what compression promises, and measure what it keeps.

    It is made for CI. PATH is a session file, a log of requests, or a folder of them. Without one, only the invariants
    of a built-in agent conversation are checked. invariants, restored, targets, valid and kept must be 1 unless
    --fail-under says less. Exit codes: 0 all figures reach their thresholds, 1 one does not, 2 wrong usage or an
    unusable input.
    """
    settings = _settings(options)
    known = figure_names(settings)
    if wrong := [name for name in thresholds if name not in known]:
        raise click.UsageError(f"there is no figure {printable(wrong[0])!r}; there are {', '.join(known)}")
    sessions = newest_sessions([Path(path) for path in paths], limit)
    with progress(len(sessions), doing="measuring") as step:
        try:
            run = measure(sessions, settings, seconds, step)
        except CompresskitError as error:
            raise InputError(str(error)) from error
    figures = run.figures()
    if sessions and not run.points:
        why = "no session has a request with 2,000 tokens beside the task and the newest messages"
        raise InputError(f"nothing was measured: {why if run.complete else 'the time was up (--seconds)'}")
    if missing := [name for name in thresholds if figures[name] is None]:
        raise InputError(f"{missing[0]} was not measured: no session has a history of 2,000 tokens that is used later")
    gates = {**{name: least for name, least in PROMISED.items() if figures[name] is not None}, **thresholds}
    found = to_json(record(run, gates, __version__))
    if output is not None:
        write_output(found, output)
    write_output(found if as_json else _table(run, gates).encode())
    context.exit(1 if failed(run, gates) else 0)


def _settings(options: dict[str, Any]) -> Settings:
    given: dict[str, Any] = {"token_factor": options["token_factor"]}
    given |= {"rules": options["rules"]} if options["rules"] is not None else {}
    given |= {"folds": False} if options["no_folds"] else {}
    given |= {"recoverable": False} if options["no_recover"] else {}
    return Settings(options["shares"], options["model"], options["shape"], given)


def _table(run: Run, gates: dict[str, float]) -> str:
    low = failed(run, gates)
    table = new_table(("figure", "value", "at least", "", "what it is"), left=("figure", "", "what it is"))
    for name, value in run.figures().items():
        if value is None and not run.points:
            continue
        least = f"{gates[name]:g}" if name in gates else ""
        verdict = Text("fails", "red") if name in low else Text("holds", "green") if name in gates else Text("")
        shown = "–" if value is None else f"{value:.3f}".rstrip("0").rstrip(".")
        table.add_row(name, shown, least, verdict, MEANINGS[name.partition("@")[0]])
    lines = [draw(table)]
    broken = {place: names for place, names in run.invariants.items() if names}
    lines += [f"{place}: broken {', '.join(names)}\n" for place, names in broken.items()]
    if run.points and run.figures()["kept"] is None:
        lines.append(
            "No answer uses an id, a path, a number or a name that only an earlier text gives: – is not measured.\n"
        )
    measured = f"{run.points} points of {run.sessions} sessions" if run.sessions else "no sessions were given"
    lines.append(f"{measured}{'' if run.complete else '; the time was up before the last point (--seconds)'}\n")
    return "".join(lines)
