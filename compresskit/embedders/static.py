"""Static vectors: a table with a row for each token of a tokenizer; a text is the mean of its tokens' rows.

wordllama's table comes in its wheel (256 dimensions, 16 MB); any folder in model2vec's format works as well. Both
are read as they are: neither package is imported, and nothing is ever downloaded.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from ..errors import InvalidArgument

_WORDLLAMA = ("weights/l2_supercat_256.safetensors", "tokenizers/l2_supercat_tokenizer_config.json")
_MODEL2VEC = ("model.safetensors", "tokenizer.json")
_TABLES = ("embedding.weight", "embeddings")  # what wordllama and model2vec call it
_BATCH_TOKENS = 8_192  # whose rows are in memory at a time
_CHARACTERS = 4_000  # of a text that are looked at


class StaticEmbedder:
    """Embeds a text as the mean of its token vectors, on this machine: about 100,000 tokens per second on one core.

    Args:
        folder: A local model in model2vec's format (``model.safetensors``, ``tokenizer.json``). By default wordllama's
            own table.

    Raises:
        InvalidArgument: A package is missing, or the folder has no such model.
    """

    def __init__(self, folder: str | Path | None = None) -> None:
        table, tokenizer = _files(folder)
        try:
            from safetensors.numpy import load_file
            from tokenizers import Tokenizer
        except ImportError as error:
            raise InvalidArgument(_missing(str(error.name))) from error
        try:
            tensors = load_file(table)
            self._tokenizer = Tokenizer.from_file(str(tokenizer))
        except Exception as error:  # tokenizers raises Exception itself
            raise InvalidArgument(
                f"folder is {str(folder)!r}; a model in model2vec's format was expected, but reading it raised "
                f"{type(error).__name__}. Save it again with model2vec's save_pretrained()."
            ) from error
        self._tokenizer.no_padding()
        self._tokenizer.no_truncation()
        self._table, self._weights, self._rows = _parts(tensors, folder)
        self._ignored = _unknown(json.loads(tokenizer.read_text(encoding="utf-8")))

    def embed(self, texts: list[str]) -> Any:
        """Returns the vectors of texts: a float32 array (texts, dimensions), with zeros for a text without a known
        token.
        """
        import numpy as np

        vectors = np.zeros((len(texts), self._table.shape[1]), dtype=np.float32)
        encoded = self._tokenizer.encode_batch_fast([text[:_CHARACTERS] for text in texts], add_special_tokens=False)
        tokens = ((number, self._known(encoding.ids)) for number, encoding in enumerate(encoded))
        for numbers, rows in _batches((number, ids) for number, ids in tokens if len(ids)):
            flat = np.concatenate(rows)
            values = self._table[flat if self._rows is None else self._rows[flat]].astype(np.float32)
            if self._weights is not None:
                values *= self._weights[flat, None]
            starts = np.cumsum([0, *map(len, rows)][:-1])
            sizes = np.array([len(row) for row in rows], dtype=np.float32)
            vectors[numbers] = np.add.reduceat(values, starts, axis=0) / sizes[:, None]
        return vectors

    def _known(self, ids: list[int]) -> Any:
        import numpy as np

        found = np.asarray(ids, dtype=np.int64)
        return found if self._ignored is None else found[found != self._ignored]


def _files(folder: str | Path | None) -> tuple[Path, Path]:
    """Where the table and the tokenizer are."""
    if folder is not None:
        paths = tuple(Path(folder) / name for name in _MODEL2VEC)
    else:
        spec = find_spec("wordllama")
        if spec is None or not spec.origin:
            raise InvalidArgument(_missing("wordllama"))
        paths = tuple(Path(spec.origin).parent / name for name in _WORDLLAMA)
    for path in paths:
        if not path.is_file():
            raise InvalidArgument(
                f"{path.name} is not in {str(path.parent)!r}; a table of static vectors and its tokenizer were "
                f"expected there. Give the folder of a model2vec model, or install wordllama>=0.4."
            )
    return paths[0], paths[1]


def _parts(tensors: dict[str, Any], folder: str | Path | None) -> tuple[Any, Any, Any]:
    """The table, and what model2vec may put beside it: a weight for each token, and its row in a smaller table."""
    table = next((tensors[name] for name in _TABLES if name in tensors), None)
    if table is None or table.ndim != 2:
        raise InvalidArgument(
            f"folder is {str(folder)!r}, whose tensors are {sorted(tensors)[:5]}; a two-dimensional tensor "
            f"'embeddings' was expected. Save it again with model2vec's save_pretrained()."
        )
    return table, tensors.get("weights"), tensors.get("mapping")


def _unknown(tokenizer: dict[str, Any]) -> int | None:
    """The number of the token for unknown text, which has no meaning."""
    model = tokenizer.get("model", {})
    number = model.get("unk_id")
    name = model.get("unk_token")
    if number is None and isinstance(name, str) and isinstance(model.get("vocab"), dict):
        number = model["vocab"].get(name)
    return number if isinstance(number, int) else None


def _batches(tokens: Iterator[tuple[int, Any]]) -> Iterator[tuple[list[int], list[Any]]]:
    """Texts with their tokens, as many at a time as have a bounded number of tokens together."""
    numbers: list[int] = []
    rows: list[Any] = []
    size = 0
    for number, ids in tokens:
        numbers.append(number)
        rows.append(ids)
        size += len(ids)
        if size >= _BATCH_TOKENS:
            yield numbers, rows
            numbers, rows, size = [], [], 0
    if numbers:
        yield numbers, rows


def _missing(package: str) -> str:
    return (
        f"StaticEmbedder needs the package {package}, which is not installed; it was expected from the extra "
        f"embeddings. Install it: pip install 'compresskit[embeddings]'."
    )
