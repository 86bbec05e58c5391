"""evals.shrink: every arm runs with tiny models, and says what it can."""

import json

import pytest

pytest.importorskip("llmlingua", reason="needs the extra: pip install 'compresskit[llmlingua]'")
pytestmark = pytest.mark.filterwarnings("ignore")  # of torch and transformers, which are not ours

import tiny_models  # noqa: E402
import torch  # noqa: E402
from texts import make_text  # noqa: E402

from evals import shrink  # noqa: E402

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
