"""Stubs of texts in succession share one marker if markers would take much of the room."""

import json

from hypothesis import given
from hypothesis import strategies as st
from oracles import difference, visible_keys

from compresskit import compress, restore, retrieve
from compresskit.markers.keys import key_of
from compresskit.retrieval.answers import Originals

MODEL = "gpt-4o"


def cost(messages):
    return compress(messages, MODEL, trigger=10**9).original_tokens


def exchange(texts, question="Which host has load 17?"):
    calls = [
        {"id": f"c{n}", "type": "function", "function": {"name": "load", "arguments": f'{{"host": "h{n}"}}'}}
        for n in range(len(texts))
    ]
    answers = [{"role": "tool", "tool_call_id": f"c{n}", "content": text} for n, text in enumerate(texts)]
    return [
        {"role": "user", "content": question},
        {"role": "assistant", "content": None, "tool_calls": calls},
        *answers,
    ]


LOADS = [f"host h{n} has load {n} and is up since day {3 * n} in rack {n % 7}" for n in range(140)]


def test_tiny_results_are_left_out_and_the_one_that_answers_stays():
    messages = exchange(LOADS)
    target = cost(messages) * 7 // 10
    result = compress(messages, MODEL, trigger=target, target=target)
    shown = [message["content"] for message in result.messages]
    assert result.target_met
    assert LOADS[17] in shown
    assert shown.count("[…]") > 100
    assert {row.action for row in result.decisions} == {"protected", "kept", "stub"}


def test_a_shared_key_gives_every_text_of_its_marker():
    messages = exchange(LOADS)
    target = cost(messages) * 7 // 10
    result = compress(messages, MODEL, trigger=target, target=target)
    found = [retrieve(result.cache, key, max_tokens=10**6) for key in visible_keys(messages, result.messages)]
    assert all(any(text in one for one in found) for text in LOADS if text not in str(result.messages))


def test_a_list_of_keys_of_its_own_conversation_stays_the_text_that_it_is():
    target = cost(exchange(LOADS)) * 7 // 10
    first = compress(exchange(LOADS), MODEL, trigger=target, target=target)
    listed = "texts: " + " ".join(row.key for row in first.decisions if row.key)
    messages = exchange([*LOADS, listed])
    result = compress(messages, MODEL, trigger=target, target=target)
    asked = Originals(result.cache, result.messages)
    assert result.messages[-1]["content"] == listed
    assert "host" not in retrieve(asked, key_of(listed))
    assert difference(restore(result.messages, result.cache), messages) is None


small = st.one_of(
    st.just("[…]"),
    st.just("[… 2 texts: retrieve bcdfghjklmnp]"),
    st.text(max_size=40),
    st.integers(0, 200).map(lambda n: f"host h{n} has load {n}. " * (1 + n % 12)),
)


@given(st.lists(small, min_size=1, max_size=40), st.floats(0.05, 0.9), st.booleans())
def test_texts_that_share_a_marker_come_back_whatever_they_are(texts, share, in_parts):
    messages = exchange(texts)
    if in_parts:
        parts = [{"type": "text", "text": text or "-"} for text in texts]
        messages = [messages[0], {"role": "user", "content": parts}, {"role": "user", "content": "What is the load?"}]
    target = max(1, int(share * cost(messages)))
    result = compress(messages, MODEL, trigger=target, target=target)
    assert result.compressed_tokens <= target or result.floor_tokens > target
    assert difference(restore(result.messages, result.cache), messages) is None
    assert difference(restore(result.messages, json.loads(json.dumps(dict(result.cache)))), messages) is None
    again = compress([*result.messages, {"role": "user", "content": "And now?"}], MODEL, cache=result.cache)
    assert difference(restore(again.messages, again.cache)[: len(messages)], messages) is None
