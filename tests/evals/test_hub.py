"""Public data sets: when they are read, what becomes of them, and what is said when they cannot be."""

import json
import sys
from importlib.util import find_spec
from types import SimpleNamespace

import pytest

from evals.harness import data, hub
from evals.suites import multihop_qa

HOTPOT = {
    "id": "5a7", "question": "Who kept the lock?", "answer": "Kolbe",
    "supporting_facts": {"title": ["Lock", "Kolbe"], "sent_id": [0, 9]},
    "context": {"title": ["Lock", "Kolbe"], "sentences": [["A lock.", " It is old."], ["Kolbe kept it."]]},
}  # fmt: skip
MUSIQUE = {
    "id": "2hop__1", "question": "Where?", "answer": "Velm",
    "paragraphs": [
        {"title": "Velm", "paragraph_text": "A town.", "is_supporting": True},
        {"title": "Sarn", "paragraph_text": "A river.", "is_supporting": False},
    ],
}  # fmt: skip


@pytest.fixture
def nothing_here(monkeypatch):
    """No data folder."""
    monkeypatch.delenv(data.ENVIRONMENT, raising=False)
    monkeypatch.setattr(data, "_BESIDE_THE_PROJECT", data.SAMPLES / "none")


@pytest.fixture
def on_the_hub(monkeypatch):
    """Stands in for `datasets`: what is asked of it, and rows of the two sets' shapes."""
    asked = []

    def load_dataset(path, configuration, *, split):
        asked.append((path, configuration, split))
        if path.startswith("nobody"):
            raise ConnectionError("no network")
        return [HOTPOT] if "hotpot" in path else [MUSIQUE]

    monkeypatch.setitem(sys.modules, "datasets", SimpleNamespace(load_dataset=load_dataset))
    return asked


@pytest.mark.usefixtures("nothing_here")
def test_public_sets_are_read_where_no_data_is_there(on_the_hub):
    found, other = hub.find(multihop_qa.FILES, None, hub.QUESTIONS)
    assert on_the_hub == [
        ("hotpotqa/hotpot_qa", "distractor", "validation[:500]"), ("dgslibisey/MuSiQue", None, "validation[:500]"),
    ]  # fmt: skip
    assert data.rows(found) == [
        {
            "id": "hotpot-5a7", "question": "Who kept the lock?", "answer": "Kolbe", "support": ["A lock."],
            "paragraphs": [["Lock", ["A lock.", " It is old."]], ["Kolbe", ["Kolbe kept it."]]],
        }
    ]  # fmt: skip
    assert data.rows(other)[0]["support"] == ["A town."]
    assert set(data.digests([found])) == {"hotpotqa/hotpot_qa, validation[:500]"}
    assert hub.find([], None, hub.QUESTIONS)[0].digest == found.digest != other.digest


@pytest.mark.usefixtures("nothing_here")
@pytest.mark.parametrize("given", ["a file", "sample", "the environment"])
def test_data_that_is_there_goes_first(given, on_the_hub, tmp_path, monkeypatch):
    path = tmp_path / "questions.jsonl"
    path.write_text("{}\n")
    if given == "the environment":
        monkeypatch.setenv(data.ENVIRONMENT, str(tmp_path))
    named = {"a file": str(path), "sample": "sample"}.get(given)
    assert hub.find(multihop_qa.FILES, named, hub.QUESTIONS)[0].name == "questions.jsonl"
    assert on_the_hub == []


def test_the_hub_is_asked_although_data_is_there_when_that_is_said(on_the_hub, tmp_path, monkeypatch):
    monkeypatch.setenv(data.ENVIRONMENT, str(data.SAMPLES))
    out = tmp_path / "record.json"
    given = ["--data", "hub", "--compressors", "everything", "--layouts", "apart", "--json", str(out)]
    assert multihop_qa.main(given) == 0
    assert len(on_the_hub) == 2
    record = json.loads(out.read_text())
    assert [line["group"] for line in record["figures"]] == ["HotpotQA, a message each", "MuSiQue, a message each"]
    assert "dgslibisey/MuSiQue, validation[:500]" in record["data"]


@pytest.mark.usefixtures("on_the_hub")
def test_a_set_that_cannot_be_read_says_what_to_do():
    with pytest.raises(data.DataError, match=r"nobody/has-it \(test\).*no network.*--data"):
        hub.load(hub.Set("nobody/has-it", None, "test", dict))


def test_without_datasets_its_extra_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "datasets", None)
    with pytest.raises(data.DataError, match=r"compresskit\[evals\]"):
        hub.load(hub.QUESTIONS[0])


def test_an_eval_without_a_public_set_says_so():
    with pytest.raises(data.DataError, match="no public set"):
        data.find(["x.jsonl"], "hub")


@pytest.mark.skipif(not find_spec("datasets"), reason="needs the extra: pip install 'compresskit[evals]'")
@pytest.mark.filterwarnings("ignore")  # of datasets, which are not ours
def test_the_real_package_reads_a_set_of_these_fields(tmp_path, monkeypatch):
    """From a folder of this machine, which it takes for a set of the hub."""
    datasets = pytest.importorskip("datasets")
    monkeypatch.setattr(datasets.config, "HF_DATASETS_CACHE", tmp_path / "cache")
    for name, row in (("hotpot", HOTPOT), ("musique", MUSIQUE)):
        (tmp_path / name).mkdir()
        (tmp_path / name / "validation.jsonl").write_text(json.dumps(row) + "\n")
    for name, one, row in zip(("hotpot", "musique"), hub.QUESTIONS, (HOTPOT, MUSIQUE), strict=True):
        found = hub.load(hub.Set(str(tmp_path / name), None, one.split, one.convert))
        assert found.rows == [one.convert(row)]
