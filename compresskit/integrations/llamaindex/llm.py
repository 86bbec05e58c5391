"""An LLM around another one: it compresses what it is sent, and answers the retrievals of the other."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import aclosing, closing
from typing import Any, NamedTuple

from llama_index.core.base.llms.generic_utils import (
    achat_to_completion_decorator,
    astream_chat_to_completion_decorator,
    chat_to_completion_decorator,
    completion_response_to_chat_response,
    stream_chat_to_completion_decorator,
)
from llama_index.core.base.llms.types import (
    ChatMessage,
    ChatResponse,
    ChatResponseAsyncGen,
    ChatResponseGen,
    CompletionResponse,
    CompletionResponseAsyncGen,
    CompletionResponseGen,
    LLMMetadata,
)
from llama_index.core.bridge.pydantic import BaseModel, PrivateAttr
from llama_index.core.llms.function_calling import FunctionCallingLLM
from llama_index.core.llms.llm import LLM, ToolSelection
from llama_index.core.tools import BaseTool, FunctionTool, ToolMetadata

from ...chat.loop import Request
from ...chat.steps import arun, run
from ...chat.stream import AsyncStream, Stream
from ...clients.options import Settings
from ...errors import InvalidArgument, described
from ...messages.retrieval_tool import TOOL_NAME, has_ours
from ...types import Cache, Message
from .._answering import Answering, without_tool_budget
from .._turn import Turn
from .messages import Messages, behind, calls_in, without

_BOUND = "compresskit_bound"  # the argument that holds what _prepare_chat_with_tools() made with our tool
# Fields of the LLM that LlamaIndex reads before it calls a method.
_SHARED = (
    *("callback_manager", "system_prompt", "messages_to_prompt", "completion_to_prompt", "output_parser"),
    *("pydantic_program_mode", "query_wrapper_prompt"),
)
_COUNTS = ("prompt_tokens", "completion_tokens", "total_tokens")  # fields of the usage in a response


class CompressedLLM(FunctionCallingLLM):
    """An LLM for conversations and contexts of any length.

    Use it wherever LlamaIndex takes an LLM: in agents, query engines and chat engines. Its messages are compressed
    above the trigger, the model's retrievals are answered, and what streams or is returned holds no retrieval. Memory
    holds the messages as they were. A model without function calling cannot retrieve.

    Args:
        llm: The LLM that is called.
        **options: The options of a client; see ``compresskit.clients.Options``.

    Raises:
        InvalidArgument: An option does not exist, or its value is wrong.
    """

    llm: LLM
    _settings: Settings = PrivateAttr()
    _left_out: Answering = PrivateAttr()

    def __init__(self, llm: LLM, **options: Any) -> None:
        if not isinstance(llm, LLM):
            raise InvalidArgument(f"llm is {described(llm)}; an LLM of LlamaIndex was expected.")
        fields = {name: getattr(llm, name) for name in _SHARED if hasattr(llm, name)}
        super().__init__(llm=llm, **fields)
        self._settings = without_tool_budget(Settings().changed(options)).stored()
        self._left_out = Answering()

    @classmethod
    def class_name(cls) -> str:
        return "CompressedLLM"

    @property
    def metadata(self) -> LLMMetadata:
        return self.llm.metadata

    def answers(self, cache: Cache) -> None:
        """Makes texts retrievable that were left out before a request, as by a postprocessor. The newest 10,000 count.

        Args:
            cache: key -> original text, as ``result.cache``.
        """
        self._left_out.keep(cache)

    def chat(self, messages: Sequence[ChatMessage], **kwargs: Any) -> ChatResponse:
        found: ChatResponse = run(self._turn(messages, kwargs).whole(), _Client(self.llm))
        return found

    async def achat(self, messages: Sequence[ChatMessage], **kwargs: Any) -> ChatResponse:
        found: ChatResponse = await arun(self._turn(messages, kwargs).whole(), _AsyncClient(self.llm))
        return found

    def stream_chat(self, messages: Sequence[ChatMessage], **kwargs: Any) -> ChatResponseGen:
        with closing(Stream(self._turn(messages, kwargs), _Client(self.llm))) as stream:
            yield from stream

    async def astream_chat(self, messages: Sequence[ChatMessage], **kwargs: Any) -> ChatResponseAsyncGen:
        opened = AsyncStream(self._turn(messages, kwargs), _AsyncClient(self.llm))

        async def parts() -> ChatResponseAsyncGen:
            async with aclosing(opened) as stream:
                async for part in stream:
                    yield part

        return parts()

    def complete(self, prompt: str, formatted: bool = False, **kwargs: Any) -> CompletionResponse:
        return chat_to_completion_decorator(self.chat)(prompt, **self._completing(formatted, kwargs))

    async def acomplete(self, prompt: str, formatted: bool = False, **kwargs: Any) -> CompletionResponse:
        return await achat_to_completion_decorator(self.achat)(prompt, **self._completing(formatted, kwargs))

    def stream_complete(self, prompt: str, formatted: bool = False, **kwargs: Any) -> CompletionResponseGen:
        return stream_chat_to_completion_decorator(self.stream_chat)(prompt, **self._completing(formatted, kwargs))

    async def astream_complete(self, prompt: str, formatted: bool = False, **kwargs: Any) -> CompletionResponseAsyncGen:
        stream = astream_chat_to_completion_decorator(self.astream_chat)
        return await stream(prompt, **self._completing(formatted, kwargs))

    def get_tool_calls_from_response(
        self, response: ChatResponse, error_on_no_tool_call: bool = True, **kwargs: Any
    ) -> list[ToolSelection]:
        return self._calling().get_tool_calls_from_response(response, error_on_no_tool_call, **kwargs)

    def _prepare_chat_with_tools(
        self,
        tools: Sequence[BaseTool],
        user_msg: str | ChatMessage | None = None,
        chat_history: list[ChatMessage] | None = None,
        verbose: bool = False,
        allow_parallel_tool_calls: bool = False,
        tool_required: bool = False,
        **kwargs: Any,
    ) -> dict[str, Any]:
        """As the LLM's own, and the arguments with our tool, which are sent if there is something to retrieve."""
        prepared = [
            self._calling()._prepare_chat_with_tools_compat(
                one,
                user_msg=user_msg,
                chat_history=list(chat_history or ()),  # some LLMs append to it
                verbose=verbose,
                allow_parallel_tool_calls=allow_parallel_tool_calls,
                tool_required=tool_required,
                **kwargs,
            )
            for one in ([*tools], [*tools, _tool(self._left_out)])
        ]
        described = [tool.metadata.to_openai_tool(skip_length_check=True) for tool in tools]
        return {**prepared[0], _BOUND: _Bound(described, _without_messages(prepared[1]))}

    def _validate_chat_with_tools_response(
        self,
        response: ChatResponse,
        tools: Sequence[BaseTool],
        allow_parallel_tool_calls: bool = False,
        **kwargs: Any,
    ) -> ChatResponse:
        kwargs.pop(_BOUND, None)
        return self._calling()._validate_chat_with_tools_response(response, tools, allow_parallel_tool_calls, **kwargs)

    def _calling(self) -> FunctionCallingLLM:
        """The LLM, as one with function calling."""
        if not isinstance(self.llm, FunctionCallingLLM):
            raise InvalidArgument(f"llm is {described(self.llm)}, which has no function calling.")
        return self.llm

    def _completing(self, formatted: bool, kwargs: dict[str, Any]) -> dict[str, Any]:
        """The arguments of a chat that is a completion. A model without a chat takes the prompt as it is."""
        return kwargs if self.metadata.is_chat_model else {**kwargs, "formatted": formatted}

    def _turn(self, messages: Sequence[ChatMessage], kwargs: dict[str, Any]) -> _Turn:
        self.llm.callback_manager = self.callback_manager  # LlamaIndex may have set it here
        return _Turn(self, messages, kwargs)


