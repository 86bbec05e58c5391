"""The budget: makes a choice for the room, and corrects it by the counted tokens of the written messages."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

from ..content import LOSSLESS
from ..markers.keys import FULL_LENGTH, KEY_LENGTH, Keys
from ..markers.restore import is_run
from ..markers.wording import Wording
from ..tokens.measure import Measure
from ..types import Cache
from . import weights as tuning
from .candidates import WHOLE, Judged
from .choice import Choice, Hints
from .costs import Costs, price_all
from .hints import choose_names, choose_signatures, names_share, reserved, with_gaps
from .knapsack import Group, Knapsack
from .writer import Written, write

if TYPE_CHECKING:
    from .shrinking import Shortening

_ATTEMPTS = 5  # corrections of a plan by the counted tokens, maximum; then everything gets its cheapest form
_MAX_MESSAGES = 2_000  # messages up to which they are written twice, which bounds the time


class Limits(NamedTuple):
    """The limits of a plan.

    Attributes:
        room: The tokens that the messages may have.
        recoverable: Whether markers invite the model to retrieve.
        cache: The originals that earlier calls took out, by key.
        measure: Counts tokens.
        names: The share of names in the tokens that the plan can spend; None: the share of the weights.
        most: In a conversation that goes on, the tokens that the messages may have before the next compaction; 0 if
            there is no such bound. If ``room`` is below the floor, a share of the tokens between the floor and ``most``
            is spent as well.
        whole: The tokens that the messages have now.
        worth: A function of the tokens of a history. It returns the share that is worth its price. None: all of it.
        shape: The shape of the messages, in which folds are written.
        tool: The tokens that become free if nothing is left out, so that the retrieval tool is not needed.
        whole_texts: Whether nothing may be left out, because that could not save much more than the tool costs.
    """

    room: int
    recoverable: bool
    cache: Cache
    measure: Measure
    names: float | None = None
    most: int = 0
    whole: int = 0
    worth: Callable[[int], float] | None = None
    shape: str = "openai"
    tool: int = 0
    whole_texts: bool = False

    def spendable(self, floor: int) -> Limits:
        """These limits with the room that is worth its tokens, and with the share of names for it.

        Above the floor, at least half of the room is spent, because a caller who sets a target wants it used. If the
        target is below the floor, a share of the tokens until the next compaction is spent.
        """
        tuned, free = tuning.WEIGHTS, self.room - floor
        if free > 0 and self.whole > floor:
            return self._with(floor, min(free, max(int(tuned.min_spent_share * free), self._worth(floor))))
        if free < 0 and floor < self.most:
            return self._with(floor, min(self.beyond(floor), self._worth(floor)), beyond=True)
        return self

    def beyond(self, floor: int) -> int:
        """The tokens above an unreachable target that a conversation may use until its next compaction."""
        return int(tuning.WEIGHTS.beyond_share * (self.most - floor))

    def _worth(self, floor: int) -> int:
        """Tokens above the floor that are worth keeping."""
        history = max(0, self.whole - floor)
        return history if self.worth is None else int(self.worth(history) * history)

    def _with(self, floor: int, free: int, beyond: bool = False) -> Limits:
        """These limits with ``free`` tokens above the floor, and the share of names of a conversation that goes on."""
        limits = self._replace(room=floor + free)
        if not self.most or free <= 0:
            return limits
        return limits._replace(names=names_share(free / max(1, self.whole - floor), beyond))


def fitted(limits: Limits, judged: Judged, shortening: Shortening | None) -> tuple[Written, int]:
    """The messages written within the room, and the plan's floor in tokens."""
    lengths: dict[str, int] = {}  # text -> letters of its key, if the input contains something like its marker
    unfoldable: frozenset[int] = frozenset()
    while True:
        keys = Keys(limits.cache, lengths)
        costs = price_all(judged, limits.measure, keys, Wording(limits.recoverable), limits.shape, unfoldable)
        cheapest = costs.knapsack(bare=True).choice
        floor = cheapest.tokens
        written = _complete(limits, costs, floor) or _fitted(limits.spendable(floor), costs, floor)
        if limits.whole_texts:
            floor = written.tokens
        elif _is_small(limits.room, judged) and floor < written.tokens:  # the floor so far is a safe estimate
            floor = write(costs, cheapest).tokens
        if shortening is not None:
            written = shortening.apply(written, costs)
        mistaken = written.mistaken()
        if not mistaken and not written.unfoldable:
            return written, floor
        unfoldable |= written.unfoldable
        lengths.update({text: 2 * lengths.get(text, KEY_LENGTH) for text in mistaken})
        if any(is_run(text) and lengths[text] > FULL_LENGTH for text in mistaken):
            unfoldable = frozenset(range(len(judged.atoms)))


