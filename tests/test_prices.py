"""Prices come from litellm's own map, and prompts are billed by the provider's rules."""

import json
import math
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest
from genai_prices import Usage, calc_price
from hypothesis import given
from hypothesis import strategies as st

from compresskit import InvalidArgument
from compresskit.prices import Prices, Split, context_window, prices_for, usual
from compresskit.turns.cache_marks import min_cached_tokens
from compresskit.turns.economics import Spending, compaction_pays, compaction_price, worth_keeping
from compresskit.turns.weights import WEIGHTS

MAP = Path(find_spec("litellm").origin).parent / "model_prices_and_context_window_backup.json"
ENTRIES = json.loads(MAP.read_text("utf-8"))
TOKENS = st.integers(0, 300_000)


@pytest.mark.parametrize("model", ["claude-sonnet-4-5", "claude-opus-4-8", "gpt-4o", "gpt-5", "gemini/gemini-2.5-pro"])
def test_prices_are_those_of_litellms_map(model):
    """Dollars a token there, micro-dollars a million tokens here."""
    prices, entry = prices_for(model), ENTRIES[model]
    assert prices.known
    assert prices.input == round(entry["input_cost_per_token"] * 1e12)
    assert prices.read == round(entry["cache_read_input_token_cost"] * 1e12)
    assert prices.write == round(entry.get("cache_creation_input_token_cost", entry["input_cost_per_token"]) * 1e12)


def test_every_model_that_has_a_price_has_prices():
    """No entry of the map is one that we stumble over; a read never costs more than a new token there."""
    priced = [name for name, entry in ENTRIES.items() if entry.get("input_cost_per_token")]
    assert len(priced) > 1_000
    assert all(prices_for(name).known for name in priced)


def test_providers_differ_in_minimum_steps_and_breakpoints():
    """Anthropic marks places and charges writes; OpenAI caches by itself in steps of 128, without a surcharge."""
    claude, gpt = prices_for("anthropic/claude-haiku-4-5"), prices_for("openai/gpt-4o")
    assert (claude.minimum, claude.step, claude.breakpoints) == (4_096, 1, 4)
    assert (claude.write * 4, claude.write_hour) == (claude.input * 5, claude.input * 2)
    assert (gpt.minimum, gpt.step, gpt.breakpoints, gpt.write) == (1_024, 128, 0, gpt.input)


@pytest.mark.parametrize(
    ("model", "minimum"),
    [
        ("claude-opus-4-7", 2_048),
        ("anthropic/claude-opus-4-7-20260416", 2_048),
        ("bedrock/us.anthropic.claude-opus-4-7-v1:0", 2_048),
        ("vertex_ai/claude-opus-4-7@default", 2_048),
        ("openrouter/anthropic/claude-opus-4.7", 2_048),
        ("perplexity/anthropic/claude-opus-4-6", 4_096),
        ("replicate/anthropic/claude-4.5-haiku", 4_096),
        ("claude-opus-5-5", 512),
        ("claude-of-tomorrow", 1_024),
    ],
)
def test_the_least_cached_prefix_of_a_claude_does_not_depend_on_the_spelling_of_its_name(model, minimum):
    prices = prices_for(model)
    assert (prices.minimum, prices.breakpoints, min_cached_tokens(model)) == (minimum, 4, minimum)


def test_a_model_without_a_cache_has_one_price():
    """What the map says nothing of costs what a new token costs."""
    name = next(
        name
        for name, entry in ENTRIES.items()
        if entry.get("litellm_provider") == "mistral"
        and entry.get("input_cost_per_token")
        and not entry.get("cache_read_input_token_cost")
        and not entry.get("supports_prompt_caching")
    )
    prices = prices_for(name)
    assert prices.read == prices.write == prices.input


def test_an_unknown_model_has_the_usual_ratios_and_says_so():
    prices = prices_for("nobody/knows-this-model")
    assert not prices.known
    assert (prices.write / prices.input, prices.read / prices.input) == (1.25, 0.1)


@given(TOKENS, TOKENS, st.sampled_from(["claude-sonnet-4-5", "gpt-4o", "claude-haiku-4-5", "unknown"]))
def test_every_token_of_a_prompt_is_billed_once(prompt, shared, model):
    """Nothing is read that was not shared, below the minimum nothing is cached, and steps are whole."""
    prices = prices_for(model)
    split = prices.split(prompt, shared)
    assert sum(split) == prompt
    assert min(split) >= 0
    assert split.read <= shared
    assert split.read % prices.step == 0
    assert split.read == 0 or split.read >= prices.minimum


@given(TOKENS, TOKENS, TOKENS)
def test_a_bill_is_whole_micro_dollars_to_the_nearest(read, written, fresh):
    """Against exact dollars: 3 dollars a million, 3.75 for a write, 0.30 for a read."""
    cost = prices_for("claude-sonnet-4-5").cost(Split(read, written, fresh))
    assert isinstance(cost, int)
    assert abs(cost * 100 - (30 * read + 375 * written + 300 * fresh)) <= 50


