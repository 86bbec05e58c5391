"""Sessions as real clients keep them: what they send with the next request, rebuilt with the fields that they have."""

import json

from texts import make_text

QUESTION = "Why does settle_invoice round before the tax?"
SIGNATURE = "CpQBAcu98PDoZ3V0aCBzaWduYXR1cmU" * 6
ENCRYPTED = "gAAAAABo-Zm9yIHRoZSBtb2RlbCBhbG9uZQ" * 12


def codex_session(turns=6):
    """Input items of Codex: instructions of a developer, context, reasoning, shell calls with JSON outputs, a patch."""
    items = [
        _message(
            "developer", "<permissions instructions>\nFilesystem sandboxing is read-only.\n</permissions instructions>"
        ),
        _message("user", "# AGENTS.md instructions for /repo\n\n<INSTRUCTIONS>\nUse ruff.\n</INSTRUCTIONS>"),
        _message("user", "<environment_context>\n  <cwd>/repo</cwd>\n  <shell>bash</shell>\n</environment_context>"),
        _message("user", QUESTION),
    ]
    for n in range(turns):
        command = {
            "command": ["bash", "-lc", f"sed -n '1,220p' src/module{n}.py"],
            "workdir": "/repo",
            "timeout_ms": 1000,
        }
        output = {"output": make_text("code", n, 5000), "metadata": {"exit_code": 0, "duration_seconds": 0.1}}
        items += [
            {"type": "reasoning", "summary": [{"type": "summary_text", "text": f"**Reading module {n}**"}],
             "content": None, "encrypted_content": f"{n}{ENCRYPTED}"},
            {"type": "function_call", "name": "shell", "arguments": json.dumps(command), "call_id": f"call_{n}"},
            {"type": "function_call_output", "call_id": f"call_{n}", "output": json.dumps(output)},
        ]  # fmt: skip
    patch = "*** Begin Patch\n*** Update File: src/module2.py\n@@\n-a\n+b\n*** End Patch"
    text = f"Chunk ID: 8f2\nWall time: 0.4 seconds\nProcess exited with code 0\nOutput:\n{make_text('log', 3, 5000)}"
    return [
        *items,
        {"type": "reasoning", "summary": [], "encrypted_content": f"patch{ENCRYPTED}"},
        _message("assistant", "I change the rounding now."),
        {"type": "custom_tool_call", "status": "completed", "call_id": "call_p", "name": "apply_patch", "input": patch},
        {"type": "custom_tool_call_output", "call_id": "call_p", "output": '{"output":"Success.","metadata":{}}'},
        {"type": "function_call", "name": "exec_command", "arguments": '{"cmd":"pytest -q"}', "call_id": "call_t"},
        {"type": "function_call_output", "call_id": "call_t", "output": text},
        {"type": "reasoning", "summary": [], "encrypted_content": f"end{ENCRYPTED}"},
        _message("assistant", "The tests pass."),
        _message("user", "Why was it wrong before?"),
    ]


def _message(role, text):
    kind = "output_text" if role == "assistant" else "input_text"
    return {"type": "message", "role": role, "content": [{"type": kind, "text": text}]}


def agents_sdk_history(turns=6):
    """What `result.to_input_list()` of the OpenAI Agents SDK gives: items with ids, parallel calls, empty outputs."""
    items = [{"content": QUESTION, "role": "user"}]
    for n in range(turns):
        items.append({"id": f"rs_{n}", "summary": [], "type": "reasoning", "encrypted_content": f"{n}{ENCRYPTED}"})
        for name in "ab":
            arguments = json.dumps({"path": f"src/{name}{n}.py"})
            items.append({"arguments": arguments, "call_id": f"call_{n}{name}", "name": "read_file",
                          "type": "function_call", "id": f"fc_{n}{name}", "status": "completed"})  # fmt: skip
        for name, output in (("a", make_text("code", n, 4000)), ("b", "" if n % 2 else make_text("log", n, 3000))):
            items.append({"call_id": f"call_{n}{name}", "output": output, "type": "function_call_output"})
    answer = {"annotations": [], "text": "It rounds twice.", "type": "output_text", "logprobs": []}
    return [
        *items,
        {"id": "msg_1", "content": [answer], "role": "assistant", "status": "completed", "type": "message"},
        {"content": "Where is the second one?", "role": "user"},
    ]


def gemini_chat(turns=6):
    """Contents of a chat with thoughts: a signature beside the first call of each step, and beside the answer."""
    contents = [{"role": "user", "parts": [{"text": QUESTION}]}]
    for n in range(turns):
        calls = [{"functionCall": {"name": "read_file", "args": {"path": f"src/{name}{n}.py"}}} for name in "ab"]
        calls[0]["thoughtSignature"] = f"{n}{SIGNATURE}"
        results = [make_text("code", n, 4000), make_text("json", n, 3000)]
        contents += [
            {"role": "model", "parts": [{"text": f"I read file {n}.", "thought": True}, *calls]},
            {"role": "user", "parts": [
                {"functionResponse": {"name": "read_file", "response": {"output": result}}} for result in results
            ]},
        ]  # fmt: skip
    return [
        *contents,
        {"role": "model", "parts": [{"text": "It rounds twice.", "thoughtSignature": f"end{SIGNATURE}"}]},
        {"role": "user", "parts": [{"text": "Where is the second one?"}]},
    ]


def converse_loop(turns=6):
    """A tool loop over Converse with cache points behind the question and behind the newest result."""
    point = {"cachePoint": {"type": "default"}}
    messages = [{"role": "user", "content": [{"text": QUESTION}, point]}]
    for n in range(turns):
        thought = {"reasoningContent": {"reasoningText": {"text": f"File {n}.", "signature": f"{n}{SIGNATURE}"}}}
        uses = [
            {"toolUse": {"toolUseId": f"tooluse_{n}{name}", "name": "read_file", "input": {"path": f"{name}{n}.py"}}}
            for name in "ab"
        ]
        code, rows = [{"text": make_text("code", n, 4000)}], [{"json": {"rows": [n, n + 1]}}]
        results = [
            {"toolResult": {"toolUseId": f"tooluse_{n}a", "content": code, "status": "success"}},
            {"toolResult": {"toolUseId": f"tooluse_{n}b", "content": rows}},
        ]
        newest = [point] if n == turns - 1 else []
        messages += [
            {"role": "assistant", "content": [*([thought] if n > turns - 3 else []), {"text": "I look."}, *uses]},
            {"role": "user", "content": [*results, *newest]},
        ]
    return messages


SESSIONS = {
    "codex": (codex_session, "responses"),
    "agents sdk": (agents_sdk_history, "responses"),
    "gemini": (gemini_chat, "gemini"),
    "converse": (converse_loop, "converse"),
}
