"""A plan made, carried out and corrected: what fits the room, by what was really written."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

from ..markers.keys import FULL_LENGTH, KEY_LENGTH, Keys
from ..markers.restore import is_run
from ..markers.wording import Wording
from ..tokens.measure import Measure
from ..types import Cache, Message, Turn
from . import name_hints, signature_hints
from . import weights as tuning
from .candidates import Judged
from .costs import Layout, lay_out
from .groups import Atom
from .knapsack import Fit
from .writer import Writer

if TYPE_CHECKING:
    from .shrinking import Shortening

_ATTEMPTS = 5  # corrections of the plan after counting what was written; then comes the floor
_MAX_MESSAGES = 2_000  # messages up to which they are written twice, which bounds the time


class Limits(NamedTuple):
    """Tokens that messages may have, how markers speak, what earlier calls took out, and what counts.

    ``most`` is what a conversation that goes on may have before the next compaction: where ``room`` is less than the
    floor, so that all would have to go, it keeps a share of what lies between the floor and ``most``. ``whole`` is what
    it has now. ``worth`` says what share of so many tokens is worth keeping, where that is asked for.
    """

    room: int
    recoverable: bool
    cache: Cache
    measure: Measure
    names: float | None = None  # share of names in what the plan can spend; None: as the weights have it
    most: int = 0
    whole: int = 0
    worth: Callable[[int], float] | None = None
    shape: str = "openai"  # of the messages: folds are written in it

    def above(self, floor: int) -> Limits:
        """The room that is worth its tokens, and the share of names for it.

        At least half of what there is above the floor: who sets a target wants it used.
        """
        free = self.room - floor
        if free <= 0 or self.whole <= floor:
            return self
        least = int(tuning.WEIGHTS.min_spent_share * free)
        return self._with(floor, min(free, max(least, self._worth(floor))))

    def beyond(self, floor: int) -> Limits:
        """The room where the floor is above the target: a share of what there is until the next compaction."""
        free = min(int(tuning.WEIGHTS.beyond_share * (self.most - floor)), self._worth(floor))
        return self._with(floor, free, beyond=True)._replace(most=0)

    def _worth(self, floor: int) -> int:
        """Tokens above the floor that are worth keeping."""
        history = max(0, self.whole - floor)
        return history if self.worth is None else int(self.worth(history) * history)

    def _with(self, floor: int, free: int, beyond: bool = False) -> Limits:
        """With so much room above the floor, and the share of names for it where the conversation goes on."""
        limits = self._replace(room=floor + free)
        if not self.most or free <= 0:
            return limits
        return limits._replace(names=name_hints.share(free / max(1, self.whole - floor), beyond))


def fitted(
    limits: Limits,
    judged: Judged,
    messages: list[Message],
    turns: list[Turn],
    bound: list[Atom],
    shortening: Shortening | None,
) -> tuple[Writer, Keys, int]:
    """What was written within the room, the keys issued for it, and the plan's floor."""
    wording = Wording(limits.recoverable)
    lengths: dict[str, int] = {}  # of keys, where a text of the input would pass for a marker of ours
    unfoldable: frozenset[int] = frozenset()
    while True:
        keys = Keys(limits.cache, lengths)
        layout = lay_out(judged, turns, bound, limits.measure, keys, wording, unfoldable)
        floor = layout.fit(judged, bare=True).floor
        written = _written(limits.above(floor), judged, messages, turns, bound, layout, keys, wording)
        if _is_small(limits.room, messages) and floor < written.tokens:  # an estimate on the safe side so far
            layout.fit(judged, bare=True)
            layout.tell_nothing()
            floor = Writer(limits.measure, keys, wording, limits.shape).write(messages, turns, bound, layout).tokens
        keys.cache = written.cache
        if shortening is not None:
            shortening.apply(written, wording)
        mistaken = written.mistaken()
        if not mistaken and not written.unfoldable:
            return written, keys, floor
        unfoldable |= written.unfoldable
        lengths.update({text: 2 * lengths.get(text, KEY_LENGTH) for text in mistaken})
        if any(is_run(text) and lengths[text] > FULL_LENGTH for text in mistaken):
            unfoldable = frozenset(range(len(bound)))


def _is_small(room: int, messages: list[Message]) -> bool:
    """Whether one more writing costs little: of what is left of the room, and to know the floor to the token."""
    return room <= tuning.WEIGHTS.max_second_writing_tokens and len(messages) <= _MAX_MESSAGES


def _written(
    limits: Limits,
    judged: Judged,
    messages: list[Message],
    turns: list[Turn],
    bound: list[Atom],
    layout: Layout,
    keys: Keys,
    wording: Wording,
) -> Writer:
    """What fits the room, corrected by what it really costs; the cheapest forms where nothing does."""
    tuned, room = tuning.WEIGHTS, limits.room
    names_share = tuned.names_share if limits.names is None else limits.names
    twice = _is_small(room, messages)
    outlines = int(tuned.signatures_share * room) if any(map(signature_hints.can_have, layout.entries)) else 0

    def write(fit: Fit, budget: int, last: bool = True) -> Writer:
        """What fits the budget, with room for signatures and names, which the last writing tells."""
        layout.tell_nothing()
        most = max(0, int(names_share * (budget - fit.floor)))
        names = name_hints.wanted(name_hints.hidden(layout.groups, fit.shown), judged.names, most)
        fit.fill(budget - names - outlines)
        if last:
            _tell(limits, judged, layout, fit, budget, names, bool(outlines))
        return Writer(limits.measure, keys, wording, limits.shape).write(messages, turns, bound, layout)

    budget = room
    for _ in range(_ATTEMPTS):
        fit = layout.fit(judged)
        if fit.floor > room:  # stubs that say what they stand for are too dear here
            fit = layout.fit(judged, bare=True)
        if fit.floor > room:
            break
        written = write(fit, budget, last=not twice)
        spare = room - written.tokens
        if spare >= 0:
            if spare <= tuned.max_spare_share * room or not twice:
                return written
            budget = fit.used + spare  # estimates are on the safe side: what they left is spent
            fuller = write(fit, budget)
            if fuller.tokens > room:
                fuller = write(fit, budget - (fuller.tokens - room))
            if fuller.tokens <= room:
                return fuller
            return written
        budget = max(0, min(budget, fit.used) + spare)
    fit = layout.fit(judged, bare=True)
    if room < fit.floor < limits.most:
        return _written(limits.beyond(fit.floor), judged, messages, turns, bound, layout, keys, wording)
    least = write(fit, 0)
    if least.tokens <= room:
        return least
    return min(least, write(layout.fit(judged), 0), key=lambda written: written.tokens)


def _tell(limits: Limits, judged: Judged, layout: Layout, fit: Fit, budget: int, names: int, signatures: bool) -> None:
    """Signatures and names in the markers, of what the budget leaves; more text, where there are few names."""
    told = signature_hints.tell(layout.entries, budget - names - fit.used, limits.measure) if signatures else 0
    if not names:
        return
    said = "\n".join(line for entry in layout.entries for lines in entry.told.values() for line in lines)

    def tell() -> int:
        """Names of what is hidden now; the tokens that are left then."""
        places = name_hints.hidden(layout.groups, fit.shown)
        left = budget - told - fit.used
        return left - name_hints.tell(places, judged.names, judged.weights, said, left, limits.measure)

    left = tell()
    if left > tuning.WEIGHTS.max_name_rest_share * limits.room:
        fit.fill(fit.used + left)
        name_hints.clear(layout.groups)  # some of them can be read now
        tell()
