"""Looks for conversations that break a law of compress(): made up, cut out of recorded runs, mixed and edited.

Every chain is a conversation that grows turn by turn (see `fuzz_chains`) with options, budgets, edits, cache marks
and quoted markers drawn from one number, its seed. After every turn the laws are judged (see `fuzz_laws`): nothing is
lost, every key resolves, the request is as valid as it was by the rules of the strictest provider (see `validity`),
tokens are counted in full, the target holds or the floor is named, what was sent stays, the input is not changed,
the same request gives the same bytes and costs no more, answers to a model's calls never raise.

It prints how often each option was tried, and every broken law with the seeds of its chains. `--only SEED` runs one
chain again and tells it turn by turn; `--save FILE` writes the calls that break a law as JSON. The recorded runs are
those of the data folder where there is one: a seed gives the same chain with the same data (`--data none`: without).

exit codes: 0 no law was broken; 1 at least one was; 2 wrong arguments, or no data where --data says
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import time
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

from compresskit import Compressed
from evals.harness import data, options

from .fuzz_chains import Chain, Run, Turn

_RUNS = ("agents_openai", "agents_anthropic", "agents_intercode", "agents_plain")
_OUTPUTS = "command_outputs.json.gz"
_SEEDS = 1_000_000  # chains of one --seed; the next one's begin behind them
_SHOWN = 5  # seeds of every broken law


@dataclass
class Found:
    """What the chains tried, and what broke."""

    calls: Counter[str] = field(default_factory=Counter)
    chains: int = 0
    seeds: dict[str, list[int]] = field(default_factory=dict)  # broken law -> seeds of chains
    turns: dict[str, tuple[int, Turn]] = field(default_factory=dict)  # broken law -> the first turn that breaks it

    def add(self, seed: int, chain: Chain, turns: Iterable[Turn]) -> None:
        """Plays a chain to its end."""
        for turn in turns:
            for law in turn.broken:
                name = kind_of(law)
                seeds = self.seeds.setdefault(name, [])
                seeds += [seed] if seed not in seeds[-1:] else []
                self.turns.setdefault(name, (seed, turn))
        self.calls += chain.calls
        self.chains += 1


def kind_of(law: str) -> str:
    """A broken law without what differs from chain to chain.

    >>> kind_of("valid: id twice: call_7")
    'valid: id twice'
    """
    name, *details = law.split(": ")
    return ": ".join([name, *details[:1]])


def main(arguments: Sequence[str] | None = None) -> int:
    """The command; returns its exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m evals fuzz",
        description=__doc__,
        allow_abbrev=False,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    add("--minutes", type=lambda text: options.numbers(text)[0], default=1.0, metavar="N", help="(default: 1)")
    add("--calls", type=options.positive, metavar="N", help="stop after so many calls of compress(), not by time")
    add("--seed", type=int, default=0, help="of all chains (default: 0)")
    add("--only", type=int, metavar="SEED", help="one chain, by the seed that was printed, told turn by turn")
    add("--save", metavar="FILE", help="write the first call that breaks each law as JSON")
    add("--data", metavar="PATH", help='a folder with recorded runs, or "none" (default: as of the other evals)')
    given = parser.parse_args(arguments)
    try:
        runs, texts = ([], []) if given.data == "none" else recorded(given.data)
    except data.DataError as error:
        print(f"fuzz: {error}", file=sys.stderr)
        return 2
    found = Found()
    if given.only is not None:
        chain = Chain(random.Random(given.only), runs, texts)
        found.add(given.only, chain, _told(chain))
    else:
        _many(given, found, runs, texts)
    if given.save:
        Path(given.save).write_text(json.dumps(_saved(found), indent=1), encoding="utf-8")
    _report(found)
    return int(bool(found.seeds))


def recorded(place: str | None) -> tuple[list[Run], list[str]]:
    """The recorded runs and outputs of commands in the data folder; none where there is no such folder."""
    names = [*(f"{name}.jsonl.gz" for name in _RUNS), _OUTPUTS]
    if place is None and not data.there(names):
        return [], []
    found = {path: data.rows(path) for path in data.find(names, place)}
    runs = [Run(row["format"], row["messages"]) for rows in found.values() for row in rows if "messages" in row]
    return runs, [row["out"] for rows in found.values() for row in rows if "out" in row]


def _many(given: argparse.Namespace, found: Found, runs: Sequence[Run], texts: Sequence[str]) -> None:
    until = time.monotonic() + 60 * given.minutes
    for seed in count(given.seed * _SEEDS):
        chain = Chain(random.Random(seed), runs, texts)
        found.add(seed, chain, chain.turns())
        if found.calls["calls"] >= given.calls if given.calls else time.monotonic() >= until:
            return


def _told(chain: Chain) -> Iterable[Turn]:
    for number, turn in enumerate(chain.turns()):
        told = {name: _brief(value) for name, value in turn.options.items() if value not in (None, False)}
        print(f"turn {number}: {len(turn.messages)} messages, {', '.join(f'{a}={b}' for a, b in told.items())}")
        print(f"  {chain.previous if not turn.broken or chain.previous is not None else 'no result'}")
        for law in turn.broken:
            print(f"  BROKEN {law}")
        yield turn


def _brief(value: Any) -> str:
    if isinstance(value, Compressed | dict | list):
        return f"<{len(value.messages) if isinstance(value, Compressed) else len(value)}>"
    text = str(value)
    return text if len(text) < 40 else text[:39] + "…"


def _saved(found: Found) -> list[dict[str, Any]]:
    rows = []
    for law, (seed, turn) in sorted(found.turns.items()):
        given = {
            name: {key: getattr(value, key) for key in value.__dataclass_fields__}
            if isinstance(value, Compressed)
            else asdict(value)
            if name == "prices" and value is not None
            else value
            for name, value in turn.options.items()
        }
        rows.append({"law": law, "seed": seed, "messages": turn.messages, "options": given})
    return rows


def _report(found: Found) -> None:
    print(f"{found.chains:,} chains")
    for name, times in sorted(found.calls.items()):
        print(f"  {times:>8,}  {name}")
    if not found.seeds:
        print("no law was broken")
    for law, seeds in sorted(found.seeds.items(), key=lambda item: (-len(item[1]), item[0])):
        more = ", …" if len(seeds) > _SHOWN else ""
        print(f"BROKEN in {len(seeds):,} chains: {law} (--only {', '.join(map(str, seeds[:_SHOWN]))}{more})")
