"""A chat model around another one: it compresses what it is sent, and answers the retrievals of the other."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import aclosing, closing
from typing import Any, NamedTuple

from langchain_core.callbacks import AsyncCallbackManagerForLLMRun, CallbackManagerForLLMRun
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, AIMessageChunk, BaseMessage
from langchain_core.messages.ai import UsageMetadata, add_usage
from langchain_core.outputs import ChatGeneration, ChatGenerationChunk, ChatResult
from langchain_core.runnables import Runnable
from langchain_core.utils.function_calling import convert_to_openai_tool
from pydantic import PrivateAttr

from ...chat.loop import Request
from ...chat.steps import arun, run
from ...chat.stream import AsyncStream, Stream
from ...clients.options import Settings
from ...messages.retrieval_tool import has_ours, is_ours, schema
from ...types import Message
from .._turn import Turn
from .messages import Messages, chunk_without, chunks_of, later, settled, without

_TRACED = "ls_structured_output_format"  # LangChain's argument for its tracing, which no model takes
_BOUND = "compresskit_bound"  # the argument that holds what bind_tools() made with our tool


class CompressedChatModel(BaseChatModel):
    """A chat model for conversations of any length.

    Use it wherever a chat model is expected: in chains, graphs and agents. Its messages are compressed above the
    trigger, the model's retrievals are answered, and what streams or is returned holds no retrieval.

    Args:
        model: The chat model that is called.
        **options: ``trigger``, ``target`` and the other options of ``compress`` that do not belong to one call;
            ``max_rounds``, ``max_retrieved_tokens``, ``on_error`` and ``store``, as for ``compresskit.completion``.

    Raises:
        InvalidArgument: An option does not exist, or its value is wrong.
    """

    model: BaseChatModel
    _settings: Settings = PrivateAttr()

    def __init__(self, model: BaseChatModel, **options: Any) -> None:
        self._wrap(model, Settings().changed(options).stored())

    @classmethod
    def of(cls, model: BaseChatModel, settings: Settings) -> CompressedChatModel:
        """A model with checked options, which have a store."""
        made = cls.__new__(cls)
        made._wrap(model, settings)
        return made

    def _wrap(self, model: BaseChatModel, settings: Settings) -> None:
        fields: dict[str, Any] = {"model": model, "profile": getattr(model, "profile", None)}
        super().__init__(**fields)
        self._settings = settings

    @property
    def _llm_type(self) -> str:
        return self.model._llm_type

    def _get_ls_params(self, stop: list[str] | None = None, **kwargs: Any) -> Any:
        return self.model._get_ls_params(stop=stop, **kwargs)

    def get_token_ids(self, text: str) -> list[int]:
        """As the model's own."""
        return self.model.get_token_ids(text)

    def get_num_tokens_from_messages(self, messages: list[BaseMessage], tools: Sequence[Any] | None = None) -> int:
        """As the model's own, for the messages as they are."""
        return self.model.get_num_tokens_from_messages(messages, tools)

    def bind_tools(self, tools: Sequence[Any], **kwargs: Any) -> Runnable[Any, AIMessage]:
        """As the model's own. Our tool is bound as well, and is sent if there is something to retrieve."""
        plain = self.model.bind_tools(tools, **kwargs)
        with_ours = self.model.bind_tools([*tools, schema("openai")], **kwargs)
        described = [convert_to_openai_tool(tool) for tool in tools]
        bound = _Bound(self.model, list(tools), kwargs, with_ours.kwargs, described)  # type: ignore[attr-defined]
        return self.bind(**plain.kwargs, **{_BOUND: bound})  # type: ignore[attr-defined]

    def _generate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,  # noqa: ARG002
        **kwargs: Any,
    ) -> ChatResult:
        found: ChatResult = run(_Turn(self, messages, kwargs).whole(), _Client(self.model, stop))
        return found

    async def _agenerate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: AsyncCallbackManagerForLLMRun | None = None,  # noqa: ARG002
        **kwargs: Any,
    ) -> ChatResult:
        found: ChatResult = await arun(_Turn(self, messages, kwargs).whole(), _Client(self.model, stop, awaited=True))
        return found

    def _stream(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,  # noqa: ARG002
        **kwargs: Any,
    ) -> Iterator[ChatGenerationChunk]:
        with closing(Stream(_Turn(self, messages, kwargs), _Client(self.model, stop))) as stream:
            yield from stream

    async def _astream(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: AsyncCallbackManagerForLLMRun | None = None,  # noqa: ARG002
        **kwargs: Any,
    ) -> AsyncIterator[ChatGenerationChunk]:
        client = _Client(self.model, stop, awaited=True)
        async with aclosing(AsyncStream(_Turn(self, messages, kwargs), client)) as stream:
            async for chunk in stream:
                yield chunk


