"""Vectors from a model's API, through litellm: batched, and each text paid for once."""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
from collections.abc import Iterator, Sequence
from typing import Any

from .._recent import Recent
from ..errors import EmbedderFailed, InvalidArgument, check_name, check_object, check_whole, shown
from ..tokens.measure import measure_for
from ..types import Store
from .limits import cut, token_limit

_BATCH_TEXTS = 96  # of a request: the least that litellm's providers with batches take (Cohere's limit)
_BATCH_TOKENS = 16_000  # of a request; Vertex takes 20,000, OpenAI 300,000
_REMEMBERED = 10_000  # vectors in memory: 60 MB of 1,536 dimensions
# Options on which the vector of a text depends. Keys and headers are not in its name.
_TELLING = ("api_base", "base_url", "custom_llm_provider", "dimensions", "input_type")


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
        limit = self._limit or token_limit(self._model)
        measure = measure_for(self._model, None)  # its memory of texts goes with it
        for key, text in texts.items():
            texts[key], tokens = cut(text, limit, measure)
            if batch and (len(batch) == _BATCH_TEXTS or size + tokens > _BATCH_TOKENS):
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
