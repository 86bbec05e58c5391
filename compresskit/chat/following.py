"""Prepares a request of a program that sends its whole history each time and knows nothing of compression.

LiteLLM's proxy and the drop-in clients both prepare their requests here. The state of a conversation is found by the
beginning of its messages (see ``memory``), so what was sent before stays byte for byte at the start of the next
request.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import accumulate
from typing import Any

from .. import _observer
from .._json import dumps
from ..compression import compress
from ..messages import as_dicts, read
from ..messages.cache_control import marks
from ..messages.retrieval_tool import has_ours, kept_names, may_retrieve
from ..options import COMPRESS, checked_target, shared_names
from ..result import Compressed
from ..stores import Store, scoped
from ..tokens.measure import measure_for
from ..types import Message
from .loop import Request, prepare
from .memory import Remembered, conversation_of
from .policy import Policy

NEVER = 10**12  # a trigger that no request reaches
_NEWEST = 8  # messages at the end whose cache marks clients move from request to request


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


def replayed(messages: list[Message], **options: Any) -> Compressed | None:
    """Returns the result of the last compaction that a history went through, for ``compress(previous=)``.

    It is for a proxy that keeps nothing between requests, and gets the whole history each time. If it compressed each
    request anew, every request would begin differently, and the provider's prompt cache would never hit. But the
    history contains every earlier request: each ended before an answer of the assistant. So their compactions are
    repeated, and the newest request begins with the same bytes as the request before it.

    It takes the time of all these compactions. Their number is about the tokens of the history divided by the tokens
    that one compaction frees.

    Args:
        messages: The whole history, with the newest messages.
        options: The options of ``compress``, without ``previous``.

    Returns:
        None if no earlier request was above the trigger, and with ``prices``, if there was none.
    """
    trigger, counter = options["trigger"], options.get("counter")
    counted = messages
    if options.get("before") is not None:  # its texts are what was sent
        counted = compress(messages, **{**options, "trigger": NEVER, "target": None}).messages
    turns = read(counted, options.get("shape", "auto")).turns
    measure = measure_for(options["model"], counter, options.get("token_factor", 1.0))
    ends = [turn.index for turn in turns if turn.index and turn.role == "assistant"]
    previous: Compressed | None = None
    sent = compress([], **options).compressed_tokens  # the tools
    done = 0
    before = [0, *accumulate(measure.turns([turn]) for turn in turns)]  # tokens of the messages before each
    for end in ends:
        if turns[end - 1].role == "assistant":
            continue  # no request ended here
        if not options.get("prices") and sent + before[end] - before[done] <= trigger:
            continue  # the request was not compressed; by the prices, each one counts
        result = compress(_marked_as_then(messages, end), **options, previous=previous)
        sent, done, previous = result.compressed_tokens, end, result
    return previous


def _marked_as_then(messages: list[Message], end: int) -> list[Message]:
    """The first ``end`` messages with the cache marks that the client set at that time, so that the same ones fold.

    Clients mark the newest messages of each request, so a mark has the same distance from the end in every request.
    """
    last = len(messages)
    moving = [last - index for index in range(max(0, last - _NEWEST), last) if marks(messages[index])]
    found = messages[:end]
    for distance in moving:
        if distance <= end:
            found[end - distance] = {**found[end - distance], "cache_control": {"type": "ephemeral"}}
    return found
