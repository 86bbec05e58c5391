"""Makes new tool results smaller before they are first sent, so that no cached prefix changes.

"lossless" uses compact forms that hold the whole text. "views" also cuts long results. If most of a result repeats an
earlier text, only the rest of it is sent. A result that is still long, and not a list, becomes an excerpt, which is
judged against the call that asked for it. The model can retrieve the rest, as it can any text that was left out.
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
from ..types import Conversation, Message, Path, Place, Treatment, Turn
from . import weights as tuning
from .entry_excerpts import Size, enter_views, long_results
from .repeats import Above, referred


class Entered(NamedTuple):
    """New messages as they are sent, and the originals that were taken out of them."""

    messages: list[Message]
    taken: dict[str, str]  # key -> original
    repeats: frozenset[str] = (
        frozenset()
    )  # keys of results of which a part was left out because it repeats an earlier text
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


def entered(
    given: Conversation,
    messages: list[Message],
    known: int,
    sent: list[Message],
    protected: frozenset[int],
    limits: Limits,
    forms: str,
    rules: Mapping[Place, Treatment],
    sizes: Sequence[Size],
) -> Entered:
    """The new messages in their smaller forms.

    Args:
        given: All messages as they were read.
        messages: All messages as dicts.
        known: The number of messages that were sent before.
        sent: The earlier messages in the form in which they were sent.
        protected: The indices of messages that must not change.
        limits: The room and the measure of the request.
        forms: "" for no smaller forms, "lossless" or "views".
        rules: What the caller's rules say about texts of the new messages.
        sizes: The sizes of excerpts.
    """
    fresh = [clone(message, f"messages[{index}]") for index, message in enumerate(messages[known:], known)]
    taken: dict[str, str] = {}
    repeated: dict[str, str] = {}
    views: dict[str, str] = {}
    if forms:
        taken = _shorten(given.turns[known:], fresh, protected, limits, rules)
    if forms == "views" and limits.recoverable:  # else the model could not ask for the rest
        limits = limits._replace(cache={**limits.cache, **taken})
        repeated, views = _views(given, messages, known, fresh, sent, protected, limits, rules, sizes)
        taken |= repeated | views
    if taken and any(
        looks_issued(slot.text) and issued(slot.text, taken) for message in messages for slot in slots(message)
    ):  # a message quotes one of these markers already, so restore() would take the quotation for the form
        return Entered([clone(message, "messages") for message in messages[known:]], {})
    return Entered(fresh, taken, frozenset(repeated), needs_tool=bool(repeated or views))


def _views(
    given: Conversation,
    messages: list[Message],
    known: int,
    fresh: list[Message],
    sent: list[Message],
    protected: frozenset[int],
    limits: Limits,
    rules: Mapping[Place, Treatment],
    sizes: Sequence[Size],
) -> tuple[dict[str, str], dict[str, str]]:
    """Leaves repeated text out of long results and cuts others to excerpts, in place; returns the originals of each."""
    long = sizes[0].long

    def untouched() -> list[Turn]:
        """The new messages that may still be changed, with a long result."""
        return [
            turn
            for turn, message in zip(given.turns[known:], fresh, strict=True)
            if turn.index not in protected
            and long_results(turn, limits, long, rules)
            and equal(message, messages[turn.index])
        ]

    indices = {turn.index for turn in untouched()}
    if not indices:
        return {}, {}
    before = read([*sent, *fresh], given.shape, given.results).turns
    for index in indices:
        for block in before[index - known - len(fresh)].blocks:
            block.text = ""  # it is not yet decided which part of it can be read
    above = Above(before)
    newest = {
        (turn.index, block.path): above.newest(block, len(sent) + turn.index - known)
        for turn in untouched()
        for block in long_results(turn, limits, long, rules)
    }
    repeated = _leave_out_repeats(untouched(), known, fresh, newest, limits, long)
    limits = limits._replace(cache={**limits.cache, **repeated})
    return repeated, enter_views(given, messages, known, fresh, newest, untouched(), limits, rules, sizes)


def _leave_out_repeats(
    turns: Sequence[Turn],
    known: int,
    fresh: list[Message],
    newest: Mapping[tuple[int, Path], str],
    limits: Limits,
    long: int,
) -> dict[str, str]:
    """Leaves out the repeated part of results that mostly repeat an earlier text, in place; returns their originals."""
    keys, wording = Keys(limits.cache, {}), Wording(limits.recoverable)
    for turn in turns:
        for block in long_results(turn, limits, long):
            key = keys.name(block.text)
            above = "" if block.must else newest.get((turn.index, block.path), "")
            text = referred(block.text, block.call, above, key, wording)
            if text is not None and _saves(block.text, text, key, limits):
                keys.issue(block.text)
                replace(fresh[turn.index - known], block.path, text)
    return keys.cache


def _saves(text: str, form: str, key: str, limits: Limits) -> bool:
    """Whether a form is sufficiently smaller than its text, and ``restore`` will recognise it."""
    tuned = tuning.WEIGHTS
    before, after = limits.measure.count(text), limits.measure.count(form)
    most = min(tuned.max_entry_share * before, before - tuned.min_entry_gain_tokens)
    return after <= most and issued(form, {key: text}) == key


def _shorten(
    turns: Sequence[Turn],
    messages: list[Message],
    protected: frozenset[int],
    limits: Limits,
    rules: Mapping[Place, Treatment],
) -> dict[str, str]:
    """Replaces tool results by compact forms, in place; returns their originals."""
    keys, wording = Keys(limits.cache, {}), Wording(limits.recoverable)
    least, allowed = tuning.WEIGHTS.min_entry_characters, plan_tuning.WEIGHTS.compact_forms
    for turn, message in zip(turns, messages, strict=True):
        for block in turn.blocks:
            if not block.call or block.must or turn.cached or turn.index in protected or len(block.text) < least:
                continue
            rule = rules.get((turn.index, block.path))
            if rule is not None and (rule.untouched or rule.in_own_words or rule.max_tokens is not None):
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
