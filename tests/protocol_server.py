"""A real HTTP server on this machine that speaks OpenAI chat completions and embeddings, and Anthropic messages.

It answers with a script: a list of replies, one a request, or a function of the request. It thinks nothing.
Non-streaming; another route is another method named in `ROUTES`.
"""

import contextlib
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

USAGE = {"prompt_tokens": 10, "completion_tokens": 5, "total_tokens": 15}


def call(name, arguments, call_id="call_1"):
    """A tool call for a script; arguments may be a str, to be malformed on purpose."""
    return {"name": name, "arguments": arguments, "id": call_id}


def openai_reply(said, model="gpt-4o"):
    """A chat completion that says a text (str) or makes calls (a list of `call`)."""
    message = {"role": "assistant", "content": said if isinstance(said, str) else None}
    if not isinstance(said, str):
        message["tool_calls"] = [{"id": one["id"], "type": "function", "function": _function(one)} for one in said]
    reason = "stop" if isinstance(said, str) else "tool_calls"
    choice = {"index": 0, "message": message, "finish_reason": reason}
    return {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "created": 1,
        "model": model,
        "choices": [choice],
        "usage": USAGE,
    }


def anthropic_reply(said, model="claude-sonnet-4-5"):
    """A message that says a text (str) or makes calls (a list of `call`)."""
    if isinstance(said, str):
        blocks = [{"type": "text", "text": said}]
    else:
        blocks = [{"type": "tool_use", "id": one["id"], "name": one["name"], "input": one["arguments"]} for one in said]
    reason = "end_turn" if isinstance(said, str) else "tool_use"
    usage = {"input_tokens": 10, "output_tokens": 5}
    head = {"id": "msg_1", "type": "message", "role": "assistant", "model": model}
    return {**head, "content": blocks, "stop_reason": reason, "stop_sequence": None, "usage": usage}


def embeddings_reply(said, model="text-embedding-3-small"):
    """Embeddings that are given as a list of vectors, or of (index, vector) to be out of order."""
    rows = [row if isinstance(row, tuple) else (place, row) for place, row in enumerate(said)]
    data = [{"object": "embedding", "index": index, "embedding": vector} for index, vector in rows]
    return {"object": "list", "model": model, "data": data, "usage": {"prompt_tokens": 10, "total_tokens": 10}}


def _function(one):
    arguments = one["arguments"] if isinstance(one["arguments"], str) else json.dumps(one["arguments"])
    return {"name": one["name"], "arguments": arguments}


ROUTES = {"/chat/completions": openai_reply, "/messages": anthropic_reply, "/embeddings": embeddings_reply}


class ProtocolServer(ThreadingHTTPServer):
    """`requests` holds what was sent, as (path, body)."""

    daemon_threads = True

    def __init__(self, script):
        super().__init__(("127.0.0.1", 0), _Handler)
        self.script = script if callable(script) else iter(script)
        self.requests = []
        self.lock = threading.Lock()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server_port}/v1"

    def said(self, body):
        with self.lock:
            return self.script(body) if callable(self.script) else next(self.script, "(the script is over)")


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.requests.append((self.path, body))
        reply = next((reply for end, reply in ROUTES.items() if self.path.split("?")[0].endswith(end)), None)
        if reply is None:
            self._send(404, {"error": {"message": f"no route {self.path}", "type": "invalid_request_error"}})
        else:
            self._send(200, reply(self.server.said(body), body.get("model", "")))

    def _send(self, status, value):
        data = json.dumps(value).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_):
        """Nothing: the requests are recorded."""


@contextlib.contextmanager
def serving(script):
    """A server that runs while the block does."""
    with ProtocolServer(script) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()
