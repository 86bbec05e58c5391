"""What the tests of the clients share: clients on a test server, and a model that retrieves so many times."""

import json
import re

import openai
from oracles import MARKER, walk
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
    return sum(any(_is_ours(item) for item in walk(message)) for message in body["messages"])


def _is_ours(item):
    return isinstance(item, dict) and item.get("name") == TOOL_NAME and not {"arguments", "input"}.isdisjoint(item)


def retrieves(rounds, thinks=False, ids=True):
    """A model that retrieves in so many turns, and then answers, in every protocol.

    Args:
        rounds: The turns.
        thinks: Whether it also says a signed thought, as Claude does.
        ids: Whether its calls have ids.
    """

    def script(body):
        offered = TOOL_NAME in json.dumps(body.get("tools") or [])
        number = answered(body)
        if not (offered and number < rounds and (found := keys(body))):
            return ANSWER
        made = call(TOOL_NAME, {"key": found[0], "lines": "1-3"}, f"call_r{number}" if ids else None)
        thought = {"type": "thinking", "thinking": f"thought {number}", "signature": f"c2ln{number:04}"}
        return [*[thought] * thinks, {**made, "signature": thought["signature"]}]

    return script