class _Bound(NamedTuple):
    """The tools that _prepare_chat_with_tools() was given, and the arguments that it made.

    Attributes:
        described: The caller's tools as OpenAI's chat declares them.
        with_ours: The arguments of a call with these tools and our retrieval tool.
    """

    described: list[dict[str, Any]]
    with_ours: dict[str, Any]


class _Retrieve(BaseModel):
    """The arguments of our tool."""

    key: str
    lines: str = ""
    query: str = ""

    @classmethod
    def model_json_schema(cls, *_args: Any, **_options: Any) -> dict[str, Any]:
        return Answering().parameters


def _tool(answering: Answering) -> FunctionTool:
    """Our tool, for LLMs that make their own declaration of it."""
    metadata = ToolMetadata(answering.description, TOOL_NAME, _Retrieve)
    return FunctionTool(fn=lambda **arguments: answering.answer(arguments), metadata=metadata)


class _Client:
    """Calls the LLM that is wrapped."""

    def __init__(self, llm: LLM) -> None:
        self._llm = llm

    def request(self, call: tuple[list[ChatMessage], dict[str, Any]]) -> ChatResponse:
        messages, kwargs = call
        if "formatted" in kwargs:
            return completion_response_to_chat_response(self._llm.complete(_prompt(messages), **kwargs))
        return self._llm.chat(messages, **kwargs)

    def stream(self, call: tuple[list[ChatMessage], dict[str, Any]]) -> Iterator[ChatResponse]:
        messages, kwargs = call
        if "formatted" in kwargs:
            return map(_as_chat, self._llm.stream_complete(_prompt(messages), **kwargs))
        return self._llm.stream_chat(messages, **kwargs)


