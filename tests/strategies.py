"""Generated conversations in both shapes, and budgets to squeeze them into.

`openai_cases` and `anthropic_cases` are requests that a provider accepts; `soups` are any lists of
JSON-like dicts with a role.
"""

import json
from dataclasses import dataclass

from anthropic_shape import anthropic_messages, assistant_block
from hypothesis import strategies as st
from openai_shape import OPEN_ROLES, openai_messages, openai_part
from oracles import cost
from pieces import brief, deep_values, json_values, texts

from compresskit import compress

MODEL = "gpt-4o"

_any_block = st.dictionaries(
    st.sampled_from(["type", "text", "content", "input", "id", "tool_use_id"]),
    texts | json_values,
    max_size=4,
)
_any_message = st.builds(
    lambda role, more: {"role": role, **more},
    st.sampled_from(["system", "user", "assistant", "tool", "function", *OPEN_ROLES]),
    st.dictionaries(
        st.sampled_from(
            ["content", "tool_calls", "tool_call_id", "name", "function_call", "cache_control", "parts"]
        ),
        st.one_of(
            texts, json_values, deep_values, st.lists(_any_block | openai_part | assistant_block, max_size=3)
        ),
        max_size=4,
    ),
)
soups = st.lists(_any_message, max_size=8)


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


def _case(shape, messages, share, odd_target, slack):
    """Mostly a share of what the messages cost; sometimes next to nothing, or more than there is."""
    target = {None: int(cost(messages) * share), "more": 2 * cost(messages) + 100}.get(odd_target, odd_target)
    return Case(shape, messages, max(1, target), max(1, target) + slack)


_shares = st.sampled_from([0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.9])
_odd_targets = st.one_of(*[st.none()] * 4, st.integers(1, 50), st.just("more"))
_budgets = (_shares, _odd_targets, st.sampled_from([0, 0, 1, 100]))


def squeeze(case, **more):
    """compress() on a case."""
    return compress(case.messages, MODEL, shape=case.shape, **case.budget, **more)


def tool_names(tools):
    return [(tool.get("function") or tool)["name"] for tool in tools or []]


openai_cases = brief(st.builds(_case, st.just("openai"), openai_messages, *_budgets), "openai_cases")
anthropic_cases = brief(
    st.builds(_case, st.just("anthropic"), anthropic_messages, *_budgets), "anthropic_cases"
)
soup_cases = brief(st.builds(_case, st.just("auto"), soups, *_budgets), "soup_cases")
cases = openai_cases | anthropic_cases
