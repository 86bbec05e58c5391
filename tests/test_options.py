"""Trigger, target and the options of compress(), each in a sentence."""

import pytest
from oracles import cost, difference, markers, tokens
from samples import OWN_TOOL, SAMPLES, anthropic_agent, documents, openai_agent, text_of, user
from texts import make_text

from compresskit import TOOL_NAME, compress, restore

MODEL = "gpt-4o"


def test_the_target_is_70_percent_of_the_trigger_unless_given():
    result = compress(documents(), MODEL, trigger=5000)
    assert result.target == 3500
    assert result.compressed_tokens <= 3500


def test_a_whole_request_exactly_at_the_trigger_stays():
    total = compress(documents(), MODEL).original_tokens
    assert compress(documents(), MODEL, trigger=total).skipped_reason == "below_trigger"
    assert compress(documents(), MODEL, trigger=total - 1).skipped_reason is None


def test_no_messages_are_no_problem():
    result = compress([], MODEL, trigger=1)
    assert (result.messages, result.tools, result.cache) == ([], None, {})


@pytest.mark.parametrize("name", SAMPLES)
@pytest.mark.parametrize("percent", [25, 50, 75])
def test_a_target_is_used_not_only_kept(name, percent):
    """A result far below its target would have thrown away what there was room for."""
    make, shape = SAMPLES[name]
    total = compress(make(), MODEL, shape=shape).original_tokens
    target = total * percent // 100
    result = compress(make(), MODEL, trigger=target, target=target, shape=shape)
    assert result.target_met
    assert result.compressed_tokens >= target * 0.85


@pytest.mark.parametrize("kind", ["log", "code", "prose", "json", "jsonl", "grep", "markdown"])
def test_the_floor_is_the_fewest_tokens_that_any_target_comes_to(kind):
    """A target between what is possible and what is called the floor would be missed for nothing."""
    text = "A short start.\n" + make_text(kind, 1, 2500) + "\ntotal: 3000\n"
    call = {
        "role": "assistant",
        "content": None,
        "function_call": {"name": "lookup", "arguments": '{"path": "src/a.py"}'},
    }
    last = {"role": "assistant", "content": None, "function_call": {"name": "lookup", "arguments": "{}"}}
    messages = [
        {**call, "cache_control": {"type": "ephemeral"}},
        {"role": "function", "name": "lookup", "content": text},
        last,
    ]
    floor = compress(messages, MODEL, trigger=1, target=1).floor_tokens
    for target in range(floor, floor + 15):
        assert compress(messages, MODEL, trigger=target, target=target).compressed_tokens >= floor


def test_the_floor_counts_the_texts_that_a_target_does_not_open():
    """The newest texts are the last to go. A result that keeps them whole says what a smaller target comes to."""
    call = {"id": "c1", "type": "function", "function": {"name": "read", "arguments": '{"path": "a.md"}'}}
    messages = [
        {"role": "user", "content": "Which harbour was closed?\n\n" + make_text("prose", 2, 4000)},
        {"role": "assistant", "content": None, "tool_calls": [call]},
        {"role": "tool", "tool_call_id": "c1", "content": make_text("log", 3, 4000)},
    ]
    total = compress(messages, MODEL, trigger=10**9).original_tokens
    least = compress(messages, MODEL, trigger=1, target=1).compressed_tokens
    for share in (0.9, 0.6, 0.3):
        result = compress(messages, MODEL, trigger=int(share * total), target=int(share * total))
        assert result.target_met
        assert abs(result.floor_tokens - least) <= 24  # markers may be priced too high


@pytest.mark.parametrize("model", ["gpt-4o", "gpt-4", "claude-sonnet-4-5", "anthropic/claude-x", "my/own", "o3"])
def test_any_name_of_a_model_will_do(model):
    assert compress(documents(), model, trigger=5000).target_met


def test_a_query_decides_what_is_kept():
    topics = ["harbour cranes", "violin strings", "glacier melting", "beekeeping hives"]
    messages = [user(f"About {topic}: " + f"the {topic} matter to us. " * 40) for topic in topics]
    messages.append(user("What do we know?"))
    for topic in topics:
        result = compress(messages, MODEL, trigger=700, target=700, query=topic)
        kept = {other: text_of(result.messages).count(f"the {other} matter") for other in topics}
        assert max(kept, key=kept.get) == topic, kept