def _complete(limits: Limits, costs: Costs, floor: int) -> Written | None:
    """The messages in forms that hold everything, if these fit a small room or take less than ``floor`` and the tool.

    Then the tool is not needed. They are written in these forms in any case if nothing may be left out.
    """
    if limits.whole_texts:
        return _in_complete_forms(costs)
    if not limits.tool or limits.room > tuning.WEIGHTS.max_toolless_tokens or limits.most:
        return None
    room = max(limits.room, floor) + limits.tool
    if any(one.most is not None for one in costs.judged.candidates):
        return None
    if sum(_whole(group) for group in costs.groups if not group.quoted) > room:
        return None
    written = _in_complete_forms(costs)
    return written if written.tokens <= room else None


def _in_complete_forms(costs: Costs) -> Written:
    """The messages in the forms that hold everything. A text without such a form has its own words."""
    judged = costs.judged
    atoms = [atom._replace(foldable=False, quoted=False) for atom in judged.atoms]
    candidates = [
        one if one.form in LOSSLESS else one._replace(split=WHOLE, form="", short="") for one in judged.candidates
    ]
    judged = judged._replace(atoms=atoms, candidates=candidates)
    costs = price_all(judged, costs.measure, costs.keys, costs.wording, costs.shape, set())
    texts = {place: forms for group in costs.groups for place, forms in group.forms.items()}
    kept = {place: frozenset(range(len(forms.segments))) for place, forms in texts.items()}
    used = sum(map(_whole, costs.groups))
    return write(costs, Choice(frozenset(), frozenset(range(len(atoms))), kept, frozenset(), used, bare=False))


def _whole(group: Group) -> int:
    """The tokens of a group in which nothing is left out."""
    return group.fixed + sum(forms.full for forms in group.forms.values())


def _is_small(room: int, judged: Judged) -> bool:
    """Whether one more writing takes little time. It spends the rest of the room, and makes the floor exact."""
    return room <= tuning.WEIGHTS.max_second_writing_tokens and len(judged.messages) <= _MAX_MESSAGES


def _fitted(limits: Limits, costs: Costs, floor: int) -> Written:
    """The messages written within the room by counted tokens; in their cheapest forms if nothing fits.

    Args:
        limits: The room.
        costs: The costs of all forms.
        floor: The tokens of the cheapest forms.
    """
    room = budget = limits.room
    described = floor + tuning.WEIGHTS.max_described_share * (room - floor)
    for _ in range(_ATTEMPTS):
        knapsack = costs.knapsack()
        if knapsack.floor > described:  # stubs that describe their texts are too expensive here
            knapsack = costs.knapsack(bare=True)
        if knapsack.floor > room:
            break
        twice = _is_small(room, costs.judged)
        choice = _choose(limits, costs, knapsack, budget, hints=not twice)
        written = write(costs, choice)
        spare = room - written.tokens
        if spare >= 0:
            enough = spare <= tuning.WEIGHTS.max_spare_share * room or not twice
            return written if enough else _fuller(limits, costs, knapsack, choice.tokens + spare) or written
        budget = max(0, min(budget, choice.tokens) + spare)
    least = write(costs, costs.knapsack(bare=True).choice)
    if least.tokens <= room:
        return least
    return min(least, write(costs, costs.knapsack().choice), key=lambda written: written.tokens)


def _fuller(limits: Limits, costs: Costs, knapsack: Knapsack, budget: int) -> Written | None:
    """The messages written with a larger budget, since estimates are too high. None if they do not fit after all."""
    written = write(costs, _choose(limits, costs, knapsack, budget))
    if (over := written.tokens - limits.room) > 0:
        written = write(costs, _choose(limits, costs, knapsack, budget - over))
    return written if written.tokens <= limits.room else None


def _choose(limits: Limits, costs: Costs, knapsack: Knapsack, budget: int, hints: bool = True) -> Choice:
    """A choice within the budget, with tokens reserved for hints, and the hints."""
    tuned = tuning.WEIGHTS
    places = with_gaps(costs)
    signed = int(tuned.signatures_share * limits.room) if places else 0
    share = tuned.names_share if limits.names is None else limits.names
    names = reserved(costs, knapsack.choice, int(share * max(0, budget - knapsack.floor)))
    choice = knapsack.fill(budget - names - signed)
    if not hints:
        return choice
    left = budget - names - choice.tokens if signed else 0
    signatures, cost = choose_signatures(costs, places, choice, left)
    if not names:
        return choice._replace(hints=Hints(signatures))
    named = choose_names(costs, choice, signatures, budget - cost - choice.tokens)
    return choice._replace(hints=Hints(signatures, named))
