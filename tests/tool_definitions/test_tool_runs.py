"""Whole runs: the model finds a deferred tool and calls it, and the program sees a call of its own tool."""

import json

import pytest
import responses_api
from conversing import QUIET, WAYS, ask, report, take
from google.genai import types
from langchain.agents import create_agent
from langchain_core.tools import tool as langchain_tool
from langchain_openai import ChatOpenAI
from openai import OpenAI as PlainOpenAI
from protocol_server import USAGE, anthropic_reply, call, openai_reply, serving
from tool_sets import functions, tools_in
from validity import VALID

import compresskit
from compresskit import Conversation, InvalidArgument, clients
from compresskit.chat.loop import whole
from compresskit.chat.steps import run
from compresskit.clients.options import Settings
from compresskit.integrations.langchain import CompressMiddleware
from compresskit.integrations.litellm.prepare import Turn, prepared
from compresskit.integrations.litellm.settings import Settings as ProxySettings
from compresskit.messages.search_tools import CALL_TOOL, FIND_TOOL
from compresskit.messages.tools import names_of
from compresskit.responses import calls_in

pytestmark = QUIET
BUDGET = 3_000
FUNCTIONS = functions()
REFUND = {"payment_intent": "pi_1", "amount": 500}
ASKED = "Please take care of order 17."


def deferred_call(name, arguments, call_id="c"):
    return call(CALL_TOOL, {"name": name, "arguments": json.dumps(arguments)}, call_id)


def refunding(final="The money is on its way."):
    """A model that searches, calls with a wrong amount, is told so, and calls rightly; then the result is there."""
    return [
        ["Let me look. ", call(FIND_TOOL, {"query": "pay a customer back"}, "f1")],
        [deferred_call("stripe_create_refund", {**REFUND, "amount": "five"}, "c1")],
        [deferred_call("stripe_create_refund", REFUND, "c2")],
        final,
    ]


def sent_names(body):
    return [name for one in body["tools"] for name in names_of(one)]


def check(bodies, shape, key):
    """The requests that the provider got: one list of tools, valid messages, and the definition before the call."""
    assert len(bodies) == 4
    assert all(body["tools"] == bodies[0]["tools"] for body in bodies), "the tools are a stable prefix"
    assert {FIND_TOOL, CALL_TOOL} <= set(sent_names(bodies[0]))
    assert "stripe_create_refund" not in sent_names(bodies[0])
    assert all(VALID[shape](body[key]) for body in bodies)
    assert bodies[3][key][: len(bodies[0][key])] == bodies[0][key]
    first, wrong = json.dumps(bodies[1][key]), json.dumps(bodies[2][key])
    assert "smallest unit of the currency" in first, "the whole definition is in the answer"
    assert "amount: 'five' is not of type 'integer'" in wrong
    assert "smallest unit of the currency" in json.dumps(bodies[3][key]), "and it is still there in the next turn"


@pytest.mark.parametrize("way", WAYS)
def test_completion_answers_searches_and_corrects_a_wrong_call(way):
    tools = tools_in("openai", FUNCTIONS)
    messages = [{"role": "user", "content": ASKED}]
    with serving(refunding()) as server:
        response = ask(way, server, messages, tools=tools, trigger=50_000, target=None, tool_budget=BUDGET)
        message = response.choices[0].message
        [made] = message.tool_calls
        assert (made.id, made.function.name, json.loads(made.function.arguments)) == (
            "c2",
            "stripe_create_refund",
            REFUND,
        )
        assert response.choices[0].finish_reason == "tool_calls"
        assert report(response)["rounds"] == 2
        assert report(response)["deferred_tools"] > 30
        grown = [*messages, message.model_dump(), {"role": "tool", "tool_call_id": "c2", "content": "succeeded"}]
        last = ask(way, server, grown, tools=tools, trigger=50_000, target=None, tool_budget=BUDGET)
        assert last.choices[0].message.content == "The money is on its way."
    check(server.bodies, "openai", "messages")


