"""The command mcp: an MCP server for agents, or one in front of another server."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path

import click

from ..errors import CompresskitError
from ..rules import Rule
from .kept import keep, kept
from .output import Failure
from .request_options import rules_option

_MIN_TOKENS = 200  # tokens of an answer, minimum


class KeptTexts:
    """The store of kept outputs as a ``Store``."""

    def __init__(self, directory: str) -> None:
        self._directory = directory

    def get(self, key: str) -> str | None:
        data = kept(key, self._directory)
        return None if data is None else data.decode("utf-8", "replace")

    def put(self, items: Mapping[str, str]) -> None:
        for key, text in items.items():
            keep(key, text.encode("utf-8", "replace"), self._directory)


def _address(given: str) -> tuple[str, int]:
    host, _, port = given.rpartition(":")
    if not (port.isascii() and port.isdigit() and 0 < int(port) < 65_536):
        raise click.BadParameter(f"{given!r} is not HOST:PORT; write 127.0.0.1:8765")
    return host.strip("[]") or "127.0.0.1", int(port)


@click.command("mcp")
@click.option("--http", metavar="HOST:PORT", type=_address, help="Serve streamable HTTP at /mcp, on this machine.")
@click.option(
    "--root",
    "roots",
    multiple=True,
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    metavar="DIR",
    help="Read only in this folder; may be repeated.  [default: the client's roots, else the working directory]",
)
@click.option(
    "--allow",
    multiple=True,
    metavar="COMMAND",
    help="Let a model run this program; may be repeated.  [default: none]",
)
@click.option(
    "--max-tokens",
    type=click.IntRange(min=_MIN_TOKENS),
    default=4_000,
    show_default=True,
    help="Tokens of a result.",
)
@rules_option
@click.option(
    "--token-factor",
    type=click.FloatRange(0.1, 10),
    default=1.0,
    show_default=True,
    help="Tokens of the client's model for each counted token.",
)
@click.option("--store", metavar="DIR", help="Keep originals in this directory.  [default: in memory only]")
@click.option("--wrap", is_flag=True, help="Shorten the results of the server that COMMAND starts: --wrap -- COMMAND …")
@click.argument("command", nargs=-1)
def mcp_command(
    http: tuple[str, int] | None,
    roots: tuple[Path, ...],
    allow: tuple[str, ...],
    max_tokens: int,
    rules: tuple[Rule, ...] | None,
    token_factor: float,
    store: str | None,
    wrap: bool,
    command: tuple[str, ...],
) -> None:
    """Serve tools over MCP: read, search, retrieve and run.

    They are served on standard input and output, or with --http. The tool `run` is there only with --allow. Long
    results are shortened, and `retrieve` gives the original back. With --wrap, the tools are those of the server that
    COMMAND starts, and `retrieve`.
    """
    if wrap != bool(command):
        raise click.UsageError("give --wrap and the command of a server together: --wrap -- COMMAND …")
    if wrap and (roots or allow):
        raise click.UsageError("--root and --allow are not for --wrap: the other server has rules of its own")
    if wrap and shutil.which(command[0]) is None:
        raise click.UsageError(f"there is no program {command[0]!r} that could be wrapped")
    try:
        from ..mcp import Settings, new_server, wrapping_server
        from ..mcp.server import serve
    except ImportError as missing:
        raise Failure(f"{missing.name} is missing. Run: pip install 'compresskit[mcp]'") from None
    settings = Settings(
        roots=roots or (Path.cwd(),),
        confined=bool(roots) or http is not None,
        allow=allow,
        max_tokens=max_tokens,
        rules=rules or (),
        token_factor=token_factor,
        store=None if store is None else KeptTexts(store),
    )
    try:
        serve(wrapping_server(settings, command) if wrap else new_server(settings), http)
    except CompresskitError as error:
        raise click.UsageError(str(error)) from None
