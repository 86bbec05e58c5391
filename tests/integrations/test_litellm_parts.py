"""The parts of the proxy's callback by themselves: settings, who wants it, events, memory, one request's life."""

import asyncio
import copy
import gc
import json
from pathlib import Path
from types import SimpleNamespace

import pydantic
import pytest
from hooked import EMAIL
from hypothesis import given
from hypothesis import strategies as st
from proxy_model import conversation, document
from telemetry_sdk import recording

from compresskit import InvalidArgument, compress
from compresskit.clients.frames import framed_with_type
from compresskit.integrations.litellm.events import parsed
from compresskit.integrations.litellm.settings import Settings, wish_of
from compresskit.stores import DiskStore, MemoryStore, RedisStore


def test_settings_are_what_the_config_says():
    settings = Settings.of({"trigger": 5_000, "target": 3_000, "enabled": False, "on_error": "raise"})
    assert (settings.trigger, settings.target, settings.enabled, settings.on_error) == (5_000, 3_000, False, "raise")
    assert Settings.of(None) == Settings.of({}) == Settings()
    assert Settings().open_store() is None, "nothing is kept unless somebody chose a store"


@pytest.mark.parametrize(
    ("store", "kind"),
    [("memory", MemoryStore), ("disk:/nowhere/yet", DiskStore), ("redis://localhost:1", RedisStore)],
)
def test_a_store_is_named_in_the_settings(store, kind):
    assert isinstance(Settings.of({"store": store}).open_store(), kind)
    assert not Path("/nowhere").exists()


def test_a_setting_that_does_not_exist_is_an_error_with_advice():
    with pytest.raises(InvalidArgument, match=r"callback_settings.compresskit is no option.*mean 'trigger'"):
        Settings.of({"triger": 1})
    with pytest.raises(InvalidArgument, match=r"embedder is no option of the proxy. Name an embedding_model"):
        Settings.of({"embedder": "text-embedding-3-small"})


@pytest.mark.parametrize(
    "wrong",
    [
        {"trigger": "many"},
        {"trigger": 10, "target": 20},
        {"enabled": "yes"},
        {"max_rounds": 0},
        {"max_retrieved_tokens": -1},
        {"store": "mongodb://x"},
        {"store": 7},
        {"store": "os.environ/NOT_SET"},
        {"ttl": 0},
        {"secret": 5},
        {"on_error": "ignore"},
        {"offer_tool": "yes"},
        {"on_entry": "all"},
        {"breakpoints": 1},
        {"prices": "true"},
        {"telemetry": "yes"},
        {"embedding_model": ""},
        {"reranker": 5},
        ["trigger"],
    ],
)
def test_wrong_settings_are_an_error(wrong):
    with pytest.raises(InvalidArgument, match="expected"):
        Settings.of(wrong)


@pytest.mark.parametrize("name", ["store", "secret", "trigger", "target", "max_retrieved_tokens"])
@pytest.mark.parametrize("read", [None, "", "os.environ/MY_VARIABLE"])
def test_a_variable_that_is_not_set_is_named(name, read):
    """The proxy reads it as None, which for some settings would simply be their default."""
    with pytest.raises(InvalidArgument, match=rf"compresskit\.{name} is .*MY_VARIABLE is not set.*leave {name} out"):
        Settings.of({name: read}, {name: "os.environ/MY_VARIABLE"})


def test_a_setting_that_is_left_empty_is_its_default_where_that_is_nothing():
    assert Settings.of({"target": None}, {"target": None}) == Settings()
    with pytest.raises(InvalidArgument, match=r"store is None; a text was expected.*set NAME before the proxy starts"):
        Settings.of({"store": None}, None)


