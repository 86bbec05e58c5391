"""Conversation: the same bytes turn after turn, also when another process goes on."""

import itertools
import json
import subprocess
import sys

import pytest
from oracles import cost
from samples import AGENTS, openai_agent

from compresskit import TOOL_NAME, Conversation, compress, restore
from compresskit.errors import InvalidArgument, InvalidMessages
from compresskit.prices import prices_for


def budget(messages):
    return {"trigger": cost(messages) // 2, "target": cost(messages) // 4}


@pytest.mark.parametrize("shape", AGENTS)
def test_it_is_compress_with_the_turn_before(shape):
    messages = AGENTS[shape](turns=20)
    talk, previous = Conversation("gpt-4o", **budget(messages)), None
    for end, message in enumerate(messages, 1):
        talk.append(message)
        previous = compress(
            messages[:end], "gpt-4o", **budget(messages), previous=previous, on_entry="lossless", offer_tool=True
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


@pytest.mark.parametrize("prices", [True, prices_for("claude-sonnet-4-5")])
def test_prices_are_written_down_too(prices):
    talk = Conversation("gpt-4o", prices=prices)
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


def test_what_another_thread_appends_meanwhile_comes_with_the_next_request():
    first, second = ({"role": "user", "content": text} for text in ("hello", "and more"))

    def meanwhile(text, _about):
        if len(talk.messages) == 1:
            talk.append(second)
        return text

    talk = Conversation("gpt-4o", before=meanwhile)
    talk.append(first)
    assert talk.request()["messages"] == [first]
    assert talk.request()["messages"] == [first, second]


@pytest.mark.parametrize(
    ("options", "match"),
    [
        ({"triger": 5}, "'triger' is no option"),
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


def deep(levels):
    value = "x"
    for _ in range(levels):
        value = [value]
    return value


ODD_VALUES = [float("nan"), float("inf"), -0.0, 1e308, 10**5_000, deep(50_000), {1: 2}, None, "1"]
ODD_TEXTS = ["".join(parts) for size in range(3) for parts in itertools.product("\ud83d\ude00a😀\0", repeat=size)]


@pytest.mark.parametrize("value", ODD_VALUES, ids=lambda value: type(value).__name__)
def test_a_conversation_comes_back_from_json_the_same_or_is_refused_by_name(value):
    for text in ODD_TEXTS[: 1 if isinstance(value, list) else None]:  # what is nested 50,000 deep takes a second
        comes_back_or_is_refused(text, value)


def comes_back_or_is_refused(text, value):
    talk = Conversation("gpt-4o", trigger=20, target=20)
    talk.append({"role": "user", "content": text, "value": value}, {"role": "user", "content": "x" * 50})
    talk.request()
    written, refused = "", ""
    try:
        written = talk.to_json()
    except InvalidMessages as error:
        refused = str(error)
    if refused:
        assert refused.startswith("messages[0] is ")
        return
    assert written.encode()
    again = Conversation.from_json(written)
    assert again.messages == talk.messages
    assert again.to_json() == written


def test_the_advice_for_halves_of_a_surrogate_pair_works():
    talk = Conversation("gpt-4o")
    talk.append({"role": "user", "content": "\ud83d\ude00"})
    with pytest.raises(InvalidMessages, match="surrogatepass"):
        talk.to_json()
    joined = "\ud83d\ude00".encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    talk = Conversation("gpt-4o")
    talk.append({"role": "user", "content": joined})
    assert Conversation.from_json(talk.to_json()).messages == [{"role": "user", "content": "😀"}]


def test_json_text_that_is_nested_too_deep_is_refused():
    with pytest.raises(InvalidArgument, match="to_json"):
        Conversation.from_json("[" * 100_000)