class _AsyncClient:
    """Calls the LLM that is wrapped, and awaits it."""

    def __init__(self, llm: LLM) -> None:
        self._llm = llm

    async def request(self, call: tuple[list[ChatMessage], dict[str, Any]]) -> ChatResponse:
        messages, kwargs = call
        if "formatted" in kwargs:
            return completion_response_to_chat_response(await self._llm.acomplete(_prompt(messages), **kwargs))
        return await self._llm.achat(messages, **kwargs)

    async def stream(self, call: tuple[list[ChatMessage], dict[str, Any]]) -> AsyncIterator[ChatResponse]:
        messages, kwargs = call
        if "formatted" in kwargs:
            return _as_chats(await self._llm.astream_complete(_prompt(messages), **kwargs))
        return await self._llm.astream_chat(messages, **kwargs)


class _Turn(Turn):
    """One call of the wrapper."""

    def __init__(self, llm: CompressedLLM, messages: Sequence[ChatMessage], kwargs: dict[str, Any]) -> None:
        self._llm, self._given = llm.llm, list(messages)
        self._answering = llm._left_out
        self._bound: _Bound | None = kwargs.pop(_BOUND, None)
        self._kwargs = kwargs
        self._usage: dict[str, int] = {}  # of the answers that the caller never sees
        self._last: ChatResponse | None = None  # the last part of the stream that is being read
        self._text = ""  # what the caller has seen
        self._before = ""  # what the caller has seen of streams before this one
        tools = self._bound.described if self._bound else kwargs.get("tools")
        originals, choice = Messages(self._given), kwargs.get("tool_choice")
        recoverable = isinstance(self._llm, FunctionCallingLLM) and llm.metadata.is_function_calling_model
        elsewhere = self._answering.seen(originals.dicts)
        name = llm.metadata.model_name
        super().__init__(llm._settings, originals, name, tools, choice, (), recoverable, elsewhere)

    def argument(self, messages: list[Any] | None, kwargs: Mapping[str, Any]) -> Any:
        sent = self._given if messages is None else messages
        if not has_ours(kwargs.get("tools")):
            return sent, self._kwargs
        arguments = self._with_ours()
        if kwargs.get("tool_choice") == "none":  # no more retrievals
            arguments["tool_choice"] = _none_of(arguments.get("tool_choice"))
        return sent, arguments

    def _with_ours(self) -> dict[str, Any]:
        """The arguments of a call with our tool."""
        if self._bound is not None:
            return {**self._kwargs, **self._bound.with_ours}
        llm: Any = self._llm
        ours = llm._prepare_chat_with_tools_compat([_tool(self._answering)], allow_parallel_tool_calls=True)
        found = {**_without_messages(ours), **self._kwargs}
        if self._kwargs.get("tools"):  # in the form of the provider
            found["tools"] = [*self._kwargs["tools"], *ours["tools"]]
        return found

    def read(self, answer: ChatResponse) -> Message:
        self._add(answer)
        return self._originals.add(answer.message)

    def shown(self, answer: ChatResponse, ours: frozenset[str]) -> ChatResponse:
        return self._counted(_hidden(answer, ours), self._usage)

    def calls(self, part: ChatResponse) -> bool:
        return bool(calls_in(part.message))

    def feed(self, part: ChatResponse) -> None:
        self._last = part

    def read_stream(self, loop: Request | None) -> Message | None:  # noqa: ARG002
        return None if self._last is None else self._originals.add(self._last.message)

    def passed(self, part: ChatResponse) -> list[ChatResponse]:
        self._text += part.delta or ""
        if self._before:
            part = part.model_copy(update={"message": behind(self._before, part.message)})
        return [self._counted(part, _added(self._usage, part)) if self._usage and _counts(part) else part]

    def dropped(self, held: Sequence[ChatResponse]) -> None:
        self._before = self._text
        if counted := [part for part in held if _counts(part)]:
            self._add(counted[-1])
        self._last = None

    def ending(self, held: Sequence[ChatResponse], ours: frozenset[str]) -> Iterator[ChatResponse]:
        for part in held:
            yield from self.passed(_hidden(part, ours))

    def _add(self, answer: ChatResponse) -> None:
        self._usage = _added(self._usage, answer)

    @staticmethod
    def _counted(answer: ChatResponse, usage: Mapping[str, int]) -> ChatResponse:
        return answer.model_copy(update={"additional_kwargs": {**answer.additional_kwargs, **usage}})


