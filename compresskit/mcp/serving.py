"""Serves an MCP server on stdio, or over HTTP on this machine."""

from __future__ import annotations

from typing import Any

import anyio
from mcp.server import Server
from mcp.server.mcpserver import MCPServer
from mcp.server.stdio import stdio_server

from ..errors import InvalidArgument

LOOPBACK = ("127.0.0.1", "localhost", "::1")


def serve(server: MCPServer[Any] | Server[Any], http: tuple[str, int] | None = None) -> None:
    """Serves until the client is gone, or over HTTP until the process is stopped.

    Args:
        server: The server.
        http: The host, which must be this machine, and the port. None for stdio.

    Raises:
        InvalidArgument: The host is not this machine. The server has no authentication.
    """
    if http is None:
        anyio.run(_on_stdio, server)
        return
    host, port = http
    if host not in LOOPBACK:
        raise InvalidArgument(
            f"The host is {host!r}; one of {', '.join(LOOPBACK)} was expected, because the server has no "
            "authentication. Put a proxy with authentication before it to reach it from other machines."
        )
    import uvicorn

    uvicorn.run(server.streamable_http_app(host=host), host=host, port=port, log_level="warning")


async def _on_stdio(server: MCPServer[Any] | Server[Any]) -> None:
    if isinstance(server, MCPServer):
        await server.run_stdio_async()
        return
    async with stdio_server() as (reading, writing):
        await server.run(reading, writing, server.create_initialization_options())
