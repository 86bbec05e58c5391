"""The laws once more, with a shrinker: a fair one, and one that does what it should not.

Judged by the same oracles as without one. That shrinking takes place at all is a test of its own.
"""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from oracles import KEY, alignment, asked_keys, cost, difference, markers, strings, visible_keys
from plain_messages import said
from shrinkers import Bad, Fair
from strategies import MODEL, Case, cases, examples, squeeze, tool_names
from texts import make_text
from validity import breaches

from compresskit import TOOL_NAME, compress, restore, retrieve
from compresskit._weights import replaced
from compresskit.relevance import weights
from compresskit.shrink import working as notices

SHRINKERS = {"fair": Fair, "bad": Bad}
LAWS = []
prose_texts = st.builds(
    make_text,
    st.sampled_from(["prose", "prose", "prose", "cjk", "markdown"]),
    st.integers(0, 30),
    st.integers(600, 4000),
)
numbers = st.sampled_from(["", " It cost 25 million euros and was not approved on 3 May 2024.", " See docs/a.md."])
notes = st.builds(str.__add__, prose_texts, numbers)


def _talk(found, target):
    """Notes of a user, and a question about what stands in them."""
    messages = [{"role": "user", "content": text} for text in found]
    messages.append({"role": "user", "content": "Which customer account and order were in the review of the branch?"})
    return Case("openai", messages, int(cost(messages) * target) + 120, int(cost(messages) * target) + 120)


talks = st.builds(_talk, st.lists(notes, min_size=1, max_size=5), st.sampled_from([0.3, 0.5, 0.7, 0.85]))


@pytest.mark.parametrize("shrinker", SHRINKERS)
@examples(40)
@given(talks | talks | cases, st.data())
def test_every_law_holds_with_a_shrinker(shrinker, case, data):
    result = squeeze(case, shrinker=SHRINKERS[shrinker]())
    for law in LAWS:
        law(case, result, SHRINKERS[shrinker], data)


def law(check):
    """A law that is checked for every conversation, its result, the shrinker, and more to draw."""
    LAWS.append(check)
    return check


def shrunk_rows(result):
    return [row for row in result.decisions if row.action == "shrunk"]


@pytest.mark.parametrize("kind", ["prose", "markdown", "cjk"])
def test_prose_is_shrunk_where_an_excerpt_would_leave_much_out(kind):
    case = _talk([make_text(kind, seed, 3000) for seed in range(4)], 0.6)
    shrinker = Fair()
    with replaced(weights, max_picked_share=0.0):  # a row that the question picks out stays in an excerpt
        plain, result = squeeze(case), squeeze(case, shrinker=shrinker)
    assert shrunk_rows(result)
    assert result.compressed_tokens <= plain.compressed_tokens
    assert len(shrinker.calls) == 1, "one batched call"
    row = shrunk_rows(result)[0]
    assert any(text.startswith(f"[… shortened: retrieve {row.key}]\n") for text in strings(result.messages))
    assert result.cache[row.key] == case.messages[row.message]["content"]
    assert "shrunk" in str(result)


def test_without_a_shrinker_nothing_is_shrunk():
    case = _talk([make_text("prose", 1, 3000)] * 2, 0.6)
    assert squeeze(case).messages == squeeze(case, shrinker=None).messages
    assert not shrunk_rows(squeeze(case))


@law
def nothing_is_lost(case, result, _shrinker, _data):
    assert difference(restore(result.messages, result.cache), case.messages) is None
    for key in visible_keys(case.messages, result.messages):
        assert retrieve(result.cache, key, max_tokens=10**9)
    assert {row.key for row in result.decisions if row.key} <= set(result.cache)
    through_json = json.loads(json.dumps({"messages": result.messages, "cache": result.cache}))
    assert difference(restore(through_json["messages"], through_json["cache"]), case.messages) is None


@law
def the_target_holds_and_nothing_gets_larger(case, result, _shrinker, _data):
    plain = squeeze(case)
    assert result.compressed_tokens <= max(plain.compressed_tokens, result.floor_tokens)
    assert result.target_met == plain.target_met
    assert cost(result.messages, result.tools) <= result.compressed_tokens
    alone = compress(result.messages, MODEL, shape=case.shape, trigger=10**9, tools=result.tools)
    assert alone.original_tokens == result.compressed_tokens
    assert result.compressed_tokens >= case.least.floor_tokens - 24


@law
def a_valid_request_stays_valid(case, result, _shrinker, _data):
    assert breaches(case.shape, case.messages, result) == []
    assert alignment(case.messages, result.messages) is not None
    assert tool_names(result.tools) == [TOOL_NAME] * bool(asked_keys(case.messages, result.messages))


@law
def the_same_input_gives_the_same_bytes(case, result, shrinker, _data):
    other = squeeze(case, shrinker=shrinker())
    assert json.dumps([result.messages, result.cache]) == json.dumps([other.messages, other.cache])


@law
def a_shrunk_text_is_not_shrunk_again(case, first, shrinker, data):
    """With the cache its original is put back first; without, the result stays as it is."""
    if not first.target_met:
        return
    again = compress(first.messages, MODEL, shape=case.shape, tools=first.tools, shrinker=shrinker(), **case.budget)
    assert difference(again.messages, first.messages) is None
    issued = [one for one in markers(case.messages, first.messages) if set(KEY.findall(one)) & set(first.cache)]
    target = max(1, int(min(first.compressed_tokens, case.target) * data.draw(st.sampled_from([1.0, 0.7, 0.4]))))
    asked = Fair()
    second = compress(
        first.messages, MODEL, target, target, shape=case.shape, tools=first.tools, cache=first.cache, shrinker=asked
    )
    for text in second.cache.values():
        assert not [marker for marker in issued if marker in text]
    for texts, _, _ in asked.calls:
        assert not [marker for marker in issued for text in texts if marker in text]
    assert difference(restore(second.messages, {**first.cache, **second.cache}), case.messages) is None


