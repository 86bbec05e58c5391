"""Decides which texts must stay. The purpose of a text counts, not the message that contains it.

System and developer messages, instructions, the last assistant message, text that was just retrieved, and messages that
the caller protects never change. The newest results and the data beside the newest question are the last to go: they
are opened only if the target is out of reach otherwise. All other texts are ordinary.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate, islice
from typing import Any, TypeGuard

from ..errors import InvalidArgument, shown
from ..types import Block, Message, Place, Protect, Treatment, Turn
from . import weights as tuning
from .asking import is_question
from .instructions import cut, kept_tags, marked
from .parts import CHARACTERS_PER_TOKEN
from .requests import asks_surely, requests_among
from .retrieval_tool import OURS
from .standing_orders import with_standing_orders

_ROLES = frozenset({"system", "developer", "user", "assistant", "tool", "function"})
_NAMED = "a function of a message, or a list of indices, roles and names of tools was expected"
_NEWEST_RESULT, _NEWEST_DATA = "newest tool results", "data of the newest message"
_NEWEST_MEDIA = "newest images"
_STANDING_ORDER = "standing order"
_MESSAGE_CHARACTERS = 160  # characters of text that cost as much as a message that parts a fold, as an estimate
LESSER = (_NEWEST_MEDIA, _STANDING_ORDER)  # reasons that only hold if the target is within reach


@dataclass(frozen=True)
class MustStay:
    """The messages and texts of a conversation that must stay.

    Attributes:
        turns: The conversation, with its texts of humans divided into instructions and data.
        messages: For each message the reason why it stays in its place; "" if it may fold.
        texts: The reason why a text may not change, by message and path. A text that is missing here may change.
        last: Those of ``texts`` that are the last to go.
        passed: The newest results, among the last to go, if a human has already spoken behind them.
    """

    turns: list[Turn]
    messages: Sequence[str]
    texts: dict[Place, str]
    last: tuple[Block, ...] = ()
    passed: tuple[Block, ...] = ()

    @property
    def characters(self) -> int:
        """The characters of the texts that may not change."""
        return sum(len(block.text) for turn in self.turns for block in turn.blocks if self.of(block))

    def of(self, block: Block) -> str:
        """The reason why a text may not change; "" if it may."""
        return self.texts.get(block.place, "")

    def changeable(self, turns: Iterable[Turn]) -> Iterator[Turn]:
        """The turns that do not stay whole at every target, in order."""
        last = {block.place for block in self.last}
        for turn in turns:
            bound = self.messages[turn.index] not in ("", _NEWEST_RESULT, *LESSER)
            if not (bound and all(self.of(block) and block.place not in last for block in turn.blocks)):
                yield turn

    def whole(self) -> list[bool]:
        """For each message, whether nothing of it may change."""
        return [
            bool(why) and all(self.of(block) for block in turn.blocks)
            for turn, why in zip(self.turns, self.messages, strict=True)
        ]

    def within(self, room: int) -> MustStay:
        """A copy in which texts may change that only stay if they take a small part of the room.

        These are the newest images, and results behind which a human has spoken: a human who speaks behind a result
        asks about the whole history, and not only about that result.

        Args:
            room: The tokens that the messages may have.
        """
        share = tuning.WEIGHTS.max_passed_share * room
        characters = sum(len(block.text) for block in self.passed)
        stays = self if characters <= share * CHARACTERS_PER_TOKEN else self.without(self.passed)
        images = [turn for turn in self.turns if self.messages[turn.index] == _NEWEST_MEDIA]
        return stays if sum(turn.extra for turn in images) <= share else stays.foldable(_NEWEST_MEDIA)

    def foldable(self, *reasons: str) -> MustStay:
        """A copy in which messages may fold that only stay for these reasons."""
        return replace(self, messages=["" if why in reasons else why for why in self.messages])

    def ruled(self, treatments: Mapping[Place, Treatment]) -> MustStay:
        """A copy that follows the rules of the caller. Of texts that must stay, rules reach only the last to go."""
        messages, texts = list(self.messages), dict(self.texts)
        last = {block.place for block in self.last}
        for place, treatment in treatments.items():
            if treatment.untouched:
                texts.setdefault(place, f"rule: {treatment.title}")
                last.discard(place)
            elif treatment.forced and place in last:
                last.discard(place)
                del texts[place]
            if treatment.placed:
                messages[place[0]] = messages[place[0]] or f"rule: {treatment.title}"
        kept = tuple(block for block in self.last if block.place in last)
        return replace(self, messages=messages, texts=texts, last=kept)

    def without(self, opened: Iterable[Block]) -> MustStay:
        """A copy in which these texts may change. They were among the last to go.

        Messages of results may fold once a human has spoken behind them and all of their texts may change.
        """
        gone = {block.place for block in opened}
        texts = {place: reason for place, reason in self.texts.items() if place not in gone}
        kept = {message for message, _ in texts} | {turn.index for turn in self.turns if turn.media}
        free = {block.message for block in self.passed} - kept
        messages = (
            ["" if index in free and why == _NEWEST_RESULT else why for index, why in enumerate(self.messages)]
            if free
            else self.messages
        )
        last = tuple(one for one in self.last if one.place not in gone)
        return replace(self, messages=messages, texts=texts, last=last)


def must_stay(
    turns: Sequence[Turn], messages: list[Message], protect: Any = None, opened: Any = None, cached: str = "move"
) -> MustStay:
    """The parts of a conversation that must stay, and its turns with ``must`` and ``data`` of humans' texts.

    Args:
        turns: The conversation.
        messages: Its messages as dicts.
        protect: Messages that the caller protects: see ``named``.
        opened: Messages that the caller opens: see ``named``.
        cached: "keep" protects everything up to the last cache mark.

    Raises:
        InvalidArgument: ``protect`` or ``opened`` is not as ``named`` expects it.
    """
    first, run = _asking_of(first_run(turns)), _asking_of(newest_run(turns))
    asking, newest = _with_task(turns, first, run), next(reversed(run), None)
    free = frozenset(named(opened, turns, messages, "open"))
    turns = marked(turns, asking)
    turns = [_opened(turn) if turn.index in free else turn for turn in turns]
    found = _Reasons(turns, free)
    found.keep(named(protect, turns, messages, "protect"), "named by the caller")
    found.keep(untouched(turns, messages, None, cached), "cached prefix")
    found.keep(_just_retrieved(turns), "just retrieved")
    found.keep([turn.index for turn in turns if turn.role == "system"], "system message", but=free)
    last = _last(turns, lambda turn: turn.role == "assistant")
    found.keep_words([] if last is None else _together(turns, last), "last assistant message")
    for index in reversed(asking):
        found.keep_instructions(index, *(("last user message", True) if index == newest else ("the task", False)))
    found.keep_ahead(turn for turn in turns[: asking[0] if asking else 0] if turn.human)
    turns = found.keep_standing_orders()
    answers = _newest_results(turns)
    found.keep_results(block for turn in answers for block in turn.blocks if block.call or turn.role == "tool")
    found.keep_places((turn.index for turn in answers if turn.media), _NEWEST_RESULT)
    media = [turn.index for turn in turns if turn.media]
    found.keep_places(media[max(0, len(media) - tuning.WEIGHTS.newest_images) :], _NEWEST_MEDIA)
    passed = [block for block in found.last if newest is not None and block.call and block.message < newest]
    return MustStay(turns, found.messages, found.texts, tuple(found.last), tuple(passed))


class _Reasons:
    """Collects why messages and texts must stay; the first reason of each counts."""

    def __init__(self, turns: Sequence[Turn], free: frozenset[int]) -> None:
        self.messages = [""] * len(turns)
        self.texts: dict[Place, str] = {}
        self.last: list[Block] = []
        self._turns = turns
        self._free = free

    def keep(self, indices: Iterable[int], reason: str, but: frozenset[int] = frozenset()) -> None:
        """Protects messages with all of their texts; those in ``but`` only keep their places."""
        for index in indices:
            self._stay(index, reason)
            for block in self._turns[index].blocks if index not in but else ():
                self.texts.setdefault((index, block.path), reason)

    def keep_words(self, indices: Iterable[int], reason: str) -> None:
        """Protects messages of the assistant. Results within their texts are the last to go."""
        for index in indices:
            self._stay(index, reason)
            for block in self._turns[index].blocks if index not in self._free else ():
                if block.data:
                    self._last(block, _NEWEST_RESULT)
                else:
                    self.texts.setdefault((index, block.path), reason)

    def keep_instructions(self, index: int, reason: str, last: bool) -> None:
        """Protects the instructions of a message. Its data are the last to go if ``last``, else ordinary."""
        self._stay(index, reason)
        for block in self._turns[index].blocks if index not in self._free else ():
            if not block.call and not block.data:
                self.texts.setdefault((index, block.path), reason)
            elif not block.call and last:
                self._last(block, _NEWEST_DATA)

    def keep_ahead(self, turns: Iterable[Turn]) -> None:
        """Protects the marked instructions of messages that the caller sends ahead of the task."""
        reason = "instructions ahead of the task"
        for block in (block for turn in turns for block in turn.blocks if block.must):
            self._stay(block.message, reason)
            if block.must == ((0, len(block.text)),):
                self.texts.setdefault(block.place, reason)

    def keep_standing_orders(self) -> list[Turn]:
        """Protects standing orders in earlier messages of humans, the newest first, and returns the turns with them."""
        turns = list(self._turns)
        left = tuning.WEIGHTS.max_standing_characters
        for turn in reversed(turns):
            if left <= 0:
                break
            if not turn.human or self.messages[turn.index] or turn.index in self._free:
                continue
            blocks = [block if block.call else with_standing_orders(block) for block in turn.blocks]
            changed = [new for new, old in zip(blocks, turn.blocks, strict=True) if new is not old]
            if changed:
                self._stay(turn.index, _STANDING_ORDER)
                left -= _MESSAGE_CHARACTERS + sum(end - start for block in changed for start, end in block.must)
                turns[turn.index] = replace(turn, blocks=blocks)
        return turns

    def keep_places(self, indices: Iterable[int], reason: str) -> None:
        """Protects messages, but none of their texts."""
        for index in indices:
            self._stay(index, reason)

    def keep_results(self, blocks: Iterable[Block]) -> None:
        """Protects results as the last to go."""
        for block in blocks:
            self._stay(block.message, _NEWEST_RESULT)
            if block.message not in self._free:
                self._last(block, _NEWEST_RESULT)

    def _stay(self, index: int, reason: str) -> None:
        self.messages[index] = self.messages[index] or reason

    def _last(self, block: Block, reason: str) -> None:
        if block.place not in self.texts:
            self.texts[block.place] = reason
            self.last.append(block)


def untouched(turns: Sequence[Turn], messages: list[Message], protect: Any, cached: str) -> list[int]:
    """The indices of the messages that must not change because of ``protect`` or the cache marks."""
    end = max((turn.index for turn in turns if turn.cached), default=-1) if cached == "keep" else -1
    return [*range(end + 1), *named(protect, turns, messages, "protect")]


def task_of(turns: Sequence[Turn]) -> int | None:
    """The message that sets the task, among those of the user before the assistant first speaks.

    It is the last of them, unless another one surely asks something: a caller may send material in messages of its own,
    behind the question or around it.
    """
    return next(iter(_asking_of(first_run(turns))), None)


def newest_run(turns: Sequence[Turn]) -> list[Turn]:
    """The newest message of a human, with those of humans before it that nobody has answered."""
    newest = _last(turns, lambda turn: turn.human)
    run: list[Turn] = []
    for turn in reversed(turns[: newest + 1] if newest is not None else ()):
        if turn.role == "assistant":
            break
        if turn.human:
            run.append(turn)
    return run[::-1]


def first_run(turns: Sequence[Turn]) -> list[Turn]:
    """The messages of humans before the assistant first speaks."""
    run: list[Turn] = []
    for turn in turns:
        if turn.human:
            run.append(turn)
        elif turn.role != "system" and run:
            break
    return run


def _with_task(turns: Sequence[Turn], first: Sequence[int], newest: Sequence[int]) -> list[int]:
    """The messages that ask: those of the first and of the newest run of humans.

    If the first run asks nothing, as a greeting does, the first message that surely does is the task as well.
    """
    found = {*first, *newest}
    texts = [block.text for index in first for block in turns[index].blocks]
    if (
        len(found) > 1
        and len("".join(texts)) <= tuning.WEIGHTS.max_greeting_characters
        and not any(map(is_question, texts))
    ):
        later = (turn.index for turn in turns if turn.human and any(asks_surely(block.text) for block in turn.blocks))
        found.update(islice(later, 1))
    return sorted(found)


def _asking_of(run: Sequence[Turn]) -> list[int]:
    """The messages of a run of humans that ask, by index: the task first, and the newest one last."""
    texts = ["\n\n".join(block.text for block in turn.blocks if not block.call) for turn in run]
    return [run[number].index for number in requests_among(texts)]


def check_named(option: str, which: Any) -> None:
    """Raises InvalidArgument for a value that cannot name messages, whatever the messages are."""
    if callable(which) or (hasattr(which, "__iter__") and not isinstance(which, str | bytes)):
        return
    advice = f"[{shown(which)}]" if isinstance(which, str) else "[0, 'system', 'read_file']"
    raise InvalidArgument(f"{option} is {shown(which)}; {_NAMED}, such as {advice}.")


def named(which: Any, turns: Sequence[Turn], messages: list[Message], option: str) -> list[int]:
    """The messages that the caller names by an option, by index from the front.

    Args:
        which: A function of a message, or a list of indices, of roles ("system"), and of names of tools, whose results
            are meant. None names nothing.
        option: The name of the option, for errors.

    Raises:
        InvalidArgument: ``which`` is none of these.
    """
    if which is None:
        return []
    check_named(option, which)
    if callable(which):
        return [index for index, message in enumerate(messages) if which(message)]
    found: set[int] = set()
    for one in which:
        if isinstance(one, str) and one:
            found.update(turn.index for turn in turns if _is_of(turn, one))
        elif _is_index(one, messages):
            found.add(one % len(messages))
        else:
            here = f"from {-len(messages)} to {len(messages) - 1} here" if messages else "and there are no messages"
            raise InvalidArgument(f"{option} names {shown(one)}; {_NAMED}, indices {here}.")
    return sorted(found)


def moved(which: Protect | None, messages: list[Message], runs: Sequence[list[Message]]) -> Protect | None:
    """The caller's ``protect`` or ``open`` after each message became a run of messages: indices move accordingly."""
    if which is None or callable(which) or isinstance(which, str | bytes) or not hasattr(which, "__iter__"):
        return which
    firsts = [0, *accumulate(len(run) for run in runs)]
    found: list[int | str] = []
    for one in which:
        if _is_index(one, messages):
            found += range(firsts[one % len(messages)], firsts[one % len(messages) + 1])
        else:
            found.append(one)
    return found


