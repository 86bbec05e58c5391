"""What must hold in a compressed agent conversation if an agent is to go on with it, at several targets.

The conversation is the built-in one of `compresskit bench`: a file is read, searched and edited, and a test fails. It
is there in Anthropic's shape and in OpenAI's. The invariants are those of leanctx's benchmark for agents, with one more
for what an edit writes. A target is a share (--target) of its tokens.

source      the source code in a tool result is byte-identical
traceback   the traceback in a tool result is byte-identical
linkage     every call and every result is there, in order, under its id
inputs      what every call was given is as it was
new_str     the text that an edit writes is as it was
log         the log of heartbeats has become shorter
all         share of the conversations in which all of them hold
valid       share of the requests that an API would take
kept        tokens after, as a share of the tokens before
met         share at or under the target

compresskit-in-place is compresskit with folds=False; compresskit-rules also has a rule that keeps the results of the
tool that reads files, and one for tracebacks. The default settings fold old exchanges as a whole. Their ids and inputs
are then gone from the request together with their results, so they keep no linkage and no inputs.

--check ends with exit code 1 unless compresskit-rules keeps all invariants, and every request of compresskit is valid
and gives the originals back.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from compresskit.bench import INVARIANTS, broken, conversation
from evals.harness import options, reporting, running
from evals.harness.baselines import COMPRESSKIT, COMPRESSORS
from evals.harness.cases import Case, Outcome, Request, Row, Scores, fixed_messages
from evals.harness.figures import Column
from evals.harness.messages import Message
from evals.harness.tokens import count_request
from evals.harness.validity import breaches

TARGETS = "0.9,0.7,0.5,0.4,0.3"
DEFAULT = "everything,head+tail,masking,litellm,headroom,leanctx,compresskit,compresskit-in-place,compresskit-rules"
PROMISING = "compresskit-rules"
COLUMNS = (
    Column("kept", "after", "percent", over="before"),
    Column("met", "met", "percent"),
    *(Column(name, name, "percent") for name in INVARIANTS),
    Column("all", "all", "percent"),
    Column("valid", "valid", "percent"),
    Column("exact", "exact", "percent"),
)


def score(messages: list[Message], shape: str, outcome: Outcome) -> Scores:
    """Which invariants hold."""
    wrong = broken(messages, outcome.messages)
    return {
        **{name: float(name not in wrong) for name in INVARIANTS},
        "all": float(not wrong),
        "valid": float(not breaches(messages, outcome.messages, shape, None, outcome.tools)),
    }


def cases(given: argparse.Namespace) -> list[Case]:
    """The conversation in both shapes at every target."""
    found = []
    for share in given.target:
        for shape in ("anthropic", "openai"):
            messages = conversation(shape)
            target = int(share * count_request(messages))
            request = Request(messages, target, target, shape, fixed_messages(messages), given.seed, given.model)
            group = f"target {share:.0%}"
            found.append(Case(f"{shape} {share:g}", group, shape, request, partial(score, messages, shape)))
    return found


def main(arguments: Sequence[str] | None = None) -> int:
    """The command; returns its exit code."""
    parser = options.bare("invariants", __doc__ or "")
    add = parser.add_argument
    options.contenders(parser, COMPRESSORS, DEFAULT)
    add("--target", type=options.numbers, default=TARGETS, metavar="X,Y", help=f"shares (default: {TARGETS})")
    options.check(parser)
    options.running(parser)
    given = parser.parse_args(arguments)
    check = broken_promises if given.check else None
    return reporting.report("invariants", given, COLUMNS, partial(_rows, given), groups=_counted_in, check=check)


def broken_promises(rows: Sequence[Row]) -> list[str]:
    """What compresskit has broken of what it promises."""
    found = []
    for row in rows:
        if row["compressor"] not in COMPRESSKIT:
            continue
        place = f"{row['case']}, {row['compressor']}"
        if row["error"]:
            found.append(f"{place}: {row['error']}")
            continue
        names = [name for name in ("valid", "exact") if not row[name]]
        names += [name for name in INVARIANTS if row["compressor"] == PROMISING and not row[name]]
        found += [f"{place}: {name} does not hold" for name in names]
        if row["missed"]:
            found.append(f"{place}: over its target, which its floor allows")
    return found


def _rows(given: argparse.Namespace) -> tuple[list[Path], list[Row]]:
    return [], running.run(cases(given), given.compressors, given)


def _counted_in(row: Row) -> list[str]:
    return [row["group"], "all targets"]
