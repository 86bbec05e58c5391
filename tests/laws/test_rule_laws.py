"""Rules of the caller break no law, and hold: over generated conversations in all shapes."""

from hypothesis import given
from hypothesis import strategies as st
from strategies import cases, check_first_laws, examples, squeeze
from validity import breaches

from compresskit.rules import KINDS, Rule

_conditions = st.fixed_dictionaries(
    {},
    optional={
        "role": st.sampled_from(["user", "assistant", "tool", "system"]),
        "tool": st.sampled_from(["read_file", "search", "*"]),
        "kind": st.sampled_from(sorted(KINDS)),
        "older_than": st.sampled_from([0, 1, 3]),
        "larger_than": st.sampled_from([50, 400]),
        "failing": st.booleans(),
        "contains": st.just("the"),
    },
)
_bounded = st.fixed_dictionaries(
    {"action": st.sampled_from(["verbatim", "excerpt", "signatures"])},
    optional={"max_tokens": st.sampled_from([1, 60, 200, 1000])},
)
_actions = (
    st.fixed_dictionaries({"action": st.sampled_from(["keep", "lossless", "stub", "drop_when_stale"])}) | _bounded
)
rule_lists = st.lists(st.builds(lambda one, other: {**one, **other}, _conditions, _actions), min_size=1, max_size=4)
MARKER = 40  # tokens of a stub that describes its text, at most


@examples(16)
@given(cases, rule_lists)
def test_every_law_holds_under_any_rules(case, rules):
    result = squeeze(case, rules=rules)
    check_first_laws(case, result)
    assert breaches(case.shape, case.messages, result) == []


@examples(16)
@given(cases, rule_lists)
def test_each_text_gets_what_its_first_rule_says(case, rules):
    result = squeeze(case, rules=rules)
    for row in result.decisions:
        rule = None if row.rule is None else Rule(**rules[row.rule])
        if rule is None or row.action == "protected":
            continue
        allowed = {
            "lossless": {"kept", "compact"},
            "excerpt": {"kept", "compact", "excerpt", "stub"},
            "verbatim": {"kept", "excerpt", "stub", "fold"},
            "signatures": {"kept", "excerpt", "stub", "fold"},
        }
        assert rule.action != "keep"
        assert row.action in allowed.get(rule.action, {row.action})
        if rule.max_tokens is not None and row.action in ("excerpt", "compact") and rule.action == "verbatim":
            assert row.tokens_after <= max(rule.max_tokens, MARKER)
