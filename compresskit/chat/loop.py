"""The loop: answers retrieval calls from the cache and calls the model again, until it gives its answer.

It consists of steps (see ``steps``), which may be run or awaited. ``prepare`` makes its request, for ``completion`` and
for ``followed``: it puts our calls of earlier turns back, and lets its caller compress.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from dataclasses import field as default
from typing import Any

from .. import _observer, responses
from ..errors import reason
from ..messages.retrieval_tool import TOOL_NAME, has_ours, later_choice, offered, withdrawn
from ..responses import (
    AS_THEY_ARE,
    STREAMS,
    Call,
    Record,
    Settling,
    StreamTurn,
    calls_in,
    message_of,
    messages_of,
    put_back,
)
from ..result import Compressed
from ..retrieval import MAX_TOKENS, MIN_TOKENS, Originals, answer_to
from ..tokens.measure import measure_for
from ..tool_definitions import Toolbox, toolbox_of
from ..types import Cache, Message
from .policy import LoopOptions
from .report import REPORTED
from .steps import END, Model, Next, Show, Steps, Work

_NO_MORE = "(That was the last retrieval: answer now, with what is here.)"
_USED_UP = "Not retrieved: the limit for one answer is reached. Go on with what is here."
_NO_TOOLS = "There are no tools but those that you have been given. Call them by their names."
_FAILED = "The text could not be retrieved. Go on without it, or read the file or run the tool again."


def _ask(kwargs: dict[str, Any]) -> Steps:
    return (yield Model(kwargs))


@dataclass
class Request:
    """A request that may be answered with retrieval calls.

    Attributes:
        kwargs: The arguments of the model's call: the compressed messages, the tools with ours, and all others.
        caller_messages: The caller's own messages, as dicts.
        cache: key -> original: the texts that the model may retrieve.
        max_rounds: The turns of retrievals that are answered, for each choice; 0 if nothing can be retrieved.
        room: The tokens of answers that are left, for all choices together.
        store: A store for the records of mixed turns besides the message, or None.
        strict: Whether a store or a cache that fails is an error.
        report: The value of ``_hidden_params["compresskit"]``.
        answering: The answer to this request as telemetry sees it. None if telemetry is off.
        toolbox: The definitions of the caller's tools, if some are deferred.
        shape: The name of the shape of messages and responses.
        carried: Whether the message for the caller carries the record of a mixed turn. If not, only the store has it.
        ask: The steps of a call of the model: from its arguments to its response, or to a stream.
    """

    kwargs: dict[str, Any]
    caller_messages: list[Message]
    cache: Cache
    max_rounds: int
    room: int
    store: Any
    strict: bool
    report: dict[str, Any]
    answering: _observer.Answering | None = None
    toolbox: Toolbox | None = None
    shape: str = "openai"
    carried: bool = True
    ask: Callable[[dict[str, Any]], Steps] = _ask

    @property
    def settling(self) -> Settling:
        """The rule by which calls of deferred tools become calls of the caller's own."""
        return AS_THEY_ARE if self.toolbox is None else self.toolbox


def prepare(
    kwargs: Mapping[str, Any],
    caller_messages: list[Message],
    records: Mapping[int, Record],
    compressed: Callable[[list[list[Message]]], Compressed],
    report: dict[str, Any],
    options: LoopOptions,
    store: Any,
    offers: bool = False,
) -> tuple[dict[str, Any], Request]:
    """Returns the arguments that change ({} if the call goes out as it is), and the request for the loop.

    It takes time, so asynchronous callers run it in a thread.

    Args:
        kwargs: The arguments of the model's call that the loop needs.
        caller_messages: The caller's messages, without records of ours.
        records: Our calls of earlier turns, by the index of the message that they belong to.
        compressed: A function that compresses. It is given, for each of ``caller_messages``, the messages to send.
        report: The report, which is filled in.
        options: The options of the loop.
        store: See ``Request``.
        offers: Whether our tool is offered in any case, because texts were left out before the request.
    """
    # all calls of compress() for one request are one compression
    result = _observer.current.compression(kwargs.get("model"), lambda: compressed(put_back(caller_messages, records)))
    report.update({name: result[name] for name in REPORTED}, deferred_tools=len(result.deferred_tools))
    same = (
        result.skipped_reason
        and not records
        and not result.cache
        and not result.breakpoints
        and not result.replaced
        and result.tools == (kwargs.get("tools") or None)
    )
    changes = {} if same else result.request
    if offers:
        changes = {**changes, "tools": offered(result.tools or [], "openai")}
    # A model that sees earlier calls of our tool may call it again even if it is not offered.
    rounds = options.max_rounds if records or offers or has_ours(result.tools) else 0
    room = options.max_retrieved_tokens or max(MAX_TOKENS, result.trigger - result.compressed_tokens)
    cache = Originals(result.cache, result.messages)
    answering = _observer.current.answering(result.model) if rounds else None
    toolbox = toolbox_of(kwargs.get("tools"), result.tools)
    prepared = {**kwargs, **changes}
    request = Request(prepared, caller_messages, cache, rounds, room, store, options.strict, report, answering, toolbox)
    return changes, request


