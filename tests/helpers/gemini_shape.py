"""Generated requests in Gemini's shape, valid as far as turns, calls and responses go; both spellings."""

import re

from hypothesis import strategies as st
from pieces import (
    BASE64,
    brief,
    deep_values,
    few_or_many,
    json_results,
    one_in_five,
    rarely,
    sent_values,
    short_texts,
    texts,
    weighted,
)
from plain_messages import said, talk

_text = st.builds(lambda text: {"text": text}, texts)
_signed = st.builds(lambda text: {"text": text, "thoughtSignature": BASE64[:120]}, texts)
_thought = st.builds(lambda text: {"text": text, "thought": True}, texts)
_IMAGE = {"inlineData": {"mimeType": "image/png", "data": BASE64}}
_picture = st.just(_IMAGE)
_user_part = weighted(
    _text,
    _picture,
    st.just({"inlineData": {"mimeType": "audio/wav", "data": BASE64}}),
    st.just({"fileData": {"mimeType": "application/pdf", "fileUri": "https://example.org/a.pdf"}}),
)
_model_part = weighted(
    _text,
    _signed,
    _thought,
    st.just({"executableCode": {"language": "PYTHON", "code": "print(1)"}}),
    st.builds(lambda text: {"codeExecutionResult": {"outcome": "OUTCOME_OK", "output": text}}, texts),
)
_values = st.one_of(
    st.builds(lambda text: {"output": text}, texts),
    st.builds(lambda text: {"result": text, "exitCode": 0}, texts),
    st.builds(lambda one, two: {"content": [{"type": "text", "text": text} for text in (one, two)]}, texts, texts),
    st.builds(lambda value: {"result": value}, sent_values | deep_values),
    json_results,
    st.just({}),
)  # fmt: skip
_calls = st.fixed_dictionaries(
    {
        "name": st.sampled_from(["read_file", "search", "compresskit_retrieve"]),
        "args": st.dictionaries(st.sampled_from(["path", "text"]), texts | sent_values, max_size=2),
    }
)


def _tool_turn(before, calls, signed, with_ids, at):
    """A turn of parallel calls, and the content with their responses; a signature is beside the first call."""
    made, answers = [], []
    for n, (call, response) in enumerate(calls):
        identity = {"id": f"{at}_{n}"} if with_ids else {}
        mark = {"thoughtSignature": f"{at}{BASE64[:200]}"} if signed and not n else {}
        made.append({"functionCall": {**identity, **call}, **mark})
        shown = {"parts": [_IMAGE]} if n == 1 else {}
        answers.append({"functionResponse": {**identity, "name": call["name"], "response": response, **shown}})
    return [{"role": "model", "parts": [*before, *made]}, {"role": "user", "parts": answers}]


_turn = st.builds(
    _tool_turn,
    st.lists(_thought | _text, max_size=1),
    st.lists(st.tuples(_calls, _values), min_size=1, max_size=3),
    st.booleans(),
    st.booleans(),
    st.integers(0, 10**6),
)
_talk = st.builds(
    lambda asked, answered: [{"role": "user", "parts": asked}, {"role": "model", "parts": answered}],
    st.lists(_user_part, min_size=1, max_size=2),
    st.lists(_model_part, min_size=1, max_size=2),
)
_odd = st.one_of(
    st.builds(lambda value: [{"role": "user", "parts": [{"text": "so"}, {"hologram": value}]}], sent_values),
    st.builds(lambda text: [{"parts": [{"text": text}]}], texts),
    st.builds(lambda text: [{"role": "user", "parts": [{"text": text}]}], short_texts),
)


def _snake(value):
    """The same with names in snake_case, as Python's SDK writes them; arguments and responses are data."""
    if isinstance(value, list):
        return [_snake(item) for item in value]
    if not isinstance(value, dict):
        return value
    data = ("args", "response", "hologram")
    return {
        re.sub("[A-Z]", lambda letter: f"_{letter[0].lower()}", name): item if name in data else _snake(item)
        for name, item in value.items()
    }


def _conversation(start, turns, end, last, snake):
    contents = [*start, *(content for turn in [*turns, end, *last] for content in turn)]
    return _snake(contents) if snake else contents


gemini_messages = brief(
    "gemini_messages",
    st.builds(
        _conversation,
        st.sampled_from([[], talk("gemini", "Why does the parser fail for customer orders?")]),
        few_or_many(st.one_of(_talk, _turn, _turn, _turn, _odd)),
        st.sampled_from([[], talk("gemini", "Go on.", "Done.", "And then?"), [said("gemini", "user", "And then?")]]),
        one_in_five(st.builds(lambda turn: turn[:1], _turn)),
        rarely,
    ),
)
