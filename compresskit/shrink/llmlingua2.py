"""LLMLingua-2: a token classifier decides for each word whether it is kept."""

from __future__ import annotations

from typing import Any

from ..errors import InvalidArgument
from .deadline import remaining
from .llmlingua_loader import load
from .whole_words import Span, found_again

# llmlingua knows these two names, and derives from them how the tokenizer marks words. For a model in a folder of
# another name, the kind in its configuration decides.
_BASES = {"bert": "bert-base-multilingual-cased", "xlm-roberta": "xlm-roberta-large"}
_BATCH = 8  # chunks of 512 tokens at a time; the default of 50 takes 5 GB with the large model
_WORD, _LABEL = "\x1e", "\x1f"  # separators that do not occur in texts


class TokenClasses:
    """Chooses words by the labels of the classifier."""

    def __init__(self, model: str, device: str, dtype: str | None, local_files_only: bool) -> None:
        from llmlingua import PromptCompressor

        settings = {"max_batch_size": _BATCH, "max_force_token": 0}
        self._compressor = load(
            PromptCompressor, model, device, dtype, local_files_only, use_llmlingua2=True, llmlingua2_config=settings
        )
        loaded = self._compressor.model
        kind, labels = loaded.config.model_type, loaded.config.num_labels
        if kind not in _BASES or labels != 2 or "ForTokenClassification" not in type(loaded).__name__:
            raise InvalidArgument(
                f"the model {model!r} is a {type(loaded).__name__} with {labels} labels; a token classifier of "
                f"LLMLingua-2 was expected: bert or xlm-roberta with 2 labels. For a language model take "
                f"method='llmlingua'."
            )
        self._compressor.model_name = _BASES[kind]
        self._compressor.model = self._model = _ReadOnce(loaded)
        self._text = ""

    def choose(self, text: str, rate: float, query: str) -> list[Span]:  # noqa: ARG002
        import torch

        if text != self._text:
            self._text = text
            self._model.readings.clear()
        with torch.random.fork_rng(devices=[]):  # llmlingua's loader of batches draws a random number
            result = self._compressor.compress_prompt_llmlingua2(
                [text], rate=rate, return_word_label=True, word_sep=_WORD, label_sep=_LABEL
            )
        lines = result["fn_labeled_original_prompt"].split(_WORD)
        pieces = (line.rpartition(_LABEL) for line in lines)
        return found_again(text, ((word.lstrip("▁"), label == "1") for word, _, label in pieces))


class _ReadOnce:
    """A model that reads each batch once, because llmlingua passes the same batches twice for every rate."""

    def __init__(self, model: Any) -> None:
        self._model = model
        self.readings: dict[tuple[bytes, bytes], Any] = {}

    def __call__(self, *, input_ids: Any, attention_mask: Any) -> Any:
        key = (input_ids.cpu().numpy().tobytes(), attention_mask.cpu().numpy().tobytes())
        if key not in self.readings:
            remaining()
            read = self._model(input_ids=input_ids, attention_mask=attention_mask)
            read.logits = read.logits.float()  # llmlingua makes numpy arrays of them, and numpy has no bfloat16
            self.readings[key] = read
        return self.readings[key]
