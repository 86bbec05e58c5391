"""A real HTTP server on this machine that speaks OpenAI's protocols, Anthropic's, Gemini's, and Cohere's for reranking.

It answers with a script: a list of replies, one a request, or a function of the request. It thinks nothing.
A reply is a text, a list of calls (with texts among them), `Several` for n > 1, or an `Error`; it is streamed
where the request asks for it. `usage` is that of every reply, or a function of the request.
"""

import contextlib
import itertools
import json
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import NamedTuple

import gemini_api
import responses_api
import streams

USAGE = {"prompt_tokens": 10, "completion_tokens": 5, "total_tokens": 15}


def call(name, arguments, call_id="call_1"):
    """A tool call for a script; arguments may be a str, to be malformed on purpose."""
    return {"name": name, "arguments": arguments, "id": call_id}


class Several(list):
    """What each choice says."""


class Error(NamedTuple):
    """A reply that is none."""

    status: int
    message: str = "no"


class Paced(NamedTuple):
    """A reply whose stream waits: `before(number)` is called before each part is sent."""

    said: object
    before: object


def openai_reply(said, model="gpt-4o", usage=USAGE):
    """A chat completion that says a text (str), makes calls (a list of `call` and texts), or several of them."""
    choices = [
        {"index": index, **_openai_choice(one)}
        for index, one in enumerate(said if isinstance(said, Several) else [said])
    ]
    return {
        "id": f"chatcmpl-{next(_numbers)}",
        "object": "chat.completion",
        "created": 1,
        "model": model,
        "choices": choices,
        "usage": usage,
    }


def _openai_choice(said):
    parts = [said] if isinstance(said, str) else said
    calls = [
        {"id": one["id"], "type": "function", "function": _function(one)} for one in parts if not isinstance(one, str)
    ]
    message = {"role": "assistant", "content": "".join(one for one in parts if isinstance(one, str)) or None}
    if calls:
        message["tool_calls"] = calls
    elif isinstance(said, str):
        message["content"] = said
    return {"message": message, "finish_reason": "tool_calls" if calls else "stop"}


def anthropic_reply(said, model="claude-sonnet-4-5", usage=None):
    """A message that says a text (str) or makes calls (a list of `call`, texts, and blocks as they are)."""
    blocks = [_anthropic_block(one) for one in ([said] if isinstance(said, str) else said)]
    reason = "tool_use" if any(block["type"] == "tool_use" for block in blocks) else "end_turn"
    usage = {"input_tokens": 10, "output_tokens": 5} if usage is None or usage is USAGE else usage
    head = {"id": f"msg_{next(_numbers)}", "type": "message", "role": "assistant", "model": model}
    return {**head, "content": blocks, "stop_reason": reason, "stop_sequence": None, "usage": usage}


def _anthropic_block(one):
    if isinstance(one, str):
        return {"type": "text", "text": one}
    if "type" in one:
        return one
    return {"type": "tool_use", "id": one["id"], "name": one["name"], "input": one["arguments"]}


def embeddings_reply(said, model="text-embedding-3-small", _usage=None):
    """Embeddings that are given as a list of vectors, or of (index, vector) to be out of order."""
    rows = [row if isinstance(row, tuple) else (place, row) for place, row in enumerate(said)]
    data = [{"object": "embedding", "index": index, "embedding": vector} for index, vector in rows]
    return {"object": "list", "model": model, "data": data, "usage": {"prompt_tokens": 10, "total_tokens": 10}}


def rerank_reply(said, _model="", _usage=None):
    """Scores that are given as a list, or as (index, score); the best first, as rerankers answer."""
    rows = [row if isinstance(row, tuple) else (place, row) for place, row in enumerate(said)]
    results = [{"index": index, "relevance_score": score} for index, score in rows]
    results.sort(key=lambda row: -row["relevance_score"])
    return {"id": f"rerank-{next(_numbers)}", "results": results, "meta": {"billed_units": {"search_units": 1}}}


def _function(one):
    arguments = one["arguments"] if isinstance(one["arguments"], str) else json.dumps(one["arguments"])
    return {"name": one["name"], "arguments": arguments}


