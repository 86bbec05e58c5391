"""Scores from a reranker's API, through litellm: batched, and each text paid for once."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Sequence
from typing import Any

from .._recent import Recent
from ..errors import InvalidArgument, RerankerFailed, check_name, check_whole
from ..tokens.measure import measure_for
from .limits import cut, token_limit

_BATCH_TEXTS = 100  # of a request: as many as Cohere bills as one search
_REMEMBERED = 10_000  # scores in memory
_RETRIES = 2  # as OpenAI's client, which litellm embeds with
_MAX_WAIT = 8.0  # seconds before another attempt
_RETRIED = (408, 409, 429)  # status codes that may go away, beside 500 and above


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
        max_texts: int = _BATCH_TEXTS,
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
            asked, cut_texts = self._cut(query, list(new.values()))
            names = list(new)
            for start in range(0, len(names), self._batch):
                batch = slice(start, start + self._batch)
                scores = dict(zip(names[batch], self._request(asked, cut_texts[batch]), strict=True))
                found |= scores
                self._known.put(scores.items())  # batch by batch: what was paid for is not lost when a later one fails
        return [found[key] for key in keys]

    def _key(self, query: str, text: str) -> str:
        return hashlib.sha256(json.dumps([query, text]).encode()).hexdigest()

    def _cut(self, query: str, texts: Sequence[str]) -> tuple[str, list[str]]:
        """The query in at most half of what the model takes, and the texts in the rest. APIs refuse an empty text."""
        limit = self._limit or token_limit(self._model)
        measure = measure_for(self._model, None)  # its memory of texts goes with it
        asked, size = cut(query, limit // 2, measure)
        return asked or " ", [cut(text, limit - size, measure)[0] or " " for text in texts]

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
