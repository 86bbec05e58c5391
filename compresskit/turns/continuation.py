"""Continues the result of the turn before: its messages stay, byte for byte, while the conversation fits the trigger.

A previous result is not trusted. Its messages are used only as far as they restore, with its own cache, to the first of
the given messages.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

from .._json import clone, equal
from ..markers.places import PlacedCache, Position, originals_of, text_at
from ..markers.restore import Reader, ShortTexts, Unit, is_run
from ..markers.withheld import Withheld, WithheldReader, withheld, withheld_of
from ..markers.wording import looks_issued
from ..messages import read
from ..messages.cache_control import marked_path, unmarked
from ..messages.parts import replace
from ..messages.shapes import is_made, slots
from ..result import Compressed, Decision
from ..types import Cache, Message, Unlinked

_MADE, _UNLINKED = "_made", "_unlinked"  # attributes of a result, for the next turn


class _End(NamedTuple):
    """The numbers of messages and forms up to the end of a unit, and whether the unit is a fold."""

    originals: int = 0
    given: int = 0
    sent: int = 0
    forms: int = 0
    folds: bool = False


class Continued(NamedTuple):
    """The part of a previous result that still holds.

    Attributes:
        sent: The messages of the result that still hold.
        given: The given messages that ``sent`` covers, with the texts that the caller's ``before`` gave for theirs.
        runs: The originals of each of them: the message itself, unless it is a form.
        before: The originals of each of them as they were before the caller's ``before``.
        originals: The number of original messages that ``sent`` covers. It differs from ``len(runs)`` only if the
            caller passes compressed messages.
        whole: Whether all messages of the result still hold.
        issued: The positions of the forms in ``sent``.
        made: The compact forms of originals that were needed for comparing.
        places: The index in ``sent`` of each original that is not in a fold.
    """

    sent: list[Message]
    given: list[Message]
    runs: list[list[Message]]
    before: list[list[Message]]
    originals: int
    whole: bool
    issued: list[Position]
    made: ShortTexts
    places: dict[int, int]

    @property
    def known(self) -> int:
        """The number of given messages that ``sent`` covers."""
        return len(self.runs)

    @property
    def forms(self) -> bool:
        """Whether ``sent`` contains a form of an original."""
        return bool(self.issued)

    def decided(self, previous: Compressed) -> tuple[Decision, ...]:
        """The decisions of the last compaction about the messages that still hold."""
        return tuple(one for one in previous.decisions if one.message < self.originals)

    def requests(self, previous: Compressed, messages: list[Message]) -> int:
        """The number of requests since the last compaction, or since the start if there was none."""
        done = max((one.message for one in self.decided(previous)), default=-1)
        since = self.originals - done - 1  # messages since then are in their original form
        return requests_in([*self.sent[max(0, len(self.sent) - since) :], *messages[self.known :]])

    def with_cache(self, result: Compressed, withheld: Withheld | None) -> Compressed:
        """The result with the texts that ``before`` replaced, which a result from a store does not have."""
        if withheld is None:
            return result
        cache = PlacedCache(result.cache, getattr(result.cache, "places", None), withheld)
        result = dataclasses.replace(result, cache=cache)
        self.hand_on(result)
        return result

    def hand_on(self, result: Compressed, unlinked: Unlinked | None = None) -> None:
        """Stores compact forms and read messages with a result, so that the next turn does not have to make them again.

        They are no fields, because users have no use for them.
        """
        object.__setattr__(result, _MADE, self.made)
        if unlinked is not None:
            object.__setattr__(result, _UNLINKED, unlinked)


def read_before(previous: Compressed | None) -> Unlinked | bool:
    """The messages of the turn before as they were read; False if there was no turn before, True if they are lost."""
    return previous is not None and (getattr(previous, _UNLINKED, None) or True)


def continued(messages: list[Message], previous: Compressed) -> Continued:
    """The part of ``previous`` with which the messages begin. They may be the originals, or the messages as sent.

    >>> from compresskit import compress
    >>> turn = [{"role": "user", "content": "hello"}]
    >>> going = continued([*turn, {"role": "assistant", "content": "hi"}], compress(turn, "gpt-4o"))
    >>> going.sent == turn and going.known == 1 and going.whole and not going.forms
    True
    """
    runs: list[list[Message]] = []
    before: list[list[Message]] = []
    shown: list[Message] = []
    as_they_go: list[Message] = []
    covered: list[Message] = []
    places: dict[int, int] = {}
    originals = count = 0
    issued: list[Position] = []
    ends: list[_End] = []  # after each unit
    as_sent: bool | None = None  # whether forms are given as they were sent: all of them, or none
    reader = Reader(previous.cache, getattr(previous, _MADE, None))
    held = withheld_of(previous.cache)
    replaced, filled = WithheldReader(held), WithheldReader(held and held.open)
    for unit in reader.units(previous.messages):
        known, sent = len(runs), previous.messages[unit.first : unit.stop]
        stands_for = reader.original(unit, previous.messages)
        own = given = messages[known : known + len(stands_for)]
        positions, own_before = unit.issued, stands_for
        if held:
            shown += stands_for
            numbers = range(originals, len(shown))
            given = [replaced.shown(one, shown, number) for one, number in zip(given, numbers, strict=False)]
            own_before = [filled.filled(shown, number) for number in numbers]
            if as_sent is not False:  # a text as it was sent means the text that it replaced
                pairs = list(zip(own, given, strict=True))
                own = [was if one is now else one for (one, now), was in zip(pairs, own_before, strict=False)]
        if as_sent is not True and _same(given, stands_for):
            if unit.run is None and given != stands_for:  # the client moved its cache marks
                sent, positions = _with_marks(given[0], sent[0], unit)
                stands_for = given
            runs += [[message] for message in stands_for]
            before += [[message] for message in own]
            covered += given
            as_sent = False if unit.issued else as_sent
        elif (as_sent is not False or not unit.issued) and equal(messages[known : known + len(sent)], sent):
            runs += [stands_for, *([] for _ in sent[1:])]
            before += [own_before, *([] for _ in sent[1:])]
            covered += messages[known : known + len(sent)]
            as_sent = True if unit.issued else as_sent
        else:
            break
        if unit.run is None:
            places[originals] = len(as_they_go)
        as_they_go += sent
        originals += len(stands_for)
        issued += positions
        count = unit.stop
        ends.append(_End(originals, len(runs), len(as_they_go), len(issued), unit.run is not None))
    whole = count == len(previous.messages)
    if not whole and (end := _closed(ends, runs)) is not None:
        originals = end.originals
        runs, as_they_go, issued = runs[: end.given], as_they_go[: end.sent], issued[: end.forms]
    return Continued(
        as_they_go, covered[: len(runs)], runs, before[: len(runs)], originals, whole, issued, reader.short, places
    )


def with_originals(result: Compressed, messages: list[Message]) -> Compressed:
    """A result from JSON with the texts that ``before`` replaced. They are in the original ``messages``."""
    held = withheld_of(result.cache)
    if held is None:
        return result
    going = continued(messages, result)
    before, shown = ([message for run in each for message in run] for each in (going.before, going.runs))
    return going.with_cache(result, withheld(before, shown, held.complete)[0]) if going.whole else result


def _closed(ends: list[_End], runs: list[list[Message]]) -> _End | None:
    """The end of the part of an edited history that may stay; None if all of it up to the edit may stay.

    A tool loop with thinking may fold once a human has spoken behind it. If the edit removes that message of the human,
    the loop is open again, and Anthropic requires its first message in the original form.
    """
    turns = read([message for run in runs for message in run], "auto").turns
    after = next((turn.index + 1 for turn in reversed(turns) if turn.human), 0)
    opened = any(turn.thinking for turn in turns[after:])
    if not opened or not any(end.folds for end in ends if end.originals > after):
        return None
    return next((end for end in reversed(ends) if end.originals <= after), _End())


def _same(given: list[Message], originals: list[Message]) -> bool:
    """Whether messages are equal apart from their cache marks."""
    return equal(given, originals) or (
        len(given) == len(originals)
        and all(equal(unmarked(one), unmarked(other)) for one, other in zip(given, originals, strict=True))
    )


def _with_marks(given: Message, sent: Message, unit: Unit) -> tuple[list[Message], list[Position]]:
    """A message as it was sent, but with the cache marks of ``given``; and the positions of its forms."""
    copy = clone(given, "message")
    positions: list[Position] = []
    for index, path in unit.issued:
        now = marked_path(path, sent, copy)
        replace(copy, now, text_at(sent, path))
        positions.append((index, now))
    return [copy], positions


def requests_in(messages: list[Message]) -> int:
    """The number of responses of a model. Its messages in succession, such as the items of a response, count as one."""
    made = [False, *map(is_made, messages)]
    return sum(now and not before for before, now in pairwise(made))


def lasting(cache: Cache, new: Sequence[Message]) -> dict[str, str]:
    """The part of an earlier cache to keep when a conversation is compressed again: all texts, so their keys stay.

    Folded runs are dropped, because the new compaction folds other runs. A run that ``new`` messages name is kept.
    """
    kept = originals_of(cache)
    runs = {key: text for key, text in kept.items() if is_run(text)}
    gone = runs.keys() - named_in(new, runs)
    return {key: text for key, text in kept.items() if key not in gone}


def named_in(messages: Sequence[Message], cache: Cache) -> frozenset[str]:
    """The keys of a cache that occur in texts which may contain markers, of any author.

    >>> named_in([{"role": "user", "content": "[… line 2: retrieve bcdfghjklmnp]"}], {"bcdfghjklmnp": "two"})
    frozenset({'bcdfghjklmnp'})
    """
    texts = [slot.text for message in messages for slot in slots(message) if looks_issued(slot.text)] if cache else []
    return frozenset(key for key in cache if any(key in text for text in texts))
