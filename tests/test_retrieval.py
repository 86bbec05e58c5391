"""Getting text back by its key, whole or in part: retrieve."""

import json

import pytest
from oracles import tokens, visible_keys
from samples import documents
from texts import make_text

from compresskit import compress, restore, retrieve
from compresskit.errors import InvalidArgument

MODEL = "gpt-4o"
LINES = [f"line {n} of the {('report', 'harbour')[n % 100 == 70]}" for n in range(1, 1001)]
TEXT = "\n".join(LINES)
KEY = "bcdfghjklmnp"
CACHE = {KEY: TEXT, "zzzzzzzzzzzz": "another text"}


def test_retrieve_gives_a_short_text_whole():
    assert "another text" in retrieve(CACHE, "zzzzzzzzzzzz")


def test_every_key_of_a_result_gives_its_text():
    result = compress(documents(), MODEL, trigger=4000, target=3000)
    keys = visible_keys(documents(), result.messages)
    assert len(keys) > 3
    for key in keys:
        original, found = result.cache[key], retrieve(result.cache, key, max_tokens=10**9)
        run = [message["content"] for message in json.loads(original)] if original[:9] == '[{"role":' else []
        for text in run or [original]:
            assert text in found


@pytest.mark.parametrize(
    ("lines", "first", "last"), [("13-57", 13, 57), ("13", 13, 13), ("1-2", 1, 2), ("990-2000", 990, 1000)]
)
def test_retrieve_gives_the_lines_asked_for(lines, first, last):
    found = retrieve(CACHE, KEY, lines=lines)
    assert "\n".join(LINES[first - 1 : last]) in found
    assert f"line {first - 1} of" not in found
    assert f"line {last + 1} of" not in found


def test_retrieve_gives_the_characters_asked_for():
    assert TEXT[1000:1200] in retrieve(CACHE, KEY, lines="c1000-1200")
    assert TEXT[990:1010] not in retrieve(CACHE, KEY, lines="c1000-1200")


def test_retrieve_gives_head_and_tail():
    head, tail = retrieve(CACHE, KEY, head=3), retrieve(CACHE, KEY, tail=3)
    assert "\n".join(LINES[:3]) in head
    assert LINES[3] not in head
    assert "\n".join(LINES[-3:]) in tail
    assert LINES[-4] not in tail


def test_retrieve_gives_what_matches_a_query():
    found = retrieve(CACHE, KEY, query="harbour", max_tokens=800)
    assert "line 170 of the harbour" in found
    assert tokens(found) <= 800


@pytest.mark.parametrize("limit", [60, 200, 1000, 4000])
@pytest.mark.parametrize("how", [{}, {"query": "harbour"}, {"lines": "5-900"}, {"head": 800}, {"tail": 800}], ids=str)
def test_retrieve_is_bounded_and_says_how_to_get_the_rest(limit, how):
    found = retrieve(CACHE, KEY, max_tokens=limit, **how)
    assert tokens(found) <= limit
    assert tokens(found) > limit // 3
    assert "lines" in found.replace("line ", ""), "a hint of what to ask for next"


@pytest.mark.parametrize("kind", ["one line", "base64", "cjk", "json"])
def test_a_text_without_line_ends_is_bounded_too(kind):
    text = make_text(kind, 1, 50_000).replace("\n", "")
    found = retrieve({KEY: text}, KEY, max_tokens=500)
    assert 150 < tokens(found) <= 500
    assert text[:100] in found


def test_the_whole_text_can_be_had_piece_by_piece():
    pieces = [retrieve(CACHE, KEY, lines=f"{n}-{n + 99}") for n in range(1, 1001, 100)]
    for n, piece in enumerate(pieces):
        assert "\n".join(LINES[n * 100 : n * 100 + 100]) in piece


def test_retrieve_is_bounded_by_4000_tokens_unless_told():
    text = make_text("prose", 1, 100_000)
    assert 2000 < tokens(retrieve({KEY: text}, KEY)) <= 4000


def test_an_unknown_key_is_answered_with_keys_near_it():
    found = retrieve(CACHE, "bcdfghjklmnx")
    assert "bcdfghjklmnx" in found
    assert KEY in found
    assert "line 1 of" not in found


@pytest.mark.parametrize("wrong", [None, 5, "text", ["k"]])
def test_a_cache_that_is_none_is_one_clear_error(wrong):
    for call in (lambda: retrieve(wrong, "bcdfghjklmnp"), lambda: restore([{"role": "user", "content": "hi"}], wrong)):
        with pytest.raises(InvalidArgument, match=r"cache is .*a mapping of keys to texts was expected"):
            call()
