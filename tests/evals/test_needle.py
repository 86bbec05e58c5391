"""`python -m evals needle`: its facts, where they stand, and the whole eval with and without a scripted model."""

import json
import re

import pytest
from conversing import QUIET
from protocol_server import serving

from evals.harness.messages import read_all
from evals.harness.tokens import count_request
from evals.suites import needle
from evals.suites.needle import Cell
from evals.suites.needles import NEEDLES

pytestmark = QUIET
SMALLEST = frozenset(
    (  # noqa: SIM905
        "a and any are at by did do does for from had has have he her his how i if in is it must not of on one s she "
        "should so that the to up was were what when where which who with"
    ).split()
)
PROSE = [f"Title {n}\nOne thing happened on day {n}. Then another did, {n} times. It was soon over." for n in range(60)]
GRID = ["--data", "sample", "--lengths", "1200", "--depths", "0,0.5,1", "--limit", "1", "--target", "0.3"]


def words(text):
    return set(re.findall(r"[a-z0-9]+", text.lower())) - SMALLEST


def stems(text):
    """Words cut so that "prescribe" and "prescribed" are one."""
    return {word[:5] for word in words(text)}


@pytest.mark.parametrize("fact", NEEDLES, ids=lambda fact: fact.answer)
def test_a_question_worded_unlike_shares_no_word_with_its_fact(fact):
    assert not stems(fact.unlike) & stems(fact.text)
    assert len(words(fact.alike) & words(fact.text)) >= 2
    assert fact.answer in fact.text
    assert fact.answer.lower() not in f"{fact.unlike} {fact.alike}".lower()


def test_facts_are_told_apart():
    assert len({fact.answer for fact in NEEDLES}) == len(NEEDLES)
    assert all(sum(fact.answer in other.text for other in NEEDLES) == 1 for fact in NEEDLES)


@pytest.mark.parametrize("layout", ["together", "apart"])
@pytest.mark.parametrize("depth", [0, 0.2, 0.5, 0.9, 1])
def test_a_fact_stands_at_its_depth(depth, layout):
    messages = needle.conversation(PROSE, Cell(1500, depth, 1, "unlike", 0, layout), seed=0)
    text = "\n\n".join(message["content"] for message in messages[1:-1])
    (fact,) = needle.chosen(Cell(1500, depth, 1, "unlike", 0, layout), 0)
    assert text.count(fact.text) == 1
    assert text.index(fact.text) / (len(text) - len(fact.text)) == pytest.approx(depth, abs=0.02)
    assert messages[-1]["content"] == fact.unlike
    assert 1450 <= count_request(messages[1:-1]) <= 1900


def test_several_facts_stand_apart_evenly():
    cell = Cell(3000, 0.25, 4, "alike", 0, "together")
    text = needle.conversation(PROSE, cell, seed=0)[1]["content"]
    places = [text.index(fact.text) / len(text) for fact in needle.chosen(cell, 0)]
    assert places == pytest.approx([0.25, 0.5, 0.75, 0.0], abs=0.03)


def test_the_same_facts_at_every_depth_and_others_in_each_trial():
    first, second = (needle.chosen(Cell(1000, 0.5, 3, "unlike", trial, "apart"), 0) for trial in (0, 1))
    assert first == needle.chosen(Cell(9000, 1.0, 3, "alike", 0, "together"), 0)
    assert not set(first) & set(second)


def test_without_a_model_a_fact_is_found_where_its_sentence_is_left(tmp_path):
    record = tmp_path / "record.json"
    names = "everything,head+tail,oracle,compresskit"
    options = ["--wordings", "unlike,alike", "--needles", "1,2", "--compressors", names, "--json", str(record)]
    assert needle.main([*GRID, *options]) == 0
    rows = json.loads(record.read_text())["rows"]
    assert not any(row["error"] for row in rows)
    assert len(rows) == 3 * 2 * 2 * 4
    assert {row["depth"] for row in rows} == {0, 0.5, 1}
    assert {(row["length"], row["needles"]) for row in rows} == {(1200, 1), (1200, 2)}
    for row in rows:
        if row["compressor"] in ("everything", "oracle"):
            assert row["found"] == 1
        if row["compressor"] == "head+tail" and row["needles"] == 1:
            assert row["found"] == float(row["depth"] != 0.5), "the ends are what it keeps"
        if (row["compressor"], row["wording"], row["needles"]) == ("compresskit", "alike", 1):
            assert row["found"] == 1


def reader(body):
    """Knows every answer whose fact it is shown."""
    shown = read_all(body["messages"])
    return ", ".join(fact.answer for fact in NEEDLES if fact.text in shown and fact.alike in shown)


def test_with_a_model_a_fact_is_found_where_the_reply_says_the_answer(tmp_path):
    record = tmp_path / "record.json"
    options = ["--wordings", "alike", "--needles", "2", "--compressors", "everything,nothing,head+tail,compresskit"]
    with serving(reader) as server:
        place = ["--api-base", server.url, "--model", "reader", "--json", str(record)]
        assert needle.main([*GRID, *options, *place]) == 0
    rows = json.loads(record.read_text())["rows"]
    assert not any(row["error"] for row in rows)
    assert [row["found"] for row in rows if row["compressor"] == "everything"] == [1, 1, 1]
    assert [row["found"] for row in rows if row["compressor"] == "nothing"] == [0, 0, 0]
    assert all(row["found"] == row["readable"] for row in rows), "this model says what it sees"


def test_prose_of_ones_own_is_a_text_file(tmp_path):
    prose, record = tmp_path / "prose.txt", tmp_path / "record.json"
    prose.write_text("\n\n".join(PROSE))
    options = ["--data", str(prose), "--needles", "1", "--compressors", "everything", "--json", str(record)]
    assert needle.main([*GRID[2:], *options]) == 0
    made = json.loads(record.read_text())
    assert list(made["data"]) == ["prose.txt"]
    assert [row["found"] for row in made["rows"]] == [1, 1, 1]


@pytest.mark.parametrize("wrong", [["--depths", "2"], ["--depths", "x"], ["--lengths", "0"], ["--needles", "99"]])
def test_wrong_grids_are_told(wrong, capsys):
    with pytest.raises(SystemExit, match="2"):
        needle.main([*GRID, *wrong])
    assert wrong[0] in capsys.readouterr().err
