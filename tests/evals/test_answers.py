"""`python -m evals answers`: questions of several groups in turn, paired, and a record of what is finished."""

import json

import pytest
from conversing import QUIET
from protocol_server import serving

from evals.suites import answers, code_questions

pytestmark = QUIET
WAYS = "everything,nothing,litellm@0.5,compresskit@0.5"


def run(url, folder, *options):
    """Two questions of HotpotQA and about code, and a function of the sample."""
    rows = [
        {"id": f"hotpot-{n}", "question": f"Who is {n}?", "answer": "no", "paragraphs": [[f"T{n}", ["It is. " * 90]]]}
        for n in range(4)
    ]
    (folder / "questions.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    sizes = ["--questions", "2", "--problems", "1", "--conversation", "700"]
    given = [
        "--data",
        str(folder),
        "--humaneval",
        "sample",
        "--groups",
        "hotpot,code,humaneval",
        "--ways",
        WAYS,
        *sizes,
    ]
    return answers.main([*given, "--api-base", url, "--model", "some/model", *options])


def test_a_run_can_be_stopped_anywhere_and_tells_what_is_finished(tmp_path):
    """The journal asks the groups in turn; what lacks a way is not in the record; then it goes on."""
    journal, record = tmp_path / "rows.jsonl", tmp_path / "record.json"
    told = code_questions.questions()[1][0].answer
    replies = iter([told] + ["I do not know."] * 100)

    with serving(lambda body: told if told in json.dumps(body["messages"]) else next(replies)) as server:
        kept = ["--resume", str(journal), "--json", str(record)]
        assert run(server.url, tmp_path, *kept) == 0
        whole = json.loads(record.read_text())
        header, *lines = journal.read_text().splitlines(keepends=True)
        order = [json.loads(line)["row"]["group"] for line in lines]
        assert order[:12] == ["HotpotQA"] * 4 + ["code questions"] * 4 + ["HumanEval"] * 4
        journal.write_text("".join([header, *lines[:10]]))
        asked = len(server.bodies)
        assert run(server.url, tmp_path, *kept, "--finished") == 0
        assert len(server.bodies) == asked, "nothing is asked"
        part = json.loads(record.read_text())
        assert {row["group"] for row in part["rows"]} == {"HotpotQA", "code questions"}
        assert (len(part["rows"]), part["complete"], whole["complete"]) == (8, False, True)
        assert run(server.url, tmp_path, *kept) == 0
    again = json.loads(record.read_text())
    assert len(again["rows"]) == len(whole["rows"])
    lines = {(line["group"], line["compressor"]): line["figures"] for line in again["figures"]}
    code = lines["code questions", "compresskit 50%"]
    share = code["right"]["mean"] - lines["code questions", "everything"]["right"]["mean"]
    assert code["vs everything"]["mean"] == pytest.approx(share)
    assert lines["code questions", "everything"]["vs everything"] is None
    assert ("all groups", "compresskit 50%") in lines


def test_questions_about_code_have_one_answer_that_stands_in_their_text():
    source, found = code_questions.questions()
    assert len(found) > 120
    assert source.digest == code_questions.questions()[0].digest
    for one in found:
        assert one.answer in one.text
        assert one.answer not in one.question
    assert len({one.text.split("\n")[0] for one in found[:40]}) > 30, "the modules in turn"


@pytest.mark.parametrize("wrong", ["compresskit", "oracle@0.5", "litellm@1.5", "litellm@x"])
def test_a_wrong_way_is_told(wrong, capsys):
    with pytest.raises(SystemExit, match="2"):
        answers.main(["--ways", wrong])
    assert "--ways" in capsys.readouterr().err
