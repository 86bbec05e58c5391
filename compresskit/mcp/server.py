"""The MCP server: four tools and the originals as resources. What a tool does is in the module of its name.

Every request of a client pays for the schema, so descriptions are short; they hold no text of a file.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any, Literal

import anyio
import anyio.to_thread
from mcp.server import Server
from mcp.server.mcpserver import Context, ListRoots, MCPServer, Resolve
from mcp.server.mcpserver.exceptions import ResourceNotFoundError, ToolError
from mcp.server.stdio import stdio_server
from mcp_types import ListRootsResult, Tool, ToolAnnotations
from pydantic import Field

from .. import __version__
from ..errors import CompresskitError, InvalidArgument
from ..retrieval import retrieve as retrieved
from .memory import Memories
from .reading import read as read_file
from .reading import shortened
from .roots import Refused, Roots
from .running import run as run_program
from .searching import search as search_texts
from .settings import Settings

NAME = "compresskit"
Mode = Literal["full", "signatures", "outline", "diff", "lines"]
_STATUS_TOKENS = 10  # tokens of the line with an exit code, maximum
_LOOKS = ToolAnnotations(read_only_hint=True)
LOOPBACK = ("127.0.0.1", "localhost", "::1")


async def _roots(context: Context) -> ListRoots | None:
    """Asks the client for its roots, if it has any."""
    capabilities = context.client_capabilities
    return ListRoots() if capabilities is not None and capabilities.roots is not None else None


Client = Annotated[ListRootsResult | None, Resolve(_roots)]
Lines = Annotated[str, Field(description="13-57")]
Matching = Annotated[str, Field(description="only what matches")]
About = Annotated[str, Field(description="what it is needed for")]


class _Server(MCPServer[Any]):
    """A server whose schemas have no titles. pydantic makes them of names, and a model learns nothing from them."""

    async def list_tools(self) -> list[Tool]:
        tools = await super().list_tools()
        for tool in tools:
            parameters = tool.input_schema.get("properties", {})
            bare = {name: _without_title(one) for name, one in parameters.items()}
            tool.input_schema = _without_title({**tool.input_schema, "properties": bare})
        return tools


def _without_title(schema: dict[str, Any]) -> dict[str, Any]:
    return {field: value for field, value in schema.items() if field != "title"}


def new_server(settings: Settings) -> MCPServer[Any]:
    """A server with the tools ``read``, ``search``, ``retrieve`` and, if a program is allowed, ``run``."""
    server = _Server(NAME, version=__version__, log_level="WARNING")
    memories = Memories(settings.store)

    def roots_of(client: ListRootsResult | None) -> Roots:
        return Roots(settings, [str(root.uri) for root in client.roots] if client is not None else ())

    @server.tool(
        description="Reads a file. Long text is shortened: retrieve its KEY. diff: changes since the last read.",
        annotations=_LOOKS,
        structured_output=False,
    )
    def read(
        path: str, context: Context, client: Client, mode: Mode = "full", lines: Lines = "", query: About = ""
    ) -> str:
        memory = memories.of(context.headers)
        return _saying(lambda: read_file(path, mode, lines, query, roots_of(client), memory, settings))

    @server.tool(
        description="Searches files and texts seen before; gives the best passages.",
        annotations=_LOOKS,
        structured_output=False,
    )
    def search(query: str, context: Context, client: Client) -> str:
        memory = memories.of(context.headers)
        return _saying(lambda: search_texts(query, roots_of(client), memory, settings.counted_tokens))

    @server.tool(
        description="Returns text by a KEY of '[… lines 13-57: retrieve KEY]' or 'unchanged … KEY'.",
        annotations=_LOOKS,
        structured_output=False,
    )
    def retrieve(key: str, context: Context, lines: Lines = "", query: Matching = "") -> str:
        originals = memories.of(context.headers).originals
        return _saying(lambda: retrieved(originals, key, lines, query, max_tokens=settings.counted_tokens))

    async def run(command: str, context: Context, client: Client, query: About = "") -> str:
        memory = memories.of(context.headers)
        try:
            status, output = await run_program(command, settings.allow, roots_of(client).first)
        except Refused as why:
            raise ToolError(str(why)) from None
        room = settings.max_tokens - _STATUS_TOKENS
        text = await anyio.to_thread.run_sync(lambda: shortened(output, memory, settings, query, command, room=room))
        return f"[{status}]\n{text}"

    if settings.allow:
        names = ", ".join(settings.allow)
        server.add_tool(run, description=f"Runs a program, without a shell: {names}.", structured_output=False)

    @server.resource(
        "compresskit://originals/{key}",
        name="original",
        description="A whole text by its key.",
        mime_type="text/plain",
    )
    def original(key: str, context: Context) -> str:
        try:
            return memories.of(context.headers).originals[key]
        except KeyError:
            raise ResourceNotFoundError(
                "No text is stored under this key. Copy the key exactly from the marker, or read the file again."
            ) from None

    return server


def _saying(answer: Callable[[], str]) -> str:
    """An answer. What went wrong as expected becomes the tool's own error, without the text of a file."""
    try:
        return answer()
    except (Refused, CompresskitError) as why:
        raise ToolError(str(why)) from None


def serve(server: MCPServer[Any] | Server[Any], http: tuple[str, int] | None = None) -> None:
    """Serves until the client is gone, or over HTTP until the process is stopped.

    Args:
        server: The server.
        http: The host, which must be this machine, and the port. None for stdio.

    Raises:
        InvalidArgument: The host is not this machine, although the server has no authentication; or the server that is
            wrapped does not start.
    """
    if http is None:
        try:
            anyio.run(_on_stdio, server)
        except BaseExceptionGroup as group:
            known, others = group.split(CompresskitError)
            if known is None or others is not None:
                raise
            raise _first(known) from None
        return
    host, port = http
    if host not in LOOPBACK:
        raise InvalidArgument(
            f"The host is {host!r}; one of {', '.join(LOOPBACK)} was expected, because the server has no "
            "authentication. Put a proxy with authentication before it to reach it from other machines."
        )
    import uvicorn

    uvicorn.run(server.streamable_http_app(host=host), host=host, port=port, log_level="warning")


def _first(group: BaseExceptionGroup[Any]) -> BaseException:
    """The first error in a group of errors."""
    first: BaseException = group.exceptions[0]
    return _first(first) if isinstance(first, BaseExceptionGroup) else first


async def _on_stdio(server: MCPServer[Any] | Server[Any]) -> None:
    if isinstance(server, MCPServer):
        await server.run_stdio_async()
        return
    async with stdio_server() as (reading, writing):
        await server.run(reading, writing, server.create_initialization_options())
