"""Prepares a client's request by the proxy's settings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ..._json import dumps
from ...chat.following import Following
from ...chat.loop import Request
from ...chat.report import new_report
from ...messages.cache_control import marks
from ...messages.retrieval_tool import may_retrieve
from ...options import checked_target
from ...prices import prices_for
from ...responses import taken
from ...rules import Rule
from ...stores import Store
from ...tokens.measure import measure_for
from .settings import Settings

SHAPES = {"completion": "openai", "acompletion": "openai", "anthropic_messages": "anthropic"}  # by kind of call
_FOR_THE_LOOP = ("messages", "tools", "tool_choice", "n")


@dataclass
class Turn:
    """One request of a client.

    Attributes:
        route: The proxy's name for the kind of call.
        tenant: The tenant. The conversations of other tenants cannot be reached.
        names: The names of the fields of the proxy's request before it was sent.
        rules: The rules of its key and team.
        report: The report of the request.
        request: The request for the loop, as soon as it was prepared and something may be retrieved.
        sent: The changed arguments and the request by model, for another attempt with the same model.
        done: Whether a hook has already processed its response.
        declined: Whether it goes out as it is, because its wish for compression was not understood.
    """

    route: str
    tenant: str
    names: frozenset[str]
    rules: tuple[Rule, ...] = ()
    report: dict[str, Any] = field(default_factory=new_report)
    request: Request | None = None
    sent: dict[str, tuple[dict[str, Any], Request | None]] = field(default_factory=dict)
    done: bool = False
    declined: bool = False

    @property
    def shape(self) -> str:
        return SHAPES[self.route]


def prepared(settings: Settings, store: Store | None, turn: Turn, kwargs: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments that replace a call's own; {} if it goes out as it is. It takes time, so run it in a thread."""
    following = Following(
        {"shape": turn.shape, "rules": [*turn.rules, *settings.rules], **_options(settings, kwargs)},
        store,
        tenant=turn.tenant,
        secret=settings.secret,
        keeps=settings.follows,
        max_rounds=settings.max_rounds,
        max_retrieved_tokens=settings.max_retrieved_tokens,
        strict=settings.strict,
    )
    # The arguments that the loop needs: all of them would keep the whole request in memory.
    needed = {name: kwargs[name] for name in _FOR_THE_LOOP if name in kwargs}
    changes, turn.request = following.prepared(needed, [taken(one)[0] for one in kwargs["messages"]], turn.report)
    return changes


def _options(settings: Settings, kwargs: Mapping[str, Any]) -> dict[str, Any]:
    """The options of compress() that the settings and the call decide."""
    model = kwargs["model"]
    # Anthropic's instructions are outside of the messages, but cost tokens too.
    factor = settings.factor_of(model)
    beside = measure_for(model, None, factor).count(dumps(kwargs["system"])) if kwargs.get("system") else 0
    marked = marks({name: kwargs.get(name) for name in ("system", "cache_control")})
    return {
        "model": model,
        "trigger": max(1, settings.trigger - beside),
        "target": max(1, checked_target(settings.trigger, settings.target) - beside),
        "token_factor": factor,
        "tools": kwargs.get("tools"),
        "recoverable": may_retrieve(kwargs),
        "open": list(settings.open) or None,
        "cached": settings.cached,
        "results": settings.results,
        "folds": settings.folds,
        "embedding_model": settings.embedding_model,
        "reranker": settings.reranker,
        "on_entry": settings.on_entry,
        "offer_tool": settings.offer_tool,
        # compress() leaves one of four marks for the instructions
        "breakpoints": settings.breakpoints and len(marked) <= 1,
        "prices": prices_for(model) if settings.prices else None,
    }