def test_a_proxy_with_wrong_settings_does_not_load_the_callback(monkeypatch):
    import litellm
    from litellm.proxy.types_utils.utils import get_instance_fn

    import compresskit.integrations.litellm as module

    path = "compresskit.integrations.litellm.handler"
    monkeypatch.delitem(vars(module), "handler", raising=False)
    monkeypatch.setattr(litellm, "callback_settings", {"compresskit": {"triger": 5}})
    with pytest.raises(InvalidArgument, match=r"'triger' in callback_settings.*'trigger'"):
        get_instance_fn(path)
    monkeypatch.setattr(litellm, "callback_settings", {"compresskit": {"trigger": 5_000}})
    assert get_instance_fn(path).settings.trigger == 5_000
    assert get_instance_fn(path) is get_instance_fn(path)
    monkeypatch.delitem(vars(module), "handler")


OFF, ON = {"compresskit": "off"}, {"compresskit": True}


@pytest.mark.parametrize(
    ("default", "request_", "key", "team", "expected"),
    [
        (True, {}, {}, {}, True),
        (False, {}, {}, {}, False),
        (False, {}, ON, {}, True),
        (True, {}, {}, OFF, False),
        (True, {}, ON, OFF, True),
        (False, ON, {}, {}, True),
        (True, OFF, ON, {}, False),
        (False, ON, OFF, {}, False),
        (False, ON, {}, OFF, False),
        (True, {"compresskit": "offf"}, {}, {}, False),
        (True, {}, {"compresskit": {"enabled": "perhaps"}}, {}, False),
        (False, {}, {"compresskit": {"enabled": "on", "rules": []}}, {}, True),
        (True, {"proxy_server_request": {"headers": {"X-CompressKit": " OFF "}}}, {}, {}, False),
        (False, {"metadata": {"compresskit": "on"}}, {}, {}, True),
    ],
)
def test_who_wants_it(default, request_, key, team, expected):
    assert wish_of(default, request_, key, team).wanted is expected


MISREAD = [
    ({"proxy_server_request": {"headers": {"x-compresskit": "maybe"}}}, {}, "the header x-compresskit"),
    ({"compresskit": "perhaps"}, {}, "the field compresskit"),
    ({"metadata": {"compresskit": {"on": 1}}}, {}, r"metadata.compresskit"),
    ({}, {"compresskit": "perhaps"}, "the metadata of the key or team"),
]


@pytest.mark.parametrize(("data", "granted", "where"), MISREAD)
def test_a_word_that_is_not_understood_is_answered(data, granted, where):
    """As for what fails here, on_error decides whether the request goes out as it was or is refused."""
    import litellm

    messages, log, hooks = conversation("misread", "answer"), Log(), handler()
    assert asyncio.run(passed(hooks, messages, log, key(metadata=granted), **copy.deepcopy(data))) is None, "as it was"
    headers = asyncio.run(hooks.async_post_call_response_headers_hook({"litellm_logging_obj": log}, None))
    assert headers["x-compresskit-error"].startswith(f"{where} is not understood; on, true, 1, yes, off")
    assert headers["x-compresskit-skipped"] == "error"
    assert not {"maybe", "perhaps"} & set(str(headers).split())
    with pytest.raises(litellm.BadRequestError, match=where):
        asyncio.run(passed(handler(on_error="raise"), messages, Log(), key(metadata=granted), **copy.deepcopy(data)))


async def listed(stream):
    return [item async for item in stream]


async def in_pieces(data, sizes):
    at = 0
    for size in sizes:
        yield data[at : at + size]
        at += size
    yield data[at:]


EVENTS = [
    {"type": "message_start", "message": {"content": []}},
    {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "é\n\n\u2028 data: x \ud800"}},
    {"type": "message_stop"},
]


@given(st.lists(st.integers(1, 40), max_size=30), st.booleans())
def test_events_are_read_however_they_are_cut(sizes, windows):
    data = b"".join(framed_with_type(event) for event in EVENTS[:1]) + b": a comment\n\n"
    data += "".join(f"data: {json.dumps(event)}\n\n" for event in EVENTS[1:]).encode()
    if windows:
        data = data.replace(b"\n", b"\r\n")
    assert asyncio.run(listed(parsed(in_pieces(data, sizes)))) == EVENTS


