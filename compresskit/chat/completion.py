"""completion() and acompletion(): LiteLLM's functions, for conversations of any length."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, overload

from .. import responses
from ..compression import compress
from ..errors import NEAR, InvalidArgument, meant, reason, shown
from ..messages import as_dicts
from ..messages.must_stay import moved
from ..messages.retrieval_tool import kept_names, may_retrieve
from ..options import COMPLETION, OPTIONS, check_kept, check_model, check_options
from ..result import Compressed
from ..types import Message
from .conversation import Conversation, check_conversation
from .loop import Request, Streamed, prepare, reported, whole
from .policy import LoopOptions
from .report import new_report
from .steps import Model, Steps, Work, arun, run
from .stream import AsyncChunks, AsyncStream, Chunks, Stream

if TYPE_CHECKING:
    from litellm.types.utils import ModelResponse

# The keys of litellm.completion's own argument `cache`; no key of ours looks like one of these.
_LITELLM_CACHE = frozenset({"no-cache", "no-store", "ttl", "s-maxage", "s-max-age", "namespace", "use-cache"})
_LITELLMS = ("model", "messages", "tools", "ttl")  # arguments of litellm.completion with the names of options
_OF_THE_LOOP = ("max_rounds", "max_retrieved_tokens", "on_error", "store", "conversation")


@overload
def completion(
    model: str, messages: list[Any], *, stream: Literal[False] | None = None, router: Any = None, **options: Any
) -> ModelResponse: ...
@overload
def completion(
    model: str, messages: list[Any], *, stream: Literal[True], router: Any = None, **options: Any
) -> Chunks: ...
@overload
def completion(
    model: str, messages: list[Any], *, stream: bool | None, router: Any = None, **options: Any
) -> ModelResponse | Chunks: ...
def completion(model: str, messages: list[Any], *, router: Any = None, **options: Any) -> Any:
    """Calls litellm.completion for a conversation of any length: it compresses, and it answers the model's retrievals.

    Above ``trigger`` tokens, the messages are compressed and the model is offered the retrieval tool. While it calls
    only that tool, its calls are answered and it is called again. Below the trigger, the call is the one of
    litellm.completion, argument for argument.

    These options are compresskit's:

    - ``trigger``, ``target``, ``query``, ``protect``, ``open``, ``cached``, ``results``, ``folds``, ``counter``,
      ``recoverable``, ``cache``, ``embedder``, ``embedding_model``, ``reranker``, ``shrinker``, ``rules``,
      ``prices``, ``token_factor``, ``tool_budget``, ``keep_tools``, ``before`` and ``after``, as in ``compress``.
    - ``max_rounds``: turns with retrieval calls that are answered, 5 by default. After the last one, the model must
      answer.
    - ``max_retrieved_tokens``: tokens of all answers together. By default what the trigger leaves, or 4,000.
    - ``on_error``: "send" sends the request as it was if compression (or the store) fails, and puts the reason into the
      report. "raise" raises. With ``before``, nothing goes out as it was: any failure raises.
    - ``conversation``: a ``Conversation``, the same one in every turn of a loop. What was sent before stays byte for
      byte at the start of the next request. Pass your whole history in ``messages`` as usual. Trigger, target, query,
      protect, recoverable, embedding_model, on_entry, offer_tool, breakpoints and prices are then the conversation's.
    - ``store``: keeps the retrieval calls of turns that also call your tools, for programs that do not send back the
      message as it came; see ``compresskit.stores``. Without one, nothing is kept.

    ``store=True``, ``store=False`` and a ``cache`` such as ``{"no-cache": True}`` keep their meaning in LiteLLM.

    Args:
        model: As litellm.completion takes it.
        messages: As litellm.completion takes them.
        router: An object with ``completion`` and ``acompletion`` to call instead of litellm, such as a litellm.Router.
        **options: The options above. All others go to litellm.completion, but a name that is nearly one of ours is an
            error.

    Returns:
        LiteLLM's response, or for ``stream=True`` an iterator of its chunks, with the usage of all calls.
            ``_hidden_params["compresskit"]`` holds original_tokens, compressed_tokens, target_met, skipped_reason,
            calls (of the model), rounds (of retrievals), retrieved_tokens, limit (the one that was reached) and error.
            If the model calls the retrieval tool and yours in one turn, you see only the calls of yours. Append the
            message (or its model_dump()) and your results, and call again: the retrieval calls are answered then.

    Raises:
        InvalidArgument: An option of compresskit is wrong. Errors of the model call are LiteLLM's.
    """
    client = _client(router)
    outcome = run(_begin(model, messages, router, options), client)
    return Stream(outcome, client) if isinstance(outcome, Streamed) else outcome


@overload
async def acompletion(
    model: str, messages: list[Any], *, stream: Literal[False] | None = None, router: Any = None, **options: Any
) -> ModelResponse: ...
@overload
async def acompletion(
    model: str, messages: list[Any], *, stream: Literal[True], router: Any = None, **options: Any
) -> AsyncChunks: ...
@overload
async def acompletion(
    model: str, messages: list[Any], *, stream: bool | None, router: Any = None, **options: Any
) -> ModelResponse | AsyncChunks: ...
async def acompletion(model: str, messages: list[Any], *, router: Any = None, **options: Any) -> Any:
    """Calls litellm.acompletion for a conversation of any length. It is ``completion``, awaited."""
    client = _client(router)
    outcome = await arun(_begin(model, messages, router, options), client)
    return AsyncStream(outcome, client) if isinstance(outcome, Streamed) else outcome


_OBJECTS = ("counter", "embedder", "reranker", "shrinker")  # what a Conversation does not hold


@dataclass(frozen=True, kw_only=True)
class _Options(LoopOptions):
    """The checked options of compresskit.

    Attributes:
        given: The options of ``compress`` that were given.
        store, conversation: As ``completion`` describes them.
    """

    given: dict[str, Any]
    store: Any
    conversation: Conversation | None


def _client(router: Any) -> Any:
    if router is not None:
        return router
    import litellm

    return litellm


def _begin(model: str, messages: list[Any], router: Any, given: dict[str, Any]) -> Steps:
    options, kwargs = _split({**given, "router": router})
    check_model("model", model)
    kwargs = {"model": model, "messages": as_dicts(messages), **kwargs}
    request = yield from _prepared(options, kwargs)
    response = yield Model(request.kwargs)
    if not request.max_rounds:
        return reported(response, request.report)
    if kwargs.get("stream"):
        return Streamed(request, response)
    return (yield from whole(request, response))


def _split(given: dict[str, Any]) -> tuple[_Options, dict[str, Any]]:
    """Separates our options, which are checked, from litellm.completion's arguments."""
    ours = {name: value for name, value in given.items() if name in OPTIONS and name not in _LITELLMS}
    if isinstance(given.get("store"), bool):  # OpenAI's own option, which stores the completion at OpenAI
        del ours["store"]
    cache = given.get("cache")
    if isinstance(cache, Mapping) and cache and _LITELLM_CACHE.issuperset(cache):
        del ours["cache"]
    check_options(COMPLETION, ours)
    kwargs = {name: value for name, value in given.items() if name not in ours}
    for name in kwargs:
        if name not in OPTIONS and (near := meant(name, OPTIONS, NEAR)):
            raise InvalidArgument(
                f"{shown(name)} is no option of completion(). Did you mean {near!r}? What only the provider knows goes "
                f"into extra_body."
            )
    check_kept(ours.get("keep_tools", ()), kwargs.get("tools"))
    del ours["router"]
    if (conversation := ours.get("conversation")) is not None:
        check_conversation(conversation, ours)
    own = {name: ours.pop(name, OPTIONS[name].default) for name in _OF_THE_LOOP}
    hook = ours.get("before") or (conversation and conversation.before)
    return _Options(given=ours, before=hook, **own), kwargs


