"""python -m evals NAME …: one command for every eval. `python -m evals NAME --help` says what an eval measures.

Not installed with compresskit: a top-level package `evals` would clash with others of that name, and the evals read
their samples and each other in place. They run from the repository, or the source distribution.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from difflib import get_close_matches
from importlib import import_module
from importlib.util import find_spec

EVALS = {  # name -> module of this package, and what it is
    "swe-bench": (
        "suites.swe_bench",
        "code that a fix changes: how much is still readable, and patches of real models",
    ),
    "humaneval": ("suites.humaneval", "code that a task needs, among distractors: pass@1 of real models"),
    "multihop-qa": ("suites.multihop_qa", "sentences that answer a multi-hop question: how many are still readable"),
    "needle": ("suites.needle", "needles in long texts, by depth and length"),
    "longbench-v2": ("suites.longbench_v2", "questions over long contexts, answered by real models"),
    "agent-points": (
        "suites.agent_points",
        "names and numbers that an agent's next action uses: how many are still readable",
    ),
    "needs": (
        "suites.needs",
        "what requests of many kinds and layouts need: how much is still readable, group by group",
    ),
    "outputs": (
        "suites.outputs",
        "outputs of commands: how much of what matters is still readable at a few of their tokens",
    ),
    "gather": ("suites.gather", "groups of cases for needs, from public repositories on this machine"),
    "fit": (
        "suites.fit",
        "weights chosen on some families of requests, and measured on the family that was left out",
    ),
    "ablate": (
        "suites.ablate",
        "retention with and without a mechanism, or with another weight, on the same cases",
    ),
    "bill": ("suites.bill", "the cost of whole agent runs with prompt caching"),
    "frameworks": ("suites.frameworks", "whole agent runs with our middleware and with those of LangChain"),
    "shrink": ("suites.shrink", "prose in fewer words: how much of it is left, and what a small model reads from it"),
    "local-model": ("suites.local_model", "questions over long conversations, answered by a real model"),
    "probes": ("suites.probes", "numbers, places and errors of tool results, and hostile text in them"),
    "invariants": (
        "suites.invariants",
        "calls, sources and tracebacks of an agent conversation: which of them are still as they were",
    ),
    "answers": ("suites.answers", "answers of a real model over five groups, with paired intervals; asked in turn"),
    "bench": ("suites.bench", "time and memory of compress()"),
    "token-factors": ("suites.token_factors", "tokens of other models for each token that is counted"),
    "fuzz": ("suites.fuzz", "conversations that break a law of compress(), made up and cut out of recorded runs"),
    "report": ("report", "one HTML page from records"),
    "figures": ("report.readme", "the figures of README and documentation, from records"),
}


def main(arguments: Sequence[str] | None = None) -> int:
    """The command; returns the eval's exit code, or 2 for a name that is none."""
    name, *others = list(sys.argv[1:] if arguments is None else arguments) or [""]
    there = {name: entry for name, entry in EVALS.items() if find_spec(f"evals.{entry[0]}")}
    if name in ("-h", "--help"):
        print(usage(there))
        return 0
    if name not in there:
        near = get_close_matches(name.replace("_", "-"), there, n=1)
        said = f"no eval {name!r}" + (f"; did you mean {near[0]!r}?" if near else "") if name else "which eval?"
        print(f"{said}\n\n{usage(there)}", file=sys.stderr)
        return 2
    return int(import_module(f"evals.{there[name][0]}").main(others))


def usage(there: dict[str, tuple[str, str]]) -> str:
    """All names with a line each."""
    width = max(map(len, there))
    lines = [f"  {name:<{width}}  {told}" for name, (_, told) in there.items()]
    return "\n".join(["usage: python -m evals NAME [options]; NAME --help for its options", "", *lines])


if __name__ == "__main__":
    sys.exit(main())
