"""The laws turn after turn, with compress(previous=): of generated conversations and of real runs."""

import json
from dataclasses import replace

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from oracles import cost, difference
from plain_messages import said
from real_runs import FILES, conversations
from replaying import broken, replay
from strategies import MODEL, cases, examples

from compresskit import compress, restore
from compresskit.prices import Prices, usual

DEAR = Prices(input=1_000_000, write=0, write_hour=0, read=10**9)  # so that compressing again pays at once


@examples(16)
@given(cases, st.sampled_from([False, "lossless", "views"]), st.sampled_from([None, usual(), DEAR]))
def test_the_laws_hold_turn_after_turn(case, on_entry, prices):
    """And what a turn leaves for the next, beside its fields, changes no result."""
    options = {"on_entry": on_entry, "prices": prices, **case.budget}
    for history, previous, result in replay(case.messages, case.shape, **options):
        assert broken(case.shape, history, previous, result) == []
        if previous is not None:
            alone = replace(previous)  # the fields and nothing else
            assert compress(history, MODEL, shape=case.shape, previous=alone, **options) == result


@given(cases, st.data())
def test_an_edited_or_shortened_history_is_noticed(case, data):
    assume(case.messages)
    before = compress(case.messages, MODEL, shape=case.shape, **case.budget)
    edited = json.loads(json.dumps(case.messages))
    place = data.draw(st.integers(0, len(edited) - 1))
    if data.draw(st.booleans()):
        del edited[place:]
    else:
        edited[place] = said(case.shape, "user", "Something else.")
    result = compress(edited, MODEL, shape=case.shape, previous=before, **case.budget)
    assert difference(restore(result.messages, result.cache), edited) is None


@given(cases)
def test_what_was_sent_may_be_passed_instead_of_the_originals(case):
    before = compress(case.messages, MODEL, shape=case.shape, **case.budget)
    asked = said(case.shape, "user", "And now?")
    more = [*before.messages, asked]
    result = compress(more, MODEL, shape=case.shape, previous=before, **case.budget)
    whole = [*case.messages, asked]
    assert difference(restore(result.messages, result.cache), whole) is None


# every sixth: a turn of a run takes two calls
RUNS = [(file, name) for file in FILES for name in conversations(file) if len(conversations(file)[name][1]) <= 64][::6]


@pytest.mark.parametrize(("file", "name"), RUNS, ids=lambda value: str(getattr(value, "stem", value))[:40])
def test_the_laws_hold_in_every_turn_of_real_runs(file, name):
    shape, messages = conversations(file)[name]
    trigger = cost(messages) // 2
    for history, previous, result in replay(messages, shape, on_entry=True, trigger=trigger, target=trigger // 2):
        assert broken(shape, history, previous, result) == [], len(history)
