"""A model around another one: it compresses what it is sent, and answers the retrievals of the other."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Iterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from datetime import datetime
from typing import Any

from pydantic_ai import RunContext
from pydantic_ai.messages import (
    ModelMessage,
    ModelRequest,
    ModelResponse,
    ModelResponseStreamEvent,
    PartDeltaEvent,
    PartStartEvent,
    ToolCallPart,
    ToolCallPartDelta,
)
from pydantic_ai.models import KnownModelName, Model, ModelRequestParameters, StreamedResponse
from pydantic_ai.models.wrapper import WrapperModel
from pydantic_ai.settings import ModelSettings
from pydantic_ai.tools import ToolDefinition
from pydantic_ai.usage import RequestUsage

from ... import _observer
from ...chat.loop import Request
from ...chat.steps import END, arun
from ...chat.stream import AsyncStream
from ...clients.options import Settings
from ...messages.retrieval_tool import TOOL_NAME, has_ours, schema
from ...types import Message
from .._answering import without_tool_budget
from .._turn import Turn
from .messages import Messages, joined, units_of, without

# Fields of a streamed response that are those of the model's last one.
_LAST = ("provider_response_id", "provider_details", "canonical_system", "finish_reason", "state", "metadata")


class CompressedModel(WrapperModel):
    """A model for conversations of any length, around another one.

    Its messages are compressed above the trigger, and the model's retrievals are answered inside: they are neither in
    the history nor in a stream.

    Args:
        wrapped: The model that is called, or its name.
        **options: The options of a client; see ``compresskit.clients.Options``.

    Raises:
        InvalidArgument: An option does not exist, or its value is wrong.
    """

    def __init__(self, wrapped: Model | KnownModelName | str, **options: Any) -> None:
        super().__init__(wrapped)
        self._compresskit = without_tool_budget(Settings().changed(options)).stored()

    async def request(
        self,
        messages: list[ModelMessage],
        model_settings: ModelSettings | None,
        model_request_parameters: ModelRequestParameters,
    ) -> ModelResponse:
        turn = self._turn(messages, model_settings, model_request_parameters)
        answer: ModelResponse = await arun(turn.whole(), _Client(self.wrapped))
        return answer

    @asynccontextmanager
    async def request_stream(
        self,
        messages: list[ModelMessage],
        model_settings: ModelSettings | None,
        model_request_parameters: ModelRequestParameters,
        run_context: RunContext[Any] | None = None,
    ) -> AsyncGenerator[StreamedResponse]:
        turn = self._turn(messages, model_settings, model_request_parameters)
        async with AsyncExitStack() as opened:
            stream = AsyncStream(turn, _Client(self.wrapped, run_context, opened))
            opened.push_async_callback(stream.aclose)
            yield await _Shown(model_request_parameters, turn, stream).begun()

    async def count_tokens(
        self,
        messages: list[ModelMessage],
        model_settings: ModelSettings | None,
        model_request_parameters: ModelRequestParameters,
    ) -> RequestUsage:
        """The tokens of the compressed request."""
        turn = self._turn(messages, model_settings, model_request_parameters)
        _, argument = _observer.current.unobserved(turn.prepared)
        return await self.wrapped.count_tokens(*argument)

    def _turn(
        self, messages: list[ModelMessage], settings: ModelSettings | None, parameters: ModelRequestParameters
    ) -> _Turn:
        return _Turn(self._compresskit, self.wrapped, messages, settings, parameters)


class _Client:
    """Calls the model that is wrapped."""

    def __init__(
        self, model: Model, context: RunContext[Any] | None = None, opened: AsyncExitStack | None = None
    ) -> None:
        self._model, self._context, self._opened = model, context, opened or AsyncExitStack()

    async def request(self, call: tuple[Any, Any, Any]) -> ModelResponse:
        return await self._model.request(*call)

    async def stream(self, call: tuple[Any, Any, Any]) -> _Reading:
        response = await self._opened.enter_async_context(self._model.request_stream(*call, self._context))
        return _Reading(response)


class _Reading:
    """The events of a streamed response."""

    def __init__(self, response: StreamedResponse) -> None:
        self.response = response
        self._events = aiter(response)

    def __aiter__(self) -> _Reading:
        return self

    async def __anext__(self) -> Any:
        return await anext(self._events)


class _Turn(Turn):
    """One call of the wrapper."""

    stream: Any  # a _Reading, as soon as the model is called

    def __init__(
        self,
        settings: Settings,
        model: Model,
        messages: list[ModelMessage],
        model_settings: ModelSettings | None,
        parameters: ModelRequestParameters,
    ) -> None:
        self._given, self._model_settings, self._parameters = messages, model_settings, parameters
        self._spent = RequestUsage()  # of the answers that have ended
        self._read: StreamedResponse | None = None  # the last stream in it
        self._parts: dict[int, Any] = {}  # of the stream that is being read
        self.shows: Any = None  # the parts that the caller has seen: pydantic-ai's manager of them
        originals, tools, choice = Messages(units_of(messages)), tools_of(parameters), _choice(model_settings)
        beside = [text for text in [instructions_of(messages)] if text]
        able = _takes_tools(model, parameters)
        super().__init__(settings, originals, model.model_name, tools, choice, beside, able)

    @property
    def usage(self) -> RequestUsage:
        """The usage of all calls of the model up to now."""
        reading = None if self.stream is None else self.stream.response
        return self._spent if reading is None or reading is self._read else self._spent + reading.usage

    def argument(self, messages: list[Any] | None, kwargs: Mapping[str, Any]) -> Any:
        settings, parameters = self._model_settings, self._parameters
        if has_ours(kwargs.get("tools")):
            parameters = replace(parameters, function_tools=[*parameters.function_tools, _tool()])
        if kwargs.get("tool_choice") == "none" and _choice(settings) != "none":  # no more retrievals
            settings = ModelSettings(**{**(settings or {}), "tool_choice": "none"})
        return self._given if messages is None else joined(messages), settings, parameters

    def read(self, answer: ModelResponse) -> Message:
        self._spent = self._spent + answer.usage
        return self._originals.add(answer)

    def shown(self, answer: ModelResponse, ours: frozenset[str]) -> ModelResponse:
        return without(answer, ours, self._spent)

    def calls(self, part: Any) -> bool:
        return isinstance(getattr(part, "part", None), ToolCallPart) or isinstance(
            getattr(part, "delta", None), ToolCallPartDelta
        )

    def feed(self, part: Any) -> None:
        """The stream's own response has all parts."""

    def read_stream(self, loop: Request | None) -> Message | None:  # noqa: ARG002
        self._read = self.stream.response
        answer = self._read.get()
        message = self.read(answer)
        return message if answer.parts and not self._read.cancelled else None

    def passed(self, part: Any) -> Iterator[ModelResponseStreamEvent]:
        """The event with the place of its part in the answer for the caller. pydantic-ai makes new ends of parts."""
        if isinstance(part, PartStartEvent):
            self._parts[part.index] = part.part
            yield self._placed(part.index)
        elif isinstance(part, PartDeltaEvent):
            self._parts[part.index] = part.delta.apply(self._parts[part.index])
            yield replace(part, index=self._placed(part.index).index)

    def dropped(self, held: Sequence[Any]) -> None:  # noqa: ARG002
        self._parts = {}

    def ending(self, held: Sequence[Any], ours: frozenset[str]) -> Iterator[ModelResponseStreamEvent]:
        answer = self.stream.response.get().parts if held and self.stream else []
        hidden = {at for at, one in enumerate(answer) if isinstance(one, ToolCallPart) and one.tool_call_id in ours}
        for part in held:
            if getattr(part, "index", None) not in hidden:
                yield from self.passed(part)

    def _placed(self, index: int) -> Any:
        # the id is unlike that of any part of another stream
        return self.shows.handle_part(vendor_part_id=(id(self.stream), index), part=self._parts[index])


