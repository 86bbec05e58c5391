"""The real LiteLLM proxy behind /v1/responses, which Codex speaks: spoken to by OpenAI's own client."""

import itertools
import json
import time
import urllib.error
import urllib.request

import openai
import pytest
from proxy_clients import sent
from proxy_model import MASK, NUMBER, conversation, document, secret
from proxy_server import KEY, MASTER, config, proxy

from compresskit import TOOL_NAME
from compresskit.ledger import entries
from compresskit.view.ledger_page import Savings, savings_page

TRIGGER = 2_500
STREAM = pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])
LOOKUP = {"type": "function", "name": "lookup", "parameters": {"type": "object", "properties": {}}, "strict": False}
RESULT = {"type": "function_call_output", "call_id": "theirs", "output": "their result"}


@pytest.fixture(scope="module")
def running(provider, tmp_path_factory):
    folder = tmp_path_factory.mktemp("proxy")
    ledger = str(folder / "ledger.jsonl")
    settings = config(provider, trigger=TRIGGER, target=1_500, store="memory", max_rounds=3, ledger=ledger)
    with proxy(folder, settings) as server:
        yield server


@pytest.fixture
def asked(running, provider):
    """Asks the proxy; the provider's record of requests is empty before."""
    provider.requests.clear()
    with openai.OpenAI(base_url=f"{running.url}/v1", api_key=KEY, max_retries=0) as client:

        def ask(items, stream=False, model="chat", **more):
            if not stream:
                return client.responses.create(model=model, input=items, **more)
            events = list(client.responses.create(model=model, input=items, stream=True, **more))
            numbers = [event.sequence_number for event in events if hasattr(event, "sequence_number")]
            assert numbers == sorted(set(numbers))
            ended = events[-1].response
            assert {event.response.id for event in events if hasattr(event, "response")} == {ended.id}
            deltas = [event.delta for event in events if event.type == "response.output_text.delta"]
            assert "".join(deltas) == ended.output_text
            return ended

        yield ask


def settled(ledger):
    """The entries of a ledger, as soon as no more are written."""
    count, found = -1, []
    while len(found) != count:
        count = len(found)
        time.sleep(0.7)
        found = list(entries(ledger)) if ledger.exists() else []
    return found


def written(ledger, count):
    """The entries of a ledger, as soon as there are so many."""
    deadline = time.monotonic() + 20
    while len(found := list(entries(ledger))) < count:
        assert time.monotonic() < deadline, f"{len(found)} entries, and no {count}"
        time.sleep(0.02)
    return found


@STREAM
def test_retrievals_are_answered_and_the_client_sees_nothing_of_it(asked, provider, stream):
    name = f"codex {stream}"
    answer = asked(conversation(name, "retrieve"), stream, instructions="Be brief.", store=False)
    assert answer.output_text == f"FOUND ['{secret(name)}']"
    assert [item.type for item in answer.output] == ["message"]
    assert answer.usage.input_tokens == 20, "the usage of both calls"
    first, second = sent(provider, name)
    assert len(json.dumps(first["input"])) < len(document(name)) / 2
    assert [tool["name"] for tool in first["tools"]] == [TOOL_NAME]
    assert second["input"][: len(first["input"])] == first["input"], "the prompt cache holds"
    assert {body["instructions"] for body in (first, second)} == {"Be brief."}


def test_each_call_has_one_entry_in_the_ledger(running):
    ledger = running.folder / "ledger.jsonl"
    count = len(settled(ledger))
    ways = [("responses", "chat"), ("responses", "claude"), ("messages", "claude")]
    for stream, (path, model) in itertools.product([False, True], ways):
        items = conversation(f"ledger {path} {model} {stream}", "retrieve")
        body = {"model": model, "max_tokens": 99, "stream": stream, "messages": items}
        if path == "responses":
            body = {"model": model, "input": items, "stream": stream}
        assert running.ask(f"/v1/{path}", body)[0] == 200
        first, second = sorted(written(ledger, count + 2)[count:], key=lambda entry: entry.retrieved_tokens)
        assert first.saved_microdollars > 0
        assert first.original_tokens > first.fresh_tokens == 10
        assert first.retrieved_tokens == 0
        assert second.retrieved_tokens > 0
        assert second.saved_microdollars == -second.paid_microdollars < 0
        count += 2
    assert len(settled(ledger)) == count
    page = urllib.request.Request(f"{running.url}/compresskit", headers={"authorization": f"Bearer {MASTER}"})
    with urllib.request.urlopen(page, timeout=60) as answer:
        assert answer.read().decode().startswith(savings_page(Savings.of(entries(ledger)))[:400])
    page.add_header("authorization", f"Bearer {KEY}")
    with pytest.raises(urllib.error.HTTPError, match="401"):
        urllib.request.urlopen(page, timeout=60)


