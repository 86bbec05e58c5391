"""Runs for the bill, in every format of conversations that people have."""

import json

import pytest

from evals.harness import data
from evals.suites import transcripts

HELLO = {"role": "user", "content": "Hello."}
ANSWER = {"role": "assistant", "content": "Yes?"}
USE = {"role": "assistant", "content": [{"type": "tool_use", "id": "t", "name": "read", "input": {}}]}


def saved(folder, value, name="run.json"):
    lines = value if name.endswith("l") else [value]
    (folder / name).write_text("".join(json.dumps(line) + "\n" for line in lines))
    return folder / name


@pytest.mark.parametrize(
    ("name", "value", "found"),
    [
        ("run.json", [HELLO, ANSWER], [("run", "openai")]),
        ("run.json", {"id": "a", "messages": [HELLO, USE]}, [("a", "anthropic")]),
        ("run.json", {"format": "anthropic", "messages": [HELLO, ANSWER], "model": "x"}, [("run-1", "anthropic")]),
        ("run.json", [[HELLO, ANSWER], [HELLO, USE]], [("run-1", "openai"), ("run-2", "anthropic")]),
        ("run.jsonl", [HELLO, ANSWER], [("run", "openai")]),
        (
            "run.jsonl",
            [{"id": "a", "messages": [HELLO]}, {"messages": [HELLO]}],
            [("a", "openai"), ("run-2", "openai")],
        ),
    ],
)
def test_conversations_are_found_in_json_and_jsonl(name, value, found, tmp_path):
    runs = transcripts.runs(saved(tmp_path, value, name))
    assert [(run["id"], run["format"]) for run in runs] == found
    assert all(run["messages"][0] == HELLO for run in runs)


@pytest.mark.parametrize(
    "value", [["text"], {"no": "messages"}, [{"messages": [1]}], [{"messages": [HELLO], "format": "x"}]]
)
def test_what_is_no_conversation_is_an_error_that_names_the_file(value, tmp_path):
    with pytest.raises(data.DataError, match=r"run\.json"):
        transcripts.runs(saved(tmp_path, value))


def test_a_folder_gives_all_its_files(tmp_path):
    """Any folder below it too, as Claude Code has one for every project."""
    (tmp_path / "project").mkdir()
    saved(tmp_path / "project", [HELLO, ANSWER], "s.jsonl")
    saved(tmp_path, [HELLO, ANSWER])
    (tmp_path / "notes.txt").write_text("none")
    assert [path.name for path in transcripts.find(["agents.jsonl"], str(tmp_path))] == ["s.jsonl", "run.json"]