class _Bound(NamedTuple):
    """The tools that bind_tools() was given, and the arguments that it made.

    Attributes:
        model: The model.
        tools: The caller's tools.
        options: The other arguments of bind_tools().
        with_ours: The arguments of a call with these tools and our retrieval tool.
        described: The tools as OpenAI's chat declares them.
    """

    model: BaseChatModel
    tools: list[Any]
    options: dict[str, Any]
    with_ours: dict[str, Any]
    described: list[dict[str, Any]]

    def within(self, sent: Sequence[dict[str, Any]]) -> dict[str, Any]:
        """The arguments of a call with these tools. Those that are whole are bound as the caller has them."""
        own = [
            next((tool for tool, one in zip(self.tools, self.described, strict=True) if one == given), given)
            for given in sent
        ]
        return dict(self.model.bind_tools(own, **self.options).kwargs)  # type: ignore[attr-defined]


class _Client:
    """Calls the model that is wrapped: its sync methods, or those that are awaited."""

    def __init__(self, model: BaseChatModel, stop: list[str] | None, awaited: bool = False) -> None:
        self._model, self._stop, self._awaited = model, stop, awaited

    def request(self, call: tuple[list[BaseMessage], dict[str, Any]]) -> Any:
        messages, kwargs = call
        generate: Any = self._model._agenerate if self._awaited else self._model._generate
        return generate(messages, stop=self._stop, **kwargs)

    def stream(self, call: tuple[list[BaseMessage], dict[str, Any]]) -> Any:
        messages, kwargs = call
        kind = type(self._model)
        if kind._stream is BaseChatModel._stream and (not self._awaited or kind._astream is BaseChatModel._astream):
            return later(self.request(call)) if self._awaited else iter(chunks_of(self.request(call)))
        stream: Any = self._model._astream if self._awaited else self._model._stream
        return stream(messages, stop=self._stop, **kwargs)


def _without_calls(model: BaseChatModel) -> dict[str, Any]:
    """The arguments that forbid calls, as the model's provider writes its choice of tools; {} if it takes none."""
    tools = [schema("openai")]
    try:
        auto = model.bind_tools(tools, tool_choice="auto").kwargs  # type: ignore[attr-defined]
        none = model.bind_tools(tools, tool_choice="none").kwargs  # type: ignore[attr-defined]
    except (NotImplementedError, TypeError, ValueError):
        return {}
    if (choice := auto.get("tool_choice")) is not None:
        return {"tool_choice": {"type": "none"} if isinstance(choice, Mapping) else "none"}
    return {name: value for name, value in none.items() if name != "tools"}


def _sendable(kwargs: dict[str, Any]) -> dict[str, Any]:
    """The arguments of a call of the model, from those that bind_tools() made.

    LangChain itself takes out the argument for its tracing. Beside a ``response_format``, OpenAI's SDK takes only
    strict tools.
    """
    kwargs = {name: value for name, value in kwargs.items() if name != _TRACED}
    if kwargs.get("response_format") is None or not isinstance(tools := kwargs.get("tools"), list):
        return kwargs
    return {**kwargs, "tools": [_strict(tool) if is_ours(tool) else tool for tool in tools]}


def _strict(tool: dict[str, Any]) -> dict[str, Any]:
    """A declaration of OpenAI's chat that the model has to follow exactly: it gives all arguments, or null for one."""
    function = tool.get("function")
    if not isinstance(function, dict):
        return tool
    parameters = function["parameters"]
    required = parameters.get("required", ())
    fields = {
        name: field if name in required else {**field, "type": [field["type"], "null"]}
        for name, field in parameters["properties"].items()
    }
    exact = {**parameters, "properties": fields, "required": list(fields), "additionalProperties": False}
    return {**tool, "function": {**function, "parameters": exact, "strict": True}}


