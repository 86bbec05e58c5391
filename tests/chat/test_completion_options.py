"""Options of LiteLLM that meet ours: forced tools, tools of our name, functions, formats, stores and caches."""

import inspect
import json

import litellm
import pytest
from conversing import QUIET, WAYS, after, ask, names_of, report, retrieval
from litellm.constants import OPENAI_CHAT_COMPLETION_PARAMS
from litellm.types.utils import all_litellm_params
from oracles import MARKER
from protocol_server import call, serving
from samples import OWN_TOOL, openai_agent

from compresskit import TOOL_NAME, InvalidArgument, completion, compress
from compresskit.markers.keys import key_of

pytestmark = QUIET
every_way = pytest.mark.parametrize("way", WAYS)


def named(name):
    return {"type": "function", "function": {"name": name}}


@pytest.mark.parametrize("choice", ["none", named("search")], ids=["none", "another tool"])
@every_way
def test_a_model_that_may_not_call_us_is_not_invited(way, choice):
    with serving(lambda _: "fine") as server:
        ask(way, server, openai_agent(), tools=[OWN_TOOL], tool_choice=choice)
    (body,) = server.bodies
    assert body["tools"] == [OWN_TOOL]
    assert "left out" in " ".join(MARKER.findall(json.dumps(body["messages"], ensure_ascii=False)))


@pytest.mark.parametrize("choice", ["auto", "required"])
@every_way
def test_a_model_that_must_call_something_may_retrieve_first(way, choice):
    def script(body):
        return [call("search", {}, "s1")] if after(body) else [retrieval(body)]

    with serving(script) as server:
        response = ask(way, server, openai_agent(), tools=[OWN_TOOL], tool_choice=choice, max_rounds=1)
    assert names_of(response.choices[0].message.model_dump()["tool_calls"]) == ["search"]
    assert [body["tool_choice"] for body in server.bodies] == [choice, choice]
    assert names_of(server.bodies[1]["tools"]) == ["search"], "the last call offers no retrieval"


@every_way
def test_a_choice_of_our_tool_holds_for_the_first_call_only(way):
    with serving(lambda body: "So." if after(body) else [retrieval(body)]) as server:
        response = ask(way, server, openai_agent(), tool_choice=named(TOOL_NAME), max_retrieved_tokens=100_000)
    assert response.choices[0].message.content == "So."
    assert ["tool_choice" in body for body in server.bodies] == [True, False]


@every_way
def test_a_tool_of_the_callers_with_our_name_is_the_callers(way):
    theirs = {"type": "function", "function": {"name": TOOL_NAME, "parameters": {"type": "object"}}}
    with serving(lambda _: [call(TOOL_NAME, {"own": 1}, "c1")]) as server:
        response = ask(way, server, openai_agent(), tools=[theirs])
    assert server.bodies[0]["tools"] == [theirs]
    assert names_of(response.choices[0].message.model_dump()["tool_calls"]) == [TOOL_NAME]
    assert report(response)["target_met"]


@every_way
def test_functions_of_old_stay_alone(way):
    """OpenAI takes no tools beside functions, so nothing can be retrieved."""
    functions = [OWN_TOOL["function"]]
    with serving(lambda _: "fine") as server:
        response = ask(way, server, openai_agent(), functions=functions)
    assert server.bodies[0]["functions"] == functions
    assert "tools" not in server.bodies[0]
    assert report(response)["compressed_tokens"] <= 3000


@every_way
@pytest.mark.parametrize("model", ["openai/gpt-4o", "anthropic/claude-sonnet-4-5"])
def test_a_response_format_is_kept_in_every_call(way, model):
    schema = {
        "type": "object",
        "properties": {"a": {"type": "number"}},
        "required": ["a"],
        "additionalProperties": False,
    }
    wanted = {"type": "json_schema", "json_schema": {"name": "answer", "schema": schema, "strict": True}}

    def script(body):
        return '{"a": 1}' if "tool_result" in str(body["messages"][-1]) or after(body) else [retrieval(body)]

    with serving(script) as server:
        response = ask(way, server, openai_agent(), model=model, response_format=wanted)
    assert json.loads(response.choices[0].message.content) == {"a": 1}
    field = "response_format" if model.startswith("openai") else "output_format"
    assert len({json.dumps(body.get(field) or body.get("output_config")) for body in server.bodies}) == 1