def _hidden(answer: ChatResponse, ours: frozenset[str]) -> ChatResponse:
    """An answer, or a part of it, without these calls. The provider's own object goes too if it has one of them."""
    changes: dict[str, Any] = {"message": without(answer.message, ours)}
    if ours and TOOL_NAME in str(answer.raw):
        changes["raw"] = None
    return answer.model_copy(update=changes)


def _counts(answer: ChatResponse) -> dict[str, int]:
    """The usage of an answer, if the LLM says it."""
    found = {name: answer.additional_kwargs.get(name) for name in _COUNTS}
    return {name: value for name, value in found.items() if isinstance(value, int)}


def _added(usage: Mapping[str, int], answer: ChatResponse) -> dict[str, int]:
    counts = _counts(answer)
    return {name: usage.get(name, 0) + counts.get(name, 0) for name in [*usage, *counts]}


def _none_of(choice: Any) -> Any:
    """The tool_choice that forbids calls, in the form of the provider's other choices."""
    return {"type": "none"} if isinstance(choice, Mapping) and "type" in choice else "none"


def _without_messages(arguments: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in arguments.items() if name != "messages"}


def _prompt(messages: Sequence[ChatMessage]) -> str:
    return messages[-1].content or ""


def _as_chat(part: CompletionResponse) -> ChatResponse:
    found = completion_response_to_chat_response(part)
    found.delta = part.delta
    return found


async def _as_chats(parts: AsyncIterator[CompletionResponse]) -> AsyncIterator[ChatResponse]:
    async for part in parts:
        yield _as_chat(part)
