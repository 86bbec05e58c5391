"""The knapsack: stale texts come last, the newest first, and none of them before anything else."""

import itertools

from hypothesis import given
from hypothesis import strategies as st

from compresskit.plan.knapsack import Forms, Group, Knapsack

NONE = frozenset()


def text(full, stale=0, value=0.0):
    """A text that is kept whole or not, with a stub of 10 tokens."""
    return Forms(full, 10, 10, 0, 0, 0, [full], [value], [NONE], stale)


def parts(count, value, picked=NONE, must=NONE):
    """A text of equal segments."""
    return Forms(50 * count, 10, 10, 0, 8, 6, [50] * count, [value] * count, [NONE] * count, 0, picked, must)


def group(forms, fixed=5, value=0.5, foldable=False, quoted=False):
    """A group of texts, by number."""
    return Group(fixed, value, NONE, forms, foldable, quoted)


def filled(groups, room):
    knapsack = Knapsack(groups, 20, [], NONE)
    choice = knapsack.fill(knapsack.floor + room)
    assert choice.tokens <= knapsack.floor + room
    return choice


def test_a_stale_text_waits_for_everything_else():
    choice = filled([group({0: text(100, stale=1)}), group({1: text(400, value=1e-9)})], 390)
    assert choice.kept == {1: {0}}


def test_an_older_read_is_not_kept_if_a_newer_one_does_not_fit():
    assert not filled([group({0: text(50, stale=2)}), group({1: text(40_000, stale=1)})], 300).kept


def test_a_group_that_cannot_be_opened_blocks_no_newer_read_of_another():
    old = group({0: text(300, stale=2)}, fixed=1000, value=1.0, foldable=True)
    choice = filled([old, group({1: text(100, stale=1)})], 200)
    assert choice.folded == {0}
    assert choice.kept == {1: {0}}


texts = st.builds(
    text, st.integers(11, 400), st.just(0), st.floats(0, 2, allow_nan=False).map(lambda value: round(value, 3))
)


@given(st.lists(texts, min_size=1, max_size=8), st.lists(st.integers(11, 400), max_size=6), st.data())
def test_the_newest_stale_text_is_kept_first_also_with_more_room(fresh, stale, data):
    old = [text(full, rank) for rank, full in enumerate(stale, 1)]
    forms = dict(enumerate(data.draw(st.permutations(fresh + old))))
    cuts = sorted(data.draw(st.lists(st.integers(0, len(forms)), max_size=3)))
    groups = [
        group({number: forms[number] for number in range(first, last)}, foldable=data.draw(st.booleans()))
        for first, last in itertools.pairwise([0, *cuts, len(forms)])
    ]
    knapsack = Knapsack(groups, 20, [], NONE)
    before = knapsack.choice
    first = before
    for number, room in enumerate(sorted(data.draw(st.lists(st.integers(0, 3000), min_size=1, max_size=3)))):
        choice = knapsack.fill(knapsack.floor + room)
        shown = {place for index in choice.opened for place in groups[index].forms}
        ranks = {forms[place].stale: place in choice.kept for place in shown if forms[place].stale}
        kept = [ranks[rank] for rank in sorted(ranks)]
        assert kept == sorted(kept, reverse=True), "newest first"
        assert choice.tokens <= knapsack.floor + room
        assert before.opened <= choice.opened
        assert before.kept.keys() <= choice.kept.keys(), "nothing is given back"
        if not number:
            spent = sum(forms[place].full - forms[place].stub for place in choice.kept if forms[place].stale)
            left = knapsack.floor + room - (choice.tokens - spent)  # for current texts, if nothing stale were kept
            missing = [forms[place] for place in shown if not forms[place].stale and place not in choice.kept]
            assert all(one.full - one.stub > left for one in missing)
        before = choice
    assert not first.kept, "a choice does not change with the knapsack"


def test_a_text_without_a_kept_segment_comes_to_its_best_before_one_that_is_half_there():
    choice = filled([group({0: parts(8, 1.0)}), group({1: parts(8, 0.8)})], 4 * 60)
    assert len(choice.kept[0]) >= 2
    assert choice.kept[1]


def test_in_a_fold_the_lines_of_one_text_have_the_value_of_those_of_another():
    choice = filled([group({0: parts(8, 1.0), 1: parts(8, 0.8)}, foldable=True, quoted=True)], 4 * 60)
    assert choice.kept.keys() == {0}


def test_a_row_that_the_question_picks_out_comes_before_any_value_and_opens_its_group():
    other = parts(8, 0.1, picked=frozenset({5}))
    choice = filled([group({0: parts(8, 50.0)}), group({1: other}, foldable=True)], 150)
    assert choice.kept[1] == {5}
    assert len(choice.kept[0]) == 1


def test_a_text_starts_at_what_must_stay_of_it():
    one = parts(8, 0.5, must=frozenset({0, 7}))
    knapsack = Knapsack([group({0: one})], 20, [], NONE)
    assert knapsack.choice.kept == {0: {0, 7}}
    assert knapsack.floor == 5 + 2 * 50 + 8
    assert knapsack.fill(10_000).kept == {0: frozenset(range(8))}


def test_a_fold_hides_what_must_stay_of_a_text_that_is_shown():
    one = parts(8, 0.5, must=frozenset({0, 7}))
    knapsack = Knapsack([group({0: one}, foldable=True)], 20, [], NONE)
    assert (knapsack.floor, dict(knapsack.choice.kept)) == (20, {})
    assert {0, 7} < knapsack.fill(300).kept[0]