def test_no_chunk_of_a_stream_shows_our_tools():
    options = {"model": "openai/gpt-4o", "messages": [{"role": "user", "content": ASKED}], "tool_budget": BUDGET}
    with serving(refunding()) as server:
        options |= {"api_base": server.url, "api_key": "none", "tools": tools_in("openai", FUNCTIONS)}
        chunks, _ = take("streamed", options)
    deltas = [chunk.choices[0].delta for chunk in chunks]
    calls = [one.function for delta in deltas for one in delta.tool_calls or ()]
    assert [one.name for one in calls if one.name] == ["stripe_create_refund"]
    assert json.loads("".join(one.arguments for one in calls)) == REFUND
    assert "".join(delta.content or "" for delta in deltas) == "Let me look. "


def openai_chat(server, streams):
    client = clients.OpenAI(base_url=server.url, api_key="none", compresskit={"tool_budget": BUDGET})
    request = {"model": "gpt-4o", "tools": tools_in("openai", FUNCTIONS)}
    messages = [{"role": "user", "content": ASKED}]
    for _ in range(2):
        if streams:
            with client.chat.completions.stream(**request, messages=messages) as stream:
                message = stream.get_final_completion().choices[0].message
        else:
            message = client.chat.completions.create(**request, messages=messages).choices[0].message
        made = [(one.function.name, json.loads(one.function.arguments)) for one in message.tool_calls or ()]
        yield made or message.content
        messages = [*messages, message.model_dump(exclude_none=True)]
        messages += [{"role": "tool", "tool_call_id": one.id, "content": "ok"} for one in message.tool_calls or ()]


def openai_responses(server, streams):
    client = clients.OpenAI(base_url=server.url, api_key="none", compresskit={"tool_budget": BUDGET})
    request = {"model": "gpt-4o", "tools": tools_in("responses", FUNCTIONS)}
    items = [{"role": "user", "content": ASKED}]
    for _ in range(2):
        if streams:
            with client.responses.stream(**request, input=items) as stream:
                response = stream.get_final_response()
        else:
            response = client.responses.create(**request, input=items)
        made = [item for item in response.output if item.type == "function_call"]
        yield [(item.name, json.loads(item.arguments)) for item in made] or response.output_text
        items = [
            *items,
            *(item.model_dump(exclude_none=True, exclude={"parsed_arguments"}) for item in response.output),
        ]
        items += [{"type": "function_call_output", "call_id": item.call_id, "output": "ok"} for item in made]


def anthropic_messages(server, streams):
    url = server.url.removesuffix("/v1")
    client = clients.Anthropic(base_url=url, api_key="none", compresskit={"tool_budget": BUDGET})
    request = {"model": "claude-test", "max_tokens": 100, "tools": tools_in("anthropic", FUNCTIONS)}
    messages = [{"role": "user", "content": ASKED}]
    for _ in range(2):
        if streams:
            with client.messages.stream(**request, messages=messages) as stream:
                message = stream.get_final_message()
        else:
            message = client.messages.create(**request, messages=messages)
        made = [block for block in message.content if block.type == "tool_use"]
        yield [(block.name, block.input) for block in made] or message.content[-1].text
        blocks = [block.model_dump(include={"type", "text", "id", "name", "input"}) for block in message.content]
        answers = [{"type": "tool_result", "tool_use_id": block.id, "content": "ok"} for block in made]
        messages = [*messages, {"role": "assistant", "content": blocks}, {"role": "user", "content": answers}]


def gemini(server, streams):
    http = types.HttpOptions(base_url=server.url.removesuffix("/v1"), retry_options={"attempts": 1})
    client = clients.Gemini(api_key="none", http_options=http, compresskit={"tool_budget": BUDGET})
    config = {
        "tools": tools_in("gemini", FUNCTIONS),
        "automatic_function_calling": {"disable": True},
    }
    contents = [types.Content(role="user", parts=[types.Part(text=ASKED)])]
    for _ in range(2):
        request = {"model": "gemini-2.5-pro", "contents": contents, "config": config}
        models = client.models
        found = list(models.generate_content_stream(**request)) if streams else [models.generate_content(**request)]
        parts = [part for one in found for part in (one.candidates[0].content.parts or ())]
        made = [part.function_call for part in parts if part.function_call]
        yield [(one.name, one.args) for one in made] or "".join(part.text or "" for part in parts)
        answers = [
            types.Part(function_response=types.FunctionResponse(id=one.id, name=one.name, response={"output": "ok"}))
            for one in made
        ]
        contents = [*contents, types.Content(role="model", parts=parts), types.Content(role="user", parts=answers)]


