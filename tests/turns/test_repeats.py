"""What can be read above enters once: what a call has just written, and a file that is read again."""

import json
import re

import pytest

from compresskit import Conversation, compress, restore, retrieve

MODEL = "gpt-4o"
WORDS = ["parcel", "ledger", "harbour", "window", "signal", "garden", "bottle", "ticket", "engine", "mirror"]
SOURCE = "\n\n".join(
    f"def {word}_{other}(items):\n    found = [item for item in items if item.{word} == '{other}']\n"
    f"    return sorted(found, key=lambda item: item.{other})"
    for word in WORDS
    for other in WORDS[:4]
)
CHANGED = SOURCE.replace("item.engine == 'window'", "item.engine is not None and 'window' in item.engine")


def numbered(text, sign="→"):
    return "\n".join(f"{number:>6}{sign}{line}" for number, line in enumerate(text.split("\n"), 1))


def openai_call(name, arguments, text, call_id):
    function = {"name": name, "arguments": json.dumps(arguments)}
    call = {"id": call_id, "type": "function", "function": function}
    return [
        {"role": "assistant", "content": None, "tool_calls": [call]},
        {"role": "tool", "tool_call_id": call_id, "content": text},
    ]


def anthropic_call(name, arguments, text, call_id):
    call = {"type": "tool_use", "id": call_id, "name": name, "input": arguments}
    result = {"type": "tool_result", "tool_use_id": call_id, "content": text}
    return [{"role": "assistant", "content": [call]}, {"role": "user", "content": [result]}]


every_shape = pytest.mark.parametrize("call", [openai_call, anthropic_call])
TASK = {"role": "user", "content": "Find out why engine_window() misses tickets, and mend it."}


def entering(*turns, trigger=100_000):
    """What the last result of a conversation stands as, whose earlier results were sent whole."""
    messages, result = [TASK], None
    for number, turn in enumerate(turns, 1):
        messages += turn
        last = number == len(turns)
        result = compress(messages, MODEL, trigger, previous=result, offer_tool=True, on_entry=last)
    assert restore(result.messages, result.cache) == messages
    content = result.messages[-1]["content"]
    return (content if isinstance(content, str) else content[0]["content"]), result.cache


@every_shape
@pytest.mark.parametrize("first", ["", "The file /app/shop.py has been updated:\n"])
def test_what_a_call_wrote_does_not_stand_again_in_its_result(call, first):
    echo = first + numbered(SOURCE)
    text, cache = entering(call("Write", {"file_path": "/app/shop.py", "content": SOURCE}, echo, "c1"))
    assert len(text) < 300
    assert "found = [" not in text
    assert text.startswith(first or "[… lines 1-")
    assert [retrieve(cache, key, max_tokens=10**6) for key in cache] == [echo]


@every_shape
def test_a_marker_says_that_it_stands_above(call):
    arguments = {"file_path": "/app/shop.py", "content": SOURCE}
    text, _ = entering(call("Write", arguments, numbered(SOURCE), "c1"))
    assert re.fullmatch(r"\[… lines 1-\d+: stands above: retrieve \w+\]", text)


def output(parts):
    """What a program says while it builds so many parts."""
    return "".join(
        f"==> {first} {second}\nCompiling {len(first) * number} files of {second}\nGenerated the {first} of {second}\n"
        for number, (first, second) in enumerate([(a, b) for a in WORDS for b in WORDS][:parts])
    )


@every_shape
@pytest.mark.parametrize("tool", ["TaskOutput", "Poll"])
def test_of_what_a_program_says_from_the_start_again_only_what_is_new_is_shown(call, tool):
    first = call("TaskOutput", {"task": "b1"}, f"<status>running</status>\n{output(60)}", "c1")
    whole = f"<status>completed</status>\n{output(75)}All is built.\n"
    text, cache = entering(first, call(tool, {"task": "b1"}, whole, "c2"))
    assert ("stands above" in text) == (tool == "TaskOutput")
    if tool == "TaskOutput":
        assert whole.splitlines()[-3:] == text.splitlines()[-3:]
        assert "<status>completed</status>" in text
        assert "Generated the parcel of garden" not in text
        assert whole in [retrieve(cache, key, max_tokens=10**6) for key in cache]


