"""What fusing by reciprocal rank does to values, and what it never does."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from compresskit.relevance.fusion import fuse, trust

values_and_nearness = st.lists(
    st.tuples(st.floats(0, 3), st.floats(-1, 1)), min_size=0, max_size=40
).map(lambda pairs: ([pair[0] for pair in pairs], [pair[1] for pair in pairs]))  # fmt: skip


@given(values_and_nearness)
def test_no_value_falls_and_none_rises_above_the_best(case):
    values, nearness = case
    fused = fuse(values, nearness)
    assert len(fused) == len(values)
    best = max(values, default=0) or 1.0
    assert all(before <= after <= best for before, after in zip(values, fused, strict=True))


@given(values_and_nearness)
def test_of_two_with_the_same_value_the_nearer_is_worth_as_much_or_more(case):
    values, nearness = case
    flat = [0.0] * len(values)
    ranked = sorted(zip(nearness, fuse(flat, nearness), strict=True))
    assert all(low[1] <= high[1] for low, high in pairwise(ranked))


@given(values_and_nearness, st.floats(0.1, 10), st.floats(-5, 5))
def test_the_scale_of_the_nearness_does_not_matter(case, factor, shift):
    """Only its order does; numbers too close to stay apart under the change are put together first."""
    values, nearness = case[0], [round(value, 3) for value in case[1]]
    assert fuse(values, [factor * value + shift for value in nearness]) == fuse(values, nearness)


def test_without_hits_of_words_the_nearest_is_worth_half_a_best_hit():
    fused = fuse([0.0] * 10, [0.1] * 9 + [0.8])
    assert fused[9] == max(fused) == 0.5
    assert sorted(fused)[-2] <= 0.25


def test_an_outright_hit_stays_first_however_near_others_are():
    fused = fuse([2.0, *[0.0] * 50], [0.5, *[0.9] * 5, *[0.1] * 45])
    assert fused[0] == max(fused) == 2.0
    assert fused[1] > fused[6], "trusted for the most part, the vectors speak"


@given(st.floats(0, 1), st.integers(20, 60))
def test_vectors_that_do_not_tell_hits_of_words_from_the_rest_change_nothing(near, size):
    values = [3.0, 2.0, 1.0, *[0.0] * (size - 3)]
    assert fuse(values, [near] * size) == values, "all alike"
    assert fuse(values, [0.0] * 3 + [near] * (size - 3)) == values, "the hits last"


@given(values_and_nearness)
def test_trust_is_a_share(case):
    assert 0 <= trust(*case) <= 1


def test_trust_grows_with_the_hits_that_are_nearer_than_the_rest():
    values = [1.0] * 8 + [0.0] * 24
    found = [trust(values, [0.9] * hits + [0.0] * (8 - hits) + [0.5] * 24) for hits in range(9)]
    assert found == sorted(found)
    assert (found[0], found[4], found[8]) == (0.0, 0.0, 1.0)
