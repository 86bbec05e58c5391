"""compress(): reads the messages, goes on from the turn before, and compacts the history if it has to."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

from . import _observer
from ._json import clone
from .compaction import Compaction, shortening_by
from .embedders.named import embedder_of, reranker_of
from .markers.places import Position, originals_of
from .markers.withheld import withheld_of
from .messages import as_dicts, read
from .messages.must_stay import moved, must_stay, untouched
from .options import COMPRESS, check_options, checked_target, entry_forms
from .prices import Prices, context_window, prices_of
from .request import Request
from .result import Compressed
from .rules import Rule, checked_rules, treatments
from .rules.hooks import Function, checked_hook
from .tokens.measure import measure_for
from .tool_definitions.use import Offers
from .turns import weights as turn_tuning
from .turns.before import places_of, ready
from .turns.continuation import Continued, continued, lasting
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
    Protect,
    Reranker,
    Shrinker,
    Tool,
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
            shortens results of more than 500 tokens: text that is already in the conversation is not repeated, and a
            third of files and prose is shown, chosen for the call that asked for them. The model can retrieve the rest,
            so "views" does nothing with ``recoverable=False``.
        offer_tool: Offers the retrieval tool from the first turn on. Adding it later makes the provider's cached prefix
            new.
        breakpoints: ``result.request`` tells Anthropic where to cache, with up to three cache_control marks next to
            yours, four in all. It does nothing for models of other providers, which find cached prefixes themselves.
        prices: True for the model's own prices, or a ``Prices``. A compaction then keeps text if reading it in every
            turn is cheaper than an occasional retrieval, and at least half of the text that fits between the floor and
            ``target``. With ``previous``, the prices also decide when a compaction comes, below the trigger too: as
            soon as reading the text above the target has cost as much as the compaction, and earlier savings pay it.
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
    check_options(COMPRESS, locals())  # which are the arguments, and nothing else yet
    target = checked_target(trigger, target)
    prices = prices_of(prices, model)
    ruling = checked_rules(rules, shrinker)
    hook, form = checked_hook("before", before), checked_hook("after", after)
    previous, cache = _followed(previous, cache, hook)
    measure = measure_for(model, counter, float(token_factor))
    messages = as_dicts(messages)
    given = read(messages, shape, results, tools=tools or ())
    offers = Offers(clone(list(tools or ()), "tools"), tool_budget, keep_tools, messages, given, query, measure)
    request = Request(
        model=model,
        trigger=trigger,
        target=target,
        shape=given.shape,
        offer=offers.made(previous),
        recoverable=recoverable,
        cache={},
        measure=measure,
        always=offer_tool,
        marks=breakpoints,
        goes_on=previous is not None,
        limit=_limit(model) if prices is not None and previous is not None else 0,
    )
    earlier = previous or request.nothing()
    going = continued(messages, earlier)
    found = ready(messages, going, earlier.cache, cache, hook, given.shape, results, model)
    request = replace(request, cache=found.cache, withheld=found.withheld, changed=found.changed)
    if found.withheld is not None:
        request = replace(request, places=places_of(found.runs))
        protect, open = moved(protect, messages, found.given), moved(open, messages, found.given)  # noqa: A001
        messages = found.messages
        given = read(messages, given.shape, results)
    runs, issued = found.runs, found.issued
    new = messages[going.known :]
    if previous is not None and not new and request.repeats(earlier, going):
        return going.with_cache(earlier, found.withheld)
    requests = going.requests(earlier, messages) if prices is not None else 0  # nobody else asks
    entering, kept = Entered([], {}), None
    if previous is not None or on_entry:
        stay = frozenset(untouched(given.turns, messages, protect, cached))
        stay = stay.union(going.known + index for index, _ in issued)
        limits = request.limits._replace(cache={**originals_of(earlier.cache), **request.cache})
        ruled = treatments(given.turns[going.known :], ruling, model, measure.count)
        enter = partial(entered, given, messages, going.known, going.sent, stay, limits, rules=ruled)
        entering, kept = _kept(request, enter, entry_forms(on_entry), runs, issued, earlier, going, prices)
        if kept is not None:
            going.hand_on(kept)
            if not request.pays(kept, None, requests, earlier, given, prices):
                return kept
        cache_now = {**lasting(earlier.cache, new), **request.cache}
        request = replace(request, cache=cache_now, offer=offers.compacted(previous, request.offer))
        runs = [*going.runs, *runs]
    history, whole, opened = messages, given, open
    if cache or previous is not None:
        history = [message for run in runs for message in run]
        protect, opened = moved(protect, messages, runs), moved(opened, messages, runs)
        whole = read(history, given.shape, results)
    if previous is not None:  # what it sent is no input of its own
        messages, given, issued = history, whole, []
        request = replace(request, places={index: index for index in range(len(history))})
    stays = must_stay(whole.turns, history, protect, opened, cached).within(request.room)
    ruled = treatments(whole.turns, ruling, model, measure.count)
    stays = stays.ruled(ruled) if ruled else stays
    shortening = None if shrinker is None else shortening_by(shrinker, whole.turns, query, measure)
    asked = embedder_of(embedder, embedding_model), reranker_of(reranker)
    compaction = Compaction(
        request, history, whole, stays, entering, messages, folds, query, *asked, shortening, ruled, form
    )
    begun = compaction.begun()
    original = request.cost(given, recoverable and bool(issued))
    if original <= trigger and kept is None:
        below = request.unchanged(messages, original, "below_trigger", issued)
        return request.billed(below, earlier, going, prices)
    limits = request.limits
    if previous is not None or prices is not None:
        limits = request.going_on(whole, requests, prices)
    written, floor = compaction.written(limits, begun)
    result = request.result(messages, original, written, floor, issued)
    result = request.billed(result, earlier, going, prices)
    if kept is not None:
        result = _paying(request, result, kept, requests, earlier, given, going, prices)
    if not result.target_met:
        _warn(result)
    return result


def _followed(
    previous: Compressed | None, cache: Cache | None, hook: Function | None
) -> tuple[Compressed | None, Cache | None]:
    """The result of the turn before, if what it sent stays, and the cache.

    What was sent without the caller's ``before`` does not stay, because that must see every text. Then only its forms
    are known.
    """
    held = None if previous is None else withheld_of(previous.cache)
    if previous is None or hook is None or (held is not None and held.complete):
        return previous, cache
    return None, previous.cache if cache is None else cache


def _kept(
    request: Request,
    enter: Callable[[str], Entered],
    forms: str,
    runs: list[list[Message]],
    issued: list[Position],
    before: Compressed,
    going: Continued,
    prices: Prices | None,
) -> tuple[Entered, Compressed | None]:
    """The new messages as they enter, and the result that sends them behind what was sent before.

    Forms that leave text out need our tool. By the prices, they wait until they or earlier savings pay for its arrival,
    which makes the whole cached prefix new.
    """
    entering = enter(forms)
    kept = request.continued(runs, issued, before, going, entering)
    if kept is None or prices is None:
        return entering, kept
    kept = request.billed(kept, before, going, prices)
    if not before.messages or kept.tools == before.tools:
        return entering, kept
    complete = enter("lossless")
    other = request.continued(runs, issued, before, going, complete)
    if other is not None:
        other = request.billed(other, before, going, prices)
        if kept.bill > max(other.bill, kept.bill_without):
            return complete, other
    return entering, kept


def _paying(
    request: Request,
    result: Compressed,
    kept: Compressed,
    requests: int,
    before: Compressed,
    given: Conversation,
    going: Continued,
    prices: Prices | None,
) -> Compressed:
    """A compaction that prices asked for, if it pays by what it came to; else what was sent before, with that noted."""
    if request.pays(kept, result, requests, before, given, prices):
        return result
    kept = replace(kept, settled_tokens=result.compressed_tokens)
    going.hand_on(kept)
    return kept


def _limit(model: str) -> int:
    """The tokens up to which a compaction may be put off by the prices; 0 if the model's window is not known."""
    return int(turn_tuning.WEIGHTS.max_window_share * context_window(model))


def _warn(result: Compressed) -> None:
    """Tells the application's log that a target was missed, without any text of the conversation."""
    import logging

    log = logging.getLogger("compresskit")
    if not log.handlers:
        log.addHandler(logging.NullHandler())  # silent, unless the application has set up logging
    log.warning(
        "The target of %d tokens was missed: %d are left, and the floor is %d. result.decisions says what had to stay.",
        result.target,
        result.compressed_tokens,
        result.floor_tokens,
    )
