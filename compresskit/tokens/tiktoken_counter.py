"""Counts tokens with tiktoken's encodings: of one text, or of many texts in one call.

The vocabulary comes from the files that litellm bundles, so nothing is downloaded. For a model that tiktoken does not
know, o200k_base gives an estimate. A process that counts much text uses a faster encoder, if it is installed.
"""

from __future__ import annotations

import hashlib
import os
import sys
import threading
from array import array
from collections.abc import Sequence, Set
from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple

from .._lazy import path_in
from .._recent import Recent
from . import fast_encoder

if TYPE_CHECKING:
    import numpy as np
    import tiktoken

# tiktoken's regex engine takes time and memory that grow faster than a single huge piece of text, and
# panics on a megabyte of spaces; slices of this many characters stay linear.
SLICE_CHARACTERS = 100_000
_SPECIAL = "<|endoftext|>"  # a special token of all bundled encodings
_TABLE_STEP = 5_000  # tokens whose bytes are looked up in one call
# Characters that a process encodes with tiktoken before it loads a faster encoder. Loading takes about as long as
# tiktoken takes for so many, so that a short process does not wait for it.
_SLOW_CHARACTERS = 4_000_000

# The encodings whose vocabulary litellm bundles. o200k_harmony has the ranks of o200k_base and differs only in special
# tokens, which this module never makes of a text.
_BUNDLED = {
    "o200k_base": "o200k_base",
    "o200k_harmony": "o200k_base",
    "cl100k_base": "cl100k_base",
}
_load_lock = threading.Lock()
_NOTHING: frozenset[str] = frozenset()
_MIN_KNOWN = 500  # characters of a text below which a hash saves little: tiktoken takes 20 microseconds for them
_MAX_KNOWN = 20_000  # texts, which is 4 MB; the ones that were asked for longest ago are forgotten


