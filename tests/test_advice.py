"""The advice of an error works: each is followed here, with real objects of the SDKs."""

import dataclasses
import os
import re
import types
from collections import UserDict

import litellm
import openai.types.chat
import openai.types.responses
import pytest
from plain_messages import SHAPES, said
from pydantic import BaseModel
from samples import anthropic_agent, openai_agent
from shapes_not_served import AI_SDK, COHERE, HAYSTACK, LANGCHAIN, LLAMAINDEX, MCP, SEMANTIC_KERNEL

from compresskit import (
    Conversation,
    InvalidArgument,
    InvalidMessages,
    StoreError,
    answer,
    completion,
    compress,
    restore,
    retrieve,
)
from compresskit.integrations.litellm.settings import Settings
from compresskit.stores import DiskStore, MemoryStore, RedisStore

# litellm's own models make pydantic warn; that is not ours to mend.
pytestmark = pytest.mark.filterwarnings("ignore:.*ReadOnly:UserWarning:pydantic")
HELLO = {"role": "user", "content": "hello"}


@dataclasses.dataclass
class DataMessage:
    role: str
    content: str


def chat_completion():
    message = {"role": "assistant", "content": "Fine.", "refusal": None}
    choice = {"index": 0, "finish_reason": "stop", "logprobs": None, "message": message}
    fields = {"id": "c", "object": "chat.completion", "created": 1, "model": "gpt-4o", "choices": [choice]}
    return openai.types.chat.ChatCompletion.model_validate(fields)


def response():
    items = [{"type": "message", "id": "m", "role": "assistant", "status": "completed", "content": []}]
    fields = {"id": "r", "object": "response", "created_at": 1, "model": "gpt-5", "output": items, "tools": []}
    return openai.types.responses.Response.model_validate(
        {**fields, "parallel_tool_calls": True, "tool_choice": "auto"}
    )


def followed(error, **names):
    """What the last sentence of an error says to pass, made of what the caller has."""
    code = re.search(r"[Pp]ass ([^.].*?)(?:, or .*)?\.$", str(error))[1]
    return eval(code, {"text": "hello", **names})


WHOLES = [
    ("a tuple", (HELLO, HELLO)),
    ("an iterator", iter([HELLO, HELLO])),
    ("a generator", (message for message in [HELLO])),
    ("dict values", {"a": HELLO}.values()),
    ("a text", "hello"),
    ("one message", HELLO),
    ("None", None),
    ("a number", 5),
    ("bytes", b"hello"),
]


@pytest.mark.parametrize("messages", [pytest.param(whole, id=name) for name, whole in WHOLES])
def test_what_to_pass_for_something_that_is_no_list_of_messages(messages):
    with pytest.raises(InvalidMessages) as caught:
        compress(messages, "gpt-4o")
    compress(followed(caught.value, messages=messages, message=messages), "gpt-4o")


def test_a_whole_request_is_taken_apart():
    with pytest.raises(InvalidMessages, match="Pass its 'messages'"):
        compress({"model": "gpt-4o", "messages": [HELLO]}, "gpt-4o")


MESSAGES = [
    ("a completion of openai", chat_completion()),
    ("a response of litellm", litellm.ModelResponse(choices=[{"message": {"role": "assistant", "content": "Fine."}}])),
    ("a dataclass", DataMessage("user", "hello")),
    ("a mapping", UserDict(HELLO)),
    ("a read-only mapping", types.MappingProxyType(HELLO)),
    ("a text", "hello"),
    ("None", None),
    ("a pair", ("user", "hello")),
]


@pytest.mark.parametrize("message", [pytest.param(one, id=name) for name, one in MESSAGES])
def test_what_to_pass_for_an_object_that_is_no_dict(message):
    with pytest.raises(InvalidMessages) as caught:
        compress([HELLO, message], "gpt-4o")
    passed = followed(caught.value, message=message, response=message, dataclasses=dataclasses)
    result = compress([HELLO, passed, HELLO], "gpt-4o")
    assert result.messages[1]["role"] in ("assistant", "user")
    assert not {"id", "usage", "stop_reason", "model"} & set(result.messages[1]), "what a provider would refuse"


def test_a_whole_response_is_taken_apart():
    with pytest.raises(
        InvalidMessages, match=r"Pass the items of its output: messages \+ response\.output\."
    ) as caught:
        compress([HELLO, response()], "gpt-4o")
    messages = eval(re.search(r"output: (.*)\.$", str(caught.value))[1], {"messages": [HELLO], "response": response()})
    assert compress(messages, "gpt-4o").messages[1]["type"] == "message"


