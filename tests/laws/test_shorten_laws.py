"""The laws of shorten() for texts of any kind: nothing is lost, the budget holds, and any text gives a result."""

from hypothesis import given
from hypothesis import strategies as st
from odd_texts import odd_texts
from texts import KINDS, make_text

from compresskit import restore, retrieve, shorten

long_texts = st.builds(make_text, st.sampled_from(sorted(KINDS)), st.integers(0, 9), st.integers(200, 9_000))
asked = st.none() | st.sampled_from(["where is the error?", "pytest -q", "", "\ud800", "a.py", "token 7"])


def restored(result):
    (message,) = restore([{"role": "user", "content": result.text}], result.cache)
    return message["content"]


@given(long_texts | odd_texts(), st.integers(1, 900), asked, asked)
def test_nothing_is_lost_and_the_budget_holds_or_the_result_is_at_its_floor(given_text, budget, query, command):
    result = shorten(given_text, budget, query, command)
    assert restored(result) == given_text
    assert result.tokens <= max(result.original_tokens, 0)
    assert result.fits or result.tokens == result.floor_tokens
    assert result.tokens == shorten(result.text, 10**9).tokens, "tokens are counted"
    if result.original_tokens <= budget:
        assert (result.text, result.cache) == (given_text, {})
    for key in result.cache:
        assert retrieve(result.cache, key)


@given(long_texts)
def test_more_tokens_never_fail_what_fewer_tokens_reach(given_text):
    floor = shorten(given_text, 1).floor_tokens
    for budget in (floor, floor + 30, 3 * floor, 10 * floor):
        assert shorten(given_text, budget).fits
