"""Every field of a message is counted, whatever a provider or a client put it there for."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from oracles import cost, difference, strings, tokens, walk
from samples import anthropic_agent, openai_agent
from strategies import MODEL, cases, soup_cases

from compresskit import compress, restore

SIGNATURE = "EpwCCkYIBxgCKkDq7f0Yv1Xc9kSgR3hB2mN8wZ" * 20
_signed = {"google": {"thought_signature": SIGNATURE}}
_values = st.sampled_from(["a thought signed by its model", SIGNATURE, "签名", _signed])
_names = st.sampled_from(["provider_specific_fields", "extra_content", "annotations", "citations", "x_note"])
_more = st.lists(st.tuples(st.integers(0, 10**6), _names, _values), min_size=1, max_size=3)


def count(case, messages):
    return compress(messages, MODEL, trigger=10**9, shape=case.shape).original_tokens


DATA = "data:application/pdf;base64,JVBERi0="
EVERY_KIND = {
    "openai": [
        {"role": "user", "content": [
            {"type": "text", "text": "hello"},
            {"type": "image_url", "image_url": {"url": "https://example.org/a.png", "detail": "low"}},
            {"type": "input_audio", "input_audio": {"data": "UklGRg==", "format": "wav"}},
            {"type": "file", "file": {"filename": "a.pdf", "file_data": DATA}},
            {"type": "refusal", "refusal": "no"},
        ]},
        {"role": "assistant", "content": None, "tool_calls": [
            {"id": "a", "type": "function", "function": {"name": "f", "arguments": "{}"}},
            {"id": "b", "type": "custom", "custom": {"name": "g", "input": "x"}},
        ]},
        {"role": "tool", "tool_call_id": "a", "content": [{"type": "text", "text": "42"}]},
        {"role": "tool", "tool_call_id": "b", "content": "43"},
        {"role": "assistant", "content": None, "function_call": {"name": "f", "arguments": "{}"}},
        {"role": "function", "name": "f", "content": "44"},
    ],
    "anthropic": [
        {"role": "user", "content": [
            {"type": "text", "text": "hello"},
            {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "iVBORw0="}},
            {"type": "document", "source": {"type": "text", "media_type": "text/plain", "data": "a"}, "title": "t"},
            {"type": "document", "source": {"type": "base64", "media_type": "application/pdf", "data": "JVBERi0="}},
        ]},
        {"role": "assistant", "content": [
            {"type": "thinking", "thinking": "hm", "signature": "s"},
            {"type": "tool_use", "id": "a", "name": "f", "input": {"x": {"y": 1}}},
        ]},
        {"role": "user", "content": [
            {"type": "tool_result", "tool_use_id": "a", "is_error": True, "content": [
                {"type": "text", "text": "42"},
                {"type": "image", "source": {"type": "url", "url": "https://example.org/a.png"}},
            ]},
        ]},
    ],
    "responses": [
        {"type": "message", "role": "user", "content": [
            {"type": "input_text", "text": "hello"},
            {"type": "input_image", "image_url": "https://example.org/a.png", "detail": "low"},
            {"type": "input_file", "filename": "a.pdf", "file_data": DATA},
            {"type": "input_audio", "input_audio": {"data": "UklGRg==", "format": "wav"}},
        ]},
        {"type": "reasoning", "id": "r", "summary": [{"type": "summary_text", "text": "hm"}], "encrypted_content": "g"},
        {"type": "message", "role": "assistant", "content": [
            {"type": "output_text", "text": "so", "annotations": [{"type": "url_citation", "url": "https://a"}]},
            {"type": "refusal", "refusal": "no"},
        ]},
        {"type": "function_call", "call_id": "a", "name": "f", "arguments": "{}"},
        {"type": "shell_call", "call_id": "b", "action": {"commands": ["ls"]}},
        {"type": "function_call_output", "call_id": "a", "output": [{"type": "input_text", "text": "42"}]},
        {"type": "shell_call_output", "call_id": "b", "output": [
            {"stdout": "a", "stderr": "", "outcome": {"type": "exit"}},
        ]},
        {"type": "web_search_call", "id": "w", "action": {"query": "x"}},
        {"type": "compaction", "encrypted_content": "g"},
    ],
    "gemini": [
        {"role": "user", "parts": [
            {"text": "hello"},
            {"inlineData": {"mimeType": "image/png", "data": "iVBORw0="}},
            {"inline_data": {"mime_type": "audio/wav", "data": "UklGRg=="}},
            {"fileData": {"mimeType": "application/pdf", "fileUri": "https://example.org/a.pdf"}},
        ]},
        {"role": "model", "parts": [
            {"text": "hm", "thought": True},
            {"functionCall": {"name": "f", "args": {"x": {"y": 1}}}, "thoughtSignature": "s"},
            {"executableCode": {"language": "PYTHON", "code": "1"}},
        ]},
        {"role": "user", "parts": [{"functionResponse": {"name": "f", "response": {"output": {"a": ["x" * 200]}}}}]},
    ],
    "converse": [
        {"role": "user", "content": [
            {"text": "hello"},
            {"image": {"format": "png", "source": {"bytes": "iVBORw0="}}},
            {"document": {"format": "txt", "name": "a", "source": {"text": "a"}}},
            {"document": {"format": "pdf", "name": "b", "source": {"bytes": "JVBERi0="}}},
            {"cachePoint": {"type": "default"}},
        ]},
        {"role": "assistant", "content": [
            {"reasoningContent": {"reasoningText": {"text": "hm", "signature": "s"}}},
            {"toolUse": {"toolUseId": "a", "name": "f", "input": {"x": {"y": 1}}}},
        ]},
        {"role": "user", "content": [
            {"toolResult": {"toolUseId": "a", "status": "success", "content": [
                {"text": "42"}, {"json": {"x": 1}}, {"image": {"format": "png", "source": {"bytes": "iVBORw0="}}},
            ]}},
        ]},
    ],
}  # fmt: skip


@pytest.mark.parametrize("shape", EVERY_KIND)
def test_an_unknown_field_of_every_part_there_is_is_counted(shape):
    sample = EVERY_KIND[shape]
    before = compress(sample, MODEL, shape=shape).original_tokens
    for number in range(sum(isinstance(item, dict) for item in walk(sample))):
        messages = json.loads(json.dumps(sample))
        place = [item for item in walk(messages) if isinstance(item, dict)][number]
        place["extra_content"] = SIGNATURE
        assert compress(messages, MODEL, shape=shape).original_tokens >= before + tokens(SIGNATURE), place


@pytest.mark.parametrize("field", ["title", "context"])
def test_the_title_and_context_of_any_document_are_counted(field):
    part = EVERY_KIND["anthropic"][0]["content"][3]
    before, after = (
        compress([{"role": "user", "content": [one]}], MODEL, shape="anthropic").original_tokens
        for one in (part, {**part, field: SIGNATURE})
    )
    assert after >= before + tokens(SIGNATURE)


def folds(result):
    return [decision.message for decision in result.decisions if decision.action == "fold"]


@given(cases | soup_cases, _more)
def test_an_unknown_field_anywhere_is_counted(case, more):
    before = count(case, case.messages)
    messages = json.loads(json.dumps(case.messages))
    dicts = [item for item in walk(messages) if isinstance(item, dict)]
    marks = [id(inner) for item in dicts for inner in walk(item.get("cache_control"))]  # which say nothing
    places = [item for item in dicts if id(item) not in marks]
    added = {(number % len(places), name): value for number, name, value in more if places}
    for (place, name), value in added.items():
        places[place][name] = value
    assert count(case, messages) >= before + sum(tokens(text) for value in added.values() for text in strings([value]))
    assert count(case, messages) >= cost(messages)


@pytest.mark.parametrize("agent", [openai_agent, anthropic_agent])
def test_a_signature_beside_a_call_is_counted_and_keeps_nothing_from_being_folded(agent):
    """Gemini's thought signatures stand in the calls: they go with them, and come back with them."""
    plain, messages = agent(turns=30), agent(turns=30)
    for item in list(walk(messages)):
        if isinstance(item, dict) and ("function" in item or item.get("type") == "tool_use"):
            item["extra_content"] = {"google": {"thought_signature": SIGNATURE}}
    result = compress(messages, MODEL, trigger=1_000, target=1_000)
    assert result.original_tokens > cost(plain) + 20 * tokens(SIGNATURE)
    assert set(folds(result)) >= set(folds(compress(plain, MODEL, trigger=1_000, target=1_000)))
    assert difference(restore(result.messages, result.cache), messages) is None
