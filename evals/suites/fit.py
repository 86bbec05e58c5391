"""Fits the weights that decide what is kept, and measures them on families of requests that they never saw.

A family is a data set in all its layouts, a file of needs, or a repository of SWE-bench. The cases are those of needs,
and with --load the conversations that swe-bench saved. compress() itself is measured with other values of each weight,
one at a time; evals/suites/fit_values.py has the values. For every family the weights are then chosen by the figures of
all others: each weight takes the value that is best on average over them, if its gain is larger than its own
standard error and than 0.001. If the chosen values together are worse than the best of them alone, that one is taken.

kept        share of the needs that are readable (see needs); of SWE-bench, lines of the fix
hunks       whole hunks of the fix, and files of which any line is readable
files
difference  with the weights chosen on the other families less with the present ones, case by case
met         share of the cases at or under the target

"present" are the weights as they are, and "left out" those that were chosen without the family. The table of weights
shows the effect of each value: its mean over the families, and the families that lose and gain most. Every value is
measured on three cases of each family. Only the best value of a weight that gains there is measured further. The first
eight cases of each group of needs, on which the rules were developed, are passed over.

Nothing is changed: weights are written into the weights.py of their package by hand. The present weights were chosen
with these data in view, so the figures are those of a method that only has to find weights at least as good.
"""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from hashlib import blake2b
from itertools import chain, zip_longest
from pathlib import Path
from statistics import fmean, stdev
from typing import Any

from rich.console import Console
from rich.table import Table

from evals.harness import data, engine, options, reporting, running
from evals.harness.baselines import COMPRESSORS
from evals.harness.cases import Case, Outcome, Row, Scores
from evals.harness.figures import Column
from evals.harness.remembering import remembered
from evals.suites import ablate, needs, swe_bench
from evals.suites.fit_values import TRIED

Values = Mapping[str, Any]  # "package.field" -> value
Effects = Mapping[str, Mapping[str, float]]  # change -> family -> mean difference

LIMIT = 12  # cases of a family, unless --limit says otherwise
SCREENED = 3  # cases of a family on which every value is measured
MIN_MOVE = 0.002  # difference in a family, minimum, for a change that matters to it
MIN_GAIN = 0.001  # difference below which a value is as good as the present one
PRESENT, LEFT_OUT = "present", "left out"
MEASURES = ("kept", "hunks", "files", "met")
COLUMNS = (
    Column("kept", "kept"),
    Column("hunks", "hunks"),
    Column("files", "files"),
    Column("difference", "difference", "difference"),
    Column("met", "met", "percent"),
)


def family_of(group: str) -> str:
    """The groups that are left out together.

    >>> [family_of(group) for group in ("2wiki/bare/one", "agents/openai/40", "needs/fix-jq", "needs/en-xquad")]
    ['2wiki', 'agents/openai', 'needs/fix-jq', 'needs/xquad']
    """
    first, second = group.split("/")[:2]
    if first == "needs":
        return f"needs/{second.split('-')[-1] if second.endswith('-xquad') else second}"
    return first if first in ("2wiki", "hotpot", "musique", "sample") else f"{first}/{second}"


def changes(tried: Mapping[str, Sequence[Any]] = TRIED) -> dict[str, Values]:
    """Every change of one weight, by its name in the table.

    >>> changes({"relevance.recency": (0.0, 0.2)})
    {'relevance.recency=0.0': {'relevance.recency': 0.0}, 'relevance.recency=0.2': {'relevance.recency': 0.2}}
    """
    return {f"{name}={value}": {name: value} for name, values in tried.items() for value in values}


def run_case(case: Case, variants: Mapping[str, Values], others: Sequence[str] = ()) -> Row:
    """One row: the measures of a case with the weights of every variant, and of other compressors."""
    with remembered():
        rows = {name: _measured(case, values) for name, values in variants.items()}
    rows |= {name: running.run_one(case, name) for name in others}
    place = {"case": case.name, "group": case.group, "unit": case.unit, "compressor": "compresskit"}
    found = {name: row.get("error") or {each: row.get(each) for each in MEASURES} for name, row in rows.items()}
    return {**place, "measures": found}


