"""The laws in conversations that grow turn by turn, with edits, quoted markers, cache marks and every option.

The chains are those of the fuzzer (`evals/suites/fuzz_chains.py`). It judges them by laws of its own
(`evals/suites/fuzz_laws.py`), which use nothing of compresskit but `restore`. Here hypothesis draws the random numbers,
and makes small what breaks.
"""

import json
from dataclasses import replace

import pytest
from hypothesis import given, note
from hypothesis import strategies as st
from samples import openai_agent
from strategies import MODEL, alternating_cases
from validity import breaches

from compresskit import compress
from evals.harness.validity import problems
from evals.suites.fuzz_chains import Chain
from evals.suites.fuzz_laws import broken


def told(turn):
    options = {name: value for name, value in turn.options.items() if name not in ("previous", "tools")}
    return json.dumps([turn.messages, options], default=str)[:4000]


@given(st.randoms(use_true_random=False))
def test_no_law_breaks_while_a_conversation_grows(rng):
    for turn in Chain(rng).turns():
        note(told(turn))
        assert turn.broken == []


@given(alternating_cases, st.data())
def test_an_alternating_request_stays_one_at_every_length(case, data):
    assert not {"alternation", "Mistral's alternation"} & set(problems(case.messages, case.shape))
    messages = case.messages[: data.draw(st.integers(1, len(case.messages)))]
    result = compress(messages, MODEL, shape=case.shape, **case.budget)
    assert breaches(case.shape, messages, result) == []


MESSAGES = openai_agent(turns=8)
OPTIONS = {"trigger": 6000, "target": 4000}


@pytest.mark.parametrize(
    ("law", "change"),
    [
        ("nothing is lost", lambda result: {"messages": result.messages[:-1]}),
        ("counted in full", lambda _: {"compressed_tokens": 1}),
        ("originals counted in full", lambda _: {"original_tokens": 1}),
        ("the target holds, or the floor is named", lambda _: {"target": 1}),
        ("never larger", lambda result: {"compressed_tokens": result.original_tokens + 1}),
        ("the tool is there with the keys", lambda _: {"tools": None}),
        ("the decisions' keys resolve", lambda result: {"decisions": (result.decisions[0]._replace(key="x"),)}),
        ("valid: tool twice: compresskit_retrieve", lambda result: {"tools": result.tools * 2}),
    ],
)
def test_a_broken_law_is_seen(law, change):
    result = compress(MESSAGES, MODEL, **OPTIONS)
    assert broken(MESSAGES, [MESSAGES], result, "openai", OPTIONS) == []
    assert law in broken(MESSAGES, [MESSAGES], replace(result, **change(result)), "openai", OPTIONS)


def test_a_key_that_leads_nowhere_is_seen():
    result = compress(MESSAGES, MODEL, **OPTIONS)
    said = {"role": "assistant", "content": "[… 3 lines, 90 tokens: retrieve bcdfghjklmnp]"}
    more = replace(result, messages=[*result.messages, said])
    assert "keys resolve" in broken(MESSAGES, [MESSAGES, [*MESSAGES, said]], more, "openai", OPTIONS)
    assert "keys resolve" not in broken(MESSAGES, [[*MESSAGES, said]], more, "openai", OPTIONS)
