"""Which command makes which record. `python -m evals figures --run` runs those that need nothing but the data, within
minutes; the slow ones are run by name. What needs a model is added with --add."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from evals.report.reading import RecordError

_ROOT = Path(__file__).resolve().parents[3]


class Recipe(NamedTuple):
    """The arguments of a command that takes --json; ``slow`` is why it has to be asked for by name."""

    arguments: Sequence[str]
    slow: str = ""
    prompts: bool = False  # reads the prompts of SWE-bench that were built once


_EVALS = ("-m", "evals")
_CURVE = "one of the curves of the report, some minutes"
_BESIDE = "head+tail,compresskit,shorten,rtk's rules,headroom,shorten as rtk's rules,shorten as headroom"
RECIPES = {
    "swe-bench": Recipe((*_EVALS, "swe-bench", "--retention", "--embedder", "wordllama"), prompts=True),
    "multihop-qa": Recipe((*_EVALS, "multihop-qa", "--embedder", "wordllama")),
    "needs": Recipe((*_EVALS, "needs")),
    "outputs": Recipe(
        (*_EVALS, "outputs", "--data", "sample", "--contenders", _BESIDE),
        slow="it needs HEADROOM_PYTHON, a Python with headroom-ai",
    ),
    "agent-points": Recipe((*_EVALS, "agent-points", "--embedder", "wordllama")),
    "shrink": Recipe((*_EVALS, "shrink")),
    "bill": Recipe((*_EVALS, "bill"), slow="some minutes"),
    "bench": Recipe((*_EVALS, "bench"), slow="it measures time, and needs a machine that does nothing else"),
    "swe-bench-curve": Recipe(
        (*_EVALS, "swe-bench", "--retention", "--target", "3000,5000,7000,10000,15000"), slow=_CURVE, prompts=True
    ),
    "multihop-qa-curve": Recipe((*_EVALS, "multihop-qa", "--target", "0.1,0.2,0.3,0.4,0.5"), slow=_CURVE),
    "agent-points-curve": Recipe((*_EVALS, "agent-points", "--target", "0.2,0.4,0.6"), slow=_CURVE),
}


def chosen(names: Sequence[str], prompts: str | None) -> list[str]:
    """The records to make: those named, else all that are not slow. Without the prompts those that need them are an
    error where they were asked for by name, and else left out with a word on stderr."""
    unknown = [name for name in names if name not in RECIPES]
    if unknown:
        raise RecordError(f"no recipe for {', '.join(unknown)}; there are {', '.join(RECIPES)}.")
    wanted = list(names) or [name for name, recipe in RECIPES.items() if not recipe.slow]
    without = [name for name in wanted if RECIPES[name].prompts and not prompts]
    if not without:
        return wanted
    told = (
        f"{', '.join(without)} needs --prompts DIR: the prompts that `python -m evals swe-bench --retention "
        "--repos CLONES --save DIR` built."
    )
    if names:
        raise RecordError(told)
    print(f"figures: left out: {told}", file=sys.stderr)
    return [name for name in wanted if name not in without]


def run(name: str, into: Path, prompts: str | None) -> float:
    """Runs the command, which writes its record there; the seconds that took."""
    recipe = RECIPES[name]
    load = ["--load", str(prompts)] if recipe.prompts else []
    command = [sys.executable, *recipe.arguments, *load, "--json", str(into)]
    start = time.perf_counter()
    done = subprocess.run(command, cwd=_ROOT, stdout=subprocess.DEVNULL, check=False)
    if done.returncode or not into.exists():
        raise RecordError(f"{name}: `python {' '.join(recipe.arguments)}` ended with exit code {done.returncode}.")
    return time.perf_counter() - start
