"""compress(previous=): what was sent stays byte for byte until it no longer fits; when and how far it then shrinks.

The laws turn after turn are in laws/test_turns.py.
"""

import copy
import dataclasses
import itertools
import json

import pytest
from oracles import cost, difference
from orders import shop
from replaying import broken, replay
from samples import AGENTS, openai_agent
from strategies import MODEL

from compresskit import Conversation, compaction, compress, restore
from compresskit.errors import InvalidArgument
from compresskit.markers import restore as restoring
from compresskit.prices import Prices, usual


@pytest.mark.parametrize("shape", AGENTS)
def test_one_large_step_and_then_quiet(shape):
    messages = AGENTS[shape](turns=40)
    trigger = cost(messages) // 3
    steps = []
    for history, previous, result in replay(messages, shape, trigger=trigger, target=trigger // 2):
        if previous and result.skipped_reason is None:
            steps.append(len(history))
            assert result.compressed_tokens <= trigger // 2
    assert 2 <= len(steps) <= 8
    assert all(after - before > 4 for before, after in itertools.pairwise(steps))


def test_text_that_was_sent_without_the_tool_can_be_retrieved_once_the_caller_wants_it():
    messages = AGENTS["openai"](turns=12)
    budget = {"trigger": cost(messages) // 2, "target": cost(messages) // 3}
    before = compress(messages, MODEL, recoverable=False, **budget)
    assert before.tools is None
    assert compress([*messages, {"role": "user", "content": "Go on."}], MODEL, previous=before, **budget).tools


@pytest.mark.parametrize("shape", AGENTS)
def test_where_the_target_cannot_be_reached_something_is_kept_all_the_same(shape):
    system = [{"role": "system", "content": "Be careful with every invoice. " * 400}] if shape == "openai" else []
    messages = [*system, *AGENTS[shape](turns=12)]
    floor = compress(messages, MODEL, trigger=1, target=1).floor_tokens
    trigger, target = 2 * floor, floor // 2
    before = compress(messages[:4], MODEL, trigger=trigger, target=target)
    at_once = compress(messages, MODEL, trigger=trigger, target=target)
    assert at_once.compressed_tokens <= floor
    result = compress(messages, MODEL, trigger=trigger, target=target, previous=before)
    assert not result.skipped_reason
    assert not result.target_met
    assert target < result.floor_tokens <= floor + 24  # it may be an estimate
    assert floor + 0.2 * (trigger - floor) < result.compressed_tokens <= floor + 0.3 * (trigger - floor)
    assert difference(restore(result.messages, result.cache), messages) is None
    assert cost(result.messages, result.tools) <= result.compressed_tokens


@pytest.mark.parametrize("shape", AGENTS)
def test_the_tool_offered_from_the_start_never_changes(shape):
    messages = AGENTS[shape](turns=30)
    trigger = cost(messages) // 2
    budget = {"trigger": trigger, "target": trigger // 2}
    turns = list(replay(messages, shape, offer_tool=True, **budget))
    assert len({json.dumps(result.tools) for _, _, result in turns}) == 1
    assert any(result.cache for _, _, result in turns)
    assert compress(messages[:2], MODEL, recoverable=False, offer_tool=True, **budget).tools is None


def test_a_key_answers_as_long_as_its_text_is_in_the_conversation():
    messages = openai_agent(turns=40)
    trigger = cost(messages) // 3
    seen = {}
    for _, _, result in replay(messages, "openai", trigger=trigger, target=trigger // 2):
        seen.update({key: text for key, text in result.cache.items() if not text.startswith("[{")})
    assert seen
    assert all(result.cache[key] == text for key, text in seen.items())


@pytest.mark.parametrize("wrong", [{}, "x", [{"role": "user"}]])
def test_only_a_result_is_a_previous_result(wrong):
    with pytest.raises(InvalidArgument, match=r"previous is .*Compressed of the turn before"):
        compress([{"role": "user", "content": "hi"}], MODEL, previous=wrong)


@pytest.mark.parametrize("shape", AGENTS)
def test_with_prices_a_long_conversation_is_compressed_before_the_trigger(shape):
    messages = AGENTS[shape](turns=60)
    target = cost(messages) // 6
    budget = {"trigger": cost(messages) * 2, "target": target}
    plain = list(replay(messages, shape, **budget))
    assert all(result.skipped_reason for _, _, result in plain)
    steps, sums = [], 0
    for history, previous, result in replay(messages, shape, prices=usual(), **budget):
        sums += result.compressed_tokens
        assert broken(shape, history, previous, result) == []
        if result.skipped_reason is None:
            steps.append(len(history))
            assert result.compressed_tokens <= target
    assert steps
    assert all(after - before > 8 for before, after in itertools.pairwise(steps)), "and then it is quiet"
    assert sums < 0.8 * sum(result.compressed_tokens for _, _, result in plain)


def half_of(messages, shape):
    """A trigger that only the last message crosses, and a target of half of it."""
    whole = compress(messages, MODEL, trigger=10**9, shape=shape).original_tokens
    return {"trigger": whole - 1, "target": whole // 2}


@pytest.mark.parametrize("shape", AGENTS)
def test_with_prices_a_compaction_keeps_what_is_worth_its_tokens(shape):
    """Less than fits the target, at least about half of it."""
    messages = AGENTS[shape](turns=80)
    budget = half_of(messages, shape)
    before = compress(messages[:-1], MODEL, shape=shape, **budget)
    plain = compress(messages, MODEL, shape=shape, previous=before, **budget)
    assert before.skipped_reason
    assert not plain.skipped_reason
    assert plain.compressed_tokens > 0.9 * plain.target, "without prices the target is used"
    free, known = (
        compress(messages, MODEL, shape=shape, previous=before, prices=prices, **budget)
        for prices in (Prices(1_000_000, 0, 0, 0), usual())
    )
    for result in (free, known):
        assert broken(shape, messages, before, result) == []
    assert free.messages == plain.messages, "all that fits is worth it where tokens cost nothing"
    assert known.compressed_tokens < 0.8 * known.target
    assert known.compressed_tokens > 0.97 * (known.floor_tokens + known.target) // 2


def settled(share, monkeypatch):
    """Lets prices find this share of every history worth keeping; what they were asked, call by call."""
    asked = []

    def worth(*given):
        asked.append(given[:-1])  # all but the prices
        return share

    monkeypatch.setattr("compresskit.request.worth_keeping", worth)
    return asked


@pytest.mark.parametrize(("share", "kept"), [(0.05, 0.5), (0.35, None), (0.9, 1.0)])
def test_the_share_that_is_worth_it_stays_between_half_and_all_of_what_fits(share, kept, monkeypatch):
    """By tokens: half and all of what the target leaves above the floor, or the share of what could go."""
    asked = settled(share, monkeypatch)
    messages = openai_agent(turns=80)
    whole = compress(messages, MODEL, trigger=10**9).original_tokens
    result = compress(messages, MODEL, prices=usual(), trigger=whole - 1, target=whole // 2)
    history, prompt, message, requests = asked[0]
    floor = whole - history  # with the newest results, which this target does not open
    free = result.target - floor
    above = share * history if kept is None else kept * free
    assert 0.5 * free < share * history < free or kept, "the middle case is one"
    assert result.compressed_tokens - floor == pytest.approx(above, rel=0.03)
    assert result.floor_tokens < floor
    assert prompt == result.target
    assert message == pytest.approx(whole / len(messages), rel=0.01)
    assert requests == sum(one["role"] == "assistant" for one in messages)


def chat(turns):
    """What the assistant and the user say in so many turns."""
    return [
        {"role": role, "content": f"{role} says {number}, and that is all."}
        for number in range(turns)
        for role in ("assistant", "user")
    ]


@pytest.mark.parametrize("way", ["own", "as sent", "edited"])
def test_requests_count_from_the_last_compaction_that_still_holds(way, monkeypatch):
    asked = settled(0.1, monkeypatch)
    messages = [{"role": "user", "content": "Count on."}]
    previous, first = None, None
    for number in range(400):
        messages += chat(number + 1)[-2:]
        history = messages
        if way == "as sent" and previous is not None:
            history = [*previous.messages, *messages[-2:]]
        if way == "edited" and first is not None:
            history = [{"role": "user", "content": "Once more."}, *messages[1:]]
        previous = compress(
            history, MODEL, trigger=3_000, target=1_000, previous=previous, prices=usual(), offer_tool=True
        )
        if previous.skipped_reason is None and first is not None:
            break
        first = first or (None if previous.skipped_reason else number)
    assert first + 1 in {one[-1] for one in asked}
    assert asked[-1][-1] == (number + 1 if way == "edited" else number - first)


def test_decisions_about_what_is_gone_go():
    days = "\n\n".join(
        f"Day {number} was fine in harbour {number % 7}, and nobody asked for more." for number in range(200)
    )
    messages = [{"role": "user", "content": "Count on."}, {"role": "assistant", "content": days}, *chat(100)]
    before = compress(messages, MODEL, trigger=3_000, target=2_500, query="the fine days in harbour 3")
    assert before.decisions[1].action == "excerpt"
    result = compress([*messages[:2], *messages[100:120]], MODEL, trigger=3_000, previous=before)
    assert result.skipped_reason == "fits_trigger"
    assert {one.message for one in result.decisions} == {0, 1}
    assert result.settled_tokens == 0


def test_where_the_target_is_out_of_reach_prices_bound_what_is_used_beyond_it(monkeypatch):
    rules = {"role": "user", "content": "Be careful with every invoice. " * 500}
    messages = [rules, *openai_agent(turns=80)[1:]]
    whole = compress(messages, MODEL, trigger=10**9).original_tokens
    budget = {"trigger": whole - 1, "target": 1_000, "previous": compress(messages[:-1], MODEL), "protect": [0]}
    plain = compress(messages, MODEL, **budget)
    settled(0.1, monkeypatch)
    result = compress(messages, MODEL, prices=usual(), **budget)
    assert not plain.target_met
    assert plain.compressed_tokens > plain.floor_tokens + 0.25 * (whole - plain.floor_tokens)
    assert result.compressed_tokens - result.floor_tokens == pytest.approx(
        0.1 * (whole - result.floor_tokens), rel=0.05
    )


def test_a_compaction_that_gains_too_little_is_not_tried_again_in_every_turn(monkeypatch):
    """What it came to is remembered, in JSON too, until there is enough more to go."""
    tried = []
    fitted = compaction.fitted
    monkeypatch.setattr(compaction, "fitted", lambda *given: tried.append(given) or fitted(*given))
    rules = {"role": "user", "content": "Be careful with every invoice. " * 500}
    messages = [rules, *chat(turns=200)]
    talk = Conversation(MODEL, trigger=10**6, target=1_000, protect=[0], prices=usual(), on_entry=False)
    before = 0
    for message in messages:
        talk.append(message)
        talk.request()
        if talk.result.skipped_reason is None:
            assert talk.result.settled_tokens == talk.result.compressed_tokens < 0.9 * before
        before = talk.result.compressed_tokens
        talk = Conversation.from_json(talk.to_json())
    assert talk.result.settled_tokens > talk.result.target
    assert 1 <= len(tried) < 10


def test_prices_count_in_the_first_request_too():
    messages = openai_agent(turns=80)
    budget = half_of(messages, "openai")
    result = compress(messages, MODEL, prices=usual(), **budget)
    assert result.compressed_tokens < 0.8 * result.target
    assert restore(result.messages, result.cache) == messages


def test_without_a_gain_in_sight_prices_change_nothing():
    messages = openai_agent(turns=12)
    budget = {"trigger": cost(messages) * 2, "target": cost(messages), "offer_tool": True}
    assert all(result.skipped_reason for _, _, result in replay(messages, "openai", prices=usual(), **budget))
    dear = Prices(input=1, write=10**6, write_hour=1, read=1)
    budget["target"] = cost(messages) // 4
    assert all(result.skipped_reason for _, _, result in replay(messages, "openai", prices=dear, **budget))


@pytest.mark.parametrize("wrong", [1.25, {}, "gpt-4o"])
def test_prices_are_prices(wrong):
    with pytest.raises(InvalidArgument, match=r"prices is .*compresskit\.prices\.Prices was expected"):
        compress([{"role": "user", "content": "hi"}], MODEL, prices=wrong)


@pytest.mark.parametrize("shape", AGENTS)
def test_the_quotable_text_of_a_fold_is_made_once_for_all_quiet_turns(shape, monkeypatch):
    made = []

    def counted(*given):
        made.append(given)
        return restoring_text(*given)

    restoring_text = restoring.quotable_text
    messages = [*shop(shape, orders=8), *({"role": "user", "content": f"Wait, {number}."} for number in range(3))]
    whole = compress(messages, MODEL).original_tokens
    options = {"trigger": whole // 2, "target": whole // 3}
    result = compress(messages[:-3], MODEL, **options)
    assert "earlier messages, quoted in part" in json.dumps(result.messages, ensure_ascii=False)
    monkeypatch.setattr(restoring, "quotable_text", counted)
    for end, due in ((-2, True), (-1, False), (None, False)):
        made.clear()
        result = compress(messages[:end], MODEL, previous=result, **options)
        assert result.skipped_reason == "fits_trigger"
        assert bool(made) == due


@pytest.mark.parametrize("shape", AGENTS)
def test_what_a_turn_hands_on_changes_no_result(shape):
    """A message that its owner changed in place, between two turns, is read again; the others are not."""
    messages = AGENTS[shape](turns=20)
    options = {"trigger": cost(messages) // 2, "target": cost(messages) // 4, "shape": shape}
    result = compress(messages[:8], MODEL, **options)
    for end in range(9, len(messages) + 1):
        if end % 5 == 0:
            messages[end - 3].update(copy.deepcopy(messages[2]), edited=end)
        plain = compress(messages[:end], MODEL, previous=dataclasses.replace(result), **options)
        result = compress(messages[:end], MODEL, previous=result, **options)
        assert result == plain


@pytest.mark.parametrize("shape", AGENTS)
def test_a_quiet_turn_counts_what_is_new_and_nothing_else(shape):
    """Work that grows with the new messages alone, told by what is counted and not by a clock."""
    counted = []

    def counter(text):
        counted.append(text)
        return len(text) // 4

    messages = AGENTS[shape](turns=80)
    options = {"counter": counter, "on_entry": True, "offer_tool": True, "trigger": 10**9}
    before = compress(messages[:-2], MODEL, shape=shape, **options)
    whole = sum(map(len, counted))
    counted.clear()
    result = compress(messages, MODEL, shape=shape, previous=before, **options)
    assert len(result.messages) == len(messages)
    new = len(json.dumps(messages[-2:])) + len(json.dumps(result.tools))
    assert 0 < sum(map(len, counted)) < 10 * new + 20_000
    assert sum(map(len, counted)) < 0.1 * whole
