"""Models by their names alone: `embedding_model=` and `reranker=` as plain strings are models of litellm."""

from __future__ import annotations

from functools import lru_cache

from ..types import Embedder, Reranker
from .hosted import LiteLLMEmbedder
from .hosted_reranker import LiteLLMReranker

_MODELS = 8  # whose vectors and scores a process remembers


def embedder_of(embedder: Embedder | None, embedding_model: str | None) -> Embedder | None:
    """The embedder that the caller passed, or the one of a name: the same one each time, so that it remembers."""
    return embedder if embedding_model is None else _embedder(embedding_model)


def reranker_of(reranker: Reranker | str | None) -> Reranker | None:
    """The reranker that the caller passed, or the one of a name: the same one each time, so that it remembers."""
    return _reranker(reranker) if isinstance(reranker, str) else reranker


@lru_cache(maxsize=_MODELS)
def _embedder(model: str) -> LiteLLMEmbedder:
    return LiteLLMEmbedder(model)


@lru_cache(maxsize=_MODELS)
def _reranker(model: str) -> LiteLLMReranker:
    return LiteLLMReranker(model)
