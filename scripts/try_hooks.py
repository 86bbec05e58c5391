"""Drives Claude Code and Codex themselves against a model on this machine, and looks at what reaches the model.

A folder of its own serves as the user's home. There the hooks are installed, and the two clients run one long command
that a scripted model asks for. Then the MCP server is added with the lines of docs/agents.md, and the model calls its
tools. Nothing leaves the machine, apart from npm, which fetches the clients if no path is given.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shlex
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, NamedTuple

ROOT = Path(__file__).resolve().parents[1]
PACKAGES = {"claude": "@anthropic-ai/claude-code", "codex": "@openai/codex"}
COMMAND = "seq 1 3000 | sed 's/$/ INFO all is well/'; echo ERROR disk full"
MAX_TOKENS = 300
MCP_NAME = "mcp__compresskit"  # of the tools in Claude Code, and of their namespace in Codex
FILE = "rules_of_orders.py"
MAX_WAITS = 15  # for the MCP server to start, two seconds each
SECONDS = 120


class Call(NamedTuple):
    """A call of a tool that the scripted model makes."""

    name: str
    arguments: dict[str, Any]
    namespace: str = ""


Script = Callable[[dict[str, Any]], Call | None]
"""What the model does next, by a request: a call, or nothing more."""


def runs_a_command(body: dict[str, Any]) -> Call | None:
    """One long command."""
    return None if results(body) else shell(body, COMMAND + ("" if "messages" in body else "; exit 3"))


def shell(body: dict[str, Any], command: str) -> Call | None:
    """A call of the client's own shell. Requests without one are for titles and the like."""
    names = {tool.get("name") for tool in body.get("tools", [])}
    if "Bash" in names:
        return Call("Bash", {"command": command, "description": "Look at the log"})
    if "exec_command" in names:
        return Call("exec_command", {"cmd": command})
    return Call("shell_command", {"command": command}) if "shell_command" in names else None


def uses_mcp(body: dict[str, Any]) -> Call | None:
    """Our MCP tools, as soon as the client has them: a file read twice, a part of its original, and a program."""
    own = [text for text in results(body) if "[[" not in text]
    tools, waits = body.get("tools", []), len(results(body)) - len(own)
    known = {tool.get("name", "") for tool in tools}
    if not known & {MCP_NAME, f"{MCP_NAME}__read"}:
        return None if waits > MAX_WAITS else shell(body, "sleep 2; echo '[[waited]]'")
    key = re.search(r"unchanged since the last read: (\w+)", own[-1]) if own else None
    steps: list[tuple[str, dict[str, Any]]] = [
        ("read", {"path": FILE}),
        ("read", {"path": FILE}),
        ("retrieve", {"key": key[1] if key else "", "lines": "700-701"}),
        ("run", {"command": "seq 2000"}),
    ]
    if len(own) >= len(steps):
        return None
    name, arguments = steps[len(own)]
    return Call(name, arguments, MCP_NAME) if MCP_NAME in known else Call(f"{MCP_NAME}__{name}", arguments)


def anthropic_events(call: Call | None) -> Iterator[dict[str, Any]]:
    """The stream of a model behind Anthropic's API that makes a call, or ends."""
    yield {"type": "message_start", "message": {
        "id": "msg_1", "type": "message", "role": "assistant", "model": "scripted", "content": [], "stop_reason": None,
        "stop_sequence": None, "usage": {"input_tokens": 1, "output_tokens": 1},
    }}  # fmt: skip
    block: dict[str, Any] = {"type": "text", "text": ""}
    delta = {"type": "text_delta", "text": "Done."}
    if call:
        block = {"type": "tool_use", "id": f"toolu_{os.urandom(6).hex()}", "name": call.name, "input": {}}
        delta = {"type": "input_json_delta", "partial_json": json.dumps(call.arguments)}
    yield {"type": "content_block_start", "index": 0, "content_block": block}
    yield {"type": "content_block_delta", "index": 0, "delta": delta}
    yield {"type": "content_block_stop", "index": 0}
    stop = {"stop_reason": "tool_use" if call else "end_turn", "stop_sequence": None}
    yield {"type": "message_delta", "delta": stop, "usage": {"output_tokens": 1}}
    yield {"type": "message_stop"}


