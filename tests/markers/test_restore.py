"""restore() with a part of the cache, or none. With all of it: laws/test_laws.py and laws/test_quotes.py."""

from samples import openai_agent

from compresskit import compress, restore

MODEL = "gpt-4o"


def squeezed():
    return compress(openai_agent(), MODEL, trigger=4000, target=3000)


def test_restore_without_a_cache_changes_nothing():
    result = squeezed()
    assert restore(result.messages, {}) == result.messages


def test_restore_with_half_a_cache_restores_half():
    result = squeezed()
    half = dict(list(result.cache.items())[: len(result.cache) // 2])
    restored = restore(result.messages, half)
    assert result.messages != restored != openai_agent()
    assert restore(restored, result.cache) == openai_agent()
