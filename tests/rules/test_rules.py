"""Rules: what their owner writes is what happens to a text, and a wrong rule is an error that names it."""

import json
from dataclasses import fields
from pathlib import Path

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st
from shrinkers import Fair

import compresskit.rules
from compresskit import Conversation, InvalidArgument, compress, restore
from compresskit.rules import ACTIONS, KINDS, Rule, checked, load, parse
from compresskit.rules.rule import ROLES

SENTENCE = "The order of the customer was late, and nobody answered the letter about it. "
PROSE = "\n\n".join(f"{n}. " + SENTENCE * 3 for n in range(30))
CODE = "\n\n".join(
    f"def handler_{n}(request, limit):\n" + "    limit += 1\n" * 12 + "    return limit\n" for n in range(20)
)
ROWS = json.dumps([{"id": n, "city": "Berlin", "total": n * 7} for n in range(150)])


def result_of(number, tool, text, **arguments):
    call = {"id": f"c{number}", "type": "function", "function": {"name": tool, "arguments": json.dumps(arguments)}}
    return [
        {"role": "assistant", "content": None, "tool_calls": [call]},
        {"role": "tool", "tool_call_id": f"c{number}", "content": text},
    ]


MESSAGES = [
    {"role": "system", "content": "You help customers."},
    {"role": "user", "content": "Why was my order late?"},
    *result_of(1, "get_policy", PROSE),
    *result_of(2, "browser_snapshot", PROSE.replace("order", "page")),
    *result_of(3, "read_file", CODE, path="src/handlers.py"),
    *result_of(4, "list_orders", ROWS),
    {"role": "assistant", "content": "I have looked at everything."},
    {"role": "user", "content": "And which order was it?"},
]
POLICY, PAGE, FILE, LIST = 3, 5, 7, 9


def ruled(*rules, target=2_000, messages=MESSAGES, **options):
    result = compress(messages, "gpt-4o", target + 1, target, rules=rules, **options)
    assert restore(result.messages, result.cache) == messages
    return result


def text_of(result, number, messages=MESSAGES):
    """What is shown of the result of a tool; None if it folded."""
    wanted = messages[number]["tool_call_id"]
    return next((one["content"] for one in result.messages if one.get("tool_call_id") == wanted), None)


def test_what_a_rule_keeps_never_changes():
    assert text_of(ruled(target=1_000), POLICY) != PROSE
    assert text_of(ruled(Rule(tool="get_*", action="keep")), POLICY) == PROSE


def test_a_bound_holds_however_much_room_there_is():
    rule = Rule(tool="browser_*", action="excerpt", max_tokens=300)
    result = ruled(rule, target=7_000)
    row = next(row for row in result.decisions if row.message == PAGE)
    assert (row.action, row.rule) == ("excerpt", 0)
    assert 200 < row.tokens_after <= 300


def test_a_bound_opens_the_newest_result_as_well():
    newest = MESSAGES[: LIST + 1]
    result = ruled(Rule(tool="list_*", action="excerpt", max_tokens=200), target=7_000, messages=newest)
    assert next(row.tokens_after for row in result.decisions if row.message == LIST) <= 200


def test_signatures_stand_for_code_and_nothing_else_of_it():
    shown = text_of(ruled(Rule(path="*.py", action="signatures"), target=6_000), FILE)
    assert shown.count("\n") == 0
    assert all(f"def handler_{n}(request, limit) L" in shown for n in range(20))


def test_a_lossless_text_is_complete_in_fewer_tokens():
    result = ruled(Rule(tool="list_orders", action="lossless"))
    assert text_of(result, LIST).startswith("[… JSON in short form: complete")
    assert all(f"\n{n},{n * 7}" in text_of(result, LIST) for n in range(1, 150))


def test_a_verbatim_text_has_no_compact_form():
    shown = text_of(ruled(Rule(tool="list_orders", action="verbatim"), target=4_000, folds=False), LIST)
    assert "JSON in short form" not in shown
    assert '{"id": ' in shown


def test_an_excerpt_always_shows_something_of_its_text():
    rules = [Rule(role="tool", action="excerpt")]
    shown = [text_of(ruled(*rules, target=1_200), number) for number in (POLICY, PAGE, FILE, LIST)]
    assert all(any(not line.startswith("[…") for line in text.splitlines()) for text in shown)


