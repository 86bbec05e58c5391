"""What must hold in a compressed agent conversation if nothing may move: six invariants of the built-in conversation.

The first five are the structural invariants of leanctx's benchmark. ``compress`` keeps them with the settings
``IN_PLACE``: without folds, and with a rule for the tool whose results must stay. With its default settings old
exchanges fold as a whole, so that their ids and inputs are gone from the request, with their results.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from .._json import objects_in
from ..responses import calls_of
from ..responses.settling import as_object
from ..rules import Rule
from ..types import Message
from . import sample

IN_PLACE: Mapping[str, Any] = {
    "folds": False,
    "rules": (Rule(tool=sample.SOURCE_TOOL, action="keep", name="source"), Rule(contains="Traceback", action="keep")),
}
Check = Callable[[Sequence[Message], Sequence[Message]], bool]


def calls(messages: Sequence[Message]) -> list[tuple[str, str, Any]]:
    """Id, tool and input of every call, in order."""
    made = [call for message in messages for call in calls_of(message)]
    return [(str(one.id), one.name, as_object(one.arguments)) for one in made]


def results(messages: Sequence[Message]) -> list[tuple[str, Any]]:
    """Id and content of every result, in order."""
    found = [
        (str(block.get("tool_use_id")), block.get("content"))
        for message in messages
        for block in objects_in(message.get("content"))
        if block.get("type") == "tool_result"
    ]
    return found + [(str(one.get("tool_call_id")), one.get("content")) for one in messages if one.get("role") == "tool"]


def _source(_before: Sequence[Message], after: Sequence[Message]) -> bool:
    return ("call_read", sample.SOURCE) in results(after)


def _traceback(_before: Sequence[Message], after: Sequence[Message]) -> bool:
    return any(isinstance(text, str) and sample.TRACEBACK in text for _, text in results(after))


def _linkage(before: Sequence[Message], after: Sequence[Message]) -> bool:
    ids = [[name for name, *_ in calls(messages)] for messages in (before, after)]
    answered = [[name for name, _ in results(messages)] for messages in (before, after)]
    return ids[0] == ids[1] and answered[0] == answered[1]


def _inputs(before: Sequence[Message], after: Sequence[Message]) -> bool:
    return calls(before) == calls(after)


def _new_str(_before: Sequence[Message], after: Sequence[Message]) -> bool:
    return any(isinstance(given, dict) and given.get("new_str") == sample.NEW_STR for _, _, given in calls(after))


def _log(before: Sequence[Message], after: Sequence[Message]) -> bool:
    """A log that is gone with its exchange is shorter too."""
    whole, left = (len(str(dict(results(messages)).get(sample.LOG_CALL, ""))) for messages in (before, after))
    return left < whole


INVARIANTS: Mapping[str, Check] = {
    "source": _source,  # the source code in a result is byte-identical
    "traceback": _traceback,  # the traceback is byte-identical
    "linkage": _linkage,  # every call and every result is there, in order, under its id
    "inputs": _inputs,  # what every call was given is as it was
    "new_str": _new_str,  # the text that an edit writes is as it was
    "log": _log,  # the log of heartbeats has become shorter
}


def broken(before: Sequence[Message], after: Sequence[Message]) -> list[str]:
    """The names of the invariants that do not hold.

    >>> from compresskit.bench import conversation
    >>> broken(conversation(), conversation())
    ['log']
    """
    return [name for name, holds in INVARIANTS.items() if not _holds(holds, before, after)]


def _holds(check: Check, before: Sequence[Message], after: Sequence[Message]) -> bool:
    try:
        return check(before, after)
    except (ValueError, KeyError, TypeError, AttributeError):  # a call or a result is no longer one
        return False
