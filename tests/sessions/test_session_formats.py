"""Session files are found out by their content, and read as what a model got: nothing else, and in a valid order."""

import contextlib
import gzip
import io
import json
import random
import sys

import pytest
from session_files import (
    FILES,
    SECRET,
    SYSTEM,
    TASK,
    claude_code,
    codex,
    file_text,
    openai_log,
    openhands,
    openhands_sdk,
    save,
)

from compresskit import compress, restore, sessions
from compresskit.bill import requests
from compresskit.errors import InvalidSession
from evals.harness.validity import problems


def read(path):
    return sessions.read(str(path))


@pytest.fixture(params=FILES)
def saved(request, tmp_path):
    name, make, source = FILES[request.param]
    return save(tmp_path / name, make()), source


def test_each_format_gives_what_the_model_got_and_nothing_else(saved):
    """All tool results word for word, the task, the system prompt if the file has it, and no bookkeeping."""
    path, source = saved
    (session,) = read(path).sessions
    assert session.source == source
    text = json.dumps([session.system, session.whole], ensure_ascii=False)
    said = json.dumps(file_text(2), ensure_ascii=False).strip('"')[:1500]
    assert said in text or json.dumps(said).strip('"') in text, "a result, also as JSON inside of JSON"
    assert TASK in text
    assert SECRET not in text
    assert session.source == "Claude Code" or SYSTEM in text, "only Claude Code writes no system prompt"


def test_each_format_gives_messages_that_can_be_sent_and_compressed(saved):
    path, _ = saved
    (session,) = read(path).sessions
    result = compress(session.messages, session.model or "gpt-4o", 3000, shape=session.shape, tools=session.tools)
    free = session.shape == "responses"  # items need not take turns
    found = problems(session.messages, result_shape(session))
    assert [one for one in found if not (free and "alternation" in one)] == []
    assert result.cache, "something was taken out"
    assert restore(result.messages, result.cache) == session.messages


def result_shape(session):
    text = json.dumps(session.messages)
    return session.shape if session.shape != "auto" else "anthropic" if '"tool_use"' in text else "openai"


def test_the_name_of_a_file_says_nothing(saved, tmp_path):
    path, source = saved
    other = tmp_path / "notes"
    other.write_bytes(gzip.compress(path.read_bytes()))
    assert [session.source for session in read(other).sessions] == [source]


def test_what_is_being_written_is_read_up_to_its_last_whole_line(tmp_path):
    for make in (claude_code, codex, openhands_sdk, openai_log):
        path = save(tmp_path / "s.jsonl", make())
        whole = read(path)
        assert whole.notes == []
        path.write_text(path.read_text() + '{"type": "user", "mess')
        cut = read(path)
        assert [one.messages for one in cut.sessions] == [one.messages for one in whole.sessions]
        assert "line" in cut.notes[0]
        path.write_text(path.read_text() + "\n" + json.dumps(make()[-1]))
        with pytest.raises(InvalidSession, match="line"):
            read(path)


def test_a_file_of_no_known_format_is_one_error_that_lists_them(tmp_path):
    for values in ({"prompt": "a"}, [{"type": "thing"}], [{"type": "note", "id": n} for n in range(3000)]):
        for name in ("x.json", "x.jsonl"):
            with pytest.raises(InvalidSession) as raised:
                read(save(tmp_path / name, values if isinstance(values, list) else [values]))
            for format_ in ("messages", "Claude Code", "Codex", "SWE-agent", "OpenHands", "log of requests"):
                assert format_ in str(raised.value)


def test_a_long_file_is_never_held_as_a_whole(tmp_path):
    """A line that is not needed is gone before the next one is read."""
    import tracemalloc

    lines = claude_code(2)
    waste = {"type": "progress", "data": "x" * 1_000_000, "uuid": None}
    path = save(tmp_path / "s.jsonl", [*lines[:4], *[waste] * 40, *lines[4:]])
    tracemalloc.start()
    read(path)
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert most < 12_000_000 < path.stat().st_size


def test_codex_goes_on_with_the_history_that_replaced_the_old_one(tmp_path):
    first, second = read(save(tmp_path / "r.jsonl", codex(compacted=True))).sessions
    assert [item["role"] for item in second.messages] == ["user", "assistant"]
    assert (second.name, second.start, second.model) == ("r#2", 1, "gpt-5-codex")
    assert first.system == second.system == SYSTEM
    assert first.reported.tokens == 9000
    assert first.messages[first.reported.messages]["type"] == "reasoning", "the first answer begins with its reasoning"


