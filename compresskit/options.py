"""The plain arguments of compress(), checked: each wrong one is an error that names it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from .errors import InvalidArgument, check_cache, check_whole, described, meant, shown
from .messages.observations import MODES
from .messages.tools import names_of
from .prices import Prices
from .result import Compressed

_DEFAULT = "Leave it out for the default."
_MIN_FACTOR, _MAX_FACTOR = 0.1, 10  # tokens of a model for a counted token; beyond them it is a mistake
_NAMED = 30  # names of tools that an error lists, maximum
_TARGET_PERCENT = 70  # of the trigger, where no target is given


def checked_target(trigger: Any, target: Any) -> int:
    """The target in tokens.

    >>> checked_target(200_000, None)
    140000
    """
    check_whole("trigger", trigger, unit="tokens", advice=_DEFAULT)
    if target is None:
        return int(max(1, trigger * _TARGET_PERCENT // 100))
    check_whole("target", target, unit="tokens", advice=_DEFAULT)
    if target > trigger:
        raise InvalidArgument(
            f"target is {target}, above the trigger of {trigger}; at most the trigger was expected. "
            f"Lower the target or raise the trigger."
        )
    return int(target)


def checked_factor(factor: Any) -> float:
    """The tokens of the model for each counted token.

    >>> checked_factor(1)
    1.0
    """
    if isinstance(factor, int | float) and not isinstance(factor, bool) and _MIN_FACTOR <= factor <= _MAX_FACTOR:
        return float(factor)
    raise InvalidArgument(
        f"token_factor is {shown(factor)}; a number from {_MIN_FACTOR} to {_MAX_FACTOR} was expected, such as 1.2. "
        f"{_DEFAULT}"
    )


def check_model(model: Any) -> None:
    """Raises InvalidArgument for what is no model's name."""
    if not isinstance(model, str) or not model:
        raise InvalidArgument(f"model is {shown(model)}; a model's name was expected, such as 'gpt-4o'.")


def check(model: Any, query: Any, tools: Any, recoverable: Any, cache: Any) -> None:
    """Raises InvalidArgument for the first argument that is not what compress() takes."""
    check_model(model)
    if query is not None and not isinstance(query, str):
        raise InvalidArgument(f"query is {described(query)}; a str was expected, or None to derive it.")
    if tools is not None and not (isinstance(tools, list | tuple) and all(isinstance(tool, dict) for tool in tools)):
        raise InvalidArgument(f"tools is {described(tools)}; a list of tool schemas (dicts) was expected, or None.")
    if not isinstance(recoverable, bool):
        raise InvalidArgument(f"recoverable is {shown(recoverable)}; True or False was expected.")
    if cache is not None:
        check_cache(cache)
    for key in cache or ():
        if not isinstance(cache[key], str):
            raise InvalidArgument(
                f"cache holds {described(cache[key])} under a key; a text was expected: pass result.cache as it came."
            )


def check_meaning(embedder: object, embedding_model: object, reranker: object) -> None:
    """Raises InvalidArgument for what judges no meaning, and for two embedders.

    >>> check_meaning(None, "text-embedding-3-small", "cohere/rerank-v3.5")
    """
    for name, value, method, advice in (
        ("embedder", embedder, "embed(texts)", "StaticEmbedder(), for example. A model's name is an embedding_model."),
        ("reranker", reranker, "rerank(query, texts)", "a model's name for litellm.rerank, or CrossEncoder(model)."),
    ):
        named = name == "reranker" and isinstance(value, str) and value
        works = not isinstance(value, type) and callable(getattr(value, method.split("(")[0], None))
        if value is not None and not named and not works:
            raise InvalidArgument(f"{name} is {shown(value)}; an object with {method} was expected, or None: {advice}")
    if embedding_model is not None:
        if not isinstance(embedding_model, str) or not embedding_model:
            raise InvalidArgument(
                f"embedding_model is {shown(embedding_model)}; a model's name for litellm.embedding was expected, such "
                f"as 'text-embedding-3-small', or None. An object is an embedder."
            )
        if embedder is not None:
            raise InvalidArgument(
                f"embedding_model is {shown(embedding_model)} beside an embedder; one of them was expected. "
                f"Leave embedding_model out, or embedder."
            )


