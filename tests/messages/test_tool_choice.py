"""Whether the model may retrieve: the library and the proxy read tools and tool_choice alike."""

import litellm
import pytest
from samples import OWN_TOOL, anthropic_agent, openai_agent

from compresskit import TOOL_NAME, completion
from compresskit.integrations.litellm.prepare import Turn, prepared
from compresskit.integrations.litellm.settings import Settings
from compresskit.messages.retrieval_tool import later_choice, may_retrieve, schema

# litellm's own models make pydantic warn; that is not ours to mend.
pytestmark = pytest.mark.filterwarnings("ignore:.*ReadOnly:UserWarning:pydantic")


def function(name):
    return {"type": "function", "function": {"name": name}}


def allowed(*names, mode="auto"):
    return {"type": "allowed_tools", "allowed_tools": {"mode": mode, "tools": [function(name) for name in names]}}


CHOICES = [
    (None, True),
    ("auto", True),
    ("required", True),
    ("any", True),
    ("none", False),
    (TOOL_NAME, True),
    ("search", False),
    ("", False),
    (True, False),
    ({"type": "auto", "disable_parallel_tool_use": True}, True),
    ({"type": "any"}, True),
    ({"type": "required"}, True),
    ({"type": "none"}, False),
    (function(TOOL_NAME), True),
    (function("search"), False),
    ({"type": "function", "name": TOOL_NAME}, True),
    ({"type": "function", "name": "search"}, False),
    ({"type": "tool", "name": TOOL_NAME}, True),
    ({"type": "tool", "name": "search"}, False),
    ({"type": "custom", "custom": {"name": "search"}}, False),
    ({"type": "custom", "custom": {"name": TOOL_NAME}}, False),
    (allowed("search", TOOL_NAME), True),
    (allowed(TOOL_NAME, mode="required"), True),
    (allowed("search"), False),
    (allowed(), False),
    ({"type": "allowed_tools", "mode": "auto", "tools": [{"type": "function", "name": TOOL_NAME}]}, True),
    ({"type": "allowed_tools", "allowed_tools": TOOL_NAME}, False),
    ({}, False),
    ({"type": "function"}, False),
    ({"type": ["auto"]}, False),
    ({"mode": "AUTO"}, False),
]
THEIRS = {"type": "function", "function": {"name": TOOL_NAME, "parameters": {"type": "object"}}}
REQUESTS = [({"tools": [OWN_TOOL], "tool_choice": choice}, expected) for choice, expected in CHOICES] + [
    ({}, True),
    ({"tools": None}, True),
    ({"functions": []}, True),
    ({"functions": [OWN_TOOL["function"]]}, False),
    ({"tools": [THEIRS]}, False),
    ({"tools": [{"type": "custom", "custom": {"name": TOOL_NAME}}]}, False),
    ({"tools": [THEIRS, OWN_TOOL], "tool_choice": function(TOOL_NAME)}, False),
]
every_request = pytest.mark.parametrize(("request_", "expected"), REQUESTS, ids=str)


class Router:
    """Takes the place of litellm; keeps the arguments of the call."""

    def completion(self, **kwargs):
        self.kwargs = kwargs
        return litellm.ModelResponse()

    acompletion = completion


def invited(messages, tools):
    return "retrieve " in str(messages), any(tool == schema(shape) for tool in tools or () for shape in SHAPES)


SHAPES = ("openai", "anthropic")


@every_request
def test_the_library_invites_a_model_that_may_retrieve(request_, expected):
    router = Router()
    completion("gpt-4o", openai_agent(), router=router, trigger=4000, target=3000, on_error="raise", **request_)
    assert invited(router.kwargs["messages"], router.kwargs.get("tools")) == (expected, expected)


@every_request
@pytest.mark.parametrize(("route", "make"), [("acompletion", openai_agent), ("anthropic_messages", anthropic_agent)])
def test_the_proxy_invites_the_same(route, make, request_, expected):
    turn = Turn(route, "tenant", frozenset())
    kwargs = {"model": "gpt-4o", "messages": make(), **request_}
    sent = {**kwargs, **prepared(Settings.of({"trigger": 4000, "target": 3000}), None, turn, kwargs)}
    assert invited(sent["messages"], sent.get("tools")) == (expected, expected)
    assert (turn.request is not None) == expected, "else calls of a tool of the client's with our name are the client's"


