"""The Responses API through OpenAI and AsyncOpenAI from compresskit.clients, in every way that the SDK offers."""

import json
from functools import cache
from itertools import pairwise

import openai
import pytest
from chat_models import ANSWER, KINDS, answered, keys, made, plain, retrieves
from protocol_server import Error, call, serving
from samples import openai_agent
from sdk_ways import CASES, RESPONSES, each, settled, wait

from compresskit import TOOL_NAME

every_kind = pytest.mark.parametrize("kind", KINDS)
TOOL = {"type": "function", "name": "search", "description": "Finds.", "parameters": {"type": "object"}, "strict": True}


def items():
    """An agent's conversation as items, with the newest question at the end."""
    found = []
    for message in openai_agent():
        calls = message.get("tool_calls") or ()
        if message["role"] == "tool":
            found.append(
                {"type": "function_call_output", "call_id": message["tool_call_id"], "output": message["content"]}
            )
        elif not calls:
            found.append({"role": message["role"], "content": message["content"]})
        for one in calls:
            found.append({"type": "function_call", "call_id": one["id"], **one["function"]})
    return found


def request():
    return {"model": "gpt-4o", "input": items(), "tools": [TOOL], "instructions": "You are careful."}


@cache
def usually(way, kind):
    """What the SDK's own class shows and sends."""
    with serving(lambda _: ANSWER) as server:
        seen = wait(RESPONSES[way], plain(kind, server), **request())
        [sent] = server.received
    return seen, sent


ROWS = [(way, "one retrieval") for way in RESPONSES]
ROWS += [(way, case) for way in ("create", "stream_true") for case in ("below", "above", "two retrievals")]


@every_kind
@pytest.mark.parametrize(("way", "case"), ROWS)
def test_every_way_of_the_sdk(way, kind, case):
    """The SDK shows what it would show if the model had answered at once, and the upstream gets what belongs there."""
    trigger, rounds = CASES[case]
    alone, usual = usually(way, kind)
    with serving(retrieves(rounds)) as server:
        seen = wait(RESPONSES[way], made(kind, server, {"trigger": trigger, "target": 3000}), **request())
        sent = server.received
    assert (seen.text, seen.calls, seen.finish) == (alone.text, alone.calls, alone.finish) == (ANSWER, [], "completed")
    assert len(sent) == 1 + rounds
    assert seen.usage["total_tokens"] == alone.usage["total_tokens"] * (1 + rounds)
    if case == "below":
        assert sent[0].content == usual.content
        assert seen.report is None or seen.report["skipped_reason"] == "below_trigger"
        return
    bodies = [json.loads(one.content) for one in sent]
    rest = {name: value for name, value in json.loads(usual.content).items() if name not in ("input", "tools")}
    for body in bodies:
        assert {name: value for name, value in body.items() if name not in ("input", "tools")} == rest
        assert len(json.dumps(body)) < len(usual.content) / 2
        assert [tool["name"] for tool in body["tools"]] == ["search", TOOL_NAME]
    for earlier, later in pairwise(bodies):
        assert later["input"][: len(earlier["input"])] == earlier["input"], "the prompt cache holds"
        made_call, output = later["input"][-2:]
        assert (made_call["type"], made_call["name"]) == ("function_call", TOOL_NAME)
        assert (output["type"], output["call_id"]) == ("function_call_output", made_call["call_id"])
    if seen.report:
        assert (seen.report["rounds"], seen.report["calls"]) == (rounds, 1 + rounds)


@every_kind
@pytest.mark.parametrize("way", ["create", "stream_true"])
def test_a_turn_with_calls_of_ours_and_theirs_is_put_together_again(way, kind):
    def script(body):
        if any(message.get("tool_call_id") == "theirs" for message in body["messages"]):
            return ANSWER
        if answered(body):
            ours = call(TOOL_NAME, {"key": keys(body)[0], "lines": "3"}, "ours")
            return [ours, call("search", {"q": "rates"}, "theirs")]
        return [call(TOOL_NAME, {"key": keys(body)[0], "lines": "1-2"}, "before")]

    async def two_requests(client, **arguments):
        if way == "create":
            first = await settled(client.responses.create(**arguments))
        else:
            events = await each(await settled(client.responses.create(**arguments, stream=True)))
            first = events[-1].response
        output = {"type": "function_call_output", "call_id": "theirs", "output": "rates.py"}
        again = [*arguments["input"], *first.output, output]
        return first, await RESPONSES[way](client, **{**arguments, "input": again})

    with serving(script) as server:
        first, second = wait(two_requests, made(kind, server), **request())
        bodies = server.bodies
    assert [item.name for item in first.output] == ["search"]
    assert second.text == ANSWER
    last = bodies[-1]["input"]
    assert last[: len(bodies[1]["input"])] == bodies[1]["input"], "the prefix is the one that was sent"
    calls = [(item["type"], item["call_id"]) for item in last[-4:]]
    assert set(calls[:2]) == {("function_call", "ours"), ("function_call", "theirs")}
    assert set(calls[2:]) == {("function_call_output", "ours"), ("function_call_output", "theirs")}


@every_kind
@pytest.mark.parametrize("state", [{"previous_response_id": "resp_1"}, {"conversation": "conv_1"}])
def test_state_of_the_provider_is_left_alone_and_the_report_says_so(kind, state):
    with serving(lambda _: ANSWER) as server:
        seen = wait(RESPONSES["create"], made(kind, server), **request(), **state)
        [one] = server.received
    with serving(lambda _: ANSWER) as server:
        wait(RESPONSES["create"], plain(kind, server), **request(), **state)
        assert server.received[0].content == one.content
    assert seen.report["skipped_reason"] == "provider_state"


@every_kind
def test_input_tokens_are_those_of_the_compressed_request(kind):
    async def count(client, **arguments):
        return (await settled(client.responses.input_tokens.count(**arguments))).input_tokens

    with serving(lambda _: ANSWER) as server:
        whole = wait(count, plain(kind, server), **request())
        counted = wait(count, made(kind, server), **request())
        wait(RESPONSES["create"], made(kind, server), **request())
        counting, asking = server.bodies[1:]
    assert counted < whole / 2
    assert counting["input"] == asking["input"]
    assert counting["tools"] == asking["tools"]


@every_kind
def test_one_text_as_input_is_compressed_too(kind):
    text = "\n\n".join(message["content"] or "" for message in openai_agent())
    with serving(retrieves(1)) as server:
        seen = wait(RESPONSES["create"], made(kind, server), model="gpt-4o", input=f"{text}\n\nWhy does it round?")
        assert seen.text == ANSWER
        assert seen.report["compressed_tokens"] <= 3000
        assert len(server.bodies) == 2


@every_kind
def test_a_background_response_is_compressed_without_the_tool(kind):
    with serving(lambda _: ANSWER) as server:
        wait(RESPONSES["create"], made(kind, server), **request(), background=True)
        [body] = server.bodies
    assert [tool["name"] for tool in body["tools"]] == ["search"]
    assert len(json.dumps(body)) < 30_000


@every_kind
@pytest.mark.parametrize("way", ["create", "stream_true"])
def test_an_error_in_a_retrieval_round_is_an_error_of_the_sdk(way, kind):
    def script(body):
        return Error(429, "overloaded") if answered(body) else retrieves(1)(body)

    with serving(script) as server, pytest.raises(openai.RateLimitError, match="overloaded"):
        wait(RESPONSES[way], made(kind, server, max_retries=0), **request())
