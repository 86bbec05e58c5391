"""The judge of requests says no to what a provider or a chat template refuses, and yes to what it accepts."""

import jinja2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evals.harness.validity import breaches, problems

MARK, HOUR = {"type": "ephemeral"}, {"type": "ephemeral", "ttl": "1h"}
ASK, SAID = {"role": "user", "content": "go"}, {"role": "assistant", "content": "done"}
CALL = {"role": "assistant", "content": None, "tool_calls": [{"id": "a", "function": {"name": "f", "arguments": "{}"}}]}
RESULT = {"role": "tool", "tool_call_id": "a", "content": "1"}
THOUGHT = {"type": "thinking", "thinking": "so", "signature": "c2ln"}
USE = {"type": "tool_use", "id": "a", "name": "f", "input": {}}
USED = {"type": "tool_result", "tool_use_id": "a", "content": "1"}


def text(words, **more):
    return {"type": "text", "text": words, **more}


def user(*blocks):
    return {"role": "user", "content": list(blocks)}


def assistant(*blocks):
    return {"role": "assistant", "content": list(blocks)}


def call(name):
    return {**CALL, "tool_calls": [{**CALL["tool_calls"][0], "id": name}]}


def result(name):
    return {**RESULT, "tool_call_id": name}


def use(name):
    return {**USE, "id": name}


def used(name, **more):
    return {**USED, "tool_use_id": name, **more}


@pytest.mark.parametrize(
    ("messages", "broken"),
    [
        ([ASK, CALL, RESULT, SAID], []),
        ([ASK, CALL], ["call open at the end: a"]),
        ([ASK, RESULT], ["alternation", "result without its call: a"]),
        ([ASK, CALL, SAID], ["Mistral's alternation", "alternation", "call without its result: a"]),
        ([ASK, CALL, RESULT, RESULT], ["result twice: a"]),
        ([ASK, CALL, RESULT, CALL, RESULT], ["id twice: a"]),
        ([ASK, SAID, ASK, {"role": "critic", "content": "no"}], ["Mistral's alternation", "unknown role: 'critic'"]),
        ([ASK, {"role": "assistant", "content": None}], ["no content: assistant"]),
        ([ASK, assistant()], ["empty content: assistant"]),
        ([ASK, {"role": "assistant", "content": None, "refusal": "no"}], []),
        ([ASK, {"role": "assistant", "content": " \n"}],
         ["blank text: assistant", "white space at the end of the last assistant message"]),
        ([{"role": "user", "content": "half of a pair: \ud83d"}], ["not UTF-8"]),
        ([], ["no messages"]),
    ],
)  # fmt: skip
def test_openai_rules(messages, broken):
    assert sorted(problems(messages, "openai")) == broken


@pytest.mark.parametrize(
    ("messages", "broken"),
    [
        ([ASK, assistant(USE), user(USED), SAID], []),
        ([ASK, assistant(USE)], ["call open at the end: a"]),
        ([ASK, user(USED)], ["alternation", "result without its call: a"]),
        ([ASK, assistant(USE), ASK], ["Mistral's alternation", "call without its result: a"]),
        ([ASK, assistant(USE), user(text("so"), USED)],
         ["Mistral's alternation", "Mistral's turn behind a tool message", "alternation", "results not first"]),
        ([ASK, assistant(USE, use("b")), user(USED), user(used("b"))],
         ["result not in the message behind its call: b"]),
        ([assistant(USE), user(USED)], ["Mistral's alternation", "first turn is not the user"]),
        ([user(text("hi"), text(" \n"))], ["blank text: user"]),
        ([ASK, assistant(USE), user(used("a", content=[text("")]))], ["blank text: user"]),
        ([ASK, SAID, user()], ["empty content: user"]),
        ([{"role": "system", "content": "x"}, ASK], ["unknown role: 'system'"]),
    ],
)  # fmt: skip
def test_anthropic_rules(messages, broken):
    assert sorted(problems(messages, "anthropic")) == broken


def tools(*marks):
    return [{"name": f"t{number}", "cache_control": mark} for number, mark in enumerate(marks)]


@pytest.mark.parametrize(
    ("messages", "given", "broken"),
    [
        ([ASK, {**SAID, "cache_control": MARK}], tools(HOUR, HOUR, MARK), []),
        ([user(text("a", cache_control=MARK), text("b", cache_control=MARK))], tools(MARK, MARK, MARK),
         ["more than four cache marks"]),
        ([user(text("a"))], [{"type": "function", "function": {"name": f"t{n}", "cache_control": MARK}}
                             for n in range(6)], ["more than four cache marks"] * 2),
        ([{**ASK, "cache_control": MARK}, {**call("b"), "tool_calls": [{"id": "b", "cache_control": MARK}] * 1},
          {**result("b"), "cache_control": MARK}], tools(MARK, MARK), ["more than four cache marks"]),
        ([user(text("a", cache_control=HOUR))], tools(MARK), ["cache mark for an hour behind one for five minutes"]),
        ([user(text("a", cache_control=MARK)), {"role": "system", "content": [text("b", cache_control=HOUR)]}], [None],
         ["Mistral's alternation"]),
        ([ASK, assistant({**THOUGHT, "cache_control": MARK}, text("a"))], [None], ["cache mark on thinking"]),
        ([{"role": "user", "content": "", "cache_control": MARK}], [None],
         ["blank text: user", "cache mark on an empty text"]),
        ([ASK], [], ["empty list of tools"]),
        ([ASK], [{"name": "f"}, {"name": "f"}], ["tool twice: f"]),
    ],
)  # fmt: skip
def test_rules_of_marks_and_tools(messages, given, broken):
    assert sorted(problems(messages, "openai", given)) == broken