def test_an_hour_in_the_cache_costs_twice():
    assert prices_for("claude-sonnet-4-5").cost(Split(0, 0, 0), written_hour=1_000) == 6_000


@pytest.mark.parametrize("wrong", [{"input": 0}, {"read": -1}, {"write": 1.5}, {"step": 0}, {"minimum": True}])
def test_wrong_prices_are_an_error_that_names_the_field(wrong):
    right = {"input": 1, "write": 1, "write_hour": 1, "read": 0}
    with pytest.raises(InvalidArgument, match=next(iter(wrong))):
        Prices(**(right | wrong))


def test_prices_are_read_without_litellm_and_without_a_network():
    """Importing litellm would fetch its map."""
    code = (
        "import sys; from compresskit.prices import prices_for; prices_for('gpt-4o'); print('litellm' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


@given(
    st.integers(100, 500_000),
    st.integers(1, 20),
    st.integers(20, 5_000),
    st.integers(1, 200),
    st.sampled_from(["gpt-4o", "claude-opus-4-8"]),
)
def test_what_is_worth_keeping_costs_least(history, part, message, requests, model):
    """Every request is played through: reads of what was kept, and what is asked for, four times its price."""
    prices, prompt = prices_for(model), history // part

    def bill(kept):
        asking = math.exp(-kept / 0.15) / 2 * (prompt * prices.read + message * prices.write)
        reading = [kept * history * (prices.read if number else prices.write) for number in range(requests)]
        return sum(reading) + requests * 4 * asking

    best = worth_keeping(history, prompt, message, requests, prices)
    assert 0 <= best <= 1
    assert bill(best) <= min(bill(share / 50) for share in range(51)) * 1.001


@given(st.integers(1_000, 200_000), st.integers(2, 100))
def test_dear_reading_keeps_less_and_many_turns_keep_more(history, requests):
    cheap, dear = Prices(1_000, 1_250, 2_000, 100), Prices(1_000, 1_250, 2_000, 500)
    given = history // 2, 300
    assert worth_keeping(history, *given, requests, cheap) >= worth_keeping(history, *given, requests // 2, cheap)
    assert worth_keeping(history, history // 20, 1, requests, dear) <= worth_keeping(
        history, history // 20, 1, requests, cheap
    )


def test_prices_beyond_all_reason_are_an_error():
    with pytest.raises(InvalidArgument, match="write is"):
        Prices(10**6, 10**16, 0, 0)


def test_what_costs_nothing_is_kept_and_what_cannot_be_paid_for_is_not():
    assert worth_keeping(1_000, 500, 100, 10, Prices(1, 0, 0, 0)) == 1
    assert worth_keeping(10**9, 0, 0, 10, usual()) == 0


COMPARED = (
    *("gpt-4o", "gpt-4o-mini", "gpt-4.1", "gpt-5", "gpt-5-mini", "gpt-5.1", "gpt-5.2", "o3", "o4-mini"),
    *("claude-sonnet-4-5", "claude-sonnet-4-6", "claude-sonnet-4-0", "claude-haiku-4-5", "claude-opus-4-1"),
    *("claude-opus-4-5", "claude-opus-4-7", "gemini-2.5-pro", "gemini-2.5-flash", "deepseek-chat"),
)
DIFFERENT = {"deepseek-chat"}  # docs/turns.md names them


def test_a_second_price_list_agrees_or_the_model_is_listed():
    """genai-prices is made by others: the prices of a new input token, of one that is read, and of one written."""

    def second(model, **tokens):
        cost = calc_price(Usage(input_tokens=1_000, **tokens), model_ref=model).input_price
        return int(cost * 10**9)  # dollars for a thousand tokens

    def both(model):
        own = prices_for(model)
        others = second(model), second(model, cache_read_tokens=1_000), second(model, cache_write_tokens=1_000)
        return (own.input, own.read, own.write), others

    assert {model for model in COMPARED if both(model)[0] != both(model)[1]} == DIFFERENT
    page = (Path(__file__).parents[1] / "docs" / "turns.md").read_text("utf-8")
    assert all(f"`{model}`" in page for model in DIFFERENT)


@given(st.integers(0, 10**6), st.integers(0, 10**6), st.integers(1, 300), st.integers(2_000, 200_000))
def test_no_compaction_costs_more_than_what_was_saved_before_and_a_small_share(sent, whole, requests, prompt):
    """Whenever a run ends after a compaction, it has cost at most that share more than sending everything."""
    spending, settled = Spending(sent, whole, requests), prompt // 3
    price = compaction_price(prompt, settled, 500, prompt - 300, usual())
    if compaction_pays(price, prompt, settled, 500, 300, spending, usual()):
        assert sent + price <= (1 + WEIGHTS.debt_share) * whole


def test_the_context_window_is_that_of_litellms_map():
    assert context_window("anthropic/claude-haiku-4-5") == ENTRIES["claude-haiku-4-5"]["max_input_tokens"]
    assert context_window("nobody/knows-this-model") == 0
