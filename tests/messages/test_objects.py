"""Messages as the SDKs give them: objects are read like the dicts that they stand for."""

import copy
import json

import litellm
import openai.types.chat
import openai.types.responses
import pytest
from anthropic.types import Message as AnthropicMessage
from anthropic.types import TextBlock
from google.genai import types
from openai.types.responses import Response
from oracles import difference, walk
from plain_messages import exchange, said

from compresskit import TOOL_NAME, Conversation, answer, completion, compress, restore

# litellm's own models make pydantic warn; that is not ours to mend.
pytestmark = pytest.mark.filterwarnings("ignore:.*ReadOnly:UserWarning:pydantic")
MODEL = "gpt-4o"
LONG = "\n".join(f"{number}: the tax of order {number * 7} is rounded" for number in range(400))
CALL = {"id": "a", "type": "function", "function": {"name": "read", "arguments": '{"path": "a.py"}'}}


def chat_message():
    message = {"role": "assistant", "content": None, "refusal": None, "tool_calls": [CALL]}
    choice = {"index": 0, "finish_reason": "tool_calls", "logprobs": None, "message": message}
    fields = {"id": "c", "object": "chat.completion", "created": 1, "model": "gpt-4o", "choices": [choice]}
    return openai.types.chat.ChatCompletion.model_validate(fields).choices[0].message


def litellm_message():
    return litellm.Message(role="assistant", content=None, tool_calls=[copy.deepcopy(CALL)])


def anthropic_message():
    blocks = [
        {"type": "text", "text": "Let me look."},
        {"type": "tool_use", "id": "a", "name": "read", "input": {"path": "a.py"}},
    ]
    fields = {"id": "m", "type": "message", "role": "assistant", "model": "claude-sonnet-4-5", "content": blocks}
    usage = {"input_tokens": 1, "output_tokens": 1}
    return AnthropicMessage.model_validate({**fields, "stop_reason": "tool_use", "stop_sequence": None, "usage": usage})


def response(items):
    fields = {"id": "r", "object": "response", "created_at": 1, "model": "gpt-5", "output": items, "tools": []}
    return Response.model_validate({**fields, "parallel_tool_calls": True, "tool_choice": "auto"})


ITEMS = [
    {"type": "reasoning", "id": "rs_1", "summary": [], "encrypted_content": "gAAA", "status": None},
    {"type": "message", "id": "msg_1", "role": "assistant", "status": "completed",
     "content": [{"type": "output_text", "text": "I look.", "annotations": []}]},
    {"type": "function_call", "id": "fc_1", "call_id": "a", "name": "read", "arguments": '{"path": "a.py"}'},
]  # fmt: skip


def chat(message):
    result = {"role": "tool", "tool_call_id": "a", "content": LONG}
    return [said("openai", "user", "Why?"), message, result, said("openai", "assistant", "So."), *end("openai")]


def anthropic(message):
    block = {"type": "tool_result", "tool_use_id": "a", "content": [TextBlock(type="text", text=LONG, citations=None)]}
    result = {"role": "user", "content": [block]}
    return [
        said("anthropic", "user", "Why?"),
        message,
        result,
        said("anthropic", "assistant", "So."),
        *end("anthropic"),
    ]


def items():
    result = {"type": "function_call_output", "call_id": "a", "output": LONG}
    return [said("responses", "user", "Why?"), *response(ITEMS).output, result, *end("responses")]


def end(shape):
    return [said(shape, "user", "Go on."), *exchange(shape, "read", {}, "short", "z"), said(shape, "user", "And then?")]


def plain(message):
    """The dict that an SDK would send."""
    if isinstance(message, AnthropicMessage):
        return {"role": message.role, "content": [plain(block) for block in message.content]}
    if isinstance(message, dict):
        return {name: plain(value) for name, value in message.items()}
    if isinstance(message, list):
        return [plain(item) for item in message]
    return message.model_dump(exclude_none=True) if hasattr(message, "model_dump") else message


HISTORIES = {
    "openai": lambda: chat(chat_message()),
    "litellm": lambda: chat(litellm_message()),
    "anthropic": lambda: anthropic(anthropic_message()),
    "responses": items,
}


