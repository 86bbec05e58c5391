"""Answers to the retrieval calls in the responses of every client, as objects or dicts."""

import json

import litellm
import pytest
from anthropic.types import Message as AnthropicMessage
from openai.types.chat import ChatCompletion
from oracles import visible_keys
from protocol_server import anthropic_reply, call, openai_reply
from samples import anthropic_agent, openai_agent

from compresskit import TOOL_NAME, answer, compress, restore

# litellm's own models make pydantic warn on Python < 3.12; that is not ours to mend.
pytestmark = pytest.mark.filterwarnings("ignore:.*ReadOnly:UserWarning:pydantic")
MODEL = "gpt-4o"
LINES = [f"line {n} of the report" for n in range(1, 1001)]
KEY = "bcdfghjklmnp"
CACHE = {KEY: "\n".join(LINES), "zzzzzzzzzzzz": "another text"}


def openai_forms(calls):
    reply = openai_reply(calls)
    return {
        "dict": reply,
        "openai object": ChatCompletion.model_validate(json.loads(json.dumps(reply))),
        "litellm object": litellm.ModelResponse(**json.loads(json.dumps(reply))),
    }


def anthropic_forms(calls):
    reply = anthropic_reply(calls)
    return {"dict": reply, "anthropic object": AnthropicMessage.model_validate(json.loads(json.dumps(reply)))}


def retrieval(arguments, call_id="call_1"):
    return call(TOOL_NAME, arguments, call_id)


@pytest.mark.parametrize("form", ["dict", "openai object", "litellm object"])
def test_a_call_in_an_openai_response_is_answered(form):
    (message,) = answer(openai_forms([retrieval({"key": KEY, "lines": "13-14"}, "call_9")])[form], CACHE)
    assert message["role"] == "tool"
    assert message["tool_call_id"] == "call_9"
    assert "\n".join(LINES[12:14]) in message["content"]
    assert set(message) <= {"role", "tool_call_id", "content", "name"}
    json.dumps(message)


@pytest.mark.parametrize("form", ["dict", "anthropic object"])
def test_a_call_in_an_anthropic_response_is_answered(form):
    (message,) = answer(anthropic_forms([retrieval({"key": KEY, "lines": "13-14"}, "toolu_9")])[form], CACHE)
    assert message["role"] == "user"
    (block,) = message["content"]
    assert (block["type"], block["tool_use_id"]) == ("tool_result", "toolu_9")
    assert "\n".join(LINES[12:14]) in block["content"]
    json.dumps(message)


@pytest.mark.parametrize("form", ["dict", "openai object", "litellm object"])
def test_parallel_calls_are_answered_in_order_and_others_left_to_the_caller(form):
    calls = [
        retrieval({"key": KEY, "head": 1}, "a"),
        call("search", {"key": KEY}, "b"),
        retrieval({"key": "zzzzzzzzzzzz"}, "c"),
        retrieval({"key": "unknownunkno"}, "d"),
    ]
    messages = answer(openai_forms(calls)[form], CACHE)
    assert [message["tool_call_id"] for message in messages] == ["a", "c", "d"]
    assert "another text" in messages[1]["content"]


@pytest.mark.parametrize("form", ["dict", "anthropic object"])
def test_parallel_anthropic_calls_are_answered_in_one_message(form):
    calls = [
        retrieval({"key": KEY, "lines": "1"}, "a"),
        call("Bash", {}, "b"),
        retrieval({"key": "zzzzzzzzzzzz"}, "c"),
    ]
    (message,) = answer(anthropic_forms(calls)[form], CACHE)
    assert [block["tool_use_id"] for block in message["content"]] == ["a", "c"]


@pytest.mark.parametrize("said", ["All done.", "", [call("search", {})]], ids=["text", "nothing", "another tool"])
def test_a_response_without_a_retrieval_call_needs_no_answer(said):
    for response in [*openai_forms(said).values(), *anthropic_forms(said).values()]:
        assert answer(response, CACHE) == []


@pytest.mark.parametrize("make", [openai_agent, anthropic_agent])
def test_an_answer_makes_a_valid_next_request(make):
    """The whole loop by hand: compress, a call, an answer, compress again; what was retrieved is there."""
    result = compress(make(), MODEL, trigger=4000, target=3000)
    keys = visible_keys(make(), result.messages)
    reply = (openai_reply if make is openai_agent else anthropic_reply)([retrieval({"key": keys[0]})])
    said = reply["choices"][0]["message"] if "choices" in reply else {"role": "assistant", "content": reply["content"]}
    grown = [*result.messages, said, *answer(reply, result.cache)]
    again = compress(grown, MODEL, trigger=4000, target=3000, tools=result.tools, cache=result.cache)
    assert again.messages[-1] == grown[-1]
    assert again.tools == result.tools
    assert restore(again.messages, again.cache) == [*make(), *grown[-2:]]


def test_a_search_for_tools_that_the_program_does_not_pass_is_no_faulty_retrieval():
    reply = openai_reply([call("compresskit_find_tools", '{"query": "weather"}', "call_1")])
    (message,) = answer(reply, CACHE)
    assert message["tool_call_id"] == "call_1"
    assert "tools that you were given" in message["content"]
    assert TOOL_NAME not in message["content"]
