"""LLMLingua and LongLLMLingua: leave out tokens that a language model expects anyway.

llmlingua 0.2.2 passes the model's cache of keys and values as a list of pairs, which transformers no longer accepts
since 4.48. Here the model gets a cache object, and llmlingua gets its list. llmlingua also keeps everything behind the
last full step of a text. Here the last step ends where the text ends.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ..content.splitters.sentences import sentence_ends
from .deadline import remaining
from .llmlingua_loader import load
from .whole_words import Span

_STEP = 200  # tokens that llmlingua judges at a time, its default
_CHUNK = 1_000  # tokens of a text that are judged together, maximum
_QUERY_CHARACTERS = 800  # characters at the end of a query that are used: the question comes last
_MIN_TOKENS = 3  # tokens of a text of which some can be left out
_UNKNOWN = 10_000.0  # the loss that llmlingua does not count for its thresholds
_JOINT = "\n\n"  # the separator of llmlingua between question and text


class Perplexity:
    """Chooses tokens by how surprising a language model finds them; with ``aware``, given the query."""

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