def _measured(case: Case, values: Values) -> Row:
    with ablate.weights(values):
        return running.run_one(case, "compresskit")


def effects(rows: Iterable[Row]) -> dict[str, dict[str, float]]:
    """The mean difference of every variant, by family."""
    found: dict[str, dict[str, list[float]]] = {}
    for row in rows:
        present = _kept(row, PRESENT)
        for name in row["measures"] if present is not None else ():
            kept = _kept(row, name)
            if name != PRESENT and kept is not None and present is not None:
                found.setdefault(name, {}).setdefault(row["group"], []).append(kept - present)
    return {name: {family: fmean(each) for family, each in of.items()} for name, of in found.items()}


def _kept(row: Row, variant: str) -> float | None:
    measures = row.get("measures", {}).get(variant)
    return measures["kept"] if isinstance(measures, dict) else None


def promising(found: Effects, named: Mapping[str, Values], families: Sequence[str]) -> list[str]:
    """The changes that would be chosen for any family if one could be sure of them."""
    without = ([each for each in families if each != left] for left in families)
    return sorted({name for others in without for gain, _, name in _best(found, named, others) if gain > MIN_GAIN})


def chosen(found: Effects, named: Mapping[str, Values], families: Sequence[str]) -> tuple[str, ...]:
    """The changes that are best on these families, at most one of each weight, the best first.

    >>> found = {"a=1": {"x": 0.1, "y": 0.1}, "a=2": {"x": 0.0, "y": 0.1}, "b=1": {"x": -0.1, "y": 0.1}}
    >>> chosen(found, {"a=1": {"a": 1}, "a=2": {"a": 2}, "b=1": {"b": 1}}, ["x", "y"])
    ('a=1',)
    """
    return tuple(name for gain, error, name in _best(found, named, families) if gain > max(error, MIN_GAIN))


def _best(found: Effects, named: Mapping[str, Values], families: Sequence[str]) -> list[tuple[float, float, str]]:
    """The best change of each weight with its gain and the standard error of that, the best first."""
    best: dict[str, tuple[float, float, str]] = {}
    for name, of in found.items():
        each = [of.get(family, 0.0) for family in families]
        error = stdev(each) / len(each) ** 0.5 if len(each) > 1 else 0.0
        (weight,) = named[name]
        best[weight] = max(best.get(weight, (-1.0, 0.0, "")), (fmean(each), error, name))
    return sorted(best.values(), reverse=True)


def best_of(picked: Sequence[str], found: Effects, families: Sequence[str]) -> str:
    """The name of what is taken of the chosen changes: all together, or the best alone; the present weights if none."""
    if not picked:
        return PRESENT
    both = joined(picked)
    return max(both, picked[0], key=lambda name: fmean(found[name].get(family, 0.0) for family in families))


def joined(names: Sequence[str]) -> str:
    """The name of several changes together."""
    return " ".join(names)


def of_families(cases: Iterable[Case], limit: int) -> list[Case]:
    """So many cases of each family, spread over its groups, or one of each group; the family is their group."""
    groups: dict[str, dict[str, list[Case]]] = {}
    for case in cases:
        of = groups.setdefault(family_of(case.group), {})
        members = of.setdefault(case.group, [])
        name = f"{case.group} {case.name} {len(members)}"  # data may have two cases of one name
        members.append(replace(case, group=family_of(case.group), name=name))
    found: list[Case] = []
    for of in groups.values():
        # the groups begin at different cases, so that a family in eight layouts is not one question eight times
        turned = [each[place % len(each) :] + each[: place % len(each)] for place, each in enumerate(of.values())]
        found += [case for case in chain.from_iterable(zip_longest(*turned)) if case is not None][: max(limit, len(of))]
    return found


