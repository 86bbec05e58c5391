"""Drives Claude Code and Codex themselves against a model on this machine, and looks at what reaches the model.

A folder of its own serves as the user's home: the hooks are installed there, and the two clients run one long command
that a scripted model asks for. Nothing leaves the machine, apart from npm, which fetches the clients if no path is
given.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
PACKAGES = {"claude": "@anthropic-ai/claude-code", "codex": "@openai/codex"}
COMMAND = "seq 1 3000 | sed 's/$/ INFO all is well/'; echo ERROR disk full"
MAX_TOKENS = 300
SECONDS = 120


def anthropic_events(body: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The stream of a model that calls Bash once."""
    yield {"type": "message_start", "message": {
        "id": "msg_1", "type": "message", "role": "assistant", "model": "scripted", "content": [], "stop_reason": None,
        "stop_sequence": None, "usage": {"input_tokens": 1, "output_tokens": 1},
    }}  # fmt: skip
    asks = any(tool.get("name") == "Bash" for tool in body.get("tools", [])) and not results(body)
    block = {"type": "tool_use", "id": "toolu_1", "name": "Bash", "input": {}} if asks else {"type": "text", "text": ""}
    arguments = json.dumps({"command": COMMAND, "description": "Look at the log"})
    delta = {"type": "input_json_delta", "partial_json": arguments} if asks else {"type": "text_delta", "text": "Done."}
    yield {"type": "content_block_start", "index": 0, "content_block": block}
    yield {"type": "content_block_delta", "index": 0, "delta": delta}
    yield {"type": "content_block_stop", "index": 0}
    stop = {"stop_reason": "tool_use" if asks else "end_turn", "stop_sequence": None}
    yield {"type": "message_delta", "delta": stop, "usage": {"output_tokens": 1}}
    yield {"type": "message_stop"}


def openai_events(body: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The same of a model behind the Responses API."""
    says = {"type": "message", "id": "m1", "role": "assistant", "content": [{"type": "output_text", "text": "Done."}]}
    name, argument = ("exec_command", "cmd")
    if name not in {tool.get("name") for tool in body.get("tools", [])}:
        name, argument = "shell_command", "command"
    arguments = json.dumps({argument: COMMAND + "; exit 3"})
    asks = {"type": "function_call", "id": "f1", "call_id": "call_1", "name": name, "arguments": arguments}
    item = says if results(body) else asks
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
    """A scripted model; ``seen`` are the results that reached it."""

    def __init__(self) -> None:
        self.seen: list[str] = []
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
        self.server.seen += results(body)
        if "count_tokens" in self.path:
            return self._answer("application/json", b'{"input_tokens": 1}')
        events = openai_events(body) if "responses" in self.path else anthropic_events(body)
        lines = (f"event: {event['type']}\ndata: {json.dumps(event)}\n\n" for event in events)
        return self._answer("text/event-stream", "".join(lines).encode())

    def _answer(self, kind: str, data: bytes) -> None:
        self.send_response(200)
        self.send_header("content-type", kind)
        self.send_header("content-length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)


def tried(client: str, binary: Path, home: Path) -> str:
    """Runs a client once, and returns the result that reached its model."""
    work = home / "work"
    work.mkdir(exist_ok=True)
    with Model() as model:
        env = {
            **os.environ, "HOME": str(home), "PYTHONPATH": str(ROOT), "XDG_STATE_HOME": str(home / "state"),
            "ANTHROPIC_BASE_URL": model.url, "ANTHROPIC_API_KEY": "none", "SCRIPTED_KEY": "none",
            "DISABLE_TELEMETRY": "1", "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1",
        }  # fmt: skip
        hook = [sys.executable, "-m", "compresskit.cli", "hook", client, "install", "--yes"]
        subprocess.run(
            [*hook, "--max-tokens", str(MAX_TOKENS)], env=env, cwd=work, check=True, stdout=subprocess.DEVNULL
        )
        if client == "claude":
            arguments = ["-p", "Look at the log.", "--allowedTools", "Bash", "--model", "claude-sonnet-4-5"]
        else:
            (home / ".codex" / "config.toml").write_text(
                'model = "gpt-5-codex"\nmodel_provider = "scripted"\n[model_providers.scripted]\nname = "scripted"\n'
                f'base_url = "{model.url}/v1"\nwire_api = "responses"\nenv_key = "SCRIPTED_KEY"\n'
            )
            # the sandbox is this script's own folder; the hook is ours, so there is nothing to review
            trust = ["--dangerously-bypass-hook-trust", "--skip-git-repo-check", "--sandbox", "danger-full-access"]
            arguments = ["exec", *trust, "Look at the log."]
        subprocess.run(
            [binary, *arguments], env=env, cwd=work, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL, timeout=SECONDS, check=False,
        )  # fmt: skip
        model.shutdown()
    return model.seen[-1] if model.seen else ""


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
            binary = given[client] or Path(name, "node_modules", ".bin", client)
            home = Path(name, f"home-{client}")
            home.mkdir()
            text = tried(client, binary.absolute(), home)
            kept = list((home / "state").rglob("*.out"))
            good = "ERROR disk full" in text and "retrieve" in text and len(text) < 4_000 and len(kept) == 1
            good &= client == "claude" or "exited with code 3" in text
            failed |= not good
            print(f"{client}: {'good' if good else 'NOT AS EXPECTED'}, {len(text):,} characters reached the model")
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
