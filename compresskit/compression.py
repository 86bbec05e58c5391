"""compress(): reads the messages, goes on from the turn before, and compacts the history if it has to.

It reads from top to bottom: the arguments, the request, what was sent before, the whole history, its compaction. A
single call without ``previous``, ``cache`` and ``on_entry`` passes over what was sent before, and its history is what
it was given.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, NamedTuple

from . import _observer
from ._json import clone, equal
from .compaction import Compaction, shortening_by
from .embedders.hosted import embedder_of, reranker_of
from .errors import warn
from .markers.places import Position, originals_of
from .markers.withheld import withheld_of
from .messages import as_dicts, read
from .messages.must_stay import MustStay, moved, must_stay, untouched
from .messages.readings import Readings
from .options import COMPRESS, check_options, checked_target, entry_forms
from .prices import Prices, context_window, prices_of
from .request import Request
from .result import Compressed
from .rules import Rule, checked_rules, treatments
from .rules.hooks import Function, checked_hook
from .tokens.measure import measure_for
from .tool_definitions import Offer
from .tool_definitions.offers import Offers
from .turns import weights as turn_tuning
from .turns.before import places_of, ready
from .turns.continuation import Continued, continued, lasting, read_before
from .turns.economics import is_too_short
from .turns.entry_excerpts import New, sizes_of
from .turns.on_entry import Entered, entered
from .types import (
    About,
    After,
    Before,
    Cache,
    Conversation,
    Counter,
    Embedder,
    Message,
    Place,
    Protect,
    Reranker,
    Shrinker,
    Tool,
    Treatment,
    Turn,
)

if TYPE_CHECKING:
    from .shrink import Shrinking


@_observer.compression
def compress(
    messages: list[Message],
    model: str,
    trigger: int = 200_000,
    target: int | None = None,
    *,
    query: str | None = None,
    tools: Sequence[Tool] | None = None,
    protect: Protect | None = None,
    open: Protect | None = None,  # noqa: A002
    cached: str = "move",
    results: str = "auto",
    folds: bool = True,
    counter: Counter | Callable[[str], int] | None = None,
    recoverable: bool = True,
    shape: str = "auto",
    cache: Cache | None = None,
    embedder: Embedder | None = None,
    embedding_model: str | None = None,
    reranker: Reranker | str | None = None,
    shrinker: Shrinker | Shrinking | None = None,
    previous: Compressed | None = None,
    on_entry: bool | str = False,
    offer_tool: bool = False,
    breakpoints: bool = False,
    prices: Prices | bool | None = None,
    rules: Sequence[Rule | Mapping[str, Any]] | None = None,
    token_factor: float = 1.0,
    tool_budget: int | None = None,
    keep_tools: Sequence[str] = (),
    before: Before | Callable[[str, About], str] | None = None,
    after: After | Callable[[str, About], str] | None = None,
) -> Compressed:
    """Brings a conversation that costs more than ``trigger`` tokens to at most ``target`` tokens.

    Below the trigger, the messages come back unchanged. Above it, markers with keys replace the text that matters least
    to the query. ``restore`` puts everything back, and ``answer`` and ``retrieve`` give single texts to the model. The
    function is pure: no network, no clock, no change of the input, and the same result for the same arguments. With a
    shrinker, an embedder or a reranker it is as repeatable as they are.

    Args:
        messages: Messages of OpenAI chat, Anthropic Messages, OpenAI Responses (items), Gemini (contents) or Bedrock's
            Converse, as dicts or as the objects of their SDKs.
        model: Decides the tokenizer. A model that tiktoken does not know is counted with o200k_base.
        trigger: Compress only above this many tokens of the whole request (messages, overhead, tools).
        target: Tokens that the whole result may cost, at most ``trigger``. 70 % of the trigger by default.
        query: The text that relevance is judged against. By default the task, the last user message, earlier requests
            and the latest turns.
        tools: The request's own tools. They are counted, and returned together with the retrieval tool.
        protect: Messages that must not change, besides the texts that never change: a function of a message, or a list
            of indices, of roles, and of names of tools, whose results are meant.
        open: Messages that may change although they would stay, named in the same way: ``["system"]``, for example.
        cached: What cache marks mean. "move": a marked message stays in its place, and its text may change. "keep":
            everything up to the last mark stays as it is.
        results: Where results are. "auto": in tool results, and in messages of the user in a conversation of an agent
            without tool calls. "user": in every message of the user behind one of the assistant. "tools": only in tool
            results.
        folds: False keeps every message and every block in its place. ``result.changes`` then gives each new text.
        counter: Counts tokens instead of tiktoken: a function of a text, or an object with ``count(text)``.
        recoverable: False for calls that cannot answer a tool call. Then there is no tool, and markers do not invite
            the model to retrieve. The cache is returned all the same.
        shape: "openai", "anthropic", "responses", "gemini", "converse", or "auto" to detect it.
        cache: The texts that earlier calls took out of these messages. Their markers are recognised, the originals are
            put back before anything is decided, and the result's cache holds them too.
        embedder: An object with ``embed(texts)`` that returns one vector for each text. Texts that mean the same in
            other words then count as well. It is called once, and only above the trigger.
        embedding_model: The name of an embedding model, such as "text-embedding-3-small", instead of an embedder. It is
            the same as ``embedder=LiteLLMEmbedder(embedding_model)``.
        reranker: An object with ``rerank(query, texts)`` that returns one number for each text, such as
            ``CrossEncoder(model)``, or the name of a model for ``litellm.rerank``. It reorders only the best texts. It
            is called once, and only above the trigger.
        shrinker: Says prose in fewer words if that keeps more than an excerpt: ``compresskit.shrink.LLMLingua``,
            ``SelfLLM``, your own object with ``shrink(texts, budgets, query)``, or one of them in a ``Shrinking`` with
            a store and a time limit. Its results are checked. If a check fails, the excerpt stays.
        previous: The result of the turn before. What it sent stays byte for byte, with the new messages behind it,
            while that fits ``trigger``; ``skipped_reason`` is then "fits_trigger". When it no longer fits, the whole
            conversation is compressed again, down to ``target``. If the target is out of reach, three tenths of the
            space between the floor and ``trigger`` are used as well. If you edited or shortened the history, the part
            that did not change is kept. Pass all messages, as you have them or as they were sent.
        on_entry: Makes new tool results smaller before they are sent for the first time, below the trigger too.
            "lossless" uses only forms that lose nothing (JSON, tables, searches, listings). "views" or True also
            shortens results of which an excerpt costs less than the whole text, with the retrievals that it may cause:
            text that is already in the conversation is not repeated, and about a fifth of the rest is shown (two fifths
            of a new file), chosen for the call that asked for it. Results of up to 100 tokens, JSON, search
            results, lines that a call asks for by their numbers, and small files once the agent edits files stay whole.
            The model can retrieve the rest, so "views" does nothing with ``recoverable=False``.
        offer_tool: Offers the retrieval tool from the first turn on. Adding it later makes the provider's cached prefix
            new.
        breakpoints: ``result.request`` tells Anthropic where to cache, with up to three cache_control marks next to
            yours, four in all. It does nothing for models of other providers, which find cached prefixes themselves.
        prices: True for the model's own prices, or a ``Prices``. A compaction then keeps text if reading it in every
            turn is cheaper than an occasional retrieval, and at least half of the text that fits between the floor and
            ``target``. With ``previous``, the prices also decide when a compaction comes, below the trigger too: if it
            saves more than it costs in the requests that are expected to follow, and earlier savings pay it.
            Above the trigger it waits until it pays while the model's known context window has room
            (``skipped_reason`` is "costs_more").
        rules: What may happen to which texts: a list of ``Rule``, or of mappings of their fields. The first rule that
            matches a text counts. Text that never changes stays as it is, whatever a rule says. Rules hold above the
            trigger, and for results that enter shorter with ``on_entry``.
        token_factor: The tokens of the model for each token that is counted, if its tokenizer is not at hand.
            Trigger, target and all figures are then in tokens of the model.
        tool_budget: The tokens that the definitions of all tools may cost together. Above it, some are shortened, and
            others are deferred: the model finds them with a search tool. Use it only if something answers the model's
            searches, as ``completion`` and the clients do, or ``answer(response, cache, tools=tools)``.
        keep_tools: Names of tools that are offered whole whatever they cost.
        before: A function of a text and of what is known of it (``About``), or an object with ``before(text, about)``.
            The text that it returns takes the place of the text before anything is counted or judged, below the trigger
            too: without secrets or control characters, for example. It is given each text of the messages that is new.
            The model can never retrieve what it took out; ``restore`` puts it back.
        after: A function of a text and of what is known of it, or an object with ``after(text, about)``. It says a
            whole text in your own shorter form. It is only called above the trigger, for texts that may change, and the
            form is used like a compact form: the model can retrieve the text itself.

    Raises:
        EmbedderFailed: The embedder raised, or it did not return usable vectors.
        HookFailed: ``before`` or ``after`` raised, or it did not return a usable text.
        InvalidArgument: An argument is wrong. The message gives the value, what was expected, and what to do.
        InvalidMessages: The messages are not a list of JSON-like message dicts.
        RerankerFailed: The reranker raised, or it did not return usable scores.

    Examples:
        >>> result = compress([{"role": "user", "content": "hello"}], model="gpt-4o")
        >>> result.skipped_reason, result.original_tokens, result.tools
        ('below_trigger', 8, None)
    """
    check_options(COMPRESS, locals())  # so far, locals() holds the arguments alone
    hook, form = checked_hook("before", before), checked_hook("after", after)
    goes_on = previous is not None
    previous, cache = _followed(previous, cache, hook)
    prices = prices_of(prices, model)
    measure = measure_for(model, counter, float(token_factor))
    messages = as_dicts(messages)
    given = read(messages, shape, results, tools=tools or (), going=read_before(previous))
    offers = Offers(clone(list(tools or ()), "tools"), tool_budget, keep_tools, messages, given, query, measure)
    request = Request(
        model=model,
        trigger=trigger,
        target=checked_target(trigger, target),
        shape=given.shape,
        offer=offers.made(previous),
        recoverable=recoverable,
        cache={},
        measure=measure,
        readings=Readings(messages, given),
        always=offer_tool,
        marks=breakpoints,
        goes_on=previous is not None,
        limit=_limit(model) if prices is not None and previous is not None else 0,
    )
    named = _Stays(protect, open, cached, checked_rules(rules, shrinker))
    call = _begun(request, messages, given, previous, named, prices, cache, hook)
    if call.repeats():
        return call.going.with_cache(call.earlier, call.request.withheld)
    entering, kept = Entered([], {}), None
    if previous is not None or on_entry:
        entering, kept = _sent_on(call, entry_forms(on_entry))
        if kept is not None and not call.pays(kept):
            return kept
        call = call.compacting(offers.compacted(previous, call.request.offer))
    history, call = _put_back(call, cache, goes_on)
    stays, ruled = call.must_stay(history)
    turns = stays.turns
    compaction = Compaction(
        request=call.request,
        history=history.messages,
        whole=replace(history.whole, turns=turns),
        stays=stays,
        entering=entering,
        messages=call.messages,
        folds=folds,
        query=query,
        embedder=embedder_of(embedder, embedding_model),
        reranker=reranker_of(reranker),
        shortening=None if shrinker is None else shortening_by(shrinker, turns, query, measure),
        rules=ruled,
        after=form,
        opens=kept is None or kept.compressed_tokens > trigger,
    )
    return _compacted(call, compaction, kept)


class _Stays(NamedTuple):
    """The caller's wishes about texts: ``protect``, ``open`` and ``cached`` as for compress(), and the rules."""

    protect: Protect | None
    open: Protect | None
    cached: str
    rules: Sequence[Rule]

    def moved(self, messages: list[Message], runs: Sequence[list[Message]]) -> _Stays:
        """The same for the originals of messages."""
        return self._replace(protect=moved(self.protect, messages, runs), open=moved(self.open, messages, runs))