def openai_events(call: Call | None) -> Iterator[dict[str, Any]]:
    """The same of a model behind the Responses API."""
    item: dict[str, Any] = {
        "type": "message", "id": "m1", "role": "assistant", "content": [{"type": "output_text", "text": "Done."}],
    }  # fmt: skip
    if call:
        item = {"type": "function_call", "id": "f1", "call_id": f"call_{os.urandom(6).hex()}", "name": call.name,
                "arguments": json.dumps(call.arguments)}  # fmt: skip
        item |= {"namespace": call.namespace} if call.namespace else {}
    response = {"id": "r1", "object": "response", "output": [item], "usage": {
        "input_tokens": 1, "output_tokens": 1, "total_tokens": 2, "input_tokens_details": {"cached_tokens": 0},
        "output_tokens_details": {"reasoning_tokens": 0},
    }}  # fmt: skip
    yield {"type": "response.created", "response": {**response, "status": "in_progress", "output": []}}
    yield {"type": "response.output_item.done", "output_index": 0, "item": item}
    yield {"type": "response.completed", "response": {**response, "status": "completed"}}


def results(body: dict[str, Any]) -> list[str]:
    """The results of tools in a request, as the model gets them."""
    found = [item["output"] for item in body.get("input", []) if isinstance(item, dict) and "output" in item]
    for message in body.get("messages", []):
        parts = message["content"] if isinstance(message.get("content"), list) else []
        found += [part["content"] for part in parts if isinstance(part, dict) and part.get("type") == "tool_result"]
    return [text if isinstance(text, str) else json.dumps(text) for text in found]


