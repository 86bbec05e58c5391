"""What must hold of a result of compress(), judged without any of its code: the laws that the fuzzer checks.

A broken law is "law" or "law: detail", such as "nothing is lost" or "valid: blank text: user".
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import replace
from typing import Any

from compresskit import TOOL_NAME, Compressed, CompresskitError, restore
from evals.harness.messages import Message
from evals.harness.tokens import count
from evals.harness.validity import breaches

_MARKER = re.compile(r"\[… [^\n]*")
_KEY = re.compile(r"\b([bcdfghjklmnpqrstvwxz]{12,59})\]$")
# What providers count otherwise than as text, or not at all: a bound from below leaves it out.
_NOT_COUNTED = frozenset(
    {
        *("type", "id", "call_id", "tool_call_id", "tool_use_id", "toolUseId", "role", "cache_control", "data"),
        *("signature", "thoughtSignature", "encrypted_content", "status", "annotations"),
    }
)
_NOT_COUNTED_PARTS = frozenset(
    {"thinking", "redacted_thinking", "compaction", "server_tool_use", "image", "image_url", "file", "document"}
)
_MESSAGE = 3  # tokens of every message besides its text, at least


def same(one: Any, other: Any) -> bool:
    """Whether two values are equal byte for byte as JSON: in type, order and content.

    >>> same({"a": 1}, {"a": 1}), same({"a": 1}, {"a": True})
    (True, False)
    """
    return json.dumps(one) == json.dumps(other)


def least_tokens(messages: Sequence[Message], tools: Sequence[Any] | None = None) -> int:
    """A request costs at least this much: its texts, names and arguments, and a little for every message.

    >>> least_tokens([{"role": "user", "content": "hello world"}])
    5
    """
    return sum(map(count, _readable([*messages, *(tools or [])]))) + _MESSAGE * len(messages)


def _readable(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        for item in value:
            yield from _readable(item)
    elif isinstance(value, Mapping) and value.get("type") not in _NOT_COUNTED_PARTS:
        for name, item in value.items():
            if name not in _NOT_COUNTED:
                yield from _readable(item)


def markers(messages: Any) -> set[str]:
    """The markers in all strings of the messages."""
    return {marker for text in _strings(messages) for marker in _MARKER.findall(text)}


def _strings(value: Any) -> Iterator[str]:
    stack = [value]
    while stack:
        item = stack.pop()
        if isinstance(item, str):
            yield item
        elif isinstance(item, list | Mapping):
            stack.extend(item.values() if isinstance(item, Mapping) else item)


def visible_keys(before: Any, after: Any, asked: bool = False) -> list[str]:
    """The keys that the markers of a result name and the messages before did not.

    Args:
        asked: only those under which something was left out: a complete short form leaves nothing out.
    """
    new = (marker for marker in markers(after) - markers(before) if not (asked and ": complete, " in marker))
    return sorted({match[1] for marker in new if (match := _KEY.search(marker))})


def broken(
    given: Sequence[Message],
    originals: Sequence[Sequence[Message]],
    result: Compressed,
    shape: str,
    options: Mapping[str, Any],
) -> list[str]:
    """The laws that a result breaks.

    Args:
        given: the messages of the call.
        originals: the originals of these messages. More than one where that is open: with `cache`, a text that
            quotes a marker may be either.
        options: those of compress().
    """
    whole = next((one for one in originals if _gives_back(result, one)), None)
    if whole is None:
        return ["nothing is lost"]
    if _hooked(options):  # what the hook gave is what is compressed
        whole = restore(result.messages, json.loads(json.dumps(result.cache)))
        given = min(given, whole, key=least_tokens)
    known = [originals[0], *(options.get("tools") or [])]
    keys = visible_keys(known, result.messages)
    sent = result.request["messages"]
    found = [f"valid: {name}" for name in breaches(whole, sent, shape, options.get("tools"), result.tools)]
    laws = {
        "short JSON keeps its numbers": _numbers_kept(result, set(_strings([given, *originals]))),
        "keys resolve": set(keys) <= set(result.cache),
        "counted in full": result.compressed_tokens >= least_tokens(result.messages, result.tools),
        "originals counted in full": result.original_tokens >= least_tokens(given, options.get("tools")),
        "the target holds, or the floor is named": _target(result, options),
        "never larger": _offered(options) or result.compressed_tokens <= result.original_tokens,
        "the tool is there with the keys": _tool(result, visible_keys(known, result.messages, asked=True), options),
        "the decisions' keys resolve": {row.key for row in result.decisions if row.key} <= set(result.cache),
    }
    return found + [law for law, holds in laws.items() if not holds]


def _hooked(options: Mapping[str, Any]) -> bool:
    """Whether texts went through a hook, in this turn or before."""
    previous = options.get("previous")
    return bool(options.get("before") or (previous is not None and getattr(previous.cache, "withheld", None)))


def _numbers_kept(result: Compressed, said: Set[str]) -> bool:
    """Whether JSON in short form has every number as it was written, where none of its rows is left out."""
    for text in set(_strings(result.messages)) - said:  # what was said may quote a marker
        first, _, rest = text.partition("\n")
        match = _KEY.search(first)
        if first.startswith("[… JSON in short form") and match and rest and "…" not in rest:
            numbers: list[str] = []
            try:
                json.loads(result.cache.get(match[1], ""), parse_float=numbers.append, parse_int=numbers.append)
            except (ValueError, RecursionError):  # not JSON alone
                continue
            if not all(number in rest for number in numbers):
                return False
    return True


def unequal(result: Compressed) -> list[str]:
    """Results for other models, triggers or targets are not the same result."""
    others = {"model": f"{result.model}x", "trigger": result.trigger + 1, "target": result.target + 1}
    alike = [name for name, value in others.items() if replace(result, **{name: value}) == result]
    return [f"equal although the {name} is another" for name in alike]


def _gives_back(result: Compressed, whole: Sequence[Message]) -> bool:
    try:
        return same(restore(result.messages, result.cache), list(whole))
    except CompresskitError:
        return False


def _offered(options: Mapping[str, Any]) -> bool:
    """Whether our tool is there whatever it saves: on request, or since markers of a turn before stay."""
    previous = options.get("previous")
    return bool(options.get("offer_tool")) or (previous is not None and bool(previous.cache or previous.tools))


def _target(result: Compressed, options: Mapping[str, Any]) -> bool:
    if result.skipped_reason == "below_trigger":
        return result.original_tokens <= result.trigger
    if result.skipped_reason == "fits_trigger":
        return result.compressed_tokens <= result.trigger
    if result.compressed_tokens <= result.target:
        return result.target_met
    if options.get("previous") is not None or options.get("prices") is not None:  # room above the floor may be used
        return not result.target_met and result.compressed_tokens >= result.floor_tokens > result.target
    return not result.target_met and result.compressed_tokens == result.floor_tokens


def _tool(result: Compressed, keys: Sequence[str], options: Mapping[str, Any]) -> bool:
    there = any(TOOL_NAME in json.dumps(tool) for tool in result.tools or [])
    if not options.get("recoverable", True):
        return not there
    return there or not (keys or options.get("offer_tool"))
