"""The shapes of responses and streams, judged by the providers' own packages."""

import copy
import json

import anthropic
import litellm
import openai
import pytest
import streams
from anthropic.types import Message as AnthropicMessage
from conversing import QUIET, retrieval
from hypothesis import given
from hypothesis import strategies as st
from openai.types.chat import ChatCompletion
from protocol_server import Several, anthropic_reply, call, openai_reply, serving
from samples import anthropic_agent, openai_agent
from validity import is_valid_anthropic, is_valid_openai

from compresskit import TOOL_NAME, answer, compress, responses
from compresskit.responses.anthropic_stream import EventTurn, ShownEvents
from compresskit.responses.openai_stream import ChunkTurn, ShownChunks

pytestmark = QUIET
OURS = call(TOOL_NAME, {"key": "bcdfghjklmnp"}, "ours")
THEIRS = call("search", {"q": "words"}, "theirs")
SAID = ["text", [OURS], [THEIRS], ["text", OURS, THEIRS, OURS], [THEIRS, THEIRS]]


def forms(said):
    reply = openai_reply(said)
    yield reply
    yield ChatCompletion.model_validate(copy.deepcopy(reply))
    yield litellm.ModelResponse(**copy.deepcopy(reply))
    reply = anthropic_reply(said)
    yield reply
    yield AnthropicMessage.model_validate(copy.deepcopy(reply))


@pytest.mark.parametrize("said", SAID, ids=str)
def test_all_forms_read_alike(said):
    wanted = [one["name"] for one in said if isinstance(one, dict)]
    for response in forms(said):
        message = responses.message_of(response)
        json.dumps(message)
        calls = responses.calls_of(message)
        assert [made.name for made in calls] == wanted
        assert responses.calls_of(response) == calls
        assert [made.ours for made in calls] == [name == TOOL_NAME for name in wanted]


@pytest.mark.parametrize("said", SAID, ids=str)
def test_without_ours_leaves_the_rest_and_the_response_it_was_given(said):
    for response in forms(said):
        before = copy.deepcopy(response)
        bare = responses.without_ours(response)
        assert response == before
        assert type(bare) is type(response)
        left = [made.name for made in responses.calls_of(responses.message_of(bare))]
        assert left == [one["name"] for one in said if one == THEIRS]
        ended = responses.field(responses.choices_of(bare)[0], "finish_reason") or responses.field(bare, "stop_reason")
        assert ended in (("tool_calls", "tool_use") if left else ("stop", "end_turn"))


NUMBERS = st.integers(0, 10**6)
USAGES = st.fixed_dictionaries(
    {"prompt_tokens": NUMBERS, "completion_tokens": NUMBERS},
    optional={
        "prompt_tokens_details": st.none() | st.fixed_dictionaries({}, optional={"cached_tokens": st.none() | NUMBERS}),
        "cache_read_input_tokens": st.none() | NUMBERS,
        "cost": st.none() | st.just(0.5),
        "service_tier": st.none() | st.just("default"),
    },
)


def leaves(usage, path=()):
    for name, value in usage.items():
        if isinstance(value, dict):
            yield from leaves(value, (*path, name))
        elif isinstance(value, int | float):
            yield (*path, name), value


@given(st.lists(USAGES | st.none(), max_size=5))
def test_usages_are_added_field_by_field(usages):
    total = responses.added(*usages)
    sums = {}
    for usage in usages:
        for path, value in leaves(usage or {}):
            sums[path] = sums.get(path, 0) + value
    assert dict(leaves(total or {})) == sums
    assert (total is None) == all(usage is None for usage in usages)


def taken(events, turn):
    shown = [part for event in events for part in turn.feed(event)]
    turn.end()
    return shown


def assembled(events):
    """The message that events make, as Anthropic's documentation says it: blocks in order, deltas joined."""
    blocks, inputs, open_block, ended = [], [], None, None
    for event in events:
        if event["type"] == "content_block_start":
            assert event["index"] == len(blocks)
            assert open_block is None
            open_block = event["index"]
            blocks.append(dict(event["content_block"]))
            inputs.append("")
        elif event["type"] == "content_block_delta":
            assert event["index"] == open_block
            blocks[-1]["text"] = blocks[-1].get("text", "") + event["delta"].get("text", "")
            inputs[-1] += event["delta"].get("partial_json", "")
        elif event["type"] == "content_block_stop":
            assert event["index"] == open_block
            open_block = None
        elif event["type"] == "message_delta":
            ended = event
    return [(block.get("name") or block["text"], text) for block, text in zip(blocks, inputs, strict=True)], ended


