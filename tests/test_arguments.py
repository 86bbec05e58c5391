"""Wrong arguments: each gives one error that names the value, what was expected and what to do."""

import dataclasses
import re

import pytest

from compresskit import CompresskitError, InvalidArgument, InvalidMessages, compress, restore

HELLO = [{"role": "user", "content": "hello"}]


@dataclasses.dataclass
class DataMessage:
    role: str
    content: str


class Uncountable:
    """A counter without a count method."""


def _cycle():
    part = {"type": "text"}
    part["again"] = part
    return [{"role": "user", "content": [part]}]


# What is wrong, the arguments, and what the error has to say about it.
WRONG_ARGUMENTS = [
    ("a negative target", {"target": -1}, r"target.*-1"),
    ("a target of zero", {"target": 0}, r"target.*0"),
    ("a trigger of zero", {"trigger": 0}, r"trigger.*0"),
    ("a negative trigger", {"trigger": -5}, r"trigger.*-5"),
    ("a target above the trigger", {"trigger": 100, "target": 101}, r"target.*101.*trigger.*100"),
    ("a trigger that is a float", {"trigger": 1e6}, r"trigger.*1000000"),
    ("a trigger that is a word", {"trigger": "many"}, r"trigger.*many"),
    ("a target that is a bool", {"target": True}, r"target.*True"),
    ("a model that is no string", {"model": 4}, r"model.*4"),
    ("a model that is None", {"model": None}, r"model.*None"),
    ("an empty model", {"model": ""}, r"model.*''"),
    ("an unknown shape", {"shape": "gopher"}, r"shape.*gopher.*openai.*anthropic|shape.*gopher.*auto"),
    ("a shape that is no string", {"shape": 7}, r"shape.*7"),
    ("a query that is no string", {"query": 7}, r"query is an int"),
    ("a query that is a list", {"query": ["a", "b"]}, r"query is a list of 2 items"),
    ("a protected index out of range", {"protect": [5]}, r"protect.*5"),
    ("a protected index that is no number", {"protect": [1.5]}, r"protect.*1\.5"),
    ("a protect that is a string", {"protect": "system"}, r"protect.*system"),
    ("a protect that is a number", {"protect": 0}, r"protect.*0"),
    ("a counter that cannot be called", {"counter": 7}, r"counter.*7"),
    ("a counter without count", {"counter": Uncountable()}, r"counter.*Uncountable"),
    ("a counter that gives a string", {"counter": lambda _: "five"}, r"count.*five"),
    ("a counter that gives a negative number", {"counter": lambda _: -3}, r"count.*-3"),
    ("a counter that gives None", {"counter": lambda _: None}, r"count.*None"),
    ("a counter that gives a fraction", {"counter": lambda _: 1.5}, r"count.*1\.5"),
    ("tools that are one dict", {"tools": {"name": "search"}}, r"tools is a dict of 1 item"),
    ("tools that are strings", {"tools": ["search"]}, r"tools is a list of 1 item"),
    ("tools that are a string", {"tools": "search"}, r"tools is a str of 6 char"),
    ("a cache that is a list", {"cache": ["a"]}, r"cache is a list of 1 item;"),
    ("a cache of numbers", {"cache": {"bcdfghjklmnp": 5}}, r"cache holds an int"),
    ("a recoverable that is a word", {"recoverable": "no"}, r"recoverable.*no"),
    ("cache marks that mean something else", {"cached": "stay"}, r"cached.*stay"),
    ("results elsewhere", {"results": "all"}, r"results.*all"),
    ("folds that are a word", {"folds": "no"}, r"folds.*no"),
    ("an open that is a string", {"open": "system"}, r"open.*system"),
    ("an open index that is no number", {"open": [1.5]}, r"open.*1\.5"),
    ("an on_entry that is a number", {"on_entry": 1}, r"on_entry is 1; True, False"),
    ("an offer_tool that is None", {"offer_tool": None}, r"offer_tool is None; True or False"),
    ("breakpoints that are a list", {"breakpoints": []}, r"breakpoints is .*; True or False"),
]
WRONG_MESSAGES = [
    ("None", None, r"messages.*None"),
    ("a string", "hello", r"messages is a str of 5 characters"),
    ("one dict", {"role": "user", "content": "hello"}, r"messages.*dict|messages.*role"),
    ("a number", 3, r"messages is an int"),
    ("a tuple", (HELLO[0],), r"messages.*tuple|messages.*\("),
    ("an iterator", iter(HELLO), r"messages.*iterator"),
    ("a message that is a string", ["hello"], r"messages\[0\] is a str of 5 characters"),
    ("a message that is None", [HELLO[0], None], r"messages\[1\].*None"),
    ("a message without a role", [HELLO[0], {"content": "hi"}], r"messages\[1\].*role"),
    ("a role that is a number", [{"role": 1, "content": "hi"}], r"messages\[0\] has an int as its role"),
    ("a role that is None", [{"role": None, "content": "hi"}], r"messages\[0\].*None"),
    ("a content of bytes", [{"role": "user", "content": b"hi"}], r"messages\[0\].*bytes"),
    ("bytes deep inside", [{"role": "user", "content": [{"type": "x", "y": [b"hi"]}]}], r"\[0\].*bytes"),
    ("a set inside", [{"role": "user", "content": [{"type": "x", "y": {1}}]}], r"\[0\]\[…\] is a set of 1 item"),
    ("a dataclass", [DataMessage("user", "hi")], r"messages\[0\].*DataMessage"),
    ("a message that holds itself", _cycle(), r"messages\[0\]"),
]  # fmt: skip


