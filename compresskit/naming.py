"""Names of what is hidden: paths, ids and identifiers that nothing kept shows, told in the marker that hides them.

A name costs a few tokens, the line that it stands in many. An agent's next step mostly needs no more than the name: of
the file to open, the record to change, the function to look at. So a share of what can be chosen goes to the names that
are most likely needed again, each in the marker of its last place.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set

from .fit import Group, Piece
from .tokens import Measure

SHARE = 0.06  # of the tokens that the plan can spend; measured on agent runs (`python -m evals agent-points`)
_LONGEST = 100  # characters of a name
_EXTRA = 6  # characters that a name costs beside its own: the comma, the space, and what they change
_LEAST_CHARACTERS = 2  # of a token of a name
_SLACK = 2  # tokens that the first name of a marker may cost more than by itself
_MISFITS = 8  # names in a row that no longer fit


def wanted(names: Mapping[int, str], shown: Set[int], most: int) -> int:
    """Tokens to keep free for names: ``most``, or fewer where few names are not ``shown`` yet."""
    left = most
    for fact, name in names.items():
        if fact not in shown:
            left -= (len(name) + _EXTRA) // _LEAST_CHARACTERS
            if left <= 0:
                return most
    return most - left


def tell(
    groups: Sequence[Group],
    names: Mapping[int, str],
    weights: Sequence[float],
    shown: Set[int],
    said: str,
    budget: int,
    measure: Measure,
) -> int:
    """Chooses the names that stand in the markers of all groups, and gives their tokens.

    They are of at most ``budget`` tokens together.

    Args:
        names: the facts that may be told, by number.
        weights: how likely each fact is needed, by number.
        shown: facts that can be read anyway.
        said: what markers say besides.
    """
    places = _places(groups, names.keys() - shown if budget > 0 else frozenset())
    best = sorted(places, key=lambda fact: (-weights[fact] / (len(names[fact]) + _EXTRA), fact))
    left, misfits = budget, 0
    for fact in best:
        if len(names[fact]) > _LONGEST or names[fact] in said:
            continue
        holder, segment = places[fact]
        cost = measure.count(f", {names[fact]}") + (0 if segment in holder.named else _SLACK)
        if cost > left:
            misfits += 1
            if misfits == _MISFITS:
                break
            continue
        left -= cost
        holder.named.setdefault(segment, []).append(names[fact])
    return budget - left


def _places(groups: Sequence[Group], hidden: Set[int]) -> dict[int, tuple[Group | Piece, int]]:
    """Where each of the facts stands last: a group that is folded, or a segment of a piece that is left out."""
    places: dict[int, tuple[Group | Piece, int]] = {}
    for group in groups:
        group.named = {}
        for piece in group.pieces:
            piece.named = {}
        if not hidden:
            continue
        if group.folded and not group.open:
            for fact in group.facts & hidden:
                places[fact] = group, 0
        for piece in group.pieces:
            for number, facts in enumerate(piece.facts):
                if facts and number not in piece.kept:
                    for fact in facts & hidden:
                        places[fact] = (group, 0) if group.folded else (piece, number)
    return places
