"""Conversation: a loop's messages with the result of the turn before, kept for those who do not want to.

It holds what ``compress(previous=)`` needs and no more. As JSON it goes on in another process with the same bytes.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from dataclasses import asdict
from typing import Any

from .arguments import check_model, checked_target
from .compression import compress
from .errors import InvalidArgument, InvalidMessages, described, shown
from .jsonlike import clone, exactly
from .prices import Prices
from .result import Compressed, Decision, Mark
from .retrieval import MAX_TOKENS, answer
from .shapes import check_messages
from .types import Message

_VERSION = 1
# What of compress() makes sense from turn to turn and can be written down.
_OPTIONS = ("query", "tools", "protect", "recoverable", "shape", "on_entry", "offer_tool", "breakpoints", "prices")


class Conversation:
    """A growing conversation, compressed turn after turn.

    >>> talk = Conversation("gpt-4o", trigger=1_000)
    >>> talk.append({"role": "user", "content": "hello"})
    >>> request = talk.request()
    >>> request["messages"]
    [{'role': 'user', 'content': 'hello'}]
    >>> Conversation.from_json(talk.to_json()).request() == request
    True
    """

    def __init__(self, model: str, trigger: int = 200_000, target: int | None = None, **options: Any) -> None:
        """As ``compress``, of whose options it takes query, tools, protect (indices), recoverable, shape, on_entry,
        offer_tool, breakpoints and prices; on_entry and offer_tool are on here unless said otherwise.

        Raises:
            InvalidArgument: an option that there is not, or that cannot be written down as JSON.
        """
        for name in options:
            if name not in _OPTIONS:
                said = name if name.isidentifier() else described(name)
                raise InvalidArgument(f"{said} is no option of a Conversation; it takes {', '.join(_OPTIONS)}.")
        if callable(options.get("protect")):
            raise InvalidArgument("protect is a function, which cannot be written down; name messages by index.")
        checked_target(trigger, target)
        check_model(model)
        self.messages: list[Message] = []
        self.result: Compressed | None = None
        self._given = {"model": model, "trigger": trigger, "target": target}
        self._options = {"on_entry": True, "offer_tool": True, **options}

    def append(self, *messages: Message) -> None:
        """Adds messages as they are, originals: yours, the model's, tool results.

        Raises:
            InvalidMessages: one is no dict with a role, or holds what JSON cannot; none is added then.
        """
        check_messages(list(messages))
        self.messages += [clone(message, "message") for message in messages]

    def request(self) -> dict[str, Any]:
        """``messages`` and ``tools`` of the next model call; ``result`` holds the account of it.

        Raises:
            InvalidArgument, InvalidMessages: as compress.
        """
        given: dict[str, Any] = {**self._given, **self._options}
        self.result = compress(self.messages, **given, previous=self.result)
        return self.result.request

    def follow(self, messages: list[Message], **options: Any) -> Compressed:
        """The result for a whole history that is kept elsewhere, which takes the place of what was appended.

        ``completion(conversation=)`` calls it. ``options`` are those of compress() for this turn, besides its own.

        Raises:
            InvalidArgument, InvalidMessages: as compress; everything stays as it was then.
        """
        given = {**self._given, **self._options, **options}
        result = compress(messages, **given, previous=self.result)
        self.messages, self.result = [clone(message, "message") for message in messages], result
        return result

    def answer(self, response: Any, max_tokens: int = MAX_TOKENS) -> list[Message]:
        """The messages that answer a response's retrieval calls, empty where there are none. Append them yourself,
        behind the model's message and with the results of your own tools."""
        return answer(response, self.result.cache if self.result else {}, max_tokens)

    def to_json(self) -> str:
        """All of it as JSON text: messages, options, and what was sent. User data: keep it where those may be kept.

        Raises:
            InvalidMessages: a message that was appended would not come back the same from JSON.
        """
        for index, message in enumerate(self.messages):
            if exactly([[[message]]], ascii_only=True) is None:  # as deep as it will stand in the text
                raise InvalidMessages(_inexact(index, message))
        prices = self._options.get("prices")
        result = self.result and {name: getattr(self.result, name) for name in Compressed.__dataclass_fields__}
        return json.dumps(
            {
                "compresskit_conversation": _VERSION,
                **self._given,
                "options": {**self._options, "prices": prices and asdict(prices)},
                "messages": self.messages,
                "result": result,
            },
            allow_nan=False,
        )

    @classmethod
    def from_json(cls, text: str) -> Conversation:
        """The conversation that ``to_json`` wrote.

        Raises:
            InvalidArgument: the text is nothing that ``to_json`` wrote.
        """
        try:
            found = json.loads(text)
            if found["compresskit_conversation"] != _VERSION:
                raise InvalidArgument(
                    f"the conversation has version {shown(found['compresskit_conversation'])}; this compresskit reads "
                    f"version {_VERSION}. Use the version that wrote it."
                )
            options = found["options"]
            if options.get("prices") is not None:
                options["prices"] = Prices(**options["prices"])
            made = cls(found["model"], found["trigger"], found["target"], **options)
            made.append(*found["messages"])
            if found["result"] is not None:
                made.result = _result(**found["result"])
        except InvalidArgument:
            raise
        except (KeyError, TypeError, AttributeError, ValueError, RecursionError):
            raise InvalidArgument(_unreadable(text)) from None  # what they say may be content
        return made


def check_conversation(conversation: object, beside: Collection[str]) -> None:
    """Raises InvalidArgument for what is no conversation, and for options beside it that are its own.

    >>> check_conversation(Conversation("gpt-4o"), ["max_rounds"])
    """
    if not isinstance(conversation, Conversation):
        raise InvalidArgument(f"conversation is {shown(conversation)}; a compresskit.Conversation was expected.")
    for name in ("trigger", "target", "query", "protect", "recoverable", "cache"):
        if name in beside:
            raise InvalidArgument(f"{name} is given beside a conversation, which has its own: tell Conversation().")


def _result(decisions: list[list[Any]], breakpoints: Sequence[Sequence[Any]] = (), **fields: Any) -> Compressed:
    """A result from JSON, which knows no tuples."""
    rows = tuple(Decision(message, tuple(path), *rest) for message, path, *rest in decisions)
    return Compressed(decisions=rows, breakpoints=tuple(Mark(*mark) for mark in breakpoints), **fields)


def _inexact(index: int, message: Message) -> str:
    return (
        f"messages[{index}] is {shown(message)}; a message that JSON gives back the same was expected. JSON has no NaN,"
        " no infinity and no keys but strings; Python reads no integer of more than 4,300 digits and no list a thousand"
        " deep from it, and joins the two halves of a surrogate pair. Before append(), write such a value as a string,"
        " or join halves by text.encode('utf-16', 'surrogatepass').decode('utf-16', 'replace')."
    )


def _unreadable(text: object) -> str:
    return f"text is {described(text)}; what Conversation.to_json() wrote was expected. Pass it as it came."