class Model(ThreadingHTTPServer):
    """A scripted model; ``seen`` are the results in the longest request that reached it."""

    def __init__(self, script: Script) -> None:
        self.seen: list[str] = []
        self.script = script
        super().__init__(("127.0.0.1", 0), _Handler)
        threading.Thread(target=self.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{self.server_address[1]}"


class _Handler(BaseHTTPRequestHandler):
    server: Model

    def log_message(self, *_: Any) -> None: ...

    def do_GET(self) -> None:
        self._answer("application/json", b'{"data": [], "models": []}')

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers.get("content-length", 0))) or b"{}")
        self.server.seen = max(self.server.seen, results(body), key=len)
        if "count_tokens" in self.path:
            return self._answer("application/json", b'{"input_tokens": 1}')
        call = self.server.script(body)
        events = openai_events(call) if "responses" in self.path else anthropic_events(call)
        lines = (f"event: {event['type']}\ndata: {json.dumps(event)}\n\n" for event in events)
        return self._answer("text/event-stream", "".join(lines).encode())

    def _answer(self, kind: str, data: bytes) -> None:
        self.send_response(200)
        self.send_header("content-type", kind)
        self.send_header("content-length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)


def tried(client: str, binary: Path, home: Path, script: Script, setup: list[list[str]], allowed: str) -> list[str]:
    """Runs a client once in a new home, and returns the results that reached its model.

    Args:
        client: "claude" or "codex".
        binary: Its program.
        home: The home. Its ``bin`` has our command, which the clients find as a user's would be found.
        script: What the model does.
        setup: Commands that are run before.
        allowed: The tools that Claude Code may call without asking.
    """
    work = home / "work"
    for folder in (work, home / "bin", home / ".codex"):
        folder.mkdir(parents=True)
    command = home / "bin" / "compresskit"
    command.write_text(f'#!/bin/sh\nPYTHONPATH={ROOT} exec {shlex.quote(sys.executable)} -m compresskit.cli "$@"\n')
    command.chmod(0o755)
    lines = [f"def rule_{number}(order):\n    return order.total * {number}\n" for number in range(500)]
    (work / FILE).write_text("\n".join(lines))
    with Model(script) as model:
        env = {
            **os.environ, "HOME": str(home), "PATH": f"{home / 'bin'}:{os.environ['PATH']}",
            "XDG_STATE_HOME": str(home / "state"),
            "ANTHROPIC_BASE_URL": model.url, "ANTHROPIC_API_KEY": "none", "SCRIPTED_KEY": "none",
            "DISABLE_TELEMETRY": "1", "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1",
        }  # fmt: skip
        (home / ".codex" / "config.toml").write_text(
            'model = "gpt-5-codex"\nmodel_provider = "scripted"\n[model_providers.scripted]\nname = "scripted"\n'
            f'base_url = "{model.url}/v1"\nwire_api = "responses"\nenv_key = "SCRIPTED_KEY"\n'
        )
        for one in setup:
            subprocess.run(one, env=env, cwd=work, check=True, stdout=subprocess.DEVNULL, timeout=SECONDS)
        arguments = ["-p", "Look at the log.", "--allowedTools", allowed, "--model", "claude-sonnet-4-5"]
        if client == "codex":
            # the sandbox is this script's own folder; the hook and the server are ours, so there is nothing to review
            free = ["--dangerously-bypass-hook-trust", "--dangerously-bypass-approvals-and-sandbox"]
            arguments = ["exec", *free, "--skip-git-repo-check", "Look at the log."]
        subprocess.run(
            [binary, *arguments], env=env, cwd=work, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL, timeout=SECONDS, check=False,
        )  # fmt: skip
        model.shutdown()
    return model.seen


def hooks_work(client: str, binary: Path, home: Path) -> bool:
    """Whether a hook shortens what a command wrote, and keeps the original."""
    setup = [["compresskit", "hook", client, "install", "--yes", "--max-tokens", str(MAX_TOKENS)]]
    text = "".join(tried(client, binary, home, runs_a_command, _absolute(setup, home), "Bash"))
    kept = list((home / "state").rglob("*.out"))
    good = "ERROR disk full" in text and "retrieve" in text and len(text) < 4_000 and len(kept) == 1
    return good and (client == "claude" or "exited with code 3" in text)


def mcp_works(client: str, binary: Path, home: Path) -> bool:
    """Whether the tools of the MCP server answer, added as the documentation says."""
    setup = [[str(binary), "mcp", "add", "compresskit", "--", "compresskit", "mcp", "--allow", "seq"]]
    found = tried(client, binary, home, uses_mcp, setup, "Bash,mcp__compresskit")
    own = [text for text in found if "[[" not in text]
    if len(own) != 4:
        return False
    first, again, part, output = own
    good = "retrieve" in first and len(first) < len((home / "work" / FILE).read_text()) * 0.9
    return good and "unchanged" in again and "rule_233" in part and "exit 0" in output and "2000" in output


def _absolute(commands: list[list[str]], home: Path) -> list[list[str]]:
    return [[str(home / "bin" / command), *arguments] for command, *arguments in commands]


def main() -> int:
    """The command. Exit code 1 if a result is not as it should be."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for client in PACKAGES:
        parser.add_argument(f"--{client}", type=Path, metavar="PATH")
    given = vars(parser.parse_args())
    wanted = [client for client in PACKAGES if given[client]] or list(PACKAGES)
    failed = False
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as name:
        missing = [PACKAGES[client] for client in wanted if not given[client]]
        if missing:
            subprocess.run(["npm", "install", "--silent", "--prefix", name, *missing], check=True)
        for client in wanted:
            binary = (given[client] or Path(name, "node_modules", ".bin", client)).absolute()
            for what, works in (("hook", hooks_work), ("MCP server", mcp_works)):
                good = works(client, binary, Path(name, f"home-{client}-{what.split()[0]}"))
                failed |= not good
                print(f"{client}, {what}: {'good' if good else 'NOT AS EXPECTED'}", flush=True)
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