def test_a_message_of_langchain_is_converted_by_langchain():
    core = pytest.importorskip("langchain_core.messages")
    messages = [core.SystemMessage("Be brief."), core.HumanMessage("hello"), core.AIMessage("Fine.")]
    with pytest.raises(InvalidMessages) as caught:
        compress(messages, "gpt-4o")
    names = {"messages": messages, "langchain_core": types.SimpleNamespace(messages=core)}
    assert [one["role"] for one in compress(followed(caught.value, **names), "gpt-4o").messages] == [
        *("system", "user", "assistant"),
    ]


def test_langchain_is_known_by_the_module_of_its_messages():
    class HumanMessage(BaseModel):
        content: str
        type: str = "human"

    HumanMessage.__module__ = "langchain_core.messages.human"
    with pytest.raises(InvalidMessages, match=r"Pass langchain_core\.messages\.convert_to_openai_messages\(messages\)"):
        compress([HumanMessage(content="hello")], "gpt-4o")


PARTS = [
    ("a tuple", ("a", "b"), list),
    ("a set", {"a"}, list),
    ("bytes", b"hello", None),
    ("a date", dataclasses.make_dataclass("Day", ["day"])(5), str),
]


@pytest.mark.parametrize(("part", "kind"), [pytest.param(*row[1:], id=row[0]) for row in PARTS])
def test_what_to_pass_for_a_part_that_json_cannot_hold(part, kind):
    with pytest.raises(InvalidMessages) as caught:
        compress([{"role": "user", "content": [part]}], "gpt-4o")
    if kind is None:
        assert str(caught.value).endswith("Decode it to str, or base64 it as the provider wants it.")
        passed = part.decode()
    else:
        passed = followed(caught.value, item=part)
        assert isinstance(passed, kind)
    compress([{"role": "user", "content": [passed]}], "gpt-4o")


# --- Shapes that are not served ------------------------------------------------------------------------


@pytest.mark.parametrize("shape", ["auto", *SHAPES])
@pytest.mark.parametrize(
    ("messages", "name"),
    [
        *((messages, "Message of Vercel's AI SDK") for messages in AI_SDK),
        *((messages, "message of Cohere's first chat API") for messages in COHERE),
        *((messages, "message of LangChain as a dict") for messages in LANGCHAIN),
        *((messages, "ChatMessage of LlamaIndex as a dict") for messages in LLAMAINDEX),
        *((messages, "ChatMessageContent of Semantic Kernel as a dict") for messages in SEMANTIC_KERNEL),
        *((messages, "ChatMessage of Haystack as a dict") for messages in HAYSTACK),
        *((messages, "message with a content of MCP's") for messages in MCP),
    ],
)
def test_a_shape_that_is_not_served_is_refused_by_name(messages, name, shape):
    for trigger in (1, 200_000):
        with pytest.raises(InvalidMessages, match=name) as caught:
            compress(messages, "gpt-4o", trigger, shape=shape)
        assert "Pass Chat Completions messages" in str(caught.value)


def test_the_messages_named_instead_are_taken_and_litellm_sends_them_there():
    """The advice for shapes that are not served, followed for what they can say."""
    call = {"id": "c1", "type": "function", "function": {"name": "search", "arguments": '{"query": "parser"}'}}
    messages = [
        HELLO,
        {"role": "assistant", "content": None, "tool_calls": [call]},
        {"role": "tool", "tool_call_id": "c1", "content": "parser.py"},
    ]
    assert compress(messages, "gpt-4o").messages == messages
    for model in ("gemini/gemini-2.5-pro", "bedrock/converse/anthropic.claude-3-sonnet-20240229-v1:0"):
        litellm.utils.validate_and_fix_openai_messages(messages)
        assert litellm.get_llm_provider(model)[1] in ("gemini", "bedrock")


@pytest.mark.parametrize(
    "message",
    [
        {"role": "user", "content": [{"type": "text", "text": "hi"}]},
        {"role": "user", "content": "hi", "parts": [{"text": "hi"}]},
        {"role": "user", "parts": []},
        {"role": "user", "parts": [5]},
        {"role": "user", "content": []},
        {"role": "assistant", "content": None},
        {"role": "tool", "tool_call_id": "a", "content": [{"text": "hi"}]},
        {"role": "user", "content": [{"text": "hi", "id": 5}]},
        {"role": "user", "type": "function_call", "content": "hi"},
        {"role": "user", "type": "message", "content": [{"type": "input_text", "text": "hi"}]},
    ],
    ids=str,
)
def test_a_message_that_only_looks_a_little_like_another_shape_is_taken(message):
    assert compress([message], "gpt-4o").messages == [message]


