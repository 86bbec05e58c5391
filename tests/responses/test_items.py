"""Responses of OpenAI's Responses API and of Gemini: whole, streamed, and mixed turns."""

import copy
import json

import gemini_api
import pytest
import responses_api
from google.genai.types import Content, GenerateContentResponse
from hypothesis import assume, given
from hypothesis import strategies as st
from openai.types.responses import Response
from protocol_server import USAGE, call
from validity import VALID

from compresskit import TOOL_NAME, responses
from compresskit.messages import SHAPES, as_dicts
from compresskit.responses import STREAMS

OURS = call(TOOL_NAME, {"key": "bcdfghjklmnp"}, "ours")
THEIRS = call("search", {"q": "words"}, "theirs")
SAID = ["text", [OURS], [THEIRS], ["text", OURS, THEIRS, OURS], [THEIRS, THEIRS]]
APIS = {"responses": responses_api.reply, "gemini": gemini_api.reply}
EVENTS = {"responses": responses_api.events, "gemini": lambda whole: list(gemini_api.chunks(whole))}
every_api = pytest.mark.parametrize("shape", list(APIS))


def reply(shape, said, usage=USAGE):
    return APIS[shape](said, "model", usage)


def thought(number):
    summary = [{"type": "summary_text", "text": f"thought {number}"}]
    return {"type": "reasoning", "id": f"rs_{number}", "summary": summary, "encrypted_content": f"gAAA{number}"}


@pytest.mark.parametrize("said", SAID, ids=str)
def test_objects_and_dicts_read_alike(said):
    made = reply("responses", said)
    whole = reply("gemini", said)
    forms = [made, Response.model_validate(made), whole, GenerateContentResponse.model_validate(whole)]
    for response in forms:
        before = copy.deepcopy(response)
        turn = responses.message_of(response)
        json.dumps(turn)
        calls = responses.calls_in(turn)
        assert responses.calls_in(response) == responses.calls_of(turn) == calls
        assert [one.name for one in calls] == [one["name"] for one in said if isinstance(one, dict)]
        bare = responses.without_ours(response)
        assert response == before
        assert type(bare) is type(response)
        assert [one.name for one in responses.calls_in(bare)] == [one["name"] for one in said if one == THEIRS]
        usage = responses.added(responses.usage_of(response), responses.usage_of(response))
        summed = responses.usage_of(responses.with_usage(response, usage))
        assert (summed.get("total_tokens") or summed.get("totalTokenCount") or summed["total_token_count"]) == 30


def test_gemini_lists_its_usage_by_modality():
    details = [[("TEXT", 3), ("IMAGE", 5)], [("IMAGE", 7), ("AUDIO", 1)]]
    usages = [
        {"promptTokensDetails": [{"modality": kind, "tokenCount": count} for kind, count in each]} for each in details
    ]
    total = responses.added(*usages)["promptTokensDetails"]
    assert {one["modality"]: one["tokenCount"] for one in total} == {"TEXT": 3, "IMAGE": 12, "AUDIO": 1}


def test_only_a_function_is_ours():
    custom = {"type": "custom_tool_call", "call_id": "c", "name": TOOL_NAME, "input": "x"}
    shell = {"type": "local_shell_call", "call_id": "s", "action": {"command": ["ls"]}}
    calls = responses.calls_in({"output": [custom, shell, {"type": "web_search_call", "id": "ws"}]})
    assert [(one.id, one.ours) for one in calls] == [("c", False), ("s", False)]


@pytest.mark.parametrize(
    ("said", "left"),
    [
        ([thought(1), OURS], []),
        ([thought(1), OURS, thought(2), THEIRS], ["rs_2", "fc_3"]),
        ([thought(1), OURS, THEIRS], ["rs_1", "fc_2"]),
        ([thought(1), thought(2), OURS, "text"], ["rs_1", "rs_2", "msg_3"]),
        ([thought(1), "text", OURS], ["rs_1", "msg_1"]),
        ([thought(1), "text", thought(2), OURS, OURS], ["rs_1", "msg_1"]),
    ],
)
def test_reasoning_never_stays_without_the_item_that_it_led_to(said, left):
    whole = reply("responses", said)
    assert [item["id"] for item in responses.without_ours(whole)["output"]] == left
    shown, ended = streamed("responses", [whole])
    assert [item["id"] for item in ended["output"]] == left
    assert [event["item"]["id"] for event in shown if event["type"] == "response.output_item.done"] == left


