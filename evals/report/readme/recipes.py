"""Which command makes which record. `python -m evals figures --run` runs those of about a minute, `--run all` runs all,
and the slow ones also run by name. What needs a model is added with --add."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from evals.harness import peers
from evals.report.reading import RecordError

_ROOT = Path(__file__).resolve().parents[3]


class Recipe(NamedTuple):
    """The arguments of a command that takes --json; ``slow`` is why it has to be asked for by name."""

    arguments: Sequence[str]
    minutes: float  # of one of two cores, about; see `python -m evals figures --list`
    slow: str = ""
    prompts: bool = False  # reads the prompts of SWE-bench that were built once
    peers: bool = False  # runs compressors of other projects, which COMPRESSKIT_PEERS has
    figures: Sequence[str] = ()  # the figures that stay in a record of very many groups; empty: all


ALL = "all"
_EVALS = ("-m", "evals")
_CURVE = "one of the curves of the report, some minutes"
_SWE = (*_EVALS, "swe-bench", "--retention")
_BESIDE = "head+tail,compresskit,shorten,rtk's rules,headroom,shorten as rtk's rules,shorten as headroom"
_PRICES = (
    *("--prices", "gpt-4o,gpt-5,claude-sonnet-4-5,claude-haiku-4-5", "--lives", "5m,1h,none"),
    *("--requests", "40", "--limit", "3"),
    *("--compressors", "everything,window,masking,summaries,litellm,conversation-views"),
)
_WEIGHTS = (  # those that moved a figure of a family when all were tried
    *("relevance.call_context", "relevance.evidence_share", "relevance.defined", "relevance.first_line_factor"),
    *("relevance.neighbour_share", "relevance.title_share", "relevance.latest_weight", "relevance.section"),
    *("relevance.id_share", "plan.min_segment_characters", "plan.density_exponent", "plan.entity_value"),
)
_OF_PRICES = ("bill, in sum", "needing", "losing")
_OF_BILLS = ("bill, mean of runs", *_OF_PRICES, "dearer", "changed", "using", "copying", "failed")
RECIPES = {
    "invariants": Recipe((*_EVALS, "invariants"), 0.2, peers=True),
    "probes": Recipe((*_EVALS, "probes"), 0.6, peers=True),
    "swe-bench": Recipe((*_SWE, "--embedder", "wordllama"), 0.6, prompts=True),
    "multihop-qa": Recipe((*_EVALS, "multihop-qa", "--embedder", "wordllama"), 1.7),
    "needs": Recipe((*_EVALS, "needs"), 1.3),
    "fit": Recipe(
        (*_EVALS, "fit", "--limit", "20", "--weights", ",".join(_WEIGHTS)), 4.5, slow="some minutes", prompts=True
    ),
    "outputs": Recipe((*_EVALS, "outputs", "--data", "sample", "--contenders", _BESIDE), 1, peers=True),
    "agent-points": Recipe((*_EVALS, "agent-points", "--embedder", "wordllama"), 1),
    "shrink": Recipe((*_EVALS, "shrink"), 1),
    "bill": Recipe((*_EVALS, "bill"), 4.5, slow="some minutes", figures=_OF_BILLS),
    "bill-prices": Recipe((*_EVALS, "bill", *_PRICES), 2, slow="some minutes", figures=_OF_PRICES),
    "frameworks": Recipe((*_EVALS, "frameworks", "--limit", "6"), 10, slow="some minutes"),
    "bench": Recipe((*_EVALS, "bench"), 8, slow="it measures time, and needs a machine that does nothing else"),
    "swe-bench-curve": Recipe((*_SWE, "--target", "3000,5000,7000,10000,15000"), 2, slow=_CURVE, prompts=True),
    "multihop-qa-curve": Recipe((*_EVALS, "multihop-qa", "--target", "0.1,0.2,0.3,0.4,0.5"), 4, slow=_CURVE),
    "agent-points-curve": Recipe((*_EVALS, "agent-points", "--target", "0.2,0.4,0.6"), 1, slow=_CURVE),
}


def chosen(names: Sequence[str], prompts: str | None) -> list[str]:
    """The records to make: those named, all of them for "all", else all that are not slow. Without the prompts those
    that need them are an error where they were asked for by name, and else left out with a word on stderr."""
    whole = ALL in names
    if whole and len(names) > 1:
        raise RecordError(f"{ALL} is every record: leave the other names out.")
    names = [] if whole else names
    unknown = [name for name in names if name not in RECIPES]
    if unknown:
        raise RecordError(f"no recipe for {', '.join(unknown)}; there are {', '.join([ALL, *RECIPES])}.")
    wanted = list(names) or [name for name, recipe in RECIPES.items() if whole or not recipe.slow]
    told = {name: needs for name in wanted if (needs := _missing(RECIPES[name], prompts))}
    if told and names:
        raise RecordError("; ".join(f"{name} needs {needs}" for name, needs in told.items()))
    for name, needs in told.items():
        print(f"figures: {name} is left out: it needs {needs}", file=sys.stderr)
    return [name for name in wanted if name not in told]


def _missing(recipe: Recipe, prompts: str | None) -> str:
    """What a recipe needs and does not have; "" if it can run."""
    if recipe.prompts and not prompts:
        return (
            "--prompts DIR: the prompts that `python -m evals swe-bench --retention --repos CLONES --save DIR` built."
        )
    if recipe.peers and not os.environ.get(peers.ENVIRONMENT):
        return f"{peers.ENVIRONMENT}: the Python of a virtual environment with {' and '.join(peers.NAMES)}."
    return ""


def run(name: str, into: Path, prompts: str | None, journal: Path | None = None) -> float:
    """Runs the command, which writes its record there; the seconds that took. It goes on from the journal, if any."""
    recipe = RECIPES[name]
    more = ["--load", str(prompts)] if recipe.prompts else []
    more += ["--resume", str(journal)] if journal else []
    command = [sys.executable, *recipe.arguments, *more, "--json", str(into)]
    start = time.perf_counter()
    done = subprocess.run(command, cwd=_ROOT, stdout=subprocess.DEVNULL, check=False)
    if done.returncode or not into.exists():
        raise RecordError(f"{name}: `python {' '.join(recipe.arguments)}` ended with exit code {done.returncode}.")
    return time.perf_counter() - start


def listing() -> str:
    """Every record with the minutes that it takes, what it needs, and its command."""
    width = max(map(len, RECIPES))
    lines = [f"{ALL:<{width}}  {sum(recipe.minutes for recipe in RECIPES.values()):4.0f} min  all of these:"]
    for name, recipe in RECIPES.items():
        needs = [what for what, so in (("--prompts", recipe.prompts), (peers.ENVIRONMENT, recipe.peers)) if so]
        told = f"; {', '.join(needs)}" if needs else ""
        lines.append(f"{name:<{width}}  {recipe.minutes:4.1f} min  python {' '.join(recipe.arguments)}{told}")
    return "\n".join(lines)
