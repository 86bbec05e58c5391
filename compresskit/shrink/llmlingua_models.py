"""The models of the llmlingua package: a token classifier (LLMLingua-2), or the perplexity of a language model.

PromptCompressor is loaded without side effects on the program. By default it downloads tiktoken's vocabulary, runs code
that comes with a model, seeds every random generator, and requires a GPU.
"""

from __future__ import annotations

import contextlib
import os
import random
import warnings
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

from ..content.splitters.sentences import sentence_ends
from ..errors import InvalidArgument
from ..tokens.measure import measure_for
from .whole_words import Span, found_again
from .working import on_terminal, remaining

# llmlingua knows these two names, and derives from them how the tokenizer marks words. For a model in a folder of
# another name, the kind in its configuration decides.
_BASES = {"bert": "bert-base-multilingual-cased", "xlm-roberta": "xlm-roberta-large"}
_BATCH = 8  # chunks of 512 tokens at a time; the default of 50 takes 5 GB with the large model
_WORD, _LABEL = "\x1e", "\x1f"  # separators that do not occur in texts
_STEP = 200  # tokens that llmlingua judges at a time, its default
_CHUNK = 1_000  # tokens of a text that are judged together, maximum
_QUERY_CHARACTERS = 800  # characters at the end of a query that are used: the question comes last
_MIN_TOKENS = 3  # tokens of a text of which some can be left out
_UNKNOWN = 10_000.0  # the loss that llmlingua does not count for its thresholds
_JOINT = "\n\n"  # the separator of llmlingua between question and text


def load(
    compressor_class: type[Any], model: str, device: str, dtype: str | None, local_files_only: bool, **more: Any
) -> Any:
    """A PromptCompressor, or an object of a class that is derived from it."""
    import torch

    measure_for("gpt-3.5-turbo", None)  # loads the vocabulary, which llmlingua would download
    config = {"trust_remote_code": False, "local_files_only": local_files_only}
    if dtype is not None:
        config["torch_dtype"] = getattr(torch, dtype)
    with _undisturbed(), _quiet():
        found = compressor_class(model_name=model, device_map=device, model_config=config, **more)
    counts = found.oai_tokenizer
    # text that looks like a special token is no error
    found.oai_tokenizer = SimpleNamespace(encode=lambda text: counts.encode(text, disallowed_special=()))
    found.tokenizer.model_max_length = 10**9  # longer texts are cut before, so no warning is needed
    found.model.eval()
    return found


