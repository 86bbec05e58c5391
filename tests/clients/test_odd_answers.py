"""Whatever a provider answers, a client gets an answer: nothing that is no retrieval raises or gets lost."""

import json

import httpx2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from samples import openai_agent

from compresskit.clients import transport

QUESTION = "Why does settle_invoice round?"
TEXT = "\n\n".join(message["content"] or "" for message in openai_agent())
TEXTS = [TEXT, QUESTION]
MESSAGES = [{"role": "user", "content": text} for text in TEXTS]
CONTENTS = [{"role": "user", "parts": [{"text": text}]} for text in TEXTS]
REQUESTS = {
    "/v1/chat/completions": {"model": "gpt-4o", "messages": MESSAGES},
    "/v1/responses": {"model": "gpt-4o", "input": MESSAGES},
    "/v1/messages": {"model": "claude-sonnet-4-5", "max_tokens": 9, "messages": MESSAGES},
    "/v1beta/models/gemini-2.5-pro:generateContent": {"contents": CONTENTS},
}
FIELDS = [
    *(
        "id",
        "object",
        "type",
        "role",
        "name",
        "index",
        "usage",
        "error",
        "message",
        "delta",
        "finish_reason",
        "choices",
    ),
    *("content", "tool_calls", "function", "arguments", "output", "output_index", "item", "response", "status"),
    *("content_block", "text", "input", "stop_reason", "candidates", "parts", "functionCall", "args", "usageMetadata"),
    *("call_id", "sequence_number", "thinking", "signature", "citation", "partial_json", "provider_specific_fields"),
]
WORDS = [
    *("function", "function_call", "tool_use", "message", "reasoning", "assistant", "compresskit_retrieve", "stop"),
    *("message_start", "message_delta", "message_stop", "content_block_start", "content_block_delta", "text_delta"),
    *("response.created", "response.output_item.added", "response.output_text.delta", "response.completed", "{}", ""),
]
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-1, 3) | st.sampled_from(WORDS),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(FIELDS), inner, max_size=5),
    max_leaves=12,
)
EVENTS = st.lists(st.dictionaries(st.sampled_from(FIELDS), VALUES, max_size=6), max_size=5)


class Provider(httpx2.BaseTransport):
    """Answers every request alike."""

    def __init__(self):
        self.response = {}

    def handle_request(self, _request):
        return httpx2.Response(200, **self.response)


@pytest.fixture(scope="module")
def provider():
    return Provider()


@pytest.fixture(scope="module")
def client(provider):
    with httpx2.Client(transport=transport({"trigger": 4000, "target": 3000, "max_rounds": 2}, inner=provider)) as made:
        yield made


@pytest.mark.parametrize("path", REQUESTS)
@settings(max_examples=40, deadline=None)
@given(events=EVENTS)
def test_odd_events_are_passed_on(path, client, provider, events):
    data = b"".join(b"data: " + json.dumps(event).encode() + b"\n\n" for event in events)
    provider.response = {"content": data, "headers": {"content-type": "text/event-stream"}}
    body = {**REQUESTS[path], "stream": True}
    url = f"http://provider{path}"
    if path.endswith(":generateContent"):
        body, url = REQUESTS[path], url.replace("generateContent", "streamGenerateContent?alt=sse")
    response = client.post(url, json=body)
    assert response.status_code == 200
    assert response.headers["x-compresskit-compressed-tokens"]


@pytest.mark.parametrize("path", REQUESTS)
@settings(max_examples=40, deadline=None)
@given(events=EVENTS)
def test_an_odd_answer_is_passed_on(path, client, provider, events):
    for answer in [*events, events, None]:
        provider.response = {"json": answer}
        response = client.post(f"http://provider{path}", json=REQUESTS[path])
        assert response.status_code == 200
        assert response.headers["x-compresskit-compressed-tokens"]
