"""completion() in all its ways, whole and streamed, sync and async: the model asks, and is answered."""

import json

import litellm
import pytest
from conversing import QUIET, ROOM, WAYS, after, ask, keys_in, names_of, report, retrieval, take
from oracles import tokens
from protocol_server import Error, Several, call, serving
from samples import OWN_TOOL, openai_agent
from validity import is_valid_openai

import compresskit
from compresskit import TOOL_NAME, InvalidArgument, compress, retrieve
from compresskit.retrieval import text_view

pytestmark = QUIET
every_way = pytest.mark.parametrize("way", WAYS)


def once(said):
    """A model that makes these calls when it is asked, and answers in words after that."""

    def script(body):
        return "All is explained." if after(body) else said(body)

    return script


def originals():
    """What compress takes out of the sample, by key."""
    return compress(openai_agent(), "gpt-4o", trigger=4000, target=3000).cache


@every_way
def test_a_retrieval_is_answered_and_the_caller_sees_the_answer_only(way):
    with serving(once(lambda body: [retrieval(body, lines="1-3")])) as server:
        response = ask(way, server, openai_agent())
    first, second = server.bodies
    message = response.choices[0].message
    assert (message.content, message.tool_calls, response.choices[0].finish_reason) == (
        "All is explained.",
        None,
        "stop",
    )
    assert second["messages"][: len(first["messages"])] == first["messages"], "the prompt cache holds"
    assert second["tools"] == first["tools"]
    assert names_of(first["tools"]) == [TOOL_NAME]
    made, answered = second["messages"][len(first["messages"]) :]
    assert names_of(made["tool_calls"]) == [TOOL_NAME]
    key = keys_in(first)[0]
    assert answered["content"] == retrieve(originals(), key, lines="1-3")
    assert report(response) == {
        **report(response), "calls": 2, "rounds": 1, "limit": None, "error": None, "skipped_reason": None,
        "target_met": True, "retrieved_tokens": tokens(answered["content"]),
    }  # fmt: skip