class _Turn(Turn):
    """One call of the wrapper."""

    def __init__(self, model: CompressedChatModel, messages: list[BaseMessage], kwargs: dict[str, Any]) -> None:
        self._model = model.model
        self._given = messages
        self._bound: _Bound | None = kwargs.pop(_BOUND, None)
        self._kwargs = kwargs
        self._usage: UsageMetadata | None = None
        self._whole: Any = None  # the chunks of the stream that is being read
        self._message: Any = None  # what they say, with its calls as they go on
        self._changed: frozenset[str] = frozenset()  # the ids of the calls that go on in another way
        tools = self._bound.described if self._bound else None
        super().__init__(model._settings, Messages(messages), _name_of(self._model), tools, kwargs.get("tool_choice"))

    def argument(self, messages: list[Any] | None, kwargs: Mapping[str, Any]) -> Any:
        sent = self._given if messages is None else messages
        last = _without_calls(self._model) if kwargs.get("tool_choice") == "none" else {}
        if self._bound is not None and self._settings.tool_budget is not None and kwargs.get("tools"):
            return sent, _sendable({**self._kwargs, **self._bound.within(kwargs["tools"]), **last})
        if not has_ours(kwargs.get("tools")):
            return sent, self._kwargs
        if self._bound is None:
            ours = self._model.bind_tools([schema("openai")]).kwargs  # type: ignore[attr-defined]
            return sent, _sendable({**self._kwargs, **ours, **last})
        return sent, _sendable({**self._kwargs, **self._bound.with_ours, **last})

    def settled(self, answer: ChatResult, loop: Request) -> ChatResult:
        first = answer.generations[0]
        message, _ = settled(first.message, loop.settling)  # type: ignore[arg-type]
        generation = ChatGeneration(message=message, generation_info=first.generation_info)
        return ChatResult(generations=[generation], llm_output=answer.llm_output)

    def read(self, answer: ChatResult) -> Message:
        message = answer.generations[0].message
        self._add(message)
        return self._originals.add(message)

    def shown(self, answer: ChatResult, ours: frozenset[str]) -> ChatResult:
        first = answer.generations[0]
        message = without(first.message, ours, self._usage)  # type: ignore[arg-type]
        generation = ChatGeneration(message=message, generation_info=first.generation_info)
        return ChatResult(generations=[generation], llm_output=answer.llm_output)

    def calls(self, part: ChatGenerationChunk) -> bool:
        return bool(getattr(part.message, "tool_call_chunks", None))

    def feed(self, part: ChatGenerationChunk) -> None:
        self._whole = part if self._whole is None else self._whole + part

    def read_stream(self, loop: Request | None) -> Message | None:
        if self._whole is None:
            return None
        self._message, self._changed = self._whole.message, frozenset()
        if loop is not None:
            self._message, self._changed = settled(self._whole.message, loop.settling)
        return self._originals.add(self._message)

    def passed(self, part: ChatGenerationChunk) -> list[ChatGenerationChunk]:
        return [part]

    def dropped(self, held: Sequence[ChatGenerationChunk]) -> None:
        self._whole = None
        for chunk in held:
            self._add(chunk.message)

    def ending(self, held: Sequence[ChatGenerationChunk], ours: frozenset[str]) -> Iterator[ChatGenerationChunk]:
        parts = self._whole.message.tool_call_chunks if held else []
        ours |= self._changed
        hidden = {part["index"] for part in parts if part["id"] in ours}
        for chunk in held:
            if (seen := chunk_without(chunk, ours, hidden)) is not None:
                yield seen
        calls = getattr(self._message, "tool_call_chunks", ())
        if made := [chunk for chunk in calls if chunk["id"] in self._changed]:
            yield ChatGenerationChunk(message=AIMessageChunk(content="", tool_call_chunks=made))
        if self._usage is not None:  # of the turns that were only retrievals
            yield ChatGenerationChunk(message=AIMessageChunk(content="", usage_metadata=self._usage))

    def _add(self, message: BaseMessage) -> None:
        self._usage = add_usage(self._usage, getattr(message, "usage_metadata", None))


def _name_of(model: BaseChatModel) -> str:
    """The name of a model, for its tokenizer and prices."""
    return str(getattr(model, "model_name", "") or getattr(model, "model", "") or "unknown")
