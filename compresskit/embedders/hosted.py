"""Vectors and scores from a model's API, through litellm: batched, and each text paid for once.

A name alone, as in ``embedding_model=`` and ``reranker=``, is a model of litellm: ``embedder_of`` and ``reranker_of``.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import math
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Any

from .._recent import Recent
from ..errors import EmbedderFailed, InvalidArgument, RerankerFailed, check_name, check_object, check_whole, shown
from ..tokens.measure import Measure, measure_for
from ..types import Embedder, Reranker, Store

_UNKNOWN_LIMIT = 512  # tokens of a text, for a model that litellm does not know: most small models' limit
_EMBEDDED_TEXTS = 96  # of a request: the least that litellm's providers with batches take (Cohere's limit)
_EMBEDDED_TOKENS = 16_000  # of a request; Vertex takes 20,000, OpenAI 300,000
_REMEMBERED = 10_000  # vectors or scores in memory: 60 MB of vectors of 1,536 dimensions
# Options on which the vector of a text depends. Keys and headers are not in its name.
_TELLING = ("api_base", "base_url", "custom_llm_provider", "dimensions", "input_type")
_RERANKED_TEXTS = 100  # of a request: as many as Cohere bills as one search
_RETRIES = 2  # as OpenAI's client, which litellm embeds with
_MAX_WAIT = 8.0  # seconds before another attempt
_RETRIED = (408, 409, 429)  # status codes that may go away, beside 500 and above
_MODELS = 8  # whose vectors and scores a process remembers


class LiteLLMEmbedder:
    """Embeds through ``litellm.embedding``, with a cache by content.

    The same text is sent once. Its vector is remembered in memory and, if there is one, in ``store``. That also makes
    results repeatable, because an API may return slightly different vectors for the same text.

    Args:
        model: litellm's name of an embedding model, such as "text-embedding-3-small" or "ollama/nomic-embed-text".
        store: Keeps vectors besides memory, as text, under hashes of model and text. It gets no text of a conversation.
        max_tokens: Longer texts are cut to this many tokens. By default the limit that litellm knows for the model,
            else 512. Counted with tiktoken, which is an estimate for models of other providers.
        **options: Arguments for ``litellm.embedding``: ``api_key``, ``api_base``, ``dimensions``, ``timeout`` …

    Raises:
        InvalidArgument: The model is not a name, the store is not a store, or the limit is not a number.
    """

    def __init__(
        self, model: str, *, store: Store | None = None, max_tokens: int | None = None, **options: Any
    ) -> None:
        check_name("model", model, "an embedding model's name", "text-embedding-3-small")
        if store is not None:
            check_object("store", store, "get(key) and put(items)", "or None.")
        if max_tokens is not None:
            check_whole("max_tokens", max_tokens)
        for name in ("input", "model"):
            if name in options:
                raise InvalidArgument(f"{name} is {shown(options[name])}; it is not an option: embed(texts) sets it.")
        self._model, self._store, self._limit, self._options = model, store, max_tokens, options
        self._known: Recent[str, bytes] = Recent(_REMEMBERED)  # key -> float32 numbers

    def embed(self, texts: list[str]) -> Any:
        """Returns the vectors of texts: a float32 array (texts, dimensions). Errors of the API call are litellm's.

        Raises:
            EmbedderFailed: The API did not return one vector for each text.
        """
        import numpy as np

        keys = [self._key(text) for text in texts]
        found = self._remembered(set(keys))
        new = {key: text for key, text in zip(keys, texts, strict=True) if key not in found}
        for batch in self._batches(new):
            vectors = dict(zip(batch, self._request([new[key] for key in batch]), strict=True))
            found |= vectors  # kept batch by batch: what was paid for is not lost when a later one fails
            self._known.put(vectors.items())
            if self._store is not None:
                self._store.put({key: base64.b64encode(vector).decode() for key, vector in vectors.items()})
        return np.array([np.frombuffer(found[key], dtype="<f4") for key in keys], dtype=np.float32)

    def _key(self, text: str) -> str:
        telling = {name: str(self._options[name]) for name in _TELLING if name in self._options}
        name = json.dumps([self._model, telling, self._limit, text]).encode()
        return f"vector-{hashlib.sha256(name).hexdigest()}"

    def _remembered(self, keys: set[str]) -> dict[str, bytes]:
        found = {key: vector for key in sorted(keys) if (vector := self._known.get(key)) is not None}
        if self._store is not None:
            stored = {key: _decoded(self._store.get(key)) for key in sorted(keys - found.keys())}
            there = {key: vector for key, vector in stored.items() if vector}
            self._known.put(there.items())
            found |= there
        return found

    def _batches(self, texts: dict[str, str]) -> Iterator[list[str]]:
        """Keys of texts, as many at a time as a request takes; the texts are cut in place."""
        if not texts:
            return
        batch: list[str] = []
        size = 0
        limit = self._limit or _token_limit(self._model)
        measure = measure_for(self._model, None)  # its memory of texts goes with it
        for key, text in texts.items():
            texts[key], tokens = _cut(text, limit, measure)
            if batch and (len(batch) == _EMBEDDED_TEXTS or size + tokens > _EMBEDDED_TOKENS):
                yield batch
                batch, size = [], 0
            batch.append(key)
            size += tokens
        if batch:
            yield batch

    def _request(self, texts: Sequence[str]) -> list[bytes]:
        """The vectors of one request, as float32 numbers."""
        import litellm
        import numpy as np

        # APIs refuse an empty text
        response = litellm.embedding(model=self._model, input=[text or " " for text in texts], **self._options)
        rows = sorted(response.data, key=lambda row: int(row["index"]))
        if [int(row["index"]) for row in rows] != list(range(len(texts))):
            raise EmbedderFailed(
                f"model {self._model} returned {len(rows)} vectors for {len(texts)} texts; one for each was expected. "
                f"Try again, or another model."
            )
        return [np.asarray(row["embedding"], dtype="<f4").tobytes() for row in rows]


def _decoded(stored: str | None) -> bytes:
    """The numbers of a stored vector; b"" if the text is no vector, so that it is requested again."""
    try:
        vector = base64.b64decode(stored or "", validate=True)
    except (binascii.Error, ValueError):
        return b""
    return vector if len(vector) % 4 == 0 else b""


class LiteLLMReranker:
    """Reranks through ``litellm.rerank``, with a memory by content.

    The same text is sent once for the same query. That also makes results repeatable, because an API may return
    slightly different scores for the same text.

    Args:
        model: litellm's name of a rerank model, such as "cohere/rerank-v3.5" or "infinity/bge-reranker-base".
        max_tokens: Tokens that the model takes of a query and a text together; longer texts are cut. By default the
            limit that litellm knows for the model, else 512. Counted with tiktoken, which is an estimate.
        max_texts: Texts of one request. Hugging Face's text-embeddings-inference takes 32 by default.
        max_retries: Further attempts after a time-out, a rate limit or an error of the server. litellm makes none.
        **options: Arguments for ``litellm.rerank``: ``api_key``, ``api_base``, ``timeout`` …

    Raises:
        InvalidArgument: The model is not a name, or a limit is not a number.
    """

    def __init__(
        self,
        model: str,
        *,
        max_tokens: int | None = None,
        max_texts: int = _RERANKED_TEXTS,
        max_retries: int = _RETRIES,
        **options: Any,
    ) -> None:
        check_name("model", model, "a rerank model's name", "cohere/rerank-v3.5")
        if max_tokens is not None:
            check_whole("max_tokens", max_tokens, 2)
        check_whole("max_texts", max_texts)
        check_whole("max_retries", max_retries, 0)
        for name in ("query", "documents", "top_n", "return_documents"):
            if name in options:
                raise InvalidArgument(f"{name} is no option of LiteLLMReranker: rerank(query, texts) sets it.")
        self._model, self._limit, self._batch, self._retries = model, max_tokens, max_texts, max_retries
        self._options = options
        self._known: Recent[str, float] = Recent(_REMEMBERED)

    def rerank(self, query: str, texts: Sequence[str]) -> list[float]:
        """Returns the relevance score of each text. Errors of the API call are litellm's.

        Raises:
            RerankerFailed: The API did not return one score for each text.
        """
        keys = [self._key(query, text) for text in texts]
        found = {key: score for key in keys if (score := self._known.get(key)) is not None}
        new = {key: text for key, text in zip(keys, texts, strict=True) if key not in found}
        if new:
            asked, cut_texts = self._shares(query, list(new.values()))
            names = list(new)
            for start in range(0, len(names), self._batch):
                batch = slice(start, start + self._batch)
                scores = dict(zip(names[batch], self._request(asked, cut_texts[batch]), strict=True))
                found |= scores
                self._known.put(scores.items())  # batch by batch: what was paid for is not lost when a later one fails
        return [found[key] for key in keys]

    def _key(self, query: str, text: str) -> str:
        return hashlib.sha256(json.dumps([query, text]).encode()).hexdigest()

    def _shares(self, query: str, texts: Sequence[str]) -> tuple[str, list[str]]:
        """The query in at most half of what the model takes, and the texts in the rest. APIs refuse an empty text."""
        limit = self._limit or _token_limit(self._model)
        measure = measure_for(self._model, None)  # its memory of texts goes with it
        asked, size = _cut(query, limit // 2, measure)
        return asked or " ", [_cut(text, limit - size, measure)[0] or " " for text in texts]

    def _request(self, query: str, texts: list[str]) -> list[float]:
        """The scores of one request."""
        import litellm
        from tenacity import Retrying, retry_if_exception, stop_after_attempt, wait_exponential

        attempts = Retrying(
            stop=stop_after_attempt(1 + self._retries),
            wait=wait_exponential(multiplier=0.5, max=_MAX_WAIT),
            retry=retry_if_exception(_transient),
            reraise=True,
        )
        response = attempts(
            litellm.rerank,
            model=self._model,
            query=query,
            documents=texts,
            return_documents=False,
            **self._options,
        )
        scores: dict[Any, Any] = {row["index"]: row["relevance_score"] for row in response.results or ()}
        if scores.keys() != set(range(len(texts))) or not all(map(_is_score, scores.values())):
            raise RerankerFailed(
                f"model {self._model} returned {len(scores)} scores for {len(texts)} texts; one finite number for each "
                f"was expected. Try again, or another model."
            )
        return [float(scores[index]) for index in range(len(texts))]


def _transient(error: BaseException) -> bool:
    """Whether another attempt may succeed."""
    status = getattr(error, "status_code", None)
    return isinstance(status, int) and (status in _RETRIED or status >= 500)


def _is_score(value: object) -> bool:
    return isinstance(value, int | float) and math.isfinite(value)


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


def _token_limit(model: str) -> int:
    """Tokens that a model takes of a text, as litellm knows it, else 512."""
    import litellm

    try:
        known = litellm.get_model_info(model).get("max_input_tokens")
    except Exception:  # litellm raises Exception itself for a model that it does not know
        known = None
    return known if isinstance(known, int) and known > 0 else _UNKNOWN_LIMIT


def _cut(text: str, limit: int, measure: Measure) -> tuple[str, int]:
    """As much of the beginning of a text as has at most ``limit`` tokens, and its tokens."""
    while (tokens := measure.count(text)) > limit:
        text = text[: min(len(text) - 1, len(text) * limit // tokens)]
    return text, tokens