@every_way
def test_usage_is_that_of_all_calls(way):
    def usage(body):
        used = 100 + 10 * after(body)
        details = {
            "prompt_tokens_details": {"cached_tokens": used // 2},
            "completion_tokens_details": {"reasoning_tokens": 3},
        }
        return {"prompt_tokens": used, "completion_tokens": 7, "total_tokens": used + 7, **details}

    options = {"stream_options": {"include_usage": True}} if "streamed" in way else {}
    with serving(once(lambda body: [retrieval(body)]), usage) as server:
        response = ask(way, server, openai_agent(), **options)
    used = response.usage
    assert (used.prompt_tokens, used.completion_tokens, used.total_tokens) == (210, 14, 224)
    assert used.prompt_tokens_details.cached_tokens == 105
    assert used.completion_tokens_details.reasoning_tokens == 6


@every_way
def test_parallel_retrievals_are_all_answered(way):
    def said(body):
        return [
            retrieval(body, "a", 0, lines="1"),
            retrieval(body, "b", 1, lines="2"),
            retrieval(body, "c", 0, lines="3"),
        ]

    with serving(once(said)) as server:
        response = ask(way, server, openai_agent())
    assert [m["tool_call_id"] for m in server.bodies[1]["messages"][-3:]] == ["a", "b", "c"]
    assert is_valid_openai(server.bodies[1]["messages"])
    assert (report(response)["rounds"], report(response)["calls"]) == (1, 2)


WRONG = ["", "{", "[]", '{"key": null}', '{"key": "zzzzzzzzzzzz"}', '{"lines": "1-2"}', '{"key": 5}']


@every_way
@pytest.mark.parametrize("arguments", WRONG)
def test_a_call_that_makes_no_sense_is_answered_with_help(way, arguments):
    with serving(once(lambda _: [call(TOOL_NAME, arguments, "odd")])) as server:
        response = ask(way, server, openai_agent())
    answered = server.bodies[1]["messages"][-1]
    assert answered["tool_call_id"] == "odd"
    assert "key" in answered["content"]
    assert response.choices[0].message.content == "All is explained."


@every_way
@pytest.mark.parametrize("tools", [None, [OWN_TOOL]], ids=["only ours", "with others"])
def test_a_model_that_asks_again_and_again_is_made_to_answer(way, tools):
    """The last call offers no retrieval; a model that calls it all the same is not shown to the caller."""
    with serving(lambda body: [retrieval(body, f"r{len(body['messages'])}")]) as server:
        response = ask(way, server, openai_agent(), tools=tools, max_rounds=2, max_retrieved_tokens=100_000)
    assert len(server.bodies) == 3
    *_, last = server.bodies
    assert last.get("tool_choice") == "none" or TOOL_NAME not in names_of(last["tools"])
    assert last["tools"], "an empty list is no valid request"
    assert "drop_params" not in last
    for earlier, later in zip(server.bodies, server.bodies[1:], strict=False):
        assert later["messages"][: len(earlier["messages"])] == earlier["messages"]
    message = response.choices[0].message
    assert not message.tool_calls
    assert response.choices[0].finish_reason == "stop"
    assert (report(response)["rounds"], report(response)["limit"]) == (2, "max_rounds")


@every_way
def test_retrieved_tokens_are_bounded_over_all_calls(way):
    with serving(lambda body: [retrieval(body, f"r{len(body['messages'])}")]) as server:
        response = ask(way, server, openai_agent(), max_rounds=50, max_retrieved_tokens=1500)
    assert report(response)["limit"] == "max_retrieved_tokens"
    assert 1400 < report(response)["retrieved_tokens"] <= 1500
    grown = sum(tokens(m["content"]) for m in server.bodies[-1]["messages"] if m["role"] == "tool")
    before = sum(tokens(m["content"]) for m in server.bodies[0]["messages"] if m["role"] == "tool")
    assert grown - before <= 1550


@every_way
def test_a_model_that_needs_nothing_is_called_once(way):
    with serving(lambda _: "All is explained.") as server:
        response = ask(way, server, openai_agent())
    assert response.choices[0].message.content == "All is explained."
    assert len(server.bodies) == 1
    assert (report(response)["calls"], report(response)["rounds"]) == (1, 0)


@every_way
def test_below_the_trigger_the_request_is_litellms_own(way):
    messages = [{"role": "user", "content": "hi"}, litellm.Message(content="hello"), {"role": "user", "content": "so?"}]
    options = {"tools": [OWN_TOOL], "temperature": 0.5, "stop": ["x"], "seed": 7}
    with serving(lambda _: "Nothing to say.") as server:
        ask(way, server, messages, **options)
        plain = dict(model="openai/gpt-4o", messages=messages, api_base=server.url, api_key="none", **options)
        if "streamed" in way:
            list(litellm.completion(**plain, stream=True))
        else:
            litellm.completion(**plain)
    ours, theirs = server.bodies
    assert json.dumps(ours, sort_keys=True) == json.dumps(theirs, sort_keys=True)


@every_way
def test_a_failure_of_compression_sends_the_request_as_it_was(way):
    def protect(_message):
        raise RuntimeError("out of order")

    with serving(lambda _: "fine") as server:
        response = ask(way, server, openai_agent(), protect=protect)
        litellm.completion("openai/gpt-4o", openai_agent(), api_base=server.url, api_key="none")
        assert server.bodies[0]["messages"] == server.bodies[1]["messages"]
        assert "tools" not in server.bodies[0]
        assert report(response)["error"] == "RuntimeError", "what it says may be content"
        with pytest.raises(RuntimeError, match="out of order"):
            ask(way, server, openai_agent(), protect=protect, on_error="raise")
    assert len(server.bodies) == 2


@every_way
def test_a_text_that_cannot_be_retrieved_is_said_to_the_model(way, monkeypatch):
    def failing(*_):
        raise KeyError("a secret of the text")

    monkeypatch.setattr(text_view, "score", failing)
    with serving(lambda body: "So." if after(body) else [retrieval(body, query="parser")]) as server:
        response = ask(way, server, openai_agent())
        assert response.choices[0].message.content == "So."
        assert "could not be retrieved" in server.bodies[1]["messages"][-1]["content"]
        assert report(response)["error"] == "KeyError"
        with pytest.raises(KeyError):
            ask(way, server, openai_agent(), on_error="raise")


@pytest.mark.parametrize(
    "wrong",
    [
        {"trigger": 0}, {"target": 5000}, {"max_rounds": 0}, {"max_rounds": True}, {"max_retrieved_tokens": -1},
        {"on_error": "ignore"}, {"store": {}}, {"router": 5}, {"query": 5}, {"recoverable": 1}, {"cache": 5},
    ],
)  # fmt: skip
@pytest.mark.parametrize("way", ["whole", "awaited"])
def test_a_wrong_option_is_an_error_even_where_failures_are_sent(way, wrong):
    with serving([]) as server, pytest.raises(InvalidArgument, match=next(iter(wrong))):
        ask(way, server, openai_agent(), **wrong)
    assert server.bodies == []


@every_way
def test_an_error_of_the_model_in_a_later_call_is_the_callers(way):
    script = once(lambda body: [retrieval(body)])
    refused = pytest.raises(litellm.BadRequestError, match="too long")
    with serving(lambda body: Error(400, "too long") if after(body) else script(body)) as server, refused:
        ask(way, server, openai_agent(), num_retries=0, max_retries=0)
    assert len(server.bodies) == 2


@every_way
def test_each_of_several_choices_is_answered_by_itself(way):
    def script(body):
        if after(body):
            return f"Now I know {body['messages'][-1]['tool_call_id']}."
        return Several([[retrieval(body, "one", 0)], "I know.", ["Hm. ", retrieval(body, "three", 1)]])

    with serving(script) as server:
        if "streamed" in way:
            given = {
                "model": "openai/gpt-4o",
                "messages": openai_agent(),
                "api_base": server.url,
                "api_key": "none",
                "n": 3,
            }
            said = ["", "", ""]
            for chunk in take(way, given | ROOM)[0]:
                for choice in chunk.choices:
                    assert not choice.delta.tool_calls
                    said[choice.index] += choice.delta.content or ""
            assert said == ["Now I know one.", "I know.", "Hm. Now I know three."]
        else:
            response = ask(way, server, openai_agent(), n=3)
            assert [choice.message.content for choice in response.choices] == [
                "Now I know one.", "I know.", "Now I know three."
            ]  # fmt: skip
            assert [choice.index for choice in response.choices] == [0, 1, 2]
            assert response.usage.total_tokens == 45
    assert [body.get("n") for body in server.bodies] == [3, 1, 1]


def test_a_router_is_called_instead_of_litellm():
    with serving(once(lambda body: [retrieval(body)])) as server:
        params = {"model": "openai/gpt-4o", "api_base": server.url, "api_key": "none"}
        router = litellm.Router(model_list=[{"model_name": "clever", "litellm_params": params}])
        for way in WAYS:
            response = ask(way, server, openai_agent(), model="clever", router=router)
            assert response.choices[0].message.content == "All is explained."
    assert len(server.bodies) == 8


class Answers:
    """Any object with completion(): says what it is told to."""

    def __init__(self, *responses):
        self.responses = iter(responses)

    def completion(self, **_):
        return next(self.responses)

    acompletion = None


@pytest.mark.parametrize(
    "odd",
    [
        litellm.ModelResponse(choices=[]),
        {"choices": []},
        {"choices": [{"message": None}]},
        {"choices": [{"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": None}}]},
        {"choices": [{"message": {"role": "assistant", "tool_calls": None, "content": "x"}}], "usage": None},
        {},
    ],
)
def test_a_response_that_says_nothing_comes_back_as_it_is(odd):
    kept = odd.model_dump() if isinstance(odd, litellm.ModelResponse) else dict(odd)
    response = compresskit.completion("gpt-4o", openai_agent(), trigger=4000, target=3000, router=Answers(odd))
    assert (response if isinstance(response, dict) else response.model_dump()) == kept


