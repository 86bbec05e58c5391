"""`python -m evals gather`: cases for `needs` from repositories, which `needs` can read."""

import subprocess

import pytest

from evals.harness import data
from evals.suites import gather, needs


@pytest.fixture
def repository(tmp_path):
    """A function that commits files and returns the folder of the repository."""
    place = tmp_path / "tool"
    place.mkdir()

    def git(*arguments):
        names = ("-c", "user.name=a", "-c", "user.email=a@example.com", "-c", "commit.gpgsign=false")
        subprocess.run(["git", "-C", str(place), *names, *arguments], check=True, capture_output=True)

    git("init")

    def commit(message, **files):
        for name, text in files.items():
            (place / name.replace("_", ".")).write_text(text)
        git("add", ".")
        git("commit", "-m", message)
        return place

    return commit


def gathered(kind, repository, tmp_path, capsys):
    assert gather.main([kind, str(repository), "--out", str(tmp_path / "data"), "--name", "mine"]) == 0
    capsys.readouterr()
    _, cases = needs.chosen(needs.parsed(["--data", str(tmp_path / "data"), "--groups", "needs/mine"]))
    return cases


def test_a_fix_needs_the_lines_around_its_change_as_they_were(repository, tmp_path, capsys):
    before = "fn total(items: &[u32]) -> u32 {\n    items.iter().product()\n}\n"
    repository("Begin", main_rs=before, other_rs="fn unrelated() -> bool { true }\n" * 9)
    place = repository("Fix the total, which multiplied prices", main_rs=before.replace("product", "sum"))
    (case,) = gathered("fixes", place, tmp_path, capsys)
    asked = case.request.messages[-1]["content"]
    assert "which multiplied prices" in asked
    assert "    items.iter().product()" in case.request.needs.args[0]


def test_labels_of_alerts_are_needed_and_not_shown(repository, tmp_path, capsys):
    lines = [f"- 11178385{n:02d} node{n} RAS KERNEL INFO cycle {n} done" for n in range(80)] * 5
    lines[123] = "KERNDTLB 1117838523 node7 RAS KERNEL FATAL data TLB error interrupt"
    place = repository("Logs", BGL_log="\n".join(lines))
    (case,) = gathered("alerts", place, tmp_path, capsys)
    assert case.request.needs.args[0] == ("1117838523 node7 RAS KERNEL FATAL data TLB error interrupt",)
    assert "KERNDTLB" not in str(case.request.messages)


def test_a_folder_without_history_is_one_clear_error(tmp_path, capsys):
    assert gather.main(["fixes", str(tmp_path), "--out", str(tmp_path)]) == 1
    assert "git failed" in capsys.readouterr().err
    with pytest.raises(data.DataError):
        gather.git(tmp_path, "log")