@pytest.mark.parametrize("name", HISTORIES)
@pytest.mark.parametrize("trigger", [2_000, 10**6])
def test_objects_are_read_like_their_dicts_and_left_as_they_were(name, trigger):
    messages, untouched, dicts = HISTORIES[name](), HISTORIES[name](), plain(HISTORIES[name]())
    result = compress(messages, MODEL, trigger=trigger)
    assert result == compress(dicts, MODEL, trigger=trigger)
    assert bool(result.cache) == (trigger < 10**6)
    assert difference(restore(result.messages, result.cache), dicts) is None
    assert all(type(item) in (dict, list) for item in walk(result.messages))
    json.dumps(result.messages)
    assert messages == untouched
    assert all(type(one) is type(other) for one, other in zip(messages, untouched, strict=True))


@pytest.mark.parametrize("name", HISTORIES)
def test_a_conversation_of_objects_goes_on(name):
    messages = HISTORIES[name]()
    before = compress(messages, MODEL, trigger=2_000)
    more = [*messages, messages[1], *messages[2:3]] if name != "responses" else [*messages, *messages[1:5]]
    after = compress(more, MODEL, trigger=20_000, previous=before, on_entry=True)
    assert after.messages[: len(before.messages)] == before.messages
    assert restore(after.messages, after.cache) == plain(more)
    added = [*before.messages, *more[len(messages) :]]
    assert restore(added, before.cache) == plain(more), "also if they were added behind a result"


def test_a_whole_history_of_objects_may_be_kept_by_a_conversation():
    talk = Conversation(MODEL, trigger=2_000)
    talk.append(*HISTORIES["openai"]())
    assert restore(talk.request()["messages"], talk.result.cache) == plain(HISTORIES["openai"]())


def test_completion_sends_the_dicts():
    messages = HISTORIES["litellm"]()
    response = completion(MODEL, messages, trigger=2_000, on_error="raise", mock_response="Fine.")
    assert response.choices[0].message.content == "Fine."
    report = response._hidden_params["compresskit"]
    assert report["error"] is None
    assert report["compressed_tokens"] <= 2_000


def test_what_an_sdk_keeps_from_being_sent_is_left_out():
    call = {**ITEMS[2], "parsed_arguments": {"path": "a.py"}}
    parsed = openai.types.responses.ParsedResponseFunctionToolCall.model_validate(call)
    result = {"type": "function_call_output", "call_id": "a", "output": "42"}
    assert compress([said("responses", "user", "?"), parsed, result], MODEL).messages[1] == ITEMS[2]


def test_a_response_of_responses_is_answered_as_an_object():
    call = {**ITEMS[2], "name": TOOL_NAME, "arguments": '{"key": "bcdfghjklmnp"}'}
    found = answer(response([*ITEMS[:2], call]), {"bcdfghjklmnp": "one\ntwo"})
    assert found == [{"type": "function_call_output", "call_id": "a", "output": "one\ntwo"}]


def test_the_objects_of_google_are_contents_with_base64_in_place_of_bytes():
    parts = [
        types.Part(text="What is in the picture?"),
        types.Part(inline_data=types.Blob(data=b"\x89PNG\xff\xfe", mime_type="image/png")),
    ]
    called = types.Part(function_call=types.FunctionCall(name="read", args={"path": "a"}), thought_signature=b"\xffsig")
    code = types.Part(executable_code=types.ExecutableCode(code="1 + 1", language=types.Language.PYTHON))
    result = types.FunctionResponse(name="read", response={"output": LONG})
    contents = [
        types.Content(role="user", parts=parts),
        types.Content(role="model", parts=[code, called]),
        types.Content(role="user", parts=[types.Part(function_response=result)]),
        {"role": "model", "parts": [types.Part(text="Done.")]},
        types.UserContent("And now?"),
    ]
    before = copy.deepcopy(contents)
    found = compress(contents, "gemini-2.5-pro", trigger=2000)
    assert contents == before
    assert found.target_met
    json.dumps(found.messages)
    restored = restore(found.messages, found.cache)
    again = [types.Content.model_validate(one) for one in restored]
    assert [one.model_dump() for one in again] == [types.Content.model_validate(one).model_dump() for one in before]
    assert restored[1]["parts"][1]["thought_signature"] == "_3NpZw=="
