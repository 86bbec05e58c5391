"""A compaction: brings a whole history under the room of its request, by judging, planning and writing it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain
from typing import TYPE_CHECKING, Any, NamedTuple

from .content import MadeForms
from .messages import read
from .messages.instructions import carried
from .messages.must_stay import LESSER, MustStay
from .plan import weights as tuning
from .plan.budget import Limits, fitted
from .plan.candidates import Judged
from .plan.groups import atoms
from .plan.judging import judge
from .plan.opening import opened_floor, surely_opened, to_open
from .plan.writer import Written
from .relevance.query import derive
from .request import Request
from .rules.hooks import Function, form_after
from .tokens.measure import Measure
from .turns.on_entry import Entered
from .types import Block, Conversation, Embedder, Message, Path, Place, Reranker, Treatment, Turn

if TYPE_CHECKING:
    from .plan.shrinking import Shortening

# Text with more characters per token of the trigger than this is above it more likely than not, and is
# split and scored while it is counted. It changes the time, never the result.
_LIKELY_CHARACTERS = 4


class Begun(NamedTuple):
    """A history that is judged, and its newest messages as they enter in it."""

    judged: Judged
    entering: Entered


@dataclass(frozen=True)
class Compaction:
    """A whole history brought under the room of its request: judged, planned and written.

    Attributes:
        request: What it has to fit.
        history: The messages, with originals put back.
        whole: These messages as they are read.
        stays: What must stay of them.
        entering: The newest of them as they would enter without a compaction.
        messages: The messages that the caller gave.
        folds, query: As for ``compress``.
        embedder, reranker: The caller's own, or those of a name.
        shortening: The caller's shrinker.
        rules: The caller's rules, by text.
        after: The caller's own form of a text.
        opens: Whether the last to go may be opened: not for a price, as long as the trigger is not reached.
        forms: The forms that it gave, by text.
        made: The compact forms of texts. Judging and writing may need them several times.
    """

    request: Request
    history: list[Message]
    whole: Conversation
    stays: MustStay
    entering: Entered
    messages: list[Message]
    folds: bool
    query: str | None
    embedder: Embedder | None
    reranker: Reranker | None
    shortening: Shortening | None
    rules: Mapping[Place, Treatment]
    after: Function | None
    opens: bool = True
    forms: dict[Place, str] = field(default_factory=dict)
    made: MadeForms = field(default_factory=dict)

    def begun(self) -> Begun | None:
        """Counts all texts; meanwhile, a history that is likely above the trigger is judged.

        If it is likely that the last to go are opened, their counts decide what is judged.
        """
        measure = self.request.measure
        turns = self.whole.turns
        constant = (text for turn in turns if turn.fixed or turn.unread for text in turn.constant)
        texts = chain((block.text for turn in turns for block in turn.blocks), constant)
        # not with functions of the caller, which may cost money and must not be asked for nothing
        asks = any(one is not None for one in (self.embedder, self.reranker, self.after))
        likely = _LIKELY_CHARACTERS * self.request.trigger < self.whole.characters
        opened = self._opens_first and _LIKELY_CHARACTERS * self.request.room < self.stays.characters
        if asks or opened or not likely:
            measure.begin(texts)
            return None
        return measure.meanwhile(texts, lambda: self._judged(self.stays))

    def written(self, limits: Limits, begun: Begun | None) -> tuple[Written, int]:
        """What is written within the limits, and the floor. The last to go are opened if they have to."""
        if self._is_too_small(limits.tool):
            limits = limits._replace(whole_texts=True)
        stays, opened = self.stays, frozenset[tuple[int, Path]]()
        if begun is None and self._opens_first and (more := surely_opened(stays, limits)):
            stays, opened = stays.without(more), _places(more)
        while True:
            judged, entering = begun or self._judged(stays)
            written, floor = fitted(limits, judged, self.shortening)
            if not self.opens:
                return _completed(written, entering, opened, len(judged.messages)), floor
            more = to_open(stays, floor, limits)
            smaller = stays.without(more)
            if not more and floor > max(limits.room, limits.most):
                smaller = stays.foldable(*LESSER)
            if smaller == stays:
                if limits.whole_texts and stays.last:
                    floor = min(floor, fitted(limits, self._judged(stays.without(stays.last)).judged, None)[1])
                else:
                    floor = opened_floor(floor, judged, stays, limits)
                return _completed(written, entering, opened, len(judged.messages)), floor
            stays, begun = smaller, None
            opened |= _places(more)

    def _is_too_small(self, tool: int) -> bool:
        """Whether so little could be left out that it would not pay for our tool, which has this many tokens.

        It does not depend on the target, so that all targets have the same floor.
        """
        if not tool or self.rules or self.after is not None or self.shortening is not None:
            return False
        left = tuning.WEIGHTS.min_gone_per_tool * tool
        for turn in self.stays.changeable(self.whole.turns):
            left -= self.request.measure.turns([turn])
            if left <= 0:
                break
        return left > 0

    @property
    def _opens_first(self) -> bool:
        """Whether the last to go may be opened before anything is judged: not as long as results enter shorter."""
        return self.opens and bool(self.stays.last) and not self.entering.taken

    def _shown(self, stays: MustStay) -> tuple[list[Message], Sequence[Turn], Entered]:
        """The history, with those of its last messages as they enter that must stay."""
        if not self.entering.taken:
            return self.history, self.whole.turns, self.entering
        shown, entering = self.entering.put_in(self.history, self.messages, stays.whole())
        turns = read(shown, self.whole.shape, self.whole.results).turns
        return shown, carried(self.whole.turns, turns), entering

    def _judged(self, stays: MustStay) -> Begun:
        shown, turns, entering = self._shown(stays)
        measure, room = self.request.measure, self.request.room
        bound = atoms(turns, stays.messages, stays.texts, room, self.folds)
        query = derive(turns, self.query, self.embedder, self.reranker)
        judged = judge(shown, turns, bound, stays.texts, query, measure, room, self.rules, self._own_form, self.made)
        return Begun(judged, entering)

    def _own_form(self, block: Block) -> str:
        """The caller's own form of a text; "" if there is none."""
        place = block.place
        if self.after is not None and place not in self.forms:
            turn = self.whole.turns[block.message]
            self.forms[place] = form_after(self.after, turn, block, self.request.model)
        return self.forms.get(place, "")


def _places(blocks: Sequence[Block]) -> frozenset[tuple[int, Path]]:
    return frozenset(block.place for block in blocks)


def _completed(written: Written, entering: Entered, opened: frozenset[tuple[int, Path]], count: int) -> Written:
    """With the forms that entered, and with the decisions that say which texts were opened last."""
    first = count - len(entering.messages)
    entered_forms = [(written.places[first + index], path) for index, path in entering.issued]
    decisions = list(written.decisions)
    for number, row in enumerate(decisions if opened else ()):
        if (row.message, row.path) in opened:
            why = f"{row.why}; opened, since the target is out of reach without it"
            decisions[number] = row._replace(why=why)
    return written._replace(
        cache={**written.cache, **entering.taken},
        issued=[*written.issued, *entered_forms],
        decisions=decisions,
        needs_tool=written.needs_tool or entering.needs_tool,
    )


def shortening_by(shrinker: Any, turns: list[Turn], query: str | None, measure: Measure) -> Shortening:
    """The caller's shrinker for the texts of a conversation."""
    from .plan.shrinking import Shortening

    return Shortening(shrinker, turns, query, measure)
