"""The options of compresskit: one table with the name, default, check, meaning and takers of each.

compress(), completion(), Conversation, the clients, the proxy's settings, the adapters and the command line check their
options here. Their signatures repeat the names and defaults for type checkers, and a test compares them with the table.
The docstring of ``compress`` says in full what each option does.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cache, partial
from types import MappingProxyType
from typing import Any

from .errors import InvalidArgument, check_cache, check_name, check_object, check_whole, described, meant, shown
from .messages.must_stay import check_named
from .messages.observations import MODES
from .messages.reading import check_shape
from .messages.tools import names_of
from .prices import Prices
from .result import Compressed
from .rules import checked, checked_rules
from .rules.hooks import checked_hook
from .stores.limits import TTL
from .tokens.measure import check_counter

Check = Callable[[str, Any], object]  # raises InvalidArgument for a wrong value of an option of this name

_MIN_FACTOR, _MAX_FACTOR = 0.1, 10  # tokens of a model for a counted token; beyond them it is a mistake
_TARGET_PERCENT = 70  # of the trigger, if no target is given
_NAMED = 30  # names of tools that an error lists, maximum
_DEFAULT = "Leave it out for the default."

# Who takes options, as errors name them.
COMPRESS = "compress()"
COMPLETION = "completion()"
CONVERSATION = "a Conversation"
CLIENT = "a client"
PROXY = "the proxy"
POSTPROCESSOR = "a CompressPostprocessor"
COMMANDS = "the command line"


@dataclass(frozen=True)
class Option:
    """One option.

    Attributes:
        name: The name, as Python has it.
        default: The value if it is left out; None also for an option that must be given.
        check: Raises InvalidArgument for a wrong value; it is given the value and the name that errors write.
        takers: Who takes it.
        meaning: What it says or does, as a sentence. docs/options.md and the command line have it too.
    """

    name: str
    default: Any
    check: Check
    takers: tuple[str, ...]
    meaning: str


def checked_target(trigger: Any, target: Any) -> int:
    """The target in tokens.

    >>> checked_target(200_000, None)
    140000
    """
    _tokens("trigger", trigger)
    if target is None:
        return int(max(1, trigger * _TARGET_PERCENT // 100))
    _tokens("target", target)
    if target > trigger:
        raise InvalidArgument(
            f"target is {target}, above the trigger of {trigger}; at most the trigger was expected. "
            f"Lower the target or raise the trigger."
        )
    return int(target)


def checked_factor(factor: Any, name: str = "token_factor") -> float:
    """The tokens of the model for each counted token.

    >>> checked_factor(1)
    1.0
    """
    if isinstance(factor, int | float) and not isinstance(factor, bool) and _MIN_FACTOR <= factor <= _MAX_FACTOR:
        return float(factor)
    raise InvalidArgument(
        f"{name} is {shown(factor)}; a number from {_MIN_FACTOR} to {_MAX_FACTOR} was expected, such as 1.2. {_DEFAULT}"
    )


def entry_forms(on_entry: object, name: str = "on_entry") -> str:
    """Which forms results may enter in: "" (none), "lossless" or "views"; True is what measured best.

    Raises:
        InvalidArgument: it is none of these.

    >>> entry_forms(True), entry_forms(False)
    ('views', '')
    """
    if isinstance(on_entry, bool):
        return "views" if on_entry else ""
    if on_entry in ("lossless", "views"):
        return str(on_entry)
    raise InvalidArgument(f"{name} is {shown(on_entry)}; True, False, 'lossless' or 'views' was expected.")


def must(holds: Callable[[Any], bool], expected: str, shows: Callable[[object], str] = shown) -> Check:
    """A check that a value holds: the error shows the value, and says what was expected.

    >>> must(callable, "a function was expected.")("form", 5)
    Traceback (most recent call last):
    compresskit.errors.InvalidArgument: form is 5; a function was expected.
    """

    def check(name: str, value: object) -> None:
        if not holds(value):
            raise InvalidArgument(f"{name} is {shows(value)}; {expected}")

    return check


def or_none(check: Check) -> Check:
    """The check of an option that may also be None."""
    return lambda name, value: None if value is None else check(name, value)


def _has(*names: str) -> Callable[[Any], bool]:
    return lambda value: all(hasattr(value, name) for name in names)


def _word(*allowed: str) -> Check:
    """The check of an option that is one of some words."""
    return must(lambda value: value in allowed, f"one of {', '.join(map(repr, allowed))} was expected.")


def is_names(value: object) -> bool:
    """Whether a value is a list of names."""
    return isinstance(value, list | tuple) and all(isinstance(one, str) and one for one in value)


def _is_tools(value: object) -> bool:
    return isinstance(value, list | tuple) and all(isinstance(tool, dict) for tool in value)


def _is_text(value: object) -> bool:
    return isinstance(value, str)


check_flag = must(lambda value: isinstance(value, bool), "True or False was expected.")
# the value is not shown: it may be secret
check_text = must(_is_text, "a text was expected. Put it in quotes, or leave it out.", described)
check_model = partial(check_name, expected="a model's name", example="gpt-4o")
_tokens = partial(check_whole, unit="tokens", advice=_DEFAULT)
_query = must(_is_text, "a str was expected, or None to derive it.", described)
_tools = must(_is_tools, "a list of tool schemas (dicts) was expected, or None.", described)
_tool_names = must(is_names, "a list of names of tools was expected.")
_embedding_model = must(
    lambda value: isinstance(value, str) and value != "",
    "a model's name for litellm.embedding was expected, such as 'text-embedding-3-small', or None. An object is an "
    "embedder.",
)
_previous = must(
    lambda value: isinstance(value, Compressed),
    "the Compressed of the turn before was expected, or None at the first turn.",
)
_prices = must(
    lambda value: isinstance(value, Prices | bool),
    "True for the model's own prices, None, or a compresskit.prices.Prices was expected.",
)
_router = must(
    _has("completion", "acompletion"),
    "an object with completion() and acompletion() was expected, such as litellm.Router, or None.",
)
_embedder = partial(
    check_object,
    methods="embed(texts)",
    advice="or None: StaticEmbedder(), for example. A model's name is an embedding_model.",
)
_store = partial(check_object, methods="get(key) and put(items)", advice="or None.")


def _cache(name: str, value: Any) -> None:
    check_cache(value)
    for key in value:
        if not isinstance(value[key], str):
            raise InvalidArgument(
                f"{name} holds {described(value[key])} under a key; a text was expected: pass result.cache as it came."
            )


def _reranker(name: str, value: object) -> None:
    if not (isinstance(value, str) and value):
        advice = "or None: a model's name for litellm.rerank, or CrossEncoder(model)."
        check_object(name, value, "rerank(query, texts)", advice)


def _shrinker(name: str, value: object) -> None:
    inner = getattr(value, "shrinker", value)  # of a Shrinking
    check_object(name, inner, "shrink(texts, budgets, query)", "such as compresskit.shrink.LLMLingua().")


def _named(check: Callable[[Any, str], object]) -> Check:
    """A check that takes the name second, which is then left out if only the value is checked."""
    return lambda name, value: check(value, name)


def anything(_name: str, _value: object) -> None:
    """The check of a value that is checked elsewhere."""


_ALL = (COMPRESS, COMPLETION, CONVERSATION, CLIENT, PROXY)
_PYTHON = (COMPRESS, COMPLETION, CONVERSATION, CLIENT)  # whose options may be functions
_OBJECTS = (COMPRESS, COMPLETION, CLIENT)  # whose options need not be written as JSON
_TURNS = (COMPRESS, CONVERSATION, CLIENT, PROXY)  # that know the turn before
_LOOP = (COMPLETION, CLIENT, PROXY)  # that answer retrievals themselves
# fmt: off
_ROWS = (
    Option("messages", None, anything, (COMPRESS,), "The conversation."),
    Option("model", None, check_model, (COMPRESS, CONVERSATION, POSTPROCESSOR, COMMANDS),
           "The model decides the tokenizer."),
    Option("trigger", 200_000, _tokens, (*_ALL, COMMANDS),
           "Compress only if the whole request costs more tokens than this."),
    Option("target", None, or_none(_tokens), (*_ALL, COMMANDS),
           "The whole result may cost this many tokens, at most the trigger."),
    Option("query", None, or_none(_query), (*_PYTHON, COMMANDS), "The text that relevance is judged against."),
    Option("tools", None, or_none(_tools), (COMPRESS, CONVERSATION, COMMANDS), "The tools of your request."),
    Option("tool_budget", None, or_none(_tokens), _ALL, "The tokens that the definitions of all tools may cost."),
    Option("keep_tools", (), _tool_names, _ALL, "Names of tools that are offered whole whatever they cost."),
    Option("protect", None, or_none(check_named), (*_PYTHON, POSTPROCESSOR), "Messages that must not change."),
    Option("open", None, or_none(check_named), _ALL, "Messages whose texts may change although they would stay."),
    Option("cached", "move", _word("move", "keep"), _ALL, "What cache marks mean."),
    Option("results", "auto", _word(*MODES), _ALL, "Where results are."),
    Option("folds", True, check_flag, _ALL, "Whether a run of messages may become one message."),
    Option("counter", None, check_counter, (*_OBJECTS, POSTPROCESSOR), "Your own token counter."),
    Option("token_factor", 1.0, _named(checked_factor), (*_ALL, POSTPROCESSOR, COMMANDS),
           "The tokens of the model for each token that is counted."),
    Option("recoverable", True, check_flag, (*_PYTHON, COMMANDS),
           "Whether the model can retrieve what was taken out."),
    Option("shape", "auto", check_shape, (COMPRESS, CONVERSATION, COMMANDS), "The shape of the messages."),
    Option("cache", None, or_none(_cache), (COMPRESS, COMPLETION),
           "The texts that earlier calls took out of these messages."),
    Option("embedder", None, or_none(_embedder), (*_OBJECTS, POSTPROCESSOR), "Judges relevance by meaning too."),
    Option("embedding_model", None, or_none(_embedding_model), (*_ALL, POSTPROCESSOR, COMMANDS),
           "The name of an embedding model of LiteLLM, instead of an embedder."),
    Option("reranker", None, or_none(_reranker), (*_ALL, POSTPROCESSOR, COMMANDS), "Reorders the best texts."),
    Option("shrinker", None, or_none(_shrinker), (*_OBJECTS, POSTPROCESSOR, COMMANDS),
           "Says prose in fewer words if an excerpt would leave much out."),
    Option("rules", None, _named(checked), (*_ALL, POSTPROCESSOR, COMMANDS), "What may happen to which texts."),
    Option("before", None, checked_hook, (*_ALL, POSTPROCESSOR),
           "Your own function of a text, which gives the text to send."),
    Option("after", None, checked_hook, (*_ALL, POSTPROCESSOR),
           "Your own function of a text, which says it in a shorter form."),
    Option("previous", None, or_none(_previous), (COMPRESS,), "The result of the turn before."),
    Option("on_entry", False, _named(entry_forms), _TURNS,
           "Whether new tool results are made smaller before they are sent for the first time."),
    Option("offer_tool", False, check_flag, _TURNS, "Whether the retrieval tool is offered from the first turn on."),
    Option("breakpoints", False, check_flag, _TURNS, "Whether the request tells Anthropic where to cache."),
    Option("prices", None, or_none(_prices), (*_ALL, COMMANDS),
           "Whether prices decide when a compaction comes and how much it keeps."),
    Option("max_rounds", 5, partial(check_whole, unit="rounds", advice=_DEFAULT), _LOOP,
           "Turns of retrievals that are answered within one request."),
    Option("max_retrieved_tokens", None, or_none(_tokens), _LOOP, "Tokens of all these answers together."),
    Option("on_error", "send", _word("send", "raise"), _LOOP, "What happens to a request if compression fails."),
    Option("store", None, or_none(_store), _LOOP, "Where the state between requests is kept."),
    Option("conversation", None, anything, (COMPLETION,), "The conversation that the request belongs to."),
    Option("router", None, or_none(_router), (COMPLETION,), "Is called instead of litellm."),
    Option("enabled", True, check_flag, (CLIENT, PROXY), "Whether requests are compressed."),
    Option("ttl", TTL, check_whole, (PROXY,), "Seconds until the store forgets a conversation that does not go on."),
    Option("secret", "", check_text, (CLIENT, PROXY), "The secret with which the names in the store are hashed."),
    Option("telemetry", False, check_flag, (PROXY,), "Whether spans and metrics are recorded."),
    Option("ledger", "", check_text, (PROXY,), "The file of a ledger, to which each call of the model is added."),
)
# fmt: on
OPTIONS: Mapping[str, Option] = MappingProxyType({row.name: row for row in _ROWS})
_NOTHING: Mapping[str, Check] = MappingProxyType({})
_TO_SDK = "Pass it to the SDK as usual."
_WITH_A_CALL = "Pass it to completion(…) or follow(messages, …), because it cannot be written down."
_TO_CONVERSATION = "Pass conversation=Conversation(model, {name}=…)."
# What to do instead, by the caller that does not take an option.
_ADVICE: Mapping[tuple[str, str], str] = MappingProxyType(
    {
        (CLIENT, "cache"): "A client keeps the texts that it takes out; pass store=… to keep them elsewhere.",
        (CLIENT, "conversation"): "A client finds the conversation by its messages.",
        (CLIENT, "messages"): _TO_SDK,
        (CLIENT, "model"): _TO_SDK,
        (CLIENT, "previous"): "A client finds the turn before by the messages; pass store=… to share it between"
        " processes.",
        (CLIENT, "router"): "A client calls the API of its base_url.",
        (CLIENT, "shape"): "The endpoint decides the shape.",
        (CLIENT, "tools"): _TO_SDK,
        (COMPLETION, "breakpoints"): _TO_CONVERSATION,
        (COMPLETION, "offer_tool"): _TO_CONVERSATION,
        (COMPLETION, "on_entry"): _TO_CONVERSATION,
        (COMPLETION, "previous"): "Pass conversation=Conversation(model), which knows the turn before.",
        (COMPLETION, "shape"): "Leave it out: completion() takes OpenAI's messages for every model.",
        (CONVERSATION, "counter"): _WITH_A_CALL,
        (CONVERSATION, "embedder"): "Name an embedding_model, because an object cannot be written down.",
        (CONVERSATION, "previous"): "A conversation knows the turn before.",
        (CONVERSATION, "shrinker"): _WITH_A_CALL,
        (PROXY, "cache"): "The proxy keeps the texts that it takes out in its store.",
        (PROXY, "embedder"): "Name an embedding_model of LiteLLM.",
        (PROXY, "previous"): "The proxy finds the turn before by the messages. Give it a store.",
        (PROXY, "protect"): "Write a rule: {role: user, action: keep}, for example.",
    }
)


@cache
def names_for(taker: str) -> tuple[str, ...]:
    """The options that a caller takes, in the order of the table.

    >>> names_for(COMPRESS)[:4]
    ('messages', 'model', 'trigger', 'target')
    """
    return tuple(row.name for row in _ROWS if taker in row.takers)


@cache
def shared_names(one: str, other: str) -> tuple[str, ...]:
    """The options that both take: what one of them hands on to the other."""
    return tuple(name for name in names_for(one) if name in names_for(other))


def check_options(taker: str, given: Mapping[Any, Any], own: Mapping[str, Check] = _NOTHING, prefix: str = "") -> None:
    """Raises InvalidArgument for the first option that does not exist here, has a wrong value, or contradicts another.

    Args:
        taker: Who is given the options.
        given: The options by name.
        own: Checks that take the place of those of the table.
        prefix: What errors write before the name of an option.

    >>> check_options(CLIENT, {"triger": 5})
    Traceback (most recent call last):
    compresskit.errors.InvalidArgument: 'triger' is no option of a client. Did you mean 'trigger'?
    """
    known = names_for(taker)
    for name in given:
        if name not in known:
            raise InvalidArgument(_unknown(taker, name, known, prefix))
    for name, value in given.items():
        own.get(name, OPTIONS[name].check)(f"{prefix}{name}", value)
    if "trigger" in given or "target" in given:
        checked_target(_value(given, "trigger"), _value(given, "target"))
    if _value(given, "embedder") is not None and _value(given, "embedding_model") is not None:
        raise InvalidArgument(
            f"embedding_model is {shown(given['embedding_model'])} beside an embedder; one of them was expected. "
            f"Leave embedding_model out, or embedder."
        )
    check_kept(given.get("keep_tools", ()), given.get("tools"))
    if "rules" not in own and _value(given, "rules") is not None:
        checked_rules(given["rules"], _value(given, "shrinker"))
    if taker != COMPRESS and _value(given, "tool_budget") is not None and not _value(given, "recoverable"):
        raise InvalidArgument(
            "tool_budget is given with recoverable=False, with which no search for a tool is answered. Leave one of "
            "them out."
        )


def check_kept(keep_tools: Iterable[str], tools: Any) -> None:
    """Raises InvalidArgument for the first name that none of a request's tools has. Without tools, any name will do.

    >>> check_kept(["search"], [{"name": "search"}])
    """
    if not tools or not isinstance(tools, list | tuple):  # which is another error
        return
    known = [name for tool in tools for name in names_of(tool)]
    for name in keep_tools:
        if name not in known:
            near = meant(name, known)
            advice = f"Did you mean {near!r}?" if near else f"The tools are {', '.join(known[:_NAMED])}."
            raise InvalidArgument(f"keep_tools has {shown(name)}, which is none of the given tools. {advice}")


def _value(given: Mapping[str, Any], name: str) -> Any:
    return given.get(name, OPTIONS[name].default)


def _unknown(taker: str, name: object, known: tuple[str, ...], prefix: str) -> str:
    """The error for a name that is no option, with what to do instead."""
    if isinstance(name, str) and name in OPTIONS:
        advice = _ADVICE.get((taker, name), "Leave it out.").replace("{name}", name)
        return f"{prefix}{name} is no option of {taker}. {advice}"
    near = meant(name, known)
    advice = f"Did you mean {near!r}?" if near else f"The options are {', '.join(known)}."
    where = f" in {prefix[:-1]}" if prefix else ""
    return f"{shown(name) if isinstance(name, str) else described(name)}{where} is no option of {taker}. {advice}"