@every_way
def test_without_recovery_nothing_is_offered(way):
    with serving(lambda _: "fine") as server:
        response = ask(way, server, openai_agent(), recoverable=False)
    assert "tools" not in server.bodies[0]
    assert report(response)["target_met"]


@every_way
def test_earlier_results_can_be_gone_on_with(way):
    """The caller kept compressed messages and their cache, as after compress() by hand."""
    result = compress(openai_agent(), "gpt-4o", trigger=4000, target=3000)
    with serving(lambda body: "So." if after(body) else [retrieval(body)]) as server:
        options = {"cache": result.cache, "tools": result.tools}
        response = ask(way, server, result.messages, **options, trigger=50_000, target=None)
    assert len(server.bodies) == 2
    assert "No text is stored" not in server.bodies[1]["messages"][-1]["content"]
    assert response.choices[0].message.content == "So."


def test_openais_store_and_litellms_cache_controls_are_theirs():
    with serving(lambda _: "fine") as server:
        ask("whole", server, openai_agent(), store=True, cache={"no-cache": True})
    assert server.bodies[0]["store"] is True
    assert "cache" not in server.bodies[0]


@every_way
def test_anthropics_last_call_forbids_tools(way):
    def script(body):
        return [retrieval(body, f"toolu_{len(body['messages'])}", lines="1")]

    with serving(script) as server:
        response = ask(way, server, openai_agent(), model="anthropic/claude-sonnet-4-5", max_rounds=2)
    assert [body.get("tool_choice") for body in server.bodies] == [None, None, {"type": "none"}]
    assert not response.choices[0].message.tool_calls


def test_a_provider_that_knows_no_none_is_called_without_it():
    """Bedrock's converse refuses tool_choice='none'; the last call drops what a provider does not know."""
    wanted = {"model": "anthropic.claude-3-sonnet-20240229-v1:0", "custom_llm_provider": "bedrock_converse"}
    with pytest.raises(litellm.UnsupportedParamsError):
        litellm.get_optional_params(**wanted, tool_choice="none", tools=[OWN_TOOL])
    assert "tool_choice" not in litellm.get_optional_params(
        **wanted, tool_choice="none", tools=[OWN_TOOL], drop_params=True
    )


@every_way
def test_a_key_of_an_earlier_turn_still_names_its_text(way):
    """Keys are made of content: what stands in full by now can still be asked for."""
    text = openai_agent()[-1]["content"]
    with serving(lambda body: "So." if after(body) else [call(TOOL_NAME, {"key": key_of(text)}, "c")]) as server:
        ask(way, server, openai_agent())
    assert server.bodies[1]["messages"][-1]["content"] == text


@pytest.mark.parametrize(("name", "meant"), [("triger", "trigger"), ("targets", "target"), ("max_round", "max_rounds")])
def test_a_misspelt_option_is_an_error_and_never_sent(name, meant):
    with pytest.raises(InvalidArgument, match=f"'{name}' is no option of completion.*Did you mean '{meant}'"):
        completion(model="gpt-4o", messages=[{"role": "user", "content": "hi"}], **{name: 5})


def test_litellms_own_arguments_are_near_to_none_of_our_options():
    class Router:
        def completion(self, **kwargs):
            return kwargs

        acompletion = completion

    names = {*inspect.signature(litellm.completion).parameters, *all_litellm_params, *OPENAI_CHAT_COMPLETION_PARAMS}
    theirs = dict.fromkeys(names - {"model", "messages", "self", "kwargs", "store", "cache"})
    assert len(theirs) > 100
    sent = completion("gpt-4o", [{"role": "user", "content": "hi"}], router=Router(), **theirs)
    assert theirs.keys() <= sent.keys()
