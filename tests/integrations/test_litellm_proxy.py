"""The real LiteLLM proxy with two workers and a real Redis, spoken to by the real clients.

The conversations at once are 24; `COMPRESSKIT_CONVERSATIONS=200 scripts/test -k at_once` makes them 200.
"""

import asyncio
import itertools
import json
import os
import re
import time

import anthropic
import openai
import pytest
from protocol_server import serving
from proxy_clients import Client, bare, bills, result, sent
from proxy_model import KEY, LOOKUP, MASK, NUMBER, conversation, document, secret, texts, thinks
from proxy_server import KEY as API_KEY
from proxy_server import Proxy, config, proxy
from redis_server import redis_server

from compresskit import TOOL_NAME
from compresskit.markers.keys import key_of

TRIGGER = 2_500
AT_ONCE = int(os.environ.get("COMPRESSKIT_CONVERSATIONS", "24"))
BOTH = pytest.mark.parametrize("api", ["openai", "anthropic"])
STREAM = pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])


@pytest.fixture(scope="module")
def provider():
    with serving(thinks) as server:
        server.request_queue_size = 1_000
        server.socket.listen(1_000)
        yield server


@pytest.fixture(scope="module")
def redis():
    with redis_server() as server:
        yield server


@pytest.fixture(scope="module")
def running(provider, redis, tmp_path_factory):
    settings = config(provider, trigger=TRIGGER, target=1_500, store=redis.url, secret="of the tests", max_rounds=3)
    with proxy(tmp_path_factory.mktemp("proxy"), settings, workers=2) as server:
        yield server


@pytest.fixture
def asked(running, provider):
    """The proxy, with the provider's record of requests empty."""
    provider.requests.clear()
    return Client(running)


@BOTH
@STREAM
def test_retrievals_are_answered_and_clients_see_nothing_of_it(asked, provider, api, stream):
    name = f"seen {api} {stream}"
    answer = asked.says(api, conversation(name, "retrieve"), stream)
    assert answer.text == f"FOUND ['{secret(name)}']"
    assert answer.calls == []
    first, second = sent(provider, name)
    assert len(json.dumps(first["messages"])) < len(document(name)) / 2
    assert [tool.get("function", tool)["name"] for tool in first["tools"]] == [TOOL_NAME]
    assert second["messages"][: len(first["messages"])] == first["messages"]
    prompt = answer.usage.prompt_tokens if api == "openai" else answer.usage.input_tokens
    assert prompt == 20, "the usage of both calls"


@pytest.mark.parametrize(("path", "model"), [("/v1/chat/completions", "chat"), ("/v1/messages", "claude")])
@STREAM
def test_nothing_of_ours_is_in_what_goes_over_the_line(asked, path, model, stream):
    for do in ("retrieve", "mixed"):
        body = {"model": model, "max_tokens": 99, "stream": stream, "messages": conversation(f"raw {do}", do)}
        status, headers, text = asked.server.ask(path, body)
        assert status == 200
        assert TOOL_NAME not in text
        assert "ours_" not in text
        assert key_of(document(f"raw {do}")) not in text
        assert "provider_specific_fields.compresskit" not in text
        assert '"compresskit"' not in text
        saved = int(headers["x-compresskit-original-tokens"]) - int(headers["x-compresskit-compressed-tokens"])
        assert saved > 500
        assert int(headers["x-compresskit-compressed-tokens"]) <= TRIGGER


@pytest.mark.parametrize(("path", "model"), [("/v1/chat/completions", "claude"), ("/v1/messages", "chat")])
@STREAM
def test_a_provider_of_the_other_shape_is_compressed_once(asked, provider, path, model, stream):
    name = f"other {model} {stream}"
    system = [{"role": "system", "content": "Be brief."}] if model == "claude" else []
    body = {"model": model, "max_tokens": 99, "stream": stream, "messages": system + conversation(name, "retrieve")}
    status, headers, text = asked.server.ask(path, body)
    assert status == 200
    said = "".join(re.findall(r'"(?:text|content)": ?"([^"]*)"', text))
    assert said == f"FOUND ['{secret(name)}']"
    assert int(headers["x-compresskit-compressed-tokens"]) <= TRIGGER
    first, second = sent(provider, name)
    assert second.get("system") == first.get("system")
    assert ("input" in first) is (model == "chat")  # LiteLLM takes OpenAI's Responses API for it
    assert ("Be brief." in json.dumps(second)) is (model == "claude")
    assert [tool.get("function", tool)["name"] for tool in first["tools"]] == [TOOL_NAME]


@BOTH
@STREAM
def test_below_the_trigger_a_request_goes_out_as_it_was(asked, provider, api, stream):
    messages = [{"role": "user", "content": f"Short, in conversation below {api}."}]
    asked.says(api, messages, stream)
    [body] = sent(provider, f"below {api}")
    assert body["messages"] == messages
    assert "tools" not in body


