"""A cross-encoder on this machine (the extra `compresskit[rerank]`): it reads the query and a text together.

It needs transformers and torch, and not sentence-transformers, whose CrossEncoder reads the same models.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from ..errors import InvalidArgument, check_name, check_whole, shown

_MAX_TOKENS = 512  # that most cross-encoders were trained with
_BATCH = 32  # pairs in memory at a time


class CrossEncoder:
    """A reranker: a sequence classifier with one output, such as "cross-encoder/ms-marco-MiniLM-L6-v2".

    The model is loaded when it is first needed, from the Hugging Face hub or a folder, and only from safetensors. It
    never runs code that comes with a model. A score is the model's output as it is, without an activation.

    Args:
        model: A name on the Hugging Face hub, or a folder.
        device: "cpu", "cuda", "cuda:1" or "mps".
        max_tokens: Tokens of a query and a text together; longer pairs are cut. At most what the model takes.
        local_files_only: Never ask the hub.

    Raises:
        InvalidArgument: An argument is wrong, or a package is missing.
    """

    def __init__(
        self,
        model: str | Path,
        *,
        device: str = "cpu",
        max_tokens: int = _MAX_TOKENS,
        local_files_only: bool = False,
    ) -> None:
        if not isinstance(model, str | Path) or not str(model):
            raise InvalidArgument(
                f"model is {shown(model)}; a name on the Hugging Face hub or a folder was expected, such as "
                f"'cross-encoder/ms-marco-MiniLM-L6-v2'."
            )
        check_name("device", device, "'cpu', 'cuda', 'cuda:1' or 'mps'")
        check_whole("max_tokens", max_tokens, 8)
        for package in ("torch", "transformers"):
            if find_spec(package) is None:
                raise InvalidArgument(
                    f"CrossEncoder needs the package {package}, which is not installed; it was expected from the extra "
                    f"rerank. Install it: pip install 'compresskit[rerank]'."
                )
        self._name, self._device, self._max_tokens, self._local = str(model), device, max_tokens, local_files_only
        self._loaded: tuple[Any, Any] | None = None
        self._lock = threading.Lock()  # a model is loaded once, and serves one call at a time

    def __repr__(self) -> str:
        return f"<CrossEncoder {self._name} on {self._device}>"

    def rerank(self, query: str, texts: Sequence[str]) -> list[float]:
        """Returns the score of each text. If the model cannot be loaded, the error of transformers is raised.

        Raises:
            InvalidArgument: The model is no cross-encoder.
        """
        import torch

        scores = [0.0] * len(texts)
        order = sorted(range(len(texts)), key=lambda number: -len(texts[number]))  # like lengths are padded least
        with self._lock, torch.inference_mode():
            tokenizer, model = self._load()
            for start in range(0, len(order), _BATCH):
                numbers = order[start : start + _BATCH]
                pairs = tokenizer(
                    [query] * len(numbers),
                    [texts[number] for number in numbers],
                    padding=True,
                    truncation=True,  # of the longer one first
                    max_length=self._max_tokens,
                    return_tensors="pt",
                ).to(self._device)
                for number, score in zip(numbers, model(**pairs).logits[:, 0].float().tolist(), strict=True):
                    scores[number] = score
        return scores

    def _load(self) -> tuple[Any, Any]:
        """The tokenizer and the model."""
        if self._loaded is None:
            from transformers import AutoModelForSequenceClassification, AutoTokenizer

            common = {"local_files_only": self._local, "trust_remote_code": False}
            tokenizer = AutoTokenizer.from_pretrained(self._name, **common)
            model, report = AutoModelForSequenceClassification.from_pretrained(
                self._name, use_safetensors=True, output_loading_info=True, **common
            )
            labels = int(model.config.num_labels)
            # transformers makes up the weights of a head that a model does not have
            if labels != 1 or report["missing_keys"]:
                head = "no head of a classifier" if report["missing_keys"] else f"{labels} outputs"
                raise InvalidArgument(
                    f"model is {shown(self._name)}, which has {head}; a cross-encoder with one output was expected, "
                    f"such as 'cross-encoder/ms-marco-MiniLM-L6-v2'."
                )
            most = getattr(model.config, "max_position_embeddings", None) or self._max_tokens
            self._max_tokens = min(self._max_tokens, int(tokenizer.model_max_length), int(most))
            self._loaded = tokenizer, model.to(self._device).eval()
        return self._loaded
