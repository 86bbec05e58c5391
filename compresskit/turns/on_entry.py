"""Makes new tool results smaller before they are first sent, so that no cached prefix changes.

"lossless" uses compact forms that hold the whole text. "views" also cuts long results. If most of a result repeats an
earlier text, only the rest of it is sent. A result that is still long, and not a list, becomes an excerpt, which is
judged against the call that asked for it. The model can retrieve the rest, as it can any text that was left out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import NamedTuple

from .._json import clone, equal
from ..content import FORMS, LOSSLESS, detect, forms_of, shorten
from ..markers.keys import Keys, members
from ..markers.places import Position, text_at
from ..markers.restore import issued
from ..markers.wording import START, Wording, looks_issued
from ..messages import read
from ..messages.parts import replace
from ..messages.shapes import slots
from ..plan import weights as plan_tuning
from ..plan.budget import Limits
from ..result import Action, Decision
from ..tokens.measure import Measure
from ..types import Block, Message, Treatment, Turn
from . import weights as tuning
from .entry_excerpts import New, Sizes, enter_views
from .frames import frames_of
from .repeats import Above, referred


class Entered(NamedTuple):
    """New messages as they are sent, and the originals that were taken out of them."""

    messages: list[Message]
    taken: dict[str, str]  # key -> original
    repeats: frozenset[str] = frozenset()  # keys of results without a part that an earlier text has
    needs_tool: bool = False  # whether something was left out that the model may ask for

    @property
    def issued(self) -> list[Position]:
        """The positions of the forms in the new messages."""
        return [
            (index, slot.path)
            for index, message in enumerate(self.messages if self.taken else ())
            for slot in slots(message)
            if issued(slot.text, self.taken) is not None
        ]

    def decisions(self, known: int, measure: Measure) -> tuple[Decision, ...]:
        """The decisions about these messages for the report; ``known`` messages precede them."""
        rows = []
        for index, path in self.issued:
            text = text_at(self.messages[index], path)
            key = issued(text, self.taken) or ""
            compact = text.startswith(START) and text[len(START) :].partition(":")[0] in FORMS
            action: Action = "compact" if compact else "excerpt"
            before, after = measure.count(self.taken[key]), measure.count(text)
            rows.append(
                Decision(known + index, path, action, key, before, after, 0.0, "shorter before it was first sent")
            )
        return tuple(rows)

    def put_in(
        self, whole: list[Message], given: list[Message], protected: Sequence[bool]
    ) -> tuple[list[Message], Entered]:
        """A whole history in which the new messages that must stay have their smaller forms; and these messages alone.

        A result that refers to an earlier text is put back in full, because the compaction may remove that text.
        """
        before = len(whole) - len(self.messages)
        new = given[len(given) - len(self.messages) :]
        if not equal(whole[before:], new):
            return whole, Entered([], {})
        last = [
            short if protected[before + number] and not self.repeats & _issued(short, self.taken) else message
            for number, (short, message) in enumerate(zip(self.messages, new, strict=True))
        ]
        shown = frozenset().union(*(_issued(message, self.taken) for message in last))
        taken = {key: text for key, text in self.taken.items() if key in shown}
        return [*whole[:before], *last], Entered(last, taken, needs_tool=self.needs_tool and bool(taken))


def _issued(message: Message, taken: dict[str, str]) -> frozenset[str]:
    """The keys of the originals of a message's forms."""
    return frozenset(key for slot in slots(message) if (key := issued(slot.text, taken)) is not None)


def entered(new: New, sent: list[Message], forms: str, sizes: Sizes) -> Entered:
    """The new messages in their smaller forms.

    Args:
        new: The new messages.
        sent: The earlier messages in the form in which they were sent.
        forms: "" for no smaller forms, "lossless" or "views".
        sizes: The sizes of excerpts.
    """
    taken = _shorten(new) if forms else {}
    repeated: dict[str, str] = {}
    views: dict[str, str] = {}
    if forms == "views" and new.limits.recoverable:  # else the model could not ask for the rest
        repeated, views = _views(new.beside(taken), sent, sizes)
        taken |= repeated | views
    if taken and any(
        looks_issued(slot.text) and issued(slot.text, taken) for message in new.messages for slot in slots(message)
    ):  # a message quotes one of these markers already, so restore() would take the quotation for the form
        return Entered([clone(message, "messages") for message in new.messages[new.known :]], {})
    return Entered(new.fresh, taken, frozenset(repeated), needs_tool=bool(repeated or views))


