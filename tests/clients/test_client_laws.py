"""What holds for every client, against a real server, in every way that its SDK offers; see `client_apis`."""

import json
import re
import threading
import time
from functools import cache
from itertools import pairwise

import pytest
from chat_models import ANSWER, ROOM, answered, keys
from client_apis import APIS, EVERY, names
from protocol_server import Error, Paced, call, serving
from sdk_ways import events, settled, wait
from validity import VALID

from compresskit import TOOL_NAME, InvalidArgument

every_kind = pytest.mark.parametrize("kind", ["sync", "async"])
every_api = pytest.mark.parametrize("api", APIS.values(), ids=APIS)
CASES = {"below": (200_000, 0), "above": (4_000, 0), "one retrieval": (4_000, 1), "two retrievals": (4_000, 2)}
# headers that differ between two clients; the last one comes with every middleware of Anthropic's SDK
UNLIKE = {"host", "user-agent", "content-length", "x-stainless-raw-response"}


def without(names, fields):
    return {name: value for name, value in fields.items() if name not in names}


@cache
def usually(name, way, kind):
    """What the SDK's own class shows and sends."""
    api = EVERY[name]
    with serving(lambda _: ANSWER) as server:
        seen = wait(api.ways[way], api.theirs(kind, server), **api.request)
        [sent] = server.received
    assert seen.report is None
    return seen, sent


# A way that takes a retrieval takes every other request as well.
ROWS = [(name, way, "one retrieval") for name, api in EVERY.items() for way in api.ways]
ROWS += [(name, way, case) for name, api in APIS.items() for way in {api.whole, api.streamed} & set(api.ways)
         for case in CASES if case != "one retrieval"]  # fmt: skip


@every_kind
@pytest.mark.parametrize(("name", "way", "case"), sorted(ROWS))
def test_every_way_of_the_sdk(name, way, case, kind):
    """The SDK shows what it would show if the model had answered at once, and the upstream gets what belongs there."""
    api, (trigger, rounds) = EVERY[name], CASES[case]
    alone, usual = usually(name, way, kind)
    with serving(api.script(rounds)) as server:
        seen = wait(api.ways[way], api.ours(kind, server, {"trigger": trigger, "target": 3_000}), **api.request)
        sent = server.received
    assert seen[:3] == alone[:3] == (ANSWER, [], api.finish)
    assert len(sent) == 1 + rounds
    assert (seen.usage or {}) == {name: count * (1 + rounds) for name, count in (alone.usage or {}).items()}
    if case == "below":
        assert sent[0].content == usual.content
        assert seen.report is None or seen.report["skipped_reason"] == "below_trigger"
        return
    bodies = [json.loads(one.content) for one in sent]
    for earlier, later in pairwise(bodies):
        same = len(earlier[api.history])
        assert later[api.history][:same] == earlier[api.history], "the prompt cache holds"
        assert later["tools"] == earlier["tools"]
        if api.shape in ("anthropic", "gemini"):
            assert '"c2ln' in json.dumps(later[api.history][same]), "what is signed goes back with its call"
    for one, body in zip(sent, bodies, strict=True):
        assert len(one.content) < len(usual.content) / 2
        assert without((api.history, "tools"), body) == without((api.history, "tools"), json.loads(usual.content))
        assert VALID[api.shape](body[api.history])
        assert names(body) == [*names(json.loads(usual.content)), TOOL_NAME]
        assert one.path == usual.path
        assert without(UNLIKE, one.headers) == without(UNLIKE, usual.headers)
    if seen.report:
        assert seen.report.get("rounds", rounds) == rounds
        assert seen.report["compressed_tokens"] <= 3_000 < seen.report["original_tokens"]


@every_kind
@pytest.mark.parametrize("name", APIS)
def test_disabled_everything_is_byte_identical(name, kind):
    api = APIS[name]
    for way in (api.whole, api.streamed):
        alone, usual = usually(name, way, kind)
        with serving(lambda _: ANSWER) as server:
            seen = wait(api.ways[way], api.ours(kind, server, {"trigger": 10, "enabled": False}), **api.request)
            [one] = server.received
        assert seen == alone
        assert (one.content, one.path) == (usual.content, usual.path)
        assert without(UNLIKE, one.headers) == without(UNLIKE, usual.headers)


@every_kind
@every_api
def test_options_of_one_request(api, kind):
    """They go into the body or a header, and never reach the upstream."""
    for own, headers, compressed in [
        ({"trigger": 4_000, "target": 3_000}, {}, True),
        (True, {}, True),
        (False, {}, False),
        ({"trigger": 100_000}, {}, False),
        (None, {"x-compresskit": "off"}, False),
    ]:
        body = {"seed": 1} if own is None else {"seed": 1, "compresskit": own}
        with serving(lambda _: ANSWER) as server:
            request = {**api.request, **api.own(body, headers)}
            wait(api.ways[api.whole], api.ours(kind, server), **request)
            [one] = server.received
        assert (len(one.content) < 30_000) is compressed, own
        assert b"compresskit" not in re.sub(rb"compresskit_retrieve", b"", one.content)
        assert "x-compresskit" not in one.headers
        assert json.loads(one.content)["seed"] == 1


