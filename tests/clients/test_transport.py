"""The transport below an SDK: what it leaves alone, what it wraps, and what it remembers."""

import asyncio
import gzip
import json
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import httpx2
import openai
import pytest
from chat_models import ANSWER, ROOM, keys, made, retrieves
from protocol_server import call, serving
from samples import openai_agent

import compresskit
from compresskit import TOOL_NAME, InvalidArgument
from compresskit.clients import AsyncOpenAI, OpenAI, async_transport, report, transport
from compresskit.stores import DiskStore, MemoryStore

REQUEST = {"model": "gpt-4o", "messages": openai_agent()}
BODY = json.dumps(REQUEST).encode()
CHAT = "https://api.example/v1/chat/completions"


class Upstream(httpx2.BaseTransport):
    """Records requests, and answers each with the same response."""

    def __init__(self, status=200, **response):
        self.requests = []
        self.response = response or {"json": {"object": "chat.completion", "choices": []}}
        self.status = status

    def handle_request(self, request):
        request.read()
        self.requests.append(request)
        return httpx2.Response(self.status, **self.response)


def sent(method, url, upstream=None, options=ROOM, **request):
    """The response, and the request that came through."""
    upstream = upstream or Upstream()
    with httpx2.Client(transport=transport(options, inner=upstream)) as client:
        response = client.request(method, url, **request)
    [one] = upstream.requests
    return response, one


ALONE = {
    "another endpoint": ("POST", "https://api.example/v1/embeddings", {"content": BODY}),
    "another method": ("GET", CHAT, {}),
    "no JSON": ("POST", CHAT, {"content": b"\x00 hello"}),
    "no object": ("POST", CHAT, {"content": b"[1, 2]"}),
    "nothing": ("POST", CHAT, {"content": b""}),
    "no messages": ("POST", CHAT, {"content": b'{"model": "gpt-4o"}'}),
    "messages of another kind": ("POST", CHAT, {"content": b'{"model": "gpt-4o", "messages": "hello"}'}),
    "no model": ("POST", CHAT, {"content": json.dumps({"messages": openai_agent()}).encode()}),
    "messages that are none": ("POST", CHAT, {"content": b'{"model": "gpt-4o", "messages": [1, {"role": 5}, null]}'}),
    "nested without end": ("POST", CHAT, {"content": b'{"model": ' + b"[" * 100_000}),
    "compressed": ("POST", CHAT, {"content": gzip.compress(BODY), "headers": {"content-encoding": "gzip"}}),
    "piece by piece": ("POST", CHAT, {"content": iter([BODY[:9], BODY[9:]])}),
    "signed": ("POST", CHAT, {"content": BODY, "headers": {"authorization": "AWS4-HMAC-SHA256 Credential=x"}}),
    "its own tool": ("POST", CHAT, {"content": json.dumps({**REQUEST, "tools": [compresskit.compress(
        openai_agent(), "gpt-4o", 4000, 3000).tools[0]]}).encode()}),
}  # fmt: skip


@pytest.mark.parametrize("case", ALONE)
def test_whatever_is_not_served_passes_as_it_came(case):
    method, url, request = ALONE[case]
    response, one = sent(method, url, **{**request, "content": kept(request)} if request else {})
    assert one.content == (b"".join(kept(request)) if not isinstance(kept(request), bytes) else kept(request))
    assert one.headers.get("content-encoding") == request.get("headers", {}).get("content-encoding")
    assert response.status_code == 200


def kept(request):
    content = request.get("content", b"")
    return content if isinstance(content, bytes) else iter([BODY[:9], BODY[9:]])


