"""What may not be touched.

Protected are: system and developer messages, the task, the last user message, the last assistant message,
the newest tool results, text just retrieved, everything up to the last cache_control breakpoint, and what
the caller names.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import accumulate
from typing import Any

from ..errors import InvalidArgument, shown
from ..types import Message, Turn
from .retrieval_tool import TOOL_NAME

_RETRIEVAL_TURNS = 2  # assistant turns for which retrieved text stays after the turn that asked for it


def reasons(
    turns: list[Turn],
    messages: list[Message],
    protect: Callable[[Message], bool] | Sequence[int] | None,
) -> list[str]:
    """For every message why it is protected, "" where it is not.

    Raises:
        InvalidArgument: ``protect`` is neither a function of a message nor indices of messages.
    """
    why = [""] * len(turns)
    for index in indices(messages, protect):
        why[index] = "named by the caller"
    _mark(why, _just_retrieved(turns), "just retrieved")
    _mark(why, _newest_results(turns), "newest tool results")
    _mark(why, _last(turns, lambda turn: turn.role == "assistant"), "last assistant message")
    task = task_of(turns)
    _mark(why, [] if task is None else [task], "the task")
    _mark(why, _last(turns, lambda turn: turn.role == "user"), "last user message")
    _mark(why, _last(turns, lambda turn: turn.human), "last user message")
    _mark(why, [turn.index for turn in turns if turn.role == "system"], "system message")
    _mark(why, range(1 + max((turn.index for turn in turns if turn.cached), default=-1)), "cached prefix")
    return why


def task_of(turns: list[Turn]) -> int | None:
    """The message that sets the task: the last one of the user before the assistant first speaks.

    Context that a caller sends as messages of its own before the question is not the task.
    """
    task = None
    for turn in turns:
        if turn.human:
            task = turn.index
        elif turn.role != "system" and task is not None:
            break
    return task


def indices(messages: list[Message], protect: Any) -> list[int]:
    """The messages that the caller names, by index from the front."""
    if protect is None:
        return []
    if callable(protect):
        return [index for index, message in enumerate(messages) if protect(message)]
    expected = "a function of a message or indices of messages was expected"
    if isinstance(protect, str | bytes) or not hasattr(protect, "__iter__"):
        raise InvalidArgument(f"protect is {shown(protect)}; {expected}, such as [0, 5].")
    named = list(protect)
    for index in named:
        if not isinstance(index, int) or isinstance(index, bool) or not -len(messages) <= index < len(messages):
            here = f"from {-len(messages)} to {len(messages) - 1} here" if messages else "and there are no messages"
            raise InvalidArgument(f"protect names {shown(index)}; {expected}, {here}.")
    return [index % len(messages) for index in named]


def moved(
    protect: Callable[[Message], bool] | Sequence[int] | None, messages: list[Message], runs: list[list[Message]]
) -> Callable[[Message], bool] | Sequence[int] | None:
    """``protect`` where each message is now a run of messages: indices move with them."""
    if protect is None or callable(protect):
        return protect
    firsts = [0, *accumulate(len(run) for run in runs)]
    return [index for named in indices(messages, protect) for index in range(firsts[named], firsts[named + 1])]


def _mark(why: list[str], indices: Sequence[int], reason: str) -> None:
    for index in indices:
        why[index] = reason


def _last(turns: list[Turn], is_it: Callable[[Turn], bool]) -> list[int]:
    return next(([turn.index] for turn in reversed(turns) if is_it(turn)), [])


def _newest_results(turns: list[Turn]) -> list[int]:
    """Results of the last call, as long as nothing but the answer built on them and one reply came since."""
    spoken = 0
    for turn in reversed(turns):
        spoken += turn.role == "assistant"
        if turn.calls and spoken <= 2:
            return [later.index for later in turns[turn.index :] if not set(turn.calls).isdisjoint(later.answers)]
        if turn.calls:
            break
    return []


def _just_retrieved(turns: list[Turn]) -> list[int]:
    found = []
    spoken = 0
    for turn in reversed(turns):
        spoken += turn.role == "assistant"
        if spoken > _RETRIEVAL_TURNS:
            break
        if any(block.call.startswith(TOOL_NAME) for block in turn.blocks):
            found.append(turn.index)
    return found
