"""Every form of every text with what it costs, and the groups that the budget decides about."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

from ..content import describe
from ..markers.keys import STAND_IN, Keys
from ..markers.wording import Gap, Wording
from ..messages.parts import MESSAGE_TOKENS
from ..tokens.measure import Measure
from ..types import Turn
from . import name_hints
from . import weights as tuning
from .candidates import Entry, Judged
from .folds import beside_cost, price_told
from .groups import Atom
from .knapsack import Fit, Group, Piece

_MIN_STUB = 12  # tokens of the smallest stub there is
_SLACK = 2  # tokens by which a marker may cost more where it stands than by itself


@dataclass(slots=True)
class Layout:
    """All blocks of a conversation in order, and the groups that the budget decides about."""

    entries: list[Entry]
    groups: list[Group]
    fold_cost: int

    def tell_nothing(self) -> None:
        """Takes back what markers tell of what they hide."""
        for entry in self.entries:
            if entry.told:
                entry.told = {}
        name_hints.clear(self.groups)

    def fit(self, judged: Judged, bare: bool = False) -> Fit:
        """Everything in its cheapest form, stubs that say what they stand for or the shortest (``bare``) ones."""
        for entry in self.entries:
            if entry.piece is not None:
                entry.stub, entry.piece.stub = entry.bare if bare else entry.described
        return Fit(self.groups, self.fold_cost, judged.weights, judged.shown)


def lay_out(
    judged: Judged,
    turns: list[Turn],
    bound: list[Atom],
    measure: Measure,
    keys: Keys,
    wording: Wording,
    stay: frozenset[int],
) -> Layout:
    """Prices every block in all its forms.

    Args:
        stay: the numbers of atoms that must not fold after all.
    """
    groups = []
    beside = beside_cost(measure)
    upcoming = 0
    for number, atom in enumerate(bound):
        members = turns[atom.first : atom.last + 1]
        first = upcoming
        while upcoming < len(judged.entries) and judged.entries[upcoming].block.message <= atom.last:
            upcoming += 1
        entries = judged.entries[first:upcoming]
        fixed = sum(map(measure.constant, members))
        foldable = atom.foldable and number not in stay
        told = foldable and atom.told
        if told:
            fixed = 0
        for entry in entries:
            entry.within = told
            if told:
                fixed += price_told(entry, turns[entry.block.message].role, measure)
            else:
                _price(entry, measure, keys, wording)
                fixed += entry.tokens if entry.piece is None else 0
        pieces = [entry.piece for entry in entries if entry.piece is not None]
        group = Group(fixed, judged.worth[number], judged.facts[number], pieces, foldable, told)
        group.before = beside if members[0].role == "assistant" else 0
        group.behind = beside if members[-1].role == "assistant" else 0
        groups.append(group)
    fold = wording.fold(99_999, STAND_IN)
    return Layout(judged.entries, groups, MESSAGE_TOKENS + measure.count(fold) + _SLACK)


def _price(entry: Entry, measure: Measure, keys: Keys, wording: Wording) -> None:
    """Gives an entry its piece, with the cost of every form; none where a marker would not be worth it."""
    text, segments, source = entry.block.text, entry.split.segments, entry.source
    count = entry.tokens = measure.count(text)
    entry.piece = None
    least_gain = tuning.WEIGHTS.min_stub_gain_tokens
    if not segments or count < least_gain + _MIN_STUB or keys.exhausted(text):
        return
    key = keys.name(text)
    # a key is a word of its own for every encoding: what stands around it is counted once for all texts
    longer = measure.count(f" {key}") - measure.count(f" {STAND_IN}")
    lines = text.count("\n") + (not text.endswith("\n"))
    nines = 10 ** len(str(lines if lines > 1 else len(text))) - 1
    unit = "lines" if lines > 1 else "characters"
    marks = measure.tally(source).at([segment.start for segment in segments] + [len(source)])
    costs = [after - before for before, after in pairwise(marks)]
    head = gap = more = 0
    if entry.short:
        head = measure.count(f"{wording.short(entry.form, key)}\n{entry.head}") + _SLACK
        gap = more = _SLACK
        whole = min(count, head + marks[-1])
    else:
        widest = Gap(nines - 1, nines, unit)
        gap = measure.count(wording.gap(widest, STAND_IN) + "\n") + longer + _SLACK
        more = measure.count(wording.gap(widest, "") + "\n") + _SLACK
        whole = count
    first = 1 if lines > 1 else 0
    bare = measure.count(wording.gap(Gap(first, nines, unit), STAND_IN)) + longer
    if count - bare < least_gain:
        return
    # a stub says in a few words what it stands for, as long as it stays the cheapest form
    what = describe(text, entry.split, entry.block.call)
    described = wording.stub(lines, count, f"{what}, {entry.again}" if entry.again else what, key)
    tokens = measure.count(described)
    entry.bare = entry.described = (wording.gap(Gap(first, lines if lines > 1 else len(text), unit), key), bare)
    if tokens <= min(whole, head + gap + min(costs)) - _SLACK and count - tokens >= least_gain:
        entry.described = (described, tokens)
    entry.piece = Piece(
        whole, entry.described[1], head, gap, more, costs, entry.values, entry.facts, entry.stale, entry.picked
    )