def check_tools(tool_budget: object, keep_tools: object, tools: Sequence[Any] | None = None) -> None:
    """Raises InvalidArgument for the first option of tools that is not what ``compress`` takes.

    With the ``tools`` of a request, each name has to be one of theirs.

    >>> check_tools(3_000, ["search"])
    """
    if tool_budget is not None:
        check_whole("tool_budget", tool_budget, unit="tokens", advice="Leave it out to offer all tools as they are.")
    names = keep_tools if isinstance(keep_tools, list | tuple) else None
    if names is None or not all(isinstance(name, str) and name for name in names):
        raise InvalidArgument(f"keep_tools is {shown(keep_tools)}; a list of names of tools was expected.")
    known = [name for tool in tools or () for name in names_of(tool)]
    for name in names if tools else ():
        if name not in known:
            near = meant(name, known)
            advice = f"Did you mean {near!r}?" if near else f"The tools are {', '.join(known[:_NAMED])}."
            raise InvalidArgument(f"keep_tools has {shown(name)}, which is none of the given tools. {advice}")


def check_answering(tool_budget: object, recoverable: object) -> None:
    """Raises InvalidArgument if tools are deferred although the model's searches for them are not answered."""
    if tool_budget is not None and not recoverable:
        raise InvalidArgument(
            "tool_budget is given with recoverable=False, with which no search for a tool is answered. Leave one of "
            "them out."
        )


def check_loop(max_rounds: Any, max_retrieved_tokens: Any, on_error: Any, store: Any, router: Any) -> None:
    """Raises InvalidArgument for the first argument that is not what completion() takes."""
    check_whole("max_rounds", max_rounds, unit="rounds", advice=_DEFAULT)
    if max_retrieved_tokens is not None:
        check_whole("max_retrieved_tokens", max_retrieved_tokens, unit="tokens", advice=_DEFAULT)
    if on_error not in ("send", "raise"):
        raise InvalidArgument(f"on_error is {shown(on_error)}; 'send' or 'raise' was expected.")
    if store is not None and not (callable(getattr(store, "get", None)) and callable(getattr(store, "put", None))):
        raise InvalidArgument(f"store is {shown(store)}; an object with get(key) and put(items) was expected, or None.")
    if router is not None and not (hasattr(router, "completion") and hasattr(router, "acompletion")):
        raise InvalidArgument(
            f"router is {shown(router)}; an object with completion() and acompletion() was expected, "
            f"such as litellm.Router, or None."
        )


def entry_forms(on_entry: object) -> str:
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
    raise InvalidArgument(f"on_entry is {shown(on_entry)}; True, False, 'lossless' or 'views' was expected.")


def check_keeping(cached: object, results: object, folds: object) -> None:
    """Raises InvalidArgument for the first option that is not what ``compress`` takes."""
    for name, value, allowed in (("cached", cached, ("move", "keep")), ("results", results, MODES)):
        if value not in allowed:
            raise InvalidArgument(f"{name} is {shown(value)}; one of {', '.join(map(repr, allowed))} was expected.")
    if not isinstance(folds, bool):
        raise InvalidArgument(f"folds is {shown(folds)}; True or False was expected.")


def check_turns(previous: object, on_entry: object, offer_tool: object, breakpoints: object, prices: object) -> None:
    """Raises InvalidArgument for the first option that is not what ``compress`` takes."""
    entry_forms(on_entry)
    for name, value in (("offer_tool", offer_tool), ("breakpoints", breakpoints)):
        if not isinstance(value, bool):
            raise InvalidArgument(f"{name} is {shown(value)}; True or False was expected.")
    check_prices(prices)
    if previous is not None and not isinstance(previous, Compressed):
        raise InvalidArgument(
            f"previous is {shown(previous)}; the Compressed of the turn before was expected, or None at the first turn."
        )


def check_prices(prices: object) -> None:
    """Raises InvalidArgument if this is not what ``compress(prices=)`` takes.

    >>> check_prices(True)
    """
    if prices is not None and not isinstance(prices, Prices | bool):
        raise InvalidArgument(
            f"prices is {shown(prices)}; True for the model's own prices, None, or a compresskit.prices.Prices was "
            f"expected."
        )
