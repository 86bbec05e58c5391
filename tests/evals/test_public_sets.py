"""Each eval asks the hub for its own set and takes its rows as they are; here a stand-in for `datasets` has them."""

import json
import sys
from types import SimpleNamespace

import pytest
from conversing import QUIET
from protocol_server import serving

from evals import __main__ as command
from evals.harness import data

pytestmark = QUIET
SHOWN = "The issue.\n[start of a.py]\n1 x = 1\n2 y = 2\n3 \n[end of a.py]\nWrite a patch."
INSTANCE = {
    "instance_id": "o__r-1", "repo": "o/r", "base_commit": "c", "text": SHOWN, "problem_statement": "y should be 3",
    "patch": "--- a/a.py\n+++ b/a.py\n@@ -1,2 +1,2 @@\n x = 1\n-y = 2\n+y = 3\n",
}  # fmt: skip
SETS = {
    "humaneval": ("openai_humaneval", "test", data.rows(data.SAMPLES / "humaneval.jsonl")),
    "longbench-v2": ("THUDM/LongBench-v2", "train", data.rows(data.SAMPLES / "longbench_v2.jsonl")),
    "swe-bench": ("princeton-nlp/SWE-bench_Lite_bm25_27K", "test", [INSTANCE]),
}


@pytest.mark.parametrize("name", SETS)
def test_an_eval_reads_its_public_set(name, tmp_path, monkeypatch):
    path, split, rows = SETS[name]
    asked = []

    def load_dataset(*given, **options):
        asked.append((*given, options["split"]))
        return rows

    monkeypatch.setitem(sys.modules, "datasets", SimpleNamespace(load_dataset=load_dataset))
    record = tmp_path / "record.json"
    with serving(lambda _: INSTANCE["patch"]) as server:
        model = ["--api-base", server.url, "--model", "any", "--compressors", "everything", "--limit", "1"]
        assert command.main([name, "--data", "hub", *model, "--json", str(record)]) == 0
    made = json.loads(record.read_text())
    assert asked == [(path, None, split)]
    assert list(made["data"]) == [f"{path}, {split}"]
    assert [row["error"] for row in made["rows"]] == [None]
    if name == "swe-bench":
        assert made["rows"][0]["hunk_overlap"] == made["rows"][0]["applies"] == 1