@dataclass
class Talk:
    """The conversation of one choice: the messages since the request, and the turns that were only retrievals."""

    request: Request
    messages: list[Message]
    before: list[tuple[Message, list[str]]] = default(default_factory=list)
    last: bool = False  # whether no more retrievals are answered, so that the next answer goes to the caller

    def goes_on(self, message: Message) -> bool:
        """Whether a turn consists of retrievals alone, and they are still answered."""
        calls = calls_in(message)
        return bool(calls) and all(call.ours for call in calls) and not self.last

    def next(self, message: Message) -> Steps:
        """Answers a turn of retrievals, and returns the model's next response (or stream)."""
        calls = calls_in(message)
        texts = yield Work(lambda: self._answers(calls))
        self.before.append((message, texts))
        report = self.request.report
        report["rounds"] += 1
        if self.request.room < MIN_TOKENS:
            self._end("max_retrieved_tokens")
        elif len(self.before) >= self.request.max_rounds:
            self._end("max_rounds")
        shown = [*texts[:-1], f"{texts[-1]}\n{_NO_MORE}"] if self.last else texts
        self.messages = [*self.messages, *messages_of(message), *responses.results(calls, shown)]
        report["calls"] += 1
        return (yield from self.request.ask(self._kwargs()))

    def record(self, message: Message, streamed: bool = False) -> Steps:
        """The record of a turn that calls the caller's tools; None if nothing was retrieved."""
        calls = calls_in(message)
        ours = [call for call in calls if call.ours]
        if len(ours) == len(calls) or not (ours or self.before):
            return None
        texts = yield Work(lambda: self._answers(ours))
        return responses.record_of(message, texts, self.before, streamed)

    def _answers(self, calls: list[Call]) -> list[str]:
        """The answer to each call, within the tokens that the request has left."""
        texts = []
        for call in calls:
            room = min(MAX_TOKENS, self.request.room)
            if room < MIN_TOKENS:
                self.request.report["limit"] = "max_retrieved_tokens"
            if call.name != TOOL_NAME:
                text = self._of_tools(call, max(room, MIN_TOKENS))
            else:
                text = self._answer(call, room) if room >= MIN_TOKENS else self._refused(call)
            cost = measure_for("", None).count(text)
            self.request.room -= cost
            self.request.report["retrieved_tokens"] += cost
            texts.append(text)
        return texts

    def _answer(self, call: Call, room: int) -> str:
        try:
            return answer_to(call.arguments, self.request.cache, room, call.id, self.request.answering)
        except Exception as error:
            if self.request.strict:
                raise
            self.request.report["error"] = reason(error)
            return _FAILED

    def _of_tools(self, call: Call, room: int) -> str:
        toolbox = self.request.toolbox
        return _NO_TOOLS if toolbox is None else toolbox.answer(call.name, call.arguments, room)

    def _refused(self, call: Call) -> str:
        refused = _observer.Retrieved(_USED_UP, "refused")
        return _observer.current.retrieval(lambda: refused, call.id, self.request.answering).text

    def _end(self, limit: str) -> None:
        self.last = True
        self.request.report["limit"] = limit

    def _kwargs(self) -> dict[str, Any]:
        kwargs = {**self.request.kwargs, "messages": self.messages}
        if "n" in kwargs:
            kwargs["n"] = 1
        choice = later_choice(kwargs.pop("tool_choice", None), self.last)
        if choice is not None:
            kwargs["tool_choice"] = choice
        if not self.last:
            return kwargs
        others = withdrawn(kwargs.get("tools") or ())
        if others:
            return {**kwargs, "tools": others}
        # Providers require the tools of earlier calls. LiteLLM drops "none" for providers that do not know it.
        return {**kwargs, "tool_choice": "none", "drop_params": True}


def whole(request: Request, first: Any) -> Steps:
    """The steps from the model's first response to the response for the caller."""
    with _observer.during(request.answering, request.report):
        return (yield from _whole(request, first))


