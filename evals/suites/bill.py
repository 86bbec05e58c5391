"""What whole runs of an agent cost, replayed turn by turn with a provider that caches prompts.

Every assistant message of a run is one request, and the messages before it are its history. The trigger is half of
the run's tokens (--trigger), and the target is half of the trigger (--target). A request is the tools of its
contender, if any, and then its messages. Messages that are byte-identical to the start of the request before (tools
first) cost a read from the cache: 0.1 of the input price. All others cost a write: 1.25. --prices takes the prices
and the rules of one or more models instead: minimum length, and the 128-token steps of OpenAI's cache. --lives says how
the prompt is cached: "5m" (the usual price of a write), "1h" (the price of a write for an hour), or "none" (no cache).

A turn needs a retrieval if the real next action uses something (its atoms, as in `agent_points`) that is in the
history, its newest message included, and cannot be read in the request. What the history has by chance is left out,
whoever compresses: a number if the history has half of all numbers of its form, as line numbers make it, and a word in
capitals that the history also writes in small letters (NOT, TEXT). The turn then pays the request once more as a read,
and the newest messages with the missing text as a write. Every bill includes that. Text that is not in the contender's
cache is lost for good.
Such a turn is counted apart and pays nothing, so a bill with lost text is too low. Retrieved text is not kept for
later turns. If a contender raises, everything is sent in that turn.

bill        cost of all requests with their retrievals, as a ratio to sending everything: the mean over the
            runs, and the ratio of the sums over all runs, in which long runs count more
dearer      share of the runs of ten requests or more that cost over 1 % more than sending everything
retrievals  share of the bill that is retrievals
written     share of the tokens that were written to the cache (or, if nothing is cached, were new)
using       share of the turns whose next action uses something that only the history before its last two messages has,
            the same for every contender
needing     share of the turns that need a retrieval
losing      share of the turns in which something needed is lost for good
copying     share of the turns whose next action repeats whole lines of the history (20 characters or more) that cannot
            be read in the request. No retrieval is counted for them, so this says how much the bill may leave out: a
            model also writes the same line again by itself
failed      share of the turns in which the contender raised
compactions turns per run in which the sent text changed, and would not have fitted the trigger with the new text
changed     bytes per run that were in the request before and are not at the start of this one, in turns that are no
            compactions: they break the provider's cache without need
seconds     per turn, of the contender alone

Contenders:
everything          sends all of it
window              drops the oldest exchanges, each turn alone
masking             masks all but the newest ten observations, as in arXiv 2508.21433
summaries           LangChain's SummarizationMiddleware at the trigger, with its defaults. A summary has 500 tokens
                    and none of the texts. Its call is paid: the prompt, and the answer at 4 times the input price
litellm             litellm.compress, each turn alone
headroom            its compress(), each turn alone; COMPRESSKIT_PEERS names the Python of an environment that has it
conversation        a Conversation with prices; conversation-views: with on_entry=True besides
compresskit         compress(), each turn alone
compresskit-kept    keeps what was sent, appends to it, and compresses the whole history again above the trigger
compresskit-…       -previous, -offered, -entry, -views and -prices: with previous=, and with one more option each
                    (offer_tool, on_entry="lossless", on_entry="views", prices=)

Data: the agent runs of the data folder, or any file or folder given with --data: OpenAI or Anthropic conversations as
JSON or JSONL, Claude Code's session files (~/.claude/projects/…), and what else `compresskit.sessions` reads as chat
messages. Each file is a group of its own unless you give
--together.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from compresskit.prices import Prices, prices_for, usual
from evals.harness import data, engine, options, reporting
from evals.harness.cases import Row
from evals.harness.contenders import CONTENDERS, everything, warm_up
from evals.harness.figures import Column
from evals.harness.peers import ENVIRONMENT
from evals.harness.tokens import count_message, count_request
from evals.report import charts, costs
from evals.suites import transcripts, turn_time
from evals.suites.replay import Run, replay, row

GROUPS = {
    "agents_openai.jsonl.gz": "τ-bench",
    "agents_anthropic.jsonl.gz": "coding runs",
    "agents_plain.jsonl.gz": "plain-chat runs",
    "agents_intercode.jsonl.gz": "short runs",
    "agents.jsonl": "sample runs",
}
LIVES = ("5m", "1h", "none")  # how long the provider caches a prompt
COLUMNS = (
    Column("requests", "requests", "tokens"),
    Column("bill, mean of runs", "bill", over="everything"),
    Column("bill, in sum", "bill", over="everything", pooled=True),
    Column("dearer", "dearer", "percent", over="long", pooled=True),
    Column("retrievals", "bounces", "percent", over="bill", pooled=True),
    Column("written", "new", "percent", over="prompt", pooled=True),
    Column("using", "uses", "percent", over="requests", pooled=True),
    Column("needing", "retrieves", "percent", over="requests", pooled=True),
    Column("losing", "loses", "percent", over="requests", pooled=True),
    Column("copying", "copies", "percent", over="requests", pooled=True),
    Column("failed", "failed", "percent", over="requests", pooled=True),
    Column("compactions", "compactions", "tokens"),
    Column("changed", "changed", "tokens"),
    Column("seconds", "seconds", "time", over="requests", pooled=True),
)


def runs(given: argparse.Namespace) -> tuple[list[Path], list[Run]]:
    """The files, and the runs that have a request, with their limits."""
    paths = transcripts.find(GROUPS, given.data)
    billed = [(name, life, prices_of(name, life)) for name in given.prices or [None] for life in given.lives]
    found: dict[str, list[dict[str, Any]]] = {}
    for path in paths:
        own = "all" if given.together else path.name.split(".")[0]
        found.setdefault(GROUPS.get(path.name, own), []).extend(transcripts.runs(path))
    return paths, [
        _run(recorded, _titled(options.titled(group, share, given), name, life, len(billed)), share, prices, given)
        for name, life, prices in billed
        for share in given.target
        for group, members in found.items()
        for recorded in [one for one in members if 0 < _requests(one) <= (given.requests or _requests(one))][
            : given.limit
        ]
    ]


def prices_of(model: str | None, life: str = LIVES[0]) -> Prices:
    """The prices to replay with; an unknown model is an error here, since its bill would be made up."""
    prices = usual() if model is None else prices_for(model)
    if model is not None and not prices.known:
        raise data.DataError(f"litellm's model map has no prices of {model!r}; leave --prices out for 1.25 and 0.1.")
    if life == "none":
        return replace(prices, write=prices.input, write_hour=prices.input, read=prices.input)
    return replace(prices, write=prices.write_hour) if life == "1h" else prices


def measured(run: Run, name: str) -> Row:
    """The row of one run and contender."""
    warm_up([name])
    found = row(run, name, replay(run, CONTENDERS[name]), replay(run, everything))
    return {**found, "new": found["written"] + found["fresh"]}


def plot(rows: Sequence[Row], name: str | None = None) -> str:
    """Prompt size and cumulative bill over the turns of one run, the one with the most turns by default."""
    rows = [row for row in rows if row.get("turns")]  # a run whose process died has none
    name = name or max(rows, key=lambda row: row["requests"])["case"]
    shown = {row["compressor"]: row for row in rows if row["case"] == name}
    if not shown:
        raise data.DataError(f"no run {name!r} to plot; there are {', '.join(sorted({row['case'] for row in rows}))}.")
    drawn = costs.one_run(list(shown.values()))
    return charts.as_file([(f"{title}: {name}", chart) for title, chart in drawn.charts], drawn.names)


def main(arguments: Sequence[str] | None = None) -> int:
    """The command; returns its exit code."""
    help_target = "share of the trigger (default: 0.5)"
    default = ",".join(name for name in CONTENDERS if name != "headroom" or ENVIRONMENT in os.environ)
    parser = options.parser("bill", __doc__ or "", "0.5", help_target, CONTENDERS, default, embedder=False)
    add = parser.add_argument
    add("--trigger", type=_limit, default=0.5, metavar="X", help="share of the run up to 1, or tokens (default: 0.5)")
    add("--prices", type=_names, metavar="A,B", help="bill with these models' prices and rules (default: 1.25 and 0.1)")
    add(
        "--lives", type=options.choices(LIVES), default="5m", metavar="A,B", help=f"of {', '.join(LIVES)} (default: 5m)"
    )
    add("--requests", type=options.positive, metavar="N", help="only runs of at most N requests")
    add("--together", action="store_true", help="all files of --data as one group")
    add("--plot", metavar="FILE", help="write an SVG of one run: prompt size and bill over the turns")
    add("--plot-run", metavar="ID", help="the run to plot (default: the one with the most turns)")
    add("--turn-time", action="store_true", help="only time a quiet turn of a long conversation against a full call")
    given = parser.parse_args(arguments)
    if given.turn_time:
        return _turn_time(given)
    rows: list[Row] = []
    return reporting.report("bill", given, COLUMNS, partial(_rows, given, rows)) or _plotted(given, rows)


def _turn_time(given: argparse.Namespace) -> int:
    try:
        found = runs(given)[1]
        shape = max(found, key=lambda run: sum(map(count_message, run.messages))).shape
        own = [run.messages for run in found if run.shape == shape]
        print(turn_time.measure(turn_time.chained(own), shape, given.model))
    except data.DataError as error:
        print(f"bill: {error}", file=sys.stderr)
        return 2
    return 0


def _rows(given: argparse.Namespace, rows: list[Row]) -> tuple[list[Path], list[Row]]:
    paths, found = runs(given)
    items = [
        engine.Item(f"{run.group} | {run.name} | {name}", (run, name), _place(run, name))
        for run in found
        for name in given.compressors
    ]
    rows.extend(engine.execute(items, measured, given, title="replaying", data=paths))
    return paths, rows


def _plotted(given: argparse.Namespace, rows: Sequence[Row]) -> int:
    if not given.plot:
        return 0
    try:
        Path(given.plot).write_text(plot(rows, given.plot_run), encoding="utf-8")
    except (OSError, data.DataError) as error:
        print(f"bill: no plot: {error}", file=sys.stderr)
        return 2
    return 0


def _run(recorded: dict[str, Any], group: str, share: float, prices: Prices, given: argparse.Namespace) -> Run:
    messages = recorded["messages"]
    whole = count_request(messages)
    trigger = max(2, int(given.trigger * whole if given.trigger <= 1 else given.trigger))
    target = max(1, int(trigger * min(1.0, share)))
    return Run(recorded["id"], group, recorded["format"], messages, trigger, target, given.model, prices)


def _place(run: Run, name: str) -> dict[str, str]:
    return {"case": run.name, "group": run.group, "unit": run.name, "compressor": name}


def _requests(recorded: dict[str, Any]) -> int:
    return sum(message.get("role") == "assistant" for message in recorded["messages"][1:])


def _names(text: str) -> list[str]:
    return [name.strip() for name in text.split(",")]


def _titled(group: str, model: str | None, life: str, count: int) -> str:
    """The group's name in the table, with the prices if there are several."""
    return f"{group}, {model or 'usual prices'}, {life}" if count > 1 else group


def _limit(text: str) -> float:
    (value,) = options.numbers(text)[:1]
    return value