def test_what_is_written_can_be_read():
    data = b"".join(framed_with_type(event) for event in [EVENTS[0], EVENTS[2]])
    assert asyncio.run(listed(parsed(in_pieces(data, [])))) == [EVENTS[0], EVENTS[2]]


class Log:
    """Stands for the proxy's log object of a request."""


def handler(**settings):
    from compresskit.integrations.litellm.hooks import Handler

    return Handler(Settings.of({"trigger": 2_500, "target": 1_500, **settings}))


def key(**fields):
    found = {
        "api_key": "k",
        "user_id": None,
        "team_id": None,
        "end_user_id": None,
        "metadata": {},
        "team_metadata": None,
    }
    return SimpleNamespace(**(found | fields))


async def passed(hooks, messages, log, by=None, **data):
    """What goes to a model, through the first two hooks."""
    import litellm

    litellm.callbacks = [hooks]
    request = {"model": "gpt-4o", "messages": messages, "litellm_logging_obj": log, **data}
    await hooks.async_pre_call_hook(by or key(), None, request, "acompletion")
    call_type = SimpleNamespace(value="acompletion")
    return await hooks.async_pre_call_deployment_hook(request, call_type)


@pytest.fixture(autouse=True)
def _callbacks_as_they_were():
    import litellm

    before = list(litellm.callbacks)
    yield
    litellm.callbacks = before


def test_what_is_kept_of_a_request_goes_with_it():
    hooks, log = handler(), Log()
    assert asyncio.run(passed(hooks, conversation("life", "answer"), log))["tools"]
    assert len(hooks._turns) == 1
    del log
    gc.collect()
    assert len(hooks._turns) == 0, "no text of a user stays in the proxy's memory"


def test_a_failure_in_compression_sends_the_request_as_it_was(caplog):
    messages = [*conversation("fails", "answer"), {"role": "user", "content": {1, 2}}]
    hooks, log = handler(), Log()
    sent = asyncio.run(passed(hooks, messages, log))
    assert sent["messages"] == messages
    assert "tools" not in sent
    headers = asyncio.run(hooks.async_post_call_response_headers_hook({"litellm_logging_obj": log}, None))
    assert headers == {"x-compresskit-skipped": "error", "x-compresskit-error": "InvalidMessages"}
    assert "passphrase" not in caplog.text


def test_a_hook_of_the_settings_is_imported_beside_the_config_and_no_request_goes_out_without_it(tmp_path):
    (tmp_path / "my_hooks.py").write_text("def shout(text, about):\n    return text.upper()\n\n\nlimit = 5\n")
    config = str(tmp_path / "config.yaml")
    assert Settings.of({"before": "my_hooks.shout"}, file=config).before("a", None) == "A"
    for wrong in ("my_hooks.limit", "my_hooks.missing", "missing.shout", "shout", "os; x.y", 5):
        with pytest.raises(InvalidArgument, match=r"before|shout"):
            Settings.of({"before": wrong}, file=config)
    hooks, log = handler(before="hooked.hide", on_error="send"), Log()
    with pytest.raises(Exception, match="compresskit: cannot prepare this request"):
        asyncio.run(passed(hooks, [{"role": "user", "content": {1, 2}}], log))
    sent = asyncio.run(passed(hooks, [{"role": "user", "content": f"I am {EMAIL}"}], Log()))
    assert sent["messages"] == [{"role": "user", "content": "I am [address]"}]


