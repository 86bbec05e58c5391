"""`python -m evals gather`: cases for `needs` from repositories, which `needs` can read."""

import io
import json
import subprocess
import zipfile

import pytest

from evals.harness import data
from evals.suites import gather, gather_chats, needs


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


def test_chats_show_what_is_needed_in_three_layouts():
    session = [
        {"speaker": name, "dia_id": f"D1:{number}", "text": f"I fed {number} goats."}
        for number, name in enumerate(("Ann", "Bo", "Ann"), 1)
    ]
    chat = {"speaker_a": "Ann", "speaker_b": "Bo", "session_1": session, "session_1_date_time": "2 May 2023"}
    asked = {"question": "How many goats did Bo feed?", "evidence": ["D1:2"], "category": 4}
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("1.json", json.dumps({"conversation": chat, "qa": [asked, {**asked, "category": 5}] * 3}))
    cases = list(gather_chats.chats(lambda _: file.getvalue(), 9, 0))
    assert [case["needs"] for case in cases] == [["I fed 2 goats."]] * 3
    assert [len(case["messages"]) for case in cases] == [4, 3, 3]
    for case in cases:
        assert "I fed 2 goats." in str(case["messages"][:-1])


def test_a_follow_up_needs_the_sentence_of_its_answer_among_other_passages():
    need = "The lighthouse keeper of Arvik receives thirty crowns every single month."
    row = {
        "Collection": "c",
        "answerability": ["ANSWERABLE"],
        "contexts": [{"text": f"Nothing else is known about that time. {need}"}],
        "input": [
            {"speaker": speaker, "text": text}
            for speaker, text in (("user", "Who is he?"), ("agent", "The keeper."), ("user", "What does he earn?"))
        ],
        "targets": [{"text": "The lighthouse keeper receives thirty crowns every month."}],
    }
    other = {**row, "answerability": ["UNANSWERABLE"], "contexts": [{"text": "The harbour is deep."}]}
    lines = "\n".join(json.dumps(each) for each in (row, other, row, row)).encode()
    cases = list(gather_chats.follow_ups(lambda _: lines, 9, 0))
    assert [case["needs"] for case in cases] == [[need]] * 3
    for case in cases:
        shown = str(case["messages"])
        assert all(text in shown for text in (need, "The harbour is deep.", "What does he earn?"))


def test_a_folder_without_history_is_one_clear_error(tmp_path, capsys):
    assert gather.main(["fixes", str(tmp_path), "--out", str(tmp_path)]) == 1
    assert "git failed" in capsys.readouterr().err
    with pytest.raises(data.DataError):
        gather.git(tmp_path, "log")