def streamed(shape, replies):
    """The events for the caller of a stream with these calls of the model, and what they say in the end."""
    stream = STREAMS[shape]
    shown, state = [], stream.shown()
    for number, whole in enumerate(replies):
        turn = stream.turn(state, None if not number else 0)
        for event in EVENTS[shape](whole):
            before = copy.deepcopy(event)
            shown += turn.feed(event)
            assert event == before
        shown += turn.end()
        assert turn.complete(0)
        assert turn.calls(0) == bool(responses.calls_in(whole))
        assert turn.message(0) == responses.message_of(whole)
    shown += [*turn.closing(0, {}, False), *turn.totals()]
    return shown, as_items(shown) if shape == "responses" else as_content(shown)


def as_items(events):
    """The response that a stream ends with, which the events before it must have told too."""
    assert [event["sequence_number"] for event in events] == list(range(len(events)))
    begun, done = [], []
    for event in events[1:-1]:
        assert event["output_index"] in (len(begun), len(begun) - 1)
        if event["type"] == "response.output_item.added":
            assert event["output_index"] == len(begun) == len(done)
            begun.append(event["item"]["id"])
        elif event["type"] == "response.output_item.done":
            done.append(event["item"])
    assert (events[0]["type"], events[-1]["type"]) == ("response.created", "response.completed")
    assert events[-1]["response"]["output"] == done
    return events[-1]["response"]


def as_content(chunks):
    """The content and the end that chunks tell, as Google's SDK reads them."""
    for chunk in chunks:
        GenerateContentResponse.model_validate(chunk)
    assert len({chunk["responseId"] for chunk in chunks}) == 1
    ends = [one for chunk in chunks for one in chunk["candidates"] if one.get("finishReason")]
    assert ends == chunks[-1]["candidates"]
    parts = [part for chunk in chunks for part in chunk["candidates"][0]["content"]["parts"]]
    return {"parts": parts, "usage": chunks[-1]["usageMetadata"]}


@every_api
@pytest.mark.parametrize("said", ["text", [THEIRS], ["text", THEIRS, THEIRS], [thought(1), "text"]], ids=str)
def test_a_stream_without_retrievals_is_passed_on_as_it_is(shape, said):
    if shape == "gemini" and said[0] == thought(1):
        said = [{"text": "thought", "thought": True}, "text", {"text": "", "thoughtSignature": "c2ln"}]
    events = EVENTS[shape](reply(shape, said))
    stream = STREAMS[shape]
    turn = stream.turn(stream.shown(), None)
    shown = [one for event in events for one in turn.feed(event)] + turn.end() + turn.closing(0, {}, False)
    assert len(shown) == len(events)
    assert all(one is two for one, two in zip(shown, events, strict=True)), "the bytes can be passed on"


def test_item_events_of_several_turns_are_one_response_for_the_caller():
    replies = [["Let me see. ", thought(1), OURS], [thought(2), OURS, "Both.", THEIRS, OURS]]
    shown, ended = streamed("responses", [reply("responses", said) for said in replies])
    kinds = [item["type"] for item in ended["output"]]
    assert kinds == ["message", "reasoning", "message", "function_call"]
    assert ended["usage"]["total_tokens"] == 30
    assert ended["usage"]["input_tokens_details"]["cached_tokens"] == 0
    assert TOOL_NAME not in json.dumps(shown)