def _prepared(options: _Options, kwargs: dict[str, Any]) -> Steps:
    """The steps that prepare the request for the loop."""
    report = new_report()
    try:
        caller_messages, records = _carried(kwargs["messages"])
        if options.store is not None:
            records |= yield from _stored(options, caller_messages, records, report)
        _, request = yield Work(
            lambda: prepare(
                kwargs,
                caller_messages,
                records,
                lambda runs: _compressed(options, kwargs, caller_messages, runs),
                report,
                options,
                options.store,
            )
        )
        return request
    except Exception as error:
        if not options.sends:
            raise
        report.update(error=reason(error), skipped_reason="error")
        return Request(kwargs, [], {}, 0, 0, None, False, report)


def _compressed(
    options: _Options, kwargs: dict[str, Any], caller_messages: list[Message], runs: list[list[Message]]
) -> Compressed:
    tools = kwargs.get("tools")
    messages = [message for run in runs for message in run]
    if options.conversation is not None:
        own = {name: value for name in _OBJECTS if (value := options.given.get(name)) is not None}
        also: dict[str, Any] = {} if may_retrieve(kwargs) else {"recoverable": False}
        also["keep_tools"] = kept_names(options.conversation.keep_tools, kwargs)
        return options.conversation.follow(messages, **own, **also, model=kwargs["model"], tools=tools, shape="openai")
    given = options.given
    own = {name: moved(given[name], caller_messages, runs) for name in ("protect", "open") if name in given}
    own["recoverable"] = given.get("recoverable", True) and may_retrieve(kwargs)
    own["keep_tools"] = kept_names(given.get("keep_tools", ()), kwargs)
    return compress(messages, kwargs["model"], tools=tools, shape="openai", **{**given, **own})


def _carried(messages: list[Any]) -> tuple[list[Message], dict[int, responses.Record]]:
    """The messages as dicts without their records of earlier turns, and those records by index."""
    dicts = (message if isinstance(message, dict) else responses.plain(message) for message in messages)
    pairs = [responses.taken(message) for message in dicts]
    return [bare for bare, _ in pairs], {at: record for at, (_, record) in enumerate(pairs) if record is not None}


def _stored(
    options: _Options, caller_messages: list[Message], known: Mapping[int, Any], report: dict[str, Any]
) -> Steps:
    """The records in the store for those turns whose messages carry none."""
    names = {index: name for index, name in responses.names(caller_messages).items() if index not in known}
    try:
        texts = yield Work(lambda: _kept(options.store, list(names.values())))
        return {index: json.loads(texts[name]) for index, name in names.items() if name in texts}
    except Exception as error:
        if options.strict:
            raise
        report["error"] = reason(error)
        return {}


def _kept(store: Any, names: list[str]) -> dict[str, str]:
    """The texts of a store under these names. They are written again, so that they do not expire too early."""
    found = {name: text for name in names if (text := store.get(name)) is not None}
    if found:
        store.put(found)
    return found
