"""The budget: what is out of date comes last, the newest of it first, and nothing of it before anything else."""

import itertools

from hypothesis import given
from hypothesis import strategies as st

from compresskit.plan.knapsack import Fit, Group, Piece


def piece(full, stale=0, value=0.0):
    """A text that is kept whole or not, with a stub of 10 tokens."""
    return Piece(full, 10, 0, 0, 0, [full], [value], [frozenset()], stale)


def group(*pieces, fixed=5, value=0.5, foldable=False):
    return Group(fixed, value, frozenset(), list(pieces), foldable)


def filled(groups, room):
    fit = Fit(groups, 20, [], frozenset())
    fit.fill(fit.floor + room)
    assert fit.used <= fit.floor + room


def test_what_is_out_of_date_waits_for_everything_else():
    worthless = piece(400, value=1e-9)
    groups = [group(piece(100, stale=1)), group(worthless)]
    filled(groups, 390)
    assert worthless.whole
    assert not groups[0].pieces[0].kept


def test_an_older_read_is_not_kept_where_a_newer_one_does_not_fit():
    groups = [group(piece(50, stale=2)), group(piece(40_000, stale=1))]
    filled(groups, 300)
    assert not any(one.pieces[0].kept for one in groups)


def test_a_group_that_cannot_be_opened_blocks_no_newer_read_of_another():
    groups = [group(piece(300, stale=2), fixed=1000, value=1.0, foldable=True), group(piece(100, stale=1))]
    filled(groups, 200)
    assert groups[0].folded
    assert groups[1].pieces[0].whole


texts = st.builds(
    piece, st.integers(11, 400), st.just(0), st.floats(0, 2, allow_nan=False).map(lambda value: round(value, 3))
)


@given(st.lists(texts, min_size=1, max_size=8), st.lists(st.integers(11, 400), max_size=6), st.data())
def test_the_newest_of_what_is_out_of_date_is_kept_first_also_with_more_room(fresh, stale, data):
    old = [piece(full, rank) for rank, full in enumerate(stale, 1)]
    pieces = data.draw(st.permutations(fresh + old))
    cuts = sorted(data.draw(st.lists(st.integers(0, len(pieces)), max_size=3)))
    bounds = [0, *cuts, len(pieces)]
    groups = [
        group(*pieces[first:last], foldable=data.draw(st.booleans())) for first, last in itertools.pairwise(bounds)
    ]
    fit = Fit(groups, 20, [], frozenset())
    for number, room in enumerate(sorted(data.draw(st.lists(st.integers(0, 3000), min_size=1, max_size=3)))):
        fit.fill(fit.floor + room)
        shown = [one for each in groups if each.open for one in each.pieces]
        kept = [one.whole for one in old if any(one is other for other in shown)]
        assert kept == sorted(kept, reverse=True), "newest first"
        spent = sum(one.full - one.stub for one in old if one.whole)
        assert fit.used <= fit.floor + room
        if not number:
            left = fit.floor + room - (fit.used - spent)  # for what is up to date, had nothing old been kept
            assert all(one.full - one.stub > left for one in shown if not one.stale and not one.whole)


def parts(count, value):
    """A text of equal segments."""
    return Piece(50 * count, 10, 0, 8, 6, [50] * count, [value] * count, [frozenset()] * count)


def test_a_text_of_which_nothing_is_kept_comes_to_its_best_before_one_that_is_half_there():
    better, other = parts(8, 1.0), parts(8, 0.8)
    groups = [group(better), group(other)]
    filled(groups, 4 * 60)
    assert len(better.kept) >= 2
    assert other.kept


def test_in_a_fold_the_lines_of_one_text_are_worth_what_those_of_another_are():
    better, other = parts(8, 1.0), parts(8, 0.8)
    both = Group(5, 0.5, frozenset(), [better, other], foldable=True, told=True)
    filled([both], 4 * 60)
    assert better.kept
    assert not other.kept


def test_what_the_question_picks_out_comes_before_any_value_and_opens_its_group():
    better, other = parts(8, 50.0), parts(8, 0.1)
    other.picked = frozenset({5})
    filled([group(better), group(other, foldable=True)], 150)
    assert other.kept == {5}
    assert len(better.kept) == 1
