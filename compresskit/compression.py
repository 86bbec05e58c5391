"""compress(): reads from top to bottom like the flow: read, count, protect, split, score, fit, write."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from .arguments import check, checked_target
from .atoms import atoms
from .entry import Entered, entered, entry_forms
from .fitting import fitted
from .jsonlike import clone
from .pieces import Judged, judge
from .places import NO_PLACES, Places, originals_of
from .previous import Continued, check_turns, continued, lasting, pays
from .prices import Prices
from .protect import indices, moved, reasons
from .query import derive
from .request import Request
from .restoring import unfold
from .result import Compressed
from .shapes import read
from .tokens import Measure, measure_for
from .types import Cache, Counter, Embedder, Message, Shrinker, Tool, Turn

if TYPE_CHECKING:
    from .shortening import Shortening
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

    Below the trigger it comes back as it was. Above it, what matters least to the query is replaced by
    markers with keys; ``restore`` puts everything back, ``answer`` and ``retrieve`` give it to the model.
    Pure: no network, no clock, no change of the input, the same result for the same arguments; with a
    shrinker as far as the shrinker is.

    Args:
        messages: OpenAI chat or Anthropic Messages dicts.
        model: decides the tokenizer; a model that tiktoken does not know is counted with o200k_base.
        trigger: tokens of the whole request (messages, overhead, tools) above which it is compressed.
        target: tokens of the whole result, at most ``trigger``; 70 % of it by default.
        query: what relevance is judged against, instead of the task, the last user message and the
            latest turns.
        tools: the request's own tools: counted, and returned beside the retrieval tool.
        protect: messages not to touch besides those that never are: a function of a message, or indices.
        counter: counts tokens instead of tiktoken: a function of a text, or an object with ``count(text)``.
        recoverable: False for calls that cannot answer a tool call: no tool, no invitation in the markers.
            The cache is returned all the same.
        shape: "openai", "anthropic", or "auto" to find out.
        cache: what earlier calls took out of these messages. Their markers are then known as such: the
            originals are put back before anything is decided, and the result's cache holds them too.
        embedder: an object with ``embed(texts)`` that returns a vector for each: texts whose words do not match
            the query count as well where their vectors do. It is asked once, and only above the trigger.
        shrinker: says prose in fewer words where that keeps more than an excerpt: ``compresskit.shrink.LLMLingua``,
            ``SelfLLM``, an object of your own with ``shrink(texts, budgets, query)``, or one of them in a
            ``Shrinking`` with a store and a latency budget. Its results are checked; where it fails, excerpts stay.
        previous: the result of the turn before. What it sent stays byte for byte, with the new messages behind it,
            while that fits ``trigger`` (``skipped_reason`` is then "fits_trigger"); when it no longer fits, the whole
            conversation is compressed anew, down to ``target``; where that cannot be reached, three tenths of what lies
            between the floor and ``trigger`` are used all the same. Where the history was edited or shortened, what
            still holds of it is used. Pass all messages, as you have them or as they were sent.
        on_entry: new tool results enter in a smaller form, before they are sent for the first time, below the trigger
            too. "lossless": forms that say everything (JSON, tables, searches, listings). "views", or True: besides,
            results of more than 500 tokens do not say again what just stands above, and of files and prose a third
            is shown, judged against what asked for them; the rest can be retrieved (so not with
            ``recoverable=False``).
        offer_tool: the retrieval tool is there from the first turn on, not from the first key: adding it later
            makes the provider's cached prefix new.
        breakpoints: ``result.request`` tells Anthropic where to cache, with up to three cache_control marks beside
            yours, four in all. For other models, which find it out by themselves, it does nothing.
        prices: by these prices (``prices_for(model)``) a compaction keeps what is worth reading turn after turn,
            against asking for it: at least half of what fits between the floor and ``target``. And with ``previous``,
            below the trigger too, the conversation is compressed again as soon as reading what is above the target
            has cost as much as writing it anew would.

    Raises:
        EmbedderFailed: the embedder raised, or returned no usable vectors.
        InvalidArgument, InvalidMessages: with the value, what was expected and what to do.

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
    runs, places = _originals(new, cache)
    requests = going.requests(before, messages) if prices is not None else 0  # nobody else asks
    if previous is not None or on_entry:
        named = frozenset(indices(messages, protect))
        limits = request.limits._replace(cache={**originals_of(before.cache), **request.cache})
        entering = entered(given, messages, going.known, going.sent, named, limits, entry_forms(on_entry))
        kept = request.continued(runs, places, before, going, entering)
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
        messages, given, places = unfolded, conversation, NO_PLACES
    turns = conversation.turns
    shortening = None if shrinker is None else _shortening(shrinker, turns, query, measure)
    protected = reasons(turns, unfolded, protect)
    if entering.taken:  # what has to stay is sent as it would have been without compression
        unfolded, entering = entering.put_in(unfolded, messages, protected)
        turns = read(unfolded, given.shape).turns
    bound = atoms(turns, protected, request.room)

    def judgement() -> Judged:
        return judge(turns, bound, protected, derive(turns, query, embedder), measure, request.room)

    texts = (block.text for turn in turns for block in turn.blocks)
    judged = None
    # not with an embedder, which may cost money and must not be asked for nothing
    if embedder is None and conversation.characters > _LIKELY_CHARACTERS * trigger:
        judged = measure.meanwhile(texts, judgement)
    else:
        measure.begin(texts)
    original = request.cost(given, recoverable and bool(places))
    if original <= trigger and kept is None:
        return request.unchanged(messages, original, "below_trigger", places)
    judged = judged or judgement()
    limits = request.limits
    if previous is not None or prices is not None:
        limits = request.going_on(conversation, requests, prices)
    written, keys, floor = fitted(limits, judged, unfolded, turns, bound, shortening)
    keys.cache.update(entering.taken)
    result = request.result(messages, original, written, keys, floor, entering, places)
    return result if kept is None else _paying(result, kept, going, requests, prices)


def _paying(result: Compressed, kept: Compressed, going: Continued, requests: int, prices: Prices | None) -> Compressed:
    """A compaction that prices asked for, if it pays by what it came to; else what was sent before, with that noted."""
    if pays(kept, result.compressed_tokens, requests, prices):
        return result
    kept = replace(kept, settled_tokens=result.compressed_tokens)
    going.hand_on(kept)
    return kept


def _shortening(shrinker: Any, turns: list[Turn], query: str | None, measure: Measure) -> Shortening:
    from .shortening import Shortening

    return Shortening(shrinker, turns, query, measure)


def _originals(messages: list[Message], cache: Cache | None) -> tuple[list[list[Message]], Places]:
    """For each message the original ones by the caller's cache, and the places of the forms."""
    return unfold(messages, cache) if cache else ([[message] for message in messages], NO_PLACES)
