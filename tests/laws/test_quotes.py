"""Law 8 by place: a marker that somebody quotes is text, whoever quotes it and however the conversation goes on."""

import json

import pytest
from oracles import difference, strings
from plain_messages import SHAPES, agent, exchange, said
from samples import AGENTS, openai_agent
from strategies import MODEL

from compresskit import Conversation, compress, restore
from compresskit.markers.places import originals_of


def sample(shape, turns):
    return AGENTS[shape](turns=turns) if shape in AGENTS else agent(shape, turns)


def form_texts(result):
    """The texts of a result that hold a marker."""
    return [text for message in result.messages for text in strings(message) if "[… " in text]


def quotations(shape, text):
    """New messages that say a text: of the user, of the assistant, of a tool."""
    yield [said(shape, "assistant", "Yes."), said(shape, "user", text)]
    yield [said(shape, "assistant", text), said(shape, "user", "Go on.")]
    yield exchange(shape, "read", {}, text, "quote")


@pytest.mark.parametrize("shape", SHAPES)
def test_a_quoted_marker_stays_text_in_every_later_turn(shape):
    messages = sample(shape, 14)
    first = compress(messages, MODEL, trigger=4_000, target=2_500)
    texts = form_texts(first)
    assert len(texts) > 1
    assert any("earlier messages" in text for text in texts) or shape == "anthropic"
    for text in dict.fromkeys([texts[0], texts[-1]]):
        for quoted in quotations(shape, text):
            history = [*messages, *quoted]
            for given in (history, [*first.messages, *quoted]):  # the originals, or what was sent
                second = compress(given, MODEL, trigger=40_000, target=2_500, previous=first)
                assert second.skipped_reason == "fits_trigger"
                assert difference(restore(second.messages, second.cache), history) is None
                stored = json.loads(json.dumps(second.cache))
                assert difference(restore(second.messages, stored), history) is None
                more = [*history, said(shape, "assistant", "Done."), *sample(shape, 9)]
                third = compress(more, MODEL, trigger=4_000, target=2_500, previous=second)
                assert third.skipped_reason is None
                assert difference(restore(third.messages, third.cache), more) is None
                assert difference(restore(third.messages, json.loads(json.dumps(third.cache))), more) is None


@pytest.mark.parametrize("shape", SHAPES)
def test_what_is_added_behind_a_result_is_text_for_restore_and_for_a_call_with_its_cache(shape):
    messages = sample(shape, 14)
    first = compress(messages, MODEL, trigger=4_000, target=2_500)
    for text in form_texts(first)[::4]:
        for quoted in quotations(shape, text):
            sent, history = [*first.messages, *quoted], [*messages, *quoted]
            assert difference(restore(sent, first.cache), history) is None
            again = compress(sent, MODEL, trigger=4_000, target=2_500, cache=first.cache)
            assert difference(restore(again.messages, again.cache), history) is None


def test_a_conversation_that_was_written_down_knows_quotations():
    talk = Conversation(MODEL, trigger=4_000, target=2_500)
    talk.append(*openai_agent(turns=14))
    talk.request()
    quote = form_texts(talk.result)[0]
    for number in range(3):
        talk = Conversation.from_json(talk.to_json())
        talk.append({"role": "assistant", "content": f"Number {number}."}, {"role": "user", "content": quote})
        talk.request()
        assert restore(talk.result.messages, talk.result.cache) == talk.messages
    assert talk.result.messages[-1]["content"] == quote


def test_a_cache_holds_originals_alone_unless_somebody_quotes_a_marker():
    messages = openai_agent(turns=14)
    first = compress(messages, MODEL, trigger=4_000, target=2_500)
    assert originals_of(first.cache) == first.cache
    quote = {"role": "user", "content": form_texts(first)[0]}
    second = compress(
        [*messages, {"role": "assistant", "content": "Yes."}, quote],
        MODEL,
        trigger=40_000,
        target=2_500,
        previous=first,
    )
    assert originals_of(second.cache) == first.cache
    assert len(second.cache) == len(first.cache) + (restore([quote], dict(first.cache)) != [quote])


def test_messages_taken_away_leave_the_others_known():
    messages = openai_agent(turns=14)
    first = compress(messages, MODEL, trigger=4_000, target=2_500)
    at = next(n for n, message in enumerate(first.messages) if n and "[… " not in str([message, first.messages[n + 1]]))
    left = first.messages[:at] + first.messages[at + 1 :]
    assert restore(left, first.cache) == restore(left, dict(first.cache))
    assert restore(first.messages[1:], first.cache)[-1] == messages[-1]