@every_shape
def test_what_a_call_did_not_write_is_excerpted_as_ever(call):
    text, _ = entering(call("Read", {"file_path": "/app/shop.py"}, numbered(SOURCE), "c1"))
    assert "def engine_window(items):" in text
    assert len(text) > 0.2 * len(SOURCE)
    assert "stands above" not in text


STATE = (
    "(open file: /home/ann/projects/2026/07/parcels-and-ledgers/shop/orders_of_engines.py)\n"
    "(current folder: /home/ann/projects/2026/07/parcels-and-ledgers/shop)\nbash-$"
)


@every_shape
def test_lines_around_every_result_are_sent_once(call):
    outputs = ["3 passed", "Permission denied", SOURCE]
    turns = [call("run", {"command": f"make {n}"}, f"{text}\n{STATE}", f"c{n}") for n, text in enumerate(outputs)]
    for number, output in enumerate(outputs[1:], 1):
        text, cache = entering(*turns[: number + 1])
        assert "current folder" not in text
        assert text.startswith(f"{output}\n") or number == 2
        assert list(cache.values()) == [f"{output}\n{STATE}"]
    changed = STATE.replace("ledgers/shop)", "ledgers/bank)")
    text, _ = entering(turns[0], call("run", {"command": "cd ../bank"}, f"Done.\n{changed}", "c9"))
    assert text == f"Done.\n{changed}"


@every_shape
@pytest.mark.parametrize("sign", ["→", ":"])
def test_of_a_file_that_is_read_again_only_what_is_new_is_shown(call, sign):
    # short enough to enter whole, so that all of it can be read above
    part = SOURCE.split("\n\n")[30:35]
    new = [each.replace("sorted", "tuple") for each in SOURCE.split("\n\n")[:12]]
    first = call("Read", {"file_path": "shop.py"}, numbered("\n\n".join(part), sign), "c1")
    text, _ = entering(first, call("Read", {"file_path": "shop.py"}, numbered("\n\n".join([*part, *new]), sign), "c2"))
    for definition in part[:-1]:  # the last one shows where the text goes on
        assert definition.split("\n")[1] not in text
    assert any(definition.split("\n")[1] in text for definition in new)


@every_shape
def test_what_cannot_be_read_above_is_shown(call):
    arguments = {"file_path": "/app/shop.py"}
    messages = [TASK, *call("Read", arguments, numbered(SOURCE), "c1")]
    first = compress(messages, MODEL, 100_000, offer_tool=True, on_entry=True)  # the file enters as an excerpt
    messages += call("Read", arguments, numbered(CHANGED), "c2")
    result = compress(messages, MODEL, 100_000, previous=first, offer_tool=True, on_entry=True)
    shown, text = (
        json.dumps(one, ensure_ascii=False) for one in (first.messages, result.messages[len(first.messages) :])
    )
    assert "in item.engine" in text
    assert "def mirror_ledger" not in shown
    assert "stands above" not in text


@every_shape
def test_a_short_line_that_changed_is_shown(call):
    settings = "\n".join(
        f"[{first}.{second}]\nretries = 3\nname of it = {second}" for first in WORDS for second in WORDS
    )
    changed = settings.replace("[garden.ticket]\nretries = 3", "[garden.ticket]\nretries = 7")
    write = call("Write", {"file_path": "shop.cfg", "content": settings}, "Done.", "c1")
    text, _ = entering(write, call("Read", {"file_path": "shop.cfg"}, numbered(changed), "c2"))
    assert "stands above" in text
    assert "retries = 7" in text
    assert text.count("retries = ") < 30


PARTS = [f"step {number} of the build {word}\nok, it took {number} ms\n" for number in range(80) for word in WORDS[:2]]


@every_shape
@pytest.mark.parametrize(
    "changed",
    [
        [*PARTS[:70], *PARTS[71:]],
        [*PARTS[:40], PARTS[90], *PARTS[41:90], PARTS[40], *PARTS[91:]],
        [*PARTS[:50], *PARTS[49:]],
        PARTS[:-8],
        [*PARTS[:100], PARTS[100].replace("ok", "FAILED"), *PARTS[101:]],
        [*PARTS, "FAILED: 3\n"],
    ],
    ids=["left out", "swapped", "doubled", "cut", "changed", "longer"],
)
def test_results_that_differ_are_never_shown_alike(call, changed):
    first = call("run", {"job": 1}, "".join(PARTS[:60]) + "done\n", "c0")
    before = call("run", {"job": 1}, "".join(PARTS), "c1")
    same, _ = entering(first, before, call("run", {"job": 1}, "".join(PARTS), "c2"))
    other, _ = entering(first, before, call("run", {"job": 1}, "".join(changed), "c2"))
    shown, hidden = (re.sub(r"\[… .*\]", "", text) for text in (same, other))
    assert "stands above" in same
    assert shown != hidden


