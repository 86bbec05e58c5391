"""The turn before: what it sent stays, byte for byte, as long as the conversation fits the trigger.

Nothing of a previous result is taken for granted: its messages count only as far as what they stand for, by its
own cache, is what the given messages begin with.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

from .._json import clone, equal
from ..markers.places import Position, originals_of, text_at
from ..markers.restore import Reader, ShortTexts, Unit, is_run
from ..markers.wording import looks_issued
from ..messages import read
from ..messages.cache_control import marked_path, unmarked
from ..messages.parts import replace
from ..messages.shapes import is_made, slots
from ..prices import Prices
from ..result import Compressed, Decision
from ..types import Cache, Message
from .economics import due

_MADE = "_made"


_End = tuple[int, int, int, int, bool]  # originals, given messages, sent messages, forms; whether the unit is a fold


class Continued(NamedTuple):
    """What of a previous result still holds."""

    sent: list[Message]  # its messages that stand for the beginning of the given ones
    runs: list[list[Message]]  # for each given message of these the originals: itself, unless it is a form
    originals: int  # how many messages they stand for: the same, unless the caller gives what was sent
    whole: bool  # that is all that the previous result sent
    issued: list[Position]  # where it stands in another form than it was
    made: ShortTexts  # what it was compared with

    @property
    def known(self) -> int:
        """How many given messages these are."""
        return len(self.runs)

    @property
    def forms(self) -> bool:
        """Whether some of it stands in another form than it was."""
        return bool(self.issued)

    def decided(self, previous: Compressed) -> tuple[Decision, ...]:
        """The decisions of the last compaction about what still holds."""
        return tuple(one for one in previous.decisions if one.message < self.originals)

    def requests(self, previous: Compressed, messages: list[Message]) -> int:
        """How many requests the given messages have had since the last compaction, or from the start on."""
        done = max((one.message for one in self.decided(previous)), default=-1)
        since = self.originals - done - 1  # what was sent since then stands for itself, message by message
        return requests_in([*self.sent[max(0, len(self.sent) - since) :], *messages[self.known :]])

    def hand_on(self, result: Compressed) -> None:
        """Leaves with the result that goes on from here what the next turn would have to make anew."""
        object.__setattr__(result, _MADE, self.made)  # no field: nobody else's business


def continued(messages: list[Message], previous: Compressed) -> Continued:
    """How far the messages are those of the turn before, as the caller has them or as they were sent.

    >>> from compresskit import compress
    >>> turn = [{"role": "user", "content": "hello"}]
    >>> going = continued([*turn, {"role": "assistant", "content": "hi"}], compress(turn, "gpt-4o"))
    >>> going.sent == turn and going.known == 1 and going.whole and not going.forms
    True
    """
    runs: list[list[Message]] = []
    as_they_go: list[Message] = []
    originals = count = 0
    issued: list[Position] = []
    ends: list[_End] = []  # after each unit
    as_sent: bool | None = None  # whether forms are given as they were sent: all of them, or none
    reader = Reader(previous.cache, getattr(previous, _MADE, None))
    for unit in reader.units(previous.messages):
        known, sent = len(runs), previous.messages[unit.first : unit.stop]
        stands_for = reader.original(unit, previous.messages)
        given = messages[known : known + len(stands_for)]
        positions = unit.issued
        if as_sent is not True and _same(given, stands_for):
            if unit.run is None and given != stands_for:  # the client moved its cache marks
                sent, positions = _with_marks(given[0], sent[0], unit)
                stands_for = given
            runs += [[message] for message in stands_for]
            as_sent = False if unit.issued else as_sent
        elif (as_sent is not False or not unit.issued) and equal(messages[known : known + len(sent)], sent):
            runs += [stands_for, *([] for _ in sent[1:])]
            as_sent = True if unit.issued else as_sent
        else:
            break
        as_they_go += sent
        originals += len(stands_for)
        issued += positions
        count = unit.stop
        ends.append((originals, len(runs), len(as_they_go), len(issued), unit.run is not None))
    whole = count == len(previous.messages)
    if not whole and (end := _closed(ends, runs)) is not None:
        originals, known, sent_before, forms, _ = end
        runs, as_they_go, issued = runs[:known], as_they_go[:sent_before], issued[:forms]
    return Continued(as_they_go, runs, originals, whole, issued, reader.short)


def _closed(ends: list[_End], runs: list[list[Message]]) -> _End | None:
    """Where an edited history has to end before its edit, None if all of it may stay.

    A tool loop with thinking may fold once a human has spoken behind it. If the edit removes what the human said, the
    loop is open again, and Anthropic wants its first message as it was.
    """
    turns = read([message for run in runs for message in run], "auto").turns
    after = next((turn.index + 1 for turn in reversed(turns) if turn.human), 0)
    opened = any(turn.thinking for turn in turns[after:])
    if not opened or not any(folds for originals, *_, folds in ends if originals > after):
        return None
    return next((end for end in reversed(ends) if end[0] <= after), (0, 0, 0, 0, False))


def _same(given: list[Message], originals: list[Message]) -> bool:
    """Whether messages are equal but for their cache marks."""
    return equal(given, originals) or (
        len(given) == len(originals)
        and all(equal(unmarked(one), unmarked(other)) for one, other in zip(given, originals, strict=True))
    )


def _with_marks(given: Message, sent: Message, unit: Unit) -> tuple[list[Message], list[Position]]:
    """A message as it was sent, with the cache marks as they are given now; and where its forms are then."""
    copy = clone(given, "message")
    positions: list[Position] = []
    for index, path in unit.issued:
        now = marked_path(path, sent, copy)
        replace(copy, now, text_at(sent, path))
        positions.append((index, now))
    return [copy], positions


def pays(kept: Compressed, settled: int, requests: int, prices: Prices | None) -> bool:
    """Whether compressing again costs less than going on with what was kept, by the prices.

    Args:
        settled: tokens that it would come to, or has come to.
        requests: since the last time.
    """
    return prices is not None and due(max(0, kept.compressed_tokens - settled), settled, requests, prices)


def requests_in(messages: list[Message]) -> int:
    """How many times a model spoke: messages of it that follow each other, such as items of a response, are one."""
    made = [False, *map(is_made, messages)]
    return sum(now and not before for before, now in pairwise(made))


def lasting(cache: Cache, new: Sequence[Message]) -> dict[str, str]:
    """What an earlier cache is kept for once a conversation is compressed again: texts, whose keys stay theirs.

    Folded runs are named anew, since they are other runs then; but for those that ``new`` messages name.
    """
    kept = originals_of(cache)
    runs = {key: text for key, text in kept.items() if is_run(text)}
    gone = runs.keys() - named_in(new, runs)
    return {key: text for key, text in kept.items() if key not in gone}


def named_in(messages: Sequence[Message], cache: Cache) -> frozenset[str]:
    """The keys that stand in texts of messages which could be markers, whoever wrote them.

    >>> named_in([{"role": "user", "content": "[… line 2: retrieve bcdfghjklmnp]"}], {"bcdfghjklmnp": "two"})
    frozenset({'bcdfghjklmnp'})
    """
    texts = [slot.text for message in messages for slot in slots(message) if looks_issued(slot.text)] if cache else []
    return frozenset(key for key in cache if any(key in text for text in texts))