@pytest.mark.parametrize(
    "response",
    [
        {"content": b"<html>", "headers": {"content-type": "text/html"}},
        {"content": b"[]", "headers": {"content-type": "application/json"}},
        {"content": b'{"choices": 5}', "headers": {"content-type": "application/json"}},
        {"content": b'{"choices": [{"message": null}]}', "headers": {"content-type": "application/json"}},
        {"content": b'{"choices": []}', "headers": {"content-type": "application/json"}},
        {"content": b""},
    ],
)
@pytest.mark.parametrize("streams", [False, True])
def test_a_response_of_another_form_passes_as_it_came(response, streams):
    body = json.dumps({**REQUEST, "stream": streams}).encode()
    found, one = sent("POST", CHAT, Upstream(**response), content=body)
    assert len(one.content) < len(BODY) / 2, "the request was compressed"
    shown = found.content
    if shown != response["content"]:  # with the report as its last field
        value = json.loads(shown)
        assert value.pop("compresskit")["compressed_tokens"] <= 3000
        assert value == json.loads(response["content"])


def test_with_on_error_raise_what_cannot_be_prepared_is_an_error():
    upstream = Upstream()
    with httpx2.Client(transport=transport({**ROOM, "on_error": "raise"}, inner=upstream)) as client:
        response = client.post(CHAT, json={"model": "gpt-4o", "messages": [{"content": 5}]})
    assert response.status_code == 400
    assert response.json()["error"]["message"].startswith("compresskit: cannot prepare this request (InvalidMessages")
    assert upstream.requests == []


def test_a_compressed_response_is_read_as_its_sender_meant_it():
    """Retrievals are found in gzip too."""
    reply = {"object": "chat.completion", "choices": [{"index": 0, "message": {"role": "assistant", "content": "ok"}}]}
    packed = {"content": gzip.compress(json.dumps(reply).encode()), "headers": {"content-encoding": "gzip"}}
    response, _ = sent("POST", CHAT, Upstream(**packed), content=BODY)
    assert response.json()["choices"] == reply["choices"]
    assert response.json()["compresskit"]["rounds"] == 0


def test_a_later_call_has_an_idempotency_key_of_its_own():
    with serving(retrieves(2)) as server, httpx2.Client(transport=transport(ROOM)) as client:
        headers = {"idempotency-key": "k", "x-own": "yes"}
        response = client.post(f"{server.url}/chat/completions", content=BODY, headers=headers)
        assert response.headers["x-compresskit-rounds"] == "2"
        assert [one.headers["idempotency-key"] for one in server.received] == ["k", "k-1", "k-2"]
        assert {one.headers["x-own"] for one in server.received} == {"yes"}


@pytest.mark.parametrize("kind", ["sync", "async"])
def test_the_transport_serves_the_sdks_own_classes(kind):
    """As LangChain and the Agents SDK take it: an HTTP client that somebody passes."""
    with serving(retrieves(1)) as server:
        if kind == "sync":
            with httpx2.Client(transport=transport(ROOM)) as http:
                client = openai.OpenAI(base_url=server.url, api_key="none", http_client=http)
                assert client.chat.completions.create(**REQUEST).choices[0].message.content == ANSWER
        else:

            async def ask():
                async with httpx2.AsyncClient(transport=async_transport(ROOM)) as http:
                    client = openai.AsyncOpenAI(base_url=server.url, api_key="none", http_client=http)
                    return (await client.chat.completions.create(**REQUEST)).choices[0].message.content

            assert asyncio.run(ask()) == ANSWER
        assert len(server.requests) == 2


def test_a_users_own_http_client_is_wrapped_and_stays_as_it_was():
    seen = []
    upstream = Upstream()
    own = httpx2.Client(
        transport=upstream, headers={"x-own": "yes"}, event_hooks={"request": [lambda request: seen.append(request)]}
    )
    client = OpenAI(base_url="https://api.example/v1", api_key="none", http_client=own, compresskit=ROOM)
    client.chat.completions.create(**REQUEST)
    assert len(seen) == 1, "its hooks see what the SDK sends"
    assert upstream.requests[0].headers["x-own"] == "yes"
    assert len(upstream.requests[0].content) < len(BODY) / 2
    own.post(CHAT, content=BODY)
    assert upstream.requests[1].content == BODY, "the client itself does not compress"