def test_a_stub_is_one_line_even_if_there_is_room():
    result = ruled(Rule(tool="read_file", action="stub"), target=7_500)
    shown = text_of(result, FILE)
    assert shown.startswith("[… ")
    assert "\n" not in shown
    assert [row.why for row in result.decisions if row.message == FILE] == ["rule: tool=read_file: stub"]


def test_a_stale_read_goes_as_soon_as_there_is_a_newer_one():
    older = CODE.replace("limit += 1", "limit += 2", 200)
    messages = [*MESSAGES[:6], *result_of(9, "read_file", older, path="src/handlers.py"), *MESSAGES[6:]]
    rule = Rule(path="*.py", action="drop_when_stale")
    result = ruled(rule, target=9_000, messages=messages)
    old, new = (text_of(result, number, messages) for number in (7, 9))
    assert old.count("\n") == 0
    assert new == CODE


def test_prose_is_said_shorter_where_a_rule_asks_for_it():
    rules = [Rule(tool="get_policy", action="shrink", max_tokens=900)]
    result = ruled(*rules, target=7_000, shrinker=Fair())
    assert next(row.action for row in result.decisions if row.message == POLICY) == "shrunk"
    with pytest.raises(InvalidArgument, match=r"rules\[0\] has the action 'shrink', and there is no shrinker"):
        ruled(*rules)


def test_the_first_rule_that_matches_counts_and_the_report_names_it():
    result = ruled({"tool": "get_policy", "action": "keep"}, {"role": "tool", "action": "stub"})
    rules = {row.message: row.rule for row in result.decisions}
    assert (rules[POLICY], rules[PAGE], rules[FILE], rules[1]) == (0, 1, 1, None)


CONDITIONS = {  # a condition, and the results that it matches
    "tool": ({"tool": ["get_*", "list_*"]}, {POLICY, LIST}),
    "role": ({"role": "tool"}, {POLICY, PAGE, FILE, LIST}),
    "kind": ({"kind": "code", "role": "tool"}, {FILE}),
    "path": ({"path": "src/*"}, {FILE}),
    "call": ({"call": "*handlers*"}, {FILE}),
    "contains": ({"contains": "THE PAGE OF"}, {PAGE}),
    "failing": ({"failing": True, "role": "tool"}, set()),
    "older_than": ({"older_than": 3, "role": "tool"}, {POLICY}),
    "larger_than": ({"larger_than": 1_900, "role": "tool"}, {LIST}),
    "model": ({"model": "gpt-*", "role": "tool"}, {POLICY, PAGE, FILE, LIST}),
    "another model": ({"model": "claude-*", "role": "tool"}, set()),
}


@pytest.mark.parametrize("name", CONDITIONS)
def test_a_rule_matches_the_texts_of_its_conditions(name):
    condition, expected = CONDITIONS[name]
    found = {row.message for row in ruled({**condition, "action": "stub"}).decisions if row.rule == 0}
    assert found == expected


def test_text_that_never_changes_stays_whatever_a_rule_says():
    result = ruled(Rule(action="stub"))
    assert result.messages[0] == MESSAGES[0]
    assert result.messages[-1] == MESSAGES[-1]
    opened = ruled(Rule(role="system", action="stub"), open=["system"], target=1_000)
    assert text_of(opened, POLICY) != PROSE


def test_new_results_enter_as_their_rules_say():
    rules = [
        Rule(tool="browser_*", action="excerpt", max_tokens=300),
        Rule(tool="list_orders", action="verbatim"),
        Rule(tool="get_policy", action="keep"),
    ]
    talk = Conversation("gpt-4o", rules=rules, on_entry=True)
    talk.append(*MESSAGES[:-2])
    sent = talk.request()["messages"]
    row = next(row for row in talk.result.entered if row.message == PAGE)
    assert row.tokens_after <= 330
    assert sent[POLICY] == MESSAGES[POLICY]
    assert sent[LIST]["content"] == ROWS
    assert Conversation.from_json(talk.to_json()).request() == talk.request()


