"""`python -m evals fit`: weights that are chosen on some families of requests, and figures on those they never saw."""

import pytest

from evals.harness import records, running
from evals.harness.remembering import remembered
from evals.suites import ablate, fit, needs

PLAIN = {"relevance.recency": (0.0, 0.4), "relevance.table": (0.0,)}


def case(family, number):
    """A case by its name alone: `measured` below never looks at its request."""
    return fit.Case(f"{family} {number}", family, f"{family} {number}", None, None)


def measured(kept):
    """A measure that gives every case of a family the same figure: 0.5, and more or less with changed weights."""

    def measure(_title, cases, variants, others=()):
        def figure(family, values):
            return 0.5 + sum(kept.get((family, name, value), 0.0) for name, value in values.items())

        return [
            {
                "case": one.name,
                "group": one.group,
                "unit": one.unit,
                "error": None,
                "measures": {
                    name: {"kept": figure(one.group, values), "met": 1.0, "hunks": None, "files": None}
                    for name, values in {**variants, **{name: {} for name in others}}.items()
                },
            }
            for one in cases
        ]

    return measure


def left_out(kept):
    """The mean figure of every family with the weights that were chosen without it."""
    cases = [case(family, number) for family in "abcd" for number in range(fit.SCREENED + 1)]
    rows = fit.fitted(cases, measured(kept), PLAIN)
    return {row["group"]: round(row["kept"], 3) for row in rows if row["compressor"] == fit.LEFT_OUT}


def test_a_family_gets_the_value_that_is_best_for_the_others_even_if_it_loses_by_it():
    kept = {(family, "relevance.recency", 0.4): 0.1 for family in "abc"} | {("d", "relevance.recency", 0.4): -0.1}
    assert left_out(kept)["d"] == 0.4


def test_what_only_the_family_itself_gains_by_is_not_chosen_for_it():
    assert left_out({("a", "relevance.table", 0.0): 0.4}) == {"a": 0.5, "b": 0.5, "c": 0.5, "d": 0.5}


def test_changes_that_spoil_each_other_are_not_taken_together():
    single = {(family, name, value): 0.1 for family in "abcd" for name, value in (("relevance.recency", 0.4),)}
    assert left_out(single) == dict.fromkeys("abcd", 0.6)
    both = single | {(family, "relevance.table", 0.0): 0.05 for family in "abcd"}
    assert left_out(both) == dict.fromkeys("abcd", 0.65)


@pytest.mark.parametrize("change", ["relevance.evidence_share", "relevance.first_line_factor", "plan.entity_value"])
def test_what_is_remembered_of_a_request_changes_no_result(change):
    _, cases = needs.chosen(needs.parsed(["--data", "sample", "--limit", "1"]))
    for one in cases[:6]:
        fresh, again = [], []
        for values in ({}, {change: 0.0}, {}):
            with ablate.weights(values):
                fresh.append(running.run_one(one, "compresskit"))
        with remembered():
            for values in ({}, {change: 0.0}, {}):
                with ablate.weights(values):
                    again.append(running.run_one(one, "compresskit"))
        assert not any(row["error"] for row in again)
        assert [{**row, "seconds": 0} for row in again] == [{**row, "seconds": 0} for row in fresh]


def test_a_family_in_many_layouts_is_spread_over_them():
    cases = [
        fit.replace(case("2wiki", 0), group=f"2wiki/{layout}/one", name=f"q{n}") for layout in "xy" for n in (0, 1)
    ]
    assert [one.name for one in fit.of_families(cases, 2)] == ["2wiki/x/one q0 0", "2wiki/y/one q1 1"]


def test_the_sample_is_measured_with_weights_of_the_other_family(tmp_path, capsys):
    path = tmp_path / "record.json"
    given = ["--data", "sample", "--limit", "1", "--contenders", "head+tail", "--weights", "relevance.earlier_weight"]
    assert fit.main([*given, "--json", str(path)]) == 0
    record = records.read(path)
    assert {line["compressor"] for line in record["figures"]} == {"present", "left out", "head+tail"}
    assert {"sample", "agents/sample", "all groups"} <= {line["group"] for line in record["figures"]}
    assert "chosen on all families" in capsys.readouterr().out