def _whole(request: Request, first: Any) -> Steps:
    first = responses.settled(first, request.settling)
    usage, costs = responses.usage_of(first), [_cost(first)]
    final = first
    for number in range(len(responses.choices_of(first))):
        talk = Talk(request, request.kwargs["messages"])
        response, message = first, message_of(first, number)
        while talk.goes_on(message):
            response = responses.settled((yield from talk.next(message)), request.settling)
            message = message_of(response)
            usage = responses.added(usage, responses.usage_of(response))
            costs.append(_cost(response))
        at = number if response is first else 0
        record = yield from talk.record(message)
        shown = responses.without_ours(response)
        if record is not None:
            if request.carried:
                shown = responses.with_message(shown, _fields(message, record), at)
            yield from keep(request, record, message_of(shown, at))
        final = (
            shown
            if len(responses.choices_of(first)) == 1
            else _with_choice(final, number, responses.choices_of(shown)[at : at + 1])
        )
    if request.report["calls"] > 1:
        final = responses.with_usage(final, usage)
    return reported(final, request.report, costs)


class Streamed:
    """The same for a stream: its steps show the events for the caller."""

    def __init__(self, request: Request, first: Any) -> None:
        self.request = request
        self.report = request.report
        self.stream = first
        self._shape = STREAMS[request.shape]
        self._shown = self._shape.shown(request.settling)

    def steps(self) -> Steps:
        with _observer.during(self.request.answering, self.report):
            yield from self._steps()

    def _steps(self) -> Steps:
        first = turn = self._shape.turn(self._shown, None)
        yield from self._read(first)
        for number in first.choices:
            talk = Talk(self.request, self.request.kwargs["messages"])
            turn = first
            message = self._called(turn, number)
            while turn.complete(number) and talk.goes_on(message):
                self.stream = yield from talk.next(message)
                turn = self._shape.turn(self._shown, number)
                yield from self._read(turn)
                message = self._called(turn, number)
            if not turn.complete(number):
                continue  # the provider's stream broke off, so this one ends too
            record = yield from talk.record(message, streamed=True)
            fields = {} if record is None or not self.request.carried else _fields(message, record)
            if record is not None:
                yield from keep(self.request, record, responses.without_ours(message))
            ours_only = bool(message) and all(call.ours for call in calls_in(message))
            for part in turn.closing(number, fields, ours_only):
                yield Show(part)
        for part in turn.totals():
            yield Show(part)

    def _read(self, turn: StreamTurn) -> Steps:
        while (event := (yield Next(self.stream))) is not END:
            for part in self._passed(turn, event):
                yield Show(part)
        for part in turn.end():
            yield Show(part)

    def _called(self, turn: StreamTurn, choice: int) -> Message:
        """The turn of a choice that called a tool; {} if it called none."""
        message: Message = responses.settled(turn.message(choice), self.request.settling) if turn.calls(choice) else {}
        return message

    def _passed(self, turn: StreamTurn, event: Any) -> list[Any]:
        """The events to pass on for an event. An event of an unknown form passes as it is."""
        try:
            return turn.feed(event)
        except Exception as error:
            if self.request.strict:
                raise
            self.report["error"] = reason(error)
            return [event]


def keep(request: Request, record: Record, shown: Message) -> Steps:
    """Puts a record into the store, for callers who do not send the record back with the message."""
    if request.store is None:
        return
    name = responses.name_of(request.caller_messages, shown)
    try:
        yield Work(lambda: request.store.put({name: json.dumps(record)}))
    except Exception as error:
        if request.strict:
            raise
        request.report["error"] = reason(error)


def reported(response: Any, report: dict[str, Any], costs: Sequence[Any] = ()) -> Any:
    """A response with the report in its ``_hidden_params``. A response without them (a dict) stays as it is."""
    hidden = getattr(response, "_hidden_params", None)
    if not isinstance(hidden, dict):
        return response
    known = [cost for cost in costs if cost is not None]
    if report["calls"] > 1 and known:
        hidden = {**hidden, "response_cost": sum(known)}
    response._hidden_params = {**hidden, "compresskit": report}
    return response


def _fields(message: Message, record: Record) -> dict[str, Any]:
    had = message.get(responses.FIELDS)
    return {responses.FIELDS: {**(had if isinstance(had, Mapping) else {}), responses.NAME: record}}


def _with_choice(response: Any, number: int, choices: list[Any]) -> Any:
    if not choices:
        return response
    own = [
        responses.changed(choices[0], index=number) if at == number else c
        for at, c in enumerate(responses.choices_of(response))
    ]
    return responses.changed(response, choices=own)


def _cost(response: Any) -> Any:
    hidden = getattr(response, "_hidden_params", None)
    return hidden.get("response_cost") if isinstance(hidden, dict) else None
