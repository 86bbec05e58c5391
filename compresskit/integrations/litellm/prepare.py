"""What goes out instead of a client's request: our earlier calls put back, compressed, remembered."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ..._json import dumps
from ...chat.loop import Request
from ...chat.preparation import new_report, prepare
from ...chat.replay import replayed
from ...compression import compress
from ...messages.cache_control import marks
from ...messages.retrieval_tool import has_ours, may_retrieve
from ...options import checked_target
from ...prices import prices_for
from ...responses import taken
from ...result import Compressed
from ...stores import Store, scoped
from ...tokens.measure import measure_for
from ...types import Message
from .memory import Remembered, conversation_of
from .settings import Settings

SHAPES = {"completion": "openai", "acompletion": "openai", "anthropic_messages": "anthropic"}  # of the proxy's calls
_FOR_THE_LOOP = ("messages", "tools", "tool_choice", "n")


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
    report: dict[str, Any] = field(default_factory=new_report)
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
    client_messages = [taken(message)[0] for message in kwargs["messages"]]
    own = store and scoped(store, conversation_of(client_messages), tenant=turn.tenant, secret=settings.secret)
    remembered = Remembered(own, settings.strict, turn.report)
    previous, records = remembered.before(client_messages)

    def compressed(runs: list[list[Message]]) -> Compressed:
        messages = [message for run in runs for message in run]
        options = {"shape": turn.shape, **_options(settings, kwargs)}
        earlier = previous or replayed(messages, **options)
        result = compress(messages, previous=earlier, **options)
        if result.cache or records or settings.follows:
            remembered.keep(client_messages, result, records)
        return result

    changes, request = prepare(
        # Not all of it: what is kept for a request must not hold on to the request.
        {name: kwargs[name] for name in _FOR_THE_LOOP if name in kwargs},
        client_messages,
        records,
        compressed,
        turn.report,
        max_rounds=settings.max_rounds,
        max_retrieved_tokens=settings.max_retrieved_tokens,
        store=own,
        strict=settings.strict,
    )
    if turn.report["compressed_tokens"] < turn.report["original_tokens"]:
        turn.report["skipped_reason"] = None  # by what was sent before, if not by more than that
    turn.request = request if request.max_rounds else None  # else the response is the client's as it comes
    return changes


def _options(settings: Settings, kwargs: Mapping[str, Any]) -> dict[str, Any]:
    """The options of compress() that the settings and the call decide."""
    model = kwargs["model"]
    # Anthropic's instructions stand beside the messages, and cost tokens all the same.
    beside = measure_for(model, None).count(dumps(kwargs["system"])) if kwargs.get("system") else 0
    marked = marks({name: kwargs.get(name) for name in ("system", "cache_control")})
    return {
        "model": model,
        "trigger": max(1, settings.trigger - beside),
        "target": max(1, checked_target(settings.trigger, settings.target) - beside),
        "tools": kwargs.get("tools"),
        "recoverable": may_retrieve(kwargs),
        "open": list(settings.open) or None,
        "cached": settings.cached,
        "results": settings.results,
        "folds": settings.folds,
        "on_entry": settings.on_entry,
        "offer_tool": settings.offer_tool,
        "breakpoints": settings.breakpoints and len(marked) <= 1,  # compress() leaves one of four for the instructions
        "prices": prices_for(model) if settings.prices else None,
    }