def _is_index(one: Any, messages: list[Message]) -> TypeGuard[int]:
    """Whether a value is an index of a message, from the front or from the back."""
    return isinstance(one, int) and not isinstance(one, bool) and -len(messages) <= one < len(messages)


def _is_of(turn: Turn, name: str) -> bool:
    """Whether a message has this role, or holds a result of the tool of this name."""
    if name in _ROLES:
        return turn.role == {"developer": "system", "function": "tool"}.get(name, name)
    return any(block.call == name or block.call.startswith(f"{name} ") for block in turn.blocks)


def _opened(turn: Turn) -> Turn:
    """A message whose texts are data, apart from a recognised instruction. Without recognised data, all is data."""
    blocks = []
    for block in turn.blocks:
        found = cut(block.text)
        tags = kept_tags(block)
        blocks.append(replace(block, must=found.must if found.data and not tags else tags, data=True))
    return replace(turn, blocks=blocks)


def _together(turns: Sequence[Turn], index: int) -> range:
    """The indices of a message and of those before it that are of the same response."""
    first = index
    while turns[first].joined:
        first -= 1
    return range(first, index + 1)


def _last(turns: Sequence[Turn], is_it: Callable[[Turn], bool]) -> int | None:
    return next((turn.index for turn in reversed(turns) if is_it(turn)), None)


def _newest_results(turns: Sequence[Turn]) -> list[Turn]:
    """The messages with the newest results, until the assistant has answered and a human has spoken again."""
    spoken = False
    for turn in reversed(turns):
        if turn.human and spoken:
            return []
        if turn.role == "assistant":
            if turn.calls:
                called = {call for index in _together(turns, turn.index) for call in turns[index].calls}
                return [later for later in turns[turn.index :] if not called.isdisjoint(later.answers)]
            spoken = True
        elif turn.role == "user" and not turn.answers and not turn.human and any(block.call for block in turn.blocks):
            return [turn]
    return []


def _just_retrieved(turns: Sequence[Turn]) -> list[int]:
    found = []
    spoken = 0
    for turn in reversed(turns):
        spoken += turn.role == "assistant" and not turn.joined
        if spoken > tuning.WEIGHTS.retrieved_turns:
            break
        if any(block.call.startswith(OURS) for block in turn.blocks):
            found.append(turn.index)
    return found