def patches(folder: str, given: argparse.Namespace) -> tuple[Sequence[Path | data.Source], list[Case]]:
    """The conversations that swe-bench saved, by repository. Those of small repositories are one family."""
    paths, found = swe_bench.chosen(swe_bench.parsed(["--retention", "--load", folder, "--seed", str(given.seed)]))
    repositories = [case.name.rsplit("-", 1)[0].replace("__", "-") for case in found]
    sizes = Counter(repositories)
    names = [name if sizes[name] >= SCREENED else "others" for name in repositories]
    return paths, [
        replace(case, group=f"swe-bench/{name}", score=partial(_lines, case.score))
        for case, name in zip(found, names, strict=True)
    ]


def _lines(scored: Callable[[Outcome], Scores], outcome: Outcome) -> Scores:
    found = scored(outcome)
    return {**found, "kept": found["lines"]}


def parsed(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    """The options of the command line."""
    parser = options.bare("fit", __doc__ or "")
    add = parser.add_argument
    add("--data", metavar="PATH", help='a folder of data; "sample": the small cases in evals/samples')
    add("--groups", metavar="A,B", default="*", help="groups to fit and measure on, as in needs (default: all)")
    add("--load", metavar="DIR", help="conversations that swe-bench saved, to fit and measure on too")
    add("--weights", type=_weights, default=TRIED, metavar="A,B", help="weights to try (default: all of fit_values.py)")
    options.contenders(parser, COMPRESSORS, "head+tail,litellm")
    add("--limit", type=options.positive, default=LIMIT, metavar="N", help=f"cases of a family ({LIMIT})")
    options.running(parser)
    return parser.parse_args(arguments)


def _names(text: str) -> list[str]:
    return [name for name in text.split(",") if name]


def _weights(text: str) -> dict[str, tuple[Any, ...]]:
    unknown = [name for name in _names(text) if name not in TRIED]
    if unknown:
        raise argparse.ArgumentTypeError(f"{unknown[0]!r} is not tried; there are {', '.join(TRIED)}")
    return {name: TRIED[name] for name in _names(text)}


def main(arguments: Sequence[str] | None = None) -> int:
    """The command; returns its exit code."""
    given = parsed(arguments)
    return reporting.report("fit", given, COLUMNS, partial(_rows, given), totals=needs.totals)


def _rows(given: argparse.Namespace) -> tuple[Sequence[Path | data.Source], list[Row]]:
    passed = {"--data": given.data, "--groups": given.groups, "--limit": given.limit, "--seed": given.seed}
    passed["--skip"] = 0 if given.data == "sample" else needs.LIMIT
    arguments = [word for key, value in passed.items() if value is not None for word in (key, str(value))]
    paths: list[Path | data.Source]
    paths, found = map(list, needs.chosen(needs.parsed(arguments)))
    if given.load:
        more, built = patches(given.load, given)
        paths, found = [*paths, *more], [*found, *built]
    cases = of_families(found, given.limit)
    if len({case.group for case in cases}) < 2:
        raise data.DataError("groups of two families or more are needed: one is left out, the others are fitted on.")
    return paths, fitted(cases, partial(_measure, given, paths), given.weights, given.compressors)


def _measure(
    given: argparse.Namespace,
    paths: Sequence[Path | data.Source],
    title: str,
    cases: Sequence[Case],
    variants: Mapping[str, Values],
    others: Sequence[str] = (),
) -> list[Row]:
    place = {"compressor": "compresskit"}
    what = blake2b(repr((variants, others)).encode(), digest_size=4).hexdigest()  # a journal may be of other variants
    items = [
        engine.Item(
            f"{title} {what} | {case.name}",
            (case, variants, others),
            {**place, "case": case.name, "group": case.group, "unit": case.unit},
        )
        for case in cases
    ]
    return engine.execute(items, run_case, given, title=title, data=paths)


def fitted(
    cases: Sequence[Case],
    measure: Callable[..., list[Row]],
    tried: Mapping[str, Sequence[Any]],
    others: Sequence[str] = (),
) -> list[Row]:
    """The rows of the present weights, of those chosen without the family of a case, and of other compressors."""
    named = changes(tried)
    families = list(dict.fromkeys(case.group for case in cases))
    without = {family: [each for each in families if each != family] for family in families}
    first = [case for family in families for case in [one for one in cases if one.group == family][:SCREENED]]
    names = {case.name for case in first}
    rows = measure("screening", first, {PRESENT: {}, **named})
    able = promising(effects(rows), named, families)
    rest = [case for case in cases if case.name not in names]
    rows = _merged(rows, measure("measuring", rest, {PRESENT: {}, **{name: named[name] for name in able}}))
    found = effects(rows)
    singles = {name: found[name] for name in able}
    picked = {family: chosen(singles, named, without[family]) for family in families}
    whole = chosen(singles, named, families)
    together = {joined(each): _together(each, named) for each in (whole, *picked.values()) if len(each) > 1}
    rows = _merged(rows, measure("together", cases, {PRESENT: {}, **together}, others))
    found = effects(rows)
    taken = {family: best_of(picked[family], found, without[family]) for family in families}
    _show(found, families, taken, best_of(whole, found, families))
    return [line for row in rows for line in _lines_of(row, taken[row["group"]], others)]


def _merged(rows: Sequence[Row], more: Sequence[Row]) -> list[Row]:
    """The rows with the measures of all stages, a row for each case."""
    found: dict[str, Row] = {}
    for row in (*rows, *more):
        known = found.get(row["case"], {}).get("measures", {})
        found[row["case"]] = {**row, "measures": {**known, **row.get("measures", {})}}
    return list(found.values())


def _together(names: Sequence[str], named: Mapping[str, Values]) -> Values:
    return {key: value for name in names for key, value in named[name].items()}


def _lines_of(row: Row, taken: str, others: Sequence[str]) -> Iterator[Row]:
    """The rows of a case: of other compressors, of the present weights, and of those that never saw its family."""
    place = {key: row[key] for key in ("case", "group", "unit")}
    present = _kept(row, PRESENT)
    for compressor, variant in [*((name, name) for name in others), (PRESENT, PRESENT), (LEFT_OUT, taken)]:
        measures = row["measures"].get(variant, row["error"] or "it was not measured")
        if isinstance(measures, str):
            yield {**place, "compressor": compressor, "error": measures}
            continue
        kept = measures["kept"]
        known = compressor == LEFT_OUT and kept is not None and present is not None
        yield {
            **place,
            "compressor": compressor,
            "error": None,
            **measures,
            "difference": kept - present if known else None,
        }


def _show(found: Effects, families: Sequence[str], taken: Mapping[str, str], whole: str) -> None:
    """Prints the effect of each change, and what was chosen."""
    table = Table(title="weights", title_justify="left")
    for heading in ("change", "mean", "families moved", "loses most", "gains most", "chosen without"):
        table.add_column(heading, justify="right" if heading in ("mean", "families moved") else "left", no_wrap=True)
    idle = []
    for name, of in found.items():
        moved = [family for family in families if abs(of.get(family, 0.0)) >= MIN_MOVE]
        if not moved:
            idle.append(name)
            continue
        mean = fmean(of.get(each, 0.0) for each in families)
        low, high = min(of, key=lambda each: of[each]), max(of, key=lambda each: of[each])
        ends = (f"{each} {of[each]:+.3f}" if of[each] else "" for each in (low, high))
        folds = sum(name in one.split() for one in taken.values())
        table.add_row(name, f"{mean:+.4f}", str(len(moved)), *ends, str(folds or ""))
    Console(width=160).print(table)
    print(f"moves no family: {', '.join(idle) or 'none'}")
    print(f"chosen on all families: {whole}")