@BOTH
@STREAM
def test_a_header_that_is_not_understood_is_answered_in_a_header(running, provider, api, stream):
    provider.requests.clear()
    path, model = ("/v1/chat/completions", "chat") if api == "openai" else ("/v1/messages", "claude")
    messages = conversation(f"maybe {api} {stream}", "retrieve")
    body = {"model": model, "max_tokens": 99, "stream": stream, "messages": messages}
    status, headers, _ = running.ask(path, body, {"x-compresskit": "maybe"})
    assert status == 200
    assert headers["x-compresskit-error"].startswith("the header x-compresskit is not understood; on, true")
    assert [body["messages"] for body in sent(provider, f"maybe {api} {stream}")] == [messages]


def test_a_variable_that_is_not_set_stops_the_proxy_with_one_short_error(provider, tmp_path):
    server = Proxy(tmp_path, config(provider, store="os.environ/COMPRESSKIT_TEST_UNSET"))
    try:
        server.start(wait=False)
        assert server.process.wait(120)
    finally:
        server.kill()
    said = server.said()
    assert "callback_settings.compresskit.store is 'os.environ/COMPRESSKIT_TEST_UNSET'" in said
    assert "variable COMPRESSKIT_TEST_UNSET is not set" in said
    assert "Traceback" not in said


@BOTH
@pytest.mark.parametrize("how", ["header", "field", "key"])
def test_a_request_or_a_key_declines(running, provider, api, how):
    provider.requests.clear()
    client = Client(running, "sk-off-1" if how == "key" else API_KEY)
    more = {"header": {"extra_headers": {"x-compresskit": "off"}}, "field": {"extra_body": {"compresskit": False}}}
    messages = conversation(f"off {api} {how}", "retrieve")
    answer = client.says(api, messages, **more.get(how, {}))
    assert answer.text == "FOUND []"
    assert "x-compresskit-original-tokens" not in answer.headers
    [body] = sent(provider, f"off {api} {how}")
    assert body["messages"] == messages
    assert "compresskit" not in json.dumps({**body, "messages": []})


def test_a_request_cannot_ask_for_what_its_key_forbids(running, provider):
    provider.requests.clear()
    Client(running, "sk-off-2").says("openai", conversation("forced", "answer"), extra_headers={"x-compresskit": "on"})
    assert [body["messages"] for body in sent(provider, "forced")] == [conversation("forced", "answer")]


@BOTH
@STREAM
@pytest.mark.parametrize("do", ["mixed", "twice"])
def test_a_turn_with_their_calls_too_is_answered_when_they_come_back(asked, provider, api, stream, do):
    name = f"both {api} {stream} {do}"
    messages = conversation(name, do)
    answer = asked.says(api, messages, stream, [LOOKUP])
    assert answer.calls == [("lookup", "theirs")]
    messages += [answer.message, result(api, "theirs", "their result")]
    final = asked.says(api, messages, stream, [LOOKUP])
    assert final.text.startswith(f"FOUND ['{secret(name)}']")
    assert final.text.endswith("AND True")
    *_, last = sent(provider, name)
    said = [text for message in last["messages"] for text in texts(message)]
    for words in ("Both. ", "One. ", "Two. "):
        assert sum(words.strip() in text for text in said) <= 1, "nothing is said twice"
    assert sum("their result" in text for text in said) == 1


@BOTH
def test_the_limit_of_rounds_ends_in_an_answer(asked, provider, api):
    answer = asked.says(api, conversation(f"limit {api}", "again"), tools=[LOOKUP])
    assert answer.text == "ENOUGH after 3"
    assert answer.headers["x-compresskit-rounds"] == "3"
    assert len(sent(provider, f"limit {api}")) == 4


@BOTH
@STREAM
def test_a_key_of_another_conversation_opens_nothing(asked, api, stream):
    asked.says(api, conversation("theirs", "retrieve"))
    key = key_of(document("theirs"))
    answer = asked.says(api, conversation(f"mine {api} {stream}", f"foreign:{key}"), stream)
    assert "No text is stored under the key" in answer.text
    assert secret("theirs") not in answer.text


@BOTH
@STREAM
def test_guardrails_see_the_answer_after_a_retrieval(asked, api, stream):
    body = {"model": "chat" if api == "openai" else "claude", "max_tokens": 99, "stream": stream}
    path = "/v1/chat/completions" if api == "openai" else "/v1/messages"
    _, _, text = asked.server.ask(path, {**body, "messages": conversation(f"guard {api} {stream}", "forbidden")})
    assert "refused by the guardrail" in text


@BOTH
def test_what_a_guardrail_masks_is_not_retrieved(asked, provider, api):
    messages = conversation(f"masked {api}", "masked", extra=f"\nThe number is {NUMBER}.")
    answer = asked.says(api, messages)
    assert MASK in answer.text
    assert NUMBER not in answer.text + json.dumps(sent(provider, f"masked {api}"))


@BOTH
@STREAM
def test_an_error_of_the_provider_after_a_retrieval_is_the_clients_error(asked, api, stream):
    kind = openai.APIError if api == "openai" else anthropic.APIError
    with pytest.raises(kind) as caught:
        asked.says(api, conversation(f"fails {api} {stream}", "fails"), stream)
    if not stream:
        assert caught.value.status_code == 429


