"""The engine of the evals: what runs, where, how often, and what it may cost."""

import json
import os
import signal
import time

import pytest
from eval_items import breaks, by_whom, noted, options, row

from evals.harness import data, engine, workers
from evals.harness.engine import Item, execute


def items(path, numbers, cost=None):
    return [Item(f"item {number}", (str(path), number, cost)) for number in numbers]


def ran(path):
    """Which items ran, as often as they did."""
    return [int(line) for line in path.read_text().split()] if path.exists() else []


@pytest.mark.parametrize("jobs", [None, 2])
def test_rows_come_back_in_the_order_of_the_items(jobs, tmp_path):
    given = options(jobs=jobs)
    assert [one["square"] for one in execute(items(tmp_path / "ran", (3, 1, 2)), noted, given)] == [9, 1, 4]
    assert given.complete
    assert sorted(ran(tmp_path / "ran")) == [1, 2, 3]


def test_as_many_processes_work_as_there_are_jobs():
    rows = execute([Item(str(number), (number,)) for number in range(8)], by_whom, options(jobs=2))
    assert len({one["pid"] for one in rows}) == 2
    assert os.getpid() not in {one["pid"] for one in rows}


def test_what_raises_or_dies_is_an_error_of_its_own_item():
    """Four items for two processes, one of which is killed by its item; another returns what is no row."""
    place = {"case": "a case", "group": "a group", "unit": "a unit", "compressor": "a compressor"}
    found = execute([Item(str(number), (number,), place) for number in range(5)], breaks, options(jobs=2))
    errors = [one["error"] for one in found]
    assert errors[1:] == ["ValueError: one is odd", "its process was ended by signal 9", None, None]
    assert "not JSON serializable" in errors[0]
    assert [one["group"] for one in found] == ["a group"] * 3 + ["g"] * 2


def test_two_cases_of_one_name_are_two(tmp_path):
    """As in a folder of transcripts that has two files of a name; also in a journal."""
    twins = [Item("twin", (str(tmp_path / "ran"), number)) for number in (1, 2)]
    given = options(resume=str(tmp_path / "journal.jsonl"))
    for _ in range(2):
        assert [one["square"] for one in execute(twins, noted, given)] == [1, 4]
    assert ran(tmp_path / "ran") == [1, 2]
    assert engine.pending(twins, given) == []


def test_a_process_that_died_while_it_had_nothing_to_do_is_replaced():
    with workers.Processes(by_whom, 1) as crew:
        crew.start("a", (1,))
        ((_, first),) = crew.finished()
        pid = json.loads(first)["pid"]
        os.kill(pid, signal.SIGKILL)
        while any(process.is_alive() for process in crew._processes.values()):
            time.sleep(0.01)
        crew.start("b", (2,))
        ((key, second),) = crew.finished()
    assert key == "b"
    assert json.loads(second)["pid"] != pid


def test_a_journal_has_every_row_once_and_is_gone_on_from(tmp_path):
    """Also with more items, and after half a line of a process that was killed."""
    journal = tmp_path / "journal.jsonl"
    given = options(resume=str(journal), seed=1)
    first = execute(items(tmp_path / "ran", (1, 2)), noted, given)
    whole = journal.read_bytes()
    journal.write_bytes(whole[:-20])
    again = execute(items(tmp_path / "ran", (1, 2, 3)), noted, given)
    assert ran(tmp_path / "ran") == [1, 2, 2, 3]
    assert again[:2] == first
    assert journal.read_bytes().startswith(whole)
    header, *rows = map(json.loads, journal.read_text().splitlines())
    assert (header["eval"], header["options"]) == ("made up", {"seed": 1})
    assert [one["key"] for one in rows] == ["item 1", "item 2", "item 3"]
    assert engine.pending(items(tmp_path / "ran", (3, 4)), given)[0].key == "item 4"
    assert journal.stat().st_mode & 0o077 == 0


def test_what_failed_is_measured_again(tmp_path):
    given = options(resume=str(tmp_path / "journal.jsonl"))
    place = [Item("one", (1,)), Item("three", (3,))]
    assert [one["error"] is None for one in execute(place, breaks, given)] == [False, True]
    assert [item.key for item in engine.pending(place, given)] == ["one"]


