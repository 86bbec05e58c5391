"""Laws of tool definitions within a budget, for generated tools in every shape."""

import copy
import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from tool_sets import functions, tools_in

from compresskit import InvalidArgument, compress
from compresskit.chat.result_json import from_fields, to_fields
from compresskit.messages.search_tools import CALL_TOOL, FIND_TOOL
from compresskit.messages.tools import declared, names_of
from compresskit.tool_definitions import Toolbox, offer
from compresskit.tool_definitions.checking import errors_of
from compresskit.tool_definitions.definitions import definitions_of
from compresskit.tool_definitions.shortening import shortened

SHAPES = ("openai", "anthropic", "responses", "gemini", "converse")
BUILT_IN = {  # tools that a provider brings, and tools that the caller has marked
    "openai": [{"type": "custom", "custom": {"name": "patch", "format": {"type": "text"}}}],
    "anthropic": [
        {"type": "web_search_20250305", "name": "web_search", "max_uses": 3},
        {"name": "marked", "input_schema": {"type": "object"}, "cache_control": {"type": "ephemeral"}},
        {"name": "later", "input_schema": {"type": "object"}, "defer_loading": True},
    ],
    "responses": [{"type": "web_search"}, {"type": "custom", "name": "patch", "format": {"type": "text"}}],
    "gemini": [{"googleSearch": {}}],
    "converse": [{"cachePoint": {"type": "default"}}],
}
USER = {
    "gemini": {"role": "user", "parts": [{"text": "Please help."}]},
    "converse": {"role": "user", "content": [{"text": "Please help."}]},
}
shapes = st.sampled_from(SHAPES)
texts = st.text(st.sampled_from("ab cd.ß\n…"), max_size=300)
leaves = st.one_of(
    st.sampled_from(["string", "integer", "number", "boolean"]).map(lambda kind: {"type": kind}),
    st.lists(st.sampled_from(["red", "green", "blue"]), min_size=1, unique=True).map(
        lambda choices: {"type": "string", "enum": choices}
    ),
)


def described(schemas):
    return st.tuples(schemas, texts).map(lambda pair: {**pair[0], "description": pair[1], "title": "T"})


def objects(inner):
    return st.dictionaries(st.sampled_from(["title", "description", "name", "tags"]), inner, max_size=4).flatmap(
        lambda properties: st.lists(st.sampled_from(sorted(properties) or ["x"]), unique=True).map(
            lambda required: {
                "type": "object",
                "properties": properties,
                "required": [name for name in required if name in properties],
            }
        )
    )


nested = st.recursive(
    described(leaves),
    lambda inner: described(st.one_of(objects(inner), inner.map(lambda one: {"type": "array", "items": one}))),
    max_leaves=6,
)
schemas = objects(nested)
tool_functions = st.lists(
    st.tuples(st.integers(0, 10_000).map(lambda n: f"get_{n}" if n % 2 else f"A-{n}"), texts, schemas),
    min_size=1,
    max_size=6,
    unique_by=lambda one: one[0],
).map(lambda rows: [dict(zip(("name", "description", "parameters"), row, strict=True)) for row in rows])
values = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.sampled_from(["red", "x"])),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(st.sampled_from(["title", "description", "name", "tags"]), inner, max_size=4),
    ),
    max_leaves=8,
)
arguments = st.dictionaries(st.sampled_from(["title", "description", "name", "tags"]), values, max_size=4)


def cost(tools):
    return sum(len(json.dumps(tool, ensure_ascii=False)) for tool in tools)


def given_tools(shape, made):
    names = {name for tool in BUILT_IN[shape] for name in names_of(tool)}
    return [*BUILT_IN[shape], *tools_in(shape, [one for one in made if one["name"] not in names])]


def asked(shape):
    return [USER.get(shape, {"role": "user", "content": "Please help."})]