def _is_unicode(text: str) -> bool:
    """Whether a text has no lone surrogates."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


class Encoded(NamedTuple):
    """The tokens of many texts in one array, with special ones between their slices."""

    tokens: Any
    starts: Any  # of slices, an array
    ends: Any
    firsts: Sequence[int]  # the first slice of each text, and one past the last of all
    apart: Set[int]  # the numbers of texts that could not be encoded with the others

    def parts(self, number: int) -> list[tuple[int, int]] | None:
        """Where the tokens of each slice of a text start and end; None if it was counted apart."""
        if number in self.apart:
            return None
        slices_of_text = range(self.firsts[number], self.firsts[number + 1])
        return [(int(self.starts[each]), int(self.ends[each])) for each in slices_of_text]


class TiktokenCounter:
    """Counts with one of tiktoken's encodings, and remembers the counts of long texts for the life of the process.

    An agent sends its whole history with every request, so most texts of a request were counted for the one before. No
    text is kept, only a hash of it.
    """

    def __init__(self, encoding: tiktoken.Encoding) -> None:
        self._known: Recent[bytes, int] = Recent(_MAX_KNOWN)
        self._encoding = encoding
        self._byte_lengths: np.ndarray[Any, np.dtype[np.uint16]] | None = None
        self._fast: fast_encoder.FastEncoder | None = None
        self._left = _SLOW_CHARACTERS

    @property
    def is_fast(self) -> bool:
        """Whether a faster encoder is in use, so that threads would not save time."""
        return self._fast is not None

    def known(self, text: str) -> int | None:
        """The tokens of a text that was counted before; None if they are not known."""
        return None if len(text) < _MIN_KNOWN else self._known.get(_name(text))

    def count(self, text: str) -> int:
        """The tokens of ``text``. A special token such as ``<|endoftext|>`` in it counts as ordinary text."""
        if len(text) <= SLICE_CHARACTERS:
            return len(self._encoding.encode_ordinary(text))
        return sum(len(self._encoding.encode_ordinary(part)) for part in slices(text))

    def encoded(self, texts: Sequence[str], apart: Set[str] = _NOTHING) -> tuple[Encoded, list[int]]:
        """The tokens of each text, and their number. Texts that have to be counted ``apart`` only have the number."""
        import numpy as np

        parts: list[str] = []
        firsts = array("q")
        alone: set[int] = set()
        for number, text in enumerate(texts):
            firsts.append(len(parts))
            if _SPECIAL in text or text in apart:
                alone.add(number)
            elif len(text) <= SLICE_CHARACTERS:
                parts.append(text)
            else:
                parts += slices(text)
        firsts.append(len(parts))
        try:
            tokens, starts, ends = self._encoded(parts)
        except UnicodeEncodeError:  # lone surrogates: encode() replaces them, encode_to_numpy() does not
            return self.encoded(texts, {text for text in texts if not _is_unicode(text)})
        before = np.append(0, np.cumsum(ends - starts))[: len(parts) + 1]  # tokens before each slice
        totals: list[int] = np.diff(before[np.asarray(firsts)]).tolist()
        for number in alone:
            totals[number] = self.count(texts[number])
        long = (pair for pair in zip(texts, totals, strict=True) if len(pair[0]) >= _MIN_KNOWN)
        self._known.put([(_name(text), tokens) for text, tokens in long])
        return Encoded(tokens, starts, ends, firsts, alone), totals

    def _encoded(self, parts: Sequence[str]) -> tuple[Any, Any, Any]:
        """The tokens of all parts in one array, and where those of each part start and end.

        tiktoken encodes all of them in one call, with special tokens between them, which separate texts exactly. With a
        call for each text, a thread would have to wait for the interpreter lock each time.
        """
        import numpy as np

        fast = self._faster(sum(map(len, parts)))
        if fast is not None and (found := fast.encoded(parts)) is not None:
            tokens, bounds = found
            return tokens, bounds[:-1], bounds[1:]
        joined = _SPECIAL.join(parts)
        tokens = self._encoding.encode_to_numpy(joined, allowed_special={_SPECIAL}, disallowed_special=())
        ends = np.append(np.flatnonzero(tokens == self._encoding.eot_token), len(tokens))
        return tokens, np.append(0, ends[:-1] + 1), ends

    def load_faster(self) -> None:
        """Loads the faster encoder now, if one is installed."""
        self._left = 0
        self._fast = fast_encoder.load(self._encoding.name, self._encoding)

    def stay_slow(self) -> None:
        """Never loads the faster encoder."""
        self._left = sys.maxsize

    def _faster(self, characters: int) -> fast_encoder.FastEncoder | None:
        """The faster encoder, if one is installed, and the process has enough to encode to be worth loading it."""
        if self._left > 0:
            self._left -= characters
            if self._left <= 0:
                self.load_faster()
        return self._fast

    def ends(self, tokens: Any) -> Any:
        """The byte offsets at which tokens end in all encoded texts together: an array (tokens)."""
        import numpy as np

        lengths = self._lengths()[tokens]
        return np.cumsum(lengths, dtype=_offset_type(int(lengths.sum(dtype=np.int64))))

    def _lengths(self) -> np.ndarray[Any, np.dtype[np.uint16]]:
        if self._byte_lengths is None:
            import numpy as np

            lengths = np.zeros(self._encoding.max_token_value + 1, dtype=np.uint16)
            for first in range(0, len(lengths), _TABLE_STEP):
                tokens = range(first, min(first + _TABLE_STEP, len(lengths)))
                lengths[first : tokens.stop] = self._sizes(tokens)
            lengths[self._encoding.eot_token] = 0  # it is between texts, and of none
            self._byte_lengths = lengths
        return self._byte_lengths

    def _sizes(self, tokens: Sequence[int]) -> list[int]:
        """The bytes of each token; 0 for the unused ids between the vocabulary and the special tokens."""
        try:
            return [len(token) for token in self._encoding.decode_tokens_bytes(tokens)]
        except KeyError:
            if len(tokens) == 1:
                return [0]
            middle = len(tokens) // 2
            return self._sizes(tokens[:middle]) + self._sizes(tokens[middle:])


def encoding_name(model: str) -> tuple[str, bool]:
    """The encoding for counting a model's tokens, and whether it is the model's own. A provider's prefix is ignored.

    >>> encoding_name("azure/gpt-4o-mini"), encoding_name("claude-sonnet-4-5")
    (('o200k_base', True), ('o200k_base', False))
    """
    from tiktoken.model import encoding_name_for_model

    for name in (model, model.rsplit("/", 1)[-1]):
        try:
            found = encoding_name_for_model(name)
        except KeyError:
            continue
        if found in _BUNDLED:
            return _BUNDLED[found], True
    return "o200k_base", False


@cache
def counter_for(name: str) -> TiktokenCounter:
    import tiktoken

    with _load_lock:
        before = os.environ.get("TIKTOKEN_CACHE_DIR")
        bundle = path_in("litellm", "litellm_core_utils", "tokenizers")
        if bundle is not None:
            os.environ["TIKTOKEN_CACHE_DIR"] = bundle
        try:
            return TiktokenCounter(tiktoken.get_encoding(name))
        finally:
            if bundle is not None:
                if before is None:
                    del os.environ["TIKTOKEN_CACHE_DIR"]
                else:
                    os.environ["TIKTOKEN_CACHE_DIR"] = before


def slices(text: str) -> list[str]:
    """``text`` in pieces of at most SLICE_CHARACTERS, cut at the end of a line or a word if there is one.

    >>> [len(piece) for piece in slices("x" * 250_000)]
    [100000, 100000, 50000]
    """
    pieces = []
    start = 0
    while len(text) - start > SLICE_CHARACTERS:
        limit = start + SLICE_CHARACTERS
        line = text.rfind("\n", start + 1, limit)
        word = text.rfind(" ", start + 1, limit) if line < 0 else -1
        # as in the encodings, a line end belongs to the line before it, and a space to the word behind it
        cut = line + 1 if line >= 0 else word if word >= 0 else limit
        pieces.append(text[start:cut])
        start = cut
    pieces.append(text[start:])
    return pieces


def byte_offsets(text: str) -> Any:
    """The UTF-8 offset of every character of ``text``, and of its end."""
    import numpy as np

    points = np.frombuffer(text.encode("utf-32-le"), dtype=np.uint32)
    sizes = 1 + (points >= 0x80).astype(np.uint8) + (points >= 0x800) + (points >= 0x10000)
    offsets = np.zeros(len(text) + 1, dtype=_offset_type(4 * len(text)))
    np.cumsum(sizes, dtype=offsets.dtype, out=offsets[1:])
    return offsets


def _offset_type(most: int) -> Any:
    """The smallest integer type for offsets up to ``most``, since there may be an offset for each character."""
    import numpy as np

    return np.int32 if most < 1 << 31 else np.int64


def _name(text: str) -> bytes:
    """A hash of a text that no two texts share, lone surrogates included."""
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).digest()
