"""Generated requests in the shape of Bedrock's Converse, valid as far as roles, calls and results go."""

from hypothesis import strategies as st
from pieces import BASE64, brief, deep_values, few_or_many, json_results, one_in_five, sent_values, texts, weighted
from plain_messages import said, talk

POINT = {"cachePoint": {"type": "default"}}
_text = st.builds(lambda text: {"text": text}, texts)
_picture = st.just({"image": {"format": "png", "source": {"bytes": BASE64}}})
_document = st.one_of(
    st.builds(lambda text: {"document": {"format": "txt", "name": "notes", "source": {"text": text}}}, texts),
    st.just({"document": {"format": "pdf", "name": "paper", "source": {"bytes": BASE64}}}),
    st.builds(lambda one: {"document": {"format": "txt", "name": "parts", "source": {"content": [one]}}}, _text),
    st.builds(
        lambda text, on: {"document": {"name": "cited", "source": {"text": text}, "citations": {"enabled": on}}},
        texts,
        st.booleans(),
    ),
)
_found = st.builds(
    lambda one: {"searchResult": {"source": "s", "title": "t", "content": [one], "citations": {"enabled": True}}}, _text
)
_user_block = weighted(
    _text, _picture, _document, _found, st.builds(lambda value: {"hologram": value}, sent_values | deep_values)
)
_thought = st.builds(
    lambda text: {"reasoningContent": {"reasoningText": {"text": text, "signature": BASE64[:120]}}}, texts
) | st.just({"reasoningContent": {"redactedContent": BASE64[:90]}})
_result_block = weighted(
    _text,
    _picture,
    _document,
    _found,
    st.builds(lambda value: {"json": {"value": value}}, sent_values | texts),
    st.builds(lambda value: {"json": value}, json_results),
)
_results = st.builds(
    lambda content, more: {"content": content, **more},
    st.one_of(_text.map(lambda one: [one]), _text.map(lambda one: [one]), st.lists(_result_block, max_size=3)),
    st.sampled_from([{}, {}, {"status": "success"}, {"status": "error"}]),
)
_uses = st.fixed_dictionaries(
    {
        "name": st.sampled_from(["read_file", "bash", "compresskit_retrieve"]),
        "input": st.dictionaries(st.sampled_from(["path", "text"]), texts | sent_values, max_size=2),
    }
)


def _tool_turn(before, calls, order, more):
    """A turn of parallel calls, and the message with their results in another order."""
    uses = [{"toolUse": {"toolUseId": n, **use}} for n, (use, _) in enumerate(calls)]
    results = [{"toolResult": {"toolUseId": n, **result}} for n, (_, result) in enumerate(calls)]
    results = [results[n] for n in order if n < len(results)]
    return [{"role": "assistant", "content": [*before, *uses]}, {"role": "user", "content": [*results, *more]}]


_turn = st.builds(
    _tool_turn,
    st.lists(_thought | _text, max_size=1),
    st.lists(st.tuples(_uses, _results), min_size=1, max_size=3),
    st.permutations(range(3)),
    st.sampled_from([[]] * 5 + [[POINT], [{"text": "Go on."}]]),
)
_talk = st.builds(
    lambda answered, asked: [{"role": "assistant", "content": answered}, {"role": "user", "content": asked}],
    st.lists(weighted(_text, _thought), min_size=1, max_size=2),
    st.lists(_user_block, min_size=1, max_size=3),
)


def _conversation(start, turns, end, last):
    """Turns in a row behind the user's first message, with ids of their own."""
    messages = [said("converse", "user", start)]
    for at, turn in enumerate([*turns, end, *last]):
        for message in turn:
            blocks = []
            for block in message["content"]:
                for kind in ("toolUse", "toolResult"):
                    if kind in block:
                        block = {kind: {**block[kind], "toolUseId": f"tooluse_{at}_{block[kind]['toolUseId']}"}}
                blocks.append(block)
            messages.append({**message, "content": blocks})
    return messages


converse_messages = brief(
    "converse_messages",
    st.builds(
        _conversation,
        st.sampled_from(["Why does the parser fail for customer orders?"]) | texts,
        few_or_many(st.one_of(_talk, _turn, _turn, _turn)),
        st.sampled_from([[], talk("converse", "Go on.", "Done.", "And then?")[1:], []]),
        one_in_five(st.builds(lambda turn: turn[:1], _turn)),
    ),
)