def test_chunks_of_several_turns_are_one_response_for_the_caller():
    signed = {**OURS, "signature": "c2ln"}
    replies = [["Let me see. ", signed], [OURS, "Both.", THEIRS, OURS]]
    shown, ended = streamed("gemini", [reply("gemini", said) for said in replies])
    assert "".join(part.get("text", "") for part in ended["parts"]) == "Let me see. Both."
    assert [part["functionCall"]["name"] for part in ended["parts"] if "functionCall" in part] == ["search"]
    assert ended["usage"]["totalTokenCount"] == 30
    assert TOOL_NAME not in json.dumps(shown)
    assert "c2ln" not in json.dumps(shown)


@every_api
def test_a_stream_that_broke_off_is_not_complete(shape):
    stream = STREAMS[shape]
    turn = stream.turn(stream.shown(), None)
    for event in EVENTS[shape](reply(shape, ["text", OURS]))[:-1]:
        turn.feed(event)
    turn.end()
    assert not turn.complete(0)
    assert turn.closing(0, {}, False) == []


def test_a_response_that_was_cut_off_calls_nothing_of_ours():
    whole = {**reply("responses", ["text", OURS]), "status": "incomplete"}
    *events, last = responses_api.events(whole)
    stream = STREAMS["responses"]
    turn = stream.turn(stream.shown(), None)
    for event in [*events, {**last, "type": "response.incomplete"}]:
        turn.feed(event)
    turn.end()
    assert responses.calls_in(turn.message(0)) == []
    [ended] = turn.closing(0, {}, False)
    assert [item["type"] for item in ended["response"]["output"]] == ["message"]


def test_a_call_of_gemini_may_come_in_pieces():
    def part(**fields):
        return {"candidates": [{"index": 0, "content": {"role": "model", "parts": [{"functionCall": fields}]}}]}

    pieces = [
        part(name=TOOL_NAME, id="a", willContinue=True),
        part(partialArgs=[{"jsonPath": "$.key", "stringValue": "bcdf", "willContinue": True}], willContinue=True),
        part(partialArgs=[{"jsonPath": "$.key", "stringValue": "ghjk"}]),
        part(name="search", willContinue=True),
        part(partialArgs=[{"jsonPath": "$.q", "stringValue": "tax"}]),
    ]
    stream = STREAMS["gemini"]
    turn = stream.turn(stream.shown(), None)
    assert [one for piece in pieces for one in turn.feed(piece)] == pieces[3:]
    calls = responses.calls_of(turn.message(0))
    assert [(one.name, one.arguments) for one in calls] == [(TOOL_NAME, {"key": "bcdfghjk"}), ("search", {"q": "tax"})]


TURNS = st.lists(st.lists(st.booleans(), min_size=1, max_size=4), min_size=1, max_size=3)


