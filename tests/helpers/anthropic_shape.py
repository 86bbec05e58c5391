"""Generated requests in Anthropic Messages shape, valid as far as roles, calls and results go."""

from hypothesis import strategies as st
from pieces import (
    BASE64,
    block,
    breakpoints,
    brief,
    deep_values,
    few_or_many,
    json_values,
    one_in_five,
    short_end,
    short_start,
    short_texts,
    texts,
    weighted,
    with_breakpoint,
)

_picture = st.just({"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": BASE64}})
_document = st.one_of(
    block("document", source=block("text", media_type=st.just("text/plain"), data=texts), title=st.just("notes")),
    block("document", source=st.just({"type": "base64", "media_type": "application/pdf", "data": BASE64})),
    block("document", source=block("content", content=st.lists(block("text", text=texts), max_size=2) | texts)),
    block(
        "document",
        source=block("text", media_type=st.just("text/plain"), data=texts),
        citations=st.just({"enabled": True}),
    ),
)
_found = block(
    "search_result",
    source=short_texts,
    title=short_texts,
    content=st.lists(block("text", text=texts), min_size=1, max_size=2),
    citations=st.sampled_from([{"enabled": True}, {"enabled": False}]),
)
_result_content = st.one_of(
    texts,
    texts,
    texts,
    st.lists(
        weighted(block("text", text=texts), _picture, _document, _found, block("hologram", text=short_texts)),
        max_size=3,
    ),
)
_user_block = weighted(
    block("text", text=texts), _picture, _document, _found,
    block("container_upload", file_id=st.just("file_1")),
    block("hologram", payload=json_values | deep_values),
)  # fmt: skip
assistant_block = weighted(
    block("text", text=texts),
    block("compaction", content=short_texts),
    block("hologram", payload=json_values),
    block(
        "server_tool_use",
        id=st.just("srvtoolu_1"),
        name=st.just("web_search"),
        input=st.just({"query": "weather"}),
    ),
    block(
        "web_search_tool_result",
        tool_use_id=st.just("srvtoolu_1"),
        content=st.lists(block("web_search_result", title=short_texts, encrypted_content=st.just(BASE64)), max_size=2),
    ),
)


def _fetched(page, answer):
    """What the assistant says after the provider fetched a page for it, all in one message."""
    result = {"type": "web_fetch_result", "url": "https://example.org", "content": page}
    return [
        {"type": "server_tool_use", "id": "srvtoolu_2", "name": "web_fetch", "input": {"url": "https://example.org"}},
        {"type": "web_fetch_tool_result", "tool_use_id": "srvtoolu_2", "content": result},
        {"type": "text", "text": answer},
    ]


_provider_turn = st.builds(_fetched, _document, texts)
_thought = block("thinking", thinking=texts, signature=st.just(BASE64[:200])) | block(
    "redacted_thinking", data=st.just(BASE64)
)
_uses = st.fixed_dictionaries(
    {
        "name": st.sampled_from(["Read", "Bash", "compresskit_retrieve"]),
        "input": st.dictionaries(st.sampled_from(["path", "text", "x"]), texts | json_values | deep_values, max_size=2),
    }
)
_odd_fields = st.fixed_dictionaries({}, optional={"is_error": st.booleans()})
_results = st.one_of(
    st.fixed_dictionaries({"content": _result_content}),
    st.fixed_dictionaries({"content": _result_content}),
    st.builds(lambda content, more: {"content": content, **more}, _result_content, _odd_fields),
    _odd_fields,
)


def _tool_turn(said, calls, order, cut, more):
    """An assistant turn with parallel calls; the results, in another order, in one user message or two."""
    uses, results = [], []
    for n, (use, result) in enumerate(calls):
        uses.append({"type": "tool_use", "id": n, **use})
        results.append({"type": "tool_result", "tool_use_id": n, **result})
    results = [results[n] for n in order if n < len(results)]
    first, last = results[:cut], results[cut:]
    turn = [{"role": "assistant", "content": [*said, *uses]}]
    if first and last:
        turn.append({"role": "user", "content": first})
    return [*turn, {"role": "user", "content": [*(last or first), *more]}]


_anthropic_tool_turn = st.builds(
    _tool_turn,
    st.lists(_thought | block("text", text=texts), max_size=2),
    st.lists(st.tuples(_uses, _results), min_size=1, max_size=3),
    st.permutations(range(3)),
    st.integers(0, 2),
    st.lists(_user_block, max_size=1),
)
# Nothing answered yet, or (where there are two messages of results) only some of the calls.
_open_anthropic_turn = st.builds(
    lambda turn, some: turn[: 1 + (some and len(turn) == 3)], _anthropic_tool_turn, st.booleans()
)
_user_turn = st.builds(
    lambda content: [{"role": "user", "content": content}], texts | st.lists(_user_block, max_size=3)
)
_assistant_turn = st.builds(
    lambda content: [{"role": "assistant", "content": content}],
    texts | st.lists(assistant_block | _thought, max_size=3) | _provider_turn,
)


def _conversation(start, turns, talk, end, place, on_block):
    """Turns in a row, with ids of their own."""
    messages = list(start)
    for at, turn in enumerate([*turns, talk, *end]):
        for message in turn:
            for part in message["content"] if isinstance(message["content"], list) else ():
                if part["type"] == "tool_use":
                    part["id"] = f"toolu_{at}_{part['id']}"
                if part["type"] == "tool_result":
                    part["tool_use_id"] = f"toolu_{at}_{part['tool_use_id']}"
            messages.append(message)
    return with_breakpoint(messages, place, on_block)


_turns = st.one_of(_user_turn, _assistant_turn, _anthropic_tool_turn, _anthropic_tool_turn)
anthropic_messages = brief(
    "anthropic_messages",
    st.builds(
        _conversation,
        short_start,
        few_or_many(_turns),
        short_end,
        one_in_five(_open_anthropic_turn),
        breakpoints,
        st.booleans(),
    ),
)
