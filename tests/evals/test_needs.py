"""`python -m evals needs`: cases of one form, in many layouts, with a target that leaves the question alone."""

import gzip
import json

import pytest

from evals.harness import records
from evals.harness.tokens import count_message, count_request
from evals.suites import needs, passages

TEXT = "Mercury is the planet that is closest to the sun. " * 40
ROW = {
    "id": "made-0",
    "group": "made",
    "format": "openai",
    "messages": [
        {"role": "system", "content": "You answer in one word."},
        {"role": "user", "content": TEXT + 'The "Angi" mine\nis closed. ' + TEXT},
        {"role": "user", "content": "Which mine is closed?"},
    ],
    "needs": ['The "Angi" mine', "is closed."],
    "ratio": 0.3,
    "source": "made up",
}


def run(folder, *given):
    (folder / "needs").mkdir(exist_ok=True)
    (folder / "needs" / "made.jsonl.gz").write_bytes(gzip.compress(json.dumps(ROW).encode()))
    path = folder / "record.json"
    assert needs.main(["--data", str(folder), "--record", str(path), *given]) == 0
    return records.read(path)


def test_rows_of_the_folder_are_measured_against_the_share_of_the_rest(tmp_path):
    record = run(tmp_path, "--contenders", "everything,head+tail,compresskit")
    rows = {row["compressor"]: row for row in record["rows"]}
    system, text, question = ROW["messages"]
    assert rows["compresskit"]["target"] == count_message(system) + count_message(question) + int(
        0.3 * count_message(text)
    )
    assert [rows[name]["kept"] for name in ("everything", "head+tail", "compresskit")] == [1, 0, 1]
    assert (rows["everything"]["met"], rows["compresskit"]["met"]) == (0, 1)
    assert {row["group"] for row in record["rows"]} == {"needs/made"}


def test_only_the_question_is_free_where_it_stands_beside_its_text():
    messages = [{"role": "user", "content": f"{TEXT * 3}\n\nWhich mine is closed?"}]
    question = count_message({"content": "Which mine is closed?"})
    whole = count_request(messages)
    assert abs(needs.limit_of(messages, 0.2) - question - 0.2 * (whole - question)) < 10


@pytest.mark.parametrize("layout", passages.LAYOUTS)
@pytest.mark.parametrize("together", [True, False])
def test_every_layout_shows_all_of_every_passage(layout, together):
    given = [("Rush", 'They said: "yes".'), ("Angi Vera", "A film.\nOf 1978.")]
    messages = passages.conversation(given, "Who?", layout, together=together)
    assert len(messages) == (2 if together else 3)
    for _, text in given:
        shown = [way in message["content"] for message in messages[:-1] for way in passages.spellings(text)]
        assert any(shown)


def test_groups_are_chosen_by_pattern_and_summed_up(tmp_path):
    question = {"question": "Where was Ines born?", "support": ["She was born in Velm."]}
    paragraphs = [["Ines", ["Ines paints.", "She was born in Velm."]], ["Velm", [TEXT]]]
    line = json.dumps({"id": "2wiki-0", **question, "paragraphs": paragraphs})
    (tmp_path / "qa_2wiki.jsonl.gz").write_bytes(gzip.compress(line.encode()))
    record = run(tmp_path, "--contenders", "compresskit", "--groups", "2wiki/*/one")
    groups = [line["group"] for line in record["figures"]]
    assert groups[:8] == [f"2wiki/{layout}/one" for layout in passages.LAYOUTS]
    assert groups[8:] == ["all 2wiki", "all 2wiki, worst", "all groups", "all groups, worst"]