def _views(new: New, sent: list[Message], sizes: Sizes) -> tuple[dict[str, str], dict[str, str]]:
    """Leaves repeated text out of results and cuts long ones to excerpts, in place; returns the originals of each."""
    long = sizes.usual.long
    if not new.untouched(0):
        return {}, {}
    before = read([*sent, *new.fresh], new.given.shape, new.given.results).turns
    first = len(sent) - new.known  # of a message's index in `before`, beyond its index in the request
    for turn in before[len(sent) :]:
        for block in turn.blocks:
            block.text = ""  # it is not yet decided which part of it can be read
    above = Above(before)
    untouched = new.untouched(long)
    newest = {
        (turn.index, block.path): above.newest(block, first + turn.index)
        for turn in untouched
        for block in new.long(turn, long)
    }
    repeated = _replaced(
        new,
        _unbound(new, untouched, long),
        lambda block, key, wording: referred(block.text, block.call, newest[block.place], key, wording),
    )
    frames = frames_of(new.given.turns, new.known, [block.text for turn in before for block in turn.blocks])
    around = {place: frame for place, frame in frames.items() if not newest.get(place)}  # else more is known to repeat
    views = enter_views(new.beside(repeated), newest, around, new.untouched(long), sizes)
    framed = [block for block in _unbound(new, new.untouched(0), 0) if block.place in frames]
    repeated |= _replaced(
        new.beside(repeated | views),
        framed,
        lambda block, key, wording: frames[block.place].form(block.text, key, wording),
    )
    return repeated, views


def _unbound(new: New, turns: Sequence[Turn], least: int) -> Iterator[Block]:
    """The results of messages that are longer than ``least`` tokens, and of which any part may be left out."""
    for turn in turns:
        for block in new.long(turn, least):
            if not block.must and new.bound(block) is None:  # a bound holds for the rest of the text as well
                yield block


def _replaced(new: New, blocks: Iterable[Block], form: Callable[[Block, str, Wording], str | None]) -> dict[str, str]:
    """Replaces texts by forms that save enough, in place; returns their originals.

    Args:
        new: The new messages.
        blocks: The texts.
        form: Makes a form of a text, given the key of the text; None if it has none.
    """
    keys, wording = Keys(new.limits.cache, {}), Wording(new.limits.recoverable)
    for block in blocks:
        key = keys.name(block.text)
        text = form(block, key, wording)
        if text is not None and _saves(block.text, text, key, new.limits):
            keys.issue(block.text)
            replace(new.fresh[block.message - new.known], block.path, text)
    return keys.cache


def _saves(text: str, form: str, key: str, limits: Limits) -> bool:
    """Whether a form is sufficiently smaller than its text, and ``restore`` will recognise it."""
    tuned = tuning.WEIGHTS
    before, after = limits.measure.count(text), limits.measure.count(form)
    most = min(tuned.max_entry_share * before, before - tuned.min_entry_gain_tokens)
    return after <= most and not members(text) and issued(form, {key: text}) == key


def _shorten(new: New) -> dict[str, str]:
    """Replaces tool results by compact forms, in place; returns their originals."""
    least = tuning.WEIGHTS.min_entry_characters
    blocks = (
        block
        for turn in new.turns
        if not turn.cached and turn.index not in new.protected
        for block in turn.blocks
        if block.call and not block.must and len(block.text) >= least and _takes_compact(new.rule(block))
    )
    return _replaced(new, blocks, _compact)


def _takes_compact(rule: Treatment | None) -> bool:
    return rule is None or not (rule.untouched or rule.in_own_words or rule.max_tokens is not None)


def _compact(block: Block, key: str, wording: Wording) -> str | None:
    """A compact form that holds the whole text; None if it has none."""
    forms = [form for form in forms_of(block.text, detect(block.text, block.call)) if form in LOSSLESS]
    found = shorten(block.text, forms)
    if found is None or found[0] not in plan_tuning.WEIGHTS.compact_forms:
        return None
    form, short = found
    return f"{wording.short(form, key, complete=True)}\n{short.head}{short.body}"