SESSIONS = {
    openai_chat: ("openai", "messages"),
    openai_responses: ("responses", "input"),
    anthropic_messages: ("anthropic", "messages"),
    gemini: ("gemini", "contents"),
}


@pytest.mark.parametrize("streams", [False, True], ids=["whole", "streamed"])
@pytest.mark.parametrize("session", SESSIONS)
def test_clients_answer_searches_and_correct_a_wrong_call(session, streams):
    with serving(refunding()) as server:
        called, text = session(server, streams)
    assert called == [("stripe_create_refund", REFUND)]
    assert text == "The money is on its way."
    check(server.bodies, *SESSIONS[session])


@pytest.mark.parametrize("streams", [False, True], ids=["whole", "streamed"])
@pytest.mark.parametrize("session", SESSIONS)
def test_a_turn_may_search_and_call_deferred_and_offered_tools(session, streams):
    """The caller sees its own two calls; the search and the wrong call are answered when it comes back."""
    mixed = [
        call(FIND_TOOL, {"query": "send mail"}, "f1"),
        call("github_create_issue", {"owner": "a", "repo": "b", "title": "c"}, "own"),
        deferred_call("redis_get", {"key": "user:1"}, "c1"),
        deferred_call("redis_set", {"key": "user:1"}, "c2"),
    ]
    with serving([mixed, "Done."]) as server:
        called, text = session(server, streams)
    assert sorted(name for name, _ in called) == ["github_create_issue", "redis_get"]
    assert dict(called)["redis_get"] == {"key": "user:1"}
    assert text == "Done."
    shape, key = SESSIONS[session]
    assert VALID[shape](server.bodies[1][key])
    shown = json.dumps(server.bodies[1][key])
    assert "gmail_send_email" in shown
    assert "'value' is a required property" in shown


def test_the_loop_ends_after_its_rounds_and_found_tools_can_still_be_called():
    search = [call(FIND_TOOL, {"query": "refund"}, "f")]
    with serving([search, search, [deferred_call("stripe_create_refund", REFUND)]]) as server:
        options = {"tools": tools_in("openai", FUNCTIONS), "tool_budget": BUDGET, "max_rounds": 2}
        response = ask("whole", server, [{"role": "user", "content": ASKED}], **options)
    assert response.choices[0].message.tool_calls[0].function.name == "stripe_create_refund"
    assert report(response)["limit"] == "max_rounds"
    assert FIND_TOOL not in sent_names(server.bodies[2])
    assert CALL_TOOL in sent_names(server.bodies[2])


def test_a_call_by_the_tools_own_name_is_checked_as_well():
    wrong = [call("stripe_create_refund", {"amount": 1}, "c1")]
    right = [call("stripe_create_refund", REFUND, "c2")]
    for way in ("whole", "streamed"):
        with serving([wrong, right]) as server:
            options = {"tools": tools_in("openai", FUNCTIONS), "tool_budget": BUDGET}
            response = ask(way, server, [{"role": "user", "content": ASKED}], **options)
        [made] = response.choices[0].message.tool_calls
        assert (made.id, made.function.name) == ("c2", "stripe_create_refund")
        assert "'payment_intent' is a required property" in json.dumps(server.bodies[1]["messages"])


def test_a_tool_that_is_forced_is_offered_whole():
    forced = {"type": "function", "function": {"name": "weather_get_forecast"}}
    with serving([[call("weather_get_forecast", {"location": "Rome"}, "c")]]) as server:
        options = {"tools": tools_in("openai", FUNCTIONS), "tool_budget": BUDGET, "tool_choice": forced}
        ask("whole", server, [{"role": "user", "content": ASKED}], **options)
    whole = next(one for one in options["tools"] if one["function"]["name"] == "weather_get_forecast")
    assert whole in server.bodies[0]["tools"]