@STREAM
@pytest.mark.parametrize("do", ["mixed", "twice"])
def test_a_turn_with_their_calls_too_is_put_together_again(asked, provider, stream, do):
    name = f"both {stream} {do}"
    items = conversation(name, do)
    first = asked(items, stream, tools=[LOOKUP])
    assert [item.name for item in first.output if item.type == "function_call"] == ["lookup"]
    items += [item.model_dump(exclude_none=True) for item in first.output] + [RESULT]
    final = asked(items, stream, tools=[LOOKUP])
    assert final.output_text.startswith(f"FOUND ['{secret(name)}']")
    assert final.output_text.endswith("AND True")
    bodies = sent(provider, name)
    for earlier, later in itertools.pairwise(bodies[:-1]):
        assert later["input"][: len(earlier["input"])] == earlier["input"]
    said = json.dumps(bodies[-1]["input"])
    assert all(said.count(words) <= 1 for words in ("Both. ", "One. ", "Two. ")), "nothing is said twice"


@STREAM
def test_a_text_as_input_is_one_item_of_the_user(asked, provider, stream):
    name = f"text {stream}"
    answer = asked(f"{document(name)}\n\nNow go on. do=retrieve", stream)
    assert answer.output_text == f"FOUND ['{secret(name)}']"
    [item] = provider.bodies[0]["input"]
    assert item["role"] == "user"
    assert len(json.dumps(item)) < len(document(name)) / 2


@STREAM
def test_a_request_whose_history_the_provider_holds_goes_out_as_it_is(running, asked, provider, stream):
    name = f"held {stream}"
    before = asked("Hello. do=answer").id
    items = conversation(name, "retrieve")
    body = {"model": "chat", "input": items, "previous_response_id": before, "stream": stream}
    status, headers, text = running.ask("/v1/responses", body)
    assert status == 200, text
    assert headers["x-compresskit-skipped"] == "provider_state"
    [received] = sent(provider, name)
    assert received["input"] == items
    assert received["previous_response_id"].startswith("resp_")
    assert "tools" not in received


@STREAM
def test_nothing_of_ours_goes_over_the_line(running, stream):
    for do in ("retrieve", "mixed"):
        body = {"model": "chat", "input": conversation(f"raw {do}", do), "stream": stream, "tools": [LOOKUP]}
        status, headers, text = running.ask("/v1/responses", body)
        assert status == 200
        assert TOOL_NAME not in text
        assert "ours_" not in text
        assert "\\u0000" not in text
        saved = int(headers["x-compresskit-original-tokens"]) - int(headers["x-compresskit-compressed-tokens"])
        assert saved > 500


@STREAM
def test_a_provider_without_this_api_is_reached_too(asked, provider, stream):
    """LiteLLM asks Claude through Anthropic's own API. The conversation is compressed once."""
    name = f"claude {stream}"
    answer = asked(conversation(name, "retrieve"), stream, model="claude")
    assert answer.output_text == f"FOUND ['{secret(name)}']"
    first, second = sent(provider, name)
    assert [tool["name"] for tool in first["tools"]] == [TOOL_NAME]
    assert second["messages"][: len(first["messages"])] == first["messages"]


@STREAM
def test_guardrails_screen_the_request_before_and_the_answer_after(asked, provider, stream):
    name = f"masked {stream}"
    items = conversation(name, "masked", extra=f"\nThe number is {NUMBER}.")
    assert MASK in asked(items, stream).output_text
    assert NUMBER not in json.dumps(sent(provider, name))
    with pytest.raises(openai.APIError) as caught:  # for a stream, LiteLLM hangs up
        asked(conversation(f"guard {stream}", "forbidden"), stream)
    assert stream or "refused by the guardrail" in str(caught.value)


def test_an_error_of_the_provider_after_a_retrieval_is_the_clients_error(asked):
    with pytest.raises(openai.RateLimitError):
        asked(conversation("fails", "fails"))
    failed = asked(conversation("fails in a stream", "fails"), stream=True)
    assert (failed.status, failed.error.code) == ("failed", "rate_limit_exceeded")
