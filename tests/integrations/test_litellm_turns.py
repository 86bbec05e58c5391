"""The real LiteLLM proxy, turn after turn, with a memory store and with all that makes a bill lower."""

import itertools
import json

import pytest
from hooked import EMAIL, leaks
from proxy_clients import Client, result, sent
from proxy_model import LOOKUP, conversation, document, secret, texts
from proxy_server import config, proxy

from compresskit import TOOL_NAME, compress

TRIGGER, TARGET = 3_000, 2_000
BOTH = pytest.mark.parametrize("api", ["openai", "anthropic"])


@pytest.fixture(scope="module")
def client(provider, tmp_path_factory):
    options = {"on_entry": True, "offer_tool": True, "breakpoints": True}
    options |= {"before": "hooked.hide"}  # only texts with an address or a token change
    settings = config(provider, trigger=TRIGGER, target=TARGET, store="memory", **options)
    with proxy(tmp_path_factory.mktemp("proxy"), settings) as server:
        yield Client(server)


def page(number):
    """A page of code."""
    bodies = ["\n".join(f"    row_{row} = ledger.find({number * row})" for row in range(12))] * 12
    return "\n\n".join(
        f"def page_{number}_{at}(ledger):\n{body}\n    return row_{at}" for at, body in enumerate(bodies)
    )


def looked_up(api, number, text):
    """A turn of an agent: the call of its tool and the result."""
    call_id = f"c{number}"
    if api == "openai":
        function = {"name": "lookup", "arguments": json.dumps({"page": number})}
        call = {"content": None, "tool_calls": [{"id": call_id, "type": "function", "function": function}]}
    else:
        call = {"content": [{"type": "tool_use", "id": call_id, "name": "lookup", "input": {"page": number}}]}
    return [{"role": "assistant", **call}, result(api, call_id, text)]


def unmarked(message):
    """A message as one JSON text without cache marks: what a mark turned into a list of one text is a text again."""

    def without(value):
        if isinstance(value, list):
            return [without(item) for item in value]
        if not isinstance(value, dict):
            return value
        bare = {name: without(item) for name, item in value.items() if name != "cache_control"}
        return {**bare, "content": bare["content"][0]["text"]} if is_one_text(bare.get("content")) else bare

    return json.dumps(without(message))


def is_one_text(content):
    return isinstance(content, list) and len(content) == 1 and content[0].get("type") == "text"


def begins(later, earlier):
    """Whether a request begins with the bytes of another: its tools and all of its messages."""
    messages = [[unmarked(message) for message in body["messages"]] for body in (later, earlier)]
    return later["tools"] == earlier["tools"] and messages[0][: len(messages[1])] == messages[1]


@BOTH
def test_an_agents_requests_begin_with_the_one_before_but_for_compactions(client, provider, api):
    name, history = f"loop {api}", [{"role": "user", "content": f"Read all pages, in conversation loop {api}."}]
    for number in range(12):
        client.says(api, history, tools=[LOOKUP])
        history += looked_up(api, number, page(number))
    bodies = sent(provider, name)
    for body in bodies:
        assert [tool.get("function", tool)["name"] for tool in body["tools"]] == ["lookup", TOOL_NAME], "from the start"
    shown = [text for message in bodies[1]["messages"] for text in texts(message)]
    assert len(shown[-1]) < len(page(0)) / 2, "a result enters as an excerpt"
    kept = [begins(later, earlier) for earlier, later in itertools.pairwise(bodies)]
    assert 1 <= kept.count(False) <= 2, kept
    assert kept[0]
    assert (True, False, True) in zip(kept, kept[1:], kept[2:], strict=False), "what a compaction sent stays too"
    marks = [json.dumps(body["messages"]).count("cache_control") for body in bodies]
    assert all(marks[3:]) is (api == "anthropic"), "from the length on that is cached at all"
    assert max(marks) <= 3


@BOTH
def test_a_client_that_edits_its_history_keeps_what_comes_before_the_edit(client, provider, api):
    name = f"edits {api}"
    history = conversation(name, "answer")
    for text in ("And now? do=answer", "A wording. do=answer", "Another. do=answer"):
        answer = client.says(api, history)
        history = [*history, answer.message, {"role": "user", "content": text}]
    client.says(api, history)
    history[-1] = {"role": "user", "content": "Edited. do=retrieve"}
    assert client.says(api, history).text == f"FOUND ['{secret(name)}']"
    first, *_, last, edited, _ = sent(provider, name)
    assert begins(edited, first)
    assert begins(edited, {**last, "messages": last["messages"][:-1]})
    history[2] = {"role": "user", "content": document("instead")}
    assert client.says(api, history).text == f"FOUND ['{secret('instead')}']"
    assert secret(name) not in json.dumps(sent(provider, name)[-1])


@BOTH
@pytest.mark.parametrize("do", ["answer", "retrieve"])
def test_what_the_hook_of_the_settings_hides_never_reaches_the_provider(client, provider, api, do):
    name = f"hidden {do} {api}"
    history = conversation(name, do)
    history[0]["content"] += f" I am {EMAIL}."
    history[2]["content"] = history[2]["content"].replace(secret(name), f"{secret(name)} of {EMAIL}")
    answer = client.says(api, history)
    assert leaks(sent(provider, name)) == []
    if do == "retrieve":
        assert answer.text == f"FOUND ['{secret(name)}']"
    history += [answer.message, {"role": "user", "content": "And now? do=answer"}]
    client.says(api, history)
    first, *_, later = sent(provider, name)
    assert "[address]" in json.dumps(later)
    assert begins(later, first)


@pytest.fixture(scope="module")
def forgetful(provider, tmp_path_factory):
    """A proxy of two workers that keeps nothing between two requests."""
    settings = config(provider, trigger=TRIGGER, target=TARGET, offer_tool=True)
    with proxy(tmp_path_factory.mktemp("forgetful"), settings, workers=2) as server:
        yield Client(server)


def marked(history):
    """As Claude Code marks its requests: the newest block, and that of the user's message before."""
    messages = json.loads(json.dumps(history))
    for message in [message for message in messages if message["role"] == "user"][-2:]:
        if isinstance(message["content"], str):
            message["content"] = [{"type": "text", "text": message["content"]}]
        message["content"][-1]["cache_control"] = {"type": "ephemeral"}
    return messages


def test_marked_requests_keep_their_prefix_without_a_memory(forgetful, provider):
    history = [{"role": "user", "content": "Read all pages, in conversation loop marked."}]
    for number in range(16):
        forgetful.says("anthropic", marked(history), tools=[LOOKUP])
        history += looked_up("anthropic", number, page(number)[:700])
    bodies = sent(provider, "loop marked")
    assert len(bodies) == 16
    kept = [begins(later, earlier) for earlier, later in itertools.pairwise(bodies)]
    assert 1 <= kept.count(False) <= 5, kept
    assert (False, False) not in itertools.pairwise(kept), "what a compaction sent stays until the next one"
    for body in bodies:
        assert compress(body["messages"], "claude-sonnet-4-5", tools=body["tools"]).original_tokens <= TRIGGER
        assert json.dumps(body["messages"][-1]).count("cache_control") == 1