def test_requests_without_compression_are_counted_by_their_reason():
    ours = compress([], "gpt-4o", offer_tool=True).tools
    unreadable = [*conversation("fails", "answer"), {"role": "user", "content": {1, 2}}]
    with recording() as recorded:
        for messages, more in (
            (conversation("off", "answer"), {"compresskit": "off"}),
            (conversation("maybe", "answer"), {"compresskit": "maybe"}),
            (conversation("own", "answer"), {"tools": ours}),
            (unreadable, {}),
            (conversation("on", "answer"), {}),
        ):
            asyncio.run(passed(handler(), messages, Log(), **more))
        counts = {method: point.value for (method, _), point in recorded.points("compresskit.requests").items()}
    assert counts == {"disabled": 2, "error": 2, "fits_trigger": 1}
    assert [span.attributes["compresskit.method"] for span in recorded.spans] == ["error", "fits_trigger"]


def test_a_failure_refuses_the_request_where_that_is_wanted():
    import litellm

    messages = [*conversation("refused", "answer"), {"role": "user", "content": {1, 2}}]
    with pytest.raises(litellm.BadRequestError, match="InvalidMessages") as caught:
        asyncio.run(passed(handler(on_error="raise"), messages, Log()))
    assert "passphrase" not in str(caught.value)


@pytest.mark.parametrize(
    ("setting", "model", "error"),
    [("embedding_model", "infinity/x", "EmbedderFailed"), ("reranker", "infinity/x", "RerankerFailed")],
)
def test_a_model_of_the_settings_that_fails_sends_the_request_as_it_was(setting, model, error, monkeypatch):
    """There is no server at this address."""
    monkeypatch.setenv("INFINITY_API_BASE", "http://127.0.0.1:9")
    messages, log = conversation("unranked", "answer"), Log()
    hooks = handler(**{setting: model})
    assert asyncio.run(passed(hooks, messages, log))["messages"] == messages
    headers = asyncio.run(hooks.async_post_call_response_headers_hook({"litellm_logging_obj": log}, None))
    assert headers == {"x-compresskit-skipped": "error", "x-compresskit-error": error}


def test_rules_of_the_key_come_before_those_of_the_team_and_the_settings(tmp_path):
    file = tmp_path / "rules.toml"
    file.write_text('[[rules]]\nrole = "tool"\naction = "stub"')
    messages = conversation("ruled", "answer")

    def sent(**metadata):
        by = key(**{name: {"compresskit": {"rules": [rule]}} for name, rule in metadata.items()})
        found = asyncio.run(passed(handler(rules=str(file)), messages, Log(), by))
        return [message["content"] for message in found["messages"] if message["role"] == "tool"]

    given = [message["content"] for message in messages if message["role"] == "tool"]
    stubs, kept = {"role": "tool", "action": "stub"}, {"role": "tool", "larger_than": 1, "action": "keep"}
    assert all("\n" not in text for text in sent())
    assert set(given) <= set(sent(metadata=kept))
    assert set(given) <= set(sent(team_metadata=kept))
    assert all("\n" not in text for text in sent(metadata=stubs, team_metadata=kept))


def test_a_wrong_rule_of_a_key_sends_its_requests_as_they_were():
    by = key(metadata={"compresskit": {"rules": [{"tol": "x", "action": "keep"}]}})
    hooks, log, messages = handler(), Log(), conversation("wrong rule", "answer")
    assert asyncio.run(passed(hooks, messages, log, by)) is None
    headers = asyncio.run(hooks.async_post_call_response_headers_hook({"litellm_logging_obj": log}, None))
    assert "has the field 'tol'" in headers["x-compresskit-error"]
    with pytest.raises(InvalidArgument, match=r"callback_settings\.compresskit\.rules"):
        Settings.of({"rules": [{"action": "kep"}]})


def test_a_client_that_retrieves_by_itself_is_left_alone():
    messages = conversation("own", "answer")
    result = compress(messages, "gpt-4o", 2_500, 1_500)
    sent = asyncio.run(passed(handler(), messages, Log(), tools=result.tools))
    assert sent["messages"] == messages