@pytest.mark.parametrize("shape", SHAPES)
def test_a_request_that_offers_our_tool_already_may_retrieve(shape):
    assert may_retrieve({"tools": [OWN_TOOL, schema(shape)]})


@pytest.mark.parametrize(
    ("choice", "next_one", "last"),
    [
        ("required", "required", "required"),
        (TOOL_NAME, None, None),
        (function(TOOL_NAME), None, None),
        ({"type": "tool", "name": TOOL_NAME}, None, None),
        (function("search"), function("search"), function("search")),
        (allowed("search", TOOL_NAME), allowed("search", TOOL_NAME), allowed("search")),
        (allowed(TOOL_NAME), allowed(TOOL_NAME), None),
    ],
    ids=str,
)
def test_a_choice_of_our_tool_does_not_outlive_it(choice, next_one, last):
    assert later_choice(choice, last=False) == next_one
    assert later_choice(choice, last=True) == last


def gemini(mode, *names, snake=False):
    fields = ("tool_config", "function_calling_config", "allowed_function_names")
    outer, inner, listed = fields if snake else ("toolConfig", "functionCallingConfig", "allowedFunctionNames")
    return {outer: {inner: {"mode": mode, **({listed: list(names)} if names else {})}}}


def converse(**choice):
    return {"toolConfig": {"tools": [], "toolChoice": choice}}


DECLARES = {"functionDeclarations": [{"name": "search"}]}
JSON = {"generationConfig": {"responseMimeType": "application/json"}}


@pytest.mark.parametrize(
    ("request_", "expected"),
    [
        *((gemini(mode), True) for mode in ("AUTO", "ANY", "VALIDATED", None)),
        (gemini("ANY", snake=True), True),
        (gemini("NONE"), False),
        (gemini("NONE", snake=True), False),
        (gemini("ANY", "search"), False),
        (gemini("ANY", "search", snake=True), False),
        (gemini("ANY", "search", TOOL_NAME), True),
        (gemini("NONE", TOOL_NAME), False),
        (gemini("A mode of the future"), False),
        ({"toolConfig": {"retrievalConfig": {"languageCode": "de"}}}, True),
        (converse(auto={}), True),
        (converse(any={}), True),
        (converse(tool={"name": "search"}), False),
        (converse(tool={"name": TOOL_NAME}), True),
        ({"toolConfig": {"tools": []}}, True),
        ({"contents": [], "tools": [{"googleSearch": {}}]}, False),
        ({"contents": [], "tools": [{"googleSearch": {}}, DECLARES]}, True),
        ({"contents": [], **JSON}, False),
        ({"contents": [], "tools": [DECLARES], **JSON}, True),
    ],
    ids=str,
)  # fmt: skip
def test_a_tool_config_says_whether_the_model_may_retrieve(request_, expected):
    assert may_retrieve(request_) == expected


@pytest.mark.parametrize("snake", [False, True])
def test_a_tool_config_of_our_tool_does_not_outlive_it(snake):
    def config(*names):
        return next(iter(gemini("ANY", *names, snake=snake).values()))

    for last in (False, True):
        assert later_choice(config(), last) == config()
        assert later_choice(config("search"), last) == config("search")
        assert later_choice(config(TOOL_NAME), last) is None
        assert later_choice({"retrievalConfig": {}, **config(TOOL_NAME)}, last) == {"retrievalConfig": {}}
    assert later_choice(config("search", TOOL_NAME), last=False) == config("search", TOOL_NAME)
    assert later_choice(config("search", TOOL_NAME), last=True) == config("search")
    assert later_choice({"toolChoice": {"tool": {"name": TOOL_NAME}}}, last=False) is None
    assert later_choice({"toolChoice": {"any": {}}}, last=True) == {"toolChoice": {"any": {}}}
