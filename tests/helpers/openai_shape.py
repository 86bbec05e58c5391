"""Generated requests in OpenAI chat shape, valid as far as roles and calls go."""

import json

from hypothesis import strategies as st
from pieces import (
    BASE64,
    block,
    breakpoints,
    brief,
    deep_values,
    few_or_many,
    json_values,
    long_texts,
    one_in_five,
    rarely,
    short_end,
    short_start,
    short_texts,
    texts,
    weighted,
    with_breakpoint,
)

OPEN_ROLES = ["critic", "", "TOOL", "ipython"]
_urls = st.sampled_from([f"data:image/png;base64,{BASE64}", "https://example.org/picture.png"])
openai_part = weighted(
    block("text", text=texts),
    block(
        "image_url",
        image_url=st.fixed_dictionaries({"url": _urls}, optional={"detail": st.sampled_from(["low", "high"])}),
    ),
    block("input_audio", input_audio=st.just({"data": BASE64, "format": "wav"})),
    block("file", file=st.just({"filename": "a.pdf", "file_data": f"data:application/pdf;base64,{BASE64}"})),
    block("refusal", refusal=short_texts),
    block("text", text=st.none()),
    block("input_text", text=texts),
    block("hologram", payload=json_values | deep_values),
    block("text"),
)
_openai_content = st.one_of(texts, texts, texts, st.lists(openai_part, max_size=4))
_arguments = weighted(
    st.builds(lambda value: json.dumps({"value": value}), json_values),
    st.builds(lambda text: json.dumps({"path": "src/main.py", "text": text}), long_texts),
    st.sampled_from(["", "{}", "{not json"]),
)


_functions = st.fixed_dictionaries(
    {"name": st.sampled_from(["read_file", "search", "compresskit_retrieve"]), "arguments": _arguments}
)


def _tool_turn(content, calls, order, silent):
    """An assistant turn with parallel calls, and its results in any order; ids are numbers within it."""
    turn = {"role": "assistant", "content": content, "tool_calls": []}
    results = []
    for n, (function, result) in enumerate(calls):
        turn["tool_calls"].append({"id": n, "type": "function", "function": function})
        results.append({"role": "tool", "tool_call_id": n, "content": result})
    if silent:
        del turn["content"]
    return [turn, *(results[n] for n in order if n < len(results))]


_openai_tool_turn = st.builds(
    _tool_turn,
    st.none() | texts,
    st.lists(st.tuples(_functions, _openai_content), min_size=1, max_size=3),
    st.permutations(range(3)),
    rarely,
)
_open_openai_turn = st.builds(
    lambda turn, kept: turn[: min(kept, len(turn[0]["tool_calls"]))], _openai_tool_turn, st.integers(1, 3)
)


_openai_turn = st.one_of(
    st.builds(lambda content: [{"role": "user", "content": content}], _openai_content),
    st.builds(lambda content: [{"role": "assistant", "content": content}], _openai_content),
    st.builds(
        lambda text: [
            {"role": "user", "content": text, "name": "ann"},
            {"role": "assistant", "content": "ok"},
        ],
        texts,
    ),
)
_odd_openai_turn = st.one_of(
    st.builds(lambda text: [{"role": "assistant", "content": None, "refusal": text}], short_texts),
    st.builds(
        lambda name, args, text: [
            {"role": "assistant", "content": None, "function_call": {"name": name, "arguments": args}},
            {"role": "function", "name": name, "content": text},
        ],
        st.just("lookup"), _arguments, texts,
    ),
    st.builds(
        lambda role, value: [{"role": role, "content": value}],
        st.sampled_from(OPEN_ROLES),
        texts | json_values,
    ),
    st.builds(
        lambda value: [{"role": "assistant", "content": "fine", "extra": value}], json_values | deep_values
    ),
    st.builds(lambda text: [{"role": "developer", "content": text}], short_texts),
    st.builds(lambda n: [{"role": role, "content": "yes"} for role in ["user", "assistant"] * n], st.integers(2, 12)),
)  # fmt: skip


def _conversation(head, start, turns, talk, end, repeated_ids, place, on_block):
    """Turns in a row. Some clients count their calls anew in every turn, so ids may repeat."""
    messages = [*head, *start]
    for at, turn in enumerate([*turns, talk, *end]):
        prefix = "call" if repeated_ids else f"call_{at}"
        for message in turn:
            if "tool_call_id" in message:
                message["tool_call_id"] = f"{prefix}_{message['tool_call_id']}"
            for call in message.get("tool_calls", ()):
                call["id"] = f"{prefix}_{call['id']}"
            messages.append(message)
    return with_breakpoint(messages, place, on_block)


_head = st.lists(
    st.fixed_dictionaries({"role": st.sampled_from(["system", "developer"]), "content": texts}), max_size=1
)
_turns = st.one_of(_openai_turn, _openai_turn, _openai_tool_turn, _openai_tool_turn, _odd_openai_turn)
openai_messages = brief(
    "openai_messages",
    st.builds(
        _conversation,
        _head,
        short_start,
        few_or_many(_turns),
        short_end,
        one_in_five(_open_openai_turn),
        st.booleans(),
        breakpoints,
        st.booleans(),
    ),
)
