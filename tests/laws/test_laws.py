"""Laws 1 to 5 and 10 as properties of generated conversations in all shapes.

What a conversation must not lose, how little it must cost and what stays valid is judged by oracles.py. A conversation
is generated and compressed once, and then each law is checked on it, because that costs the most.
The other laws: test_purity.py (5), test_stability.py (6, 7, 8), test_quotes.py (8), test_sizes.py (9). All of them on
real conversations: test_data.py; turn after turn: test_turns.py and test_chains.py.
"""

import copy
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from oracles import (
    alignment,
    asked_keys,
    asking_markers,
    cost,
    difference,
    first_text,
    markers,
    opaque,
    shared,
    unseen,
    visible_keys,
    walk,
)
from plain_messages import SHAPES
from side_effects import watched
from strategies import KINDS, MODEL, examples, squeeze, tool_names
from validity import VALID, breaches

from compresskit import TOOL_NAME, Compressed, CompresskitError, compress, restore, retrieve
from compresskit._weights import replaced
from compresskit.plan import weights
from evals.suites.fuzz_laws import unequal

OWN_TOOL = {
    "type": "function",
    "function": {"name": "search", "description": "Finds files.", "parameters": {}},
}
MARKER_SLACK = 24  # tokens that markers may be priced too high
TEXT_SLACK = 3  # tokens that a text of blank lines may cost more between its markers than by itself
LAWS = []  # that hold for any list of messages
LAWS_OF_REQUESTS = []  # that hold for messages which a provider accepts


@pytest.mark.parametrize("kind", KINDS)
@examples(24)
@given(st.data())
def test_every_law_of_one_call_holds(kind, data):
    case = data.draw(KINDS[kind])
    before = json.dumps(case.messages)
    assert case.least.target == 1  # which loads the vocabulary, the one file that is read
    with watched() as events:
        result = squeeze(case)
    assert events == [], "nothing is written, and no socket opened"
    for law in LAWS if case.shape == "auto" else [*LAWS, *LAWS_OF_REQUESTS]:
        law(case, result)
    assert json.dumps(case.messages) == before, "the input is not changed"


def law(check):
    """A law that is checked for any list of messages: requests, and dicts with anything in them."""
    LAWS.append(check)
    return check


def law_of_requests(check):
    """A law that is checked for messages which a provider accepts."""
    LAWS_OF_REQUESTS.append(check)
    return check


# --- 1. Nothing is lost ----------------------------------------------------------------------------


@law
def restore_gives_back_exactly_what_went_in(case, result):
    assert difference(restore(result.messages, result.cache), case.messages) is None


@law_of_requests
def every_key_that_can_be_seen_resolves(case, result):
    keys = visible_keys(case.messages, result.messages)
    assert len(keys) > 0 or not markers(case.messages, result.messages)
    for key in keys:
        assert key in result.cache
        assert retrieve(result.cache, key, max_tokens=10**9)
    assert {row.key for row in result.decisions if row.key} <= set(result.cache)


@law_of_requests
def a_cache_that_went_through_json_restores_all_the_same(case, result):
    read = json.loads(json.dumps({"messages": result.messages, "cache": dict(result.cache)}))
    assert difference(restore(read["messages"], read["cache"]), case.messages) is None


# --- 2. The target holds ---------------------------------------------------------------------------


@law
def the_target_holds_or_the_result_stands_at_the_floor_and_says_so(case, result):
    if result.skipped_reason == "below_trigger":
        assert result.original_tokens <= case.trigger
    elif result.target_met:
        assert cost(result.messages, result.tools) <= result.compressed_tokens <= case.target
    else:
        assert result.floor_tokens > case.target
        assert result.compressed_tokens == result.floor_tokens


@law_of_requests
def the_floor_that_a_result_names_can_be_reached(case, _result):
    """Also if it is an estimate, as in a large room: what may fold is decided as the writer does it."""
    with replaced(weights, max_second_writing_tokens=0):
        named = squeeze(case).floor_tokens
    for floor in {named, case.least.floor_tokens}:
        again = compress(case.messages, MODEL, shape=case.shape, trigger=max(1, floor), target=max(1, floor))
        assert again.compressed_tokens <= floor + TEXT_SLACK
        assert again.compressed_tokens >= case.least.floor_tokens - MARKER_SLACK


@law_of_requests
def no_result_comes_below_the_floor(case, result):
    """Else a target that can be met would be reported as missed.

    A marker is priced at the most that it can cost in its place, so a plan may come out a few tokens cheaper.
    """
    assert result.compressed_tokens >= case.least.floor_tokens - MARKER_SLACK


@law
def tokens_are_never_counted_too_low(case, result):
    assert result.original_tokens >= cost(case.messages)
    assert result.compressed_tokens >= cost(result.messages, result.tools)