def test_the_requests_own_tools_are_counted_and_kept_beside_ours():
    plain = compress(documents(), MODEL, trigger=5000)
    result = compress(documents(), MODEL, trigger=5000, tools=[OWN_TOOL])
    assert result.original_tokens - plain.original_tokens >= cost([], [OWN_TOOL])
    assert result.compressed_tokens <= 3500
    assert result.tools[0] == OWN_TOOL
    assert [tool["function"]["name"] for tool in result.tools] == ["search", TOOL_NAME]


def test_below_the_trigger_the_own_tools_come_back_alone():
    assert compress(documents(), MODEL, tools=[OWN_TOOL]).tools == [OWN_TOOL]
    assert compress(documents(), MODEL, tools=[]).tools is None


def test_an_anthropic_request_gets_the_tool_in_anthropic_shape():
    (tool,) = compress(anthropic_agent(), MODEL, trigger=4000).tools
    assert set(tool) == {"name", "description", "input_schema"}


@pytest.mark.parametrize("protect", [[1], (-12,), lambda message: "worker-" in str(message["content"])])
def test_a_message_that_the_caller_protects_stays(protect):
    messages = documents()
    assert "worker-" in messages[1]["content"]
    assert compress(messages, MODEL, trigger=6000).messages[1] != messages[1]
    result = compress(messages, MODEL, trigger=6000, protect=protect)
    assert messages[1] in result.messages
    assert {row.action for row in result.decisions if row.message == 1} == {"protected"}


def test_a_counter_may_be_a_function_of_a_text():
    messages = [user("word " * 200), user("and now?")]
    result = compress(messages, MODEL, trigger=800, target=700, counter=len)
    assert result.original_tokens >= 1000 + 8
    characters = sum(len(message["content"]) for message in result.messages) + sum(
        len(text) for tool in result.tools for text in (tool["function"]["description"],)
    )
    assert characters <= result.compressed_tokens


def test_a_counter_may_be_an_object_with_count():
    class Words:
        def count(self, text):
            return len(text.split())

    messages = [user("one two three. " * 100), user("and now?")]
    by_object = compress(messages, MODEL, trigger=200, counter=Words())
    by_function = compress(messages, MODEL, trigger=200, counter=lambda text: len(text.split()))
    assert by_object.original_tokens == by_function.original_tokens < tokens("one two three. " * 100)
    assert by_object.messages == by_function.messages


@pytest.mark.parametrize("name", SAMPLES)
def test_an_unrecoverable_call_offers_no_tool_and_invites_to_nothing(name):
    make, shape = SAMPLES[name]
    result = compress(make(), MODEL, trigger=4000, recoverable=False, shape=shape)
    assert result.target_met
    assert result.tools is None
    assert compress(make(), MODEL, 4000, recoverable=False, shape=shape, tools=[OWN_TOOL]).tools == [OWN_TOOL]
    assert markers(make(), result.messages)
    assert "retrieve" not in "".join(markers(make(), result.messages))
    assert result.cache
    assert difference(restore(result.messages, result.cache), make()) is None


def test_a_shape_can_be_set():
    messages = [user("plain " * 900), user("what?"), {"role": "assistant", "content": "ok"}, user("so?")]
    (openai,) = compress(messages, MODEL, trigger=500, shape="openai").tools
    (anthropic,) = compress(messages, MODEL, trigger=500, shape="anthropic").tools
    assert "function" in openai
    assert "input_schema" in anthropic


def test_a_cache_of_the_turn_before_makes_its_markers_known():
    first = compress(openai_agent(), MODEL, trigger=9000)
    grown = [
        *first.messages,
        {"role": "assistant", "content": "It rounds to cents."},
        user("Where is it called?"),
    ]
    second = compress(grown, MODEL, trigger=4000, tools=first.tools, cache=first.cache)
    assert second.target_met
    assert restore(second.messages, second.cache) == [*openai_agent(), *grown[-2:]]
