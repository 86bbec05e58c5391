"""The effect of one mechanism, or of any weight: retention with and without it, on the same cases.

Each mechanism of --without is left out by itself. Names joined by "+" are left out together, and "all" stands for each
of them in turn. --set changes single weights, all of them together. --list prints every mechanism and every weight with
its meaning and source. The defaults are always measured too.

readable    the eval's own figure: support (agent-points, multihop-qa), or lines (swe-bench --retention)
difference  the figure without the mechanism less the figure with it, case by case, with its paired 95 % bootstrap
            interval. Below 0 the mechanism helps.
kept        tokens after, as a share of the tokens before

A difference of less than 0.02 is mostly noise. A mechanism that shows no effect on these data may have one on others:
measure there (--data) before you remove it.
"""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import fields, replace
from difflib import get_close_matches
from functools import partial, reduce
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple

from compresskit._weights import listed, replaced
from compresskit.content import FORMS
from compresskit.markers import weights as markers
from compresskit.messages import weights as messages
from compresskit.plan import weights as plan
from compresskit.relevance import weights as relevance
from compresskit.tool_definitions import weights as tool_definitions
from compresskit.turns import weights as turns
from evals.harness import data, engine, options, reporting, running
from evals.harness.cases import Case, Row
from evals.harness.figures import Column
from evals.suites import agent_points, multihop_qa, swe_bench

Values = Mapping[str, Any]  # "package.field" -> value

PACKAGES = {
    "relevance": relevance,
    "markers": markers,
    "plan": plan,
    "turns": turns,
    "messages": messages,
    "tool_definitions": tool_definitions,
}
DEFAULTS = "defaults"


class Retention(NamedTuple):
    """An eval: its module, what is given to it in any case, and the key of its figure in a row."""

    module: ModuleType
    arguments: tuple[str, ...]
    figure: str


class Mechanism(NamedTuple):
    """What can be left out, and the weights that leave it out."""

    meaning: str
    values: Values


def _without_form(name: str) -> Values:
    return {"plan.compact_forms": frozenset(FORMS) - {name}}


EVALS = {
    "agent-points": Retention(agent_points, (), "support"),
    "multihop-qa": Retention(multihop_qa, (), "support"),
    "swe-bench": Retention(swe_bench, ("--retention",), "lines"),
}
MECHANISMS = {
    "fold-quotes": Mechanism("quoted lines in folds", {"plan.min_fold_frame_share": 2.0}),
    "marker-names": Mechanism(
        "names in markers",
        {"plan.names_share": 0.0, "plan.lasting_names_share": 0.0, "turns.excerpt_names_share": 0.0},
    ),
    "entities": Mechanism("value of entities", {"plan.entity_value": 0.0}),
    "signatures": Mechanism("signatures in gaps", {"plan.signatures_share": 0.0}),
    "diminishing": Mechanism("diminishing value of a text's next segment", {"plan.diminishing_factor": 1.0}),
    "first-line": Mechanism("weight of the first line", {"relevance.first_line_factor": 1.0}),
    "call-signals": Mechanism(
        "signals of the call that asked for a text",
        {"relevance.call_context": 0.0, "relevance.call_context_of_agents": 0.0},
    ),
    "repeats": Mechanism(
        "lower value of repeated and outdated text", {"plan.discounts_repeats": False, "plan.drops_outdated": False}
    ),
    "second-writing": Mechanism("second writing, of what the first left", {"plan.max_second_writing_tokens": 0}),
    "json-form": Mechanism("compact form of JSON", _without_form("JSON in short form")),
    "table-form": Mechanism("compact form of tables", _without_form("table in short form")),
    "search-form": Mechanism("compact form of search results", _without_form("search results in short form")),
    "listing-form": Mechanism("compact form of listings", _without_form("listing in short form")),
    "log-form": Mechanism("compact form of logs", _without_form("log in short form")),
    "outliers": Mechanism("lines and records unlike the others", {"relevance.odd_line": 0.0}),
    "own-words": Mechanism("sentences in words of their own", {"relevance.own_words": 0.0}),
    "density-sample": Mechanism("sample of how dense a text is", {"plan.density_sample_characters": 0}),
    "small-talk": Mechanism("runs of small messages", {"plan.small_talk_characters": 0}),
    "definition-hops": Mechanism("hops to definitions", {"relevance.definition_share": 0.0}),
    "title-hops": Mechanism("hops to what a hit names", {"relevance.title_share": 0.0}),
    "evidence": Mechanism("evidence for a document", {"relevance.evidence_share": 0.0}),
    "word-forms": Mechanism(
        "abbreviations, first letters and other endings of the query's words",
        {"relevance.abbreviation_share": 0.0, "relevance.beginning_share": 0.0, "relevance.stem_share": 0.0},
    ),
    "picked-rows": Mechanism("rows that the question picks out", {"relevance.max_picked_share": 0.0}),
    "mentions": Mechanism("exact names of the query", {"relevance.mentioned": 0.0, "relevance.defined": 0.0}),
    "neighbours": Mechanism("value that neighbours lend", {"relevance.neighbour_share": 0.0}),
    "recency": Mechanism("value of recent text", {"relevance.recency": 0.0}),
    "repeats-on-entry": Mechanism("text above that is not sent again", {"turns.min_repeated_share": 2.0}),
}
COLUMNS = (
    Column("tokens before", "before", "tokens"),
    Column("kept", "after", "percent", over="before"),
    Column("readable", "readable"),
    Column("difference", "difference", "difference"),
)
_READERS = {  # by the annotation of a weight
    "int": int,
    "float": float,
    "bool": lambda text: {"true": True, "false": False}[text.lower()],
    "tuple[float, ...]": lambda text: tuple(map(float, text.split(","))),
    "tuple[float, float, float]": lambda text: tuple(map(float, text.split(","))),
    "frozenset[str]": lambda text: frozenset(filter(None, text.split(","))),
}


