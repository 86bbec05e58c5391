"""Prepares a request of a program that sends its whole history each time and knows nothing of compression.

LiteLLM's proxy and the drop-in clients both prepare their requests here. The state of a conversation is found by the
beginning of its messages (see ``memory``), so what was sent before stays byte for byte at the start of the next
request.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from .. import _observer
from .._json import dumps
from ..compression import compress
from ..messages import as_dicts
from ..messages.retrieval_tool import has_ours, kept_names, may_retrieve
from ..options import COMPRESS, checked_target, shared_names
from ..result import Compressed
from ..stores import Store, scoped
from ..tokens.measure import measure_for
from ..types import Message
from .loop import Request
from .memory import Remembered, conversation_of
from .policy import Policy
from .preparation import prepare
from .replay import NEVER, replayed


def followed(
    settings: Policy,
    shape: str,
    kwargs: Mapping[str, Any],
    report: dict[str, Any],
    *,
    store: Store | None,
    tenant: str = "",
    beside: Iterable[Any] = (),
    marked: int = 0,
    recoverable: bool = True,
    offers: bool = False,
    **own: Any,
) -> tuple[dict[str, Any], Request | None]:
    """The arguments that change ({} if the call goes out as it is), and the request for the loop.

    The request is None if nothing may be retrieved, so that the response is the caller's as it comes. It takes time, so
    asynchronous callers run it in a thread.

    Args:
        settings: The options of the client, or of the proxy.
        shape: The shape of the messages.
        kwargs: The arguments of the model's call that the loop needs: model, messages (without records of ours), tools,
            tool_choice, functions, n.
        report: The report, which is filled in.
        store: The store for what is between requests.
        tenant: The tenant. The conversations of other tenants in the store cannot be reached.
        beside: Values beside the messages that cost tokens, such as instructions.
        marked: The cache marks beside the messages.
        recoverable: Whether the call can answer a call of our tool.
        offers: See ``prepare``.
        **own: Options of ``compress`` that take the place of those of the settings.
    """
    model, messages = kwargs["model"], as_dicts(kwargs["messages"])
    own_tool = has_ours(kwargs.get("tools"))  # the caller retrieves by itself
    if own_tool and settings.before is None:
        report["skipped_reason"] = "own_tool"
        _observer.current.skipped(model, "disabled")
        return {}, None
    options = {name: getattr(settings, name) for name in shared_names(COMPRESS, settings.taker)} | own
    measure = measure_for(model, options.get("counter"), options["token_factor"])
    tokens = sum(measure.count(dumps(value)) for value in beside)
    options |= {
        "shape": shape,
        "model": model,
        "trigger": max(1, settings.trigger - tokens),
        "target": max(1, checked_target(settings.trigger, settings.target) - tokens),
        "tools": kwargs.get("tools"),
        "recoverable": options.get("recoverable", True) and recoverable and may_retrieve(kwargs),
        "breakpoints": settings.breakpoints and marked <= 1,  # compress() leaves one of four marks for the instructions
        "tool_budget": settings.tool_budget if recoverable else None,  # else no search is answered
        "keep_tools": kept_names(settings.keep_tools, kwargs),
    }
    if own_tool:
        options |= {"trigger": NEVER, "target": None}
    scope = store and scoped(store, conversation_of(messages), tenant=tenant, secret=settings.secret)
    remembered = Remembered(scope, settings.strict, report, settings.secret)
    previous, records = remembered.before(messages)

    def compressed(runs: list[list[Message]]) -> Compressed:
        history = [message for run in runs for message in run]
        earlier = previous or (replayed(history, **options) if settings.replays else None)
        result = compress(history, previous=earlier, **options)
        if result.cache or result.tool_decisions or records or settings.keeps:
            remembered.keep(messages, result, records)
        return result

    changes, request = prepare(
        kwargs,
        messages,
        records,
        compressed,
        report,
        settings,
        scope,
        offers,
    )
    request.shape, request.carried = shape, False
    if report["compressed_tokens"] < report["original_tokens"]:
        report["skipped_reason"] = None  # it is smaller, even if only by earlier compactions
    for name in ("original_tokens", "compressed_tokens"):
        report[name] += tokens  # of the whole request, as the trigger and the target are
    return changes, request if request.max_rounds and not own_tool else None
