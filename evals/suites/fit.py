"""Fits the weights of relevance on labelled requests, and measures them on groups that the fit did not see.

The value of a segment is a weighted sum of signals: the query's words, names, the call, links, neighbours, recency. A
share of it depends on the evidence for its document. A segment is positive if a need of its case is in it. Within each
case, positive segments are compared with those about which the budget ends: to be kept, a segment must be better than
they are. The fit is a logistic regression on these pairs, of what a segment is worth by the square root of its
characters, as the budget compares segments. It starts from the present weights, and a penalty holds it there as far as
the pairs say nothing else. No weight is below 0, and the words of the query are the unit. Every family of groups counts
the same: one data set in all its layouts, or one file of needs.

For every family the weights are fitted on all the others, and compress() is measured with them:

kept        share of the needs that are readable (see needs)
difference  with the fitted weights less with the present ones, case by case, with its paired 95 % bootstrap interval

The last table has the weights: the present ones, those fitted on all families, and the lowest and highest of the fits
without one family. Nothing is changed: weights are written into compresskit/relevance/weights.py by hand.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from rich.console import Console
from rich.table import Table

if not __package__:  # run as a file
    sys.path[0] = str(Path(__file__).resolve().parents[2])

from compresskit._weights import replaced
from compresskit.plan import candidates
from compresskit.relevance import Document
from compresskit.relevance import weights as relevance
from compresskit.relevance.score import signals
from compresskit.types import Query
from evals.harness import baselines, data, engine, options, reporting
from evals.harness.cases import Case, Row
from evals.harness.figures import Column
from evals.harness.tokens import count_request
from evals.suites import ablate, needs, passages

Values = dict[str, float]

# Signal -> the weights that multiply it. The first is the unit.
FIELDS: dict[str, tuple[str, ...]] = {
    "words": (),
    "own_call": ("own_call",),
    "call_context": ("call_context",),
    "mentioned": ("mentioned",),
    "defined": ("defined",),
    "linked": ("title_share",),
    "beside": ("neighbour_share",),
    "region": ("region_share",),
    "recency": ("recency",),
}
TRIED: Values = {}  # values to try of weights that are 0 at present: a new signal, before it is in use
MOST = {"title_share": 1.0, "neighbour_share": 0.9}  # shares cannot be more
EVIDENCE = (0.0, 0.2, 0.4, 0.6, 0.7, 0.8, 0.9)  # shares of evidence that are tried
PAIRS = 48  # pairs of a positive and another segment of each case
BAND = (0.5, 1.6)  # room that the better segments take, as a share of the budget: others are drawn from those between
STEPS = 25  # steps of Newton's method, more than it needs
RIDGE = 0.01  # penalty of multiples of the present weights, by their squared distance from the common one
COLUMNS = (
    Column("kept", "readable"),
    Column("difference", "difference", "difference"),
    Column("met", "met", "percent"),
)


class Pairs(NamedTuple):
    """Pairs of segments of one case.

    Attributes:
        signals: Of both segments of each pair (2, pairs, signals), over the square root of their characters.
        evidence: For their documents (2, pairs).
    """

    signals: np.ndarray
    evidence: np.ndarray


def family_of(group: str) -> str:
    """The groups that are left out together.

    >>> [family_of(group) for group in ("2wiki/bare/one", "agents/openai/40", "needs/fix-jq", "needs/en-xquad")]
    ['2wiki', 'agents/openai', 'needs/fix-jq', 'needs/xquad']
    """
    first, second = group.split("/")[:2]
    if first == "needs":
        return f"needs/{second.split('-')[-1] if second.endswith('-xquad') else second}"
    return f"{first}/{second}" if first == "agents" else first


@contextmanager
def recorded() -> Iterator[list[tuple[Sequence[Document], Query]]]:
    """What compress() scores meanwhile."""
    found: list[tuple[Sequence[Document], Query]] = []
    score = candidates.score

    def recording(documents: Sequence[Document], query: Query) -> list[list[float]]:
        found.append((documents, query))
        return score(documents, query)

    candidates.score = recording
    try:
        yield found
    finally:
        candidates.score = score


def pairs_of(case: Case, seed: int) -> Pairs | None:
    """Pairs of a positive and another segment; None if the case has none."""
    with recorded() as found:
        baselines.compresskit(case.request)
    if not found:
        return None
    documents, query = found[-1]
    with replaced(relevance, **TRIED):
        given = signals(documents, query)
    wanted = needs_of(case)
    positive = np.array([one for document in documents for one in positives(document, wanted)], dtype=bool)
    if not positive.any() or positive.all():
        return None
    sizes = np.maximum(1, np.array([end - start for document in documents for start, end, _ in document.segments]))
    rows = np.array([given.parts[name] for name in FIELDS]).T / np.sqrt(sizes)[:, None]
    evidence = np.array(given.evidence)
    present = np.array(given.values()) / np.sqrt(sizes)
    order = np.argsort(-present, kind="stable")
    room = np.cumsum(sizes[order]) / (case.request.target / count_request(case.request.messages) * sizes.sum())
    band = order[(room > BAND[0]) & (room < BAND[1])]
    band = band[~positive[band]]
    if not len(band) or not present[band].max() > 0:
        return None
    random = np.random.default_rng(seed)
    chosen = np.array([random.choice(np.flatnonzero(positive), PAIRS), random.choice(band, PAIRS)])
    return Pairs(rows[chosen] / present[band].mean(), evidence[chosen])


def needs_of(case: Case) -> Sequence[str]:
    """The texts that a case needs, of rows and questions or of a point."""
    known: Any = case.request.needs
    return tuple(known.args[0])


def positives(document: Document, wanted: Sequence[str]) -> list[bool]:
    """For each segment whether it has a part of a needed text, at the first place of that text in the document."""
    spans = []
    for need in wanted:
        said = next((said for said in passages.spellings(need) if said in document.text), "")
        if said:
            at = document.text.index(said)
            spans.append((at, at + len(said)))
    return [any(start < last and first < end for first, last in spans) for start, end, _ in document.segments]


def fitted(by_family: Mapping[str, Sequence[Pairs]]) -> Values:
    """The weights, as fields of relevance's weights, that tell positives from others best."""
    members = [pairs for pairs in by_family.values() if pairs]
    weights = np.concatenate([np.full(len(each) * PAIRS, 1 / (len(each) * PAIRS * len(members))) for each in members])
    rows = np.concatenate([pair.signals for each in members for pair in each], axis=1)
    evidence = np.concatenate([pair.evidence for each in members for pair in each], axis=1)
    best = min((_fit(rows, evidence, weights, share) for share in EVIDENCE), key=lambda fit: fit[0])
    _, share, found = best
    now = {**{name: getattr(relevance.WEIGHTS, name) for names in FIELDS.values() for name in names}, **TRIED}
    scaled = found / (found[0] or 1.0)
    values = {
        name: round(float(min(now[name] * factor, MOST.get(name, 2.0))), 2)
        for names, factor in zip(FIELDS.values(), scaled, strict=True)
        for name in names
    }
    return {**values, "evidence_share": share}


