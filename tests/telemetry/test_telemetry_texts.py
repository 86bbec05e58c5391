"""No text of a conversation is recorded, wherever in it a secret is, and labels have a bounded number of values."""

import contextlib
import json
import random

import litellm
import pytest
from conversing import QUIET, after, ask, retrieval
from hypothesis import given, settings
from hypothesis import strategies as st
from protocol_server import call, serving
from samples import openai_agent
from telemetry_sdk import recording

from compresskit import CompresskitError, answer, compress, retrieve
from compresskit.telemetry.metrics import MAX_KNOWN, MAX_UNKNOWN

pytestmark = QUIET
SECRET = "xq7 Zebra"
MODEL = "gpt-4o"


class Faulty:
    """Any part that a caller may pass. Every method of it raises an error with the secret in its text and its name."""

    def _fails(self, *_, **__):
        raise type(f"Error of {SECRET}", (Exception,), {})(SECRET)

    embed = shrink = get = put = _fails

    def count(self, text):
        return self._fails() if SECRET in text else len(text) // 4


def secretive():
    """A conversation with the secret in every place: texts, names, ids, arguments, fields."""
    messages = json.loads(json.dumps(openai_agent(turns=8)).replace("settle_invoice", SECRET))
    for message in messages:
        message["metadata"] = {SECRET: SECRET}
        for made in message.get("tool_calls") or ():
            made["function"]["name"] = f"run {SECRET}"
    assert json.dumps(messages).count(SECRET) > 50
    return messages


@pytest.mark.parametrize("part", ["none", "embedder", "counter", "shrinker"])
@pytest.mark.parametrize("model", [MODEL, f"a model {SECRET}", SECRET * 99])
def test_a_compression_records_no_text(part, model):
    options = {} if part == "none" else {part: Faulty()}
    with recording() as recorded, contextlib.suppress(Exception):
        compress(secretive(), model, 4000, 3000, query=SECRET, protect=[f"run {SECRET}"], **options)
    assert len(recorded.of("compress")) == 1
    assert SECRET not in recorded.text()
    assert "Zebra" not in recorded.text()


_words = st.sampled_from([SECRET, f"lines {SECRET}", "1-3", "query", "key", 5, None])
_values = st.recursive(
    _words, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3) | _words, inner, max_size=3)
)


@given(_values, st.sampled_from(["known", SECRET]), _values, _values, st.text(max_size=5) | st.just(SECRET))
@settings(max_examples=60)
def test_a_retrieval_records_no_text(arguments, key, lines, query, call_id):
    texts = {"known": f"{SECRET}\n" * 50}
    function = {"name": "compresskit_retrieve", "arguments": json.dumps(arguments, default=str)}
    message = {"role": "assistant", "tool_calls": [{"id": call_id, "type": "function", "function": function}]}
    with recording() as recorded:
        with contextlib.suppress(CompresskitError):
            answer(message, texts)
        retrieve(texts, key, lines, query)
        with contextlib.suppress(Exception):
            retrieve({"known": Faulty()}, "known")
    assert len(recorded.of("execute_tool")) >= 2
    assert "Zebra" not in recorded.text()


@pytest.mark.parametrize("way", ["whole", "awaited", "streamed", "streamed and awaited"])
@pytest.mark.parametrize("store", [None, Faulty()])
def test_an_answer_records_no_text(way, store):
    def says(body):
        if after(body):
            return [f"{SECRET} is it. ", call("theirs", {"text": SECRET}, f"id {SECRET}")]
        return [f"Looking for {SECRET}. ", retrieval(body, f"r {SECRET}", query=SECRET)]

    with serving(says) as server, recording() as recorded:
        ask(way, server, secretive(), store=store)
    assert {name for name in ("compress", "execute_tool", "answer") if recorded.of(name)} == {
        "compress",
        "execute_tool",
        "answer",
    }
    assert recorded.of("answer")[0].attributes.get("error.type") == (store and "other")
    assert "Zebra" not in recorded.text()


# --- labels ----------------------------------------------------------------------------------------


def models_in(recorded):
    return {
        point.attributes["gen_ai.request.model"]
        for metric in recorded.metrics().values()
        for point in metric.data.data_points
    }


def test_any_number_of_models_makes_a_bounded_number_of_series():
    hello = [{"role": "user", "content": "hello"}]
    chance = random.Random(1)
    made_up = [f"model-{chance.getrandbits(64):x}" for _ in range(150)]
    real = sorted(name for name in litellm.model_cost if name.startswith("gpt-4") or "claude" in name)[:150]
    assert len(real) == 150
    with recording(models=["mine", "mine-too"]) as recorded:
        for model in [*made_up, *(f"{name}/gpt-4o" for name in made_up), *real, "mine", "mine-too"]:
            compress(hello, model)
        found = models_in(recorded)
    assert {"mine", "mine-too", "other"} < found
    assert len(found) == MAX_UNKNOWN + MAX_KNOWN + 3
    assert {span.name for span in recorded.spans} == {f"compress {name}" for name in found}
    total = sum(point.value for point in recorded.metrics()["compresskit.requests"].data.data_points)
    assert total == 452


def test_made_up_names_take_no_label_from_a_model_with_a_price():
    hello = [{"role": "user", "content": "hello"}]
    with recording() as recorded:
        for number in range(3 * MAX_UNKNOWN):
            compress(hello, f"made-up-{number}")
        compress(hello, "claude-sonnet-4-5")
    assert "claude-sonnet-4-5" in models_in(recorded)
