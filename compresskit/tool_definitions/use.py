"""Which tools a conversation has called, and which of them the model still has the definition of."""

from __future__ import annotations

from collections.abc import Sequence

from ..messages.must_stay import task_of
from ..messages.search_tools import FIND_TOOL
from ..responses import calls_of
from ..types import Message, Turn

_TASK_CHARACTERS = 4_000  # characters of the task that are read, which bounds the time


def called_in(messages: Sequence[Message]) -> list[str]:
    """The names of the tools that messages call, in order.

    >>> called_in([{"role": "assistant", "content": [{"type": "tool_use", "id": "a", "name": "read", "input": {}}]}])
    ['read']
    """
    return [call.name for message in messages for call in calls_of(message)]


def without_found(names: Sequence[str], turns: Sequence[Turn]) -> list[str]:
    """Those names whose definitions are not in the answers to earlier searches."""
    answers = [block.text for turn in turns for block in turn.blocks if block.call.startswith(FIND_TOOL)]
    return [name for name in names if not any(f'"name": "{name}"' in text for text in answers)]


def task_text(turns: Sequence[Turn]) -> str:
    """The text of the task, which is the same in every turn of a conversation; "" if there is none."""
    at = task_of(turns)
    texts = [] if at is None else [block.instruction for block in turns[at].blocks if not block.call]
    return "\n".join(texts)[:_TASK_CHARACTERS]
