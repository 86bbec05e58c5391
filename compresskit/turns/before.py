"""Applies the caller's ``before`` to the new messages of a request. What was sent before stays as it was sent.

All later stages see the texts that ``before`` gave, and never those that it replaced.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate
from typing import Any, NamedTuple

from .._json import clone
from ..markers.places import Position, originals_of
from ..markers.restore import Reader, Unfolded, unfold
from ..markers.withheld import Withheld, withheld, withheld_of
from ..messages import read
from ..messages.parts import replace
from ..result import Change
from ..rules.hooks import Function, text_before
from ..types import Cache, Message
from .continuation import Continued


class Ready(NamedTuple):
    """The messages of a request as the stages see them.

    Attributes:
        messages: All given messages, with the texts that ``before`` gave.
        runs: The originals of each new message: the message itself, unless it is a form.
        issued: The positions of the forms in the new messages.
        cache: The originals of these forms, and further ones that the caller gave.
        given: For each message that the caller gave, what it became: itself, or its originals if a form was put back.
        withheld: The texts that ``before`` replaced. None if no text went through a ``before``.
        changed: The replacements, with their positions in the originals of all messages.
    """

    messages: list[Message]
    runs: Sequence[list[Message]]
    issued: list[Position]
    cache: dict[str, str]
    given: Sequence[list[Message]]
    withheld: Withheld | None = None
    changed: tuple[Change, ...] = ()


def ready(
    messages: list[Message],
    going: Continued,
    earlier: Cache,
    cache: Cache | None,
    before: Function | None,
    shape: str,
    results: str,
    model: str,
) -> Ready:
    """The messages of a request behind the caller's ``before``.

    Args:
        messages: The given messages.
        going: The part of them that was sent before.
        earlier: The cache of the turn before.
        cache: The caller's cache, whose forms may be among the new messages.
        before: The hook, or None.
        shape, results: As for ``read``.
        model: The name of the model.

    Raises:
        HookFailed: The hook raised, or it returned no usable text.
    """
    known, new = going.known, messages[going.known :]
    found = unfold(messages, cache, known) if cache else Unfolded(_Singly(new), [])
    originals = originals_of(cache or {})
    if before is None and withheld_of(earlier) is None and withheld_of(cache) is None:
        return Ready(messages, found.runs, found.issued, originals, _Singly(messages))
    shown = _flat(found.runs)
    held = withheld_of(cache)
    earlier_shown = _flat(going.runs)
    own = held.filled([*earlier_shown, *shown])[len(earlier_shown) :] if held else shown
    if before is None:
        fresh = shown
    else:
        fresh = _replaced([*earlier_shown, *own], len(own), before, shape, results, model)
        if held is None or not held.complete:  # the cache may hold texts that never went through the hook
            originals = _named(messages[known:], cache) if cache else {}
    starts = [0, *accumulate(map(len, found.runs))]
    runs = [fresh[start : start + len(run)] for start, run in zip(starts, found.runs, strict=False)]
    forms = {index for index, _ in found.issued}
    # a fold may have a message of the assistant before it, at which its run begins
    taken_back = {index for index, run in enumerate(found.runs) if len(run) != 1 or run != [new[index]]} | forms
    if all(runs[index] == found.runs[index] for index in taken_back):
        shown_new = [
            run[0] if len(run) == 1 and index not in forms else message
            for index, (run, message) in enumerate(zip(runs, new, strict=True))
        ]
        given = [[message] for message in [*going.given, *shown_new]]
        issued = found.issued
    else:  # the model could retrieve what the hook takes out, so no form stays
        shown_new, issued, originals = fresh, [], {}
        given = [*([message] for message in going.given), *runs]
        runs = [[message] for message in fresh]
    originals_before = [*_flat(going.before), *own]
    way_back, changed = withheld(originals_before, [*earlier_shown, *fresh], complete=before is not None)
    return Ready([*going.given, *shown_new], runs, issued, originals, given, way_back, changed)


class _Singly(Sequence[list[Message]]):
    """A run of its own for each message. The runs are made when they are asked for, since there may be very many."""

    def __init__(self, messages: list[Message]) -> None:
        self._messages = messages

    def __len__(self) -> int:
        return len(self._messages)

    def __getitem__(self, index: Any) -> Any:
        found = self._messages[index]
        return _Singly(found) if isinstance(index, slice) else [found]


def _replaced(
    messages: list[Message], new: int, before: Function, shape: str, results: str, model: str
) -> list[Message]:
    """The last ``new`` messages, with the texts that the hook gives for theirs."""
    first = len(messages) - new
    found = messages[first:]
    for turn in read(messages, shape, results, every=True).turns[first:] if new else ():
        texts = [(block.path, block.text, text_before(before, turn, block, model)) for block in turn.blocks]
        changed = [(path, text) for path, was, text in texts if text != was]
        if changed:
            copy = clone(messages[turn.index], f"messages[{turn.index}]")
            for path, text in changed:
                replace(copy, path, text)
            found[turn.index - first] = copy
    return found


def places_of(runs: Sequence[list[Message]], original: int = 0, message: int = 0) -> dict[int, int]:
    """The index of the message of each original, for originals that are not in folds.

    Args:
        runs: The originals of each message.
        original: The index of the first original.
        message: The index of the first message.
    """
    found = {}
    for index, run in enumerate(runs, message):
        if len(run) == 1:
            found[original] = index
        original += len(run)
    return found


def _named(messages: Sequence[Message], cache: Cache) -> dict[str, str]:
    """The originals of a cache whose forms are in messages."""
    keys = {
        key
        for unit in Reader(cache).units(messages)
        for key in ([unit.run] if unit.run is not None else [key for _, key in unit.texts])
    }
    # beside an original, the texts that a shrinker or ``after`` made of it: they begin with its key
    return {key: text for key, text in originals_of(cache).items() if key in keys or text.partition("\n")[0] in keys}


def _flat(runs: Sequence[list[Message]]) -> list[Message]:
    return [message for run in runs for message in run]
