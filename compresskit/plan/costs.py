"""Costs: the tokens of every form of every candidate, and the groups among which the budget chooses."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import replace
from itertools import chain, groupby
from typing import NamedTuple

from ..content import describe
from ..markers.keys import PLACEHOLDER, Keys
from ..markers.wording import FOLLOWS, Gap, Wording, looks_issued
from ..messages.parts import MESSAGE_TOKENS
from ..tokens.measure import Measure
from . import weights as tuning
from .candidates import Candidate, Judged
from .folds import beside_cost, fold_marker, price_quoted
from .groups import Atom
from .knapsack import Forms, Group, Knapsack
from .part_labels import labels_of
from .signatures import NO_SEGMENTS, signatures_in

_MIN_STUB = 12  # tokens of the smallest stub there is
_SLACK = 2  # tokens that a marker may cost more in its place than by itself


class Stubs(NamedTuple):
    """The lines that can replace a whole text."""

    described: str  # describes the text
    bare: str  # the shortest one
    tokens: int  # tokens of the shortest one


class Costs(NamedTuple):
    """The costs of a conversation in tokens, and the objects that they were counted with."""

    judged: Judged
    measure: Measure
    keys: Keys
    wording: Wording
    shape: str  # shape of the messages, in which folds are written
    groups: Sequence[Group]  # one for each atom
    tokens: Sequence[int]  # tokens of each candidate as it is
    stubs: Mapping[int, Stubs]  # stubs of each candidate that has forms outside of folds
    fold: int  # tokens of the first line of a fold, with its message
    sharing: Sequence[Sequence[int]]  # runs of candidates whose shortest stubs share one marker

    def knapsack(self, bare: bool = False) -> Knapsack:
        """A knapsack with everything in its cheapest form. ``bare`` makes every stub the shortest."""
        return Knapsack(self.groups, self.fold, self.judged.weights, self.judged.shown, bare, self.judged.acts)


def price_all(
    judged: Judged, measure: Measure, keys: Keys, wording: Wording, shape: str, unfoldable: Set[int]
) -> Costs:
    """The costs of every candidate in all its forms.

    Args:
        unfoldable: the numbers of atoms that must not fold after all.
    """
    beside = beside_cost(measure)
    tokens = [measure.count(one.block.text) for one in judged.candidates]
    stubs: dict[int, Stubs] = {}
    unquoted = [number for number, atom in enumerate(judged.atoms) if not atom.quoted or number in unfoldable]
    sharing = list(_sharing(judged, unquoted))
    sharers, starts = frozenset(chain.from_iterable(sharing)), [run[0] for run in sharing]
    shared = measure.count(wording.shared(999, PLACEHOLDER)) + _SLACK
    measure.begin(one.short for one in judged.candidates if one.short)

    def group(number: int, atom: Atom) -> Group:
        members = judged.turns[atom.first : atom.last + 1]
        foldable = atom.foldable and number not in unfoldable
        quoted = foldable and atom.quoted
        fixed = 0 if quoted else sum(map(measure.constant, members))
        forms: dict[int, Forms] = {}
        for place in judged.of(atom.first, atom.last):
            one = judged.candidates[place]
            if quoted:
                lines, found = price_quoted(one, judged.turns[one.block.message].role, measure, atom.many)
                fixed += lines
            else:
                split = bool(one.split.segments)
                found, stub = (
                    price(one, tokens[place], measure, keys, wording, shared if place in sharers else 0)
                    if split
                    else (None, None)
                )
                if stub is None:
                    fixed += tokens[place]
                else:
                    stubs[place] = stub
            if found is not None:
                forms[place] = found
        before, behind = (beside if turn.role == "assistant" else 0 for turn in (members[0], members[-1]))
        value, entities = judged.values[number], judged.entities[number]
        places = judged.of(atom.first, atom.last)
        marks = shared * (bisect_left(starts, places.stop) - bisect_left(starts, places.start))
        return Group(fixed, value, entities, forms, foldable, quoted, before, behind, atom.alone, marks)

    groups = [group(number, atom) for number, atom in enumerate(judged.atoms)]
    media = 99_999 if any(turn.media for turn in judged.turns) else 0
    fold = MESSAGE_TOKENS + measure.count(fold_marker(wording, 99_999, PLACEHOLDER, media)) + _SLACK
    return Costs(judged, measure, keys, wording, shape, groups, tokens, stubs, fold, sharing)


def _sharing(judged: Judged, numbers: Iterable[int]) -> Iterator[list[int]]:
    """Runs of candidates whose shortest stubs can be one marker: texts in succession, of one atom or of the system.

    Args:
        judged: The conversation.
        numbers: The atoms whose texts have stubs, in order.
    """

    def key(one: tuple[int, int]) -> tuple[int, bool]:
        """The atom, the same for all system messages; and whether the text can share a marker."""
        number, place = one
        candidate = judged.candidates[place]
        role = judged.turns[candidate.block.message].role
        plain = not (candidate.protected or candidate.must or candidate.again or candidate.rule)
        shares = plain and bool(candidate.split.segments) and not looks_issued(candidate.block.text)
        return -1 if role == "system" else number, shares and role != "assistant"

    atoms = ((number, judged.atoms[number]) for number in numbers)
    places = ((number, place) for number, atom in atoms for place in judged.of(atom.first, atom.last))
    for (_, shares), group in groupby(places, key):
        run = [place for _, place in group] if shares else []
        if len(run) >= tuning.WEIGHTS.min_shared_texts:
            yield run


def price(
    one: Candidate, count: int, measure: Measure, keys: Keys, wording: Wording, shared: int = 0
) -> tuple[Forms, Stubs] | tuple[None, None]:
    """The costs of a text's forms and its stubs; None if a marker is not worth it.

    Args:
        one: The text.
        count: Its tokens.
        measure, keys, wording: What it is counted and written with.
        shared: The tokens of a marker that its shortest stub shares with others; 0 if it has one of its own.
    """
    text = one.block.text
    follows = measure.count(FOLLOWS) + 1
    least_gain = tuning.WEIGHTS.min_stub_gain_tokens
    if keys.must_stay(text) or (shared and count <= follows):
        return None, None
    if count < least_gain + _MIN_STUB:
        if not shared or len(one.split.segments) > 1:
            return None, None
        forms = Forms(
            count, count, follows, 0, 0, 0, [count], one.values, one.entities, picked=one.picked, shared=shared
        )
        return forms, Stubs(text, text, count)
    key = keys.name(text)
    # every encoding cuts a key from the words around it, so these words are counted once for all texts
    longer = measure.count(f" {key}") - measure.count(f" {PLACEHOLDER}")
    lines = text.count("\n") + (not text.endswith("\n"))
    nines = 10 ** len(str(lines if lines > 1 else len(text))) - 1
    unit = "lines" if lines > 1 else "characters"
    costs = one.segment_tokens(measure)
    head = gap = more = 0
    if one.short:
        head = measure.count(f"{wording.short(one.form, key)}\n{one.head}") + _SLACK
        widest = wording.gap(Gap(nines - 1, nines), "") + "\n" if one.lines else ""
        gap = more = measure.count(widest) + _SLACK
        whole = min(count, head + sum(costs))
    else:
        largest = Gap(nines - 1, nines, unit)
        gap = measure.count(wording.gap(largest, PLACEHOLDER) + "\n") + longer + _SLACK
        more = measure.count(wording.gap(largest, "") + "\n") + _SLACK
        whole = count
    first = 1 if lines > 1 else 0
    bare = stub = measure.count(wording.gap(Gap(first, nines, unit), PLACEHOLDER)) + longer
    if count - bare < least_gain and not shared:
        return None, None
    shortest = described = wording.gap(Gap(first, lines if lines > 1 else len(text), unit), key)
    # a stub describes its text as long as it stays the cheapest form
    what = describe(text, one.split, one.block.call)
    words = wording.stub(lines, count, f"{what}, {one.again}" if one.again else what, key)
    if one.outlined and (outline := _outline(one, words, wording, measure)):
        described = shortest = outline
        bare = stub = measure.count(outline)
        if count - bare < least_gain:
            return None, None
    elif (tokens := measure.count(words)) <= min(
        whole, head + gap + min(costs)
    ) - _SLACK and count - tokens >= least_gain:
        described, stub = words, tokens
    labels = labels_of(one.split)
    said = [measure.count(f", {label.words} L{nines}") for label in one.split.labels]
    forms = Forms(
        whole, stub, bare, head, gap, more, costs, one.values, one.entities, one.stale, one.picked, one.must, one.most,
        labels, said,
    )  # fmt: skip
    if shared:
        forms = replace(forms, bare=follows, shared=shared)
    if (one.must and count - forms.least < least_gain) or count <= forms.stub:
        return None, None
    return forms, Stubs(described, shortest, bare)


def _outline(one: Candidate, stub: str, wording: Wording, measure: Measure) -> str:
    """A stub of code with its signatures, as many as a rule allows; "" if there are none."""
    text, split = one.block.text, one.split
    found = [
        words for number in range(len(split.segments)) for words in signatures_in(text, split, NO_SEGMENTS, number)
    ]
    most = one.rule.max_tokens if one.rule is not None else None
    while found:
        outline = wording.naming(stub, found)
        if most is None or measure.count(outline) <= most:
            return outline
        found = found[: len(found) * 4 // 5]
    return ""