@law
def what_was_issued_told_as_text_stays_text(case, made, shrinker, data):
    """Somebody who can foresee the shrunk text, marker and key and all, sends it as a message of his own."""
    known = set(strings(case.messages))
    quotes = [said(case.shape, "user", text) for text in strings(made.messages) if text not in known]
    if quotes:
        before, behind = data.draw(st.sampled_from([(1, 0), (0, 1), (1, 1)]))
        messages = [*quotes * before, *case.messages, *quotes * behind]
        result = compress(messages, MODEL, shape=case.shape, shrinker=shrinker(), **case.budget)
        assert difference(restore(result.messages, result.cache), messages) is None


@pytest.fixture
def made():
    """A result with two shrunk texts, as (message index, text)."""
    case = _talk([make_text("prose", seed, 3000) for seed in range(5)], 0.3)
    result = squeeze(case, shrinker=Fair())
    found = [(n, one["content"]) for n, one in enumerate(result.messages) if one["content"].startswith("[… shortened")]
    assert len(found) >= 2
    return result, found


def test_an_edited_text_is_not_taken_for_ours(made):
    result, ((_, text), (_, other), *_) = made
    marker, _, _body = text.partition("\n")
    edits = {
        "a word less": text.replace(" the", "", 1),
        "cut off": text[:-5],
        "more behind it": text + "\nand more",
        "more before it": "I read: " + text,
        "another line end": text.replace("\n", "\r\n", 1),
        "the body of another": f"{marker}\n{other.partition(chr(10))[2]}",
        "no body": marker,
        "the original under it": f"{marker}\n{next(iter(result.cache.values()))}",
        "a part of the original": f"{marker}\n{result.cache[KEY.findall(marker)[0]][:200]}",
        "twice": f"{text}\n{text}",
    }
    for name, edited in edits.items():
        messages = [{"role": "user", "content": edited}]
        assert restore(messages, result.cache) == messages, name
    assert restore([{"role": "user", "content": text}], result.cache) != [{"role": "user", "content": text}]


def test_a_cache_without_what_was_issued_does_not_make_a_text_ours(made):
    """A foreign cache may hold the original; that somebody shortened it to these words, only ours says."""
    result, ((_, text), *_) = made
    key = KEY.findall(text.partition("\n")[0])[0]
    messages = [{"role": "user", "content": text}]
    assert restore(messages, {key: result.cache[key]}) == messages


def test_a_failing_shrinker_is_told_in_the_decision_and_once_in_the_log(caplog, monkeypatch):
    monkeypatch.setattr(notices, "_warned", set())

    class Broken:
        def shrink(self, texts, budgets, query):  # noqa: ARG002
            raise RuntimeError(texts[0])

    case = _talk([make_text("prose", seed, 3000) for seed in range(4)], 0.6)
    results = [squeeze(case, shrinker=Broken()) for _ in range(2)]
    assert results[0].messages == squeeze(case).messages
    assert any("not shrunk: the shrinker failed: RuntimeError" in row.why for row in results[0].decisions)
    assert len([record for record in caplog.records if record.name == "compresskit"]) == 1
    assert make_text("prose", 0, 3000)[:40] not in caplog.text


def test_the_query_reaches_the_shrinker():
    case = _talk([make_text("prose", seed, 3000) for seed in range(4)], 0.6)
    derived, given_one = Fair(), Fair()
    squeeze(case, shrinker=derived)
    squeeze(case, shrinker=given_one, query="latency of the buffer")
    assert derived.calls[0][2] == case.messages[-1]["content"]
    assert given_one.calls[0][2] == "latency of the buffer"


class Says:
    """Says every text in the same words."""

    def __init__(self, wording):
        self.wording = wording

    def shrink(self, texts, budgets, query):  # noqa: ARG002
        return [self.wording] * len(texts)


DONE = {
    "lighthouse": "painted", "crane": "sold", "basin": "dredged", "pier": "mended", "customs house": "closed",
    "shipyard": "leased", "fish market": "roofed", "ferry": "renamed", "breakwater": "raised", "slipway": "paved",
    "warehouse": "cleared", "canteen": "reopened", "weighbridge": "tested", "boathouse": "extended", "jetty": "lit",
}  # fmt: skip
NOTES = " ".join(
    f"The {what} of the harbour was {done} by the council of the town in the spring of that year."
    for what, done in DONE.items()
)


@pytest.mark.parametrize(
    ("wording", "taken"),
    [
        (" ".join(f"The {what} was {done} by the council in spring." for what, done in DONE.items()), True),
        ("Much was done in many places, and more of it was to be done in the years that were to follow. " * 5, False),
    ],
    ids=["what every sentence says", "next to nothing"],
)
def test_a_shrunk_text_is_taken_where_it_says_more_than_the_excerpt(wording, taken):
    messages = [{"role": "user", "content": NOTES}, {"role": "user", "content": "What was done to all of the harbour?"}]
    target = int(0.75 * cost(messages))
    result = compress(messages, MODEL, trigger=target, target=target, recoverable=False, shrinker=Says(wording))
    assert restore(result.messages, result.cache) == messages
    row = result.decisions[0]
    assert (row.action == "shrunk") == taken, row.why
    assert taken or "the excerpt keeps more of what matters" in row.why