class _Shown(StreamedResponse):
    """The stream for the caller."""

    def __init__(self, parameters: ModelRequestParameters, turn: _Turn, stream: AsyncStream) -> None:
        super().__init__(model_request_parameters=parameters)
        self._turn, self._stream = turn, stream
        self._first: Any = None
        turn.shows = self._parts_manager

    async def begun(self) -> _Shown:
        """Waits for the first event, so that opening the stream raises an error that comes before it."""
        self._first = await anext(self._stream, END)
        return self

    async def _get_event_iterator(self) -> AsyncIterator[ModelResponseStreamEvent]:
        event = self._first
        while event is not END:
            self._usage = self._turn.usage
            yield event
            event = await anext(self._stream, END)
        self._usage = self._turn.usage
        for name in _LAST:
            if hasattr(self._now, name):
                setattr(self, name, getattr(self._now, name))

    async def close_stream(self) -> None:
        await self._now.cancel()

    @property
    def _now(self) -> StreamedResponse:
        """The model's stream that is being read."""
        response: StreamedResponse = self._turn.stream.response
        return response

    @property
    def model_name(self) -> str:
        return self._now.model_name

    @property
    def provider_name(self) -> str | None:
        return self._now.provider_name

    @property
    def provider_url(self) -> str | None:
        return self._now.provider_url

    @property
    def timestamp(self) -> datetime:
        return self._now.timestamp


def tools_of(parameters: ModelRequestParameters) -> list[dict[str, Any]]:
    """The tools of a request, as OpenAI's."""
    return [
        {
            "type": "function",
            "function": {
                "name": tool.name,
                "description": tool.description or "",
                "parameters": tool.parameters_json_schema,
            },
        }
        for tool in [*parameters.function_tools, *parameters.output_tools]
    ]


def _tool() -> ToolDefinition:
    """Our tool."""
    function = schema("openai")["function"]
    return ToolDefinition(
        name=TOOL_NAME, description=function["description"], parameters_json_schema=function["parameters"]
    )


def _choice(settings: Mapping[str, Any] | None) -> Any:
    """The tool_choice of a request, as OpenAI's."""
    choice = (settings or {}).get("tool_choice")
    if choice is None or isinstance(choice, str):
        return choice
    names = choice if isinstance(choice, list) else choice.function_tools
    tools = [{"type": "function", "function": {"name": name}} for name in names]
    return {"type": "allowed_tools", "allowed_tools": {"mode": "auto", "tools": tools}}


def _takes_tools(model: Model, parameters: ModelRequestParameters) -> bool:
    """Whether a function may be added. Gemini takes none beside Google's own tools or an answer in JSON.

    pydantic-ai raises for such a request, unless the caller's own has functions and the model is known to take both.
    """
    alone = parameters.output_mode == "native" or bool(getattr(parameters, "native_tools", None))
    return bool(parameters.function_tools) or not alone or "google" not in model.system


def instructions_of(messages: Sequence[ModelMessage]) -> str | None:
    """The instructions that are sent: those of the last request that has some."""
    requests = (message for message in reversed(messages) if isinstance(message, ModelRequest))
    return next((request.instructions for request in requests if request.instructions), None)
