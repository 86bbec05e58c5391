"""breakpoints=True: where Anthropic is told to cache, in both shapes."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from oracles import cost, difference
from samples import AGENTS, openai_agent
from strategies import chat_cases

from compresskit import Conversation, compress, restore
from compresskit.messages import read

CLAUDE = "claude-sonnet-4-5"
MARK = {"type": "ephemeral"}
LONG = "Read all of this with care. " * 300


def marks(messages):
    """The messages that carry a mark, with how many."""
    found = {
        index: json.dumps(message).count('"cache_control": {"type": "ephemeral"')
        for index, message in enumerate(messages)
    }
    return {index: count for index, count in found.items() if count}


def bare(messages):
    """The messages without marks, each text as a list of one part."""
    found = json.loads(json.dumps(messages))
    for message in found:
        message.pop("cache_control", None)
        if isinstance(message.get("content"), str):
            message["content"] = [{"type": "text", "text": message["content"]}]
        for part in message.get("content") or []:
            part.pop("cache_control", None)
    return found


@pytest.mark.parametrize("shape", AGENTS)
def test_the_newest_message_the_end_of_the_request_before_and_what_never_changes(shape):
    whole = AGENTS[shape](turns=12)
    whole[0] = {**whole[0], "content": LONG}
    result, before = None, []
    for end in range(1, len(whole) + 1):
        result = compress(whole[:end], CLAUDE, shape=shape, previous=result, breakpoints=True)
        sent = result.request["messages"]
        assert bare(sent)[: len(before)] == bare(before)
        assert bare(sent) == bare(whole[:end])
        assert marks(result.messages) == {}
        assert sum(marks(sent).values()) <= 3
        assert end <= 6 or len(marks(sent)) == 3 or whole[end - 1]["role"] == "assistant"
        assert max(marks(sent)) >= end - 2, "the newest that can carry one"
        before = sent


@pytest.mark.parametrize("shape", AGENTS)
def test_a_compaction_keeps_the_mark_behind_the_task(shape):
    whole = AGENTS[shape](turns=30)
    task = next(index for index, message in enumerate(whole) if message["role"] == "user")
    whole[task] = {**whole[task], "content": LONG + str(whole[task]["content"])}
    trigger = cost(whole) // 2
    result = compress(whole, CLAUDE, trigger, trigger // 2 + 2_000, shape=shape, breakpoints=True, protect=[task])
    assert result.skipped_reason is None
    assert marks(result.request["messages"])[task] == 1
    assert difference(restore(result.messages, result.cache), whole) is None


@pytest.mark.parametrize("own", range(6))
def test_at_most_four_with_the_callers(own):
    messages = [{"role": "user", "content": [{"type": "text", "text": LONG}]}]
    for number in range(8):
        messages += [
            {"role": "assistant", "content": f"Answer {number}."},
            {"role": "user", "content": [{"type": "text", "text": f"Question {number}?"}]},
        ]
    for number in range(own):
        messages[2 * number]["content"][0]["cache_control"] = MARK
    before = compress(messages[:-2], CLAUDE, shape="anthropic", breakpoints=True)
    sent = compress(messages, CLAUDE, shape="anthropic", previous=before, breakpoints=True).request["messages"]
    assert sum(marks(sent).values()) == (min(4, 3 + own - (own > 0)) if own < 4 else own)
    assert all(marks(sent)[2 * number] == 1 for number in range(own)), "the caller's stay"


def test_what_is_too_short_to_be_cached_is_not_marked():
    messages = [{"role": "user", "content": "Hello."}]
    assert marks(compress(messages, CLAUDE, shape="anthropic", breakpoints=True).request["messages"]) == {}
    middling = [{"role": "user", "content": LONG}]
    assert marks(compress(middling, CLAUDE, breakpoints=True).request["messages"]) == {0: 1}
    assert marks(compress(middling, "claude-haiku-4-5", breakpoints=True).request["messages"]) == {}


def test_thinking_and_empty_texts_carry_no_mark():
    thinking = {"type": "thinking", "thinking": "hm", "signature": "s"}
    messages = [
        {"role": "user", "content": LONG},
        {"role": "assistant", "content": [{"type": "text", "text": "So."}, thinking]},
        {"role": "user", "content": [{"type": "text", "text": " "}]},
    ]
    sent = compress(messages, CLAUDE, shape="anthropic", breakpoints=True).request["messages"]
    assert sent[1]["content"] == [{"type": "text", "text": "So.", "cache_control": MARK}, thinking]
    assert sent[2] == messages[2]


def test_for_other_models_it_does_nothing():
    messages = [{"role": "user", "content": LONG}]
    assert compress(messages, "gpt-4o", breakpoints=True).request["messages"] == messages


def test_a_conversation_goes_on_with_its_marks_in_another_process():
    talk = Conversation(CLAUDE, breakpoints=True)
    talk.append({"role": "user", "content": LONG})
    sent = talk.request()
    later = Conversation.from_json(talk.to_json())
    assert later.result.request == sent
    assert marks(sent["messages"]) == {0: 1}
    talk.append({"role": "assistant", "content": "Yes."}, {"role": "user", "content": "And?"})
    later.append(*talk.messages[1:])
    assert later.request() == talk.request()
    assert set(marks(later.request()["messages"])) == {0, 2}


# --- Beside the caller's own ------------------------------------------------------------------------

HOUR = {"type": "ephemeral", "ttl": "1h"}
_lives = st.sampled_from([MARK, {**MARK, "ttl": "5m"}, HOUR, HOUR])


def spots(messages, tools):
    """Every place that can carry a mark: (number of the message, -1 for tools; the dict; its path), in order."""
    for at, tool in enumerate(tools):
        yield -1, tool, (at,)
        if "function" in tool:
            yield -1, tool["function"], (at, "function")
    for index, message in enumerate(messages):
        yield index, message, ()
        for name in ("content", "tool_calls"):
            for at, part in enumerate(message[name] if isinstance(message.get(name), list) else ()):
                if not isinstance(part, dict):
                    continue
                yield index, part, (name, at)
                inner = part.get("content") or part.get("function")
                for under, child in enumerate(inner if isinstance(inner, list) else [inner]):
                    if isinstance(child, dict):
                        yield index, child, (name, at, under)


def standing(messages, tools):
    """(message, path) -> the mark there."""
    return {
        (index, path): found["cache_control"]
        for index, found, path in spots(messages, tools)
        if "cache_control" in found
    }


def inversions(found, messages):
    """Pairs of messages with a five-minute mark before an hour's, as they are listed and with system messages first."""
    system = {-1, *(index for index, message in enumerate(messages) if message["role"] in ("system", "developer"))}
    for first in (set(), system):
        order = sorted(found, key=lambda spot: (spot[0] not in first, spot[0]))
        lives = [(spot[0], isinstance(found[spot], dict) and found[spot].get("ttl") == "1h") for spot in order]
        for at, (message, hour) in enumerate(lives):
            yield from ((message, other) for other, long in lives[at:] if long and not hour and other != message)


