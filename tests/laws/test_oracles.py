"""The judges can say no: an oracle that lets everything pass would prove nothing."""

import pytest
from oracles import alignment, cost, difference, shared, visible_keys
from side_effects import watched
from validity import is_valid_anthropic, is_valid_openai

CALL = {"role": "assistant", "content": None, "tool_calls": [{"id": "a"}, {"id": "b"}]}
A, B, ASK = ({"role": "tool", "tool_call_id": "a"}, {"role": "tool", "tool_call_id": "b"}, {"role": "user"})
USE = {"role": "assistant", "content": [{"type": "tool_use", "id": "a"}, {"type": "tool_use", "id": "b"}]}
RESULT_A, RESULT_B = ({"type": "tool_result", "tool_use_id": name} for name in "ab")


def _user(*blocks):
    return {"role": "user", "content": list(blocks)}


@pytest.mark.parametrize(
    ("messages", "valid"),
    [
        ([ASK, CALL, A, B, ASK], True),
        ([ASK, CALL, B, A], True),
        ([ASK, CALL, A], True),
        ([ASK, CALL], True),
        ([ASK, CALL, A, ASK], False),
        ([ASK, CALL, ASK], False),
        ([A], False),
        ([CALL, A, B, ASK, A], False),
    ],
)
def test_a_broken_pair_of_call_and_result_is_seen_in_openai_shape(messages, valid):
    assert is_valid_openai(messages) is valid


@pytest.mark.parametrize(
    ("messages", "valid"),
    [
        ([USE, _user(RESULT_A, RESULT_B)], True),
        ([USE, _user(RESULT_A), _user(RESULT_B, {"type": "text", "text": "go on"})], True),
        ([USE], True),
        ([USE, _user(RESULT_A)], True),
        ([USE, _user(RESULT_A), _user({"type": "text", "text": "go on"})], False),
        ([USE, _user({"type": "text", "text": "so"}, RESULT_A, RESULT_B)], False),
        ([USE, _user(RESULT_A, RESULT_A)], False),
        ([_user(RESULT_A)], False),
        ([USE, {"role": "user", "content": "no"}], False),
    ],
)
def test_a_broken_pair_of_use_and_result_is_seen_in_anthropic_shape(messages, valid):
    assert is_valid_anthropic(messages) is valid


@pytest.mark.parametrize(
    ("left", "right"),
    [
        (1, True),
        (1, 1.0),
        ("a", "b"),
        ([1], [1, 2]),
        ({"a": 1, "b": 2}, {"b": 2, "a": 1}),
        ({"a": None}, {}),
        (0.0, -0.0),
    ],
)
def test_a_difference_in_type_order_or_content_is_seen(left, right):
    assert difference({"a": left}, {"a": right})


def test_the_same_values_have_no_difference():
    assert difference([{"a": float("nan"), "b": [None, "x"]}], [{"a": float("nan"), "b": [None, "x"]}]) is None


def test_a_list_held_by_both_sides_is_seen_as_shared():
    inner = ["x"]
    assert shared([{"a": inner}], {"b": [inner]}) == [inner]
    assert shared([{"a": ["x"]}], {"b": [inner]}) == []


def test_a_message_out_of_order_or_gone_is_seen():
    before = [{"role": "user"}, {"role": "assistant"}, {"role": "user"}]
    assert alignment(before, before) == [range(1), range(1, 2), range(2, 3)]
    assert alignment(before, before[:2]) is None
    assert alignment(before, [before[1], before[0], before[2]]) is None
    assert alignment(before, [{"role": "user", "content": "[… 2 messages …]"}, before[2]]) == [
        range(2),
        range(2, 3),
    ]


def test_only_new_keys_are_visible_keys():
    old, new = "[… line 4: retrieve bcdfghjklmnp]", "[… line 5: retrieve ccdfghjklmnp]"
    assert visible_keys([{"content": old}], [{"content": f"{old}\n{new}"}]) == ["ccdfghjklmnp"]


def test_a_cost_counts_texts_arguments_and_tools_but_no_pictures():
    text = {"role": "user", "content": "hello world"}
    picture = {
        "role": "user",
        "content": [{"type": "image_url", "image_url": {"url": "data:;base64," + "A" * 9000}}],
    }
    call = {
        "role": "assistant",
        "tool_calls": [{"id": "x", "function": {"name": "f", "arguments": "hello world"}}],
    }
    assert cost([text]) == 2 + 3
    assert cost([picture]) == 3
    assert cost([call]) == 3 + 3
    assert cost([text], [{"type": "function", "function": {"description": "hello world"}}]) == 4 + 3


def test_writing_and_opening_sockets_are_seen_and_reading_is_not(tmp_path):
    with watched() as events:
        (tmp_path / "a").write_text("x")
    assert len(events) == 1
    with watched() as events:
        (tmp_path / "a").read_text()
    assert events == []
