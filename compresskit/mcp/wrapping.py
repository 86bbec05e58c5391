"""A server that offers the tools of another MCP server, and shortens the long texts among their results.

Only texts change. Errors, structured content, pictures and links pass as they are.
"""

from __future__ import annotations

import json
import os
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

import anyio.to_thread
from mcp import Client, MCPError, StdioServerParameters
from mcp.server import Server
from mcp.server.context import ServerRequestContext
from mcp_types import (
    CallToolRequestParams,
    CallToolResult,
    ListToolsResult,
    PaginatedRequestParams,
    TextContent,
    Tool,
)

from .. import __version__
from ..errors import CompresskitError, InvalidArgument
from ..messages.retrieval_tool import TOOL_NAME
from ..retrieval import retrieve
from .memory import Memories, Memory
from .reading import shortened
from .server import NAME
from .settings import Settings

_RETRIEVE = "retrieve"
_MAX_COMMAND = 600  # characters of a call that its result is judged against
_SCHEMA = {
    "type": "object",
    "properties": {
        "key": {"type": "string"},
        "lines": {"type": "string", "description": "13-57"},
        "query": {"type": "string", "description": "only what matches"},
    },
    "required": ["key"],
}


def wrapping_server(settings: Settings, upstream: Sequence[str] | Any) -> Server[Client]:
    """A server in front of another one.

    Args:
        settings: ``max_tokens``, ``rules``, ``token_factor`` and ``store`` count; the other server reads its own files.
        upstream: The command that starts the other server on stdio, or a server or a transport that ``mcp.Client``
            takes. It starts with the first client and ends with the last.
    """
    if isinstance(upstream, Sequence):
        command, *arguments = upstream
        # the user's command gets the user's environment, as if the client had started it
        upstream = StdioServerParameters(command=command, args=arguments, env=dict(os.environ))
    memories = Memories(settings.store)

    @asynccontextmanager
    async def connected(_: Server[Client]) -> AsyncIterator[Client]:
        async with AsyncExitStack() as stack:
            try:
                client = await stack.enter_async_context(Client(upstream))
            except (OSError, MCPError, BaseExceptionGroup):
                raise InvalidArgument(
                    "The other server could not be started, or did not answer. To see why, run its command by itself."
                ) from None
            yield client

    async def list_tools(context: ServerRequestContext[Client], _: PaginatedRequestParams | None) -> ListToolsResult:
        tools = await _tools_of(context.lifespan_context)
        description = "Returns text that was left out of a result, marked '[… lines 13-57: retrieve KEY]'."
        return ListToolsResult(
            tools=[*tools, Tool(name=_own_name(tools), description=description, input_schema=_SCHEMA)]
        )

    async def call_tool(context: ServerRequestContext[Client], call: CallToolRequestParams) -> CallToolResult:
        headers = getattr(context.request, "headers", None)
        memory, given = memories.of(headers), call.arguments or {}
        client = context.lifespan_context
        if call.name in (_RETRIEVE, TOOL_NAME) and call.name == _own_name(await _tools_of(client)):
            lines, query = given.get("lines"), given.get("query")
            text = retrieve(memory.originals, given.get("key", ""), lines, query, max_tokens=settings.counted_tokens)
            return CallToolResult(content=[TextContent(text=text)])
        result = await client.call_tool(call.name, given)
        if result.is_error or result.structured_content is not None:
            return result
        named = f"{call.name} {json.dumps(given, ensure_ascii=False)}"[:_MAX_COMMAND]
        return await anyio.to_thread.run_sync(_shorter, result, named, memory, settings)

    return Server(NAME, version=__version__, lifespan=connected, on_list_tools=list_tools, on_call_tool=call_tool)


async def _tools_of(client: Client) -> list[Tool]:
    """All tools of a server, page by page."""
    found: list[Tool] = []
    cursor: str | None = None
    while True:
        page = await client.list_tools(cursor=cursor)
        found += page.tools
        cursor = page.next_cursor
        if not cursor:
            return found


def _own_name(tools: Sequence[Tool]) -> str:
    """The name of our tool beside those of the other server."""
    return TOOL_NAME if any(tool.name == _RETRIEVE for tool in tools) else _RETRIEVE


def _shorter(result: CallToolResult, call: str, memory: Memory, settings: Settings) -> CallToolResult:
    """A result whose texts have at most ``max_tokens`` tokens together, as far as stubs allow; else as it is."""
    texts = [part for part in result.content if isinstance(part, TextContent)]
    try:
        room = max(1, settings.max_tokens // max(1, len(texts)))
        content = [
            part.model_copy(update={"text": shortened(part.text, memory, settings, command=call, room=room)})
            if isinstance(part, TextContent)
            else part
            for part in result.content
        ]
    except CompresskitError:
        return result
    return result.model_copy(update={"content": content})
