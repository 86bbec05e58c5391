"""What compress() keeps and what it shrinks, each in a sentence."""

import inspect
import json
import json.decoder
import logging

import pytest
from oracles import difference, tokens
from samples import FUNCTION, anthropic_agent, chat, openai_agent, text_of, user
from texts import make_text

from compresskit import compress, restore

MODEL = "gpt-4o"


def test_system_task_last_messages_and_newest_results_stay_word_for_word():
    messages = openai_agent()
    messages.insert(1, {"role": "developer", "content": "Answer in German."})
    result = compress(messages[:-2], MODEL, trigger=5000, target=4500)
    assert result.messages[:3] == messages[:3], "system, developer, task"
    assert result.messages[-2:] == messages[-4:-2], "the newest call and its result"
    result = compress(messages, MODEL, trigger=5000, target=4500)
    assert result.messages[-2:] == messages[-2:], "the last assistant message, the last user message"


def test_the_newest_results_of_an_anthropic_request_stay_word_for_word():
    messages = anthropic_agent()[:-2]
    result = compress(messages, MODEL, trigger=6000, target=5000)
    assert result.messages[0] == messages[0]
    assert result.messages[-2:] == messages[-2:]


def test_a_protected_part_above_the_target_is_reported_never_cut():
    messages = [{"role": "system", "content": make_text("prose", 1, 9000)}, user("hi"), user("there")]
    result = compress(messages, MODEL, trigger=100)
    assert not result.target_met
    assert result.floor_tokens > 100
    assert result.messages == messages


def test_5000_messages_of_ten_tokens_come_to_30_percent():
    messages = [
        {"role": ("user", "assistant")[n % 2], "content": f"This is short message number {n}."} for n in range(5000)
    ]
    total = compress(messages, MODEL, trigger=10**9).original_tokens
    result = compress(messages, MODEL, trigger=total * 3 // 10, target=total * 3 // 10)
    assert result.target_met
    assert result.compressed_tokens >= total * 0.25, "what there is room for stays"
    assert difference(restore(result.messages, result.cache), messages) is None


def test_100_short_passages_at_20_percent_keep_the_relevant_one_and_spend_on_passages():
    passages = [f"Passage {n}. " + make_text("prose", n, 500).replace("\n", " ") for n in range(100)]
    passages[41] = "The lighthouse of Vinga was built in 1841 by the architect Albert Theodor Gellerstedt. " * 3
    messages = [*map(user, passages), user("Who was the architect of the lighthouse of Vinga?")]
    total = compress(messages, MODEL, trigger=10**9).original_tokens
    result = compress(messages, MODEL, trigger=total // 5, target=total // 5)
    assert result.target_met
    assert user(passages[41]) in result.messages
    whole = sum(tokens(text) for text in passages if user(text) in result.messages)
    partly = sum(tokens(line) for line in text_of(result.messages).split("[… ")[1:])
    assert whole > total // 5 * 0.5, (whole, partly)


@pytest.mark.parametrize("question", ["Why does settle_invoice round?", "what is wrong with settleInvoice()"])
def test_a_function_asked_about_by_name_survives_in_a_long_file(question):
    file = make_text("code", 1, 30_000) + "\n" + FUNCTION + "\n" + make_text("code", 2, 30_000)
    result = compress([user(file), user(question)], MODEL, trigger=3000, target=2000)
    assert result.target_met
    if "settle_invoice" in question:
        assert FUNCTION.strip() in result.messages[0]["content"]
    else:
        assert "def settle_invoice" in result.messages[0]["content"]


@pytest.mark.parametrize("make", [openai_agent, anthropic_agent])
def test_a_function_asked_about_survives_in_an_agents_file_reads(make):
    result = compress(make(question="Why does settle_invoice round?"), MODEL, trigger=6000, target=5500)
    assert result.target_met
    assert "return round(left * rate, 2)" in text_of(result.messages)


def test_kept_lines_are_unchanged_and_in_order():
    file = make_text("code", 1, 20_000)
    content = compress([user(file), user("What does it do?")], MODEL, trigger=2500).messages[0]["content"]
    kept = [line for line in content.split("\n") if not line.startswith("[… ")]
    assert len(kept) > 20
    lines = iter(file.split("\n"))
    assert all(line in lines for line in kept), "a subsequence of the file's own lines"


ONE_TEXT = {
    "one long JSON line": json.dumps([{"id": n, "name": f"item {n}"} for n in range(6000)]),
    "CJK": make_text("cjk", 1, 40_000),
    "CJK without a break": make_text("cjk", 2, 40_000).replace("\n", "").replace("。", "").replace("，", ""),
    "base64": make_text("base64", 1, 60_000),
    "a log": make_text("log", 1, 60_000),
    "lines ended by CR LF": make_text("log", 1, 60_000).replace("\n", "\r\n"),
    "a diff": make_text("diff", 1, 60_000),
    "markdown": make_text("markdown", 1, 60_000),
    "one line of words": make_text("one line", 1, 60_000),
    "spaces": " " * 100_000,
    "special tokens": "<|endoftext|>" * 4000,
}


@pytest.mark.parametrize("name", ONE_TEXT)
def test_one_long_text_of_any_kind_is_shrunk_not_dropped(name):
    messages = [user(ONE_TEXT[name]), user("What is in there?")]
    result = compress(messages, MODEL, trigger=1500, target=1500)
    assert result.target_met
    assert result.compressed_tokens > 750 or name == "spaces", "there was room for more"
    assert difference(restore(result.messages, result.cache), messages) is None


def test_a_record_asked_for_by_its_id_survives_in_a_long_json_line():
    records = [{"id": f"ord_{n * 7919 % 99991:05}", "name": f"item {n}"} for n in range(3000)]
    wanted = records[1777]["id"]
    result = compress([user(json.dumps(records)), user(f"What is in {wanted}?")], MODEL, trigger=2000)
    assert result.target_met
    assert wanted in result.messages[0]["content"]
    assert "item 1777" in result.messages[0]["content"]


def test_continue_is_no_query_and_recent_messages_win():
    messages = chat()
    result = compress(messages, MODEL, trigger=1500, target=1200)
    kept = [n for n, message in enumerate(messages) if message in result.messages]
    recent = [n for n in kept if n > len(messages) // 2]
    assert len(recent) > len(kept) / 2


def test_a_long_text_that_was_pasted_first_does_not_outweigh_the_question():
    log = [
        f"10:{n // 60:02}:{n % 60:02} INFO [api] GET /v1/items/{n * 7919 % 900} 200 {n * 31 % 60}ms"
        for n in range(1500)
    ]
    log[700:700] = ["10:11:40 ERROR [db] connection pool exhausted", "10:11:41 ERROR [api] GET /v1/items/7 500"]
    pasted = ["\n".join(log), inspect.getsource(logging), inspect.getsource(json.decoder)]
    messages = [
        {"role": "system", "content": "You are the engineer on call."},
        *({"role": "user", "content": text} for text in pasted),
        {"role": "assistant", "content": "I have it all."},
        {"role": "user", "content": "Why did GET /v1/items/7 fail at 10:11:41?"},
    ]
    result = compress(messages, "gpt-4o", trigger=8_000, target=8_000)
    assert "connection pool exhausted" in str(result.messages)