class _History(NamedTuple):
    """All messages with the originals of earlier calls put back, as they are, as they were read, and what stays."""

    messages: list[Message]
    whole: Conversation
    stays: _Stays


@dataclass(frozen=True)
class _Call:
    """One call of compress(): its request, and its messages as the stages see them.

    Attributes:
        request: The request apart from the messages.
        messages, given: The messages behind the caller's ``before``, and as they were read.
        previous: The result of the turn before, if there was one.
        earlier: The same, or the empty result before the first turn.
        going: The part of ``earlier`` that still holds.
        runs: The originals of each new message, and of all messages once the history is compressed again.
        issued: The positions of the forms of earlier calls in the new messages.
        stays: The caller's wishes about texts.
        prices: The prices of the model, if the bill decides.
        requests: The number of requests since the last compaction, if the bill decides; else 0.
    """

    request: Request
    messages: list[Message]
    given: Conversation
    previous: Compressed | None
    earlier: Compressed
    going: Continued
    runs: Sequence[list[Message]]
    issued: list[Position]
    stays: _Stays
    prices: Prices | None
    requests: int

    def repeats(self) -> bool:
        """Whether this is the turn before once more."""
        new = len(self.messages) > self.going.known
        return self.previous is not None and not new and self.request.repeats(self.earlier, self.going)

    def treatments(self, turns: Sequence[Turn]) -> Mapping[Place, Treatment]:
        """The treatments of the texts of turns, by the rules."""
        return treatments(turns, self.stays.rules, self.request.model, self.request.measure.count)

    def must_stay(self, history: _History) -> tuple[MustStay, Mapping[Place, Treatment]]:
        """What must stay, with the turns divided into instructions and data; and the rules of the texts."""
        protect, opened, cached, _ = history.stays
        found = must_stay(history.whole.turns, history.messages, protect, opened, cached).within(self.request.room)
        ruled = self.treatments(found.turns)
        return (found.ruled(ruled) if ruled else found), ruled

    def billed(self, result: Compressed) -> Compressed:
        """The result with the bill so far, if the prices are known."""
        return self.request.billed(result, self.earlier, self.going, self.prices)

    def pays(self, kept: Compressed, compacted: Compressed | None = None) -> bool:
        """Whether a compaction costs less than sending ``kept``: by an estimate, until there is one."""
        return self.request.pays(kept, compacted, self.requests, self.earlier, self.given, self.prices)

    def compacting(self, offer: Offer) -> _Call:
        """The call once all that was sent before may change."""
        new = self.messages[self.going.known :]
        cache = {**lasting(self.earlier.cache, new), **self.request.cache}
        request = replace(self.request, cache=cache, offer=offer)
        return replace(self, request=request, runs=[*self.going.runs, *self.runs])


