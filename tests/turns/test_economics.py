"""Whole conversations with prices: what they cost, and that compression which cannot pay does nothing."""

import json

import pytest
from samples import openai_agent

from compresskit import Conversation
from compresskit.bill import Sent, Sizes, replay, requests
from compresskit.messages import read
from compresskit.prices import prices_for, usual
from compresskit.tokens.measure import measure_for
from compresskit.turns.weights import WEIGHTS

MODEL = "gpt-4o"
MEASURE = measure_for(MODEL, None, 1.0)
SIZES = Sizes(lambda message: MEASURE.turns(read([message], "openai").turns), MEASURE.count)


def run(messages, **options):
    """The results of a conversation, and the figures of an independent replay of what it sent."""
    tokens = sum(map(SIZES.message, messages))
    results = []

    def send(history, state):
        talk = state or Conversation(MODEL, tokens // 2, tokens // 4, shape="openai", **options)
        results.append(talk.follow(history))
        return Sent(results[-1].messages, results[-1].tools, results[-1].cache, talk)

    return results, replay(messages, requests(messages), send, options["prices"], tokens // 2, SIZES)


@pytest.mark.parametrize(
    "prices", [usual(), *map(prices_for, ("claude-sonnet-4-5", "gpt-5", "claude-haiku-4-5"))]
)  # the last caches no prompt below 4,096 tokens
@pytest.mark.parametrize("on_entry", ["lossless", True])
def test_in_no_turn_has_a_conversation_cost_more_than_sending_everything(prices, on_entry):
    """Apart from the tool, and a small share of the bill that a compaction may cost beyond what was saved."""
    results, figures = run(openai_agent(turns=25), prices=prices, on_entry=on_entry)
    for result in results[9:]:
        assert result.bill <= (1 + WEIGHTS.debt_share + WEIGHTS.max_views_tool_share) * result.bill_without
    assert sum(one.bill for one in figures) == pytest.approx(results[-1].bill, rel=0.02)


def test_who_sends_everything_does_not_need_our_tool():
    """The bill without compression is the same whether or not our tool is offered."""
    messages = openai_agent(turns=3)
    with_tool, without = (Conversation(MODEL, prices=usual(), offer_tool=offered) for offered in (True, False))
    for end in range(1, len(messages)):
        offered, plain = with_tool.follow(messages[:end]), without.follow(messages[:end])
    assert offered.tools
    assert offered.bill_without == pytest.approx(plain.bill_without, abs=len(messages)) != offered.bill


def test_what_does_not_pay_waits_above_the_trigger_and_says_so():
    messages = openai_agent(turns=12)
    tokens = sum(map(SIZES.message, messages))
    talk = Conversation(MODEL, tokens // 2, tokens // 4, prices=usual())
    reasons = []
    for end in range(1, len(messages)):
        result = talk.follow(messages[:end])
        reasons.append(result.skipped_reason)
        if result.skipped_reason == "costs_more":
            assert result.compressed_tokens > result.trigger
            assert not result.target_met
            assert "cost more" in str(result)
    assert "costs_more" in reasons


def test_a_model_of_unknown_window_keeps_the_trigger():
    """No price is worth a request that does not fit."""
    messages = openai_agent(turns=20)
    tokens = sum(map(SIZES.message, messages))
    talk = Conversation("nobody/knows-this-model", tokens // 2, tokens // 4, prices=True)
    for end in range(1, len(messages)):
        result = talk.follow(messages[:end])
        assert result.skipped_reason != "costs_more"
        assert result.compressed_tokens <= result.trigger or result.floor_tokens > result.target


def test_the_own_prices_of_a_model_are_those_of_its_name():
    messages = openai_agent(turns=10)
    own, given = (Conversation("claude-haiku-4-5", 2_000, prices=one) for one in (True, prices_for("claude-haiku-4-5")))
    assert own.follow(messages) == given.follow(messages)
    assert json.loads(own.to_json())["options"]["prices"] is True


@pytest.mark.parametrize(("trigger", "opened"), [(2_400, False), (1_500, True)])
def test_a_price_alone_does_not_open_the_document_that_the_user_has_just_sent(trigger, opened):
    paragraphs = "\n\n".join(f"Section {n}. The tenant of flat {n} pays {n * 37} euros a month." * 2 for n in range(45))
    talk = Conversation(MODEL, trigger=trigger, target=1_000, prices=usual())
    talk.append({"role": "user", "content": f"Who pays 370 euros?\n\n{paragraphs}"})
    talk.request()
    assert ("[…" in talk.result.messages[0]["content"]) == opened
    assert talk.result.skipped_reason == (None if opened else "below_trigger")
