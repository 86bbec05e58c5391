"""The account that a result gives: figures, decisions, and the ways to read them."""

import pytest
from oracles import visible_keys
from samples import SAMPLES, documents, user

from compresskit import Compressed, Decision, compress
from compresskit.markers.wording import BESIDE_FOLD

MODEL = "gpt-4o"


@pytest.mark.parametrize("name", SAMPLES)
def test_the_decisions_add_up(name):
    """What the rows save, less what the tool costs, is what the request saves; folds save more."""
    make, shape = SAMPLES[name]
    result = compress(make(), MODEL, trigger=4000, target=3000, shape=shape)
    saved = sum(row.tokens_before - row.tokens_after for row in result.decisions)
    with_tool = compress(make(), MODEL, shape=shape, tools=result.tools).original_tokens
    unaccounted = result.original_tokens - result.compressed_tokens - saved + with_tool - result.original_tokens
    gone = len(make()) - sum(message["content"] != BESIDE_FOLD for message in result.messages)
    assert gone * 3 <= unaccounted <= gone * 100
    assert sum(row.tokens_before for row in result.decisions) <= result.original_tokens


@pytest.mark.parametrize("name", SAMPLES)
def test_every_decision_says_what_happened_where_and_why(name):
    make, shape = SAMPLES[name]
    messages = make()
    result = compress(messages, MODEL, trigger=4000, target=3000, shape=shape)
    assert [row.message for row in result.decisions] == sorted(row.message for row in result.decisions)
    keys = set(visible_keys(messages, result.messages))
    for row in result.decisions:
        assert isinstance(row, Decision)
        place = messages[row.message]
        for step in row.path:
            place = place[step]
        assert isinstance(place, str) or row.action == "fold"
        assert row.action in {"kept", "protected", "excerpt", "stub", "fold", "outline", "reference", "table"}
        assert row.why
        assert (row.key is None) == (row.action in {"kept", "protected"})
        assert row.key is None or row.key in keys
        if row.action in {"kept", "protected"}:
            assert row.tokens_before == row.tokens_after
    assert {row.key for row in result.decisions if row.key} == keys == set(result.cache)


def test_the_result_is_a_mapping_as_people_know_it_from_litellm():
    result = compress(documents(), MODEL, trigger=5000)
    known = {"messages", "tools", "cache", "original_tokens", "compressed_tokens", "compression_ratio"}
    assert known | {"target_met", "floor_tokens", "skipped_reason", "decisions"} == set(result)
    for name in result:
        assert result[name] is getattr(result, name) or result[name] == getattr(result, name)
    assert len(result) == len(dict(result)) == 10
    with pytest.raises(KeyError):
        result["nonsense"]
    assert result.get("nonsense", 5) == 5
    assert result["compression_ratio"] == pytest.approx(1 - result.compressed_tokens / result.original_tokens, abs=1e-3)


def test_the_result_is_frozen():
    result = compress(documents(), MODEL)
    assert isinstance(result, Compressed)
    with pytest.raises(AttributeError):
        result.messages = []
    with pytest.raises(TypeError):
        result["messages"] = []


def test_the_request_holds_what_to_send():
    result = compress(documents(), MODEL, trigger=5000)
    assert result.request == {"messages": result.messages, "tools": result.tools}
    assert compress(documents(), MODEL).request == {"messages": documents()}


def test_the_account_reads_well():
    result = compress(documents(), MODEL, trigger=5000)
    for figure in (result.original_tokens, result.compressed_tokens, result.target):
        assert f"{figure:,}" in str(result) or str(figure) in str(result)
    assert "below" in str(compress(documents(), MODEL))
    short = compress(documents(), MODEL, trigger=5)
    assert f"{short.floor_tokens:,}" in str(short) or str(short.floor_tokens) in str(short)
    assert len(repr(result)) < 1000


def test_html_holds_the_figures_and_escapes_what_a_message_says():
    nasty = "<script>alert('x')</script> & <b>bold</b>\n"
    result = compress([user(f"# {nasty}" * 400), user(nasty)], MODEL, trigger=800, query=nasty)
    html = result._repr_html_()
    assert f"{result.compressed_tokens:,}" in html or str(result.compressed_tokens) in html
    assert "<script" not in html
    assert "<b>bold" not in html


def test_pictures_and_unknown_parts_are_counted():
    picture = {"type": "image_url", "image_url": {"url": "https://example.org/a.png"}}
    unknown = {"type": "hologram", "payload": {"deep": ["word " * 500]}}
    plain = compress([{"role": "user", "content": [{"type": "text", "text": "x"}]}], MODEL).original_tokens
    for part, least, most in ((picture, 80, 3000), (unknown, 500, 1500)):
        messages = [{"role": "user", "content": [{"type": "text", "text": "x"}, part]}]
        assert least <= compress(messages, MODEL).original_tokens - plain <= most
    data = {"type": "image_url", "image_url": {"url": "data:image/png;base64," + "A" * 400_000}}
    messages = [{"role": "user", "content": [{"type": "text", "text": "x"}, data]}]
    assert compress(messages, MODEL).original_tokens - plain <= 3000, "a picture is no text"
