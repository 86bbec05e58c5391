"""Sessions of real clients in the shapes of Responses, Gemini and Converse: compressed, grown and restored."""

import json

import pytest
from client_sessions import SESSIONS, codex_session, converse_loop, gemini_chat
from oracles import cost, difference, opaque, visible_keys
from plain_messages import exchange, said, talk
from replaying import broken, replay
from validity import breaches

from compresskit import TOOL_NAME, answer, compress, restore, retrieve
from compresskit.messages.retrieval_tool import has_ours, schema
from evals.harness.validity_apis import tool_names

MODEL = "gpt-4o"
POINT = {"cachePoint": {"type": "default"}}
every_session = pytest.mark.parametrize("name", SESSIONS)


def session(name, turns=6):
    make, shape = SESSIONS[name]
    return make(turns), shape


@every_session
@pytest.mark.parametrize("share", [0.8, 0.5, 0.3])
def test_a_session_comes_to_its_target_and_stays_a_request_of_its_api(name, share):
    messages, shape = session(name)
    target = int(share * cost(messages))
    result = compress(messages, MODEL, trigger=target, target=target)
    assert result.cache or shape == "converse"  # all of which is before its last cache point
    assert breaches(shape, messages, result) == []
    assert difference(restore(result.messages, result.cache), messages) is None
    assert result.target_met or result.compressed_tokens == result.floor_tokens


@every_session
def test_no_law_breaks_while_a_session_grows(name):
    messages, shape = session(name, 4)
    trigger = cost(messages) // 2
    for history, previous, result in replay(messages, "auto", on_entry=True, trigger=trigger):
        assert broken(shape, history, previous, result) == [], len(history)


@every_session
def test_what_is_signed_or_encrypted_stays_or_goes_whole(name):
    messages, _ = session(name)
    left = iter(opaque(messages))
    kept = opaque(compress(messages, MODEL, trigger=3_000, target=3_000).messages)
    for block in kept:
        assert any(block == original for original in left)


def test_reasoning_goes_with_what_followed_it():
    """Whichever calls fold, no reasoning item is left alone, and no call without the reasoning that it had."""
    messages = codex_session(12)
    for target in range(2_000, 16_000, 2_000):
        kept = compress(messages, MODEL, trigger=target, target=target).messages
        for index, item in enumerate(messages):
            if item["type"] == "reasoning":
                assert (item in kept) == (messages[index + 1] in kept)
                assert item not in kept or kept[kept.index(item) + 1] == messages[index + 1]


def test_a_signature_stays_beside_its_call():
    contents = gemini_chat(12)
    kept = [part for content in compress(contents, MODEL, trigger=6_000).messages for part in content["parts"]]
    signed = [part for part in kept if "thoughtSignature" in part]
    assert 0 < len(signed) < 13
    assert all(part in [one for content in contents for one in content["parts"]] for part in signed)


def test_the_long_texts_of_a_response_are_taken_out_and_the_rest_of_it_stays():
    response = {"exitCode": 0, "files": [{"name": "a.py", "text": "x = 1\n" * 4_000}], "ok": True}
    contents = [
        said("gemini", "user", "Read it."),
        *exchange("gemini", "read", {}, "x"),
        said("gemini", "model", "Done."),
    ]
    contents[2]["parts"][0]["functionResponse"]["response"] = response
    contents += [
        said("gemini", "user", "Go on."),
        *exchange("gemini", "read", {}, "y" * 50),
        said("gemini", "user", "?"),
    ]
    result = compress(contents, MODEL, trigger=2_000, protect=[0, 1])
    found = result.messages[2]["parts"][0]["functionResponse"]["response"]
    assert len(found["files"][0]["text"]) < 2_000
    assert {**found, "files": [{**found["files"][0], "text": response["files"][0]["text"]}]} == response
    assert restore(result.messages, json.loads(json.dumps(result.cache))) == contents


def test_responses_and_calls_without_ids_belong_together_by_name_and_order():
    calls = [("read", "a.py", None), ("search", "tax", "7"), ("read", "b.py", None)]
    made, answers = [], []
    for name, asked, identity in calls:
        more = {"id": identity} if identity else {}
        made.append({"functionCall": {"name": name, "args": {"asked": asked}, **more}})
        text = f"The answer about {asked}. " * 300
        answers.append({"functionResponse": {"name": name, "response": {"output": text}, **more}})
    turn = [{"role": "model", "parts": made}, {"role": "user", "parts": [answers[1], answers[0], answers[2]]}]
    contents = [said("gemini", "user", "?"), *turn, *talk("gemini", "So?", "Well.", "So?")[1:]]
    result = compress(contents, MODEL, trigger=900, target=900, protect=[1])
    stubs = [part["functionResponse"]["response"]["output"] for part in result.messages[2]["parts"]]
    for stub, asked in zip(stubs, ("tax", "a.py", "b.py"), strict=True):
        assert asked in stub.partition("]")[0]


