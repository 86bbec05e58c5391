"""`python -m evals shrink`: every arm runs with tiny models, and says what it can."""

import json
from importlib.util import find_spec

import pytest
import tiny_models
from later import Later
from texts import make_text

from evals.suites import shrink

torch = Later("torch")
pytestmark = [
    pytest.mark.skipif(not find_spec("llmlingua"), reason="needs the extra: pip install 'compresskit[llmlingua]'"),
    pytest.mark.filterwarnings("ignore"),  # of torch and transformers, which are not ours
]
SUPPORT = "The pilot of the harbour was born in Marseille."


@pytest.fixture
def question(tmp_path):
    paragraphs = [[f"Title {n}", [make_text("prose", n, 500)]] for n in range(3)]
    paragraphs[1][1].append(f" {SUPPORT}")
    row = {"id": "hotpot-1", "question": "Where was the pilot of the harbour born?", "answer": "Marseille"}
    path = tmp_path / "questions.jsonl"
    path.write_text(json.dumps({**row, "paragraphs": paragraphs, "support": [SUPPORT]}) + "\n")
    return path


def test_all_arms_are_measured_or_said_not_to_be(question, tmp_path, capsys):
    language_model, classifier = tiny_models.llama(tmp_path / "llama"), tiny_models.bert(tmp_path / "bert")
    threads = torch.get_num_threads()
    try:
        code = shrink.main(
            [
                *("--data", str(question), "--target", "0.5", "--json", str(tmp_path / "record.json")),
                *("--language-model", language_model, "--classifier", classifier, "--reader", language_model),
            ]
        )
    finally:
        torch.set_num_threads(threads)
    assert code == 0
    said = capsys.readouterr()
    assert "excerpts+self: not measured here" in said.err
    record = json.loads((tmp_path / "record.json").read_text())
    rows = {row["compressor"]: row for row in record["rows"]}
    assert set(rows) == set(shrink.ARMS) - {"excerpts+self"}
    assert all(row["error"] is None for row in rows.values()), rows
    assert rows["everything"]["support"] == rows["everything"]["words"] == rows["excerpts"]["support"] == 1
    assert rows["nothing"]["support"] == rows["nothing"]["after"] == 0
    for name, row in rows.items():
        assert row["likelihood"] < 0
        assert row["exact"] in (0, 1)
        if name != "everything":
            assert row["after"] <= 0.5 * row["before"], name


def test_one_data_set_may_be_chosen(question, tmp_path):
    row = json.loads(question.read_text())
    question.write_text("".join(json.dumps({**row, "id": name}) + "\n" for name in ("hotpot-1", "musique-1")))
    where = ["--data", str(question), "--arms", "excerpts", "--target", "0.5", "--json", str(tmp_path / "record.json")]
    assert shrink.main([*where, "--data-sets", "musique"]) == 0
    record = json.loads((tmp_path / "record.json").read_text())
    assert {row["group"] for row in record["rows"]} == {"MuSiQue, 50%"}


def test_a_shrinker_that_fails_is_an_error_and_no_figure(question, tmp_path, monkeypatch):
    class Fails:
        cost = 0.0

        def shrink(self, texts, budgets, query):  # noqa: ARG002
            raise RuntimeError("no model")

    monkeypatch.setattr(shrink, "_shrinker", lambda *_: Fails())
    row = json.loads(question.read_text())
    texts = [[f"Title {n}", [make_text("prose", n, 3000)]] for n in range(3)]
    question.write_text(json.dumps({**row, "question": "What is it all about?", "paragraphs": texts}) + "\n")
    where = ["--data", str(question), "--arms", "excerpts+self", "--self-llm", "m", "--target", "0.5"]
    shrink.main([*where, "--json", str(tmp_path / "record.json")])
    (row,) = json.loads((tmp_path / "record.json").read_text())["rows"]
    assert "the shrinker failed: RuntimeError" in row["error"]