def named(rows):
    return [pytest.param(*row[1:], id=row[0]) for row in rows]


def assert_clear(error, says):
    text = str(error.value)
    assert re.search(says, text, re.DOTALL), text
    assert "expected" in text or "hold only" in text, text
    assert text.endswith("."), text
    assert len(text) < 500, "short enough to read"


@pytest.mark.parametrize(("arguments", "says"), named(WRONG_ARGUMENTS))
def test_a_wrong_argument_gives_one_clear_error(arguments, says):
    """Below the trigger too."""
    with pytest.raises(InvalidArgument) as error:
        compress(**{"messages": HELLO, "model": "gpt-4o", **arguments})
    assert_clear(error, says)


@pytest.mark.parametrize(("messages", "says"), named(WRONG_MESSAGES))
def test_wrong_messages_give_one_clear_error(messages, says):
    """Below the trigger too: a mistake must not wait for the first long conversation."""
    for trigger in (1, 200_000):
        with pytest.raises(InvalidMessages) as error:
            compress(messages, "gpt-4o", trigger)
        assert_clear(error, says)


def test_an_unknown_option_is_a_type_error():
    with pytest.raises(TypeError, match="tirgger"):
        compress(HELLO, "gpt-4o", tirgger=5)


def test_options_are_given_by_name_only():
    with pytest.raises(TypeError):
        compress(HELLO, "gpt-4o", 100, 50, "the query")


@pytest.mark.parametrize("messages", [None, "hello", {"role": "user"}, ["hello"]])
def test_restore_says_what_it_wants(messages):
    with pytest.raises(InvalidMessages) as error:
        restore(messages, {})
    assert_clear(error, r"messages")


def test_the_errors_are_value_errors_of_one_family():
    assert issubclass(InvalidArgument, CompresskitError)
    assert issubclass(InvalidMessages, CompresskitError)
    assert issubclass(CompresskitError, ValueError)


def test_an_exception_of_the_callers_own_function_comes_through():
    def broken(_):
        raise RuntimeError("my own mistake")

    with pytest.raises(RuntimeError, match="my own mistake"):
        compress(HELLO * 3, "gpt-4o", trigger=1, protect=broken)
    with pytest.raises(RuntimeError, match="my own mistake"):
        compress(HELLO, "gpt-4o", counter=broken)
