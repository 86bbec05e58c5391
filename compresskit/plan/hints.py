"""Hints: names and signatures in a marker, from the text that it replaces.

A name costs a few tokens, and the whole line with it costs many. An agent's next step mostly needs only the name of a
file to open, a record to change, or a function to read. So a share of the room goes to the names that are most likely
needed again, each in the marker of its last place. Signatures get a small share, because they are worth less than code.
"""

from __future__ import annotations

import heapq
import re
from collections.abc import Iterator, Mapping, Sequence

from . import weights as tuning
from .candidates import CODE
from .choice import FOLD, NO_WORDS, Choice, Words
from .costs import Costs
from .knapsack import Group
from .signatures import signatures_in

_SIGNATURE_SLACK = 1  # tokens that a signature may cost more in its marker than by itself
_NAME_SLACK = 2  # tokens that the first name of a marker may cost more than by itself
_SEPARATOR_CHARACTERS = 6  # characters that a name costs besides its own: the comma, the space, and their effects
_MIN_TOKEN_CHARACTERS = 2  # characters of a token of a name, minimum
_MIN_ENTITY_TOKENS = 2  # tokens of an entity on average, minimum; many entities, such as numbers, are no names
_MAX_MISFITS = 8  # names or signatures in a row that no longer fit, after which none is tried

Places = Mapping[int, tuple[int, int]]  # of entities: candidate and segment, or FOLD and group


def names_share(kept: float, beyond: bool = False) -> float:
    """The share of names in the kept tokens of a history that goes on.

    Args:
        kept: The share of its tokens that is kept, above 0.
        beyond: Whether the floor is above the target.

    >>> round(names_share(0.4), 3), names_share(0.1), names_share(0.1, beyond=True)
    (0.06, 0.3, 0.7)
    """
    tuned = tuning.WEIGHTS
    most = tuned.max_names_share_beyond if beyond else tuned.max_names_share
    return min(most, tuned.lasting_names_share / kept**2)


def reserved(costs: Costs, choice: Choice, most: int) -> int:
    """Tokens to reserve for names: ``most``, or fewer if there are few names."""
    places = _hidden(costs.groups, choice) if most > 0 else {}
    if _MIN_ENTITY_TOKENS * len(places) >= most:
        return most
    left = most
    for entity in places:
        if name := costs.judged.names[entity]:
            left -= (len(name) + _SEPARATOR_CHARACTERS) // _MIN_TOKEN_CHARACTERS
            if left <= 0:
                return most
    return most - left


def with_gaps(costs: Costs) -> list[int]:
    """The numbers of the candidates whose gaps can have signatures: code that may be left out in part."""
    candidates = costs.judged.candidates
    return [
        number
        for group in costs.groups
        if not group.quoted
        for number in group.forms
        if not (one := candidates[number]).short
        and one.split.kind in CODE
        and len(one.split.segments) > 1
        and one.most is None
    ]


def choose_signatures(costs: Costs, places: Sequence[int], choice: Choice, budget: int) -> tuple[Words, int]:
    """The signatures in the gaps of code, those of the best segments first.

    Args:
        places: see ``with_gaps``.
        budget: tokens of all signatures, maximum.

    Returns:
        The words, and their tokens.
    """
    if budget <= 0:
        return NO_WORDS, 0
    hidden = list(_definitions(costs, places, choice))
    heapq.heapify(hidden)
    chosen: dict[int, dict[int, list[str]]] = {}
    left, misfits = budget, 0
    while hidden and misfits <= _MAX_MISFITS:
        _, number, segment = heapq.heappop(hidden)
        one = costs.judged.candidates[number]
        fitting = []
        for words in signatures_in(one.block.text, one.split, choice.kept_of(number), segment):
            cost = costs.measure.count(f", {words}") + _SIGNATURE_SLACK
            if cost <= left:
                fitting.append(words)
                left -= cost
            else:
                misfits += 1
        if fitting:
            chosen.setdefault(number, {})[segment] = fitting
    return chosen, budget - left


def _definitions(costs: Costs, places: Sequence[int], choice: Choice) -> Iterator[tuple[float, int, int]]:
    """The left-out segments with signatures, of texts of which some is kept, as (value below 0, number, segment)."""
    for number in places:
        kept, one = choice.kept_of(number), costs.judged.candidates[number]
        for segment, value in enumerate(one.values if kept else ()):
            if one.split.segments[segment].name and segment not in kept:
                yield -value, number, segment


def choose_names(costs: Costs, choice: Choice, signatures: Words, budget: int) -> Words:
    """The names for the markers. The names with the most weight per character come first.

    Args:
        signatures: other words of the markers; a name in them is not repeated.
        budget: tokens of all names, maximum.
    """
    judged, places = costs.judged, _hidden(costs.groups, choice)
    known = "\n".join(line for by_segment in signatures.values() for lines in by_segment.values() for line in lines)
    best = sorted(
        (-judged.weights[entity] / (len(name) + _SEPARATOR_CHARACTERS), entity, name)
        for entity in places
        if (name := judged.names[entity])
    )
    chosen: dict[int, dict[int, list[str]]] = {}
    left, misfits = budget, 0
    for _, entity, name in best:
        if name in known and re.search(rf"(?<!\w){re.escape(name)}(?!\w)", known):
            continue
        number, segment = places[entity]
        names = chosen.setdefault(number, {})
        cost = costs.measure.count(f", {name}") + (0 if segment in names else _NAME_SLACK)
        if cost > left:
            misfits += 1
            if misfits == _MAX_MISFITS:
                break
            continue
        left -= cost
        names.setdefault(segment, []).append(name)
    return chosen


def _hidden(groups: Sequence[Group], choice: Choice) -> dict[int, tuple[int, int]]:
    """The last place of each entity that cannot be read.

    Stale texts do not count, as they may no longer be true. Neither do texts whose form a rule bounds.
    """
    places: dict[int, tuple[int, int]] = {}
    shown = choice.entities
    for index, group in enumerate(groups):
        folds = index in choice.folded
        if index not in choice.opened:
            for entity in group.entities - shown:
                places[entity] = FOLD, index
        for number, forms in group.forms.items():
            if not forms.stale and forms.most is None:
                kept = choice.kept_of(number)
                for segment, entities in enumerate(forms.entities):
                    if entities and segment not in kept:
                        for entity in entities - shown:
                            places[entity] = (FOLD, index) if folds else (number, segment)
    return places
