"""The command `compresskit mcp` as clients start it: on stdio, over HTTP, and in front of another server."""

import contextlib
import socket
import subprocess
import sys
import textwrap
import time

import anyio
import pytest
from click.testing import CliRunner
from mcp import Client, StdioServerParameters
from mcp.server.mcpserver import MCPServer
from mcp.server.mcpserver.exceptions import ToolError
from mcp_types import ImageContent, TextContent
from paths import ROOT

from compresskit.cli import cli
from compresskit.mcp import Settings, wrapping_server
from compresskit.tokens.measure import measure_for

LOG = "".join(f"10:{n // 60:02}:{n % 60:02} INFO GET /items/{n} 200 OK\n" for n in range(900))
LOG += "10:15:20 ERROR could not write: no space left on device\n"
HANDLE = "unchanged since the last read: "


def compresskit(*arguments):
    return StdioServerParameters(
        command=sys.executable,
        args=["-m", "compresskit.cli", "mcp", *arguments],
        cwd=ROOT,
        env={"PYTHONPATH": str(ROOT)},
    )


def key_in(text):
    return text.partition("retrieve ")[2].partition("]")[0]


def texts(result):
    return "".join(part.text for part in result.content)


@pytest.fixture
def root(tmp_path):
    (tmp_path / "root").mkdir()
    (tmp_path / "root" / "server.log").write_text(LOG)
    return tmp_path / "root"


def test_on_stdio_and_with_a_store_originals_outlive_the_process(root, tmp_path):
    store = tmp_path / "store"
    server = compresskit("--root", str(root), "--max-tokens", "300", "--store", str(store))

    async def first():
        async with Client(server) as client:
            short = texts(await client.call_tool("read", {"path": "server.log"}))
            again = texts(await client.call_tool("read", {"path": "server.log"}))
            return short, again

    async def second(key):
        async with Client(server) as client:
            return (await client.read_resource(f"compresskit://originals/{key}")).contents[0].text

    short, again = anyio.run(first)
    assert "no space left" in short
    assert again == HANDLE + key_in(short)
    assert store.stat().st_mode & 0o777 == 0o700
    assert anyio.run(second, key_in(short)) == LOG


@contextlib.contextmanager
def served(*arguments):
    """A server over HTTP; its address."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "compresskit.cli", "mcp", "--http", f"127.0.0.1:{port}", *arguments]
    with subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE) as process:
        try:
            until = time.monotonic() + 30
            while time.monotonic() < until and process.poll() is None:
                with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
                    break
                time.sleep(0.05)
            yield f"http://127.0.0.1:{port}/mcp"
        finally:
            process.terminate()
            process.stderr.close()


def test_over_http_no_client_gets_a_handle_for_what_another_has_read(root):
    async def reads(address, mode):
        async with Client(address, mode=mode) as client:
            return [texts(await client.call_tool("read", {"path": "server.log"})) for _ in range(2)]

    with served("--root", str(root), "--max-tokens", "300") as address:
        for _ in range(2):  # a session remembers what its client has read
            whole, again = anyio.run(reads, address, "legacy")
            assert "no space left" in whole
            assert again == HANDLE + key_in(whole)
        assert anyio.run(reads, address, "auto") == [whole, whole]  # without sessions nobody knows who has read it


def upstream():
    server = MCPServer("upstream")

    @server.tool(description="Gives a log.", structured_output=False)
    def log(service: str) -> list[TextContent | ImageContent]:
        assert service == "shop"
        return [TextContent(text=LOG), ImageContent(data="aGk=", mime_type="image/png")]

    @server.tool()
    def rows() -> list[str]:
        return LOG.splitlines()

    @server.tool(structured_output=False)
    def fails() -> str:
        raise ToolError(LOG)

    return server


def test_a_wrapped_server_keeps_its_tools_and_gives_shorter_results():
    theirs = upstream()

    async def run():
        async with Client(theirs) as direct, Client(wrapping_server(Settings(max_tokens=300), theirs)) as client:
            listed, own = (await client.list_tools()).tools, (await direct.list_tools()).tools
            assert listed[: len(own)] == own
            assert [tool.name for tool in listed[len(own) :]] == ["retrieve"]
            short = await client.call_tool("log", {"service": "shop"})
            text, image = short.content
            assert "no space left" in text.text
            assert measure_for("", None).count(text.text) <= 300
            assert image == ImageContent(data="aGk=", mime_type="image/png")
            found = await client.call_tool("retrieve", {"key": key_in(text.text), "lines": "c0-60"})
            assert texts(found).startswith(LOG[:60])
            for name in ("rows", "fails", "absent"):
                same, there = await client.call_tool(name, {}), await direct.call_tool(name, {})
                assert (same.content, same.structured_content, same.is_error) == (
                    there.content,
                    there.structured_content,
                    there.is_error,
                )

    anyio.run(run)


def test_the_command_wraps_a_server_on_stdio(tmp_path):
    program = tmp_path / "upstream.py"
    program.write_text(
        textwrap.dedent(
            """
            from mcp.server.mcpserver import MCPServer

            server = MCPServer("upstream")

            @server.tool(structured_output=False)
            def retrieve(number: int) -> str:
                return "".join(f"row {n} of {number}\\n" for n in range(2000))

            server.run()
            """
        )
    )

    async def run():
        async with Client(compresskit("--max-tokens", "200", "--wrap", "--", sys.executable, str(program))) as client:
            names = [tool.name for tool in (await client.list_tools()).tools]
            short = texts(await client.call_tool("retrieve", {"number": 7}))
            part = await client.call_tool(names[-1], {"key": key_in(short), "lines": "1000"})
            return names, short, texts(part)

    names, short, part = anyio.run(run)
    assert names == ["retrieve", "compresskit_retrieve"]
    assert measure_for("", None).count(short) <= 200
    assert part.rstrip() == "row 999 of 7"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--http", "0.0.0.0:80"], "no authentication"),
        (["--http", "127.0.0.1"], "HOST:PORT"),
        (["--wrap"], "--wrap -- COMMAND"),
        (["--root", "no such folder"], "does not exist"),
        (["--wrap", "--", "no-such-program"], "no-such-program"),
    ],
)
def test_wrong_usage_ends_with_one_clear_line(arguments, words):
    done = CliRunner().invoke(cli, ["mcp", *arguments])
    assert done.exit_code == 2
    assert words in done.stderr
    assert done.stdout == ""


def test_a_wrapped_server_that_does_not_start_is_said_in_one_line():
    command = [sys.executable, "-m", "compresskit.cli", "mcp", "--wrap", "--", sys.executable, "-c", "pass"]
    done = subprocess.run(command, cwd=ROOT, input="", capture_output=True, text=True, check=False, timeout=60)
    assert (done.returncode, done.stdout) == (2, "")
    assert "run its command by itself" in done.stderr
    assert "Traceback" not in done.stderr
