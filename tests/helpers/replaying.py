"""Conversations that grow turn by turn, each with the result before, and the laws that a turn breaks."""

import json

from oracles import asked_keys, cost, difference
from strategies import MODEL
from validity import breaches

from compresskit import TOOL_NAME, compress, restore


def sent(result):
    return [json.dumps(message) for message in result.messages]


def replay(messages, shape, **options):
    """The results of a conversation that grows by one message a turn, each with the one before."""
    previous = None
    for end in range(1, len(messages) + 1):
        result = compress(messages[:end], MODEL, shape=shape, previous=previous, **options)
        yield messages[:end], previous, result
        previous = result


def broken(shape, history, previous, result):
    """The laws that a turn breaks."""
    names = [json.dumps(tool) for tool in result.tools or () if TOOL_NAME in json.dumps(tool)]
    stays = previous is None or not result.skipped_reason or sent(result)[: len(previous.messages)] == sent(previous)
    laws = {
        "nothing is lost": difference(restore(result.messages, result.cache), history) is None,
        "counted in full": cost(result.messages, result.tools) <= result.compressed_tokens,
        "the originals are counted too": cost(history) <= result.original_tokens,
        "counted like a whole": result.original_tokens == compress(history, MODEL, shape=shape).original_tokens,
        "never above the trigger in silence": result.compressed_tokens <= result.trigger or not result.target_met,
        "the prefix stays": stays or result.skipped_reason in ("no_gain", "protected"),
        "the tool is there where text was left out": bool(names) or not asked_keys(history, result.messages),
    }
    return [law for law, holds in laws.items() if not holds] + breaches(shape, history, result)
