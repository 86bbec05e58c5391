"""The laws on prefixes of every real conversation, at 20, 40 and 70 % of the prefix's tokens.

Where the data is absent, there is nothing to test. Of every conversation, the whole and every eighth prefix are taken,
of a long one every 32nd; the first of them differs from one conversation to the next. Set COMPRESSKIT_WHOLE_DATA=1 to
take every prefix.
Prefixes of conversations of up to 100 messages are taken at all three targets. The prefixes of longer ones come to many
millions of tokens: each of them is taken at one of the targets, which rotate.
"""

import json

import pytest
from oracles import alignment, cost, difference, opaque, visible_keys
from real_runs import FILES, IS_WHOLE, conversations
from validity import breaches

from compresskit import TOOL_NAME, compress, restore

TARGETS = (20, 40, 70)
LONG = 100  # messages; from here on the targets rotate
STRIDE = 8  # one test takes every eighth prefix, so that the tests of a conversation cost about the same
CASES = [
    (file, name, offset)
    for file in FILES
    for number, name in enumerate(conversations(file))
    for offset in (range(STRIDE) if IS_WHOLE else [number % STRIDE])
]


def prefixes(messages, offset):
    """Lengths and targets that one test has to take."""
    step = STRIDE if IS_WHOLE or len(messages) <= LONG else 4 * STRIDE
    for length in sorted({*range(1 + offset, len(messages) + 1, step), len(messages)}):
        rotated = TARGETS[length % len(TARGETS)]
        for percent in TARGETS if len(messages) <= LONG else [rotated]:
            yield length, percent


@pytest.mark.parametrize(("file", "name", "offset"), CASES, ids=lambda value: str(getattr(value, "stem", value))[:40])
def test_the_laws_hold_on_every_prefix(file, name, offset):
    shape, messages = conversations(file)[name]
    for length, percent in prefixes(messages, offset):
        prefix = messages[:length]
        target = max(1, cost(prefix) * percent // 100)
        result = compress(prefix, "gpt-4o", trigger=target, target=target)
        broken = broken_laws(shape, prefix, target, result)
        assert not broken, f"the first {length} messages at {percent} %: {broken}"


def broken_laws(shape, prefix, target, result):
    runs = alignment(prefix, result.messages)
    laws = {
        "nothing is lost": difference(restore(result.messages, result.cache), prefix) is None,
        "keys resolve": set(visible_keys(prefix, result.messages)) <= set(result.cache),
        "the target holds": target_or_floor(result, target),
        "never larger": result.compressed_tokens <= result.original_tokens,
        "counted in full": cost(result.messages, result.tools) <= result.compressed_tokens,
        "order stays": runs is not None,
        "opaque blocks stay": all(block in opaque(prefix) for block in opaque(result.messages)),
        "the tool is there with the keys": bool(result.tools) == bool(result.cache),
        "the tool is ours": TOOL_NAME in json.dumps(result.tools) or not result.tools,
    }
    return [law for law, holds in laws.items() if not holds] + breaches(shape, prefix, result)


def target_or_floor(result, target):
    if result.target_met:
        return result.compressed_tokens <= target
    return result.compressed_tokens == result.floor_tokens > target