@every_kind
@every_api
def test_a_wrong_option_is_an_error_at_once(api, kind):
    request = {**api.request, **api.own({"compresskit": {"triger": 1}}, {})}
    with serving(lambda _: ANSWER) as server:
        with pytest.raises((api.error, InvalidArgument), match=r"'triger'.*no option.*Did you mean 'trigger'\?"):
            wait(api.ways[api.whole], api.ours(kind, server), **request)
        with pytest.raises(InvalidArgument, match="Did you mean 'target'"):
            api.ours(kind, server, {"targt": 5})
        assert server.received == []


@every_kind
@pytest.mark.parametrize(("api", "more"), [(api, more) for api in APIS.values() for more in api.held])
def test_a_history_at_the_provider_is_left_alone_and_the_report_says_so(api, more, kind):
    request, bodies = {**api.request, **more}, []
    for make in (api.theirs, api.ours):
        with serving(lambda _: ANSWER) as server:
            seen = wait(api.ways[api.whole], make(kind, server), **request)
            bodies += [one.content for one in server.received]
    assert bodies[0] == bodies[1]
    assert seen.report["skipped_reason"] == "provider_state"


@every_kind
@pytest.mark.parametrize("api", [api for api in APIS.values() if api.system], ids=lambda api: api.shape)
def test_instructions_are_counted(api, kind):
    """The figures are those of the whole request: long ones leave less room for the messages within the target."""
    with serving(api.script(0)) as server:
        seen = wait(api.ways[api.whole], api.ours(kind, server), **{**api.request, **api.system})
        bare = wait(api.ways[api.whole], api.ours(kind, server), **api.request)
    assert seen.report["original_tokens"] > bare.report["original_tokens"] + 1_000
    assert seen.report["compressed_tokens"] <= ROOM["target"]


@every_kind
@every_api
@pytest.mark.parametrize("status", [400, 429, 500])
def test_an_error_in_a_retrieval_round_is_the_error_of_the_sdk(api, kind, status):
    """An error before anything was shown is the SDK's error of its status, also of a stream."""

    def script(body):
        return Error(status, "overloaded") if answered(body) else retrieval(body)

    way = api.ways[api.streamed if status == 429 else api.whole]
    with serving(script) as server:
        with pytest.raises(api.error, match="overloaded") as caught:
            wait(way, api.ours(kind, server, max_retries=0), **api.request)
        assert getattr(caught.value, "status_code", None) or caught.value.code == status
        assert len(server.requests) == 2


def retrieval(body):
    return [call(TOOL_NAME, {"key": keys(body)[0], "lines": "1-3"}, "call_r")]


@every_kind
@every_api
@pytest.mark.parametrize("rounds", [0, 1])
def test_every_text_is_shown_before_the_next_one_is_sent(api, kind, rounds):
    gate = threading.Semaphore(0)

    def waited(_number):
        assert gate.acquire(timeout=20)

    def script(body):
        said = api.script(rounds)(body)
        return Paced(said, waited) if said == ANSWER else said

    async def read(client, **arguments):
        gate.release(api.first)
        text = ""
        async for event in events(await api.stream(client, **arguments)):
            text += api.text(event)
            gate.release(100 if text == ANSWER else 1)  # the end comes as one: it may be that of a retrieval
        return text

    with serving(script) as server:
        assert wait(read, api.ours(kind, server), **api.request) == ANSWER
        assert len(server.requests) == 1 + rounds


@every_kind
@every_api
def test_a_client_that_leaves_in_mid_stream_closes_the_call(api, kind):
    def script(body):
        said = api.script(1)(body)
        return Paced(ANSWER * 400, lambda _: time.sleep(0.02)) if said == ANSWER else said

    async def leave(client, **arguments):
        stream = await api.stream(client, **arguments)
        async for event in events(stream):
            if api.text(event):  # the call that answers has begun
                break
        await settled(stream.aclose() if hasattr(stream, "aclose") else stream.close())

    with serving(script) as server:
        wait(leave, api.ours(kind, server), **api.request)
        assert server.hung_up.wait(20)


@every_kind
@every_api
def test_an_error_behind_text_that_was_shown_is_an_error_of_the_sdk(api, kind):
    texts = []

    def script(body):
        return Error(503, "overloaded") if answered(body) else ["Let me see. ", *retrieval(body)]

    async def read(client, **arguments):
        async for event in events(await api.stream(client, **arguments)):
            texts.append(api.text(event))

    with serving(script) as server, pytest.raises(api.error, match="overloaded"):
        wait(read, api.ours(kind, server), **api.request)
    assert "".join(texts) == "Let me see. "
