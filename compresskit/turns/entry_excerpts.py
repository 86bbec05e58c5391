"""Cuts long new results to excerpts before they are first sent, judged against the call that asked for them.

It works like a compaction of a few messages: the new ones, and those earlier ones that show the intention of the call.
The time it takes grows with the new messages alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import NamedTuple

from .._json import clone, equal
from ..content import detect, path_of
from ..messages import read
from ..messages.instructions import carried
from ..messages.must_stay import task_of
from ..messages.parts import replace
from ..messages.retrieval_tool import OURS
from ..messages.shapes import slots
from ..plan.budget import Limits, fitted
from ..plan.groups import Atom
from ..plan.judging import judge
from ..prices import Prices, usual
from ..relevance.query import derive
from ..types import Block, Conversation, Message, Place, Treatment, Turn
from . import weights as tuning
from .continuation import requests_in
from .economics import min_excerpt_tokens
from .file_reads import edits_files, files_in, stays_whole
from .frames import Frame
from .repeats import discounted

_RECORDS = frozenset({"json", "jsonl", "search"})  # kinds that stay whole: any line of them may be needed next
_CHARACTERS = 4_000  # characters of each earlier text that new results are judged against, which bounds the time


class Size(NamedTuple):
    """A size of excerpts.

    Attributes:
        share: The share that stays of the tokens of a result beyond the first ones, which always stay.
        long: Tokens of a result above which such an excerpt costs less than the whole text.
    """

    share: float
    long: int

    def shown(self, tokens: int) -> int:
        """The tokens of the excerpt of a result.

        A small result needs a larger share than a large one to show anything beside its marker.
        """
        least = min(tokens, tuning.WEIGHTS.min_shown_tokens)
        return least + int(self.share * (tokens - least))


class Sizes(NamedTuple):
    """The sizes of excerpts: of most results, of first reads of files, and of results of which these show nothing."""

    usual: Size
    first_read: Size
    larger: Size


def sizes_of(prompt_tokens: int, messages: Sequence[Message], prices: Prices | None) -> Sizes:
    """The sizes of excerpts in a request.

    Args:
        prompt_tokens: The tokens of the request before.
        messages: All messages.
        prices: The prices of the model; None: the usual ratios.
    """
    tuned = tuning.WEIGHTS
    requests, rates = requests_in(list(messages)), prices or usual()

    def size(share: float) -> Size:
        long = min_excerpt_tokens(prompt_tokens, requests, rates, share)
        return Size(share, max(tuned.min_excerpt_tokens, long))

    return Sizes(size(tuned.excerpt_share), size(tuned.first_read_share), size(tuned.larger_excerpt_share))


class New(NamedTuple):
    """The new messages of a request, and what their smaller forms depend on.

    Attributes:
        given: All messages as they were read.
        messages: All messages as dicts.
        known: The number of messages that were sent before.
        fresh: Copies of the new messages, in which smaller forms replace texts.
        protected: The indices of messages that must not change.
        limits: The room, the measure and the originals of the request.
        rules: What the caller's rules say about texts of the new messages.
    """

    given: Conversation
    messages: list[Message]
    known: int
    fresh: list[Message]
    protected: frozenset[int]
    limits: Limits
    rules: Mapping[Place, Treatment]

    @classmethod
    def of(
        cls,
        given: Conversation,
        messages: list[Message],
        known: int,
        protected: frozenset[int],
        limits: Limits,
        rules: Mapping[Place, Treatment],
    ) -> New:
        """The new messages before any of their texts has a smaller form."""
        fresh = [clone(message, f"messages[{index}]") for index, message in enumerate(messages[known:], known)]
        return cls(given, messages, known, fresh, protected, limits, rules)

    @property
    def turns(self) -> list[Turn]:
        """The new messages as they were read."""
        return self.given.turns[self.known :]

    def beside(self, taken: Mapping[str, str]) -> New:
        """The same once these originals have been taken out, by key."""
        return self._replace(limits=self.limits._replace(cache={**self.limits.cache, **taken}))

    def rule(self, block: Block) -> Treatment | None:
        """What a rule says about a text; None if no rule does."""
        return self.rules.get(block.place)

    def bound(self, block: Block) -> int | None:
        """The tokens that a rule leaves to a text; None: no rule bounds it."""
        rule = self.rule(block)
        return None if rule is None else rule.max_tokens

    def long(self, turn: Turn, tokens: int) -> list[Block]:
        """The results of a message that are longer than this, or than the bound that a rule sets."""
        found = []
        for block in turn.blocks:
            rule, bound = self.rule(block), self.bound(block)
            least = tokens if bound is None else bound
            if rule is not None and (rule.untouched or rule.complete):
                continue
            if not block.call or len(block.text) <= least or block.call.startswith(OURS):
                continue
            if self.limits.measure.count(block.text) > least:
                found.append(block)
        return found

    def untouched(self, tokens: int) -> list[Turn]:
        """The new messages that may change and did not, with a result that is longer than this."""
        return [
            turn
            for turn, message in zip(self.turns, self.fresh, strict=True)
            if turn.index not in self.protected
            and self.long(turn, tokens)
            and equal(message, self.messages[turn.index])
        ]


def enter_views(
    new: New, above: Mapping[Place, str], frames: Mapping[Place, Frame], changing: Sequence[Turn], sizes: Sizes
) -> dict[str, str]:
    """Replaces long results among the new messages by excerpts, in place; returns the originals by key.

    Args:
        new: The new messages.
        above: The earlier text that a long result may repeat.
        frames: What is around results, and can be read above.
        changing: The new messages with long results that may be changed.
        sizes: The sizes of excerpts.
    """
    taken: dict[str, str] = {}
    earlier = new.given.turns[: new.known]
    edits, read = edits_files(earlier), files_in(earlier)

    def first(block: Block) -> Size:
        path = path_of(block.text, block.call)
        return sizes.first_read if path and path not in read else sizes.usual

    for size_of in (first, lambda _: sizes.larger):
        more, changing = _excerpts(new.beside(taken), above, frames, changing, size_of, edits)
        taken |= more
    return taken


def _excerpts(
    new: New,
    above: Mapping[Place, str],
    frames: Mapping[Place, Frame],
    changing: Sequence[Turn],
    size_of: Callable[[Block], Size],
    edits: bool,
) -> tuple[dict[str, str], list[Turn]]:
    """The same with one size for each result; and the messages of which an excerpt of this size would show nothing."""
    given, messages, limits = new.given, new.messages, new.limits
    sized = [found for turn in changing for found in _texts(new, turn, size_of, edits)]
    texts = {block.place: block for block, _ in sized}
    sizes = {block.place: size for block, size in sized}
    tokens_of: dict[int, int] = {}
    wanted = 0
    for place, block in texts.items():
        tokens, most = limits.measure.count(block.text), new.bound(block)
        tokens_of[place[0]] = tokens_of.get(place[0], 0) + tokens
        around = frames[place].tokens(block.text, limits.measure) if place in frames else 0
        wanted += sizes[place].shown(tokens - around) if most is None else min(tokens, most)
    if not tokens_of:
        return {}, []
    places = _context(given.turns, new.known)
    shown = [messages[index] if index in tokens_of else _clipped(messages[index]) for index in places]
    turns = carried([given.turns[index] for index in places], read(shown, given.shape).turns)
    bound = [Atom(number, number, False) for number in range(len(turns))]
    stays = {
        block.place: "context"
        for turn, index in zip(turns, places, strict=True)
        if index not in tokens_of
        for block in turn.blocks
    }
    whole = limits.measure.turns(turns)
    numbers = {index: number for number, index in enumerate(places)}
    local = {
        (numbers[message], path): rule
        for (message, path), rule in new.rules.items()
        if message in numbers and rule.action != "stub"  # the model has just asked for it
    }
    judged = judge(shown, turns, bound, stays, derive(turns, None), limits.measure, wanted, local)
    candidates = list(judged.candidates)
    for number, one in enumerate(candidates):
        if (place := (places[one.block.message], one.block.path)) in texts:
            one = frames[place].left_out_of(one) if place in frames else one
            candidates[number], repeated = discounted(one, above[place], limits.measure)
            wanted -= int(sizes[place].share * repeated)
    names = tuning.WEIGHTS.excerpt_names_share
    room = limits._replace(room=whole - sum(tokens_of.values()) + wanted, names=names, most=0)
    written, _ = fitted(room, judged._replace(candidates=candidates), None)
    taken: dict[str, str] = {}
    stubs = set()
    for number, index in enumerate(places):
        rows = [row for row in written.decisions if row.message == number and row.key]
        if index not in tokens_of or not rows:
            continue
        if any(row.action == "stub" for row in rows):  # the model has just asked for it
            stubs.add(index)
            continue
        new.fresh[index - new.known] = written.messages[number]
        taken.update((row.key, written.cache[row.key]) for row in rows if row.key)
    return taken, [turn for turn in changing if turn.index in stubs]


def _texts(new: New, turn: Turn, size_of: Callable[[Block], Size], edits: bool) -> Iterator[tuple[Block, Size]]:
    """The long results of a message that may be brought to excerpts, and those that a rule bounds, with their sizes."""
    for block in new.long(turn, tuning.WEIGHTS.min_excerpt_tokens):
        size, tokens = size_of(block), new.limits.measure.count(block.text)
        if new.bound(block) is not None or not (
            tokens <= size.long or detect(block.text, block.call).kind in _RECORDS or stays_whole(block, tokens, edits)
        ):
            yield block, size


def _context(turns: Sequence[Turn], known: int) -> list[int]:
    """The new messages, those just before them, the task, and the latest messages of the user, by index."""
    tuned = tuning.WEIGHTS
    task = task_of(list(turns))
    requests = [turn.index for turn in turns if turn.human]
    requests = requests[max(0, len(requests) - tuned.context_requests) :]
    near = range(max(0, known - tuned.context_messages), len(turns))
    return sorted({*near, *requests, *(() if task is None else (task,))})


def _clipped(message: Message) -> Message:
    copy: Message = clone(message, "message")
    for slot in slots(message):
        if len(slot.text) > _CHARACTERS:
            replace(copy, slot.path, slot.text[:_CHARACTERS])
    return copy