@contextmanager
def weights(values: Values) -> Iterator[None]:
    """Weights of any package replaced for a while.

    >>> with weights({"plan.names_share": 0.0}):
    ...     plan.WEIGHTS.names_share
    0.0
    >>> plan.WEIGHTS.names_share
    0.06
    """
    with ExitStack() as stack:
        for name, value in values.items():
            package, _, field = name.partition(".")
            stack.enter_context(replaced(PACKAGES[package], **{field: value}))
        yield


def together(mechanisms: Sequence[str]) -> Values:
    """The weights that leave out several mechanisms; sets have what all of them leave.

    >>> sorted(together(["json-form", "entities"]))
    ['plan.compact_forms', 'plan.entity_value']
    """

    def joined(values: Values, name: str) -> Values:
        more = MECHANISMS[name].values
        both = {key: values[key] & more[key] for key in values.keys() & more if isinstance(more[key], frozenset)}
        return {**values, **more, **both}

    return reduce(joined, mechanisms, {})


def read_weight(text: str) -> tuple[str, Any]:
    """A weight and its value out of ``package.field=value``.

    >>> read_weight("plan.names_share=0"), read_weight("relevance.number_priors=0.1,0.2")
    (('plan.names_share', 0.0), ('relevance.number_priors', (0.1, 0.2)))
    """
    name, _, value = text.partition("=")
    types = {
        f"{package}.{field.name}": str(field.type)
        for package, module in PACKAGES.items()
        for field in fields(module.WEIGHTS)
    }
    if name not in types:
        near = get_close_matches(name, types, n=1)
        said = f"; did you mean {near[0]}?" if near else "; --list shows all weights"
        raise argparse.ArgumentTypeError(f"{name!r} is no weight{said}")
    try:
        return name, _READERS[types[name]](value)
    except (ValueError, KeyError) as error:
        raise argparse.ArgumentTypeError(f"{value!r} is no value of {name}; {types[name]} was expected") from error


def read_mechanisms(text: str) -> list[str]:
    """Names of mechanisms, comma-separated; some joined by "+".

    >>> read_mechanisms("entities,evidence+recency")
    ['entities', 'evidence+recency']
    """
    found = []
    for name in (part.strip() for part in text.split(",")):
        unknown = [one for one in name.split("+") if one not in MECHANISMS]
        if unknown and name != "all":
            near = get_close_matches(unknown[0], MECHANISMS, n=1)
            said = f"; did you mean {near[0]}?" if near else "; --list shows all mechanisms"
            raise argparse.ArgumentTypeError(f"{unknown[0]!r} is no mechanism{said}")
        found += MECHANISMS if name == "all" else [name]
    return found


def variants(given: argparse.Namespace) -> dict[str, Values]:
    """What is measured, by the name that it has in the table."""
    found: dict[str, Values] = {DEFAULTS: {}}
    found |= {f"without {name}": together(name.split("+")) for name in given.without}
    return found | ({f"set {' '.join(given.set)}": dict(map(read_weight, given.set))} if given.set else {})


def run_one(case: Case, variant: str, values: Values, figure: str) -> Row:
    """One row: compresskit on a case, with other weights."""
    with weights(values):
        row = running.run_one(case, "compresskit")
    return {**row, "compressor": variant, "readable": row.get(figure)}


