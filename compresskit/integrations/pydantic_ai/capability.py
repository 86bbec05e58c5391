"""A capability of agents: it compresses what a model is sent, and has the retrieval tool, which the agent sees."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

from pydantic_ai import RunContext, Tool
from pydantic_ai.capabilities import AbstractCapability
from pydantic_ai.models import ModelRequestContext
from pydantic_ai.toolsets import FunctionToolset

from ...clients.options import Settings
from ...messages.retrieval_tool import TOOL_NAME
from .._answering import Answering, without_tool_budget
from .messages import Messages, joined, units_of
from .model import instructions_of, tools_of


class CompressCapability(AbstractCapability[Any]):
    """Compresses the messages before each call of the model. The history of the agent stays the original.

    Retrievals are calls of a tool of the agent, so they are in its history and count as its tool calls. With
    ``CompressedModel``, they are not.

    Args:
        **options: The options of a client; see ``compresskit.clients.Options``.

    Raises:
        InvalidArgument: An option does not exist, or its value is wrong.
    """

    def __init__(self, **options: Any) -> None:
        self._settings = without_tool_budget(Settings().changed(options)).stored()
        self._answering = Answering()

    def get_toolset(self) -> FunctionToolset[Any]:
        """The retrieval tool; nothing if compression is switched off."""

        async def answer(**arguments: Any) -> str:
            return self._answering.answer(arguments)

        tool = Tool.from_schema(answer, TOOL_NAME, self._answering.description, self._answering.parameters)
        return FunctionToolset([tool] if self._settings.enabled else [])

    async def prepare_model_request(
        self,
        ctx: RunContext[Any],  # noqa: ARG002
        request_context: ModelRequestContext,
    ) -> ModelRequestContext:
        """Compresses the messages of one request."""
        originals = Messages(units_of(request_context.messages))
        tools = tools_of(request_context.model_request_parameters)
        kwargs = {
            "model": request_context.model.model_name,
            "messages": originals.dicts,
            # without ours: with it, the request would be one of a program that retrieves by itself
            "tools": [tool for tool in tools if tool["function"]["name"] != TOOL_NAME] or None,
        }
        beside = [text for text in [instructions_of(request_context.messages)] if text]
        changes, cache = await asyncio.to_thread(self._answering.prepared, self._settings, "openai", kwargs, beside)
        if "messages" not in changes:
            return request_context
        return replace(request_context, messages=joined(originals.objects(changes["messages"], cache)))