def _begun(
    request: Request,
    messages: list[Message],
    given: Conversation,
    previous: Compressed | None,
    stays: _Stays,
    prices: Prices | None,
    cache: Cache | None,
    hook: Function | None,
) -> _Call:
    """The call with the part of the turn before that still holds, and with new messages behind the caller's hook."""
    earlier = previous or request.nothing()
    going = continued(messages, earlier)
    found = ready(messages, going, earlier.cache, cache, hook, given.shape, given.results, request.model)
    request = replace(request, cache=found.cache, withheld=found.withheld, changed=found.changed)
    if found.withheld is not None:
        request = replace(request, places=places_of(found.runs))
        stays = stays.moved(messages, found.given)
        messages = found.messages
        given = read(messages, given.shape, given.results)
        request.readings.add(messages, given)
    requests = 0 if prices is None else going.requests(earlier, messages)
    return _Call(request, messages, given, previous, earlier, going, found.runs, found.issued, stays, prices, requests)


def _sent_on(call: _Call, forms: str) -> tuple[Entered, Compressed | None]:
    """The new messages as they enter, and the result that sends them behind what was sent before.

    There is no such result if it is above the limit. Forms that leave text out need our tool. By the prices, they wait
    until they or earlier savings pay for its arrival, which makes the whole cached prefix new. A prompt that would be
    too short to be cached is sent as it is: each later request would pay all of it in full.
    """
    request, going, before = call.request, call.going, call.earlier
    stay = frozenset(untouched(call.given.turns, call.messages, call.stays.protect, call.stays.cached))
    stay = stay.union(going.known + index for index, _ in call.issued)
    limits = request.limits._replace(cache={**originals_of(before.cache), **request.cache})
    ruled = call.treatments(call.given.turns[going.known :])
    sizes = sizes_of(before.compressed_tokens, call.messages, call.prices)

    def sent(forms: str) -> tuple[Entered, Compressed | None]:
        new = New.of(call.given, call.messages, going.known, stay, limits, ruled)
        entering = entered(new, going.sent, forms, sizes)
        kept = request.continued(call.runs, call.issued, before, going, entering)
        return entering, None if kept is None else call.billed(kept)

    entering, kept = sent(forms)
    if kept is not None and call.prices is not None and before.messages and kept.tools != before.tools:
        complete, other = sent("lossless")
        if other is not None and kept.bill > max(other.bill, kept.bill_without):
            entering, kept = complete, other
    if kept is not None and call.prices is not None and is_too_short(kept.compressed_tokens, call.prices):
        whole, other = sent("")
        if other is not None:
            entering, kept = whole, other
    if kept is not None:
        going.hand_on(kept, call.given.unlinked)
    return entering, kept


