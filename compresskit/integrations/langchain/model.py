"""A chat model around another one: it compresses what it is sent, and answers the retrievals of the other."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterator, Sequence
from typing import Any, NamedTuple

from langchain_core.callbacks import AsyncCallbackManagerForLLMRun, CallbackManagerForLLMRun
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, AIMessageChunk, BaseMessage
from langchain_core.messages.ai import UsageMetadata, add_usage
from langchain_core.outputs import ChatGeneration, ChatGenerationChunk, ChatResult
from langchain_core.runnables import Runnable
from langchain_core.utils.function_calling import convert_to_openai_tool
from pydantic import PrivateAttr

from ... import _observer
from ...chat.loop import Request, Talk, keep
from ...chat.report import new_report
from ...chat.steps import END, AsyncStream, Call, Next, Show, Steps, Stream, Work, arun, run
from ...clients.following import followed
from ...clients.options import Settings
from ...errors import reason
from ...messages.retrieval_tool import has_ours, schema
from ...responses import calls_of, without_ours
from ...stores import MemoryStore
from ...types import Cache, Store
from .messages import Originals, as_dict, settled, without

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
    _store: Store = PrivateAttr()

    def __init__(self, model: BaseChatModel, **options: Any) -> None:
        fields: dict[str, Any] = {"model": model, "profile": getattr(model, "profile", None)}
        super().__init__(**fields)
        self._settings = Settings().changed(options)
        self._store = self._settings.store or MemoryStore()

    @classmethod
    def of(cls, model: BaseChatModel, settings: Settings, store: Store) -> CompressedChatModel:
        """A model with checked options, and with the store of others."""
        made = cls(model)
        made._settings, made._store = settings, store
        return made

    @property
    def _llm_type(self) -> str:
        return self.model._llm_type

    def _get_ls_params(self, stop: list[str] | None = None, **kwargs: Any) -> Any:
        return self.model._get_ls_params(stop=stop, **kwargs)

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
        found: ChatResult = await arun(_Turn(self, messages, kwargs).whole(), _AsyncClient(self.model, stop))
        return found

    def _stream(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,  # noqa: ARG002
        **kwargs: Any,
    ) -> Iterator[ChatGenerationChunk]:
        stream = Stream(_Turn(self, messages, kwargs), _Client(self.model, stop))
        try:
            yield from stream
        finally:
            stream.close()

    async def _astream(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: AsyncCallbackManagerForLLMRun | None = None,  # noqa: ARG002
        **kwargs: Any,
    ) -> AsyncIterator[ChatGenerationChunk]:
        stream = AsyncStream(_Turn(self, messages, kwargs), _AsyncClient(self.model, stop))
        try:
            async for chunk in stream:
                yield chunk
        finally:
            await stream.aclose()


class _Bound(NamedTuple):
    """What bind_tools() was given, and what it made.

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
    """Calls the model that is wrapped."""

    def __init__(self, model: BaseChatModel, stop: list[str] | None) -> None:
        self._model, self._stop = model, stop

    def generate(self, call: tuple[list[BaseMessage], dict[str, Any]]) -> ChatResult:
        messages, kwargs = call
        return self._model._generate(messages, stop=self._stop, **kwargs)

    def stream(self, call: tuple[list[BaseMessage], dict[str, Any]]) -> Iterator[ChatGenerationChunk]:
        messages, kwargs = call
        if type(self._model)._stream is BaseChatModel._stream:
            return iter(_chunks(self.generate(call)))
        return self._model._stream(messages, stop=self._stop, **kwargs)


class _AsyncClient(_Client):
    """Calls the model that is wrapped, and awaits it."""

    async def generate(self, call: tuple[list[BaseMessage], dict[str, Any]]) -> ChatResult:  # type: ignore[override]
        messages, kwargs = call
        return await self._model._agenerate(messages, stop=self._stop, **kwargs)

    async def stream(  # type: ignore[override]
        self, call: tuple[list[BaseMessage], dict[str, Any]]
    ) -> AsyncIterator[ChatGenerationChunk]:
        messages, kwargs = call
        own = (type(self._model)._stream, type(self._model)._astream)
        if own == (BaseChatModel._stream, BaseChatModel._astream):
            return _later(_chunks(await self.generate(call)))
        return self._model._astream(messages, stop=self._stop, **kwargs)


