"""on_entry="views": a long result enters as an excerpt, is never changed again, and nothing of it is lost."""

import json
import re

import pytest
from oracles import cost, difference
from samples import anthropic_agent, openai_agent
from strategies import MODEL

from compresskit import Conversation, compress, restore, retrieve
from compresskit.prices import usual

TASK = {"role": "user", "content": "Why does parse_header() fail on an empty line?"}


def source(functions=60):
    """A file in which one function is asked for."""
    names = [f"helper_{n}" for n in range(functions)]
    names[functions // 2] = "parse_header"
    return "\n\n".join(
        f"def {name}(line, strict=True):\n    parts = line.split(':', 1)\n"
        f"    if strict and len(parts) < 2:\n        raise ValueError('{name} has no value')\n"
        "    return parts[0], parts[-1]"
        for name in names
    )


def openai_read(text, call_id="c1", path="app/headers.py", **more):
    function = {"name": "read_file", "arguments": json.dumps({"path": path, "looking_for": "parse_header", **more})}
    return [
        {
            "role": "assistant",
            "content": None,
            "tool_calls": [{"id": call_id, "type": "function", "function": function}],
        },
        {"role": "tool", "tool_call_id": call_id, "content": text},
    ]


def anthropic_read(text, call_id="c1", path="app/headers.py"):
    call = {"type": "tool_use", "id": call_id, "name": "read_file", "input": {"path": path, "for": "parse_header"}}
    return [
        {"role": "assistant", "content": [call]},
        {"role": "user", "content": [{"type": "tool_result", "tool_use_id": call_id, "content": text}]},
    ]


READS = {"openai": openai_read, "anthropic": anthropic_read}
every_shape = pytest.mark.parametrize("shape", READS)


@every_shape
def test_a_long_result_enters_as_an_excerpt_of_what_was_asked_for(shape):
    messages = [TASK, *READS[shape](source())]
    result = compress(messages, MODEL, on_entry=True)
    said = json.dumps(result.messages[-1])
    assert "parse_header has no value" in said
    assert result.compressed_tokens < 0.5 * compress(messages, MODEL).compressed_tokens
    assert result.messages[:2] == messages[:2]
    assert restore(result.messages, result.cache) == messages
    assert [retrieve(result.cache, key, max_tokens=10**6) for key in result.cache] == [source()]
    assert result.tools
    assert result.skipped_reason == "fits_trigger"


def test_records_enter_in_a_short_form_that_loses_nothing():
    records = json.dumps([{"id": n, "name": f"user {n}", "active": True, "role": "reader"} for n in range(40)])
    call = {"id": "c1", "type": "function", "function": {"name": "list_users", "arguments": "{}"}}
    messages = [
        {"role": "user", "content": "Who is user 7?"},
        {"role": "assistant", "content": None, "tool_calls": [call]},
        {"role": "tool", "tool_call_id": "c1", "content": records},
    ]
    plain = compress(messages, MODEL)
    assert plain.messages == messages
    short = compress(messages, MODEL, on_entry=True)
    assert short.compressed_tokens < 0.7 * plain.compressed_tokens
    assert short.skipped_reason == "fits_trigger"
    assert "user 7" in short.messages[2]["content"]
    assert restore(short.messages, short.cache) == messages
    (key,) = short.cache
    assert retrieve(short.cache, key) == records
    assert short.tools is None, "nothing was left out that could be asked for"


@every_shape
@pytest.mark.parametrize(("functions", "shortened"), [(2, False), (5, True), (9, True)])
def test_results_of_150_tokens_are_long_in_a_short_prompt(shape, functions, shortened):
    text = source(functions)
    assert (cost([{"role": "user", "content": text}]) > 150) == shortened
    result = compress([TASK, *READS[shape](text)], MODEL, on_entry=True, offer_tool=True)
    assert bool(result.cache) == shortened


@every_shape
def test_names_take_a_good_part_of_what_enters(shape):
    text = source().replace("line.split", "line.split_at_mark").replace("is no", "is_no")
    shown = json.dumps(compress([TASK, *READS[shape](text)], MODEL, on_entry=True).messages[-1])
    markers = re.findall(r"\[\\u2026 [^\]]*\]", shown)
    assert sum(marker.count("helper_") for marker in markers) >= 20


@every_shape
def test_it_stays_as_it_entered(shape):
    first = compress([TASK, *READS[shape](source())], MODEL, on_entry=True)
    more = [TASK, *READS[shape](source()), {"role": "assistant", "content": "I see helper_3 is the same."}]
    second = compress([*more, {"role": "user", "content": "And helper_9?"}], MODEL, on_entry=True, previous=first)
    assert second.messages[:3] == first.messages


@every_shape
def test_where_it_enters_with_a_compaction_it_is_an_excerpt_too(shape):
    old = (openai_agent if shape == "openai" else anthropic_agent)(turns=20)
    before = compress(old, MODEL, on_entry=True, offer_tool=True)
    tokens = before.compressed_tokens
    budget = {"trigger": tokens + 300, "target": tokens // 2 + 3_000}
    whole = [*old, *READS[shape](source(120))]
    result = compress(whole, MODEL, on_entry=True, offer_tool=True, previous=before, **budget)
    assert result.skipped_reason is None
    assert cost(result.messages[-1:]) < 0.6 * cost(whole[-1:])
    assert difference(restore(result.messages, result.cache), whole) is None
    assert result.compressed_tokens <= result.target


@pytest.mark.parametrize(
    ("why", "messages", "options"),
    [
        ("short", [TASK, *openai_read("def parse_header(line):\n    return line\n" * 5)], {}),
        ("a list of names", [TASK, *openai_read("\n".join(f"src/part{n}/file_{n}.py" for n in range(600)))], {}),
        ("named by the caller", [TASK, *openai_read(source())], {"protect": [2]}),
        ("only forms that lose nothing", [TASK, *openai_read(source())], {"on_entry": "lossless"}),
        ("not asked for by a tool", [TASK, {"role": "user", "content": source()}], {}),
        ("nothing can be retrieved", [TASK, *openai_read(source())], {"recoverable": False}),
        ("asked for by its lines", [TASK, *openai_read(source(10), limit=60)], {"offer_tool": True}),
        ("off", [TASK, *openai_read(source())], {"on_entry": False}),
    ],
)
def test_what_stays_whole(why, messages, options):
    result = compress(messages, MODEL, **{"on_entry": "views", **options})
    assert "[… lines" not in json.dumps(result.messages, ensure_ascii=False), why
    assert restore(result.messages, result.cache) == messages


LOGGED = "\n".join(f"2026-05-02 10:{n // 60:02}:{n % 60:02} INFO worker {n} did {n * 7} jobs" for n in range(300))
NAMES = "\n".join(f"src/part{n}/file_{n}.py" for n in range(600))
RECORDS = json.dumps([{"id": n, "note": f"{n} of {n * 7}", f"own{n}": n * n} for n in range(90)])


@pytest.mark.parametrize(
    ("text", "shortened"), [(source(6), True), (LOGGED, True), (NAMES, False), (RECORDS, False), (source(2), False)]
)
def test_with_prices_results_of_other_sizes_and_lists_enter_shorter_but_records_and_names_stay(text, shortened):
    messages = [TASK, *openai_read(text)]
    result = compress(messages, MODEL, on_entry=True, offer_tool=True, prices=usual())
    assert ("[… lines" in result.messages[2]["content"]) == shortened
    assert restore(result.messages, result.cache) == messages


OLD, NEW = "    parts = line.split(':', 1)", "    parts = line.partition(':')"


@pytest.mark.parametrize(
    "call",
    [
        {"path": "app/headers.py", "old": OLD, "new": NEW},
        {"command": f"python - <<'E'\nreplace({OLD!r}, {NEW!r})\nE"},
        {"path": "app/headers.py"},
    ],
)
def test_a_small_file_enters_whole_once_the_agent_has_repeated_a_line_of_a_file_to_edit_it(call):
    edit = openai_read("Done.", "c2")
    edit[0]["tool_calls"][0]["function"] = {"name": "edit", "arguments": json.dumps(call)}
    messages = [TASK, *openai_read(source(9)), *edit, *openai_read(source(8), "c3", "app/body.py")]
    result = compress(messages[:3], MODEL, on_entry=True, offer_tool=True)
    assert "[… lines" in result.messages[2]["content"]
    for end in (5, 7):
        result = compress(messages[:end], MODEL, on_entry=True, offer_tool=True, previous=result)
    assert ("[… lines" in result.messages[6]["content"]) != ("old" in call)
    assert restore(result.messages, result.cache) == messages


@pytest.mark.parametrize(("before", "shortened"), [(1_000, True), (60_000, False)])
def test_by_prices_a_result_has_to_be_longer_the_more_a_retrieval_would_read(before, shortened):
    history = [{"role": "user", "content": "word " * before}]
    first = compress(history, MODEL, on_entry=True, offer_tool=True, prices=usual())
    messages = [*history, *openai_read(source(6))]
    result = compress(messages, MODEL, previous=first, on_entry=True, offer_tool=True, prices=usual())
    assert bool(result.cache) == shortened


def test_a_marked_result_enters_shorter_with_its_mark_unless_marks_keep():
    call, answered = anthropic_read(source())
    answered["content"][0]["cache_control"] = {"type": "ephemeral"}
    assert compress([TASK, call, answered], MODEL, on_entry=True, cached="keep").messages[2] == answered
    (moved,) = compress([TASK, call, answered], MODEL, on_entry=True).messages[2]["content"]
    assert moved["content"] != answered["content"][0]["content"]
    assert moved["cache_control"] == {"type": "ephemeral"}


def test_a_marker_that_was_told_before_is_not_issued():
    """A model may have copied a marker from another run: the same text must not become one afterwards."""
    issued = compress([TASK, *openai_read(source())], MODEL, on_entry=True).messages[2]["content"]
    messages = [
        TASK,
        {"role": "assistant", "content": issued},
        {"role": "user", "content": "?"},
        *openai_read(source()),
    ]
    result = compress(messages, MODEL, on_entry=True)
    assert difference(restore(result.messages, result.cache), messages) is None


def test_what_was_retrieved_enters_whole():
    talk = Conversation(MODEL, on_entry=True)
    talk.append(TASK, *openai_read(source()))
    talk.request()
    (key,) = talk.result.cache
    function = {"name": "compresskit_retrieve", "arguments": json.dumps({"key": key})}
    calls = [{"id": "r", "type": "function", "function": function}]
    asked = {"role": "assistant", "content": None, "tool_calls": calls}
    answers = talk.answer({"choices": [{"message": asked}]})
    talk.append(asked, *answers)
    assert talk.request()["messages"][-1] == answers[0]


def test_a_form_that_says_everything_does_not_have_to_pay_for_the_tool():
    rows = json.dumps([{"id": n, "name": f"user {n}", "active": True} for n in range(9)])
    messages = [TASK, *openai_read(rows)]
    plain = compress(messages, MODEL)
    short = compress(messages, MODEL, on_entry=True)
    assert short.tools is None
    assert short.compressed_tokens < plain.compressed_tokens
    assert restore(short.messages, short.cache) == messages
    as_sent = compress(short.messages, MODEL, on_entry=True, cache=short.cache)
    assert (as_sent.messages, as_sent.tools) == (short.messages, None)


def test_a_small_request_that_fits_in_complete_forms_pays_for_no_tool():
    rows = json.dumps([{"id": n, "name": f"user {n}", "state": "failed" if n == 7 else "ok"} for n in range(60)])
    messages = [TASK, *openai_read(rows)]
    size = compress(messages, MODEL).original_tokens
    result = compress(messages, MODEL, trigger=size - 1, target=size * 6 // 10)
    assert result.target_met
    assert result.tools is None
    assert "user 59" in result.messages[-1]["content"]
    smaller = compress(messages, MODEL, trigger=size - 1, target=size // 4)
    assert smaller.tools
    assert "failed" in smaller.messages[-1]["content"]
