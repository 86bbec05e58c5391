"""Generated requests in the shape of OpenAI's Responses API, valid as far as calls, outputs and reasoning go."""

import json

from hypothesis import strategies as st
from pieces import (
    BASE64,
    block,
    brief,
    deep_values,
    few_or_many,
    long_texts,
    one_in_five,
    rarely,
    sent_values,
    short_texts,
    texts,
    weighted,
)
from plain_messages import said, talk

_picture = st.just({"type": "input_image", "image_url": f"data:image/png;base64,{BASE64}", "detail": "auto"})
_document = st.just({"type": "input_file", "filename": "a.pdf", "file_data": f"data:application/pdf;base64,{BASE64}"})
_input = weighted(block("input_text", text=texts), _picture, _document, block("hologram", payload=sent_values))
_cited = st.builds(
    lambda text: {"type": "output_text", "text": text, "annotations": [{"type": "url_citation", "start_index": 0}]},
    texts,
)
_written = weighted(
    st.builds(lambda text: {"type": "output_text", "text": text, "annotations": []}, texts),
    _cited,
    block("refusal", refusal=short_texts),
)
_user = st.one_of(
    st.builds(lambda text: said("responses", "user", text), texts),
    st.builds(lambda text: {"role": "user", "content": text}, texts),
    st.builds(lambda parts: {"role": "user", "content": parts}, st.lists(_input, min_size=1, max_size=3)),
)
_assistant = st.builds(
    lambda parts, more: {"type": "message", "role": "assistant", "content": parts, **more},
    st.lists(_written, min_size=1, max_size=2),
    st.sampled_from([{}, {"id": "msg_1", "status": "completed"}, {"phase": "commentary"}]),
)
_outputs = st.one_of(
    texts,
    texts,
    st.builds(lambda text: json.dumps({"output": text, "metadata": {"exit_code": 0, "duration_seconds": 0.1}}), texts),
    st.lists(weighted(block("input_text", text=texts), _picture), max_size=2),
)
_functions = st.builds(
    lambda name, text, output: (
        {"type": "function_call", "name": name, "arguments": json.dumps({"command": ["bash", "-lc", text]})},
        {"type": "function_call_output", "output": output},
    ),
    st.sampled_from(["shell", "exec_command", "compresskit_retrieve"]),
    short_texts | long_texts,
    _outputs,
)
_custom = st.builds(
    lambda patch, output: (
        {"type": "custom_tool_call", "name": "apply_patch", "input": patch, "status": "completed"},
        {"type": "custom_tool_call_output", "output": output},
    ),
    texts,
    texts,
)
_shells = st.builds(
    lambda text, error: (
        {"type": "shell_call", "action": {"commands": ["ls"], "timeout_ms": 1000}, "status": "completed"},
        {"type": "shell_call_output", "output": [
            {"stdout": text, "stderr": error, "outcome": {"type": "exit", "exit_code": 0}}
        ]},
    ),
    texts, short_texts,
)  # fmt: skip
_local = st.builds(
    lambda text: (
        {"type": "local_shell_call", "action": {"type": "exec", "command": ["ls"], "env": {}}, "status": "completed"},
        {"type": "local_shell_call_output", "output": text},
    ),
    texts,
)
_SCREEN = {"type": "computer_screenshot", "image_url": f"data:image/png;base64,{BASE64}"}
_computer = st.just(
    (
        {"type": "computer_call", "action": {"type": "click", "x": 1, "y": 2}, "pending_safety_checks": []},
        {"type": "computer_call_output", "output": _SCREEN},
    )
)
_calls = weighted(_functions, _custom, _shells, _local, _computer)


def _reasoning(thought):
    summary = [{"type": "summary_text", "text": thought}] if thought else []
    return {"type": "reasoning", "summary": summary, "encrypted_content": BASE64[:300]}


def _tool_turn(thought, text, calls, order):
    """What the model gives in one go, and the outputs of its calls in another order."""
    made = [] if thought is None else [_reasoning(thought)]
    made += [said("responses", "assistant", text)] if text else []
    items, outputs = [], []
    for n, (call, output) in enumerate(calls):
        items.append({**call, "call_id": n})
        outputs.append({**output, "call_id": n})
    return [*made, *items, *(outputs[n] for n in order if n < len(outputs))]


_turn = st.builds(
    _tool_turn,
    st.none() | short_texts,
    st.sampled_from(["", "", "I look at it."]),
    st.lists(_calls, min_size=1, max_size=3),
    st.permutations(range(3)),
)
_open_turn = st.builds(lambda turn: [item for item in turn if not item["type"].endswith("_output")], _turn)
_odd = st.one_of(
    st.builds(lambda answer: [_reasoning("so"), answer], _assistant),
    st.builds(lambda answer: [{"type": "web_search_call", "id": "ws_1", "status": "completed"}, answer], _assistant),
    st.builds(
        lambda text, answer: [
            {"type": "mcp_call", "id": "mcp_1", "name": "read", "arguments": "{}", "server_label": "x", "output": text},
            {"type": "code_interpreter_call", "id": "ci_1", "code": "1", "outputs": [{"type": "logs", "logs": text}]},
            answer,
        ],
        texts,
        _assistant,
    ),
    st.just([{"type": "item_reference", "id": "msg_9"}]),
    st.just([{"type": "compaction", "encrypted_content": BASE64[:200]}]),
    st.builds(lambda value: [{"type": "hologram", "payload": value}], sent_values | deep_values),
    st.builds(lambda text: [said("responses", "developer", text)], short_texts),
)


def _conversation(head, start, turns, end, last, numbered):
    """Turns in a row, with ids of their own."""
    items = [*head, *start]
    for at, turn in enumerate([*turns, end, *last]):
        for item in turn:
            if "call_id" in item:
                item = {**item, "call_id": f"call_{at}_{item['call_id']}"}
            if item.get("type") == "reasoning":
                item = {**item, "encrypted_content": f"{at}{item['encrypted_content']}"}
            if numbered and "role" not in item:
                item = {"id": f"{item['type']}_{at}_{len(items)}", **item}
            items.append(item)
    return items


responses_messages = brief(
    "responses_messages",
    st.builds(
        _conversation,
        st.lists(st.builds(lambda text: said("responses", "developer", text), short_texts), max_size=1),
        st.sampled_from([[], talk("responses", "Why does the parser fail for customer orders?")]),
        few_or_many(
            st.one_of(
                st.builds(lambda user, answer: [user, answer], _user, _assistant), st.builds(lambda one: [one], _user),
                _turn, _turn, _turn, _odd,
            )
        ),
        st.sampled_from([[], talk("responses", "Go on.", "Done.", "And then?")]),
        one_in_five(_open_turn),
        rarely,
    ),
)  # fmt: skip