def with_differences(rows: Sequence[Row]) -> list[Row]:
    """The rows, each with its figure less that of the defaults on the same case."""
    seen: Counter[tuple[str, str, str]] = Counter()  # data may have two cases of one name
    places = []
    for row in rows:
        place = row["group"], row["case"], row["compressor"]
        places.append((*place[:2], seen[place]))
        seen[place] += 1
    before = {
        place: row.get("readable") for place, row in zip(places, rows, strict=True) if row["compressor"] == DEFAULTS
    }

    def difference(row: Row, place: tuple[str, str, int]) -> float | None:
        own, other = row.get("readable"), before.get(place)
        return None if own is None or other is None or row["compressor"] == DEFAULTS else own - other

    return [{**row, "difference": difference(row, place)} for row, place in zip(rows, places, strict=True)]


def listing() -> str:
    """Every mechanism and every weight, as text."""
    width = max(map(len, MECHANISMS))
    lines = ["mechanisms (--without NAME)"]
    for name, (meaning, values) in MECHANISMS.items():
        lines.append(f"  {name:<{width}}  {meaning}: {', '.join(f'{key}={_shown(v)}' for key, v in values.items())}")
    lines += ["", "weights (--set PACKAGE.FIELD=VALUE)"]
    for package, module in PACKAGES.items():
        for name, value, meaning, source in listed(module):
            lines += [f"  {package}.{name} = {_shown(value)}", f"      {meaning}", f"      source: {source}"]
    return "\n".join(lines)


def _shown(value: Any) -> str:
    """A weight as --set takes it."""
    if isinstance(value, frozenset):
        return ",".join(sorted(value))
    return ",".join(map(str, value)) if isinstance(value, tuple) else str(value)


def main(arguments: Sequence[str] | None = None) -> int:
    """The command; returns its exit code."""
    parser = options.bare("ablate", __doc__ or "")
    add = parser.add_argument
    add("--without", type=read_mechanisms, action="extend", default=[], metavar="A,B+C", help="mechanisms to leave out")
    add("--set", action="append", default=[], metavar="PACKAGE.FIELD=VALUE", help="a weight to change; may be repeated")
    on = "agent-points,multihop-qa"
    add("--on", type=options.choices(EVALS), default=on, metavar="A,B", help=f"of {', '.join(EVALS)} (default: {on})")
    add("--list", action="store_true", help="print every mechanism and every weight, and measure nothing")
    add("--data", metavar="PATH", help='a data file or a folder; "sample": the small cases in evals/samples')
    add("--target", type=options.numbers, metavar="X,Y", help="as the evals have it (default: each eval's own)")
    add("--limit", type=options.positive, metavar="N", help="at most N runs, questions, instances of each group")
    add("--seed", type=int, default=0, help="for shuffling and the bootstrap (default: 0)")
    add("--repos", metavar="DIR", help="folder of clones for swe-bench")
    add("--load", metavar="DIR", help="conversations that swe-bench saved")
    options.running(parser)
    given = parser.parse_args(arguments)
    if given.list:
        print(listing())
        return 0
    try:
        for text in given.set:
            read_weight(text)
    except argparse.ArgumentTypeError as error:
        parser.error(f"argument --set: {error}")
    if not given.without and not given.set:
        parser.error("nothing to leave out: give --without NAME or --set PACKAGE.FIELD=VALUE; --list shows them all")
    return reporting.report("ablate", given, COLUMNS, partial(_rows, given))


def _rows(given: argparse.Namespace) -> tuple[list[Path | data.Source], list[Row]]:
    todo = variants(given)
    paths: list[Path | data.Source] = []
    items = []
    for name in given.on:
        module, _, figure = EVALS[name]
        used, found = module.chosen(module.parsed(_arguments(name, given)))
        paths += used
        for case in (replace(each, group=f"{name}: {each.group}") for each in found):
            for variant, values in todo.items():
                key = f"{case.group} | {case.name} at {case.request.target} | {variant}"
                place = {"case": case.name, "group": case.group, "unit": case.unit, "compressor": variant}
                items.append(engine.Item(key, (case, variant, values, figure), place))
    return paths, with_differences(engine.execute(items, run_one, given, title="ablating", data=paths))


def _arguments(name: str, given: argparse.Namespace) -> list[str]:
    """What an eval is given, as on its own command line."""
    passed = {"--data": given.data, "--limit": given.limit, "--seed": given.seed}
    if given.target:
        passed["--target"] = ",".join(map(str, given.target))
    if name == "swe-bench":
        passed |= {"--repos": given.repos, "--load": given.load}
    words = [word for key, value in passed.items() if value is not None for word in (key, str(value))]
    return [*EVALS[name].arguments, *words]