@given(shape=shapes, made=tool_functions, budget=st.integers(1, 4_000), keeps=st.integers(0, 3))
def test_tools_fit_their_budget_or_all_that_may_is_deferred(shape, made, budget, keeps):
    tools = given_tools(shape, made)
    before = copy.deepcopy(tools)
    keep = [one["name"] for one in made[:keeps]]
    found = offer(tools, shape, budget, len, keep=keep)
    assert tools == before
    assert cost(found.tools) + found.saved_tokens == cost(tools)
    if cost(tools) <= budget:
        assert (found.tools, found.decisions) == (tools, ())
    if not found.decisions:
        assert found.tools == tools
        return
    names = [one.name for one in declared(found.tools) if one.name]
    assert len(names) == len(set(names))
    assert all(re.fullmatch(r"[a-zA-Z0-9_-]{1,64}", name) for name in names)
    actions = {row.name: row.action for row in found.decisions}
    assert all(actions[name] == "whole" for name in keep if name in actions)
    offered = [name for name in actions if actions[name] != "deferred"]
    assert names[-1 - any(action == "deferred" for action in actions.values())] == FIND_TOOL
    assert (CALL_TOOL in names) == (len(offered) < len(actions))
    own = [one.name for one in declared(tools) if one.name]
    assert [name for name in names if name in own] == [name for name in own if actions.get(name) != "deferred"]
    untouched = [tool for tool in BUILT_IN[shape] if tool in tools]
    assert [tool for tool in found.tools if tool in untouched] == untouched
    if cost(found.tools) > budget:
        assert all(action == "deferred" for name, action in actions.items() if name not in keep)


@given(shape=shapes, made=tool_functions, args=arguments)
def test_a_shortened_definition_takes_the_same_arguments_and_the_whole_one_can_be_asked_for(shape, made, args):
    tools = tools_in(shape, made)
    box = Toolbox(tools, offer(tools, shape, 1, len).tools)
    for definition in definitions_of(tools):
        whole = definition.text if definition.name in box.held else definition.name
        assert whole in box.answer(FIND_TOOL, {"query": definition.name}, 100_000)
        short = shortened(definition)
        [again] = definitions_of([{"functionDeclarations": [short]}] if shape == "gemini" else [short])
        assert (again.name, len(again.text) <= len(definition.text) + 2) == (definition.name, True)
        assert bool(errors_of(again.schema, args)) == bool(errors_of(definition.schema, args))
        if shape != "gemini":
            Draft202012Validator.check_schema(again.schema)


@given(shape=shapes, made=tool_functions, budget=st.integers(1, 800), turns=st.integers(1, 4))
def test_a_request_counts_the_tools_that_it_sends_and_goes_on_with_them(shape, made, budget, turns):
    tools, messages = given_tools(shape, made), asked(shape)
    options = {"model": "gpt-4o", "shape": shape, "tools": tools, "tool_budget": budget, "counter": len}
    first = result = compress(messages, **options)
    assert result.messages == messages
    assert compress(messages, "gpt-4o", shape=shape, tools=result.tools, counter=len).original_tokens == (
        result.compressed_tokens
    )
    assert result.original_tokens == compress(messages, "gpt-4o", shape=shape, tools=tools, counter=len).original_tokens
    again = compress(messages, **{**options, "tools": result.tools})
    assert again.tools == result.tools, "tools within the budget stay"
    for _ in range(turns):
        messages = [*messages, *asked(shape)]
        result = compress(messages, **options, previous=from_fields(json.loads(json.dumps(to_fields(result)))))
        assert result.tools == first.tools
        assert result.tool_decisions == first.tool_decisions
        assert result.original_tokens - result.compressed_tokens == first.original_tokens - first.compressed_tokens


@given(
    name=st.sampled_from([FIND_TOOL, CALL_TOOL, "redis_get", "unknown"]),
    written=st.one_of(
        st.text(max_size=40),
        values,
        st.tuples(st.sampled_from(["redis_get", "redis_set", "x"]), st.one_of(st.text(max_size=20), values)).map(
            lambda pair: {"name": pair[0], "arguments": pair[1], "query": pair[1]}
        ),
    ),
    as_text=st.booleans(),
    room=st.integers(60, 500),
)
def test_nothing_that_a_model_writes_raises(name, written, as_text, room):
    written = json.dumps(written) if as_text else written
    settled_name, settled_arguments = BOX.settled(name, written)
    if settled_name in (FIND_TOOL, CALL_TOOL):
        assert BOX.answer(settled_name, settled_arguments, room).strip()
    elif settled_name != name:
        given = json.loads(settled_arguments) if isinstance(settled_arguments, str) else settled_arguments
        assert errors_of(next(one.schema for one in DEFINITIONS if one.name == settled_name), given) == []