def test_codex_takes_back_what_the_user_took_back(tmp_path):
    lines = codex()
    back = {"type": "event_msg", "payload": {"type": "thread_rolled_back", "num_turns": 1}}
    (whole,), (cut,) = (read(save(tmp_path / "r.jsonl", one)).sessions for one in (lines, [*lines, back]))
    assert cut.messages == whole.messages[:-1], "the last question"


def test_an_old_file_of_codex_has_bare_items(tmp_path):
    lines = codex()
    items = [line["payload"] for line in lines if line["type"] == "response_item"]
    old = [{"id": "1", "timestamp": "2025-06-01", "instructions": SYSTEM, "git": {}}, {"record_type": "state"}, *items]
    (now,), (then,) = (read(save(tmp_path / "r.jsonl", one)).sessions for one in (lines, old))
    assert then.messages == now.messages
    assert then.system == SYSTEM


def test_a_condensation_of_openhands_ends_a_session(tmp_path):
    events = openhands()
    args = {"forgotten_events_start_id": 3, "forgotten_events_end_id": 10, "summary": "So far.", "summary_offset": 2}
    events.insert(-1, {"id": 50, "source": "agent", "action": "condensation", "args": args})
    first, second = read(save(tmp_path / "t.json", events)).sessions
    assert [message["role"] for message in first.messages].count("tool") == 5
    assert [message["content"] for message in second.messages[:3]] == [SYSTEM, TASK, "So far."]
    assert second.start == len(second.messages) - 1, "the last answer is the only one of its own"


def test_the_folder_of_a_conversation_has_a_file_for_each_event(tmp_path):
    folder = tmp_path / "conversation" / "events"
    folder.mkdir(parents=True)
    events = openhands_sdk(12)
    for number, event in enumerate(events):
        save(folder / f"event-{number:05d}-{event['id']}.json", event)
    (session,) = read(folder.parent).sessions
    (lines,) = read(save(tmp_path / "e.jsonl", events)).sessions
    assert session.messages == lines.messages


def test_requests_that_continue_each_other_are_one_session(tmp_path):
    """Also if two conversations are logged in turns, and if a client moves its cache marks."""
    one, other = openai_log(3), openai_log(2)
    for entry in other:
        entry["request"]["messages"][1] = {"role": "user", "content": "Another task."}
    mixed = [entry for pair in zip(one, [*other, None], strict=True) for entry in pair if entry]
    first, second = read(save(tmp_path / "log.jsonl", mixed)).sessions
    assert first.ends == (2, 4, 6, 8)
    assert second.ends == (2, 4, 6)
    assert first.answer == [{"role": "assistant", "content": "It rounds twice."}]
    name, make, _ = FILES["anthropic log"]
    (marked,) = read(save(tmp_path / name, make())).sessions
    assert marked.ends == (1, 3, 5, 7, 9, 11)


def test_standard_input_is_read_too(tmp_path, monkeypatch):
    path = save(tmp_path / "s.jsonl", claude_code())
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(path.read_bytes())))
    assert read("-").sessions[0].messages == read(path).sessions[0].messages


ODD = (None, 5, 1.5, True, "x", [], {}, [1], ["a"], {"a": 1}, [None], [[]])


def damaged(value, rng):
    """A copy in which some values are of another type, and some are missing."""
    if rng.random() < 0.03:
        return rng.choice(ODD)
    if isinstance(value, dict):
        return {name: damaged(inner, rng) for name, inner in value.items() if rng.random() > 0.01}
    return [damaged(inner, rng) for inner in value if rng.random() > 0.01] if isinstance(value, list) else value


@pytest.mark.parametrize("name", FILES)
def test_a_damaged_file_is_read_or_is_one_error(name, tmp_path):
    """And what is read of it can be replayed, as far as it holds messages."""
    file, make, _ = FILES[name]
    for seed in range(20):
        rng = random.Random(seed)
        values = make(3)
        values = [damaged(value, rng) for value in values] if isinstance(values, list) else damaged(values, rng)
        with contextlib.suppress(InvalidSession):
            for session in read(save(tmp_path / file, values)).sessions:
                if isinstance(session.messages, list) and all(isinstance(one, dict) for one in session.messages):
                    requests(session.whole, session.start, session.ends)