def _fit(rows: np.ndarray, evidence: np.ndarray, weights: np.ndarray, share: float) -> tuple[float, float, np.ndarray]:
    """Loss, share of evidence, and multiples of the signals' present weights: none negative."""
    both = rows * (1 - share * (1 - evidence))[:, :, None]
    differences = both[0] - both[1]
    present = np.array([name not in TRIED for name in FIELDS], dtype=float)
    scale = _newton((differences @ present)[:, None], weights, np.zeros(1), 1e-6)
    found = _newton(differences, weights, scale * present, RIDGE)
    return float(weights @ np.logaddexp(0, -(differences @ found))), share, found


def _newton(differences: np.ndarray, weights: np.ndarray, centre: np.ndarray, ridge: float) -> np.ndarray:
    """Factors of 0 or more for the signals, near the centre, with which the first of each pair is the better one."""
    found = centre + 0.1 * (centre == 0)
    for _ in range(STEPS):
        chance = 1 / (1 + np.exp(np.clip(differences @ found, -30, 30)))  # of taking the wrong one
        gradient = -(weights * chance) @ differences + ridge * (found - centre)
        curve = (differences * (weights * chance * (1 - chance))[:, None]).T @ differences
        free = (found > 0) | (gradient < 0)
        step = np.zeros_like(found)
        step[free] = np.linalg.solve(curve[np.ix_(free, free)] + ridge * np.eye(int(free.sum())), gradient[free])
        found = np.maximum(0.0, found - step)
    return found