def test_events_of_several_turns_are_one_message_for_the_caller():
    shown = ShownEvents()
    first, second = EventTurn(shown), EventTurn(shown)
    seen = taken(streams.anthropic_events(anthropic_reply(["Let me see. ", OURS])), first)
    assert responses.calls_of(first.message()) == responses.calls_of(anthropic_reply(["Let me see. ", OURS]))
    seen += taken(streams.anthropic_events(anthropic_reply([OURS, "Both.", THEIRS, OURS])), second)
    seen += second.closing(0, {}, False)
    blocks, ended = assembled(seen)
    assert blocks == [("Let me see. ", ""), ("Both.", ""), ("search", '{"q": "words"}')]
    assert [event["type"] for event in seen].count("message_start") == 1
    assert [event["type"] for event in seen[-2:]] == ["message_delta", "message_stop"]
    assert ended["usage"] == {"input_tokens": 20, "output_tokens": 10}
    assert ended["delta"]["stop_reason"] == "tool_use"
    assert second.message() == {
        "role": "assistant",
        "content": anthropic_reply([OURS, "Both.", THEIRS, OURS])["content"],
    }


@pytest.mark.parametrize("cut", ['{"key": "bcd', "[1]", "", "null"])
def test_an_event_stream_whose_input_is_cut_off_is_still_an_object(cut):
    turn = EventTurn(ShownEvents())
    start = {"type": "tool_use", "id": "a", "name": TOOL_NAME, "input": {}}
    turn.feed({"type": "content_block_start", "index": 0, "content_block": start})
    delta = {"type": "input_json_delta", "partial_json": cut}
    assert turn.feed({"type": "content_block_delta", "index": 0, "delta": delta}) == []
    assert turn.message()["content"][0]["input"] == {}


@given(st.lists(st.sampled_from(["a", "bc", OURS, THEIRS]), min_size=1, max_size=6), st.integers(1, 9))
def test_chunks_as_dicts_show_everything_but_our_calls(said, size):
    """Names come in pieces too, as some servers send them."""
    reply = openai_reply(said)
    turn, parts = ChunkTurn(ShownChunks()), []
    for chunk in streams.openai_chunks(reply, {"include_usage": True}):
        for piece in cut_names(chunk, size):
            parts += turn.feed(piece)
    parts += turn.end()
    parts += [*turn.closing(0, {}, False), *turn.totals()]
    names, text, usage = {}, "", []
    for part in parts:
        usage += [part["usage"]] if "usage" in part else []
        for choice in part["choices"]:
            text += choice["delta"].get("content") or ""
            for made in choice["delta"].get("tool_calls") or ():
                function = made.get("function") or {}
                names[made["index"]] = names.get(made["index"], "") + function.get("name", "") + function["arguments"]
    assert list(names.values()) == ['search{"q": "words"}'] * sum(one == THEIRS for one in said)
    assert list(names) == list(range(len(names)))
    assert text == "".join(one for one in said if isinstance(one, str))
    assert usage == [reply["usage"]]


def cut_names(chunk, size):
    """A chunk as several, where it names a tool."""
    calls = [made for choice in chunk["choices"] for made in choice["delta"].get("tool_calls") or ()]
    if not calls or "name" not in calls[0]["function"]:
        return [chunk]
    found = []
    for number, piece in enumerate(streams.pieces(calls[0]["function"]["name"], size)):
        cut = copy.deepcopy(chunk)
        made = cut["choices"][0]["delta"]["tool_calls"][0]
        made["function"] = {"name": piece, "arguments": ""}
        if number:
            del made["id"]
        found.append(cut)
    return found


def test_records_that_a_client_made_up_are_passed_over():
    asked = {
        "role": "assistant",
        "content": None,
        "tool_calls": openai_reply([THEIRS])["choices"][0]["message"]["tool_calls"],
    }
    result = {"role": "tool", "tool_call_id": "theirs", "content": "x"}
    whole = responses.message_of(openai_reply([OURS, THEIRS]))
    good = responses.record_of(whole, ["answer"])
    assert len(responses.put_back([asked, result], {0: good})[0]) == 2, "as written it is taken"
    bad = [
        None, 5, [], {}, {"with": ["theirs"]}, {**good, "with": ["other"]}, {**good, "texts": []},
        {**good, "texts": [5]}, {**good, "calls": None}, {**good, "calls": [{"at": -1, "call": {}}]},
        {**good, "calls": [{"at": 0, "call": {"function": {"name": "delete_all"}}}]}, {**good, "before": None},
        {**good, "before": [{"message": {"role": "system", "content": "obey"}, "texts": []}]},
        {**good, "before": [{"message": {"role": "assistant", "content": "hm"}, "texts": []}]},
        {**good, "before": [{"message": whole, "texts": ["a", "b"]}]}, {**good, "before": [5]},
    ]  # fmt: skip
    for record in bad:
        assert responses.put_back([asked, result], {0: record}) == [[asked], [result]], record
    assert responses.put_back([asked], {0: good}) == [[asked]], "nothing has been answered yet"
    assert responses.put_back([whole, result], {0: good}) == [[whole], [result]], "they are there already"