def test_a_client_of_another_library_is_refused():
    httpx = pytest.importorskip("httpx")
    for kind, own in ((OpenAI, httpx.Client()), (AsyncOpenAI, httpx.AsyncClient())):
        with pytest.raises(InvalidArgument, match=r"an httpx2\.Client or httpx2\.AsyncClient was expected"):
            kind(api_key="none", http_client=own, compresskit=ROOM)


def grown(messages, text="And then?"):
    return [*messages, {"role": "assistant", "content": ANSWER}, {"role": "user", "content": text}]


def messages_sent(client, messages, server):
    client.chat.completions.create(model="gpt-4o", messages=messages)
    return server.bodies[-1]["messages"]


def test_the_next_turn_begins_with_the_bytes_of_this_one():
    with serving(retrieves(0)) as server, made("sync", server, {"trigger": 6000, "target": 3000}) as client:
        turns, messages = [], openai_agent()
        for number in range(6):
            turns.append(messages_sent(client, messages, server))
            messages = grown(messages, f"And {number}?")
    for earlier, later in pairwise(turns):
        assert later[: len(earlier)] == earlier
        assert later[len(earlier) :] == grown([], later[-1]["content"])


@pytest.mark.parametrize("store", ["memory", "disk"])
def test_a_store_carries_a_conversation_to_another_process(store, tmp_path):
    """Even a mixed turn is put together again by a client that has not seen it."""
    kept = MemoryStore() if store == "memory" else DiskStore(tmp_path)

    def script(body):
        if any(message.get("tool_call_id") == "theirs" for message in body["messages"]):
            return ANSWER
        ours = call(TOOL_NAME, {"key": keys(body)[0], "lines": "1"}, "ours")
        return [ours, call("search", {"q": "rates"}, "theirs")]

    options = {**ROOM, "store": kept}
    with serving(script) as server:
        with made("sync", server, options) as client:
            first = client.chat.completions.create(**REQUEST).choices[0].message
        back = {"role": "tool", "tool_call_id": "theirs", "content": "rates.py"}
        with made("sync", server, options) as client:
            client.chat.completions.create(model="gpt-4o", messages=[*REQUEST["messages"], first, back])
        one, two = server.bodies
    assert two["messages"][: len(one["messages"])] == one["messages"]
    assert [message.get("tool_call_id") for message in two["messages"][-2:]] == ["ours", "theirs"]


class Broken(MemoryStore):
    """A store that fails."""

    def get(self, key):
        raise OSError(f"no connection for {key}")

    put = get


def test_a_store_that_fails_breaks_no_call():
    with serving(retrieves(1)) as server, made("sync", server, {**ROOM, "store": Broken()}) as client:
        response = client.chat.completions.create(**REQUEST)
        assert response.choices[0].message.content == ANSWER
        assert response.compresskit["error"] == "OSError"
    with serving(retrieves(1)) as server:
        options = {**ROOM, "store": Broken(), "on_error": "raise"}
        with made("sync", server, options) as client, pytest.raises(openai.BadRequestError, match="OSError"):
            client.chat.completions.create(**REQUEST)
        assert server.requests == []


ROOT = Path(compresskit.__file__).parents[1]


def python(code):
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout


def test_no_call_of_a_client_imports_litellm():
    code = """
import sys; sys.path.insert(0, "tests/helpers")
from chat_models import *
from protocol_server import serving
from samples import openai_agent
from sdk_ways import CHAT, RESPONSES, wait
for ways, request in ((CHAT, {"messages": openai_agent()}), (RESPONSES, {"input": openai_agent()[-2:]})):
    for way in ("create", "stream_true"):
        for kind in KINDS:
            with serving(retrieves(1)) as server:
                wait(ways[way], made(kind, server), model="gpt-4o", **request)
print("litellm" in sys.modules, "anthropic" in sys.modules, "google.genai" in sys.modules)
"""
    assert python(code).split() == ["False", "False", "False"]