SIXTY = tools_in("openai", functions())
DEFINITIONS = definitions_of(SIXTY)
BOX = Toolbox(SIXTY, [])


@pytest.mark.parametrize("shape", SHAPES)
def test_sixty_tools_of_13_000_tokens_come_under_3_000(shape):
    tools = tools_in(shape, functions())
    result = compress(asked(shape), "gpt-4o", tools=tools, tool_budget=3_000)
    bare = compress(asked(shape), "gpt-4o")
    assert len(functions()) == 60
    assert result.original_tokens - bare.original_tokens > 12_000
    assert result.compressed_tokens - bare.original_tokens <= 3_000
    assert len(result.deferred_tools) > 30
    listed = next(one.function["description"] for one in declared(result.tools) if one.name == FIND_TOOL)
    assert all(name in listed for name in result.deferred_tools)
    assert "tools: " in str(result)


def test_no_text_of_a_message_reaches_a_tool():
    tools = tools_in("openai", functions())
    messages = [{"role": "user", "content": "Refund it with stripe zebra xylophone"}]
    result = compress(messages, "gpt-4o", tools=tools, tool_budget=1_500)
    actions = {row.name: row.action for row in result.tool_decisions}
    assert actions["stripe_create_refund"] != "deferred", "the task says which tools come first"
    assert "zebra" not in json.dumps(result.tools)
    assert "xylophone" not in json.dumps(result.tools)


def test_a_compaction_offers_the_tools_that_were_called_whole():
    tools = tools_in("openai", functions())
    messages = [{"role": "user", "content": "Please take care of order 17."}]
    options = {"model": "gpt-4o", "trigger": 6_000, "target": 5_000, "tools": tools, "tool_budget": 3_000}
    first = compress(messages, **options)
    assert "stripe_create_refund" in first.deferred_tools
    call = {"name": "stripe_create_refund", "arguments": '{"payment_intent": "pi_1"}'}
    messages += [
        {"role": "assistant", "content": None, "tool_calls": [{"id": "c", "type": "function", "function": call}]},
        {"role": "tool", "tool_call_id": "c", "content": "ok"},
        {"role": "assistant", "content": "It is refunded."},
        {"role": "user", "content": "And the order before it?"},
    ]
    kept = compress(messages, **options, previous=first)
    assert kept.tools == first.tools
    log = "\n".join(f"{number} GET /orders/{number * 7} 200 in {number % 13} ms" for number in range(400))
    messages += [
        {"role": "assistant", "content": "Let me see."},
        {"role": "user", "content": f"{log}\n\nWhich is slow?"},
    ]
    compacted = compress(messages, **options, previous=kept)
    assert compacted.skipped_reason is None
    refund = next(row for row in compacted.tool_decisions if row.name == "stripe_create_refund")
    assert (refund.action, refund.why) == ("whole", "called before")
    assert compacted.target_met


@pytest.mark.parametrize("schema", [{"type": "nonsense"}, {"$ref": "http://127.0.0.1:9/x"}, {"pattern": "("}, {"a": 1}])
def test_a_schema_that_cannot_be_read_refuses_no_call(schema):
    box = Toolbox([{"name": "a", "input_schema": {"properties": {"x": schema}}}], [])
    assert box.settled(CALL_TOOL, {"name": "a", "arguments": {"x": "1"}}) == ("a", {"x": "1"})


def test_a_set_of_a_thousand_tools_is_listed_by_groups():
    many = [{"name": f"{server}_action_{number}", "parameters": {}} for server in "abcd" for number in range(250)]
    tools = [{"type": "function", "function": one} for one in many]
    result = compress([{"role": "user", "content": "hi"}], "gpt-4o", tools=tools, tool_budget=400)
    listed = next(one.function["description"] for one in declared(result.tools) if one.name == FIND_TOOL)
    assert "a_… (" in listed
    assert result.compressed_tokens < 450


@pytest.mark.parametrize("budget", [0, -1, 1.5, "3000", True])
def test_a_budget_that_is_no_number_of_tokens_is_an_error(budget):
    with pytest.raises(InvalidArgument):
        compress([], "gpt-4o", tool_budget=budget)
