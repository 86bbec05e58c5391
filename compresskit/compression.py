"""compress(): reads from top to bottom like the flow: read, count, protect, split, score, fit, write."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from ._json import clone
from .markers.places import originals_of
from .markers.restore import Unfolded, unfold
from .messages import read
from .messages.must_stay import indices, moved, reasons
from .options import check, check_turns, checked_target, entry_forms
from .plan.budget import fitted
from .plan.candidates import Judged, judge, whole_messages
from .plan.groups import atoms
from .prices import Prices
from .relevance.query import derive
from .request import Request
from .result import Compressed
from .tokens.measure import Measure, measure_for
from .turns.continuation import Continued, continued, lasting, pays
from .turns.on_entry import Entered, entered
from .types import Cache, Counter, Embedder, Message, Shrinker, Tool, Turn

if TYPE_CHECKING:
    from .plan.shrinking import Shortening
    from .shrink import Shrinking

# Text with more characters per token of the trigger than this is above it more likely than not, and is
# split and scored while it is counted. It changes the time, never the result.
_LIKELY_CHARACTERS = 4


def compress(
    messages: list[Message],
    model: str,
    trigger: int = 200_000,
    target: int | None = None,
    *,
    query: str | None = None,
    tools: Sequence[Tool] | None = None,
    protect: Callable[[Message], bool] | Sequence[int] | None = None,
    counter: Counter | Callable[[str], int] | None = None,
    recoverable: bool = True,
    shape: str = "auto",
    cache: Cache | None = None,
    embedder: Embedder | None = None,
    shrinker: Shrinker | Shrinking | None = None,
    previous: Compressed | None = None,
    on_entry: bool | str = False,
    offer_tool: bool = False,
    breakpoints: bool = False,
    prices: Prices | None = None,
) -> Compressed:
    """Brings a conversation that costs more than ``trigger`` tokens to at most ``target`` tokens.

    Below the trigger, the messages come back unchanged. Above it, markers with keys replace the text that matters least
    to the query. ``restore`` puts everything back, and ``answer`` and ``retrieve`` give single texts to the model. The
    function is pure: no network, no clock, no change of the input, and the same result for the same arguments. With a
    shrinker or an embedder it is as repeatable as they are.

    Args:
        messages: OpenAI chat or Anthropic Messages dicts.
        model: Decides the tokenizer. A model that tiktoken does not know is counted with o200k_base.
        trigger: Compress only above this many tokens of the whole request (messages, overhead, tools).
        target: Tokens that the whole result may cost, at most ``trigger``. 70 % of the trigger by default.
        query: The text that relevance is judged against. By default the task, the last user message, earlier requests
            and the latest turns.
        tools: The request's own tools. They are counted, and returned together with the retrieval tool.
        protect: Messages that must not change, besides those that never change: a function of a message, or indices.
        counter: Counts tokens instead of tiktoken: a function of a text, or an object with ``count(text)``.
        recoverable: False for calls that cannot answer a tool call. Then there is no tool, and markers do not invite
            the model to retrieve. The cache is returned all the same.
        shape: "openai", "anthropic", or "auto" to detect it.
        cache: The texts that earlier calls took out of these messages. Their markers are recognised, the originals are
            put back before anything is decided, and the result's cache holds them too.
        embedder: An object with ``embed(texts)`` that returns one vector for each text. Texts that mean the same in
            other words then count as well. It is called once, and only above the trigger.
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
        prices: Prices of the model, such as ``prices_for(model)``. A compaction then keeps text if reading it in every
            turn is cheaper than an occasional retrieval, and at least half of the text that fits between the floor and
            ``target``. With ``previous``, a compaction also comes below the trigger, as soon as reading the text above
            the target has cost as much as writing everything anew.

    Raises:
        EmbedderFailed: The embedder raised, or it did not return usable vectors.
        InvalidArgument: An argument is wrong. The message gives the value, what was expected, and what to do.
        InvalidMessages: The messages are not a list of JSON-like message dicts.

    Examples:
        >>> result = compress([{"role": "user", "content": "hello"}], model="gpt-4o")
        >>> result.skipped_reason, result.original_tokens, result.tools
        ('below_trigger', 8, None)
    """
    target = checked_target(trigger, target)
    check(model, query, tools, recoverable, cache, embedder)
    check_turns(previous, on_entry, offer_tool, breakpoints, prices)
    measure = measure_for(model, counter)
    given = conversation = read(messages, shape)
    request = Request(
        model=model,
        trigger=trigger,
        target=target,
        shape=given.shape,
        tools=clone(list(tools or ()), "tools"),
        recoverable=recoverable,
        cache=originals_of(cache or {}),
        measure=measure,
        always=offer_tool,
        marks=breakpoints,
        goes_on=previous is not None,
    )
    entering, kept = Entered([], {}), None
    before = previous or request.nothing()
    going = continued(messages, before)
    new = messages[going.known :]
    if previous is not None and not new and request.repeats(before, going):
        return before
    runs, issued = unfold(messages, cache, going.known) if cache else Unfolded([[message] for message in new], [])
    requests = going.requests(before, messages) if prices is not None else 0  # nobody else asks
    if previous is not None or on_entry:
        stay = frozenset(indices(messages, protect)).union(going.known + index for index, _ in issued)
        limits = request.limits._replace(cache={**originals_of(before.cache), **request.cache})
        entering = entered(given, messages, going.known, going.sent, stay, limits, entry_forms(on_entry))
        kept = request.continued(runs, issued, before, going, entering)
        if kept is not None:
            going.hand_on(kept)
            if not pays(kept, max(target, kept.settled_tokens), requests, prices):
                return kept
        request = replace(request, cache={**lasting(before.cache, new), **request.cache})
        runs = [*going.runs, *runs]
    unfolded = messages
    if cache or previous is not None:
        unfolded, protect = [message for run in runs for message in run], moved(protect, messages, runs)
        conversation = read(unfolded, given.shape)
    if previous is not None:  # what it sent is no input of its own
        messages, given, issued = unfolded, conversation, []
    turns = conversation.turns
    shortening = None if shrinker is None else _shortening(shrinker, turns, query, measure)
    protected = reasons(turns, unfolded, protect)
    if entering.taken:  # what has to stay is sent as it would have been without compression
        unfolded, entering = entering.put_in(unfolded, messages, protected)
        turns = read(unfolded, given.shape).turns
    protection = whole_messages(turns, protected)
    bound = atoms(turns, protection, request.room)

    def judgement() -> Judged:
        return judge(unfolded, turns, bound, protection, derive(turns, query, embedder), measure, request.room)

    texts = (block.text for turn in turns for block in turn.blocks)
    judged = None
    # not with an embedder, which may cost money and must not be asked for nothing
    if embedder is None and conversation.characters > _LIKELY_CHARACTERS * trigger:
        judged = measure.meanwhile(texts, judgement)
    else:
        measure.begin(texts)
    original = request.cost(given, recoverable and bool(issued))
    if original <= trigger and kept is None:
        return request.unchanged(messages, original, "below_trigger", issued)
    judged = judged or judgement()
    limits = request.limits
    if previous is not None or prices is not None:
        limits = request.going_on(conversation, requests, prices)
    written, floor = fitted(limits, judged, shortening)
    written = written._replace(cache={**written.cache, **entering.taken})
    first = len(unfolded) - len(entering.messages)
    entered_forms = [(written.places[first + index], path) for index, path in entering.issued]
    result = request.result(messages, original, written, floor, [*written.issued, *entered_forms], issued)
    return result if kept is None else _paying(result, kept, going, requests, prices)


def _paying(result: Compressed, kept: Compressed, going: Continued, requests: int, prices: Prices | None) -> Compressed:
    """A compaction that prices asked for, if it pays by what it came to; else what was sent before, with that noted."""
    if pays(kept, result.compressed_tokens, requests, prices):
        return result
    kept = replace(kept, settled_tokens=result.compressed_tokens)
    going.hand_on(kept)
    return kept


def _shortening(shrinker: Any, turns: list[Turn], query: str | None, measure: Measure) -> Shortening:
    from .plan.shrinking import Shortening

    return Shortening(shrinker, turns, query, measure)