def test_what_litellm_logs_is_not_changed_behind_its_back():
    """LiteLLM's threads read the response they returned; a summed usage in it would be billed twice."""
    call_ = {"id": "a", "type": "function", "function": {"name": TOOL_NAME, "arguments": "{}"}}
    asked = litellm.ModelResponse(
        choices=[{"message": {"role": "assistant", "tool_calls": [call_]}}],
        usage={"prompt_tokens": 1, "total_tokens": 1},
    )
    told = litellm.ModelResponse(
        choices=[{"message": {"role": "assistant", "content": "so"}}], usage={"prompt_tokens": 2, "total_tokens": 2}
    )
    kept = asked.model_dump_json(), told.model_dump_json()
    told._hidden_params["response_cost"] = asked._hidden_params["response_cost"] = 0.25
    response = compresskit.completion("gpt-4o", openai_agent(), trigger=4000, target=3000, router=Answers(asked, told))
    assert (asked.model_dump_json(), told.model_dump_json()) == kept
    assert "compresskit" not in told._hidden_params
    assert response.usage.prompt_tokens == 3
    assert response._hidden_params["response_cost"] == 0.5


def test_the_callers_messages_stay_as_they_are():
    messages = openai_agent()
    with serving(once(lambda body: [retrieval(body)])) as server:
        ask("whole", server, messages)
    assert messages == openai_agent()