def tools_of(shape):
    names = ("read_file", "search")
    if shape == "anthropic":
        return [{"name": name, "input_schema": {"type": "object"}} for name in names]
    return [{"type": "function", "function": {"name": name, "parameters": {"type": "object"}}} for name in names]


@given(chat_cases, st.lists(st.tuples(st.integers(0, 10**6), _lives), max_size=6), st.sampled_from([10**9, 300]))
def test_beside_any_marks_of_the_caller_a_request_stays_valid(case, own, trigger):
    """Four in all, no five minutes before an hour, the caller's where they were, and none where none may be."""
    messages = json.loads(json.dumps([{"role": "user", "content": LONG}, *case.messages]))
    tools = tools_of(case.shape)
    places = [spot[1] for spot in spots(messages, tools)]
    for number, mark in own:
        places[number % len(places)]["cache_control"] = mark
    callers = standing(messages, tools)
    options = {"shape": case.shape, "tools": tools, "breakpoints": True, "counter": len}
    before = compress(messages[:-2], "claude-opus-5", **options)
    result = compress(messages, "claude-opus-5", trigger, previous=before, **options)
    sent, unmarked = result.request, standing(result.messages, result.tools)
    found = standing(sent["messages"], sent["tools"])
    assert len(found) == len(unmarked) + len(result.breakpoints) <= max(4, len(callers))
    assert {spot: found[spot] for spot in unmarked} == unmarked
    assert sorted(map(str, unmarked.values())) == sorted(map(str, callers.values()))
    assert not result.skipped_reason or unmarked == callers
    assert list(inversions(found, sent["messages"])) == list(inversions(unmarked, sent["messages"]))
    for mark in result.breakpoints:
        message = sent["messages"][mark.message]
        part = message if mark.part < 0 else message["content"][mark.part]
        assert part["cache_control"].get("ttl", "") == mark.ttl
        assert "thinking" not in part.get("type", "")
        assert part.get("text", "-").strip()


@pytest.mark.parametrize("shape", AGENTS)
@pytest.mark.parametrize("callers", [[HOUR], [HOUR, HOUR], [HOUR, MARK], [MARK, HOUR]])
def test_a_mark_before_the_callers_hour_lives_for_an_hour(shape, callers):
    """It is not left out: what is before it is found again if what is behind it changes, at no other price."""
    whole = AGENTS[shape](turns=8)
    task = next(index for index, message in enumerate(whole) if message["role"] == "user")
    whole[task] = {**whole[task], "content": LONG}
    for back, mark in zip((6, 3), callers, strict=False):
        part = {"type": "text", "text": LONG, "cache_control": mark}
        whole.insert(len(whole) - back, {"role": "user", "content": [part]})
    whole.append({"role": "user", "content": "Go on."})
    result = compress(whole, CLAUDE, shape=shape, breakpoints=True)
    assert {mark.message: mark.ttl for mark in result.breakpoints} == {task: "1h", len(whole) - 1: ""}


def test_a_mark_in_a_call_is_one():
    """LiteLLM turns it into one on the tool_use block."""
    whole = openai_agent(turns=4)
    index = max(index for index, message in enumerate(whole) if message.get("tool_calls"))
    for place in (whole[index]["tool_calls"][0], whole[index]["tool_calls"][0]["function"]):
        place["cache_control"] = MARK
        assert [turn.index for turn in read(whole, "openai").turns if turn.cached] == [index]
        del place["cache_control"]


def test_a_mark_written_before_marks_had_a_life_is_read():
    talk = Conversation(CLAUDE, breakpoints=True)
    talk.append({"role": "user", "content": LONG})
    sent = talk.request()
    text = json.loads(talk.to_json())
    text["result"]["breakpoints"] = [mark[:2] for mark in text["result"]["breakpoints"]]
    assert Conversation.from_json(json.dumps(text)).result.request == sent
