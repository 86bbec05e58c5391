"""compress(): reads from top to bottom like the flow: read, count, protect, split, score, fit, write."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from . import outline
from .arguments import check, checked_target
from .atoms import Atom, atoms
from .fit import Fit
from .jsonlike import clone
from .layout import Layout, lay_out
from .markers import FULL_LENGTH, KEY_LENGTH, Keys, Wording, is_run, unfold
from .pieces import Judged, judge
from .previous import check_turns, continued, lasting
from .protect import moved, reasons
from .query import derive
from .request import Request
from .result import Compressed
from .shapes import read
from .tokens import Measure, measure_for
from .types import Cache, Counter, Embedder, Message, Shrinker, Tool, Turn
from .write import Writer

if TYPE_CHECKING:
    from .shortening import Shortening
    from .shrink import Shrinking

_ATTEMPTS = 5  # corrections of the plan after counting what was written; then comes the floor
_LEAST_SPARE = 0.002  # of the room, that is spent in a second step where the room is small enough for it to cost little
_MOST_ROOM = 60_000
# Text with more characters per token of the trigger than this is above it more likely than not, and is
# split and scored while threads still count. It changes the time, never the result.
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
    on_entry: bool = False,
    offer_tool: bool = False,
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
            conversation is compressed anew, down to ``target``. Where the history was edited or shortened, what
            still holds of it is used. Pass all messages, as you have them or as they were sent.
        on_entry: new tool results are said in a short form that loses nothing (JSON, tables, searches, listings) before
            they are sent for the first time, below the trigger too.
        offer_tool: the retrieval tool is there from the first turn on, not from the first key: adding it later
            makes the provider's cached prefix new.

    Raises:
        EmbedderFailed: the embedder raised, or returned no usable vectors.
        InvalidArgument, InvalidMessages: with the value, what was expected and what to do.

    >>> result = compress([{"role": "user", "content": "hello"}], model="gpt-4o")
    >>> result.skipped_reason, result.original_tokens, result.tools
    ('below_trigger', 8, None)
    """
    target = checked_target(trigger, target)
    check(model, query, tools, recoverable, cache, embedder)
    check_turns(previous, on_entry, offer_tool)
    measure = measure_for(model, counter)
    given = conversation = read(messages, shape)
    offered = clone(list(tools or ()), "tools")
    request = Request(model, trigger, target, given.shape, offered, recoverable, dict(cache or {}), measure, offer_tool)
    unfolded = messages
    if previous is not None or on_entry:
        before = previous or request.nothing()
        kept = request.continued(given, messages, before, continued(messages, before), on_entry)
        if kept is not None:
            return kept
        cache = {**before.cache, **request.cache}
        request = replace(request, cache={**lasting(before.cache), **request.cache})
    if cache:
        unfolded, protect = _unfolded(messages, cache, protect)
        conversation = read(unfolded, given.shape)
    if previous is not None:  # what it sent is no input of its own
        messages, given = unfolded, conversation
    turns = conversation.turns
    shortening = None if shrinker is None else _shortening(shrinker, turns, query, measure)
    protected = reasons(turns, unfolded, protect)
    bound = atoms(turns, protected, request.room)

    measure.begin(block.text for turn in turns for block in turn.blocks)
    judged = None
    # not with an embedder, which may cost money and must not be asked for nothing
    if embedder is None and conversation.characters > _LIKELY_CHARACTERS * trigger:
        judged = judge(turns, bound, protected, derive(turns, query), measure, request.room)
    original = request.cost(given)
    if original <= trigger:
        return request.unchanged(messages, original, "below_trigger")
    if judged is None:
        judged = judge(turns, bound, protected, derive(turns, query, embedder), measure, request.room)

    written, keys, floor = _fitted(request, judged, unfolded, turns, bound, shortening)
    return request.result(messages, original, written, keys, floor)


def _shortening(shrinker: Any, turns: list[Turn], query: str | None, measure: Measure) -> Shortening:
    from .shortening import Shortening

    return Shortening(shrinker, turns, query, measure)


def _fitted(
    request: Request,
    judged: Judged,
    messages: list[Message],
    turns: list[Turn],
    bound: list[Atom],
    shortening: Shortening | None,
) -> tuple[Writer, Keys, int]:
    """What was written within the request's room, the keys issued for it, and the plan's floor."""
    wording = Wording(request.recoverable)
    lengths: dict[str, int] = {}  # of keys, where a text of the input would pass for a marker of ours
    unfoldable: frozenset[int] = frozenset()
    while True:
        keys = Keys(request.cache, lengths)
        layout = lay_out(judged, turns, bound, request.measure, keys, wording, unfoldable)
        floor = layout.fit(judged, bare=True).floor
        written = _written(request, judged, messages, turns, bound, layout, keys, wording)
        if shortening is not None:
            shortening.apply(written, wording)
        mistaken = written.mistaken()
        if not mistaken and not written.unfoldable:
            return written, keys, floor
        unfoldable |= written.unfoldable
        lengths.update({text: 2 * lengths.get(text, KEY_LENGTH) for text in mistaken})
        if any(is_run(text) and lengths[text] > FULL_LENGTH for text in mistaken):
            unfoldable = frozenset(range(len(bound)))


def _written(
    request: Request,
    judged: Judged,
    messages: list[Message],
    turns: list[Turn],
    bound: list[Atom],
    layout: Layout,
    keys: Keys,
    wording: Wording,
) -> Writer:
    """What fits the room, corrected by what it really costs; the cheapest forms where nothing does."""
    room = request.room
    outlines = int(outline.SHARE * room) if any(map(outline.can_have, layout.entries)) else 0

    def write(fit: Fit, budget: int, outlines: int = 0) -> Writer:
        fit.fill(budget - outlines)
        outline.tell(layout.entries, budget - fit.used if outlines else 0, request.measure)
        keys.cache = {}
        return Writer(request.measure, keys, wording).write(messages, turns, bound, layout)

    budget = room
    for _ in range(_ATTEMPTS):
        fit = layout.fit(judged)
        if fit.floor > room:  # stubs that say what they stand for are too dear here
            fit = layout.fit(judged, bare=True)
        if fit.floor > room:
            break
        twice = room <= _MOST_ROOM
        written = write(fit, budget - outlines) if twice else write(fit, budget, outlines)
        spare = room - written.tokens
        if spare >= 0:
            if spare <= _LEAST_SPARE * room or not twice:
                return written
            cache = keys.cache
            # estimates are on the safe side: what they left is spent too
            needed = outline.tell(layout.entries, outlines, request.measure)
            fuller = write(fit, fit.used + spare, needed)
            if fuller.tokens <= room:
                return fuller
            keys.cache = cache
            return written
        budget = max(0, min(budget, fit.used) + spare)
    return write(layout.fit(judged, bare=True), 0)


def _unfolded(messages: list[Message], cache: Cache, protect: Any) -> tuple[list[Message], Any]:
    """The messages with earlier originals put back, and indices in ``protect`` moved with them."""
    runs = unfold(messages, cache)
    return [message for run in runs for message in run], moved(protect, messages, runs)
