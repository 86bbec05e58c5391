"""LlamaIndex: a postprocessor that brings what a retriever found under a number of tokens."""

from __future__ import annotations

from typing import Any

from llama_index.core.bridge.pydantic import PrivateAttr
from llama_index.core.postprocessor.types import BaseNodePostprocessor
from llama_index.core.schema import MetadataMode, NodeWithScore, QueryBundle

from ... import _observer
from ...compression import compress
from ...errors import InvalidArgument, check_whole, described
from ...markers.wording import START
from ...options import POSTPROCESSOR, check_options
from ...types import Message
from .llm import CompressedLLM


class CompressPostprocessor(BaseNodePostprocessor):
    """Shortens the nodes that a retriever found to the passages that matter to the question.

    Nodes keep their order, scores and metadata, and the nodes of the index stay as they are. With an ``llm``, the model
    can ask for what is left out. Without one, a node of which nothing matters is left out.

    Args:
        max_tokens: The tokens of all texts together, at most.
        model: The model whose tokens are counted.
        llm: The LLM that gets the nodes, if it is a ``CompressedLLM``: it answers the model's retrievals.
        **options: Options of ``compress``, such as ``embedder``, ``rules`` and ``token_factor``.

    Raises:
        InvalidArgument: An option does not exist here, or its value is wrong.
    """

    _max_tokens: int = PrivateAttr()
    _model: str = PrivateAttr()
    _llm: CompressedLLM | None = PrivateAttr()
    _options: dict[str, Any] = PrivateAttr()

    def __init__(
        self, max_tokens: int, model: str = "gpt-4o", llm: CompressedLLM | None = None, **options: Any
    ) -> None:
        super().__init__()
        check_whole("max_tokens", max_tokens, unit="tokens")
        check_options(POSTPROCESSOR, {"model": model, **options})
        if llm is not None and not isinstance(llm, CompressedLLM):
            raise InvalidArgument(
                f"llm is {described(llm)}; a CompressedLLM was expected. Wrap it: CompressedLLM(llm)."
            )
        self._max_tokens, self._model, self._llm, self._options = max_tokens, model, llm, options

    @classmethod
    def class_name(cls) -> str:
        return "CompressPostprocessor"

    def _postprocess_nodes(
        self, nodes: list[NodeWithScore], query_bundle: QueryBundle | None = None
    ) -> list[NodeWithScore]:
        texts = [one.node.get_content(metadata_mode=MetadataMode.NONE) for one in nodes]
        query = "" if query_bundle is None else query_bundle.query_str
        options = {**self._options, "recoverable": self._llm is not None, "offer_tool": self._llm is not None}
        # without a single text, all else that the messages cost
        empty = _messages([""] * len(texts), query)
        overhead = _observer.current.unobserved(lambda: compress(empty, self._model, 10**9, **options)).original_tokens
        room = overhead + self._max_tokens
        result = compress(_messages(texts, query), self._model, room, room, folds=False, **options)
        if self._llm is not None:
            self._llm.answers(result.cache)
        shown_texts = [str(message["content"]) for message in result.messages[2:-1]]
        found = []
        for one, before, after in zip(nodes, texts, shown_texts, strict=True):
            if after == before:
                found.append(one)
            elif self._llm is not None or not (after.startswith(START) and "\n" not in after):  # more than a marker
                node = one.node.model_copy()
                node.set_content(after)
                found.append(NodeWithScore(node=node, score=one.score))
        return found


def _messages(texts: list[str], query: str) -> list[Message]:
    """The texts as the results of a search, and the question behind them."""
    calls = [
        {"id": f"node-{number}", "type": "function", "function": {"name": "search", "arguments": "{}"}}
        for number in range(len(texts))
    ]
    results = [{"role": "tool", "tool_call_id": f"node-{number}", "content": text} for number, text in enumerate(texts)]
    asked = {"role": "user", "content": query}
    return [asked, {"role": "assistant", "content": None, "tool_calls": calls}, *results, asked]
