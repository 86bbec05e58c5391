"""Files as agents and programs leave them on disk, rebuilt with the fields that they have.

Each function returns the values of a file: one for each line, or one for a JSON file. In each of them, a model reads
long files and then answers, so that every format has something to compress.
"""

import json

from client_sessions import codex_session
from texts import make_text

TASK = "Why does settle_invoice round before the tax?"
MODEL = "claude-sonnet-4-5"
SECRET = "this was never sent to a model"
SYSTEM = "You are a careful engineer."
TOOLS = [{"type": "function", "function": {"name": "read_file", "parameters": {"type": "object"}}}]


def file_text(number, size=6000):
    return make_text("code", number, size)


def save(path, values):
    """A JSONL file for a list of values, a JSON file for anything else."""
    lines = values if path.name.endswith(".jsonl") else [values]
    path.write_text("".join(json.dumps(value) + "\n" for value in lines), encoding="utf-8")
    return path


def claude_code(turns=5, model=MODEL):
    """Lines of Claude Code: bookkeeping, an answer over two lines, its result with a copy, a subagent, an API error."""
    lines = [
        {"type": "summary", "summary": SECRET, "leafUuid": "x"},
        {"type": "file-history-snapshot", "messageId": "m", "snapshot": {"trackedFileBackups": {}}},
    ]
    parent = None

    def add(kind, message, **more):
        nonlocal parent
        uuid = f"u{len(lines)}"
        envelope = {
            "parentUuid": parent,
            "isSidechain": False,
            "userType": "external",
            "cwd": "/repo",
            "version": "2.1.0",
        }
        envelope |= {"sessionId": "s1", "type": kind, "uuid": uuid, "timestamp": "2026-11-02T10:00:00.000Z"}
        lines.append({**envelope, "message": message, **more})
        if not more.get("isSidechain"):
            parent = uuid

    add("user", {"role": "user", "content": TASK})
    for n in range(turns):
        usage = {"input_tokens": 4, "cache_creation_input_tokens": 1500, "cache_read_input_tokens": 18000 + 1500 * n}
        answer = {"id": f"msg_{n}", "type": "message", "role": "assistant", "model": model, "usage": usage}
        add("assistant", {**answer, "content": [{"type": "text", "text": f"I read file {n}."}]}, requestId=f"req_{n}")
        call = {"type": "tool_use", "id": f"toolu_{n}", "name": "Read", "input": {"file_path": f"/repo/src/m{n}.py"}}
        add("assistant", {**answer, "content": [call]}, requestId=f"req_{n}")
        result = {"type": "tool_result", "tool_use_id": f"toolu_{n}", "content": file_text(n)}
        add("user", {"role": "user", "content": [result]}, toolUseResult={"file": {"content": SECRET}})
    add("user", {"role": "user", "content": SECRET}, isSidechain=True)
    error = {"id": "e", "role": "assistant", "model": "<synthetic>", "content": [{"type": "text", "text": SECRET}]}
    add("assistant", error, isApiErrorMessage=True)
    add("assistant", {**answer, "id": "msg_end", "content": [{"type": "text", "text": "It rounds twice."}]})
    return [
        *lines,
        {"type": "system", "subtype": "turn_duration", "uuid": "z", "parentUuid": parent, "content": SECRET},
    ]