class _Turn:
    """One call of the wrapper: a request, its retrievals, and the answer for the caller."""

    def __init__(self, model: CompressedChatModel, messages: list[BaseMessage], kwargs: dict[str, Any]) -> None:
        self._model = model
        self._given = messages
        self._bound: _Bound | None = kwargs.pop(_BOUND, None)
        self._kwargs = kwargs
        self._originals = Originals(messages)
        self._usage: UsageMetadata | None = None
        self._cache: Cache = {}
        self._offers = False  # whether our tool is sent
        self._sent: Sequence[dict[str, Any]] = ()  # the tools that are sent, if some are deferred
        self._method = "generate"
        self.report = new_report()
        self.stream: Any = None  # the stream that is being read

    def whole(self) -> Steps:
        """The steps to the result for the caller."""
        loop, messages = yield Work(self._prepared)
        result = yield Call("generate", (messages, self._arguments()))
        message = self._noted(result)
        if loop is None:
            return result
        with _observer.during(loop.answering, self.report):
            return (yield from self._answered(loop, result, message))

    def _answered(self, loop: Request, result: ChatResult, message: AIMessage) -> Steps:
        talk = Talk(loop, loop.kwargs["messages"])
        message, _ = settled(message, loop.settling)
        while talk.goes_on(self._plain(message)):
            result = yield from talk.next(self._plain(message))
            message, _ = settled(self._noted(result), loop.settling)
        yield from self._recorded(loop, talk, message)
        shown = ChatGeneration(message=self._shown(message), generation_info=result.generations[0].generation_info)
        return ChatResult(generations=[shown], llm_output=result.llm_output)

    def steps(self) -> Steps:
        """The steps that show the chunks for the caller. From the first call on, a chunk waits for the whole turn."""
        self._method = "stream"
        loop, messages = yield Work(self._prepared)
        self.stream = yield Call("stream", (messages, self._arguments()))
        with _observer.during(loop and loop.answering, self.report):
            yield from self._shown_chunks(loop)

    def _shown_chunks(self, loop: Request | None) -> Steps:
        talk = None if loop is None else Talk(loop, loop.kwargs["messages"])
        while True:
            whole: Any = None
            held: list[ChatGenerationChunk] = []
            while (chunk := (yield Next(self.stream))) is not END:
                whole = chunk if whole is None else whole + chunk
                if talk is not None and (held or _calls(chunk)):
                    held.append(chunk)
                else:
                    yield Show(chunk)
            if loop is None or talk is None or whole is None:
                return
            message, changed = settled(whole.message, loop.settling)
            if not talk.goes_on(self._plain(message)):
                break
            for chunk in held:
                self._usage = add_usage(self._usage, getattr(chunk.message, "usage_metadata", None))
            self.stream = yield from talk.next(self._plain(message))
        yield from self._recorded(loop, talk, message)
        ours = _ours(self._plain(message)) | changed
        hidden = {chunk["index"] for chunk in whole.message.tool_call_chunks if chunk["id"] in ours}
        for chunk in held:
            if (shown := _without(chunk, ours, hidden)) is not None:
                yield Show(shown)
        if made := [chunk for chunk in getattr(message, "tool_call_chunks", ()) if chunk["id"] in changed]:
            yield Show(ChatGenerationChunk(message=AIMessageChunk(content="", tool_call_chunks=made)))
        if self._usage is not None:  # of the turns that were only retrievals
            yield Show(ChatGenerationChunk(message=AIMessageChunk(content="", usage_metadata=self._usage)))

    def _prepared(self) -> tuple[Request | None, list[BaseMessage]]:
        """The request for the loop, if something may be retrieved; and the messages to send."""
        settings, dicts = self._model._settings, self._originals.dicts
        described = self._bound.described if self._bound else []
        kwargs = {"model": _name_of(self._model.model), "messages": dicts, "tools": described or None}
        if self._kwargs.get("tool_choice") is not None:
            kwargs["tool_choice"] = self._kwargs["tool_choice"]
        try:
            changes, loop = followed(settings, self._model._store, "openai", kwargs, self.report)
        except Exception as error:
            if not settings.sends:
                raise
            self.report.update(error=reason(error), skipped_reason="error")
            return None, self._given
        if loop is not None:
            loop.ask = self._ask
            self._cache = loop.cache
        self._offer(changes.get("tools"))
        if not changes:
            return loop, self._given
        return loop, self._originals.messages(changes["messages"], self._cache or {})

    def _ask(self, kwargs: dict[str, Any]) -> Steps:
        """A call of the model after a retrieval."""
        self._offer(kwargs.get("tools"))
        messages = self._originals.messages(kwargs["messages"], self._cache)
        return (yield Call(self._method, (messages, self._arguments())))

    def _offer(self, tools: Any) -> None:
        self._offers = has_ours(tools)
        self._sent = tools if self._model._settings.tool_budget is not None and tools else ()

    def _arguments(self) -> dict[str, Any]:
        """The arguments of a call of the model, with our tool or without it."""
        if self._bound is not None and self._sent:
            return {**self._kwargs, **self._bound.within(self._sent)}
        if not self._offers:
            return self._kwargs
        if self._bound is None:
            return {**self._kwargs, **self._model.model.bind_tools([schema("openai")]).kwargs}  # type: ignore[attr-defined]
        return {**self._kwargs, **self._bound.with_ours}

    def _plain(self, message: AIMessage) -> dict[str, Any]:
        return self._originals.add(message)

    def _noted(self, result: ChatResult) -> AIMessage:
        """The message of a result. Its usage is added to that of the calls before."""
        message = result.generations[0].message
        self._usage = add_usage(self._usage, getattr(message, "usage_metadata", None))
        return message  # type: ignore[return-value]

    def _recorded(self, loop: Request, talk: Talk, message: AIMessage) -> Steps:
        """Keeps the retrievals of a turn that also calls the caller's tools, for the next request."""
        plain = as_dict(message)
        record = yield from talk.record(plain)
        if record is not None:
            yield from keep(loop, record, without_ours(plain))

    def _shown(self, message: AIMessage) -> AIMessage:
        return without(message, _ours(as_dict(message)), self._usage)


