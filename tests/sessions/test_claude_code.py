"""Claude Code's session files are read with their branches, parallel calls, subagents and compactions."""

import json

from compresskit import sessions
from evals.harness.validity import problems


def read(folder, lines):
    path = folder / "s.jsonl"
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    return [session.messages for session in sessions.read(str(path)).sessions]


class Session:
    """Writes lines as Claude Code does."""

    def __init__(self):
        self.lines = [{"type": "file-history-snapshot", "messageId": "x", "snapshot": {}}]

    def add(self, kind, content, parent=None, name=None, **more):
        uuid = f"u{len(self.lines)}"
        message = {"role": kind, "content": content, **({"id": name, "model": "claude"} if name else {})}
        envelope = {"type": kind, "uuid": uuid, "parentUuid": parent, "isSidechain": False, "sessionId": "s"}
        self.lines.append({**envelope, "message": message, **more})
        return uuid


def text(words):
    return [{"type": "text", "text": words}]


def use(name):
    return [{"type": "tool_use", "id": name, "name": "Read", "input": {"file_path": name}}]


def result(name):
    return [{"type": "tool_result", "tool_use_id": name, "content": f"of {name}"}]


def parallel():
    """A question, an answer of three lines with two calls, whose results stand between and behind."""
    session = Session()
    asked = session.add("user", "Read both.")
    said = session.add("assistant", text("I read."), asked, "m1")
    one = session.add("assistant", use("a"), said, "m1")
    session.add("user", result("a"), one, toolUseResult={"stdout": "of a"})
    two = session.add("assistant", use("b"), one, "m1")
    last = session.add("user", result("b"), two)
    return session, last


def test_blocks_of_one_answer_and_results_of_parallel_calls_come_together(tmp_path):
    """Four messages, and a request that the API takes."""
    session, last = parallel()
    session.add("assistant", text("Done."), last, "m2")
    (messages,) = read(tmp_path, session.lines)
    assert [message["role"] for message in messages] == ["user", "assistant", "user", "assistant"]
    assert [block["type"] for block in messages[1]["content"]] == ["text", "tool_use", "tool_use"]
    assert [block["tool_use_id"] for block in messages[2]["content"]] == ["a", "b"]
    assert problems(messages, "anthropic") == []


def test_what_was_tried_again_and_what_subagents_say_is_left_out(tmp_path):
    """Only the branch that the last line hangs on."""
    session, last = parallel()
    session.add("assistant", text("A dead end."), last, "m2")
    session.add("user", "A subagent's task.", last, isSidechain=True)
    session.add("assistant", text("Overloaded."), last, "e", isApiErrorMessage=True)
    session.lines[-1]["message"]["model"] = "<synthetic>"
    session.add("assistant", text("Done."), last, "m3")
    (messages,) = read(tmp_path, session.lines)
    assert "dead end" not in json.dumps(messages)
    assert "subagent" not in json.dumps(messages)
    assert messages[-1]["content"] == text("Done.")


def test_a_file_of_a_subagent_is_a_run(tmp_path):
    session = Session()
    asked = session.add("user", "Look.", isSidechain=True)
    session.add("assistant", text("Found."), asked, "m", isSidechain=True)
    (messages,) = read(tmp_path, session.lines)
    assert [message["role"] for message in messages] == ["user", "assistant"]


def test_a_compaction_begins_a_new_run(tmp_path):
    """What stood before it, the model never saw again."""
    session, last = parallel()
    done = session.add("assistant", text("Done."), last, "m2")
    boundary = {"type": "system", "subtype": "compact_boundary", "uuid": "c", "parentUuid": None}
    session.lines.append({**boundary, "logicalParentUuid": done, "isSidechain": False})
    summary = session.add("user", "So far: both were read.", "c", isCompactSummary=True)
    session.add("assistant", text("Go on."), summary, "m3")
    first, second = read(tmp_path, session.lines)
    assert (len(first), len(second)) == (4, 2)
    assert second[0]["content"] == text("So far: both were read.")


def test_a_parent_that_is_missing_does_not_lose_what_came_before(tmp_path):
    session, last = parallel()
    session.add("assistant", text("Done."), last, "m2")
    more = session.add("user", "More.", "nowhere")
    session.add("assistant", text("Yes."), more, "m3")
    (messages,) = read(tmp_path, session.lines)
    assert len(messages) == 6


def test_a_first_message_that_was_rewritten_is_the_first(tmp_path):
    session, _ = parallel()
    asked = session.add("user", "Read only one.")
    session.add("assistant", text("Which?"), asked, "m2")
    (messages,) = read(tmp_path, session.lines)
    assert [message["content"] for message in messages] == [text("Read only one."), text("Which?")]


def test_lines_that_come_twice_count_once(tmp_path):
    session, last = parallel()
    session.add("assistant", text("Done."), last, "m2")
    once = read(tmp_path, session.lines)
    assert read(tmp_path, [*session.lines, *session.lines]) == once
