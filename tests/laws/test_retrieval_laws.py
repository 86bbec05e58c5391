"""Laws of retrieval: the answer is bounded, says exactly how to go on, and never fails for what a model wrote."""

import json
import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from oracles import tokens
from pieces import json_values, nested, texts

from compresskit import TOOL_NAME, InvalidArgument, answer, retrieve
from compresskit.retrieval import MIN_TOKENS

KEY = "bcdfghjklmnp"
HINT = re.compile(r"\(not all of it: go on with lines='([^']*)', or give a query\)\Z")
limits = st.integers(MIN_TOKENS, 200) | st.just(4_000)
# Texts whose tokens merge or part at a cut: runs of white space, digits, letters of four bytes, halves of pairs.
_odd = st.lists(
    st.sampled_from(["\n", " ", "  ", "1", "0000", "a", "ß", "漢", "\U0001f9d1\u200d", "\ud83d", "\r\n", "'ll"])
)
originals = texts | st.builds(lambda parts, times: "".join(parts) * times, _odd, st.sampled_from([1, 40, 400]))
ranges = st.from_regex(r"(c?[0-9]{1,4}(-[0-9]{0,4})?)(,c?[0-9]{1,4}(-[0-9]{0,4})?){0,3}", fullmatch=True)
# What models write for lines, queries and keys: what was asked for, almost that, and anything.
written = st.one_of(
    ranges,
    json_values,
    st.text(max_size=30),
    st.lists(st.integers(), max_size=3),
    st.sampled_from(
        [
            *(
                "c9-4",
                "57-13",
                "9" * 5_000,
                "1" * 20 + "-2",
                "１２-３",
                "²",
                "\x00",
                "\ud83d",
                "lines 13-57",
                "13\u201357",
            ),
            *("1," * 3_000 + "1", "-" * 50_000, " " * 50_000, "0-0", "[… lines 3-9: retrieve bcdfghjklmnp]"),
            *(True, 1.0, 1.5, float("nan"), 10**400, -5, [1, 2], [2, 1], [[1], 2], {"first": 1}, nested(300)),
        ]
    ),
)
arguments = st.fixed_dictionaries(
    {},
    optional={
        "key": st.just(KEY) | st.just(f" {KEY}\n") | written,
        "lines": written,
        "query": written | texts,
        "x": written,
    },
)


@given(originals, st.none() | written, st.none() | written | texts, limits)
@example("x" * 100, "c9-4", None, MIN_TOKENS)
@example('[{"role": ' + "[" * 100_000, None, None, MIN_TOKENS)
@example("1\n" * 5_000, ",".join(f"{n}-{n}" for n in range(1, 2_000)), None, MIN_TOKENS)
def test_an_answer_never_costs_more_than_its_bound(text, lines, query, limit):
    cache = {KEY: text}
    assert tokens(retrieve(cache, KEY, lines=lines, query=query, max_tokens=limit)) <= limit
    assert tokens(retrieve(cache, KEY, head=7, tail=3, max_tokens=limit)) <= limit


@given(written | texts, limits)
@example("\U0001f9d1\u200d" * 60, MIN_TOKENS)
@example(KEY[:-1], MIN_TOKENS)
def test_the_answer_to_an_unknown_key_is_bounded_and_can_be_sent(key, limit):
    found = retrieve({KEY: "text", KEY[:-1] + "x": "text", KEY + "\ud83d": "text"}, key, max_tokens=limit)
    assert 0 < tokens(found.encode().decode()) <= limit or key == KEY


@given(originals, limits)
@example("\n\n\n\n" * 500, MIN_TOKENS)
@example("a\n" + "b" * 900 + "\n\n", MIN_TOKENS)
@example("\U0001f9d1\u200d" * 300, MIN_TOKENS)
def test_following_the_hints_gives_the_whole_text_back(text, limit):
    assert followed(text, None, limit) == text


@given(originals, st.integers(0, 60), st.integers(0, 60), st.booleans(), limits)
def test_following_the_hints_of_a_range_gives_that_range(text, first, more, characters, limit):
    if characters:
        first, more = first * 7, more * 50
        assert followed(text, f"c{first}-{first + more}", limit) in (text[first : first + more], NOTHING)
    else:
        first, last = max(1, first), max(1, first) + more
        lines = text.removesuffix("\n").split("\n")
        ends = "\n" if text.endswith("\n") and last >= len(lines) else ""
        expected = "\n".join(lines[first - 1 : last]) + ends
        assert followed(text, f"{first}-{last}", limit) == (expected if first <= len(lines) and text else NOTHING)


NOTHING = "(nothing)"


def followed(text, lines, limit):
    """All that a model gets that follows every hint; NOTHING where the first answer says so."""
    pieces = []
    while True:
        found = retrieve({KEY: text}, KEY, lines=lines, max_tokens=limit)
        assert tokens(found) <= limit
        if found.startswith("There is nothing there") and not pieces:
            return NOTHING
        hint = HINT.search(found)
        if hint is None or text.endswith(found):
            return "".join([*pieces, found])
        lines = hint[1]
        piece = found[: hint.start()]
        pieces.append(piece.removesuffix("\n") if lines.startswith("c") else piece)
        assert pieces[-1], "every answer goes on"