def _ours(plain: dict[str, Any]) -> frozenset[str]:
    """The ids of our calls in a message."""
    return frozenset(call.id for call in calls_of(plain) if call.ours and call.id)


def _calls(chunk: ChatGenerationChunk) -> bool:
    return bool(getattr(chunk.message, "tool_call_chunks", None))


def _without(chunk: ChatGenerationChunk, ours: frozenset[str], hidden: set[Any]) -> ChatGenerationChunk | None:
    """A chunk without the parts of our calls; None if nothing is left of it."""
    message: Any = chunk.message
    parts = message.tool_call_chunks
    left = [part for part in parts if part["index"] not in hidden]
    if len(left) == len(parts):
        return chunk
    stripped = without(message, ours, message.usage_metadata)
    content: Any = stripped.content
    if isinstance(content, list):
        content = [block for block in content if not (isinstance(block, dict) and block.get("index") in hidden)]
    fields = {name: getattr(message, name) for name in ("usage_metadata", "response_metadata", "id")}
    shown = AIMessageChunk(**{"content": content, "tool_call_chunks": left, **fields})
    if not (left or content or message.usage_metadata or message.response_metadata):
        return None
    return ChatGenerationChunk(message=shown, generation_info=chunk.generation_info)


def _chunks(result: ChatResult) -> list[ChatGenerationChunk]:
    """A result as a stream of one chunk."""
    message: Any = result.generations[0].message
    fields = message.model_dump(exclude={"type", "tool_calls", "invalid_tool_calls"})
    parts = [
        {
            "type": "tool_call_chunk",
            "index": at,
            "id": call["id"],
            "name": call["name"],
            "args": json.dumps(call["args"]),
        }
        for at, call in enumerate(message.tool_calls)
    ]
    info = result.generations[0].generation_info
    return [ChatGenerationChunk(message=AIMessageChunk(**{**fields, "tool_call_chunks": parts}), generation_info=info)]


async def _later(chunks: Sequence[ChatGenerationChunk]) -> AsyncIterator[ChatGenerationChunk]:
    for chunk in chunks:
        yield chunk


def _name_of(model: BaseChatModel) -> str:
    """The name of a model, for its tokenizer and prices."""
    return str(getattr(model, "model_name", "") or getattr(model, "model", "") or "unknown")
