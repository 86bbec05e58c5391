"""``Session``, the value that the readers of session files return."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from ..types import Message, Tool


class Reported(NamedTuple):
    """The size of one prompt as the provider counted it: its first ``messages`` messages, and all tokens it had."""

    messages: int
    tokens: int


# The fields of Anthropic's usage that add up to the tokens of a prompt, and the one of OpenAI's.
_PROMPT_FIELDS = ("input_tokens", "cache_creation_input_tokens", "cache_read_input_tokens")
_PROMPT_FIELD = "prompt_tokens"


def reported(usage: Any, messages: int) -> Reported | None:
    """The size of a prompt by the ``usage`` of its answer; None if that does not give it.

    Args:
        usage: The usage as the provider sent it.
        messages: The number of messages of the prompt.
    """
    if not isinstance(usage, dict):
        return None
    names = (_PROMPT_FIELD,) if _PROMPT_FIELD in usage else _PROMPT_FIELDS
    tokens = sum(usage[name] for name in names if isinstance(usage.get(name), int))
    return Reported(messages, tokens) if tokens else None


@dataclass(frozen=True, eq=False)
class Session:
    """One conversation as a model last saw it. A compaction of its client ends a session and begins the next.

    Attributes:
        name: The name in tables and errors: of the file, or what the file says.
        source: The program that wrote it: "Claude Code", "Codex", "SWE-agent", "OpenHands", "a log of requests", or ""
            for a plain conversation.
        messages: The messages of the last request. A plain conversation may hold anything here: nothing is checked.
        shape: The shape of the messages, or "auto".
        model: The model, if the file names one.
        tools: The tools of the requests, if the file has them.
        system: The system prompt if it is beside the messages, as in Anthropic's requests and Responses.
        answer: The messages of the answer to the last request, if they are not among the messages.
        start: The number of messages that the session began with. Answers among them are of earlier requests.
        ends: The number of messages of each request. None if only the answers say where the requests were.
        reported: The first prompt that the provider has counted. It includes what the file does not hold.
        fields: The object of a plain conversation as it came, with its other fields.
        where: The place in the file, such as "line 3: ".
    """

    name: str
    source: str
    messages: Any
    shape: str = "auto"
    model: str | None = None
    tools: list[Tool] | None = None
    system: str = ""
    answer: list[Message] = field(default_factory=list)
    start: int = 0
    ends: tuple[int, ...] | None = None
    reported: Reported | None = None
    fields: Mapping[str, Any] = field(default_factory=dict)
    where: str = ""

    @property
    def whole(self) -> list[Message]:
        """All messages, with the last answer."""
        return [*self.messages, *self.answer]


def numbered(name: str, number: int) -> str:
    """The name of the first, second … conversation of a session.

    >>> numbered("a1b2", 1), numbered("a1b2", 2)
    ('a1b2', 'a1b2#2')
    """
    return f"{name}#{number}" if number > 1 else name


def text_of(value: Any) -> str:
    """The text of a system prompt, of a content string or of a list of text parts.

    >>> text_of([{"type": "text", "text": "You are"}, {"type": "text", "text": "a coder."}])
    'You are\\na coder.'
    """
    if isinstance(value, dict):
        value = [value]
    if isinstance(value, list):
        return "\n".join(part["text"] for part in value if isinstance(part, dict) and isinstance(part.get("text"), str))
    return value if isinstance(value, str) else ""


def word(value: Any) -> str:
    """A name or an id; "" if the value is no text.

    >>> word("user"), word(["user"])
    ('user', '')
    """
    return value if isinstance(value, str) else ""