@every_shape
def test_once_a_file_was_changed_nothing_says_which_state_stands_above(call):
    write = call("Write", {"file_path": "shop.py", "content": SOURCE}, "Done.", "c1")
    edit = call("Edit", {"file_path": "shop.py", "old_string": "a = 1\n", "new_string": "a = 2\n"}, "Done.", "c2")
    for text in (SOURCE, CHANGED):
        read, _ = entering(write, edit, call("Read", {"file_path": "shop.py"}, numbered(text), "c3"))
        assert "stands above" not in read


@every_shape
def test_a_file_is_known_by_its_whole_path(call):
    write = call("Write", {"file_path": "/app/my_shop.py", "content": SOURCE}, "Done.", "c1")
    read, _ = entering(write, call("Read", {"file_path": "shop.py"}, numbered(SOURCE), "c2"))
    assert "stands above" not in read


@every_shape
def test_numbers_that_are_data_are_compared(call):
    plan = "".join(f"{number}: step number {number} of the plan\n" for number in range(1, 31))
    first, second = (
        plan + "".join(f"{code + n % 3}: GET /api/v1/resource/{n}/detail\n" for n in range(80)) for code in (200, 500)
    )
    text, _ = entering(call("probe", {"q": 1}, first, "c1"), call("probe", {"q": 2}, second, "c2"))
    assert "50" in text
    assert "stands above" not in text


def test_what_the_model_thought_is_not_read():
    thought = {"type": "thinking", "thinking": f'{{"file_path": "shop.py"}}\n{SOURCE}', "signature": "x"}
    messages = [{"role": "assistant", "content": [thought, {"type": "text", "text": "Well."}]}, TASK]
    text, _ = entering(messages, anthropic_call("Read", {"file_path": "shop.py"}, numbered(SOURCE), "c1"))
    assert "stands above" not in text


@every_shape
def test_what_is_taken_out_in_the_same_turn_does_not_stand_above(call):
    talk = Conversation(MODEL, trigger=9_000, target=5_000, on_entry=True)
    talk.append(TASK, *call("Write", {"file_path": "shop.py", "content": SOURCE}, "Done.", "c1"))
    talk.request()
    talk.append({"role": "assistant", "content": "And now? " * 2_000}, {"role": "user", "content": "Go on. " * 1_000})
    talk.append(*call("Read", {"file_path": "shop.py"}, numbered(SOURCE), "c2"))
    said = json.dumps(talk.request()["messages"], ensure_ascii=False)
    assert talk.result.skipped_reason is None
    assert restore(talk.result.messages, talk.result.cache) == talk.messages
    assert "stands above" not in said


@every_shape
def test_nothing_is_said_to_stand_in_what_enters_with_it(call):
    part = "\n\n".join(SOURCE.split("\n\n")[:30])
    first, second = (call("Read", {"file_path": "shop.py"}, numbered(part), call_id) for call_id in ("c1", "c2"))
    talk = Conversation(MODEL, on_entry=True)
    talk.append(TASK, *first, *second)
    shown = [json.dumps(message, ensure_ascii=False) for message in talk.request()["messages"]]
    assert not any("stands above" in message for message in shown)
    assert restore(talk.result.messages, talk.result.cache) == talk.messages


@every_shape
def test_the_same_lines_of_another_file_stand(call):
    write = call("Write", {"file_path": "/app/shop.py", "content": SOURCE}, "Done.", "c1")
    text, _ = entering(write, call("Read", {"file_path": "/lib/store.py"}, numbered(SOURCE), "c2"))
    assert "def engine_window(items):" in text


def test_arguments_that_are_no_json_say_nothing():
    function = {"name": "write", "arguments": '{"path": "shop.py", "content": "' + SOURCE[:3000].replace("\n", "\\n")}
    call = {"id": "c1", "type": "function", "function": function}
    messages = [
        {"role": "assistant", "content": None, "tool_calls": [call]},
        {"role": "tool", "tool_call_id": "c1", "content": numbered(SOURCE)},
    ]
    text, _ = entering(messages)
    assert "def engine_window(items):" in text
