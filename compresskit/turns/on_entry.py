"""On entry: new tool results in a smaller form before they are ever sent, so that nothing cached is broken.

First the forms that say everything ("lossless"). Then ("views") what is long is said once where most of it stands
above already, and what stays long and is no list of names is brought to an excerpt, judged against what asked for it:
the model asks for the rest as for anything left out.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from .._json import clone, equal
from ..content import FORMS, LOSSLESS, detect, forms_of, shorten
from ..markers.keys import Keys
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
from ..types import Conversation, Message, Path, Turn
from . import weights as tuning
from .entry_excerpts import enter_views, long_results
from .repeats import Above, referred


class Entered(NamedTuple):
    """New messages as they are sent, and what was taken out of them."""

    messages: list[Message]
    taken: dict[str, str]
    once: frozenset[str] = frozenset()  # keys of what is left out since it stands above
    needs_tool: bool = False  # whether something was left out that the model may ask for

    @property
    def issued(self) -> list[Position]:
        """Where its messages have other forms than they were given in."""
        return [
            (index, slot.path)
            for index, message in enumerate(self.messages if self.taken else ())
            for slot in slots(message)
            if issued(slot.text, self.taken) is not None
        ]

    def decisions(self, known: int, measure: Measure) -> tuple[Decision, ...]:
        """What entered shorter, for the report; ``known`` messages stand before these."""
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
        """A whole history with those of its last messages as they enter that have to stay, and just these.

        What was left out since it stands above is put back: that may go now.
        """
        before = len(whole) - len(self.messages)
        new = given[len(given) - len(self.messages) :]
        if not equal(whole[before:], new):
            return whole, Entered([], {})
        last = [
            short if protected[before + number] and not self.once & _issued(short, self.taken) else message
            for number, (short, message) in enumerate(zip(self.messages, new, strict=True))
        ]
        shown = frozenset().union(*(_issued(message, self.taken) for message in last))
        taken = {key: text for key, text in self.taken.items() if key in shown}
        return [*whole[:before], *last], Entered(last, taken, needs_tool=self.needs_tool and bool(taken))


def _issued(message: Message, taken: dict[str, str]) -> frozenset[str]:
    """The keys of what a message was brought from."""
    return frozenset(key for slot in slots(message) if (key := issued(slot.text, taken)) is not None)


def entered(
    given: Conversation,
    messages: list[Message],
    known: int,
    sent: list[Message],
    protected: frozenset[int],
    limits: Limits,
    forms: str,
) -> Entered:
    """New messages as they enter a conversation.

    Args:
        given: all messages as they are read.
        known: how many of them were sent before.
        sent: as what these were sent.
        protected: messages not to touch, by index.
        forms: see ``entry_forms``.
    """
    fresh = [clone(message, f"messages[{index}]") for index, message in enumerate(messages[known:], known)]
    taken: dict[str, str] = {}
    once: dict[str, str] = {}
    views: dict[str, str] = {}
    if forms:
        taken = _shorten(given.turns[known:], fresh, protected, limits)
    if forms == "views" and limits.recoverable:  # else the model could not ask for the rest
        limits = limits._replace(cache={**limits.cache, **taken})
        once, views = _views(given, messages, known, fresh, sent, protected, limits)
        taken |= once | views
    if taken and any(
        looks_issued(slot.text) and issued(slot.text, taken) for message in messages for slot in slots(message)
    ):  # somebody told one of the markers before it was issued: it would be misread
        return Entered([clone(message, "messages") for message in messages[known:]], {})
    return Entered(fresh, taken, frozenset(once), needs_tool=bool(once or views))


def _views(
    given: Conversation,
    messages: list[Message],
    known: int,
    fresh: list[Message],
    sent: list[Message],
    protected: frozenset[int],
    limits: Limits,
) -> tuple[dict[str, str], dict[str, str]]:
    """Leaves out of long results what stands above, and brings others to excerpts, in place; what was taken by each."""

    def untouched() -> list[Turn]:
        """The new messages that may still be changed, with a long result."""
        return [
            turn
            for turn, message in zip(given.turns[known:], fresh, strict=True)
            if turn.index not in protected and long_results(turn, limits) and equal(message, messages[turn.index])
        ]

    long = {turn.index for turn in untouched()}
    if not long:
        return {}, {}
    before = read([*sent, *fresh], given.shape, given.results).turns
    for index in long:
        for block in before[index - known - len(fresh)].blocks:
            block.text = ""  # nobody knows yet what of it can be read
    above = Above(before)
    newest = {
        (turn.index, block.path): above.newest(block, len(sent) + turn.index - known)
        for turn in untouched()
        for block in long_results(turn, limits)
    }
    once = _once(untouched(), known, fresh, newest, limits)
    limits = limits._replace(cache={**limits.cache, **once})
    return once, enter_views(given, messages, known, fresh, newest, untouched(), limits)


def _once(
    turns: Sequence[Turn], known: int, fresh: list[Message], newest: Mapping[tuple[int, Path], str], limits: Limits
) -> dict[str, str]:
    """Leaves out of long results what stands above, where that is most of them, in place; returns what was taken."""
    keys, wording = Keys(limits.cache, {}), Wording(limits.recoverable)
    for turn in turns:
        for block in long_results(turn, limits):
            key = keys.name(block.text)
            above = "" if block.must else newest[turn.index, block.path]
            text = referred(block.text, block.call, above, key, wording)
            if text is not None and _saves(block.text, text, key, limits):
                keys.issue(block.text)
                replace(fresh[turn.index - known], block.path, text)
    return keys.cache


def _saves(text: str, form: str, key: str, limits: Limits) -> bool:
    """Whether a form is enough smaller than its text, and will be known again."""
    tuned = tuning.WEIGHTS
    before, after = limits.measure.count(text), limits.measure.count(form)
    most = min(tuned.max_entry_share * before, before - tuned.min_entry_gain_tokens)
    return after <= most and issued(form, {key: text}) == key


def _shorten(
    turns: Sequence[Turn], messages: list[Message], protected: frozenset[int], limits: Limits
) -> dict[str, str]:
    """Brings tool results into short form, in place; returns what was taken."""
    keys, wording = Keys(limits.cache, {}), Wording(limits.recoverable)
    least, allowed = tuning.WEIGHTS.min_entry_characters, plan_tuning.WEIGHTS.compact_forms
    for turn, message in zip(turns, messages, strict=True):
        for block in turn.blocks:
            if not block.call or block.must or turn.cached or turn.index in protected or len(block.text) < least:
                continue
            forms = [form for form in forms_of(block.text, detect(block.text, block.call)) if form in LOSSLESS]
            found = shorten(block.text, forms)
            if found is None or found[0] not in allowed:
                continue
            form, short = found
            key = keys.name(block.text)
            text = f"{wording.short(form, key, complete=True)}\n{short.head}{short.body}"
            if _saves(block.text, text, key, limits):
                keys.issue(block.text)
                replace(message, block.path, text)
    return keys.cache