WRONG = {
    "an unknown field": ({"tols": "x", "action": "keep"}, "rules[0] has the field 'tols'", "'tool'"),
    "an unknown action": ({"action": "kep"}, "action is 'kep'", "'keep'"),
    "an unknown kind": ({"kind": "logs", "action": "keep"}, "kind is 'logs'", "'log'"),
    "no action": ({"tool": "x"}, "rules[0] has no action", "one of keep"),
    "a bound without use": ({"action": "keep", "max_tokens": 5}, "max_tokens is given with action 'keep'", "excerpt"),
    "no number": ({"action": "keep", "larger_than": "5"}, "larger_than is '5'", "whole number"),
    "no pattern": ({"action": "keep", "tool": []}, "tool is a list of 0 items", "a pattern"),
    "no rule": ("keep", "rules[0] is a str", "a Rule"),
}


def test_the_name_of_a_recipe_is_no_list_of_rules_and_the_error_says_where_they_are():
    with pytest.raises(InvalidArgument, match=r"rules is a str .* recipe\('coding-agent'\) returns those of a recipe"):
        compress(MESSAGES, "gpt-4o", rules="coding-agent")


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_rule_is_an_error_that_says_what_was_meant(name):
    value, what, advice = WRONG[name]
    with pytest.raises(InvalidArgument) as caught:
        compress(MESSAGES, "gpt-4o", rules=[value])
    assert what in str(caught.value)
    assert advice in str(caught.value)


TOML = """
[[rules]]                # the words of the policy decide
tool = "get_policy"
action = "keep"
[[rules]]
kind = "json"
larger_than = 500
action = "excerpt"
max_tokens = 400
"""
YAML = """
rules:
  - {tool: get_policy, action: keep}
  - {kind: json, larger_than: 500, action: excerpt, max_tokens: 400}
"""
RULES = (Rule(tool="get_policy", action="keep"), Rule(kind="json", larger_than=500, action="excerpt", max_tokens=400))


def test_rules_are_read_from_toml_yaml_json_and_pyproject(tmp_path):
    files = {
        "compresskit.toml": TOML,
        "rules.yaml": YAML,
        "rules.json": json.dumps({"rules": [rule.as_dict() for rule in RULES]}),
        "pyproject.toml": '[project]\nname = "x"\n' + TOML.replace("[[rules]]", "[[tool.compresskit.rules]]"),
    }
    for name, text in files.items():
        (tmp_path / name).write_text(text)
        assert load(tmp_path / name) == RULES
    (tmp_path / "compresskit.toml").write_text('[[rules]]\naction = "kep"')
    with pytest.raises(InvalidArgument, match=r"compresskit\.toml: rules\[0\]: action is 'kep'"):
        load(tmp_path / "compresskit.toml")
    with pytest.raises(InvalidArgument, match="not valid TOML"):
        parse("rules = [")
    with pytest.raises(InvalidArgument, match="has 'rule'; only the list 'rules' was expected"):
        parse('[[rule]]\naction = "keep"')


SCHEMA = json.loads((Path(compresskit.rules.__file__).parent / "schema.json").read_text())


def test_the_published_schema_has_every_field_and_its_words():
    properties = SCHEMA["properties"]["rules"]["items"]["properties"]
    assert list(properties) == [field.name for field in fields(Rule)]
    assert all(one["description"].endswith(".") for one in properties.values())
    words = {name: tuple(one["enum"]) for name, one in properties.items() if "enum" in one}
    assert words == {"action": tuple(ACTIONS), "role": ROLES, "kind": tuple(KINDS)}


_values = st.none() | st.booleans() | st.integers(-1, 3) | st.sampled_from(["", "x", [], ["x"], ["x", 1], 0.5])
_fields = dict.fromkeys(("tool", "path", "contains", "failing", "older_than", "max_tokens", "name", "tols"), _values)
_fields |= {"role": _values | st.just("tool"), "kind": _values | st.sampled_from(sorted(KINDS))}
_rules = st.fixed_dictionaries({}, optional={"action": _values | st.sampled_from(sorted(ACTIONS)), **_fields})


@given(_rules)
def test_the_published_schema_takes_what_the_library_takes(rule):
    try:
        jsonschema.validate({"rules": [rule]}, SCHEMA)
        fits = True
    except jsonschema.ValidationError:
        fits = False
    try:
        checked([{name: value for name, value in rule.items() if value is not None or name == "action"}])
        taken = True
    except InvalidArgument:
        taken = False
    if not any(value is None for value in rule.values()):  # Python says None for a condition that is left out
        useless = "max_tokens" in rule and fits and not taken  # a bound with an action that has no use for it
        assert fits == taken or useless