def test_ten_turns_of_a_conversation_have_one_list_of_tools():
    """Whatever is found and called meanwhile; with an option for it, calls stay the caller's own."""
    tools = tools_in("openai", FUNCTIONS)
    names = [one["name"] for one in FUNCTIONS]
    talk = Conversation("openai/gpt-4o", trigger=100_000, tool_budget=BUDGET)
    messages = [{"role": "user", "content": ASKED}]
    calls = [(name, f"t{turn}") for turn, name in enumerate(reversed(names[-10:]))]
    arguments = {one["name"]: dict.fromkeys(one["parameters"]["required"], "x") for one in FUNCTIONS}
    arguments["kubernetes_scale_deployment"]["replicas"] = 3
    arguments["gmail_send_email"]["to"] = ["a@example.com"]
    script = []
    for name, number in calls:
        script += [[call(FIND_TOOL, {"query": name}, f"f{number}")], [deferred_call(name, arguments[name], number)]]
    with serving(script) as server:
        for name, number in calls:
            options = {"tools": tools, "conversation": talk, "api_base": server.url, "api_key": "none"}
            response = compresskit.completion("openai/gpt-4o", messages, **options)
            message = response.choices[0].message
            assert [made.function.name for made in message.tool_calls] == [name]
            messages = [*messages, message, {"role": "tool", "tool_call_id": number, "content": "done"}]
    assert len(server.bodies) == 20
    assert len({json.dumps(body["tools"]) for body in server.bodies}) == 1
    before = [json.dumps(body["messages"])[:-1] for body in server.bodies]
    assert all(after.startswith(earlier) for earlier, after in zip(before[1::2], before[2::2], strict=False))


@pytest.mark.parametrize("streams", [False, True])
def test_a_langchain_agent_calls_deferred_tools(streams):
    ran = []

    def made(name):
        @langchain_tool(name)
        def run(target: str, amount: int = 0) -> str:
            """Does something with a target, as the name of the tool says, and returns whether it worked or not."""
            ran.append((name, target, amount))
            return "done"

        return run

    tools = [made(f"service_{number}") for number in range(30)]
    script = [
        [call(FIND_TOOL, {"query": "service_29"}, "f1")],
        [deferred_call("service_29", {"amount": 1}, "c1")],
        [deferred_call("service_29", {"target": "a", "amount": 1}, "c2")],
        "All done.",
    ]
    with serving(script) as server:
        model = ChatOpenAI(model="gpt-4o", base_url=server.url, api_key="none")
        agent = create_agent(model, tools, middleware=[CompressMiddleware(tool_budget=700)])
        given = {"messages": [("user", "Begin.")]}
        if streams:
            found = [message for message, _ in agent.stream(given, stream_mode="messages")]
            names = [part["name"] for one in found for part in getattr(one, "tool_call_chunks", ()) if part["name"]]
        else:
            found = agent.invoke(given)["messages"]
            names = [made["name"] for one in found for made in getattr(one, "tool_calls", ())]
    assert ran == [("service_29", "a", 1)]
    assert names == ["service_29"]
    assert "".join(one.content for one in found if one.type.startswith("AI") or one.type == "ai") == "All done."
    assert all(body["tools"] == server.bodies[0]["tools"] for body in server.bodies)


def test_a_program_with_its_own_loop_answers_by_itself():
    tools = tools_in("openai", FUNCTIONS)
    messages = [{"role": "user", "content": ASKED}]
    result = compresskit.compress(messages, "gpt-4o", tools=tools, tool_budget=BUDGET)
    with serving(refunding()) as server:
        client = PlainOpenAI(base_url=server.url, api_key="none")
        while True:
            response = client.chat.completions.create(model="gpt-4o", messages=messages, tools=result.tools)
            response = compresskit.own_calls(response, tools)
            answers = compresskit.answer(response, result.cache, tools=tools)
            if not answers:
                break
            messages = [*messages, response.choices[0].message.model_dump(exclude_none=True), *answers]
    [made] = response.choices[0].message.tool_calls
    assert (made.function.name, json.loads(made.function.arguments)) == ("stripe_create_refund", REFUND)


