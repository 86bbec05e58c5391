"""Errors, logs and reports hold nothing of a conversation, wherever in it a secret is."""

import json
import logging
import logging.handlers
import traceback

import litellm
import pytest
from conversing import awaited
from hypothesis import example, given, settings
from hypothesis import strategies as st
from samples import openai_agent

import compresskit
from compresskit import CompresskitError, Conversation, answer, compress, restore, retrieve

pytestmark = pytest.mark.filterwarnings("ignore:.*ReadOnly:UserWarning:pydantic")
SECRET = "xq7-Zebra"


class Holder:
    def __repr__(self):
        return f"Holder({SECRET})"

    __str__ = __repr__


_strings = st.sampled_from([SECRET, f"{SECRET} \ud83d\n", "user"])
_leaves = _strings | st.sampled_from([SECRET.encode(), Holder(), {SECRET}, (SECRET,), 5, None])
_keys = st.sampled_from(["role", "content", "type", "text", "tool_calls", "function", "messages", "choices", SECRET])
values = st.recursive(
    _leaves, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_keys, inner, max_size=4), max_leaves=8
)
_message = st.fixed_dictionaries(
    {"role": st.sampled_from(["user", SECRET, None])}, optional={"content": values, SECRET: values}
)
anything = values | st.lists(_message | values, max_size=3)
_cyclic = {"role": "user", "content": [{"type": SECRET}]}
_cyclic["content"].append({SECRET: _cyclic["content"]})


class Model:
    """Takes the place of litellm."""

    def completion(self, **_):
        return litellm.ModelResponse()

    async def acompletion(self, **_):
        return litellm.ModelResponse()


def reported(**options):
    """The report of a request that goes out in any case."""
    given = {"model": "gpt-4o", "messages": openai_agent(), "router": Model(), "trigger": 4000, "target": 3000}
    responses = [compresskit.completion(**given | options), awaited(compresskit.acompletion(**given | options))]
    return json.dumps([response._hidden_params["compresskit"] for response in responses])


class Store:
    def get(self, key):
        raise RuntimeError(f"{SECRET} is what {key} holds")

    put = get


def protect(message):
    raise ValueError(f"{SECRET} of {message}")


CALLS = {
    "compress": lambda value: compress(value, "gpt-4o", 1),
    "compress as anthropic": lambda value: compress(value, "gpt-4o", 1, shape="anthropic"),
    "compress with a query": lambda value: compress([], "gpt-4o", query=[value]),
    "compress with a cache": lambda value: compress([], "gpt-4o", cache=value),
    "compress with tools": lambda value: compress(openai_agent(), "gpt-4o", 1, tools=value),
    "compress with what was before": lambda value: compress([], "gpt-4o", previous=[value]),
    "arguments in the wrong order": lambda value: compress("gpt-4o", [value]),
    "restore": lambda value: restore(value, value),
    "retrieve what is no text": lambda value: retrieve({"bcdfghjklmnp": [value]}, "bcdfghjklmnp"),
    "retrieve from": lambda value: retrieve(value, "bcdfghjklmnp"),
    "answer": lambda value: answer(value, {}),
    "from_json": lambda value: Conversation.from_json(value),
    "completion": lambda value: reported(messages=value),
    "completion with tools": lambda value: reported(tools=value),
    "completion with a store": lambda _: reported(store=Store()),
    "completion with a function": lambda _: reported(protect=protect),
    "completion with a conversation": lambda value: reported(conversation=[value]),
}


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
@settings(max_examples=30)
@given(anything)
@example([_cyclic])
@example({"compresskit_conversation": 1, SECRET: SECRET})
@example(f'{{"compresskit_conversation": "{SECRET} and more"}}')
def test_a_secret_shows_in_no_error_log_or_report(call, value):
    logged = logging.handlers.BufferingHandler(1_000)
    loggers = [logging.getLogger(), logging.getLogger("compresskit"), logging.getLogger("LiteLLM Proxy")]
    for logger in loggers:
        logger.addHandler(logged)
    try:
        found = call(value)
        shown = found if isinstance(found, str) else ""
    except CompresskitError as error:
        shown = "".join(traceback.format_exception(error))
    finally:
        for logger in loggers:
            logger.removeHandler(logged)
    assert SECRET not in shown + "".join(record.getMessage() for record in logged.buffer)
