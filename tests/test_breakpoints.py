"""breakpoints=True: where Anthropic is told to cache, in both shapes."""

import json

import pytest
from oracles import cost, difference
from samples import anthropic_agent, openai_agent

from compresskit import Conversation, compress, restore

CLAUDE = "claude-sonnet-4-5"
AGENTS = {"openai": openai_agent, "anthropic": anthropic_agent}
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
    result = compress(whole, CLAUDE, trigger, trigger // 2 + 2_000, shape=shape, breakpoints=True)
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