@pytest.mark.parametrize("other", ["responses", "gemini", "converse"])
def test_messages_of_two_shapes_are_refused_and_those_of_one_are_taken(other):
    """Whoever mixes them has to convert some: which of them, the error says."""
    call = {"type": "function_call", "call_id": "c", "name": "f", "arguments": "{}"}
    foreign = call if other == "responses" else said(other, "user", "hi")
    tool = [{"role": "assistant", "tool_calls": [{"id": "a", "function": {"name": "f", "arguments": "{}"}}]},
            {"role": "tool", "tool_call_id": "a", "content": "42"}]  # fmt: skip
    for messages in ([HELLO, *tool, foreign], [foreign, *tool]):
        with pytest.raises(InvalidMessages, match=r"^messages\[\d\] is .*\. Pass those of one API only\.$"):
            compress(messages, "gpt-4o")
    compress([HELLO, *tool], "gpt-4o")
    compress([foreign], "gpt-4o")
    with pytest.raises(InvalidMessages, match=rf"Pass shape='{other}', and messages of that API only") as caught:
        compress([foreign], "gpt-4o", shape="openai")
    compress([foreign], "gpt-4o", shape=re.search(r"shape='(\w+)', and", str(caught.value))[1])


@pytest.mark.parametrize("make", [openai_agent, anthropic_agent])
def test_real_conversations_are_taken(make):
    assert compress(make(), "gpt-4o").messages == make()


# --- Arguments and stores ------------------------------------------------------------------------------


class Cached:
    """What somebody may mistake for a cache."""


KEY = "bcdfghjklmnp"


def short(**options):
    return compress([HELLO] * 6, **{"model": "gpt-4o", **options})


# What is wrong, what the error says, and the same call as it says it.
ARGUMENTS = [
    (lambda: short(trigger=100, target=101), "Lower the target", lambda: short(trigger=100, target=100)),
    (lambda: short(trigger=100, target=101), "raise the trigger", lambda: short(trigger=101, target=101)),
    (lambda: short(trigger=0), "Leave it out", short),
    (lambda: short(model=""), "such as 'gpt-4o'", lambda: short(model="gpt-4o")),
    (lambda: short(query=5), "None to derive it", lambda: short(query=None)),
    (lambda: short(protect=0), r"\[0, 'system', 'read_file'\]", lambda: short(protect=[0, "system", "read_file"])),
    (lambda: short(counter=5), "Leave it out", short),
    (lambda: short(cache={"k": 5}), r"result\.cache", lambda: short(cache=short().cache)),
    (lambda: retrieve(Cached(), KEY), r"result\.cache", lambda: retrieve(short().cache, KEY)),
    (lambda: retrieve({KEY: "x"}, KEY, max_tokens=5), "60 or more", lambda: retrieve({KEY: "x"}, KEY, max_tokens=60)),
    (lambda: restore({}, {}), "'messages' of a result", lambda: restore(short().messages, {})),
    (lambda: answer([chat_completion()], {}), "as an object or a dict", lambda: answer(chat_completion(), {})),
    (lambda: Conversation.from_json("{}"), "to_json", lambda: Conversation.from_json(Conversation("gpt-4o").to_json())),
    (lambda: Conversation("gpt-4o", protect=any), "index, role or tool", lambda: Conversation("gpt-4o", protect=[0])),
    (lambda: MemoryStore(10, 20), r"at most max_bytes \(10\)", lambda: MemoryStore(10, 10)),
    (lambda: RedisStore("localhost"), "redis://", lambda: RedisStore("redis://localhost")),
]


@pytest.mark.parametrize(("wrong", "says", "right"), ARGUMENTS)
def test_what_an_error_says_about_an_argument_works(wrong, says, right):
    with pytest.raises((InvalidArgument, InvalidMessages), match=says):
        wrong()
    right()


