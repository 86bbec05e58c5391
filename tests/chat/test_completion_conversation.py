"""completion(conversation=): in a loop of an agent each request begins with the bytes of the one before."""

import itertools
import json

import pytest
from conversing import QUIET, WAYS, after, ask, report, retrieval
from oracles import cost, difference
from protocol_server import call, serving
from samples import OWN_TOOL, openai_agent

import compresskit
from compresskit import Conversation, restore
from compresskit.errors import InvalidArgument

pytestmark = QUIET
every_way = pytest.mark.parametrize("way", WAYS)


def sent(body):
    return [json.dumps(message) for message in body["messages"]]


def begins(later, earlier):
    return sent(later)[: len(earlier["messages"])] == sent(earlier)


def asked(way, server, messages, talk, **options):
    """As ``ask``, with the conversation's budget instead of its own."""
    import conversing

    room, conversing.ROOM = conversing.ROOM, {}
    try:
        return ask(way, server, messages, conversation=talk, **options)
    finally:
        conversing.ROOM = room


def loop(way, talk, steps, model="openai/gpt-4o"):
    """An agent that searches and reads; the bodies that its provider gets, and its own history."""
    run = openai_agent(turns=3 + steps)
    history = openai_agent(turns=3)
    with serving(lambda body: [call("search", {"q": len(body["messages"])}, f"s{len(body['messages'])}")]) as server:
        for step in range(steps):
            message = asked(way, server, history, talk, tools=[OWN_TOOL], model=model).choices[0].message
            text = f"Result {step}: {run[-1 - step].get('content') or ''}" + "value = compute(step)\n" * 40
            history = [
                *history,
                message.model_dump(),
                {"role": "tool", "tool_call_id": message.tool_calls[0].id, "content": text},
            ]
    return server.bodies, history


@every_way
def test_each_request_begins_with_the_one_before(way):
    tokens = cost(openai_agent(turns=3))
    talk = Conversation("openai/gpt-4o", trigger=tokens + 2_500, target=tokens)
    bodies, history = loop(way, talk, 12)
    assert all(json.dumps(body["tools"]) == json.dumps(bodies[0]["tools"]) for body in bodies)
    kept = [begins(later, earlier) for earlier, later in itertools.pairwise(bodies)]
    assert 1 <= kept.count(False) <= 4, "it is compressed again now and then, and quiet between"
    assert kept.count(True) >= 7
    assert difference(restore(talk.result.messages, talk.result.cache), talk.messages) is None
    assert len(talk.messages) == len(history) - 2


def test_below_the_trigger_nothing_is_changed_at_all():
    talk = Conversation("openai/gpt-4o")
    bodies, _ = loop("whole", talk, 4)
    assert all(begins(later, earlier) for earlier, later in itertools.pairwise(bodies))


@every_way
def test_retrievals_are_answered_and_the_next_turn_still_begins_the_same(way):
    def script(body):
        return "So." if after(body) else [retrieval(body, "r1")]

    messages = openai_agent()
    talk = Conversation("openai/gpt-4o", trigger=4_000, target=3_000)
    with serving(script) as server:
        first = asked(way, server, messages, talk)
        assert first.choices[0].message.content == "So."
        assert report(first)["rounds"] == 1
        messages = [*messages, first.choices[0].message.model_dump(), {"role": "user", "content": "And now?"}]
        asked(way, server, messages, talk)
    one, answered, two = server.bodies[:3]
    assert sent(answered)[: len(one["messages"])] == sent(one)
    assert sent(two)[: len(one["messages"])] == sent(one)


def test_another_process_goes_on():
    tokens = cost(openai_agent(turns=3))
    talk = Conversation("openai/gpt-4o", trigger=tokens + 1_500, target=tokens)
    _, history = loop("whole", talk, 6)
    later = Conversation.from_json(talk.to_json())
    with serving(["Yes.", "Yes."]) as server:
        asked("whole", server, history, talk, tools=[OWN_TOOL])
        asked("whole", server, history, later, tools=[OWN_TOOL])
    assert sent(server.bodies[0]) == sent(server.bodies[1])


def test_marks_for_anthropic_go_out():
    talk = Conversation("anthropic/claude-sonnet-4-5", breakpoints=True)
    with serving(["Yes."]) as server:
        asked("whole", server, openai_agent(), talk, model="anthropic/claude-sonnet-4-5", tools=[OWN_TOOL])
    assert 1 <= json.dumps(server.bodies[0]).count('"cache_control"') <= 4
    assert "cache_control" in json.dumps(server.bodies[0]["messages"][-1])


def test_only_a_conversation_is_one():
    with pytest.raises(InvalidArgument, match=r"conversation is 'x'; a compresskit\.Conversation"):
        compresskit.completion("gpt-4o", [{"role": "user", "content": "hi"}], conversation="x")
