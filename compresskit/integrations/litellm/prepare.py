"""Prepares a client's request by the proxy's settings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ... import _observer
from ...chat.following import followed
from ...chat.loop import Request
from ...chat.report import new_report
from ...clients import openai_responses
from ...clients.protocol import Asked, LeftAlone
from ...errors import InvalidArgument
from ...messages.cache_control import marks
from ...responses import plain, taken
from ...rules import Rule
from ...stores import Store
from .settings import Settings

SHAPES = {  # by kind of call
    "completion": "openai",
    "acompletion": "openai",
    "anthropic_messages": "anthropic",
    "aresponses": "responses",
}
_FOR_THE_LOOP = ("model", "messages", "tools", "tool_choice", "functions", "n")


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

    def taken(self) -> Request | None:
        """The request for the loop, the first time that a hook processes the response; else None."""
        request = None if self.done else self.request
        self.done = self.done or request is not None
        return request


def prepared(settings: Settings, store: Store | None, turn: Turn, kwargs: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments that replace a call's own; {} if it goes out as it is. It takes time, so run it in a thread."""
    try:
        asked = _asked(turn.shape, kwargs)
    except LeftAlone as why:
        if settings.before is not None:
            raise InvalidArgument(f"before cannot be applied to this request: {why}.") from None
        turn.report["skipped_reason"] = str(why)
        _observer.current.skipped(kwargs.get("model"), "disabled")
        return {}
    changes, turn.request = followed(
        settings,
        turn.shape,
        {**asked.kwargs, "messages": [taken(one)[0] for one in asked.kwargs["messages"]]},
        turn.report,
        store=store,
        tenant=turn.tenant,
        beside=map(plain, asked.beside),
        marked=len(marks({name: kwargs.get(name) for name in ("system", "cache_control")})),
        recoverable=asked.recoverable,
        token_factor=settings.factor_of(kwargs["model"]),
        rules=[*turn.rules, *(settings.rules or ())],
    )
    return responses_arguments(kwargs, changes) if changes and turn.shape == "responses" else changes


def _asked(shape: str, kwargs: Mapping[str, Any]) -> Asked:
    """The arguments of a call that the loop needs: all of them would keep the whole request in memory."""
    if shape == "responses":
        return openai_responses.read("", dict(kwargs))
    needed = {name: kwargs[name] for name in _FOR_THE_LOOP if name in kwargs}
    return Asked(needed, [kwargs["system"]] if shape == "anthropic" and kwargs.get("system") else ())


def responses_arguments(kwargs: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """The changed arguments of a call in the words of the Responses API."""
    rest = {name: value for name, value in changes.items() if name != "messages"}
    return {**rest, "input": openai_responses.sendable(changes["messages"], kwargs)}
