"""Outputs of commands: is what matters in an output still readable at 10, 20 and 30 % of its tokens?

A case is an output, the command that wrote it and, in some cases, what it was asked for, with texts that must stay: the
failing assertion, the error, the row that is unlike the others, the hunk or the option that was asked for, the totals.
The outputs are made on the spot by commands in a temporary folder (`output_cases.py`, `machine_outputs.py`) and as
their tools write them (`made_outputs.py`, `more_outputs.py`, `read_outputs.py`, `trace_outputs.py`). Outputs of fewer
than 900 tokens are left out.

kept     share of these texts that are readable, letter for letter
met      share of the cases at or under the target
tokens   tokens after as a share of the tokens before

The groups "other tools", "later tools" and "outputs read at sight" were written after the rules of shorten() had been
chosen; what was found in them, as kinds of faults, is in the rules now. "rtk's rules" and "headroom" have no target,
and "shorten as …" is shorten() within their number of tokens; headroom needs COMPRESSKIT_PEERS
(`evals/harness/peers.py`). With data, the outputs of command_outputs.json.gz are there too; nobody has labelled them,
so only `met` counts.
"""

from __future__ import annotations

import argparse
import gzip
import json
import os
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path

from evals.harness import data, options, reporting, running
from evals.harness.baselines import COMPRESSORS
from evals.harness.cases import Case, Request, Row
from evals.harness.figures import Column
from evals.harness.tokens import count, count_message
from evals.suites.made_outputs import Output
from evals.suites.needs import score
from evals.suites.needs import totals as totals
from evals.suites.output_cases import outputs

RECORDED = "command_outputs.json.gz"
MIN_TOKENS = 900  # tokens of an output, minimum: a tenth of less holds little more than a marker
COLUMNS = (
    Column("tokens before", "before", "tokens"),
    Column("tokens", "after", "percent", over="before"),
    Column("met", "met", "percent"),
    Column("kept", "kept"),
)


def case(output: Output, share: float, given: argparse.Namespace) -> Case:
    """One output as a request: what was asked for, the call of a shell, and its result."""
    arguments = json.dumps({"command": output.command}, ensure_ascii=False)
    call = {"id": "call_1", "type": "function", "function": {"name": "bash", "arguments": arguments}}
    messages = [
        {"role": "user", "content": output.query or f"Run {output.command}"},
        {"role": "assistant", "content": None, "tool_calls": [call]},
        {"role": "tool", "tool_call_id": "call_1", "content": output.text},
    ]
    whole = sum(map(count_message, messages))
    target = whole - count(output.text) + int(share * count(output.text))
    request = Request(messages, target, target, fixed=frozenset({0, 1}), seed=given.seed, model=given.model)
    group = f"{share:.0%}/{output.group}"
    return Case(output.name, group, output.name, request, partial(score, output.needs))


def recorded(path: Path) -> Iterator[Output]:
    """The outputs of coding agents in the data folder."""
    with gzip.open(path, "rt", encoding="utf-8") as stream:
        for number, row in enumerate(json.load(stream)):
            yield Output(f"recorded {number}", "recorded", row["cmd"], row["out"], ())


def parsed(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    """The options of the command line."""
    parser = options.bare("outputs", __doc__ or "")
    add = parser.add_argument
    add("--data", metavar="PATH", help='a folder of data; "sample": only what is made on the spot')
    add(
        "--shares",
        type=options.numbers,
        default=[0.1, 0.2, 0.3],
        metavar="A,B",
        help="shares of the tokens (0.1,0.2,0.3)",
    )
    add("--only", metavar="TEXT", default="", help="only outputs whose name has this text")
    options.contenders(parser, COMPRESSORS, "head+tail,compresskit,shorten")
    options.running(parser)
    given = parser.parse_args(arguments)
    os.environ.setdefault("LITELLM_LOCAL_MODEL_COST_MAP", "True")
    return given


def main(arguments: Sequence[str] | None = None) -> int:
    """The command; returns its exit code."""
    given = parsed(arguments)
    return reporting.report("outputs", given, COLUMNS, partial(_rows, given), totals=totals)


def _rows(given: argparse.Namespace) -> tuple[list[Path], list[Row]]:
    paths = [] if given.data == "sample" else [path for path in [data.folder(given.data) / RECORDED] if path.exists()]
    found = [*outputs(given.only), *(output for path in paths for output in recorded(path))]
    chosen = [output for output in found if given.only in output.name and count(output.text) >= MIN_TOKENS]
    cases = [case(output, share, given) for share in given.shares for output in chosen]
    return paths, running.run(cases, given.compressors, given, paths)