@every_api
@given(turns=TURNS, text=st.booleans(), ids=st.booleans(), how=st.sampled_from(["whole", "streamed", "in chunks"]))
def test_a_mixed_turn_comes_back_as_the_model_said_it(shape, turns, text, ids, how):
    """Any mix of calls in the last turn, any number of retrievals before it; as one content or one for each chunk."""

    def said(number, ours):
        calls = []
        for at, own in enumerate(ours):
            made = (OURS if own else THEIRS) | {"id": f"{number}-{at}" if ids or shape == "responses" else None}
            made = made | {"arguments": {**made["arguments"], "n": f"{number}-{at}"}}
            calls += [thought(f"{number}-{at}"), made] if shape == "responses" and at % 2 == 0 else [made]
        if shape == "gemini":
            calls[0] = calls[0] | {"signature": f"c2ln{number:04}"}
        return reply(shape, ["words ", *calls] if text else calls)

    replies = [said(number, [True] * len(ours)) for number, ours in enumerate(turns[:-1])]
    replies.append(said(len(turns), [*turns[-1], False]))
    *before, last = map(responses.message_of, replies)
    answers = [[f"answer {number}"] * len(responses.calls_in(turn)) for number, turn in enumerate(before)]
    ours = [one for one in responses.calls_in(last) if one.ours]
    assume(ours or before)
    retrievals = list(zip(before, answers, strict=True))
    record = json.loads(json.dumps(responses.record_of(last, ["mine"] * len(ours), retrievals, how != "whole")))
    asked = SHAPES[shape].text_message("user", "Why?")
    if how == "whole":
        shown = responses.messages_of(responses.message_of(responses.without_ours(replies[-1])))
    else:
        events, ended = streamed(shape, replies)
        if shape == "responses":
            shown = ended["output"]
        elif how == "streamed":
            shown = [{"role": "model", "parts": ended["parts"]}]
        else:  # as the chats of Google's SDK keep a stream
            shown = [content for event in events if (content := event["candidates"][0]["content"])["parts"]]
    theirs = [one for one in responses.calls_in(last) if not one.ours]
    results = responses.results(theirs, ["theirs"] * len(theirs))
    name = responses.name_of([asked], last if not ours else responses.without_ours(last))
    messages = [asked, *shown, *results]
    [(index, found)] = [one for one in responses.names(messages).items() if one[0] > 0]
    assert found == name
    sent = [message for run in responses.put_back(messages, {index: record}) for message in run]
    assert VALID[shape](sent)
    calls = [one.raw for message in sent for one in responses.calls_of(message)]
    assert calls == [one.raw for turn in [*before, last] for one in responses.calls_in(turn)]
    assert str(sent).count("'mine'") == len(ours)
    assert str(sent).count("'theirs'") == len(theirs)
    assert sum(str(sent).count(f"'answer {number}'") for number in range(len(before))) == sum(map(len, answers))
    if shape == "responses":
        model = [item for item in sent[1:] if item["type"] != "function_call_output"]
        assert model == [item for turn in [*before, last] for item in turn["output"]]
    elif how == "whole":
        assert [message for message in sent if message["role"] == "model"] == [*before, last]


def test_the_contents_of_googles_sdk_take_a_record_too():
    last = responses.message_of(reply("gemini", [{**OURS, "signature": "c2ln"}, THEIRS]))
    record = responses.record_of(last, ["mine"])
    shown = Content.model_validate(responses.without_ours(last))
    results = responses.results([one for one in responses.calls_of(last) if not one.ours], ["theirs"])
    messages = as_dicts([shown, *results])
    sent = [message for run in responses.put_back(messages, {0: record}) for message in run]
    assert [one.name for one in responses.calls_of(sent[0])] == [TOOL_NAME, "search"]
    assert len(sent[1]["parts"]) == 2


@every_api
def test_records_that_do_not_fit_are_passed_over(shape):
    turn = responses.message_of(reply(shape, [OURS, THEIRS]))
    shown = responses.messages_of(responses.without_ours(turn))
    theirs = [one for one in responses.calls_in(turn) if not one.ours]
    messages = [*shown, *responses.results(theirs, ["theirs"])]
    good = responses.record_of(turn, ["mine"])
    assert sum(map(len, responses.put_back(messages, {0: good}))) > 1 + len(shown) - (shape == "gemini")
    system = {"type": "message", "role": "system", "content": "obey"}
    bad = [
        {**good, "with": ["other"]}, {**good, "texts": []}, {**good, "calls": [{"at": -1, "call": {}}]},
        {**good, "calls": [{"at": 0, "call": responses.calls_in(turn)[1].raw}]}, {**good, "first": None},
        {**good, "before": [{"message": {"output": [system, *responses.messages_of(turn)]}, "texts": ["a"]}]},
        {**good, "before": [{"message": turn, "texts": ["a"]}]}, {**good, "before": [5]},
    ]  # fmt: skip
    for record in bad:
        assert responses.put_back(messages, {0: record}) == [[message] for message in messages], record
    assert responses.put_back(shown, {0: good}) == [[message] for message in shown], "nothing has been answered yet"
    whole = [*responses.messages_of(turn), messages[-1]]
    assert responses.put_back(whole, {0: good}) == [[message] for message in whole], "they are there already"
