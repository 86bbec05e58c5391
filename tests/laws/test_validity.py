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


def item(kind, **fields):
    return {"type": kind, **fields}


R_ASK, R_SAID = {"role": "user", "content": "go"}, {"role": "assistant", "content": "done"}
THOUGHT_ITEM = item("reasoning", id="rs", summary=[])
R_CALL = item("function_call", call_id="a", name="f", arguments="{}")
R_OUT = item("function_call_output", call_id="a", output="")


@pytest.mark.parametrize(
    ("items", "broken"),
    [
        ([R_ASK, THOUGHT_ITEM, R_CALL, R_OUT, R_SAID], []),
        ([R_ASK, R_CALL, {**R_CALL, "call_id": "b"}, {**R_OUT, "call_id": "b"}, R_OUT], []),
        ([R_ASK, R_OUT], ["alternation", "result without its call: a"]),
        ([R_ASK, R_CALL, R_ASK], ["Mistral's alternation", "call without its result: a"]),
        ([R_ASK, THOUGHT_ITEM, R_ASK], ["reasoning without the item behind it"]),
        ([R_ASK, R_SAID, THOUGHT_ITEM], ["reasoning without the item behind it"]),
        ([{"role": "user", "content": [item("output_text", text="so")]}], ["output_text of another role: user"]),
        ([{"role": "user", "content": [item("input_text", text=" ")]}], ["blank text: user"]),
    ],
)
def test_rules_of_responses(items, broken):
    assert sorted(problems(items, "responses")) == broken


def test_no_item_may_lose_the_reasoning_that_was_before_it():
    before = [R_ASK, THOUGHT_ITEM, R_CALL, R_OUT]
    assert breaches(before, before, "responses") == []
    assert breaches(before, [R_ASK, R_CALL, R_OUT], "responses") == ["item without its reasoning"]
    changed = [R_ASK, {**THOUGHT_ITEM, "summary": ["x"]}, R_CALL, R_OUT]
    assert breaches(before, changed, "responses") == ["signed block changed, or out of order"]


def content(role, *parts):
    return {"role": role, "parts": list(parts)}


def called(name, **more):
    return {"functionCall": {"name": name, "args": {}, **more}}


def responded(name, **more):
    return {"functionResponse": {"name": name, "response": {}, **more}}


G_ASK, G_SAID = content("user", {"text": "go"}), content("model", {"text": "done"})


@pytest.mark.parametrize(
    ("contents", "broken"),
    [
        ([G_ASK, content("model", called("f"), called("g")), content("user", responded("g"), responded("f"))], []),
        ([G_ASK, content("model", called("f", id="1")), content("user", responded("f", id="1"))], []),
        ([G_ASK, content("model", called("f"), called("f")), content("user", responded("f"))],
         ["call without its result: f "]),
        ([G_ASK, content("model", called("f")), content("user", responded("g"))],
         ["call without its result: f ", "result without its call: g "]),
        ([G_ASK, content("model", called("f")), G_ASK, content("user", responded("f"))],
         ["Mistral's alternation", "alternation", "call without its result: f ", "result without its call: f "]),
        ([G_ASK, G_SAID, content("model", called("f")), content("user", responded("f"))],
         ["Mistral's alternation", "alternation"]),
        ([content("user")], ["empty content: user"]),
        ([content("user", {"text": ""})], ["blank text: user"]),
        ([content("user", {"text": "a", "functionCall": {}})], ["part without a type: user"]),
        ([G_SAID, G_ASK], ["Mistral's alternation", "first turn is not the user"]),
    ],
)  # fmt: skip
def test_rules_of_gemini(contents, broken):
    assert sorted(problems(contents, "gemini")) == broken


C_ASK, C_SAID = user({"text": "go"}), assistant({"text": "done"})
C_USE = {"toolUse": {"toolUseId": "a", "name": "f", "input": {}}}
C_USED = {"toolResult": {"toolUseId": "a", "content": []}}
POINT = {"cachePoint": {"type": "default"}}


@pytest.mark.parametrize(
    ("messages", "broken"),
    [
        ([C_ASK, assistant(C_USE), user(C_USED, POINT), C_SAID], []),
        ([C_ASK, assistant(C_USE), C_ASK], ["Mistral's alternation", "call without its result: a"]),
        ([C_ASK, C_SAID, user(C_USED)], ["result without its call: a"]),
        ([C_ASK, C_ASK], ["Mistral's alternation", "alternation", "roles do not alternate"]),
        ([C_ASK, assistant(), C_ASK], ["empty content: assistant"]),
        ([user({"text": " "})], ["blank text: user"]),
        ([user({"text": "a", "image": {}})], ["block without one field: user"]),
        ([user({"text": "a"}, *[POINT] * 5)], ["more than four cache marks"]),
        ([user(POINT)], ["cache mark on an empty text"]),
    ],
)
def test_rules_of_converse(messages, broken):
    found = problems(messages, "converse")
    assert sorted(problem for problem in found if "tool message" not in problem) == broken


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