def _put_back(call: _Call, cache: Cache | None, goes_on: bool) -> tuple[_History, _Call]:
    """The history with the originals of earlier calls put back, and the call.

    In a conversation that goes on, the history takes the place of the messages: what was sent is no input of its own.
    It goes on as well if the caller's ``before`` is new, and nothing of the turn before may stay.
    """
    if not cache and not goes_on:
        return _History(call.messages, call.given, call.stays), call
    history = [message for run in call.runs for message in run]
    whole = call.given
    if not equal(history, call.messages):
        whole = read(history, call.given.shape, call.given.results)
        call.request.readings.add(history, whole)
    stays = call.stays.moved(call.messages, call.runs)
    if goes_on:
        request = replace(call.request, places={index: index for index in range(len(history))})
        call = replace(call, request=request, messages=history, given=whole, issued=[])
    return _History(history, whole, stays), call


def _compacted(call: _Call, compaction: Compaction, kept: Compressed | None) -> Compressed:
    """The result of a compaction, or the messages as they were if they fit the trigger.

    Args:
        call: The call.
        compaction: The history that is to be brought under the target.
        kept: The result without a compaction, if the prices ask for one: it is taken if the compaction does not pay.
    """
    request = call.request
    begun = compaction.begun()
    original = request.cost(call.given, request.needs_tool(call.messages, call.issued))
    if original <= request.trigger and kept is None:
        return call.billed(request.unchanged(call.messages, original, "below_trigger", call.issued))
    limits = request.limits
    if call.previous is not None or call.prices is not None:
        limits = request.going_on(compaction.whole, call.requests, call.prices)
    written, floor = compaction.written(limits, begun)
    result = call.billed(request.result(call.messages, original, written, floor, call.issued))
    if kept is not None and not call.pays(kept, result):
        result = replace(kept, settled_tokens=result.compressed_tokens)
        call.going.hand_on(result, call.given.unlinked)
    if not result.target_met and compaction.opens:  # else it is below the trigger, and came for its price alone
        _warn(result)
    return result


def _followed(
    previous: Compressed | None, cache: Cache | None, hook: Function | None
) -> tuple[Compressed | None, Cache | None]:
    """The result of the turn before, if what it sent stays, and the cache.

    Messages that were sent without the caller's ``before`` do not stay, because that must see every text. Then only
    their forms are known.
    """
    held = None if previous is None else withheld_of(previous.cache)
    if previous is None or hook is None or (held is not None and held.complete):
        return previous, cache
    return None, previous.cache if cache is None else cache


def _limit(model: str) -> int:
    """The tokens up to which a compaction may be put off by the prices; 0 if the model's window is not known."""
    return int(turn_tuning.WEIGHTS.max_window_share * context_window(model))


def _warn(result: Compressed) -> None:
    warn(
        "The target of %d tokens was missed: %d are left, and the floor is %d. result.decisions says what had to stay.",
        result.target,
        result.compressed_tokens,
        result.floor_tokens,
    )