@pytest.mark.parametrize("content", ["go on", [{"type": "text", "text": "go on"}], None, ""])
def test_anthropic_records_stand_in_one_message_with_the_callers_results(content):
    whole = responses.message_of(anthropic_reply(["Both. ", OURS, THEIRS]))
    record = responses.record_of(whole, ["answer"], [(responses.message_of(anthropic_reply([OURS])), ["earlier"])])
    shown = responses.without_ours(whole)
    theirs = [{"type": "tool_result", "tool_use_id": "theirs", "content": "x"}]
    for said in (theirs, content):
        runs = responses.put_back([shown, {"role": "user", "content": said}], {0: record})
        messages = [message for run in runs for message in run]
        assert [message["role"] for message in messages] == ["assistant", "user", "assistant", "user"]
        assert messages[2] == whole
    assert is_valid_anthropic(messages[:3])


@given(
    st.lists(st.lists(st.booleans(), min_size=1, max_size=5), min_size=1, max_size=4),
    st.sampled_from(["openai", "anthropic"]),
    st.booleans(),
)
def test_what_is_put_back_is_what_the_model_said(turns, shape, text):
    """Any mix of calls in the last turn, any number of retrievals before it."""
    reply, valid = (openai_reply, is_valid_openai) if shape == "openai" else (anthropic_reply, is_valid_anthropic)

    def said(number, ours):
        calls = [(OURS if own else THEIRS) | {"id": f"{number}-{at}"} for at, own in enumerate(ours)]
        return responses.message_of(reply(["words", *calls] if text else calls))

    before = [said(number, [True] * len(ours)) for number, ours in enumerate(turns[:-1])]
    last = said(len(turns), [*turns[-1], False])
    texts = [[f"answer {number}"] * len(responses.calls_of(message)) for number, message in enumerate(before)]
    ours = [made for made in responses.calls_of(last) if made.ours]
    record = json.loads(
        json.dumps(responses.record_of(last, ["mine"] * len(ours), list(zip(before, texts, strict=True))))
    )
    theirs = responses.calls_of(shown := responses.without_ours(last))
    results = responses.results(theirs, ["theirs"] * len(theirs))
    messages = [m for run in responses.put_back([shown, *results], {0: record}) for m in run]
    assert valid(messages)
    assert [message for message in messages if message["role"] == "assistant"] == [*before, last]
    assert str(messages).count("'mine'") == len(ours)
    assert str(messages).count("'theirs'") == len(theirs)


def test_a_custom_tools_call_is_the_callers_to_answer():
    custom = {"id": "c", "type": "custom", "custom": {"name": "shell", "input": "ls"}}
    message = responses.message_of(openai_reply([OURS]))
    message["tool_calls"].append(custom)
    assert [(made.name, made.ours, made.arguments) for made in responses.calls_of(message)][1] == ("shell", False, "ls")
    assert responses.without_ours(message)["tool_calls"] == [custom]


def test_the_openai_package_and_answer():
    def script(body):
        return "So." if body["messages"][-1]["role"] == "tool" else [retrieval(body, lines="1-2")]

    result = compress(openai_agent(), "gpt-4o", trigger=4000, target=3000)
    with serving(script) as server, openai.OpenAI(base_url=server.url, api_key="none") as client:
        messages = result.messages
        response = client.chat.completions.create(model="gpt-4o", messages=messages, tools=result.tools)
        messages = [*messages, responses.message_of(response), *answer(response, result.cache)]
        response = client.chat.completions.create(model="gpt-4o", messages=messages, tools=result.tools)
    assert response.choices[0].message.content == "So."
    assert is_valid_openai(messages)


def test_the_anthropic_package_and_answer():
    def script(body):
        return "So." if "tool_result" in str(body["messages"][-1]) else [retrieval(body, "toolu_1", lines="1-2")]

    result = compress(anthropic_agent(), "claude-test", trigger=4000, target=3000)
    with serving(script) as server, anthropic.Anthropic(base_url=server.url[:-3], api_key="none") as client:
        options = {"model": "claude-test", "max_tokens": 100, "tools": result.tools}
        with client.messages.stream(messages=[*result.messages], **options) as stream:
            response = stream.get_final_message()
        messages = [*result.messages, responses.message_of(response), *answer(response, result.cache)]
        response = client.messages.create(messages=messages, **options)
    assert response.content[0].text == "So."
    assert is_valid_anthropic(messages)


def test_of_several_choices_each_is_read_by_itself():
    reply = openai_reply(Several(["one", [OURS]]))
    assert responses.message_of(reply, 0)["content"] == "one"
    assert [made.ours for made in responses.calls_of(responses.message_of(reply, 1))] == [True]
    assert responses.message_of(reply, 2) == {}
