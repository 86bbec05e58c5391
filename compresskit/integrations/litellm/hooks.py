"""The proxy's hooks, in the order in which they process a request.

1. ``async_pre_call_hook`` decides whether this key and this request want compression.
2. ``async_pre_call_deployment_hook`` compresses for the model that was chosen. It runs after all guardrails that change
   requests, so that only text which they let through can be retrieved.
3. ``async_post_call_success_hook`` or ``async_post_call_streaming_iterator_hook`` answers retrievals and calls the
   model again. Guardrails see the whole answer for the client, never just the part before a retrieval.
4. ``async_post_call_response_headers_hook`` reports the savings.

The state of a request is tied to the proxy's log object for it, and is freed with that object.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from typing import Any
from weakref import WeakKeyDictionary

import litellm
from litellm._logging import verbose_proxy_logger
from litellm.integrations.custom_logger import CustomLogger

from ... import _observer, telemetry
from ...chat.loop import Streamed, whole
from ...chat.policy import NAME
from ...chat.report import headers_of
from ...chat.steps import arun
from ...chat.stream import AsyncStream
from ...clients.frames import framed_with_type
from ...errors import reason
from ...stores import Store
from .events import as_object
from .followups import Calls
from .prepare import SHAPES, Turn, prepared
from .settings import Settings, wish_of
from .status import record

# what the proxy streams, by shape
_OUT: dict[str, Callable[[Any], Any]] = {
    "openai": lambda part: part,
    "anthropic": framed_with_type,
    "responses": as_object,
}


class Handler(CustomLogger):  # type: ignore[misc]  # litellm is not followed
    """Compresses requests to chat completions, messages and Responses, and answers retrievals."""

    def __init__(self, settings: Settings) -> None:
        super().__init__()
        self.settings = settings
        if settings.telemetry:
            telemetry.enable()
        self.store: Store | None = settings.open_store()
        self.ledger = settings.open_ledger()
        self._turns: WeakKeyDictionary[Any, Turn] = WeakKeyDictionary()

    async def async_pre_call_hook(
        self,
        user_api_key_dict: Any,
        cache: Any,  # noqa: ARG002
        data: dict[str, Any],
        call_type: str,
    ) -> dict[str, Any] | None:
        if call_type not in SHAPES:
            return None
        key, team = user_api_key_dict.metadata or {}, user_api_key_dict.team_metadata or {}
        log = data.get("litellm_logging_obj")
        several = "," in str(data.get("model"))  # several models at once, with an answer from each
        wish = wish_of(self.settings.enabled, data, key, team)
        if wish.wrong and self.settings.on_error == "raise":
            raise _refusal(str(data.get("model")), f"{wish.wrong}.")
        first = log is not None and log not in self._turns and not several
        if first and (wish.wrong or wish.wanted):
            turn = self._turns[log] = Turn(call_type, _tenant(user_api_key_dict), frozenset(data) - {NAME}, wish.rules)
            turn.parent = getattr(user_api_key_dict, "parent_otel_span", None)
            if wish.wrong:
                _observer.current.skipped(data.get("model"), "error")
                turn.declined = True
                turn.report.update(error=wish.wrong, skipped_reason="error")
            _lead(self)
        elif first:
            _observer.current.skipped(data.get("model"), "disabled")
        _forget_word(data)
        return data

    async def async_pre_call_deployment_hook(self, kwargs: dict[str, Any], call_type: Any) -> dict[str, Any] | None:
        turn = self._turns.get(kwargs.get("litellm_logging_obj"))
        if turn is None or turn.declined or SHAPES.get(getattr(call_type, "value", "")) != turn.shape:
            return None  # perhaps a call inside another one, which is compressed already
        model = str(kwargs.get("model"))
        if model not in turn.sent:
            turn.request = None
            try:
                with _observer.current.within(turn.parent):
                    changes = await asyncio.to_thread(prepared, self.settings, self.store, turn, kwargs)
                turn.sent[model] = (changes, turn.request)
            except Exception as error:
                if not self.settings.sends:
                    raise _refusal(model, f"cannot prepare this request ({reason(error)}).") from None
                turn.sent[model] = ({}, None)
                turn.report.update(error=type(error).__name__, skipped_reason="error")
                # its text may quote the request
                verbose_proxy_logger.warning("compresskit: a request goes out as it was (%s)", type(error).__name__)
        changes, turn.request = turn.sent[model]
        _account(kwargs, turn)
        return {**kwargs, **changes}

    async def async_post_call_success_hook(self, data: dict[str, Any], user_api_key_dict: Any, response: Any) -> Any:
        turn = self._turn(data)
        if turn is None or (request := turn.taken()) is None:
            return None
        answer = await arun(whole(request, response), Calls(data, turn, user_api_key_dict))
        if not turn.report["rounds"]:
            return answer
        from litellm.proxy import proxy_server

        # So far, guardrails have only seen a retrieval, and not the answer.
        return await proxy_server.proxy_logging_obj.post_call_success_hook(
            data=data, response=answer, user_api_key_dict=user_api_key_dict
        )

    async def async_post_call_streaming_iterator_hook(
        self, user_api_key_dict: Any, response: Any, request_data: dict[str, Any]
    ) -> AsyncGenerator[Any, None]:
        turn = self._turn(request_data)
        if turn is None or (request := turn.taken()) is None:
            async for part in response:
                yield part
            return
        calls = Calls(request_data, turn, user_api_key_dict)
        async with aclosing(AsyncStream(Streamed(request, calls.read(response)), calls)) as stream:
            async for part in stream:
                yield _OUT[turn.shape](part)

    async def async_post_call_response_headers_hook(
        self, data: dict[str, Any], response: Any, **_: Any
    ) -> dict[str, str] | None:
        turn = self._turn(data)
        if turn is None:
            return None
        found = headers_of(turn.report, turn.done)
        if turn.done:
            hidden = getattr(response, "_hidden_params", None)
            cost = hidden.get("response_cost") if isinstance(hidden, dict) else None
            if turn.report["rounds"] and isinstance(cost, float):
                found["x-litellm-response-cost"] = str(cost)  # the sum over all calls
        return found

    async def async_log_success_event(self, kwargs: dict[str, Any], response_obj: Any, *_: Any, **_times: Any) -> None:
        if self.ledger is None:
            return
        try:
            await asyncio.to_thread(record, self.ledger, kwargs, response_obj)
        except Exception as error:  # the client has its answer
            verbose_proxy_logger.warning("compresskit: a call is not in the ledger (%s)", type(error).__name__)

    def _turn(self, data: dict[str, Any]) -> Turn | None:
        log = data.get("litellm_logging_obj")
        return self._turns.get(log) if log is not None else None


def _tenant(key: Any) -> str:
    """The name of a tenant: the key and its end user. Conversations of different tenants are kept apart."""
    return json.dumps([key.api_key or key.user_id or "", key.team_id or "", key.end_user_id or ""])


def _refusal(model: str, why: str) -> Exception:
    """A client's error. After any other error, the proxy would take the deployment out of service for a while."""
    refusal: Exception = litellm.BadRequestError(message=f"compresskit: {why}", model=model, llm_provider=NAME)
    return refusal


def _lead(handler: Handler) -> None:
    """Makes our handler the first one. A guardrail before it would see only the first turn of a stream."""
    if litellm.callbacks[0] is not handler:
        litellm.callbacks = [handler, *(other for other in litellm.callbacks if other is not handler)]


def _forget_word(data: dict[str, Any]) -> None:
    """Takes our own field out of a request, because no provider knows it."""
    data.pop(NAME, None)
    for place in ("metadata", "litellm_metadata"):
        if isinstance(data.get(place), dict):
            data[place].pop(NAME, None)


def _account(kwargs: dict[str, Any], turn: Turn) -> None:
    """Adds the savings to the metadata, from which the proxy's spend log takes them."""
    before, after = turn.report["original_tokens"], turn.report["compressed_tokens"]
    if before is None or before <= after:
        return
    savings = {"tokens_before": before, "tokens_after": after, "tokens_saved": before - after, "source": NAME}
    for place in ("metadata", "litellm_metadata"):
        noted = kwargs.get(place)
        if isinstance(noted, dict) and "user_api_key" in noted:
            noted["compression_savings"] = savings
            logged = noted.get("spend_logs_metadata")
            noted["spend_logs_metadata"] = {**(logged if isinstance(logged, dict) else {}), NAME: savings}
