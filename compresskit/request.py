"""The request as a whole: its tokens with its tools, and its result."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import accumulate
from types import MappingProxyType
from typing import Any

from ._json import clone, dumps
from .markers.places import PlacedCache, Position, originals_of, places_at, record, text_at
from .markers.restore import quotes
from .markers.withheld import Withheld
from .markers.wording import is_complete
from .messages import weights as message_tuning
from .messages.parts import REPLY_TOKENS
from .messages.readings import Readings
from .messages.retrieval_tool import TOOL_NAME, offered
from .messages.shapes import value_at
from .messages.tools import names_of
from .plan.budget import Limits
from .plan.writer import Written
from .prices import Prices, Split
from .result import Change, Compressed, Decision, Mark, SkippedReason
from .tokens.measure import Measure
from .tool_definitions import Offer
from .turns import weights as tuning
from .turns.before import places_of
from .turns.cache_marks import min_cached_tokens, places, stable_end, takes_marks
from .turns.continuation import Continued, named_in
from .turns.economics import Spending, compaction_pays, compaction_price, worth_keeping
from .turns.on_entry import Entered
from .types import Conversation, Message, Tool

_NEVER_CHANGE = "parts that never change, such as calls, images, and signed or cited texts"
NO_PLACES: Mapping[int, int] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Request:
    """The arguments of compress(), apart from the messages.

    ``cache`` holds the originals of earlier calls. ``withheld`` are the texts that the caller's ``before`` replaced,
    and ``changed`` the texts that took their places, with their positions in the originals. ``places`` says where the
    originals are in the given messages.
    """

    model: str
    trigger: int
    target: int
    shape: str
    offer: Offer  # the caller's tools within their budget
    recoverable: bool
    cache: dict[str, str]
    measure: Measure
    readings: Readings  # the messages that were read so far
    always: bool = False  # whether our tool is offered even if there is nothing to retrieve
    marks: bool = False  # whether to set cache marks
    goes_on: bool = False  # whether there was a turn before
    limit: int = 0  # tokens up to which a compaction may be put off: the trigger, or more of the model's window
    withheld: Withheld | None = None
    changed: tuple[Change, ...] = ()
    places: Mapping[int, int] = field(default_factory=dict)

    @property
    def room(self) -> int:
        """The tokens that the target leaves for messages beside the tools, with ours if texts are recoverable."""
        return self.target - self._overhead(self.recoverable)

    @property
    def limits(self) -> Limits:
        """The limits of a plan."""
        most = max(0, self.trigger - self._overhead(self.recoverable)) if self.goes_on else 0
        tool = 0 if self.always or self.goes_on else self._overhead(self.recoverable) - self._overhead(False)
        return Limits(self.room, self.recoverable, self.cache, self.measure, most=most, shape=self.shape, tool=tool)

    def going_on(self, conversation: Conversation, requests: int, prices: Prices | None) -> Limits:
        """The limits of a compaction of a conversation that goes on, ``requests`` after the last one."""
        limits = self.limits._replace(whole=self._tokens(conversation))
        if prices is None:
            return limits
        message = limits.whole / max(1, len(conversation.turns))
        return limits._replace(worth=lambda history: worth_keeping(history, self.target, message, requests, prices))

    def cost(self, conversation: Conversation, with_ours: bool = False) -> int:
        """The tokens of the request with these messages and the caller's tools, and with our tool if ``with_ours``."""
        return self._overhead(with_ours) + self._tokens(conversation)

    def _tokens(self, conversation: Conversation) -> int:
        """Tokens of messages alone."""
        return self.measure.turns(conversation.turns)

    def _tokens_of(self, messages: list[Message], like: list[Message] | None = None) -> int:
        """Tokens of messages alone; see ``Readings.of``."""
        return self.measure.turns(self.readings.of(messages, like or ()))

    def repeats(self, previous: Compressed, going: Continued) -> bool:
        """Whether a turn without new messages asks for the same result as the turn before."""
        same = (previous.model, previous.trigger, previous.target) == (self.model, self.trigger, self.target)
        return same and going.whole and (previous.tools or []) == self._offered(_offers_ours(previous))

    def needs_tool(self, messages: Sequence[Message], issued: Sequence[Position]) -> bool:
        """Whether the forms at these positions leave out text that the model may retrieve."""
        return self.recoverable and any(not is_complete(text_at(messages[index], path)) for index, path in issued)

    def unchanged(
        self, messages: list[Message], tokens: int, reason: SkippedReason, issued: list[Position]
    ) -> Compressed:
        """The messages as they were. Our tool is offered if earlier forms in them (``issued``) leave out text."""
        copies = [clone(message, f"messages[{index}]") for index, message in enumerate(messages)]
        known = self.needs_tool(messages, issued)
        return self._compressed(
            copies, tokens, tokens, tokens, known, self.cache, issued, places=self.places, skipped_reason=reason
        )

    def nothing(self) -> Compressed:
        """The result before the first turn."""
        tokens = self._overhead(with_ours=False)
        return self._compressed([], tokens, tokens, tokens, False, {}, [], skipped_reason="below_trigger")

    def continued(
        self,
        runs: Sequence[list[Message]],
        issued: list[Position],
        previous: Compressed,
        going: Continued,
        entering: Entered,
    ) -> Compressed | None:
        """The messages of the turn before and the new messages behind them; None if they are above the limit.

        If all messages of the turn before still hold, only the new messages are counted.

        Args:
            runs: The originals of each new message.
            issued: The positions of the forms in the new messages.
            previous: The result of the turn before.
            going: The part of that result that still holds.
            entering: The new messages in their smaller forms.
        """
        new = [message for run in runs for message in run]
        fresh, entered = entering.messages, entering.taken
        before = self._tokens_of(new)
        after = self._tokens_of(fresh, new) if entered or issued else before
        earlier_forms = going.forms or bool(issued)
        price = self._overhead(self.recoverable and entering.needs_tool) - self._overhead(False)
        if entered and not earlier_forms and before - after <= price:
            fresh, entered, after = [clone(message, "messages") for message in new], {}, before  # our tool costs more
            entering = Entered(fresh, entered)
        sent = [*(clone(message, "previous") for message in going.sent), *fresh]
        earlier = originals_of(previous.cache)
        named = _offers_ours(previous) and bool(named_in(fresh, earlier))
        forms = earlier_forms or bool(entered) or named
        # an earlier turn may have left text out without offering the tool, with recoverable=False
        offered = going.forms and (_offers_ours(previous) or self.needs_tool(going.sent, going.issued))
        asked = bool(entered) and entering.needs_tool
        with_ours = self.recoverable and (offered or named or asked or self.needs_tool(fresh, issued))
        same_tools = previous.tools == (self._offered(with_ours) or None)
        same_tools = same_tools and previous.tool_decisions == self.offer.decisions  # they cost as much less
        if going.whole and previous.model == self.model and same_tools:
            tokens = previous.compressed_tokens + after
            original = previous.original_tokens - self.offer.saved_tokens + before
        else:
            originals = [message for run in going.runs for message in run] + new
            tokens = self._overhead(with_ours) + self._tokens_of(sent, originals)
            original = self._overhead(with_ours=False) + self._tokens_of(originals) if forms else tokens
        if tokens > max(self.trigger, self.limit):
            return None
        reason: SkippedReason = "fits_trigger" if forms else "below_trigger"
        return self._compressed(
            sent,
            original,
            tokens,
            tokens,
            with_ours,
            {**earlier, **self.cache, **entered} if forms else self.cache,
            going.issued + [(len(going.sent) + index, path) for index, path in issued + entering.issued],
            skipped_reason="costs_more" if tokens > self.trigger else reason,
            decisions=going.decided(previous) if forms else (),
            breakpoints=self._breakpoints(sent, len(going.sent)),
            places={**going.places, **places_of(runs, going.originals, len(going.sent))},
            settled_tokens=previous.settled_tokens if going.whole else 0,
            entered=entering.decisions(going.known, self.measure) if entered else (),
        )

    def billed(self, result: Compressed, before: Compressed, going: Continued, prices: Prices | None) -> Compressed:
        """A result with what its conversation has cost so far, and what it would have cost if everything were sent.

        Args:
            result: The result of this turn.
            before: The result of the turn before.
            going: The part of that result that still holds.
            prices: The prices of the model; None: nothing is added.
        """
        if prices is None:
            return result
        sent = whole = 0  # tokens that the provider has in its cache
        tool = self._own_tool()  # a caller who sends everything does not need it
        if before.messages:
            originals = [message for run in going.runs for message in run]
            whole = (
                self._overhead(with_ours=False) + self._tokens_of(originals)
                if not going.whole
                else before.original_tokens
            )
            whole -= tool
            pairs = enumerate(zip(before.messages, result.messages, strict=False))
            least = min(len(before.messages), len(result.messages))
            same = next((index for index, (old, new) in pairs if old != new), least)
            if before.model != self.model:  # each model has a cache of its own
                sent = whole = 0
            elif before.tools != result.tools:
                sent = 0
            elif same == len(before.messages):
                sent = before.compressed_tokens
            else:
                sent = self._overhead(_offers_ours(result)) + self._tokens_of(result.messages[:same])
        return replace(
            result,
            bill=before.bill + prices.cost(prices.split(result.compressed_tokens, sent)),
            bill_without=before.bill_without + prices.cost(prices.split(result.original_tokens - tool, whole)),
        )

    def pays(
        self,
        kept: Compressed,
        compacted: Compressed | None,
        requests: int,
        before: Compressed,
        given: Conversation,
        prices: Prices | None,
    ) -> bool:
        """Whether compressing again costs less than keeping the messages as they are, by the prices.

        Args:
            kept: The result without another compaction.
            compacted: The result of the compaction; None: an estimate, before it is made.
            requests: The number of requests since the last compaction.
            before: The result of the turn before.
            given: All messages as they were read.
            prices: The prices of the model; None: it never pays.
        """
        if prices is None:
            return False
        stable = 0
        if self.always or _offers_ours(before) or not self.recoverable:  # else the tool makes the prefix new
            stable = self._overhead(self.recoverable) + self.measure.turns(given.turns[: stable_end(given.turns)])
        now = kept.compressed_tokens
        if compacted is None:
            least = stable + int(tuning.WEIGHTS.decay_share * max(0, now - stable))  # a target may be out of reach
            settled = max(self.target, kept.settled_tokens, least)
            price = compaction_price(now, settled, stable, before.compressed_tokens, prices)
        else:
            settled, price = compacted.compressed_tokens, compacted.bill - kept.bill
            if hidden := _hidden(compacted, given):  # the model has just asked for it
                asking = prices.cost(prices.split(settled + hidden, settled))
                price += int(tuning.WEIGHTS.newest_asked_share * asking)
        made = sum(turn.role == "assistant" for turn in given.turns)
        # the tool is paid whether or not there is a compaction, so no compaction has to earn it
        tool = prices.cost(Split(made * self._own_tool(), self._own_tool(), 0))
        spending = Spending(kept.bill, kept.bill_without + tool, requests)
        return compaction_pays(price, now, settled, stable, self._retrieved(given), spending, prices)

    def _retrieved(self, conversation: Conversation) -> float:
        """The tokens of a message that holds a text which is needed, by expectation: long messages hold more texts.

        The messages at the start are left out, because no compaction changes them.
        """
        turns = conversation.turns
        sizes = [self.measure.turns([turn]) for turn in turns[stable_end(turns) :]]
        return sum(size * size for size in sizes) / max(1, sum(sizes))

    def result(
        self,
        messages: list[Message],
        original: int,
        written: Written,
        floor: int,
        given: list[Position],
    ) -> Compressed:
        """The result with the written messages, or with the original ones if the written ones are not smaller.

        Args:
            messages: The original messages.
            original: The tokens of the original request.
            written: The written messages.
            floor: The plan's floor in tokens.
            given: The positions of the forms in the original messages.
        """
        with_ours = (self.recoverable and written.needs_tool) or self.needs_tool(messages, given)
        tokens = written.tokens + self._overhead(with_ours)
        if tokens >= original:
            free = sum(row.tokens_before for row in written.decisions if row.action != "protected")
            result = self.unchanged(
                messages, original, "protected" if original - free > self.target else "no_gain", given
            )
            rows = tuple(map(_unchanged, written.decisions))
            return replace(result, decisions=(*rows, *self._held(written, original)))
        floor_tokens = min(tokens, floor + self._overhead(self.recoverable))  # what the floor leaves out needs our tool
        if floor_tokens <= self.target < tokens:
            floor_tokens = tokens  # an estimate was too low
        decisions = (*written.decisions, *self._held(written, tokens))
        return self._compressed(
            written.messages,
            original,
            tokens,
            floor_tokens,
            with_ours,
            {**self.cache, **written.cache},
            list(written.issued),
            decisions=decisions,
            places=written.places,
            settled_tokens=tokens,
        )

    def _held(self, written: Written, tokens: int) -> Iterator[Decision]:
        """If the target is missed with ``tokens``, the decisions about the parts of messages that are no texts."""
        if tokens <= self.target:
            return
        turns = self.readings.of(written.messages)
        for index, place in written.places.items():
            size = self.measure.constant(turns[place])
            if size >= message_tuning.WEIGHTS.min_opened_tokens:
                yield Decision(index, (), "protected", None, size, size, 0.0, _NEVER_CHANGE)

    def _compressed(
        self,
        messages: list[Message],
        original: int,
        tokens: int,
        floor: int,
        with_ours: bool,
        cache: dict[str, str],
        issued: list[Position],
        places: Mapping[int, int] = NO_PLACES,
        **more: Any,
    ) -> Compressed:
        offered = [clone(tool, f"tools[{i}]") for i, tool in enumerate(self._offered(with_ours))]
        more.setdefault("breakpoints", self._breakpoints(messages))
        where = places_at(messages, issued)
        return Compressed(
            messages=messages,
            tools=offered or None,
            cache=PlacedCache(
                {**cache, **(record(where) if quotes(messages, cache, where) else {})}, where, self.withheld
            ),
            original_tokens=original + self.offer.saved_tokens,
            tool_decisions=self.offer.decisions,
            compressed_tokens=tokens,
            floor_tokens=floor,
            model=self.model,
            trigger=self.trigger,
            target=self.target,
            estimate=self.measure.estimate,
            token_factor=self.measure.factor,
            forms=tuple(issued),
            replaced=self._replaced(messages, places) if self.changed else (),
            **more,
        )

    def _replaced(self, messages: list[Message], places: Mapping[int, int]) -> tuple[Position, ...]:
        """The positions in the messages of those texts of ``before`` that can be read there."""
        found = [(places[one.message], one.path, one.text) for one in self.changed if one.message in places]
        return tuple((index, path) for index, path, text in found if value_at(messages[index], path) == text)

    def _breakpoints(self, messages: list[Message], sent: int = 0) -> tuple[Mark, ...]:
        """The cache marks for messages of which the request before had the first ``sent``."""
        if not (self.marks and takes_marks(self.model, self.shape)):
            return ()
        turns = self.readings.of(messages)
        ends = [len(messages), sent, stable_end(turns)]
        least = min_cached_tokens(self.model) - self._overhead(with_ours=False)
        tokens = accumulate((self.measure.turns([turn]) for turn in turns), initial=0)  # counted as far as needed
        first = next((end for end, total in enumerate(tokens) if total >= least), len(messages) + 1)
        return places(messages, self.offer.tools, [end for end in ends if end >= first], self.shape)

    def _overhead(self, with_ours: bool) -> int:
        return self._cost_of_tools(self._includes_ours(with_ours))

    def _own_tool(self) -> int:
        """The tokens of our tool if it is always offered, else 0."""
        return self._overhead(False) - self._cost_of_tools(False)

    def _cost_of_tools(self, ours: bool) -> int:
        """The tokens of a request beside its messages."""
        costs = self.offer.costs
        if ours not in costs:
            costs[ours] = REPLY_TOKENS + sum(self.measure.count(dumps(tool)) for tool in self._tools(ours))
        return costs[ours]

    def _includes_ours(self, with_ours: bool) -> bool:
        return with_ours or (self.always and self.recoverable)

    def _offered(self, with_ours: bool) -> list[Tool]:
        """The caller's tools, followed by ours if it is offered and not among them."""
        return self._tools(self._includes_ours(with_ours))

    def _tools(self, ours: bool) -> list[Tool]:
        return offered(self.offer.tools, self.shape) if ours else self.offer.tools


def _unchanged(decision: Decision) -> Decision:
    """The decision about a text that stays after all, because compressing gained nothing."""
    if decision.action in ("kept", "protected"):
        return decision
    why = "what could be taken out costs as much as its markers"
    return decision._replace(action="kept", key=None, tokens_after=decision.tokens_before, why=why)


def _offers_ours(result: Compressed) -> bool:
    return any(TOOL_NAME in names_of(tool) for tool in result.tools or ())


def _hidden(compacted: Compressed, given: Conversation) -> int:
    """The tokens that a compaction takes out of the newest results."""
    first = next((turn.index + 1 for turn in reversed(given.turns) if turn.role == "assistant"), 0)
    return sum(row.tokens_before - row.tokens_after for row in compacted.decisions if row.message >= first and row.key)