@BOTH
def test_what_was_sent_stays_in_the_next_turn(asked, provider, api):
    """Whichever worker gets it: the beginning stays byte-identical for the provider's prompt cache."""
    name = f"stable {api}"
    messages = conversation(name, "answer")
    for _ in range(4):
        answer = asked.says(api, messages)
        messages = [*messages, answer.message, {"role": "user", "content": "And now? do=answer"}]
    bodies = sent(provider, name)
    for before, after in itertools.pairwise(bodies):
        assert bare(after)[: len(before["messages"])] == bare(before)
        assert after["tools"] == before["tools"]
    final = asked.says(api, [*messages[:-1], {"role": "user", "content": "Then. do=retrieve"}])
    assert final.text == f"FOUND ['{secret(name)}']"


def test_two_keys_share_nothing(running, redis):
    import redis as package

    client = package.Redis.from_url(redis.url)
    client.flushall()
    for key in ("sk-tenant-1", "sk-tenant-2"):
        Client(running, key).says("openai", conversation("shared", "answer"))
    names = [name.decode() for name in client.keys("*")]
    assert len({name.split(".")[0] for name in names}) == 2
    assert len({name.split(".")[2] for name in names}) == len(names) == 2
    assert all(0 < client.ttl(name) <= 86_400 for name in names)


@STREAM
def test_each_call_is_billed_once_with_the_savings_of_the_first(running, stream):
    client = Client(running, f"sk-billed-{stream}")
    for api in ("openai", "anthropic"):
        client.says(api, conversation("billed", "retrieve"), stream)
    deadline = time.monotonic() + 20
    while len(rows := bills(running, client.key)) < 4 and time.monotonic() < deadline:
        time.sleep(0.1)
    time.sleep(0.3)
    rows = bills(running, client.key)
    assert sorted(row["total_tokens"] for row in rows) == [15] * 4
    assert all(row["spend"] > 0 for row in rows)
    savings = [row["metadata"]["compression_savings"] for row in rows]
    assert sum(one is not None for one in savings) == 2
    assert all(one["tokens_saved"] == one["tokens_before"] - one["tokens_after"] > 500 for one in savings if one)
    logged = [row["metadata"]["spend_logs_metadata"]["compresskit"] for row in rows]
    assert sum(one.get("retrieval") is True and one["retrieved_tokens"] > 0 for one in logged) == 2
    assert document("billed")[:50] not in json.dumps(rows)


def test_conversations_at_once_lose_and_cross_nothing(asked, provider):
    """Two turns each, of both APIs, whole and streamed, with retrievals and with tools of their own."""

    async def talk(number):
        name, api, stream = f"crowd {number}", ("openai", "anthropic")[number % 2], number % 4 > 1
        messages = conversation(name, "mixed" if number % 3 == 0 else "retrieve")
        answer = await asked.asays(api, messages, stream, [LOOKUP], timeout=500)
        if answer.calls:
            messages += [answer.message, result(api, "theirs", "their result")]
            answer = await asked.asays(api, messages, stream, [LOOKUP], timeout=500)
        first = answer.text
        messages += [answer.message, {"role": "user", "content": "Once more. do=retrieve"}]
        second = (await asked.asays(api, messages, stream, [LOOKUP], timeout=500)).text
        return name, first, second

    async def crowd():
        return await asyncio.gather(*(talk(number) for number in range(AT_ONCE)))

    for name, first, second in asyncio.run(crowd()):
        assert first.startswith(f"FOUND ['{secret(name)}']"), name
        assert second == f"FOUND ['{secret(name)}']", name
    for name in (f"crowd {number}" for number in range(AT_ONCE)):
        for body in sent(provider, name):
            said = json.dumps(body["messages"])
            assert all(f"in conversation {other}." not in said for other in crowd_but(name))


def crowd_but(name):
    return (f"crowd {number}" for number in range(AT_ONCE) if f"crowd {number}" != name)


@BOTH
def test_a_store_that_is_down_costs_no_answer(asked, redis, api):
    redis.stop()
    try:
        answer = asked.says(api, conversation(f"down {api}", "retrieve"))
    finally:
        redis.start()
    assert answer.text == f"FOUND ['{secret(f'down {api}')}']"
    assert answer.headers["x-compresskit-error"] == "StoreError"
    time.sleep(1.1)


def test_a_killed_proxy_goes_on_where_it_was(running, provider):
    """The last of the file: it takes the time of a start."""
    provider.requests.clear()
    client, name = Client(running), "killed"
    messages = conversation(name, "mixed")
    answer = client.says("openai", messages, tools=[LOOKUP])
    assert answer.calls == [("lookup", "theirs")]
    running.kill()
    running.workers = 1  # starts sooner
    running.start()
    messages += [answer.message, result("openai", "theirs", "their result")]
    final = client.says("openai", messages, tools=[LOOKUP])
    assert final.text == f"FOUND ['{secret(name)}'] AND True"
    before, after = sent(provider, name)
    assert bare(after)[: len(before["messages"])] == bare(before)
    assert KEY.findall(json.dumps(before["messages"], ensure_ascii=False))
