"""What goes out instead of a client's request: our earlier calls put back, compressed, remembered."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ... import responses as adapters
from ..._json import dumps
from ...chat.loop import Request
from ...compression import compress
from ...messages.retrieval_tool import has_ours, may_retrieve
from ...options import checked_target
from ...result import Compressed
from ...retrieval import MAX_TOKENS
from ...stores import Store, scoped
from ...tokens.measure import measure_for
from ...types import Message
from .memory import Earlier, Remembered, conversation_of
from .settings import Settings
from .streams import apart

SHAPES = {"completion": "openai", "acompletion": "openai", "anthropic_messages": "anthropic"}  # of the proxy's calls


def report() -> dict[str, Any]:
    """What becomes of one request: for its headers and its log."""
    return {
        "original_tokens": None,
        "compressed_tokens": None,
        "skipped_reason": None,
        "error": None,
        "calls": 1,
        "rounds": 0,
        "retrieved_tokens": 0,
        "limit": None,
    }


@dataclass
class Turn:
    """One request of a client.

    Attributes:
        route: the proxy's name for the kind of call.
        tenant: whose it is; nobody else's conversations can be reached.
        names: what the proxy's request held before it was sent.
        request: for the loop, once the model was called with something left out.
        sent: the changed arguments and the request by model, for another attempt with the same one.
        done: its response was taken on its way to the client.
        declined: it goes out as it is: whether to compress it was not understood.
    """

    route: str
    tenant: str
    names: frozenset[str]
    report: dict[str, Any] = field(default_factory=report)
    request: Request | None = None
    sent: dict[str, tuple[dict[str, Any], Request | None]] = field(default_factory=dict)
    done: bool = False
    declined: bool = False

    @property
    def shape(self) -> str:
        return SHAPES[self.route]


def prepared(settings: Settings, store: Store | None, turn: Turn, kwargs: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments that replace a call's own: {} where it goes out as it is. Takes time: run in a thread."""
    if has_ours(kwargs.get("tools")):
        turn.report["skipped_reason"] = "own_tool"  # the client retrieves by itself
        return {}
    said = [adapters.taken(message)[0] for message in kwargs["messages"]]
    own = store and scoped(store, conversation_of(said), tenant=turn.tenant, secret=settings.secret)
    remembered = Remembered(own, settings.on_error == "raise", turn.report)
    earlier, records, runs = remembered.before(said, _joined)
    result = _compressed(settings, turn, kwargs, runs, earlier)
    saved = result.original_tokens - result.compressed_tokens + (earlier.saved if earlier else 0)
    turn.report.update(
        original_tokens=result.compressed_tokens + saved,
        compressed_tokens=result.compressed_tokens,
        skipped_reason=None if saved else result.skipped_reason,
    )
    if result.cache or records:
        remembered.keep(said, result, saved, earlier, records)
    if result.skipped_reason and not records and not earlier:
        return {}
    room = settings.max_retrieved_tokens or max(MAX_TOKENS, settings.trigger - result.compressed_tokens)
    if not records and not has_ours(result.tools):
        return result.request  # nothing can be retrieved: the response is the client's as it comes
    # Not all of it: what is kept for a request must not hold on to the request.
    sent = {name: kwargs[name] for name in ("tools", "tool_choice", "n") if name in kwargs} | result.request
    strict = settings.on_error == "raise"
    turn.request = Request(sent, said, result.cache, settings.max_rounds, room, own, strict, turn.report)
    return result.request


def _joined(said: Sequence[Message], records: Mapping[int, adapters.Record]) -> list[list[Message]]:
    parts = {index: apart(said[index], record) for index, record in records.items()}
    return adapters.put_back(
        [parts[index][0] if index in parts else message for index, message in enumerate(said)],
        {index: record for index, (_, record) in parts.items()},
    )


def _compressed(
    settings: Settings, turn: Turn, kwargs: Mapping[str, Any], runs: Sequence[list[Message]], earlier: Earlier | None
) -> Compressed:
    begun = earlier.length if earlier else 0
    messages = [*(earlier.messages if earlier else ()), *(message for run in runs[begun:] for message in run)]
    # Anthropic's instructions stand beside the messages, and cost tokens all the same.
    beside = measure_for(kwargs["model"], None).count(dumps(kwargs["system"])) if kwargs.get("system") else 0
    target = checked_target(settings.trigger, settings.target)
    return compress(
        messages,
        kwargs["model"],
        max(1, settings.trigger - beside),
        max(1, target - beside),
        tools=kwargs.get("tools"),
        recoverable=may_retrieve(kwargs),
        shape=turn.shape,
        cache=earlier.cache if earlier else None,
    )
