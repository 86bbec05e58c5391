"""Prepares a request of a program that sends its whole history each time and knows nothing of compression.

LiteLLM's proxy and the drop-in clients both prepare their requests here. The state of a conversation is found by the
beginning of its messages (see ``memory``), so what was sent before stays byte for byte at the start of the next
request.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .. import _observer
from ..compression import compress
from ..messages.retrieval_tool import has_ours
from ..result import Compressed
from ..stores import Store, scoped
from ..types import Message
from .loop import Request
from .memory import Remembered, conversation_of
from .preparation import prepare
from .replay import NEVER, replayed


@dataclass(frozen=True)
class Following:
    """How the requests of a conversation are prepared.

    Attributes:
        options: The options of ``compress`` for this request: shape, model, trigger, target, tools and all others.
        store: The store for what is between requests, or None.
        tenant: The tenant. The conversations of other tenants in the store cannot be reached.
        secret: The secret key of the hash for names in the store; see ``scoped``.
        keeps: Whether the next request needs this one's result even if nothing was taken out of it.
        replays: Whether the compactions of a history that is not in the store are repeated; see ``replay``.
        max_rounds: See ``Request``.
        max_retrieved_tokens: The tokens of all answers together; None: the tokens that the trigger leaves, or 4,000.
        strict: See ``Request``.
    """

    options: Mapping[str, Any]
    store: Store | None
    tenant: str = ""
    secret: str = ""
    keeps: bool = False
    replays: bool = True
    max_rounds: int = 5
    max_retrieved_tokens: int | None = None
    strict: bool = False

    def prepared(
        self, kwargs: Mapping[str, Any], messages: list[Message], report: dict[str, Any]
    ) -> tuple[dict[str, Any], Request | None]:
        """The arguments that change ({} if the call goes out as it is), and the request for the loop.

        The request is None if nothing may be retrieved, so that the response is the caller's as it comes. It takes
        time, so asynchronous callers run it in a thread.

        Args:
            kwargs: The arguments of the model's call that the loop needs: messages, tools, tool_choice, n.
            messages: The caller's messages without records of ours.
            report: The report, which is filled in.
        """
        options, own_tool = self.options, has_ours(kwargs.get("tools"))  # the caller retrieves by itself
        if own_tool and options.get("before") is None:
            report["skipped_reason"] = "own_tool"
            _observer.skipped(options["model"], "disabled")
            return {}, None
        if own_tool:
            options = {**options, "trigger": NEVER, "target": None}
        own = self.store and scoped(self.store, conversation_of(messages), tenant=self.tenant, secret=self.secret)
        remembered = Remembered(own, self.strict, report, self.secret)
        previous, records = remembered.before(messages)

        def compressed(runs: list[list[Message]]) -> Compressed:
            history = [message for run in runs for message in run]
            earlier = previous or (replayed(history, **options) if self.replays else None)
            result = compress(history, previous=earlier, **options)
            if result.cache or result.tool_decisions or records or self.keeps:
                remembered.keep(messages, result, records)
            return result

        changes, request = prepare(
            kwargs,
            messages,
            records,
            compressed,
            report,
            max_rounds=self.max_rounds,
            max_retrieved_tokens=self.max_retrieved_tokens,
            store=own,
            strict=self.strict,
        )
        request.shape, request.carried = str(self.options["shape"]), False
        if report["compressed_tokens"] < report["original_tokens"]:
            report["skipped_reason"] = None  # it is smaller, even if only by earlier compactions
        return changes, request if request.max_rounds and not own_tool else None
