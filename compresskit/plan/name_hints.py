"""Names of what is hidden: paths, ids and identifiers that nothing kept shows, told in the marker that hides them.

A name costs a few tokens, the line that it stands in many. An agent's next step mostly needs no more than the name: of
the file to open, the record to change, the function to look at. So a share of what can be chosen goes to the names that
are most likely needed again, each in the marker of its last place.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence, Set

from ..tokens.measure import Measure
from . import weights as tuning
from .knapsack import Group, Piece

_EXTRA = 6  # characters that a name costs beside its own: the comma, the space, and what they change
_MIN_CHARACTERS = 2  # characters of a token of a name, minimum
_SLACK = 2  # tokens that the first name of a marker may cost more than by itself
_USUAL = 2  # tokens that a fact comes to on average, minimum; many facts, as numbers, are no names
_MISFITS = 8  # names in a row that no longer fit, after which none is tried

Place = tuple[Group | Piece, int]  # a group that is folded, or a segment of a piece that is left out


def share(kept: float, beyond: bool = False) -> float:
    """The share of names in what is kept of a history that goes on.

    Args:
        kept: share of its tokens, above 0.
        beyond: the target.

    >>> round(share(0.4), 3), share(0.1), share(0.1, beyond=True)
    (0.06, 0.3, 0.7)
    """
    tuned = tuning.WEIGHTS
    most = tuned.max_names_share_beyond if beyond else tuned.max_names_share
    return min(most, tuned.lasting_names_share / kept**2)


def clear(groups: Sequence[Group]) -> None:
    """Takes back the names that markers tell."""
    for group in groups:
        if group.named:
            group.named = {}
        for piece in group.pieces:
            if piece.named:
                piece.named = {}


def hidden(groups: Sequence[Group], shown: Set[int]) -> dict[int, Place]:
    """Where each fact stands last that is not shown, by its number.

    What is out of date is left out: what it says may no longer be there.
    """
    places: dict[int, Place] = {}
    for group in groups:
        if group.folded and not group.open:
            for fact in group.facts - shown:
                places[fact] = group, 0
        for piece in group.pieces:
            if not piece.stale:
                for number, said in enumerate(piece.facts):
                    if said and number not in piece.kept:
                        for fact in said - shown:
                            places[fact] = (group, 0) if group.folded else (piece, number)
    return places


def wanted(places: Mapping[int, Place], names: Mapping[int, str], most: int) -> int:
    """Tokens to keep free for names: ``most``, or fewer where there are few."""
    if _USUAL * len(places) >= most:
        return most
    left = most
    for fact in places:
        if name := names[fact]:
            left -= (len(name) + _EXTRA) // _MIN_CHARACTERS
            if left <= 0:
                return most
    return most - left


def tell(
    places: Mapping[int, Place],
    names: Mapping[int, str],
    weights: Sequence[float],
    said: str,
    budget: int,
    measure: Measure,
) -> int:
    """Chooses the names that stand in the markers, and gives their tokens: at most ``budget`` together.

    Args:
        places: the facts to choose from, with the places that hide them.
        names: of facts, by number; "" for those that say nothing by themselves.
        weights: how likely each fact is needed, by number.
        said: what markers say besides.
    """
    best = sorted((-weights[fact] / (len(name) + _EXTRA), fact, name) for fact in places if (name := names[fact]))
    left, misfits = budget, 0
    for _, fact, name in best:
        if name in said and re.search(rf"(?<!\w){re.escape(name)}(?!\w)", said):
            continue
        holder, segment = places[fact]
        cost = measure.count(f", {name}") + (0 if segment in holder.named else _SLACK)
        if cost > left:
            misfits += 1
            if misfits == _MISFITS:
                break
            continue
        left -= cost
        holder.named.setdefault(segment, []).append(name)
    return budget - left
