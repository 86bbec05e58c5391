"""The parts of an agent of LangChain that plays a recorded run: its model, its tools, and a model for summaries."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from langchain.agents.middleware import AgentMiddleware
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, BaseMessage, ToolMessage
from langchain_core.outputs import ChatGeneration, ChatResult
from langchain_core.tools import BaseTool, StructuredTool

from evals.harness.messages import Message
from evals.harness.tokens import count, encoding


class _Scripted(BaseChatModel):
    @property
    def _llm_type(self) -> str:
        return type(self).__name__


class Replayed(_Scripted):
    """A model that gives the recorded answers, one after the other, and keeps what it was sent."""

    answers: Any
    seen: Any

    def bind_tools(self, tools: Sequence[Any], **kwargs: Any) -> Any:
        return self.bind(bound=[tool for tool in tools if isinstance(tool, dict)], **kwargs)

    def _generate(
        self, messages: list[BaseMessage], _stop: Any = None, _manager: Any = None, **kwargs: Any
    ) -> ChatResult:
        self.seen.append((messages, list(kwargs.get("bound") or ())))
        return _said(self.answers[len(self.seen) - 1].model_copy())


class Summarizing(_Scripted):
    """A model that says the beginning of every message that it is given, within some tokens."""

    tokens: int
    spent: Any

    def _generate(self, messages: list[BaseMessage], _stop: Any = None, _manager: Any = None, **_: Any) -> ChatResult:
        text = "\n".join(str(message.content) for message in messages)
        given = text.rpartition("Messages to summarize:")[2].split("\n\n")
        parts = [part.strip() for part in given if part.strip()]
        each = max(1, self.tokens // max(1, len(parts)))
        found = "\n".join(encoding().decode(encoding().encode(part, disallowed_special=())[:each]) for part in parts)
        self.spent.append(count(text) + count(found))
        return _said(AIMessage(found or "None"))


class Recorded(AgentMiddleware):
    """Gives the recorded results of the tools.

    Args:
        results: The results of each call, by its id, in their order.
    """

    def __init__(self, results: Mapping[str, list[str]]) -> None:
        super().__init__()
        self._results = results

    def wrap_tool_call(self, request: Any, _handler: Any) -> ToolMessage:
        call = request.tool_call
        return ToolMessage(self._results[call["id"]].pop(0), tool_call_id=call["id"], name=call["name"])


def tools_of(messages: Sequence[Message]) -> list[BaseTool]:
    """The tools that a run calls. They only have names."""
    calls = [call["function"]["name"] for message in messages for call in message.get("tool_calls") or ()]
    schema = {"type": "object", "properties": {}, "title": "any"}
    return [
        StructuredTool(name=name, description=name, args_schema=schema, func=lambda **_: "")
        for name in dict.fromkeys(calls) or ["none"]
    ]


def _said(message: AIMessage) -> ChatResult:
    return ChatResult(generations=[ChatGeneration(message=message)])