@pytest.mark.parametrize("choice", ["none", {"type": "function", "function": {"name": "lookup"}}])
def test_where_the_model_may_not_call_us_it_is_not_invited(choice):
    tools = [{"type": "function", "function": {"name": "lookup"}}]
    sent = asyncio.run(passed(handler(), conversation("forced", "answer"), Log(), tools=tools, tool_choice=choice))
    assert sent["tools"] == tools
    assert "retrieve " not in json.dumps(sent["messages"])
    assert len(json.dumps(sent["messages"])) < len(document("forced")) / 2


def test_instructions_beside_the_messages_count():
    async def tokens(**more):
        log, hooks = Log(), handler()
        request = {"model": "claude", "messages": conversation("system", "answer"), "litellm_logging_obj": log, **more}
        await hooks.async_pre_call_hook(key(), None, request, "anthropic_messages")
        await hooks.async_pre_call_deployment_hook(request, SimpleNamespace(value="anthropic_messages"))
        report = hooks._turns[log].report
        return report["original_tokens"], report["compressed_tokens"]

    import litellm

    litellm.callbacks = [None]
    (before, after), (all_before, all_after) = asyncio.run(tokens()), asyncio.run(tokens(system="word " * 500))
    assert all_before - before > 400
    assert all_after - after < 100, "the whole request has the same target"


@pytest.mark.parametrize("own", [0, 1, 2, 4])
def test_a_request_has_at_most_four_cache_marks(own):
    """Those of instructions beside the messages count: a fifth is the provider's error."""
    import litellm

    mark = {"cache_control": {"type": "ephemeral"}}
    system = [{"type": "text", "text": f"Rule {at}.", **(mark if at < own else {})} for at in range(4)]
    messages, hooks, sent = conversation("marks", "answer"), handler(store="memory", breakpoints=True), []
    litellm.callbacks = [None]

    async def asked():
        request = {"model": "claude", "messages": list(messages), "litellm_logging_obj": Log(), "system": system}
        await hooks.async_pre_call_hook(key(), None, request, "anthropic_messages")
        return await hooks.async_pre_call_deployment_hook(request, SimpleNamespace(value="anthropic_messages"))

    for text in ("word " * 200, "word " * 20):
        sent.append(json.dumps(asyncio.run(asked())["messages"]).count("cache_control"))
        messages += [{"role": "assistant", "content": "Yes."}, {"role": "user", "content": text}]
    sent.append(json.dumps(asyncio.run(asked())["messages"]).count("cache_control"))
    assert max(sent) + own <= 4
    assert all(sent[1:]) is (own < 2)


def test_guardrails_come_after_us():
    import litellm

    hooks, other = handler(), object()
    litellm.callbacks = [other, hooks]
    request = {"model": "m", "messages": [], "litellm_logging_obj": Log()}
    asyncio.run(hooks.async_pre_call_hook(key(), None, request, "acompletion"))
    assert litellm.callbacks == [hooks, other]


class Auth(pydantic.BaseModel):
    """Stands for the proxy's own, whose import warns."""

    api_key: str
    budget_reservation: dict | None


def test_a_later_call_is_the_same_keys_but_holds_nothing_of_the_first():
    from compresskit.integrations.litellm.followups import _detached

    auth = Auth(api_key="k", budget_reservation={"amount": 1})
    metadata = {
        "user_api_key": "k",
        "user_api_key_auth": auth,
        "user_api_key_budget_reservation": {"amount": 1},
        "compression_savings": {"tokens_saved": 5},
        "spend_logs_metadata": {"project": "x", "compresskit": {"tokens_saved": 5}},
    }
    found = _detached(metadata, 30)
    assert found["user_api_key_auth"].api_key == auth.api_key
    assert found.pop("user_api_key_auth").budget_reservation is None
    assert auth.budget_reservation == {"amount": 1}
    logged = {"project": "x", "compresskit": {"retrieval": True, "retrieved_tokens": 30}}
    assert found == {"user_api_key": "k", "spend_logs_metadata": logged}
