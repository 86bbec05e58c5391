"""Serves an MCP server on stdio, or over HTTP on this machine."""

from __future__ import annotations

from typing import Any

import anyio
from mcp.server import Server
from mcp.server.mcpserver import MCPServer
from mcp.server.stdio import stdio_server

from ..errors import CompresskitError, InvalidArgument

LOOPBACK = ("127.0.0.1", "localhost", "::1")


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
