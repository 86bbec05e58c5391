"""Where Anthropic is told to cache: cache_control marks on the messages of a request.

At most four of them may stand in one request, the caller's own counted. Placed are up to three: on the newest
message, on the newest one of the request before (which is found again however much is new), and at the end of what
no compaction changes. The fourth is left for a system prompt that is sent apart and not seen here.

Source: platform.claude.com, "Prompt caching": marks, their number, and the least tokens of a cached prefix.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..result import Mark
from ..types import Message, Tool, Turn
from .parts import kind_of

MOST = 4  # marks in one request; a fifth is an error
_MARKED = frozenset({"image", "tool_use", "tool_result", "document", "text"})  # not thinking, which takes no mark
# The shortest prefix that is cached, in tokens, by a part of the model's name; the first that fits.
_LEAST = (("opus-4-5", 4_096), ("opus-4-6", 4_096), ("haiku-4-5", 4_096), ("haiku", 2_048), ("", 1_024))


def takes_marks(model: str, shape: str) -> bool:
    """Whether the provider is told where to cache; others find it out by themselves.

    >>> takes_marks("anthropic/claude-sonnet-4-5", "openai"), takes_marks("gpt-4o", "openai")
    (True, False)
    """
    return shape == "anthropic" or "claude" in model.lower()


def least_tokens(model: str) -> int:
    """The shortest prefix that is cached.

    >>> least_tokens("claude-sonnet-4-5"), least_tokens("claude-haiku-4-5")
    (1024, 4096)
    """
    return next(least for name, least in _LEAST if name in model.lower())


def stable_end(turns: Sequence[Turn]) -> int:
    """How many messages at the start no compaction changes: instructions, and what the user says then: the task."""
    end = next((turn.index for turn in turns if turn.role != "system"), len(turns))
    return end + (end < len(turns) and turns[end].human)


def places(messages: Sequence[Message], tools: Sequence[Tool], ends: Sequence[int], shape: str) -> tuple[Mark, ...]:
    """What to mark: the last that can carry a mark within each of the given lengths.

    Args:
        ends: numbers of messages from the start, the most important first.
    """
    left = MOST - sum(map(_marks, messages)) - sum(bool(tool.get("cache_control")) for tool in tools)
    found: list[Mark] = []
    for end in ends:
        parts = ((index, _part_of(messages[index], shape)) for index in range(end - 1, -1, -1))
        mark = next((Mark(index, part) for index, part in parts if part is not None), None)
        if mark is not None and mark not in found and not _marks(messages[mark.message]):
            found.append(mark)
    return tuple(sorted(found[: max(0, left)]))


def _part_of(message: Message, shape: str) -> int | None:
    """The part of a message that takes a mark; -1 for the message itself, None where nothing does."""
    content = message.get("content")
    if shape == "openai" and message.get("role") in ("tool", "function"):
        return -1 if content else None
    if isinstance(content, str):
        return 0 if content.strip() else None
    kinds = _MARKED if shape == "anthropic" else ("text",)
    parts = content if isinstance(content, list) else []
    return next((at for at in range(len(parts) - 1, -1, -1) if _takes_mark(parts[at], kinds)), None)


def _takes_mark(part: Any, kinds: Any) -> bool:
    kind = kind_of(part)
    return kind in kinds and (kind != "text" or bool(str(part.get("text") or "").strip()))


def _marks(item: Any) -> int:
    """How many marks a message has, on itself, its parts and theirs."""
    if not isinstance(item, dict):
        return 0
    content = item.get("content")
    inner = sum(map(_marks, content)) if isinstance(content, list) else 0
    return bool(item.get("cache_control")) + inner
