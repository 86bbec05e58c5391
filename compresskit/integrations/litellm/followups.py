"""The model calls after the first one of a request: through the proxy's own router, on the account of the same key."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any

from ...chat.policy import NAME
from .events import events, parsed
from .prepare import Turn, responses_arguments

# Fields of the first call alone: its log, and the part of the key's budget that was reserved for it.
_ITS_OWN = ("litellm_logging_obj", "litellm_call_id")
_RESERVATION = "user_api_key_budget_reservation"
_AUTH = "user_api_key_auth"
_METADATA = ("metadata", "litellm_metadata")


class Calls:
    """Calls the model again as the proxy would, with its retries and fallbacks. Each call is billed separately.

    Args:
        data: The proxy's request.
        turn: The state of the request.
        key: The key of the client.
    """

    def __init__(self, data: Mapping[str, Any], turn: Turn, key: Any) -> None:
        self._report = turn.report  # in which the loop counts what is retrieved
        self._counted = 0  # retrieved tokens of the calls before
        self._data = {name: data[name] for name in turn.names if name in data and name not in _ITS_OWN}
        self._route = turn.route
        self._key = key

    async def acompletion(self, **kwargs: Any) -> Any:
        """The response to a request with other messages and tools."""
        from litellm.proxy import proxy_server
        from litellm.proxy.route_llm_request import route_request

        data = {**self._data, **self._adapted(kwargs), "litellm_call_id": str(uuid.uuid4())}
        retrieved = self._report["retrieved_tokens"] - self._counted
        self._counted += retrieved
        for name in _METADATA:
            if isinstance(data.get(name), dict):
                data[name] = _detached(data[name], retrieved)
        call: Any = await route_request(
            data=data,
            route_type=self._route,
            llm_router=proxy_server.llm_router,
            user_model=proxy_server.user_model,
            user_api_key_dict=self._key,
        )
        response = await call
        return self.read(response) if data.get("stream") else response

    def read(self, stream: Any) -> Any:
        """The stream of this route as the loop reads it. Anthropic's events come as bytes."""
        if self._route == "aresponses":
            return events(stream)
        return parsed(stream) if self._route == "anthropic_messages" else stream

    def _adapted(self, kwargs: dict[str, Any]) -> dict[str, Any]:
        """Arguments as this route knows them."""
        changes: dict[str, Any] = {
            name: kwargs[name] for name in ("messages", "tools", "tool_choice", "n") if name in kwargs
        }
        if kwargs.get("tool_choice") == "none" and self._route == "anthropic_messages":
            changes["tool_choice"] = {"type": "none"}
        if "tool_choice" not in kwargs:
            self._data.pop("tool_choice", None)
        return responses_arguments(self._data, changes) if self._route == "aresponses" else changes


def _detached(metadata: Mapping[str, Any], retrieved: int) -> dict[str, Any]:
    """The metadata for another call: those of the key, without the first call's reservation and savings."""
    from litellm.litellm_core_utils.internal_call_metadata import sanitize_user_api_key_auth

    found = {name: value for name, value in metadata.items() if name not in (_RESERVATION, "compression_savings")}
    if _AUTH in found:
        found[_AUTH] = sanitize_user_api_key_auth(found[_AUTH])
    logged = found.get("spend_logs_metadata")
    if isinstance(logged, Mapping) and NAME in logged:
        found["spend_logs_metadata"] = {**logged, NAME: {"retrieval": True, "retrieved_tokens": retrieved}}
    return found