def test_a_cache_point_keeps_what_is_before_it_where_the_caller_wants_that():
    messages = converse_loop(8)
    for message in messages[3:]:
        message["content"] = [block for block in message["content"] if "cachePoint" not in block]
    messages[2]["content"].append({"cachePoint": {"type": "default"}})
    messages += [said("converse", "assistant", "Read."), said("converse", "user", "Go on.")]
    kept = compress(messages, MODEL, trigger=4_000, cached="keep")
    assert kept.cache
    assert kept.messages[:3] == messages[:3]
    moved = compress(messages, MODEL, trigger=4_000)
    assert moved.messages[2] != messages[2], "by default a mark says what to cache, not what to keep"
    assert [block for message in moved.messages for block in message["content"] if "cachePoint" in block] == [POINT] * 2


def test_a_cache_point_that_moves_on_with_every_turn_breaks_nothing_that_was_sent():
    """Converse has its points as blocks of their own, which clients put behind the newest result each time."""
    bare = unmarked(converse_loop(12))
    previous, sent = None, []
    for end in range(1, len(bare) + 1, 2):
        turn = [*bare[: end - 1], {**bare[end - 1], "content": [POINT, *bare[end - 1]["content"], POINT]}]
        result = compress(turn, MODEL, trigger=12_000, target=6_000, previous=previous, on_entry=True)
        assert difference(restore(result.messages, result.cache), turn) is None
        if result.skipped_reason == "fits_trigger":
            assert unmarked(result.messages)[: len(sent)] == sent
        sent, previous = unmarked(result.messages), result
    assert previous.cache


def unmarked(messages):
    return [
        {**message, "content": [block for block in message["content"] if "cachePoint" not in block]}
        for message in messages
    ]


# --- The tool and its answers ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("shape", "tool", "name"),
    [
        ("responses", {"type": "function", "name": "search", "parameters": {}}, "name"),
        ("gemini", {"functionDeclarations": [{"name": "search"}, {"name": "read"}]}, "functionDeclarations"),
        ("gemini", {"function_declarations": [{"name": "search"}]}, "function_declarations"),
        ("gemini", {"googleSearch": {}}, "functionDeclarations"),
        ("converse", {"toolSpec": {"name": "search", "inputSchema": {"json": {}}}}, "toolSpec"),
    ],
)
def test_our_tool_is_declared_as_the_api_has_it_and_beside_the_callers(shape, tool, name):
    before = json.dumps(tool)
    result = compress([said(shape, "user", "hi")], MODEL, shape=shape, tools=[tool], offer_tool=True)
    assert name in result.tools[-1]
    assert tool_names(result.tools[-1])[-1] == TOOL_NAME
    assert has_ours(result.tools)
    assert len(result.tools) == (1 if shape == "gemini" and name in tool else 2), (
        "Vertex AI takes one list of functions"
    )
    assert json.dumps(tool) == before
    again = compress(result.messages, MODEL, shape=shape, tools=result.tools, offer_tool=True)
    assert again.tools == result.tools


def responses_reply(calls):
    items = [{"type": "function_call", "call_id": one, "name": name, "arguments": json.dumps(given), "id": "fc"}
             for one, name, given in calls]  # fmt: skip
    return {"object": "response", "output": [{"type": "reasoning", "id": "rs", "summary": []}, *items]}


def gemini_reply(calls):
    parts = [{"functionCall": {"id": one, "name": name, "args": given}} for one, name, given in calls]
    return {"candidates": [{"content": {"role": "model", "parts": [{"text": "so"}, *parts]}, "finishReason": "STOP"}]}


def converse_reply(calls):
    uses = [{"toolUse": {"toolUseId": one, "name": name, "input": given}} for one, name, given in calls]
    return {"output": {"message": {"role": "assistant", "content": [{"text": "so"}, *uses]}}, "stopReason": "tool_use"}


REPLIES = {"responses": responses_reply, "gemini": gemini_reply, "converse": converse_reply}


@pytest.mark.parametrize("shape", REPLIES)
def test_retrieval_calls_are_answered_in_the_shape_and_those_of_others_left(shape):
    messages = (
        SESSIONS["codex"][0]()
        if shape == "responses"
        else next(make() for make, of in SESSIONS.values() if of == shape)
    )
    messages = [*messages, said(shape, "assistant", "Read."), said(shape, "user", "Go on.")]
    messages = [message for message in messages if "cachePoint" not in str(message)]
    result = compress(messages, MODEL, trigger=4_000, shape=shape)
    key = visible_keys(messages, result.messages)[0]
    calls = [("a", TOOL_NAME, {"key": key, "lines": "1-3"}), ("b", "search", {}), ("c", TOOL_NAME, {"key": "x"})]
    reply = REPLIES[shape](calls)
    texts = str(answer(reply, result.cache))
    assert json.dumps(retrieve(result.cache, key, lines="1-3"))[1:60] in json.dumps(answer(reply, result.cache))
    assert "No text is stored" in texts
    ours = REPLIES[shape](calls[:1])
    made = {
        "responses": lambda: ours["output"],
        "gemini": lambda: [ours["candidates"][0]["content"]],
        "converse": lambda: [ours["output"]["message"]],
    }[shape]()
    grown = [*result.messages, *made, *answer(ours, result.cache)]
    again = compress(grown, MODEL, trigger=4_000, shape=shape, cache=result.cache, tools=result.tools)
    assert breaches(shape, grown, again, result.tools) == []
    assert again.messages[-1] == grown[-1], "what was just retrieved stays"
    assert answer(REPLIES[shape]([]), result.cache) == []


def test_the_tool_of_responses_leaves_its_optional_parameters_optional():
    assert schema("responses")["strict"] is False
