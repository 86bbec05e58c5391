"""A local cross-encoder: a tiny one with random weights, read by the code that reads a real one."""

import sys
from importlib.util import find_spec

import pytest

from compresskit import CrossEncoder, InvalidArgument, compress

pytestmark = pytest.mark.skipif(
    not (find_spec("torch") and find_spec("transformers")), reason="the extra rerank is not installed"
)

QUERY = "Who pays for the cranes of the pier?"
TEXTS = [
    "The board pays.",
    "Ships waited outside for days. " * 9,
    "",
    "18 months",
    "The report says it will take long.",
]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    import tiny_models

    return tiny_models.cross_encoder(tmp_path_factory.mktemp("model"))


def alone(folder, query, text):
    """The score of one pair, by transformers itself."""
    import torch
    from transformers import AutoModelForSequenceClassification, AutoTokenizer

    pair = AutoTokenizer.from_pretrained(folder)(query, text, truncation=True, max_length=512, return_tensors="pt")
    with torch.inference_mode():
        return AutoModelForSequenceClassification.from_pretrained(folder).eval()(**pair).logits.item()


def test_each_text_has_the_models_own_score_in_any_company(folder):
    one = CrossEncoder(folder, local_files_only=True)
    scores = one.rerank(QUERY, TEXTS)
    assert scores == pytest.approx([alone(folder, QUERY, text) for text in TEXTS], abs=1e-4)
    assert one.rerank(QUERY, TEXTS[::-1] * 20) == pytest.approx(scores[::-1] * 20, abs=1e-4)
    assert len({round(score, 4) for score in scores}) == len(TEXTS), "the model tells them apart"


def test_what_is_too_long_is_cut(folder):
    one = CrossEncoder(folder, local_files_only=True)
    (score,) = one.rerank(QUERY, ["pier " * 3_000])
    assert score == pytest.approx(alone(folder, QUERY, "pier " * 3_000), abs=1e-4)
    assert one.rerank("pays " * 3_000, ["pier " * 3_000])


@pytest.mark.parametrize(("labels", "said"), [(0, "no head of a classifier"), (3, "3 outputs")])
def test_a_model_that_is_no_cross_encoder_is_an_error(tmp_path, labels, said):
    """transformers would make up the weights that are missing, and rank by chance."""
    import tiny_models

    with pytest.raises(InvalidArgument, match=rf"{said}; a cross-encoder with one output was expected"):
        CrossEncoder(tiny_models.cross_encoder(tmp_path, labels), local_files_only=True).rerank("q", ["text"])


def test_weights_that_need_pickle_are_not_read(folder, tmp_path):
    import shutil

    import torch
    from safetensors.torch import load_file

    copy = shutil.copytree(folder, tmp_path / "copy")
    torch.save(load_file(copy / "model.safetensors"), copy / "pytorch_model.bin")
    (copy / "model.safetensors").unlink()
    with pytest.raises(OSError, match="safetensors"):
        CrossEncoder(copy, local_files_only=True).rerank("q", ["text"])


def test_compress_with_it_meets_its_target_the_same_way_each_time(folder):
    messages = [{"role": "user", "content": f"The {n}th crane of pier {n} was repaired. " * 30} for n in range(20)]
    messages.append({"role": "user", "content": QUERY})
    results = [compress(messages, "gpt-4o", 1_500, reranker=CrossEncoder(folder, local_files_only=True)) for _ in "ab"]
    assert results[0].target_met
    assert results[0].messages == results[1].messages


@pytest.mark.parametrize("package", ["torch", "transformers"])
def test_a_missing_package_is_named_with_the_extra(package, monkeypatch):
    monkeypatch.setattr("compresskit.embedders.cross_encoder.find_spec", lambda name: None if name == package else 1)
    with pytest.raises(InvalidArgument, match=rf"{package}.*compresskit\[rerank\]"):
        CrossEncoder("some/model")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [({"model": ""}, "model is ''"), ({"device": ""}, "device is ''"), ({"max_tokens": 0}, "max_tokens is 0")],
)
def test_a_wrong_argument_is_named(arguments, said):
    with pytest.raises(InvalidArgument, match=said):
        CrossEncoder(**{"model": "some/model", **arguments})


def test_nothing_is_loaded_before_it_is_needed():
    import subprocess

    code = (
        "import sys, compresskit; compresskit.CrossEncoder('x'); assert not {'torch', 'transformers'} & {*sys.modules}"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