@law
def a_tool_of_the_caller_is_counted_and_stays_the_callers(case, _result):
    tools = [copy.deepcopy(OWN_TOOL)]
    result = squeeze(case, tools=tools)
    assert result.original_tokens >= cost(case.messages, [OWN_TOOL])
    assert result.compressed_tokens >= cost(result.messages, result.tools)
    assert tools == [OWN_TOOL]
    assert not shared(tools, result.tools)


@law_of_requests
def the_result_is_counted_as_a_request_of_its_own_would_be(case, result):
    alone = compress(result.messages, MODEL, shape=case.shape, trigger=10**9, tools=result.tools)
    assert alone.original_tokens == result.compressed_tokens


# --- 3. Never larger -------------------------------------------------------------------------------


@law
def the_result_never_costs_more_than_the_input(case, result):
    assert result.compressed_tokens <= result.original_tokens
    assert cost(result.messages, result.tools) <= cost(case.messages) + unseen(case.messages)


@law
def below_the_trigger_everything_stays_as_it_was(case, _result):
    result = compress(case.messages, MODEL, shape=case.shape, trigger=10**9)
    assert difference(result.messages, case.messages) is None
    assert result.tools is None
    assert len(result.cache) == 0
    assert result.skipped_reason == "below_trigger"
    assert result.compression_ratio == 0


@law_of_requests
def where_nothing_is_taken_out_there_is_no_tool_and_no_cache(case, result):
    unchanged = difference(result.messages, case.messages) is None
    assert unchanged == (len(result.cache) == 0)
    # complete short forms leave nothing to ask for
    left_out = bool(asking_markers(case.messages, result.messages))
    assert left_out == (result.tools is not None)


# --- 4. A valid request stays valid ----------------------------------------------------------------


@law_of_requests
def a_valid_request_stays_valid(case, result):
    assert VALID[case.shape](case.messages), "the generator makes valid requests only"
    assert breaches(case.shape, case.messages, result) == []
    assert tool_names(result.tools) == [TOOL_NAME] * bool(asked_keys(case.messages, result.messages))


@law
def messages_keep_role_and_order_and_runs_of_them_fold_whole(case, result):
    runs = alignment(case.messages, result.messages)
    assert runs is not None
    for run, message in zip(runs, result.messages, strict=True):
        if len(run) == 1:
            assert_only_texts_differ(case.messages[run[0]], message)


def assert_only_texts_differ(before, after):
    """A message that was not folded keeps its fields, the number of its parts, and all that is no text."""
    folded = markers([before], [after]) == [first_text(after)] and len(after) <= 3
    if not folded:
        fields = {name: value for name, value in before.items() if name not in TEXTS}
        assert difference(fields, {name: value for name, value in after.items() if name not in TEXTS}) is None
        for name in TEXTS:
            if isinstance(before.get(name), list) and isinstance(after[name], list):
                assert list(map(kind_of, before[name])) == list(map(kind_of, after[name]))


TEXTS = ("content", "parts", "output")  # fields of a message in which texts are


def kind_of(part):
    return (part.get("type"), list(part)) if isinstance(part, dict) else part


@law_of_requests
def signed_and_opaque_blocks_stay_byte_identical(case, result):
    left = iter(opaque(case.messages))
    for block in opaque(result.messages):
        assert any(difference(block, original) is None for original in left), "changed, or out of order"


@law_of_requests
def pictures_and_unknown_parts_are_kept_whole_or_taken_out_whole(case, result):
    kinds = {"image", "image_url", "input_audio", "file", "hologram", "container_upload"}

    def parts(messages):
        return [
            json.dumps(item) for item in walk(messages) if isinstance(item, dict) and str(item.get("type")) in kinds
        ]

    before = parts(case.messages)
    for part in parts(result.messages):
        before.remove(part)


# --- 5. Pure ---------------------------------------------------------------------------------------


@law
def the_result_does_not_alias_the_input(case, result):
    assert not shared(case.messages, result.messages)
    assert not shared(result.messages, restore(result.messages, result.cache))


@law_of_requests
def the_same_call_gives_an_equal_result_and_another_model_trigger_or_target_does_not(case, result):
    assert squeeze(case) == result
    assert unequal(result) == []


# --- 10. Total -------------------------------------------------------------------------------------


@law
def any_list_of_json_like_messages_gives_a_result(_case, result):
    assert isinstance(result, Compressed)


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=5) | st.binary(max_size=3),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(st.sampled_from(["role", "content", "parts", "type", "x"]), inner)
        ),
    ),
    st.sampled_from(["auto", *SHAPES]),
)
def test_anything_else_gives_a_result_or_one_clear_error(messages, shape):
    found = outcome(messages, shape)
    if not isinstance(found, Compressed):
        assert "messages" in found, "names the value"
        assert "expected" in found, "says what was expected"
        assert found.endswith("."), "is a sentence"


def outcome(messages, shape):
    try:
        return compress(messages, MODEL, trigger=1, target=1, shape=shape)
    except CompresskitError as error:
        return str(error)
