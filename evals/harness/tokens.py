"""Token counts in o200k_base, for texts and for whole requests, the same for every compressor.

It counts what a request sends: texts, call names, arguments and ids, tool schemas, and a few tokens for
every message and call. Pictures and other data are not counted. The vocabulary comes from litellm's bundle
where there is one, so no network is needed.
"""

from __future__ import annotations

import importlib.util
import json
import os
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

import tiktoken

MESSAGE_OVERHEAD = 4  # role and separators of a chat message
_SLICE = 100_000  # characters: longer texts are slow in tiktoken, and one huge run of spaces panics
CALL_OVERHEAD = 8  # the frame of a call, and of a result that is no message of its own
_CALLS = frozenset({"function", "tool_use", "tool_result"})
_NOT_COUNTED = frozenset({"role", "type", "cache_control", "signature", "data"})


@lru_cache(maxsize=1)
def encoding() -> tiktoken.Encoding:
    """o200k_base, from litellm's bundled vocabulary unless TIKTOKEN_CACHE_DIR says otherwise."""
    bundle = bundled_vocabularies()
    if "TIKTOKEN_CACHE_DIR" in os.environ or bundle is None:
        return tiktoken.get_encoding("o200k_base")
    os.environ["TIKTOKEN_CACHE_DIR"] = str(bundle)
    try:
        return tiktoken.get_encoding("o200k_base")
    finally:
        del os.environ["TIKTOKEN_CACHE_DIR"]  # compressors are to find their vocabulary by themselves


def bundled_vocabularies() -> Path | None:
    """litellm's folder of vocabularies, found without importing litellm."""
    spec = importlib.util.find_spec("litellm")
    places = spec.submodule_search_locations or [] if spec else []
    folders = [Path(place) / "litellm_core_utils" / "tokenizers" for place in places]
    return next((folder for folder in folders if folder.is_dir()), None)


@lru_cache(maxsize=20_000)
def count(text: str) -> int:
    """Tokens of a text.

    >>> count("hello world")
    2
    """
    encode = encoding().encode
    return sum(len(encode(part, disallowed_special=())) for part in _slices(text))


def count_request(messages: Sequence[Mapping[str, Any]], tools: Sequence[Any] | None = None) -> int:
    """Tokens of a request: every message, and the schemas of its tools."""
    schemas = count(json.dumps(list(tools), ensure_ascii=False)) if tools else 0
    return schemas + sum(count_message(message) for message in messages)


def count_message(message: Mapping[str, Any]) -> int:
    """Tokens of one message with its overhead."""
    return MESSAGE_OVERHEAD + _cost(dict(message))


def ends(text: str, head: int, tail: int) -> tuple[str, str]:
    """The first `head` and the last `tail` tokens of a text, as texts."""
    tokens = encoding().encode(text, disallowed_special=())
    decode = encoding().decode
    return decode(tokens[:head]), decode(tokens[len(tokens) - tail :]) if tail else ""


def _cost(value: Any) -> int:
    if isinstance(value, str):
        return count(value)
    if isinstance(value, Mapping):
        frame = CALL_OVERHEAD if value.get("type") in _CALLS else 0
        return frame + sum(_field_cost(key, item) for key, item in value.items() if key not in _NOT_COUNTED)
    return sum(map(_cost, value)) if isinstance(value, list | tuple) else 0


def _field_cost(key: str, item: Any) -> int:
    return count(json.dumps(item, ensure_ascii=False, default=str)) if key == "input" else _cost(item)


def _slices(text: str) -> Iterator[str]:
    start = 0
    while len(text) - start > _SLICE:
        cut = text.rfind("\n", start, start + _SLICE) + 1
        end = cut if cut > start else start + _SLICE
        yield text[start:end]
        start = end
    yield text[start:]