def test_importing_the_package_of_clients_imports_no_sdk():
    code = (
        "import compresskit.clients, sys; print({'openai', 'anthropic', 'httpx2', 'google.genai'} & set(sys.modules))"
    )
    assert python(code).strip() == "set()"


@pytest.mark.parametrize(("name", "package", "extra"), [("OpenAI", "openai", "openai")])
def test_without_the_sdk_the_error_names_the_extra(name, package, extra):
    code = f"""
import sys
class Missing:
    def find_spec(self, name, path=None, target=None):
        if name == {package!r}:
            raise ModuleNotFoundError(f"No module named {{name!r}}", name=name)
sys.meta_path.insert(0, Missing())
try:
    from compresskit.clients import {name}
except ImportError as error:
    print(error)
"""
    assert f"pip install 'compresskit[{extra}]'" in python(code)


def sse(*data):
    return {
        "content": b"".join(b"data: " + one.encode() + b"\r\n\r\n" for one in data),
        "headers": {"content-type": "text/event-stream; charset=utf-8"},
    }


def chunk(**delta):
    choice = f'{{"index": 0,  "delta": {json.dumps(delta)}, "finish_reason": null}}'
    return f'{{"id": "c", "object": "chat.completion.chunk", "odd":1.50, "choices": [{choice}]}}'


def test_events_that_say_nothing_of_ours_keep_their_bytes():
    """Spaces and spellings of numbers too, and what a provider says about the prompt."""
    filtered = '{"id": "", "choices": [], "prompt_filter_results": [{"prompt_index":0}]}'
    parts = [filtered, chunk(role="assistant", content=""), chunk(content="Hel"), chunk(content="lo ✓")]
    body = json.dumps({**REQUEST, "stream": True}).encode()
    found, _ = sent("POST", CHAT, Upstream(**sse(*parts, "[DONE]")), content=body)
    assert found.content == sse(*parts, "[DONE]")["content"].replace(b"\r\n", b"\n")


def test_an_error_that_the_provider_streams_is_raised_by_the_sdk():
    error = json.dumps({"error": {"message": "the server had an error", "code": 500}})
    upstream = Upstream(**sse(chunk(role="assistant", content=""), error))
    with httpx2.Client(transport=transport(ROOM, inner=upstream)) as http:
        client = openai.OpenAI(base_url="https://api.example/v1", api_key="none", http_client=http)
        with pytest.raises(openai.APIError, match="the server had an error"):
            list(client.chat.completions.create(**REQUEST, stream=True))


@pytest.mark.parametrize("own", [None, False, {"enabled": False}])
def test_our_field_never_reaches_the_provider(own):
    for options in (ROOM, {"enabled": False}):
        _, one = sent("POST", CHAT, options=options, json={**REQUEST, "messages": [], "compresskit": own})
        assert json.loads(one.content) == {**REQUEST, "messages": []}
    _, one = sent("POST", CHAT, content=b"no JSON", headers={"x-compresskit": "on"})
    assert one.content == b"no JSON"
    assert "x-compresskit" not in one.headers


def test_the_report_of_any_kind_of_response():
    with serving(retrieves(1)) as server, made("sync", server) as client:
        create = client.chat.completions.create
        whole = report(create(**REQUEST))
        assert whole == create(**REQUEST).compresskit
        assert (whole["rounds"], whole["calls"]) == (1, 2)
        part = {name: whole[name] for name in ("original_tokens", "compressed_tokens")}
        assert report(create(**REQUEST, stream=True)) == part
        assert report(client.chat.completions.with_raw_response.create(**REQUEST)) == {**part, "rounds": 1}
        assert report(create(**REQUEST, extra_body={"compresskit": False})) is None
