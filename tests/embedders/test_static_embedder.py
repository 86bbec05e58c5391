"""Static vectors: wordllama's real table, and a folder in model2vec's format made on the spot."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from compresskit import InvalidArgument, StaticEmbedder

pytest.importorskip("wordllama", reason="the extra embeddings is not installed")


@pytest.fixture(scope="module")
def embedder():
    return StaticEmbedder()


def cosine(left, right):
    return float(left @ right / np.linalg.norm(left) / np.linalg.norm(right))


def test_it_gives_wordllamas_own_vectors(embedder):
    import wordllama

    texts = ["The lawyer went home.", "def f(x):\n    return x", "日本語", "a" * 300]
    # the wheel's tokenizer is found only through cache_dir when downloads are off
    whole = Path(wordllama.__file__).parent
    theirs = wordllama.WordLlama.load(cache_dir=whole, disable_download=True).embed(texts)
    assert np.allclose(embedder.embed(texts), theirs, atol=1e-5)


def test_a_paraphrase_is_nearer_than_another_subject(embedder):
    asked, same, other = embedder.embed(["How old is the physician?", "The doctor's age: 52 years.", "Trains to Rome."])
    assert cosine(asked, same) > cosine(asked, other) + 0.1


def test_a_text_has_the_same_vector_in_any_company(embedder):
    texts = [f"sentence number {n} " * (1 + n % 40) for n in range(200)]
    together = embedder.embed(texts)
    assert np.array_equal(together, np.concatenate([embedder.embed([text]) for text in texts]))


def test_texts_without_tokens_have_zeros(embedder):
    vectors = embedder.embed(["", "word", ""])
    assert not vectors[[0, 2]].any()
    assert vectors[1].any()
    assert embedder.embed([]).shape == (0, 256)


def test_nothing_else_is_imported_and_logging_stays_as_it_was():
    code = """
import logging, sys
from compresskit import StaticEmbedder
StaticEmbedder().embed(["text"])
assert not {"wordllama", "model2vec", "torch", "litellm"} & set(sys.modules)
assert not logging.getLogger().handlers
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


VOCABULARY = ["[UNK]", "red", "green", "fox", "leaf"]


def made(folder, **tensors):
    """A model of five words in model2vec's format."""
    from safetensors.numpy import save_file
    from tokenizers import Tokenizer, models, pre_tokenizers

    tokenizer = Tokenizer(models.WordLevel({word: n for n, word in enumerate(VOCABULARY)}, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer.save(str(folder / "tokenizer.json"))
    save_file(tensors or {"embeddings": np.eye(5, dtype=np.float32)}, folder / "model.safetensors")
    return folder


def test_a_folder_of_model2vec_gives_the_mean_of_its_rows(tmp_path):
    vectors = StaticEmbedder(made(tmp_path)).embed(["red fox", "red red fox leaf", "purple", "purple fox"])
    assert vectors.tolist() == [
        [0, 0.5, 0, 0.5, 0],
        [0, 0.5, 0, 0.25, 0.25],
        [0, 0, 0, 0, 0],  # what the model does not know says nothing
        [0, 0, 0, 1, 0],
    ]


def test_the_weights_and_the_mapping_of_a_quantized_vocabulary_are_used(tmp_path):
    folder = made(
        tmp_path,
        embeddings=np.array([[0, 0], [1, 0], [0, 1]], dtype=np.float16),
        mapping=np.array([0, 1, 1, 2, 2]),
        weights=np.array([1, 2, 4, 1, 1], dtype=np.float32),
    )
    assert StaticEmbedder(str(folder)).embed(["red", "green", "green fox"]).tolist() == [[2, 0], [4, 0], [2, 0.5]]


def test_a_folder_without_a_model_is_a_clear_error(tmp_path):
    with pytest.raises(InvalidArgument, match=r"model\.safetensors is not in .*expected"):
        StaticEmbedder(tmp_path)
    made(tmp_path, other=np.eye(5))
    with pytest.raises(InvalidArgument, match=r"\['other'\].*'embeddings' was expected"):
        StaticEmbedder(tmp_path)
    (tmp_path / "tokenizer.json").write_text(json.dumps({"no": "tokenizer"}))
    with pytest.raises(InvalidArgument, match="expected"):
        StaticEmbedder(tmp_path)


@pytest.mark.parametrize("package", ["wordllama", "tokenizers", "safetensors"])
def test_a_missing_package_is_named_with_the_extra(package, monkeypatch):
    monkeypatch.setitem(sys.modules, package, None)
    for loaded in [name for name in sys.modules if name.startswith(f"{package}.")]:
        monkeypatch.setitem(sys.modules, loaded, None)
    with pytest.raises(InvalidArgument, match=rf"{package}.*compresskit\[embeddings\]"):
        StaticEmbedder()
