"""Prepares a client's request by the proxy's settings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ... import _observer
from ..._json import dumps
from ...chat.following import Following
from ...chat.loop import Request
from ...chat.report import new_report
from ...errors import InvalidArgument
from ...messages.cache_control import marks
from ...messages.retrieval_tool import kept_names, may_retrieve
from ...options import COMPRESS, PROXY, checked_target, shared_names
from ...responses import plain, taken
from ...rules import Rule
from ...stores import Store
from ...tokens.measure import measure_for
from .settings import Settings

SHAPES = {  # by kind of call
    "completion": "openai",
    "acompletion": "openai",
    "anthropic_messages": "anthropic",
    "aresponses": "responses",
}
_FOR_THE_LOOP = ("model", "messages", "tools", "tool_choice", "n")
_PROVIDER_STATE = ("previous_response_id", "conversation")  # fields of Responses: the provider holds what came before
_BESIDE = {"openai": (), "anthropic": ("system",), "responses": ("instructions", "text")}  # tokens beside the messages


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
        parent: The proxy's own span of the request, if it has one.
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
    parent: Any = None

    @property
    def shape(self) -> str:
        return SHAPES[self.route]


def prepared(settings: Settings, store: Store | None, turn: Turn, kwargs: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments that replace a call's own; {} if it goes out as it is. It takes time, so run it in a thread."""
    if turn.shape == "responses" and (why := _left_alone(kwargs)):
        if settings.before is not None:
            raise InvalidArgument(f"before cannot be applied to this request: {why}.")
        turn.report["skipped_reason"] = why
        _observer.skipped(kwargs.get("model"), "disabled")
        return {}
    following = Following(
        {
            **_options(settings, turn.shape, kwargs),
            "shape": turn.shape,
            "rules": [*turn.rules, *(settings.rules or ())],
        },
        store,
        tenant=turn.tenant,
        secret=settings.secret,
        keeps=settings.keeps,
        max_rounds=settings.max_rounds,
        max_retrieved_tokens=settings.max_retrieved_tokens,
        strict=settings.strict,
    )
    # The arguments that the loop needs: all of them would keep the whole request in memory.
    needed = {name: kwargs[name] for name in _FOR_THE_LOOP if name in kwargs}
    if turn.shape == "responses":
        needed["messages"] = _items(kwargs["input"])
    changes, turn.request = following.prepared(needed, [taken(one)[0] for one in needed["messages"]], turn.report)
    return responses_arguments(kwargs, changes) if changes and turn.shape == "responses" else changes


def _left_alone(kwargs: Mapping[str, Any]) -> str | None:
    """Why a request to the Responses API goes out as it is; None if it is compressed."""
    if any(kwargs.get(name) for name in _PROVIDER_STATE):
        return "provider_state"
    return None if isinstance(kwargs.get("input"), str | list) else "not_served"


def _items(given: str | list[Any]) -> list[Any]:
    """The input of a request as items. A text is one item of the user."""
    return [{"role": "user", "content": given}] if isinstance(given, str) else given


def responses_arguments(kwargs: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """The changed arguments of a call in the words of the Responses API.

    Reasoning that the provider neither stored nor encrypted is left out, because the provider no longer knows it.
    """
    items = changes["messages"]
    if kwargs.get("store") is False:
        items = [item for item in items if item.get("type") != "reasoning" or item.get("encrypted_content")]
    return {**{name: value for name, value in changes.items() if name != "messages"}, "input": items}


def _options(settings: Settings, shape: str, kwargs: Mapping[str, Any]) -> dict[str, Any]:
    """The options of compress() that the settings and the call decide."""
    model = kwargs["model"]
    factor = settings.factor_of(model)
    measure = measure_for(model, None, factor)
    beside = sum(measure.count(dumps(plain(kwargs[name]))) for name in _BESIDE[shape] if kwargs.get(name))
    # the answer of a background response comes later, in a request of its own
    later = shape == "responses" and kwargs.get("background") is True
    marked = marks({name: kwargs.get(name) for name in ("system", "cache_control")})
    return {
        **{name: getattr(settings, name) for name in shared_names(COMPRESS, PROXY)},
        "model": model,
        "trigger": max(1, settings.trigger - beside),
        "target": max(1, checked_target(settings.trigger, settings.target) - beside),
        "token_factor": factor,
        "tools": kwargs.get("tools"),
        "recoverable": may_retrieve(kwargs) and not later,
        "tool_budget": None if later else settings.tool_budget,
        "keep_tools": kept_names(settings.keep_tools, kwargs),
        # compress() leaves one of four marks for the instructions
        "breakpoints": settings.breakpoints and len(marked) <= 1,
    }