def codex(turns=6, compacted=False):
    """Lines of a rollout of Codex; with a compaction, the history before it is replaced."""

    def line(kind, payload):
        return {"timestamp": "2026-11-02T10:00:00.000Z", "type": kind, "payload": payload}

    meta = {"id": "0199", "cwd": "/repo", "originator": "codex_cli_rs", "cli_version": "0.150.0", "source": "cli"}
    lines = [
        line("session_meta", {**meta, "base_instructions": {"text": SYSTEM}}),
        line("turn_context", {"cwd": "/repo", "approval_policy": "never", "model": "gpt-5-codex", "effort": "high"}),
    ]
    for item in codex_session(turns):
        lines.append(line("response_item", item))
        if item["type"] == "function_call":
            usage = {"input_tokens": 9000, "cached_input_tokens": 0, "output_tokens": 50, "total_tokens": 9050}
            lines.append(line("event_msg", {"type": "token_count", "info": {"last_token_usage": usage}}))
    lines.append(line("response_item", {"type": "ghost_snapshot", "ghost_commit": {"id": SECRET}}))
    lines.append(line("event_msg", {"type": "agent_message", "message": SECRET}))
    if compacted:
        summary = {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "So far: it rounds."}]}
        answer = {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": "I go on."}]}
        lines.append(line("compacted", {"message": "So far: it rounds.", "replacement_history": [summary]}))
        lines.append(line("response_item", answer))
    return lines


def swe_agent(turns=5):
    """A trajectory of SWE-agent: its history has fields that are never sent, and the steps repeat everything."""
    history = [
        {"role": "system", "content": SYSTEM, "agent": "main", "message_type": "system_prompt"},
        {"role": "user", "content": TASK, "agent": "main", "is_demo": False, "message_type": "observation"},
    ]
    for n in range(turns):
        call = {"id": f"call_{n}", "type": "function", "function": {"name": "bash", "arguments": '{"command": "cat"}'}}
        history += [
            {"role": "assistant", "content": f"I read {n}.", "thought": SECRET, "action": f"cat {n}", "agent": "main",
             "tool_calls": [call], "message_type": "action", "thinking_blocks": []},
            {"role": "tool", "content": file_text(n), "tool_call_ids": [f"call_{n}"], "agent": "main",
             "message_type": "observation", "tags": [SECRET]},
        ]  # fmt: skip
    history.append({"role": "assistant", "content": "It rounds twice.", "agent": "main", "message_type": "action"})
    step = {"action": "cat", "observation": SECRET, "response": "", "thought": "", "state": {}, "query": []}
    return {"trajectory": [step], "history": history, "info": {"exit_status": "submitted"}, "environment": "swe_main"}


def mini_swe_agent(turns=5):
    """A trajectory of mini-swe-agent 2: chat messages with an extra, and how it ended."""
    messages = [{"role": "system", "content": SYSTEM}, {"role": "user", "content": TASK}]
    for n in range(turns):
        messages += [
            {"role": "assistant", "content": f"```bash\ncat m{n}.py\n```", "extra": {"response": SECRET}},
            {"role": "user", "content": f"<returncode>0</returncode>\n<output>\n{file_text(n)}\n</output>"},
        ]
    messages.append({"role": "exit", "content": SECRET, "extra": {"exit_status": "Submitted"}})
    info = {"mini_version": "2.0.0", "exit_status": "Submitted", "config": {"model": {"model_name": "gpt-4o"}}}
    return {"info": info, "messages": messages, "trajectory_format": "mini-swe-agent-1.1"}


def openhands(turns=5):
    """A trajectory of OpenHands 0.x: actions with the model's whole response, and observations."""
    events = [
        {"id": 0, "source": "agent", "action": "system", "args": {"content": SYSTEM, "tools": TOOLS}},
        {"id": 1, "source": "user", "action": "message", "args": {"content": TASK}},
        {"id": 2, "source": "environment", "observation": "agent_state_changed", "content": SECRET, "extras": {}},
    ]
    for n in range(turns):
        call = {"id": f"call_{n}", "type": "function", "function": {"name": "execute_bash", "arguments": "{}"}}
        message = {"role": "assistant", "content": f"I read {n}.", "tool_calls": [call]}
        response = {"id": f"chatcmpl-{n}", "model": "gpt-4o", "choices": [{"index": 0, "message": message}]}
        metadata = {"function_name": "execute_bash", "tool_call_id": f"call_{n}", "model_response": response}
        run = {"source": "agent", "action": "run", "args": {"command": "cat", "thought": f"I read {n}."}}
        seen = {"exit_code": 0, "working_dir": "/repo", "py_interpreter_path": "", "prefix": "", "suffix": ""}
        output = {"source": "agent", "observation": "run", "content": file_text(n), "extras": {"metadata": seen}}
        events += [
            {"id": 2 * n + 3, "timestamp": "2025-05-01T10:00:00", **run, "tool_call_metadata": metadata},
            {"id": 2 * n + 4, "cause": 2 * n + 3, **output, "tool_call_metadata": metadata},
        ]
    said = {"source": "agent", "action": "message", "args": {"content": "It rounds twice."}}
    return [*events, {"id": 99, **said}]


def openhands_sdk(turns=5):
    """Events of the OpenHands SDK, as the files in its folder hold them. One answer has two calls."""
    events = [
        {"kind": "SystemPromptEvent", "id": "a", "source": "agent", "system_prompt": {"type": "text", "text": SYSTEM},
         "tools": TOOLS},
        {"kind": "MessageEvent", "id": "b", "source": "user",
         "llm_message": {"role": "user", "content": [{"type": "text", "text": TASK, "cache_prompt": False}]}},
        {"kind": "ConversationStateUpdateEvent", "id": "c", "source": "environment", "key": "x", "value": SECRET},
    ]  # fmt: skip
    for n in range(turns):
        for name in "ab":
            call = {
                "id": f"call_{n}{name}",
                "name": "terminal",
                "arguments": '{"command": "cat"}',
                "origin": "completion",
            }
            thought = [{"type": "text", "text": "I read."}] if name == "a" else []
            made = {"kind": "ActionEvent", "source": "agent", "tool_name": "terminal", "llm_response_id": f"r{n}"}
            names = {"id": f"{n}{name}", "tool_call_id": f"call_{n}{name}"}
            events.append({**made, **names, "thought": thought, "tool_call": call})
        for name in "ab":
            content = [{"type": "text", "text": file_text(n, 3000)}]
            seen = {
                "kind": "TerminalObservation",
                "content": content,
                "metadata": {"exit_code": 0, "working_dir": "/r"},
            }
            names = {"id": f"o{n}{name}", "action_id": f"{n}{name}", "tool_call_id": f"call_{n}{name}"}
            events.append({"kind": "ObservationEvent", "source": "environment", **names, "observation": seen})
    words = {"role": "assistant", "content": [{"type": "text", "text": "It rounds twice."}]}
    return [*events, {"kind": "MessageEvent", "id": "z", "source": "agent", "llm_message": words}]


def chat(turns=5):
    """The messages of an OpenAI chat with tools."""
    messages = [{"role": "system", "content": SYSTEM}, {"role": "user", "content": TASK}]
    for n in range(turns):
        call = {"id": f"call_{n}", "type": "function", "function": {"name": "read_file", "arguments": f'{{"n": {n}}}'}}
        messages += [
            {"role": "assistant", "content": None, "tool_calls": [call]},
            {"role": "tool", "tool_call_id": f"call_{n}", "content": file_text(n)},
        ]
    return messages


def openai_log(turns=5):
    """A line for each request of a chat, with its response, as a program logs what it sends."""
    messages = chat(turns)
    ends = [index for index, message in enumerate(messages) if message["role"] == "assistant"]
    found = []
    for end in [*ends, len(messages)]:
        answer = messages[end] if end < len(messages) else {"role": "assistant", "content": "It rounds twice."}
        response = {"object": "chat.completion", "choices": [{"index": 0, "message": answer}]}
        request = {"model": "gpt-4o", "messages": messages[:end], "tools": TOOLS}
        found.append({"request": request, "response": response})
    return found


def anthropic_log(turns=5):
    """A line for each request to Anthropic's Messages. The cache mark moves to the newest message each time."""
    messages, found = [{"role": "user", "content": [{"type": "text", "text": TASK}]}], []
    for n in range(turns + 1):
        *others, last = messages
        marked = {**last["content"][-1], "cache_control": {"type": "ephemeral"}}
        body = {"model": MODEL, "max_tokens": 1024, "system": [{"type": "text", "text": SYSTEM}]}
        body["messages"] = [*others, {**last, "content": [*last["content"][:-1], marked]}]
        use = {"type": "tool_use", "id": f"toolu_{n}", "name": "read_file", "input": {"n": n}}
        said = [use] if n < turns else [{"type": "text", "text": "It rounds twice."}]
        found.append({"body": body, "response_body": {"type": "message", "role": "assistant", "content": said}})
        result = {"type": "tool_result", "tool_use_id": f"toolu_{n}", "content": file_text(n)}
        messages = [*messages, {"role": "assistant", "content": said}, {"role": "user", "content": [result]}]
    return found


def responses_body(turns=5):
    """One request to the Responses API."""
    return {"model": "gpt-5", "instructions": SYSTEM, "input": codex_session(turns), "tools": []}


# name -> the name of a file, its values, and the program that it is recognised as
FILES = {
    "claude code": ("0a1b.jsonl", claude_code, "Claude Code"),
    "codex": ("rollout-2026-11-02T10-00-00-0199.jsonl", codex, "Codex"),
    "swe-agent": ("django__django-1.traj", swe_agent, "SWE-agent"),
    "mini-swe-agent": ("django__django-1.traj.json", mini_swe_agent, "SWE-agent"),
    "openhands": ("trajectory.json", openhands, "OpenHands"),
    "openhands sdk": ("events.jsonl", openhands_sdk, "OpenHands"),
    "openai log": ("requests.jsonl", openai_log, "a log of requests"),
    "anthropic log": ("traffic.jsonl", anthropic_log, "a log of requests"),
    "responses": ("body.json", responses_body, "a log of requests"),
}
