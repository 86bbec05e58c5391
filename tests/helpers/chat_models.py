"""What the tests of the clients share: clients on a test server, and a model that retrieves so many times."""

import json
import re

import openai
from oracles import MARKER
from protocol_server import call

from compresskit import TOOL_NAME
from compresskit.clients import AsyncOpenAI, OpenAI

KINDS = {"sync": (OpenAI, openai.OpenAI), "async": (AsyncOpenAI, openai.AsyncOpenAI)}
ROOM = {"trigger": 4000, "target": 3000}
ANSWER = '{"answer": "All is explained."}'


def made(kind, server, compresskit=ROOM, **options):
    """A client of ours."""
    ours, _ = KINDS[kind]
    return ours(base_url=server.url, api_key="none", compresskit=compresskit, **options)


def plain(kind, server, **options):
    """A client of the SDK."""
    _, theirs = KINDS[kind]
    return theirs(base_url=server.url, api_key="none", **options)


def keys(body):
    """The keys that a request shows the model, in order."""
    shown = json.dumps(body["messages"], ensure_ascii=False).replace("\\n", "\n")
    found = [re.search(r"\b([a-z]{12,59})\]", marker) for marker in MARKER.findall(shown)]
    return [match[1] for match in found if match]


def answered(body):
    """The number of turns with retrievals in a request."""
    return sum(TOOL_NAME in json.dumps(message.get("tool_calls") or "") for message in body["messages"])


def retrieves(rounds):
    """A model that retrieves in so many turns, and then answers."""

    def script(body):
        offered = TOOL_NAME in json.dumps(body.get("tools") or [])
        if offered and answered(body) < rounds and (found := keys(body)):
            return [call(TOOL_NAME, {"key": found[0], "lines": "1-3"}, f"call_r{answered(body)}")]
        return ANSWER

    return script


def retrieves_once(body):
    """A model that retrieves before it answers, in every protocol."""
    has_retrieved = any(TOOL_NAME in str(body.get(name)) for name in ("messages", "input", "contents"))
    return ANSWER if has_retrieved else [call(TOOL_NAME, {"key": keys(body)[0], "lines": "1-3"}, "call_r")]
