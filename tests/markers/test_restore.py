"""restore: the original messages come back, and what is none of ours stays."""

import pytest
from oracles import difference
from samples import SAMPLES, openai_agent

from compresskit import compress, restore

MODEL = "gpt-4o"


def squeezed():
    return compress(openai_agent(), MODEL, trigger=4000, target=3000)


@pytest.mark.parametrize("name", SAMPLES)
def test_restore_gives_the_original_back(name):
    make, shape = SAMPLES[name]
    result = compress(make(), MODEL, trigger=4000, target=2500, shape=shape)
    assert result.messages != make()
    assert difference(restore(result.messages, result.cache), make()) is None


def test_restore_leaves_added_messages_alone():
    result = squeezed()
    added = [{"role": "assistant", "content": "fine"}, {"role": "user", "content": "thanks"}]
    assert restore([*result.messages, *added], result.cache) == [*openai_agent(), *added]


def test_restore_without_a_cache_changes_nothing():
    result = squeezed()
    assert restore(result.messages, {}) == result.messages


def test_restore_with_half_a_cache_restores_half():
    result = squeezed()
    half = dict(list(result.cache.items())[: len(result.cache) // 2])
    restored = restore(result.messages, half)
    assert result.messages != restored != openai_agent()
    assert restore(restored, result.cache) == openai_agent()
