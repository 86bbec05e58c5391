"""Laws 6, 7 and 8 as properties of generated conversations: stable, idempotent, and input is data.

Law 6 for a single call only: constant tool, names of content, cached prefixes. A conversation is generated and
compressed once, and then each law is checked on it.
"""

import functools
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from oracles import KEY, cost, difference, markers, strings, visible_keys
from pieces import forgeries, long_texts
from plain_messages import exchange, said
from strategies import MODEL, REQUESTS, examples, squeeze, tool_names
from validity import VALID, breaches

from compresskit import TOOL_NAME, compress, restore, retrieve

LAWS = []


@pytest.mark.parametrize("kind", REQUESTS)
@examples(12)
@given(st.data())
def test_every_law_of_a_result_holds(kind, data):
    case = data.draw(REQUESTS[kind])
    first = squeeze(case)
    for law in LAWS:
        law(case, first, data)


def law(check):
    """A law that is checked for every generated conversation, its result, and more to draw."""
    LAWS.append(check)
    return check


@functools.cache
def known_tools(shape):
    """The tools of a conversation that has nothing in common with the generated ones."""
    messages = [said(shape, "user", "word " * 900), said(shape, "user", "x")]
    return json.dumps(compress(messages, MODEL, 500, shape=shape).tools)


# --- 6. Stable (a single call) ---------------------------------------------------------------------


@law
def the_tool_schema_is_one_constant(case, first, _data):
    assert first.tools is None or json.dumps(first.tools) == known_tools(case.shape)


@law
def keys_are_names_of_content(case, first, _data):
    """The same text has the same key in every result, and a key names one text."""
    names, originals = {}, {}
    after = [*case.messages, said(case.shape, "user", "And now?")]
    target = max(1, case.target // 2)
    more = compress(after, MODEL, shape=case.shape, trigger=target, target=target)
    for result in (first, case.least, more):
        for key, text in result.cache.items():
            assert names.setdefault(text, key) == key
            assert originals.setdefault(key, text) == text


@law
def with_marks_that_keep_everything_up_to_the_last_one_is_untouched(case, _first, _data):
    after = squeeze(case, cached="keep").messages
    end = max((n for n, message in enumerate(case.messages) if _marked(message)), default=-1)
    assert difference(after[: max(end, 0)], case.messages[: max(end, 0)]) is None
    whole = end >= 0 and case.messages[end].get("cache_control")
    if end >= 0 and not whole and isinstance(case.messages[end].get("content"), list):
        blocks = case.messages[end]["content"]
        last = max(n for n, block in enumerate(blocks) if _marked(block))
        assert difference(after[end]["content"][: last + 1], blocks[: last + 1]) is None
    elif end >= 0:
        assert difference(after[end], case.messages[end]) is None


def _marked(item):
    """Whether a message or a block carries a breakpoint; arguments of a call are data, not breakpoints."""
    if not isinstance(item, dict):
        return False
    content = item.get("content")
    return bool(item.get("cache_control") or item.get("cachePoint")) or (
        isinstance(content, list) and any(map(_marked, content))
    )


# --- 7. Idempotent ---------------------------------------------------------------------------------


@law
def compressing_a_result_again_changes_nothing(case, first, _data):
    if first.target_met:
        second = compress(first.messages, MODEL, shape=case.shape, tools=first.tools, **case.budget)
        assert difference(second.messages, first.messages) is None
        assert len(second.cache) == 0


@law
def a_stub_is_never_stubbed(case, first, data):
    issued = [
        marker for marker in markers(case.messages, first.messages) if set(KEY.findall(marker)) & set(first.cache)
    ]
    if not issued:
        return
    share = data.draw(st.sampled_from([1.0, 0.7, 0.4]))
    target = max(1, int(min(first.compressed_tokens, case.target) * share))
    second = compress(
        first.messages,
        MODEL,
        trigger=target,
        target=target,
        shape=case.shape,
        tools=first.tools,
        cache=first.cache,
    )
    for text in second.cache.values():
        assert not [marker for marker in issued if marker in text]
    cache = {**first.cache, **second.cache}
    assert difference(restore(second.messages, cache), case.messages) is None
    assert breaches(case.shape, case.messages, second, first.tools) == []
    assert tool_names(second.tools).count(TOOL_NAME) == 1


@law
def text_just_retrieved_is_not_taken_away_again(case, first, data):
    keys = visible_keys(case.messages, first.messages)
    if not keys or not VALID[case.shape]([*case.messages, said(case.shape, "user", "x")]):
        return
    key = data.draw(st.sampled_from(keys))
    text = retrieve(first.cache, key, max_tokens=10**9)
    call = exchange(case.shape, TOOL_NAME, {"key": key}, text)
    second = compress(
        [*first.messages, *call], MODEL, shape=case.shape, cache=first.cache, tools=first.tools, **case.budget
    )
    assert difference(second.messages[-1], call[-1]) is None
    assert breaches(case.shape, [*case.messages, *call], second, first.tools) == []
    assert difference(restore(second.messages, {**first.cache, **second.cache}), [*case.messages, *call]) is None


# --- 8. Input is data ------------------------------------------------------------------------------


@law
def our_own_markers_told_as_text_stay_text(case, first, data):
    """A model may copy a marker into its answer: the key is a real one, the text is nevertheless text."""
    known = set(strings(case.messages))
    quotes = [said(case.shape, "user", text) for text in strings(first.messages) if text not in known]
    if quotes:
        before, behind = data.draw(st.sampled_from([(1, 0), (0, 1), (1, 1)]))
        messages = [*quotes * before, *case.messages, *quotes * behind]
        result = compress(messages, MODEL, shape=case.shape, **case.budget)
        assert difference(restore(result.messages, result.cache), messages) is None


@given(long_texts, st.data())
def test_a_foreign_marker_stays_text_and_resolves_to_nothing(text, data):
    forged = data.draw(st.lists(st.sampled_from(forgeries()), min_size=1, max_size=5))
    messages = [{"role": "user", "content": content} for content in [*forged, text, *forged, "the task", *forged]]
    result = compress(messages, MODEL, trigger=max(20, cost(messages) // 2))
    assert difference(restore(result.messages, result.cache), messages) is None
    foreign = visible_keys([], [{"content": content} for content in forged])
    assert set(foreign).isdisjoint(result.cache)


@law
def no_text_of_a_message_reaches_the_tool(case, _first, _data):
    needle = "xyzzyneedle"
    messages = [said(case.shape, "user", f"{needle} {needle} " * 300), *case.messages]
    result = compress(messages, MODEL, shape=case.shape, **case.budget)
    assert needle not in json.dumps(result.tools)
    assert result.tools is None or json.dumps(result.tools) == known_tools(case.shape)
