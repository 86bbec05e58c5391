"""Generated conversations in all shapes, and budgets to squeeze them into.

`openai_cases`, `anthropic_cases`, `responses_cases`, `gemini_cases` and `converse_cases` are requests that a provider
accepts, `alternating_cases` those whose roles every
chat template accepts too; `everyday_cases` have the layouts that clients send, some with cache marks, also for an hour;
`soups` are any lists of JSON-like dicts with a role.
"""

import contextlib
import functools
import json
from dataclasses import dataclass

from anthropic_shape import anthropic_messages, assistant_block
from converse_shape import converse_messages
from gemini_shape import gemini_messages
from hypothesis import settings
from hypothesis import strategies as st
from openai_shape import OPEN_ROLES, openai_messages, openai_part
from oracles import cost, difference
from pieces import brief, deep_values, json_values, texts
from responses_shape import responses_messages

from compresskit import compress, restore
from evals.harness.validity_apis import tool_names as names_in
from evals.suites import fuzz_conversations as made

MODEL = "gpt-4o"

_any_block = st.dictionaries(
    st.sampled_from(["type", "text", "content", "input", "id", "tool_use_id"]),
    texts | json_values,
    max_size=4,
).filter(lambda block: "text" not in block or "type" in block)  # else it is a block of Converse or a part of Gemini
_any_message = st.builds(
    lambda role, more: {"role": role, **more},
    st.sampled_from(["system", "user", "assistant", "tool", "function", *OPEN_ROLES]),
    st.dictionaries(
        st.sampled_from(["content", "tool_calls", "tool_call_id", "name", "function_call", "cache_control", "parts"]),
        st.one_of(texts, json_values, deep_values, st.lists(_any_block | openai_part | assistant_block, max_size=3)),
        max_size=4,
    ),
).filter(lambda message: "content" in message or "parts" not in message)  # else it may be a UIMessage of the AI SDK
soups = brief("soups", st.lists(_any_message, max_size=8))


@dataclass
class Case:
    """A conversation and the budget it shall come to."""

    shape: str
    messages: list
    target: int
    trigger: int

    def __repr__(self):
        """JSON, cut: a conversation may be too deep for repr and too long to read."""
        start = json.dumps(self.messages)[:3000]
        return f"Case({self.shape}, target={self.target}, trigger={self.trigger}, {start})"

    @property
    def budget(self):
        return {"trigger": self.trigger, "target": self.target}

    @functools.cached_property
    def least(self):
        """The result of the smallest target."""
        return compress(self.messages, MODEL, trigger=1, target=1, shape=self.shape)


def _case(shape, messages, aim, share, slack):
    """Mostly a target that can be reached; sometimes a plain share, next to nothing, or more than there is."""
    total, floor = cost(messages), 0
    case = Case(shape, messages, 1, 1)
    if aim == "between":
        # Where the floor lies is only a hint for picking a target: the laws are judged without it.
        with contextlib.suppress(Exception):
            total, floor = case.least.original_tokens, case.least.floor_tokens
    if aim == "more":
        share = 3
    case.target = aim if isinstance(aim, int) else max(1, floor + int((total - floor) * share))
    case.trigger = case.target + slack
    return case


_aims = st.sampled_from(["between"] * 16 + ["share"] * 4 + ["more"] * 2 + [1, 7, 40])
_budgets = (_aims, st.sampled_from([0.5, 0.2, 0.8, 0.0, 0.05, 0.95]), st.sampled_from([0, 0, 1, 100]))


def examples(number):
    """Settings for a property with so many examples in the profile "ci"; in others in the same proportion."""
    return settings(max_examples=max(1, settings.default.max_examples * number // 64))


def squeeze(case, **more):
    """compress() on a case."""
    return compress(case.messages, MODEL, shape=case.shape, **case.budget, **more)


def check_first_laws(case, result):
    """Nothing is lost, the target holds, and the result is never larger."""
    assert difference(restore(result.messages, result.cache), case.messages) is None
    assert cost(result.messages, result.tools) <= result.compressed_tokens <= result.original_tokens
    if result.skipped_reason == "below_trigger":
        assert result.original_tokens <= case.trigger
    elif result.target_met:
        assert result.compressed_tokens <= case.target
    else:
        assert result.compressed_tokens == result.floor_tokens > case.target


def tool_names(tools):
    return [name for tool in tools or [] for name in names_in(tool)]


openai_cases = st.builds(_case, st.just("openai"), openai_messages, *_budgets)
anthropic_cases = st.builds(_case, st.just("anthropic"), anthropic_messages, *_budgets)
responses_cases = st.builds(_case, st.just("responses"), responses_messages, *_budgets)
gemini_cases = st.builds(_case, st.just("gemini"), gemini_messages, *_budgets)
converse_cases = st.builds(_case, st.just("converse"), converse_messages, *_budgets)
soup_cases = st.builds(_case, st.just("auto"), soups, *_budgets)


def _made(make):
    """Cases in both shapes of the fuzzer's conversations, with hypothesis in place of its random numbers."""
    randoms = st.randoms(use_true_random=False)
    openai, anthropic = (
        st.builds(_case, st.just(shape), st.builds(make, randoms, st.just(shape)), *_budgets)
        for shape in ("openai", "anthropic")
    )
    return openai | anthropic


def _marked(rng, shape):
    messages = made.conversation(rng, shape)
    return made.marked(rng, messages, shape, rng.randrange(5)) if rng.random() < 0.4 else messages


alternating_cases = brief("alternating_cases", _made(made.alternating))
everyday_cases = brief("everyday_cases", _made(_marked))
chat_cases = openai_cases | anthropic_cases | alternating_cases | everyday_cases
other_cases = responses_cases | gemini_cases | converse_cases
cases = chat_cases | other_cases
REQUESTS = {
    "openai": openai_cases,
    "anthropic": anthropic_cases,
    "alternating": alternating_cases,
    "everyday": everyday_cases,
    "responses": responses_cases,
    "gemini": gemini_cases,
    "converse": converse_cases,
}
KINDS = {**REQUESTS, "dicts with anything in them": soup_cases}
