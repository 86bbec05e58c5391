"""Prepares a request by the options of a client. The transports and the adapters of frameworks do it here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from .._json import dumps
from ..chat.following import Following
from ..chat.loop import Request
from ..messages import as_dicts
from ..messages.retrieval_tool import kept_names, may_retrieve
from ..options import CLIENT, COMPRESS, checked_target, shared_names
from ..tokens.measure import measure_for
from .options import Settings

_MODELS = ("embedder", "embedding_model", "reranker", "shrinker")


def followed(
    settings: Settings,
    shape: str,
    kwargs: Mapping[str, Any],
    report: dict[str, Any],
    beside: Sequence[Any] = (),
    recoverable: bool = True,
    marked: int = 0,
) -> tuple[dict[str, Any], Request | None]:
    """The changed arguments ({} if the call goes out as it is), and the request for the loop; see ``Following``.

    Args:
        settings: The options of the client, with its store.
        shape: The shape of the messages.
        kwargs: The arguments of the model's call: model, messages, tools, tool_choice.
        report: The report, which is filled in.
        beside: Values beside the messages that cost tokens, such as instructions.
        recoverable: Whether the call can answer a call of our tool.
        marked: The cache marks beside the messages.
    """
    model = kwargs["model"]
    measure = measure_for(model, settings.counter, settings.token_factor)
    tokens = sum(measure.count(dumps(value)) for value in beside)
    options = {
        **{name: getattr(settings, name) for name in shared_names(COMPRESS, CLIENT)},
        "shape": shape,
        "model": model,
        "trigger": max(1, settings.trigger - tokens),
        "target": max(1, checked_target(settings.trigger, settings.target) - tokens),
        "tools": kwargs.get("tools"),
        "recoverable": settings.recoverable and recoverable and may_retrieve(kwargs),
        "breakpoints": settings.breakpoints and marked <= 1,  # compress() leaves one of four marks for the instructions
        "tool_budget": settings.tool_budget if recoverable else None,  # else no search is answered
        "keep_tools": kept_names(settings.keep_tools, kwargs),
    }
    following = Following(
        options,
        settings.store,
        secret=settings.secret,
        keeps=settings.keeps,
        replays=all(getattr(settings, name) is None for name in _MODELS),  # each of their calls may cost money
        max_rounds=settings.max_rounds,
        max_retrieved_tokens=settings.max_retrieved_tokens,
        strict=settings.strict,
    )
    return following.prepared(kwargs, as_dicts(kwargs["messages"]), report)