@pytest.mark.parametrize(
    ("changed", "says"),
    [({"seed": 2}, "seed 1, now 2"), ({"eval": "other"}, "eval 'made up', now 'other'"), ({}, "own.jsonl")],
    ids=["seed", "eval", "data"],
)
def test_a_journal_of_other_settings_is_refused_and_left_alone(changed, says, tmp_path):
    journal, file = tmp_path / "journal.jsonl", tmp_path / "own.jsonl"
    file.write_text("{}\n")
    given = options(resume=str(journal), seed=1)
    execute(items(tmp_path / "ran", (1,)), noted, given, data=[file])
    before = journal.read_bytes()
    if not changed:
        file.write_text("{} \n")
    with pytest.raises(data.DataError, match="other settings") as refused:
        execute(items(tmp_path / "ran", (1,)), noted, options(**{**vars(given), **changed}), data=[file])
    assert says in str(refused.value)
    assert journal.read_bytes() == before


@pytest.mark.parametrize("text", ["a letter", "a letter\nof two lines", '{"format": "other"}\n', '[1]\n{"row": 1}\n'])
def test_a_file_that_is_no_journal_is_left_alone(text, tmp_path):
    (tmp_path / "letter").write_text(text)
    with pytest.raises(data.DataError, match="letter"):
        execute(items(tmp_path / "ran", (1,)), noted, options(resume=str(tmp_path / "letter")))
    assert (tmp_path / "letter").read_text() == text


def test_two_runs_do_not_write_to_one_journal(tmp_path):
    given = options(resume=str(tmp_path / "journal.jsonl"))
    other = engine.Journal(given.resume, engine.settings(given, ()))
    with other, pytest.raises(data.DataError, match="another run"):
        execute(items(tmp_path / "ran", (1,)), noted, given)


def test_a_journal_in_no_folder_says_so(tmp_path):
    with pytest.raises(data.DataError, match="No such file"):
        execute([], row, options(resume=str(tmp_path / "none" / "journal.jsonl")))


@pytest.mark.parametrize("jobs", [None, 2])
@pytest.mark.parametrize(("budget", "afforded"), [(0.5, 0), (2.5, 2), (3.0, 3), (100, 5)])
def test_no_item_is_begun_that_the_budget_may_not_hold(budget, afforded, jobs, tmp_path):
    """Each costs a dollar. What one costs is known after the first, which is begun where a dollar was never seen."""
    given = options(budget=budget, jobs=jobs)
    rows = execute(items(tmp_path / "ran", range(5), 1.0), noted, given)
    assert len(rows) == max(1, afforded)
    assert given.complete == (afforded == 5)


def test_the_budget_counts_what_earlier_runs_spent(tmp_path):
    given = options(budget=3.5, resume=str(tmp_path / "journal.jsonl"))
    assert len(execute(items(tmp_path / "ran", range(2), 1.0), noted, given)) == 2
    assert len(execute(items(tmp_path / "ran", range(6), 1.0), noted, given)) == 3
    assert ran(tmp_path / "ran") == [0, 1, 2]


def test_an_item_that_cost_nothing_does_not_tell_what_the_others_cost(tmp_path):
    """As one that failed at once: four beginning together would be over the budget."""
    ran = str(tmp_path / "ran")
    costs = enumerate((0.0, 1.0, 1.0, 1.0, 1.0))
    given = options(budget=2.5, jobs=4)
    rows = execute([Item(str(number), (ran, number, cost)) for number, cost in costs], noted, given)
    assert sum(one["cost"] for one in rows) == 2


def test_items_that_say_no_cost_run_within_any_budget(tmp_path):
    given = options(budget=1, jobs=2)
    assert len(execute(items(tmp_path / "ran", range(6)), noted, given)) == 6
    assert given.complete


def test_ray_that_is_not_there_is_said(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "ray", None)
    with pytest.raises(data.DataError, match=r"compresskit\[ray\]"):
        execute([Item("a", (1,))], row, options(ray="local"))
