"""Prepares one request for the loop: puts our calls of earlier turns back, and compresses.

``completion`` and the LiteLLM proxy's callback both prepare their requests here. The caller gets the records of earlier
turns, and keeps the result.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Protocol

from .. import _observer
from ..messages.retrieval_tool import has_ours, offered
from ..responses import Record, put_back
from ..result import Compressed
from ..retrieval import MAX_TOKENS, Originals
from ..tool_definitions import toolbox_of
from ..types import Message
from .loop import Request
from .report import REPORTED


class Limits(Protocol):
    """The options of the loop: see ``Request``."""

    @property
    def max_rounds(self) -> int: ...

    @property
    def max_retrieved_tokens(self) -> int | None:
        """The tokens of all answers together; None: the tokens that the trigger leaves, or 4,000."""

    @property
    def strict(self) -> bool: ...


def prepare(
    kwargs: Mapping[str, Any],
    caller_messages: list[Message],
    records: Mapping[int, Record],
    compressed: Callable[[list[list[Message]]], Compressed],
    report: dict[str, Any],
    limits: Limits,
    store: Any,
    offers: bool = False,
) -> tuple[dict[str, Any], Request]:
    """Returns the arguments that change ({} if the call goes out as it is), and the request for the loop.

    It takes time, so asynchronous callers run it in a thread.

    Args:
        kwargs: The arguments of the model's call that the loop needs.
        caller_messages: The caller's messages, without records of ours.
        records: Our calls of earlier turns, by the index of the message that they belong to.
        compressed: A function that compresses. It is given, for each of ``caller_messages``, the messages to send.
        report: The report, which is filled in.
        limits: The limits of the loop.
        store: See ``Request``.
        offers: Whether our tool is offered in any case, because texts were left out before the request.
    """
    # all calls of compress() for one request are one compression
    result = _observer.current.compression(kwargs.get("model"), lambda: compressed(put_back(caller_messages, records)))
    report.update({name: result[name] for name in REPORTED}, deferred_tools=len(result.deferred_tools))
    same = (
        result.skipped_reason
        and not records
        and not result.cache
        and not result.breakpoints
        and not result.replaced
        and result.tools == (kwargs.get("tools") or None)
    )
    changes = {} if same else result.request
    if offers:
        changes = {**changes, "tools": offered(result.tools or [], "openai")}
    # A model that sees earlier calls of our tool may call it again even if it is not offered.
    rounds = limits.max_rounds if records or offers or has_ours(result.tools) else 0
    room = limits.max_retrieved_tokens or max(MAX_TOKENS, result.trigger - result.compressed_tokens)
    cache = Originals(result.cache, result.messages)
    answering = _observer.current.answering(result.model) if rounds else None
    toolbox = toolbox_of(kwargs.get("tools"), result.tools)
    prepared = {**kwargs, **changes}
    strict = limits.strict
    return changes, Request(prepared, caller_messages, cache, rounds, room, store, strict, report, answering, toolbox)