def parsed(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    """The options of the command line."""
    parser = options.bare("fit", __doc__ or "")
    add = parser.add_argument
    add("--data", metavar="PATH", help='a folder of data; "sample": the small cases in evals/samples')
    add("--groups", metavar="A,B", default="*", help="groups to fit and measure on, as in needs (default: all)")
    add("--limit", type=options.positive, default=needs.LIMIT, metavar="N", help=f"cases of a group ({needs.LIMIT})")
    add("--seed", type=int, default=0, help="for drawing pairs and the bootstrap (default: 0)")
    options.running(parser)
    return parser.parse_args(arguments)


def main(arguments: Sequence[str] | None = None) -> int:
    """The command; returns its exit code."""
    given = parsed(arguments)
    return reporting.report("fit", given, COLUMNS, partial(_rows, given))


def _rows(given: argparse.Namespace) -> tuple[Sequence[Path | data.Source], list[Row]]:
    passed = {"--data": given.data, "--groups": given.groups, "--limit": given.limit, "--seed": given.seed}
    arguments = [word for key, value in passed.items() if value is not None for word in (key, str(value))]
    paths, cases = needs.chosen(needs.parsed(arguments))
    by_family: dict[str, list[Pairs]] = {}
    for case in cases:
        if pairs := pairs_of(case, given.seed):
            by_family.setdefault(family_of(case.group), []).append(pairs)
    if len(by_family) < 2:
        raise data.DataError("groups of two families or more are needed: one is left out, the others are fitted on.")
    folds = {
        family: fitted({name: members for name, members in by_family.items() if name != family}) for family in by_family
    }
    _show(folds, fitted(by_family))
    items = []
    for case in cases:
        family = family_of(case.group)
        if family not in folds:
            continue
        fields = {f"relevance.{name}": value for name, value in folds[family].items()}
        for variant, values in ((ablate.DEFAULTS, {}), ("left out", fields)):
            key = f"{case.group} | {case.name} | {variant}"
            place = {"case": f"{case.group} {case.name}", "group": family, "unit": case.unit, "compressor": variant}
            todo = replace(case, group=family, name=place["case"])
            items.append(engine.Item(key, (todo, variant, values, "kept"), place))
    return paths, ablate.with_differences(engine.execute(items, ablate.run_one, given, title="fitting", data=paths))


def _show(folds: Mapping[str, Values], whole: Values) -> None:
    table = Table(title="weights", title_justify="left")
    for heading in ("weight", "now", "fitted", "lowest", "highest"):
        table.add_column(heading, justify="left" if heading == "weight" else "right")
    for name, value in whole.items():
        others = [fold[name] for fold in folds.values()]
        now = getattr(relevance.WEIGHTS, name)
        table.add_row(name, *(f"{each:g}" for each in (now, value, min(others), max(others))))
    Console().print(table)


if __name__ == "__main__":  # under its own name, so that other processes find its functions
    sys.exit(import_module("evals.suites.fit").main())
