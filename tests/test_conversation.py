"""Conversation: the same bytes turn after turn, also when another process goes on."""

import json
import subprocess
import sys

import pytest
from oracles import cost
from samples import anthropic_agent, openai_agent

from compresskit import TOOL_NAME, Conversation, compress, restore
from compresskit.errors import InvalidArgument, InvalidMessages
from compresskit.prices import prices_for

AGENTS = {"openai": openai_agent, "anthropic": anthropic_agent}


def budget(messages):
    return {"trigger": cost(messages) // 2, "target": cost(messages) // 4}


@pytest.mark.parametrize("shape", AGENTS)
def test_it_is_compress_with_the_turn_before(shape):
    messages = AGENTS[shape](turns=20)
    talk, previous = Conversation("gpt-4o", **budget(messages)), None
    for end, message in enumerate(messages, 1):
        talk.append(message)
        previous = compress(
            messages[:end], "gpt-4o", **budget(messages), previous=previous, on_entry=True, offer_tool=True
        )
        assert talk.request() == previous.request
    assert talk.result.cache
    assert restore(talk.result.messages, talk.result.cache) == messages


def test_another_process_goes_on_with_the_same_bytes():
    messages = openai_agent(turns=30)
    here = Conversation("gpt-4o", **budget(messages))
    for message in messages[:-4]:
        here.append(message)
        here.request()
    program = """
import json, sys
from compresskit import Conversation
text, rest = json.load(sys.stdin)
talk = Conversation.from_json(text)
for message in rest:
    talk.append(message)
    talk.request()
print(json.dumps(talk.request()))
"""
    given = json.dumps([here.to_json(), messages[-4:]])
    there = subprocess.run([sys.executable, "-c", program], input=given, capture_output=True, text=True, check=True)
    for message in messages[-4:]:
        here.append(message)
        here.request()
    assert there.stdout.strip() == json.dumps(here.request())


def test_prices_are_written_down_too():
    talk = Conversation("gpt-4o", prices=prices_for("claude-sonnet-4-5"))
    talk.append({"role": "user", "content": "hello"})
    later = Conversation.from_json(talk.to_json())
    assert later.request() == talk.request()
    assert later.to_json() == talk.to_json()


def test_retrieval_calls_are_answered_and_a_key_stays_its_own():
    messages = openai_agent(turns=30)
    talk = Conversation("gpt-4o", **budget(messages))
    talk.append(*messages)
    talk.request()
    key, text = next((key, text) for key, text in talk.result.cache.items() if not text.startswith("[{"))
    function = {"name": TOOL_NAME, "arguments": json.dumps({"key": key})}
    call = {
        "role": "assistant",
        "content": None,
        "tool_calls": [{"id": "r1", "type": "function", "function": function}],
    }
    (answer,) = talk.answer({"choices": [{"message": call}]})
    assert answer["content"][:200] == text[:200]
    talk.append(call, answer)
    assert talk.request()["messages"][-1] == answer
    assert talk.answer({"choices": [{"message": {"role": "assistant", "content": "done"}}]}) == []


def test_what_is_appended_is_not_the_callers_any_more():
    message = {"role": "user", "content": "hello"}
    talk = Conversation("gpt-4o")
    talk.append(message)
    message["content"] = "changed"
    talk.request()["messages"][0]["content"] = "changed too"
    assert talk.request()["messages"] == [{"role": "user", "content": "hello"}]


@pytest.mark.parametrize(
    ("options", "match"),
    [
        ({"triger": 5}, "triger is no option"),
        ({"protect": bool}, "protect is a function"),
        ({"on_entry": 1}, "on_entry"),
    ],
)
def test_wrong_options_are_errors(options, match):
    with pytest.raises(InvalidArgument, match=match):
        Conversation("gpt-4o", **options).request()


@pytest.mark.parametrize("text", ["", "{}", "[]", "null", '{"compresskit_conversation": 9}', "no json", None])
def test_only_what_was_written_is_read(text):
    with pytest.raises(InvalidArgument, match=r"expected|version"):
        Conversation.from_json(text)


@pytest.mark.parametrize("given", [("gpt-4o", -1), ("gpt-4o", 10, 20), (5,)])
def test_wrong_arguments_are_errors_at_once(given):
    with pytest.raises(InvalidArgument, match="expected"):
        Conversation(*given)


def test_a_wrong_message_is_not_added():
    talk = Conversation("gpt-4o")
    with pytest.raises(InvalidMessages, match="a dict with a role was expected"):
        talk.append({"role": "user", "content": "hi"}, "x")
    assert talk.messages == []