def test_only_what_was_in_order_before_can_be_broken():
    assert breaches([ASK, CALL], [ASK, CALL], "openai") == []
    assert breaches([ASK, CALL, RESULT], [ASK, CALL], "openai") == ["call open at the end: a"]
    assert breaches([ASK, ASK, CALL, ASK], [ASK, ASK, CALL, ASK, ASK], "openai") == []
    assert breaches([ASK, SAID, RESULT], [ASK, ASK, RESULT], "openai") == ["message of another role"]
    assert breaches([user(text(""))], [user(text(""), text(""))], "anthropic") == ["blank text: user"]
    assert breaches([ASK], [ASK], "openai", None, []) == ["empty list of tools"]
    assert breaches([ASK, SAID], [ASK, {**SAID, "role": "user"}], "openai") == [
        "Mistral's alternation", "alternation", "message of another role"
    ]  # fmt: skip


LOOP = [ASK, assistant(THOUGHT, USE), user(USED), assistant(use("b")), user(used("b"))]


@pytest.mark.parametrize(
    ("after", "broken"),
    [
        (LOOP, []),
        ([ASK, *LOOP], []),
        ([ASK, LOOP[1], LOOP[2]], []),
        ([ASK, *LOOP[3:]], ["final turn does not begin with thinking"]),
        ([*LOOP[:3], {"role": "user", "content": "left out"}, *LOOP[3:]], ["final turn does not begin with thinking"]),
        ([ASK, assistant({**THOUGHT, "thinking": "no"}, USE), *LOOP[2:]], ["signed block changed, or out of order"]),
    ],
)
def test_an_open_tool_loop_that_begins_with_thinking_still_does(after, broken):
    before = LOOP if after != [ASK, *LOOP] else [ASK, *LOOP]
    found = [problem for problem in breaches(before, after, "anthropic") if "turn" in problem or "signed" in problem]
    assert [problem for problem in found if "Mistral" not in problem] == broken


def test_a_loop_without_thinking_need_not_begin_with_it():
    bare = [ASK, assistant(USE), *LOOP[2:]]
    assert breaches(bare, [ASK, *LOOP[3:]], "anthropic") == []
    assert breaches([*LOOP, SAID, ASK], [ASK, SAID, ASK], "anthropic") == []


# The same conditions as in the public chat templates, reduced to what makes them raise.
MISTRAL = """
{%- set turns = messages[1:] if messages[0].role == "system" else messages %}{%- set ns = namespace(index=0) %}
{%- for message in turns if not (message.role == "tool" or message.tool_calls) %}
{%- if (message.role == "user") != (ns.index % 2 == 0) %}{{ raise_exception("alternate") }}{% endif %}
{%- if message.role not in ("user", "assistant") %}{{ raise_exception("roles") }}{% endif %}
{%- set ns.index = ns.index + 1 %}{%- endfor %}"""
GEMMA = """
{%- for message in messages %}
{%- if (message.role == "user") != (loop.index0 % 2 == 0) %}{{ raise_exception("alternate") }}{% endif %}{% endfor %}"""


def renders(template, messages):
    def raise_exception(reason):
        raise ValueError(reason)

    try:
        jinja2.Environment(autoescape=True).from_string(template).render(
            messages=messages, raise_exception=raise_exception
        )
    except ValueError:
        return False
    return True


@given(st.lists(st.sampled_from([{"role": "system", "content": "x"}, ASK, SAID, CALL, RESULT]), min_size=1, max_size=7))
def test_the_rules_of_alternation_are_those_of_the_templates(messages):
    found = problems(messages, "openai")
    begins = [message for message in messages if message["role"] != "system"][:1] in ([], [ASK], [SAID])
    # The template takes one system message only, and leaves it to the validator who begins.
    if begins and [message["role"] for message in messages[:2]] != ["system", "system"]:
        assert ("Mistral's alternation" not in found) == renders(MISTRAL, messages)
    plain = [message for message in messages if message in (ASK, SAID)]
    found = problems(plain, "openai")
    assert ("alternation" not in found and "first turn is not the user" not in found) == renders(GEMMA, plain)
