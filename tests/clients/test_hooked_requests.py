"""`before` in everything that calls a model: no secret reaches the provider or a store, not by an error either."""

import asyncio
import json
import re

import openai
import pytest
from chat_models import keys, made, retrieves
from conversing import QUIET, WAYS, ask
from hooked import EMAIL, hide, leaks, log, lookup, talk
from protocol_server import serving

from compresskit import Conversation, HookFailed, InvalidArgument, completion, compress
from compresskit.stores import DiskStore

pytestmark = QUIET
ROOM = {"trigger": 6_000, "target": 4_000}


def failing(_text, _about):
    raise RuntimeError("no")


class Numbering:
    """Hides secrets, and gives another text each time."""

    def __init__(self):
        self.calls = 0

    def before(self, text, about):
        self.calls += 1
        return f"{hide(text, about)} [{self.calls}]"


@pytest.mark.parametrize("way", WAYS)
def test_completion_hides_what_the_hook_hides_below_the_trigger_above_it_and_in_retrievals(way):
    for messages, rounds in ((talk(1, lines=20), 0), (talk(), 1)):
        with serving(retrieves(rounds)) as server:
            ask(way, server, messages, before=hide, **ROOM)
        assert len(server.bodies) == 1 + rounds
        assert leaks(server.bodies) == []
        assert "[address]" in json.dumps(server.bodies[0])


def test_completion_sends_nothing_if_the_hook_fails():
    talking = Conversation("gpt-4o", before=failing)
    with serving(retrieves(0)) as server:
        with pytest.raises(HookFailed):
            ask("whole", server, talk(), **ROOM, before=failing)
        with pytest.raises(HookFailed):
            completion("openai/gpt-4o", talk(), conversation=talking, api_base=server.url, api_key="none")
    assert server.bodies == []


def test_a_conversation_has_its_own_hook():
    with pytest.raises(InvalidArgument, match="before is given beside a conversation"):
        completion("gpt-4o", talk(), conversation=Conversation("gpt-4o"), before=hide)


@pytest.mark.parametrize("kind", ["sync", "async"])
def test_a_client_goes_on_from_a_store_that_holds_no_secret(kind, tmp_path):
    """Another client, whose hook says something else by now, sends what was sent byte for byte."""
    messages = talk()
    with serving(retrieves(1)) as server:
        for more in ([], lookup(9, log(9, 30))):
            options = {**ROOM, "before": Numbering(), "store": DiskStore(tmp_path)}
            client = made(kind, server, options)
            request = {"model": "gpt-4o", "messages": [*messages, *more]}
            create = client.chat.completions.create(**request)
            if kind == "async":
                asyncio.run(create)
        bodies = server.bodies
    first, later = bodies[0]["messages"], bodies[2]["messages"]
    assert keys(bodies[0])
    assert later[: len(first)] == first
    assert len(later) == len(first) + 2
    assert leaks(bodies) == []
    stored = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    assert b"[address]" in stored
    assert leaks(stored.decode("utf-8", "replace")) == []


def test_a_secret_is_the_key_of_all_hashes_of_what_was_taken_out():
    """Who can read the store cannot test guesses: no hash that depends on a hidden text can be made without the key."""

    class Store(dict):
        def put(self, items):
            self.update(items)

        @property
        def hashes(self):
            return set(re.findall(r"[0-9a-f]{16,}", " ".join([*self, *self.values()])))

    def stored(secret, address=EMAIL):
        store, messages = Store(), json.loads(json.dumps(talk()).replace(EMAIL, address))
        with serving(retrieves(0)) as server:
            for more in ([], lookup(9, log(9, 30))):
                options = {**ROOM, "before": hide, "store": store, "secret": secret}
                request = {"model": "gpt-4o", "messages": [*messages, *more]}
                made("sync", server, options).chat.completions.create(**request)
            first, later = (body["messages"] for body in server.bodies)
        assert later[: len(first)] == first
        return store.hashes

    telling = stored("") - stored("", "bob@example.com")
    assert telling
    assert not telling & stored("a key of ours")


def test_a_client_refuses_what_it_cannot_hook_and_goes_on_when_it_is_switched_off():
    with serving(retrieves(0)) as server:
        client = made("sync", server, {**ROOM, "before": failing})
        with pytest.raises(openai.BadRequestError, match="before raised RuntimeError"):
            client.chat.completions.create(model="gpt-4o", messages=talk())
        client = made("sync", server, {**ROOM, "before": hide})
        with pytest.raises(openai.BadRequestError, match="cannot apply before to this request"):
            client.responses.create(model="gpt-4o", input="Hello", previous_response_id="resp_1")
        assert server.bodies == []
        off = client.with_options(default_headers={"x-compresskit": "off"})
        off.chat.completions.create(model="gpt-4o", messages=talk(1, lines=20))
        assert leaks(server.bodies)


def test_a_request_that_already_has_the_retrieval_tool_is_hooked_and_not_compressed():
    result = compress(talk(), "gpt-4o", **ROOM)
    with serving(retrieves(0)) as server:
        client = made("sync", server, {**ROOM, "before": hide})
        client.chat.completions.create(model="gpt-4o", messages=result.messages, tools=result.tools)
        [body] = server.bodies
    assert leaks(body) == []
    assert keys(body) == keys({"messages": result.messages})
    assert body["tools"] == result.tools