def test_the_hint_of_several_ranges_names_what_is_left_of_them():
    lines = [f"line {number} of the report" for number in range(1, 401)]
    found = retrieve({KEY: "\n".join(lines)}, KEY, lines="1-5,100-300,350", max_tokens=300)
    assert "\n".join(lines[:5]) + "\n…\n" + lines[99] in found
    goes_on = re.search(r"go on with lines='(\d+)-300,350-350'", found)
    assert goes_on
    assert f"line {int(goes_on[1]) - 1} of the report" in found
    assert f"line {goes_on[1]} of the report" not in found


def test_what_matches_best_is_given_in_part_if_it_does_not_fit():
    text = "The harbour: " + "boats and more boats came in. " * 400
    found = retrieve({KEY: text}, KEY, query="harbour", max_tokens=100)
    assert found.startswith("(lines 1-1)\nThe harbour: boats")
    assert HINT.search(found)
    assert tokens(found) <= 100


@pytest.mark.parametrize("limit", [5, 0, -1, MIN_TOKENS - 1, None, True, 80.0, "80"])
def test_a_bound_without_room_for_text_and_hint_is_refused(limit):
    for ask in (lambda: retrieve({KEY: "text"}, KEY, max_tokens=limit), lambda: answer({}, {}, limit)):
        with pytest.raises(
            InvalidArgument, match=rf"max_tokens is .*; a whole number, {MIN_TOKENS} or more, was expected"
        ):
            ask()


@pytest.mark.parametrize("wrong", ["five", 0, -1, True, 1.5])
@pytest.mark.parametrize("name", ["head", "tail"])
def test_head_and_tail_are_numbers_of_lines(name, wrong):
    with pytest.raises(InvalidArgument, match=rf"{name} is .*; a whole number, 1 or more, was expected"):
        retrieve({KEY: "text"}, KEY, **{name: wrong})


# --- What a model writes into a call -----------------------------------------------------------------


def openai_message(calls):
    found = [{"id": one, "type": "function", "function": {"name": TOOL_NAME, "arguments": said}} for one, said in calls]
    return {"role": "assistant", "content": None, "tool_calls": found}


def anthropic_message(calls):
    found = [{"type": "tool_use", "id": one, "name": TOOL_NAME, "input": said} for one, said in calls]
    return {"role": "assistant", "content": found}


def legacy_message(calls):
    return {"role": "assistant", "content": None, "function_call": {"name": TOOL_NAME, "arguments": calls[0][1]}}


def answered(messages):
    """The ids and texts of answers of any shape."""
    for message in messages:
        content = message["content"]
        if isinstance(content, str):
            yield message.get("tool_call_id"), content
        else:
            yield from ((block["tool_use_id"], block["content"]) for block in content)


as_sent = st.one_of(
    arguments,
    written,
    arguments.map(json.dumps),
    arguments.map(json.dumps).map(json.dumps),
    st.text(max_size=20),
    st.sampled_from(
        [
            *("", "{", "\ud83d", "1" * 5_000, "[" * 5_000, '{"key":' * 5_000, '{"key": "bcdfghjklmnp"} {}'),
            *('{"key": "bcdfghjklmnp", "key": 5}', '{"key": "bcdfghjklmnp", "lines": NaN}'),
            *("null", "[]", '"x"', '{"key": "bcdfghjklmnp"', '{"key": "bcdfghjklmnp", "head": "x"}'),
            *('{"key": "\\ud83d", "query": "\\ud83d"}', f'{{"key": "{KEY}", "lines": "c9-4"}}'),
        ]
    ),
)
ids = st.sampled_from(["call_1", "call_1", "toolu_2", "", None, 5, "\x00", ["a"], {}])
shaped = st.sampled_from([openai_message, anthropic_message, legacy_message])


@given(st.lists(st.tuples(ids, as_sent), min_size=1, max_size=3), originals, shaped, st.booleans(), limits)
def test_every_call_of_ours_gets_one_bounded_text_whatever_a_model_writes(calls, text, shape, whole, limit):
    message = shape(calls)
    response = message if not whole or shape is anthropic_message else {"choices": [{"message": message}]}
    found = list(answered(answer(response, {KEY: text}, limit)))
    expected = [None] if shape is legacy_message else [one for one, _ in calls]
    assert [one for one, _ in found] == expected
    for _, one in found:
        assert one.strip()
        assert tokens(one.encode().decode()) <= limit


odd_calls = st.lists(
    json_values
    | st.fixed_dictionaries(
        {},
        optional={
            "type": st.sampled_from(["function", "tool_use", "custom", None, 5]),
            "id": json_values,
            "name": st.just(TOOL_NAME) | json_values,
            "input": json_values,
            "custom": json_values,
            "function": json_values
            | st.fixed_dictionaries({}, optional={"name": st.just(TOOL_NAME) | json_values, "arguments": json_values}),
        },
    ),
    max_size=3,
)
odd_messages = st.fixed_dictionaries(
    {},
    optional={
        "role": json_values,
        "content": json_values | odd_calls,
        "tool_calls": json_values | odd_calls,
        "function_call": json_values | st.fixed_dictionaries({"name": st.just(TOOL_NAME)}),
    },
)


@given(
    odd_messages
    | st.fixed_dictionaries({"choices": json_values | st.lists(odd_messages.map(lambda m: {"message": m}))})
)
def test_a_response_of_any_form_is_answered(response):
    for _, text in answered(answer(response, {KEY: "text"})):
        assert text.strip()