@pytest.mark.parametrize(
    ("route", "shape", "field"),
    [
        ("acompletion", "openai", "messages"),
        ("anthropic_messages", "anthropic", "messages"),
        ("aresponses", "responses", "input"),
    ],
)
def test_the_proxy_sends_tools_within_the_budget_of_its_settings(route, shape, field):
    tools = tools_in(shape, FUNCTIONS)
    kwargs = {"model": "gpt-4o", field: [{"role": "user", "content": ASKED}], "tools": tools}
    settings = ProxySettings.of({"tool_budget": BUDGET, "keep_tools": ["redis_scan"]})
    turn = Turn(route, "tenant", frozenset())
    sent = prepared(settings, None, turn, kwargs)
    names = sent_names(sent)
    assert names[-2:] == [FIND_TOOL, CALL_TOOL]
    assert "redis_scan" in names
    assert turn.report["compressed_tokens"] < turn.report["original_tokens"] / 4
    found = [call.name for call in calls_in(whole_answer(turn.request, shape))]
    assert found == ["stripe_create_refund"]


def whole_answer(request, shape):
    """The answer to a request whose model searches and then calls."""
    reply = {"openai": openai_reply, "anthropic": anthropic_reply, "responses": responses_api.reply}[shape]
    replies = iter([reply([deferred_call("stripe_create_refund", REFUND)], "gpt-4o", USAGE)])

    class Client:
        def completion(self, **kwargs):
            assert "smallest unit of the currency" in json.dumps(kwargs["messages"])
            return next(replies)

    first = reply([call(FIND_TOOL, {"query": "refund"}, "f1")], "gpt-4o", USAGE)
    return run(whole(request, first), Client())


@pytest.mark.parametrize(
    "options",
    [
        {"tool_budget": 0},
        {"tool_budget": "many"},
        {"tool_budget": 3_000, "recoverable": False},
        {"keep_tools": "search"},
    ],
)
def test_a_wrong_option_is_an_error(options):
    with pytest.raises(InvalidArgument):
        Settings().changed(options)
    with pytest.raises(InvalidArgument):
        compresskit.completion("gpt-4o", [], **options)
    with pytest.raises(InvalidArgument):
        Conversation("gpt-4o", **options)


def test_an_unknown_name_in_keep_tools_is_an_error_that_says_what_was_meant():
    tools = tools_in("openai", FUNCTIONS)
    wrong = {"tools": tools, "tool_budget": BUDGET, "keep_tools": ["redis_scam"]}
    messages = [{"role": "user", "content": ASKED}]
    for called in (compresskit.compress, compresskit.completion):
        with pytest.raises(InvalidArgument, match=r"'redis_scam', which is none .* Did you mean 'redis_scan'"):
            called(messages=messages, model="gpt-4o", **wrong)
    with pytest.raises(InvalidArgument, match="Did you mean 'redis_scan'"):
        Conversation("gpt-4o", **wrong)


def test_the_log_tells_of_a_missed_budget_and_of_a_name_that_a_request_does_not_have(caplog):
    tools = tools_in("openai", FUNCTIONS)
    compresskit.compress([{"role": "user", "content": ASKED}], "gpt-4o", tools=tools, tool_budget=BUDGET)
    assert not caplog.records
    with serving(lambda _: "Hello.") as server:
        options = {"tool_budget": 100, "keep_tools": ["redis_scam"]}
        client = clients.OpenAI(base_url=server.url, api_key="none", compresskit=options)
        client.chat.completions.create(model="gpt-4o", messages=[{"role": "user", "content": ASKED}], tools=tools)
    first, second = dict.fromkeys(one.getMessage() for one in caplog.records if one.name == "compresskit")
    assert first == "keep_tools has 'redis_scam', and the request has no such tool; perhaps 'redis_scan' is meant."
    assert second.startswith("The tool_budget of 100 tokens was missed by ")