@pytest.mark.parametrize("name", ["on_entry", "offer_tool", "breakpoints", "previous"])
def test_what_completion_does_not_take_a_conversation_does(name):
    with pytest.raises(InvalidArgument) as caught:
        completion("gpt-4o", [HELLO], **{name: None})
    code = re.search(r"Pass (conversation=Conversation\(.*\))", str(caught.value))[1].replace("…", "True")
    made = eval(f"dict({code})", {"Conversation": Conversation, "model": "gpt-4o"})
    completion("gpt-4o", [HELLO], mock_response="Fine.", **made)


@pytest.mark.parametrize(
    ("name", "value"),
    [("trigger", 100), ("target", 100), ("query", "q"), ("protect", [0]), ("recoverable", False), ("cache", {})],
)
def test_what_stands_beside_a_conversation_goes_into_it_or_is_left_out(name, value):
    with pytest.raises(InvalidArgument) as caught:
        completion("gpt-4o", [HELLO], conversation=Conversation("gpt-4o"), **{name: value})
    code = re.search(r"pass it to (Conversation\(.*\)) instead", str(caught.value))
    assert (code is None) == (name == "cache")
    if code:
        eval(code[1].replace("(", "('gpt-4o', ").replace("…", repr(value)), {"Conversation": Conversation})


def test_the_chunks_of_a_stream_are_put_together_first():
    chunks = list(litellm.completion("gpt-4o", [HELLO], stream=True, mock_response="Fine."))
    with pytest.raises(InvalidArgument) as caught:
        answer(chunks, {})
    code = re.search(r"first, as (litellm\.\w+\(chunks\))", str(caught.value))[1]
    assert answer(eval(code, {"litellm": litellm, "chunks": chunks}), {}) == []


def test_a_directory_that_others_can_read_is_closed_or_another_is_named(tmp_path):
    (tmp_path / "store").mkdir()
    (tmp_path / "store").chmod(0o755)
    with pytest.raises(StoreError, match="chmod 700 it, or name a directory that is not there yet"):
        DiskStore(tmp_path / "store").put({"key": "text"})
    DiskStore(tmp_path / "another").put({"key": "text"})
    (tmp_path / "store").chmod(0o700)
    DiskStore(tmp_path / "store").put({"key": "text"})


@pytest.mark.parametrize(
    "store", ["mongodb://user:secret@host", "disk", "disk:", "disc:/x", "Memory", "localhost:6379"]
)
def test_a_store_of_the_proxy_that_is_none_is_told_what_there_is(store):
    with pytest.raises(InvalidArgument, match=r"callback_settings\.compresskit\.store is none of") as caught:
        Settings.of({"store": store})
    assert "secret" not in str(caught.value)
    example = re.search(r"such as (\S+)\.$", str(caught.value))[1]
    for right in (example, "memory", "disk:/nowhere/yet", "disk:~/store", "unix:///tmp/redis"):
        Settings.of({"store": right})


def test_a_directory_with_a_variable_is_expanded_by_the_caller(tmp_path, monkeypatch):
    monkeypatch.setenv("STORE_HOME", str(tmp_path))
    with pytest.raises(InvalidArgument, match=r"os\.path\.expandvars\(directory\)"):
        DiskStore("$STORE_HOME/store")
    DiskStore(os.path.expandvars("$STORE_HOME/store")).put({"key": "text"})


def test_a_damaged_database_can_be_deleted(tmp_path):
    (tmp_path / "store").mkdir(mode=0o700)
    (tmp_path / "store" / "cache.db").write_bytes(b"this is no database" * 500)
    with pytest.raises(StoreError, match=r"If cache\.db in it is damaged, delete it"):
        DiskStore(tmp_path / "store").put({"key": "text"})
    (tmp_path / "store" / "cache.db").unlink()
    DiskStore(tmp_path / "store").put({"key": "text"})


@pytest.mark.parametrize(
    ("package", "extra", "make"),
    [
        ("diskcache", "disk", lambda path: DiskStore(path / "store")),
        ("redis", "redis", lambda _: RedisStore("redis://localhost")),
    ],
)
def test_a_store_without_its_package_fails_at_once_with_the_line_that_installs_it(
    package, extra, make, tmp_path, monkeypatch
):
    import importlib.metadata

    monkeypatch.setitem(__import__("sys").modules, package, None)
    with pytest.raises(StoreError, match=rf"pip install 'compresskit\[{extra}\]'"):
        make(tmp_path)
    required = importlib.metadata.requires("compresskit")
    assert any(line.startswith(package) and f"extra == '{extra}'" in line.replace('"', "'") for line in required)