@contextlib.contextmanager
def _undisturbed() -> Iterator[None]:
    """Restores random generators and the environment afterwards."""
    import numpy as np
    import torch

    states = random.getstate(), np.random.get_state(), torch.get_rng_state()
    seed = os.environ.get("PYTHONHASHSEED")
    try:
        yield
    finally:
        random.setstate(states[0])
        np.random.set_state(states[1])
        torch.set_rng_state(states[2])
        if seed is None:
            os.environ.pop("PYTHONHASHSEED", None)
        else:
            os.environ["PYTHONHASHSEED"] = seed


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Hides advice about arguments that llmlingua passes, and progress bars if standard error is no terminal."""
    from transformers.utils import logging

    level, bars = logging.get_verbosity(), logging.is_progress_bar_enabled()
    logging.set_verbosity_error()
    if not on_terminal():
        logging.disable_progress_bar()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.set_verbosity(level)
        if bars:
            logging.enable_progress_bar()


class TokenClasses:
    """LLMLingua-2: chooses words by the labels of a token classifier."""

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


class Perplexity:
    """LLMLingua: leaves out tokens that a language model expects anyway. LongLLMLingua (``aware``) knows the query too.

    llmlingua 0.2.2 passes the model's cache of keys and values as a list of pairs, which transformers no longer accepts
    since 4.48. Here the model gets a cache object, and llmlingua gets its list. llmlingua also keeps everything behind
    the last full step of a text. Here the last step ends where the text ends.
    """

    def __init__(self, model: str, device: str, dtype: str | None, local_files_only: bool, aware: bool) -> None:
        self._compressor = load(_compressor_class(), model, device, dtype, local_files_only)
        self._aware = aware
        self._text = ""

    def choose(self, text: str, rate: float, query: str) -> list[Span]:
        if text != self._text:  # the losses of the whole text are the same at every rate
            self._text = text
            self._compressor.readings.clear()
        prefix = self._end_of(query.strip()[-_QUERY_CHARACTERS:]) if self._aware else ""
        spans = []
        for start, end in self._chunks(text, prefix):
            spans += [Span(start + one, start + other) for one, other in self._chosen(text[start:end], rate, prefix)]
        return spans

    def _chosen(self, text: str, rate: float, prefix: str) -> list[Span]:
        head = prefix + _JOINT if prefix else ""
        tokens = self._tokens(head + text)
        start = sum(end <= len(head) for _, end in tokens["offset_mapping"]) if head else 0
        ids, offsets = tokens["input_ids"][start:], tokens["offset_mapping"][start:]
        if len(ids) < _MIN_TOKENS:
            return [Span(0, len(text))]
        self._compressor.places = None
        self._compressor.iterative_compress_prompt(
            [prefix, text] if prefix else [text],
            rate * len(ids),
            iterative_size=_step(len(ids)),
            start=start,
            dynamic_ratio=[0.0],
            condition_compare=bool(prefix),
        )
        kept = self._compressor.places[0].tolist()
        places = [offsets[index - start] for index in kept if index >= start]
        return [Span(max(0, first - len(head)), last - len(head)) for first, last in places if last > len(head)]

    def _chunks(self, text: str, prefix: str) -> Iterator[tuple[int, int]]:
        """The text in parts that the model can judge at once, cut at sentences if possible."""
        room = self._compressor.max_position_embeddings - len(self._tokens(prefix + _JOINT)["input_ids"]) - 8
        most = max(_STEP // 2, min(_CHUNK, room))
        offsets = self._tokens(text)["offset_mapping"]
        ends = list(sentence_ends(text, 0, len(text)))
        start = first = 0
        while start < len(text):
            limit = offsets[first + most][0] if first + most < len(offsets) else len(text)
            end = next((end for end in reversed(ends) if start < end <= limit), limit) if limit < len(text) else limit
            end = max(end, start + 1)
            yield start, end
            start = end
            while first < len(offsets) and offsets[first][0] < start:
                first += 1

    def _end_of(self, query: str) -> str:
        """The end of a query, at most a third of what the model can read at once."""
        offsets = self._tokens(query)["offset_mapping"]
        most = self._compressor.max_position_embeddings // 3
        return query if len(offsets) <= most else query[offsets[-most][0] :]

    def _tokens(self, text: str) -> Any:
        return self._compressor.tokenizer(text, add_special_tokens=False, return_offsets_mapping=True)


def _step(tokens: int) -> int:
    """The length of equal steps of about `_STEP` tokens, of which the last one ends near the end of the text.

    >>> _step(972), _step(200), _step(7)
    (194, 200, 7)
    """
    return tokens // -(-tokens // _STEP)


def _compressor_class() -> type[Any]:
    """PromptCompressor with a get_ppl() that works with the caches of transformers 4.48 and later."""
    import torch
    from llmlingua import PromptCompressor
    from transformers import DynamicCache

    class Compressor(PromptCompressor):  # type: ignore[misc]
        def __init__(self, *args: Any, **options: Any) -> None:
            self.readings: dict[bytes, tuple[Any, list[Any]]] = {}  # results for whole chunks, by their tokens
            self.places: Any = None  # places of the tokens that are left: a tensor (1, tokens)
            super().__init__(*args, **options)

        def get_compressed_input(
            self, loss: Any, input_ids: Any, attention_mask: Any, end: Any, **more: Any
        ) -> tuple[Any, ...]:
            """Leaves tokens out, and their places too, because equal tokens differ only by their places."""
            before = (
                self.places
                if self.places is not None
                else torch.arange(input_ids.shape[1], device=input_ids.device)[None]
            )
            keep = super().get_compressed_input
            self.places = keep(loss, before, attention_mask, int(end), **more)[
                0
            ]  # as an int, because it would change a tensor
            made: tuple[Any, ...] = keep(loss, input_ids, attention_mask, int(end), **more)
            return made

        def get_ppl(
            self,
            text: str,  # noqa: ARG002
            granularity: str,  # noqa: ARG002
            input_ids: Any,
            attention_mask: Any,
            past_key_values: Any = None,
            return_kv: bool = True,  # noqa: ARG002
            end: int | None = None,
        ) -> tuple[Any, list[Any]]:
            """Losses of the tokens from the cached ones up to the last but one, and keys and values of each layer.

            iterative_compress_prompt() asks for them by token, with the cache. It takes the first loss for that of the
            first token, but llmlingua's own get_ppl() gives it that of the second token, and so on: then it keeps the
            token before a surprising one. Here each token has its own loss.
            """
            if past_key_values:
                return self._read(input_ids, attention_mask, past_key_values, end)
            key = input_ids[0, :end].cpu().numpy().tobytes()
            if key not in self.readings:
                self.readings[key] = self._read(input_ids, attention_mask, None, end)
            loss, pairs = self.readings[key]
            return loss.clone(), pairs  # llmlingua writes into the losses

        def _read(
            self, input_ids: Any, attention_mask: Any, past_key_values: Any, end: int | None
        ) -> tuple[Any, list[Any]]:
            remaining()
            past = past_key_values[0][0].shape[2] if past_key_values else 0
            stop = min(input_ids.shape[1], past + self.max_position_embeddings, end or input_ids.shape[1])
            start = max(0, past - 1)  # the loss of the first new token needs the token before it
            cache = DynamicCache()
            for layer, (keys, values) in enumerate(past_key_values or ()):
                cache.update(keys[..., :start, :], values[..., :start, :], layer)
            with torch.no_grad():
                output = self.model(
                    input_ids[:, start:stop],
                    attention_mask=attention_mask[:, :stop],
                    past_key_values=cache,
                    use_cache=True,
                )
            loss = torch.nn.functional.cross_entropy(
                output.logits[0, :-2].float(), input_ids[0, start + 1 : stop - 1], reduction="none"
            )
            if not past:  # the first token of a text has no token before it
                loss = torch.cat([loss.new_full((1,), _UNKNOWN), loss])
            return loss, [[layer.keys, layer.values] for layer in output.past_key_values.layers]

    return Compressor