_numbers = itertools.count(1)
ROUTES = {
    "/chat/completions": openai_reply,
    "/messages": anthropic_reply,
    "/embeddings": embeddings_reply,
    "/rerank": rerank_reply,
    "/responses": responses_api.reply,
    ":generateContent": gemini_api.reply,
    ":streamGenerateContent": gemini_api.reply,
}
# counts of tokens: a character is one
COUNTS = {"/messages/count_tokens": "input_tokens", ":countTokens": "totalTokens"}
CHATS = {responses_api.reply: responses_api.as_chat, gemini_api.reply: gemini_api.as_chat}


class Received(NamedTuple):
    """A request as it came."""

    path: str
    headers: dict
    content: bytes


class ProtocolServer(ThreadingHTTPServer):
    """`requests` holds what was sent, as (path, body), and `received` the same with headers and bytes.

    `hung_up` is set as soon as a client has left in the middle of a stream.
    """

    daemon_threads = True
    request_queue_size = 256

    def __init__(self, script, usage=USAGE, port=0):
        super().__init__(("127.0.0.1", port), _Handler)
        self.script = script if callable(script) else iter(script)
        self.usage = usage
        self.requests = []
        self.received = []
        self.hung_up = threading.Event()
        self.lock = threading.Lock()

    def handle_error(self, request, client_address):
        if not isinstance(sys.exc_info()[1], ConnectionError):  # a client may hang up
            super().handle_error(request, client_address)

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server_port}/v1"

    def said(self, body):
        with self.lock:
            return self.script(body) if callable(self.script) else next(self.script, "(the script is over)")

    @property
    def bodies(self):
        return [body for _, body in self.requests]


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        content = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.received.append(Received(self.path, {k.lower(): v for k, v in self.headers.items()}, content))
        try:
            body = json.loads(content)
        except ValueError:
            return self._send(400, {"error": {"message": "no JSON", "type": "invalid_request_error"}})
        self.server.requests.append((self.path, body))
        path = self.path.split("?")[0]
        counted = next((field for end, field in COUNTS.items() if path.endswith(end)), None)
        if counted:
            return self._send(200, {counted: len(content)})
        reply = next((reply for end, reply in ROUTES.items() if path.endswith(end)), None)
        if reply is None and path.endswith("/responses/input_tokens"):
            return self._send(200, {"object": "response.input_tokens", "input_tokens": len(content) // 4})
        if reply is None:
            return self._send(404, {"error": {"message": f"no route {self.path}", "type": "invalid_request_error"}})
        return self._reply(reply, self.server.said(CHATS.get(reply, dict)(body)), body)

    def _reply(self, reply, said, body):
        said, before = said if isinstance(said, Paced) else (said, None)
        if isinstance(said, Error):
            error = {"message": said.message, "type": "server_error", "code": said.status}
            return self._send(said.status, {"type": "error", "error": error})
        usage = self.server.usage(body) if callable(self.server.usage) else self.server.usage
        whole = reply(said, body.get("model", ""), usage)
        if reply is gemini_api.reply and ":stream" in self.path:
            return self._stream([f"data: {json.dumps(chunk)}\r\n\r\n" for chunk in gemini_api.chunks(whole)], before)
        if not body.get("stream"):
            return self._send(200, whole)
        if reply is openai_reply:
            parts = [
                f"data: {json.dumps(chunk)}\n\n" for chunk in streams.openai_chunks(whole, body.get("stream_options"))
            ]
            return self._stream([*parts, "data: [DONE]\n\n"], before)
        events = responses_api.events(whole) if reply is responses_api.reply else streams.anthropic_events(whole)
        return self._stream([f"event: {event['type']}\ndata: {json.dumps(event)}\n\n" for event in events], before)

    def _stream(self, parts, before):
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        try:
            for number, part in enumerate([*(part.encode() for part in parts), b""]):
                if before:
                    before(number)
                self.wfile.write(b"%x\r\n%s\r\n" % (len(part), part))
        except ConnectionError:  # the client has had enough
            self.server.hung_up.set()
            self.close_connection = True

    def _send(self, status, value):
        data = json.dumps(value).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        if status >= 400:
            self.send_header("Retry-After-Ms", "1")  # as OpenAI says it, and SDKs wait for half a second without it
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_):
        """Nothing: the requests are recorded."""


@contextlib.contextmanager
def serving(script, usage=USAGE):
    """A server that runs while the block does."""
    with ProtocolServer(script, usage) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()
