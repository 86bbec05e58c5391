"""Conversation: keeps the messages of a loop and the result of the turn before, which ``compress(previous=)`` needs.

It holds nothing else. Written as JSON and read in another process, it goes on with the same bytes.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Sequence
from dataclasses import asdict
from typing import Any, Unpack

from .._json import clone, dumps, exactly
from ..compression import compress
from ..errors import InvalidArgument, InvalidMessages, described, shown
from ..messages import as_dicts, check_messages
from ..messages.must_stay import check_named
from ..messages.retrieval_tool import schema
from ..options import CONVERSATION, check_options, entry_forms, must, names_for, or_none
from ..prices import Prices
from ..result import Compressed
from ..retrieval import MAX_TOKENS, answer
from ..rules import checked
from ..rules.hooks import Function, checked_hook
from ..tokens.measure import measure_for
from ..turns import weights as turn_tuning
from ..turns.continuation import with_originals
from ..types import About, After, Before, Message, Tool
from .policy import CommonOptions
from .result_json import from_fields, to_fields

_VERSION = 1  # of the JSON text; another version is not read
_HOOKS = ("before", "after")  # options that cannot be written down


class ConversationOptions(CommonOptions, total=False):
    """The options of ``compress`` that a Conversation takes: the same in every turn, and all but the hooks in JSON."""

    tools: Sequence[Tool] | None
    protect: Sequence[int | str] | None
    open: Sequence[int | str] | None
    cached: str
    results: str
    shape: str
    reranker: str | None
    on_entry: bool | str


def _no_function(name: str, value: object) -> None:
    if callable(value):
        raise InvalidArgument(
            f"{name} is a function, which cannot be written down; name messages by index, role or tool."
        )
    if value is not None:
        check_named(name, value)


_model_name = must(
    lambda value: isinstance(value, str) and value != "",
    "the name of a model for litellm.rerank was expected, because an object cannot be written down. Pass an object to "
    "completion(reranker=…) or follow(messages, reranker=…).",
)

# Checks of options whose values must be such that JSON can hold them.
_WRITABLE = {"protect": _no_function, "open": _no_function, "reranker": or_none(_model_name)}


class Conversation:
    """A growing conversation that is compressed turn after turn.

    Examples:
        >>> talk = Conversation("gpt-4o", trigger=1_000)
        >>> talk.append({"role": "user", "content": "hello"})
        >>> request = talk.request()
        >>> request["messages"]
        [{'role': 'user', 'content': 'hello'}]
        >>> Conversation.from_json(talk.to_json()).request() == request
        True
    """

    def __init__(
        self, model: str, trigger: int = 200_000, target: int | None = None, **options: Unpack[ConversationOptions]
    ) -> None:
        """Takes these options of ``compress``: query, tools, protect and open (no functions), cached, results, folds,
        recoverable, shape, embedding_model, reranker (a model's name), on_entry, offer_tool, breakpoints, prices,
        rules, token_factor, tool_budget, keep_tools, before and after. offer_tool is on, and on_entry is "lossless",
        unless you say otherwise. With prices, offer_tool is on only if the tool has at most 3 % of the tokens of the
        trigger, or 4.5 % if results enter as excerpts; else it comes once it is paid.

        Raises:
            InvalidArgument: The option does not exist, or it cannot be written as JSON. ``before`` and ``after`` may
                be functions: give them to ``from_json`` again.
        """
        self._given = {"model": model, "trigger": trigger, "target": target}
        check_options(CONVERSATION, {**self._given, **options}, own=_WRITABLE)
        self.messages: list[Message] = []
        self.result: Compressed | None = None
        plain = {name: value for name, value in options.items() if name not in _HOOKS}
        views = entry_forms(plain.get("on_entry", "lossless")) == "views"
        offers = not options.get("prices") or tool_is_small(model, trigger, views=views)
        self._options: dict[str, Any] = {"on_entry": "lossless", "offer_tool": offers, **plain}
        self._hooks = {name: hook for name in _HOOKS if (hook := checked_hook(name, options.get(name))) is not None}
        if "rules" in options:
            self._options["rules"] = [rule.as_dict() for rule in checked(options["rules"])]

    @property
    def before(self) -> Function | None:
        """The hook that gives the texts to send."""
        return self._hooks.get("before")

    def append(self, *messages: Message) -> None:
        """Adds original messages: yours, the model's, and tool results.

        Raises:
            InvalidMessages: A message is not a dict with a role, or it holds values that JSON cannot hold. Then none is
                added.
        """
        dicts = as_dicts(list(messages))
        check_messages(dicts)
        self.messages += [clone(message, "message") for message in dicts]

    def request(self) -> dict[str, Any]:
        """Returns ``messages`` and ``tools`` of the next model call. ``result`` then holds the full result.

        Raises:
            InvalidArgument: As ``compress``.
            InvalidMessages: As ``compress``.
        """
        given: dict[str, Any] = {**self._given, **self._options, **self._hooks}
        messages = list(self.messages)  # another thread may append meanwhile
        result = compress(messages, **given, previous=self.result)
        self.result = result
        return result.request

    def follow(self, messages: list[Message], **options: Any) -> Compressed:
        """Returns the result for a whole history that you keep elsewhere. The history replaces the messages that were
        appended.

        ``completion(conversation=)`` calls this method. ``options`` are further options of compress() for this turn.

        Raises:
            InvalidArgument: As ``compress``. The conversation then stays as it was.
            InvalidMessages: As ``compress``. The conversation then stays as it was.
        """
        given = {**self._given, **self._options, **self._hooks, **options}
        messages = as_dicts(messages)
        result = compress(messages, **given, previous=self.result)
        self.messages, self.result = [clone(message, "message") for message in messages], result
        return result

    @property
    def keep_tools(self) -> Sequence[str]:
        """The names of the tools that are offered whole whatever they cost."""
        names: Sequence[str] = self._options.get("keep_tools", ())
        return names

    def answer(self, response: Any, max_tokens: int = MAX_TOKENS) -> list[Message]:
        """Returns the messages that answer the retrieval calls of a response, or an empty list if there are none.

        With ``tool_budget`` and ``tools``, it answers the searches for tools as well. Append the messages yourself,
        behind the model's message and together with the results of your own tools.
        """
        return answer(response, self.result.cache if self.result else {}, max_tokens, self._options.get("tools"))

    def to_json(self) -> str:
        """Returns everything as JSON text: the messages, the options, and what was sent. This is user data.

        Raises:
            InvalidMessages: A message that was appended would not be the same after a round trip through JSON.
        """
        for index, message in enumerate(self.messages):
            if exactly([[[message]]], ascii_only=True) is None:  # nested as deeply as in the JSON text
                raise InvalidMessages(_inexact(index, message))
        prices = self._options.get("prices")
        return json.dumps(
            {
                "compresskit_conversation": _VERSION,
                **self._given,
                "options": {**self._options, "prices": asdict(prices) if isinstance(prices, Prices) else prices},
                "hooks": sorted(self._hooks),
                "messages": self.messages,
                "result": self.result and to_fields(self.result),
            },
            allow_nan=False,
        )

    @classmethod
    def from_json(
        cls,
        text: str,
        *,
        before: Before | Callable[[str, About], str] | None = None,
        after: After | Callable[[str, About], str] | None = None,
    ) -> Conversation:
        """Returns the conversation that ``to_json`` wrote.

        Args:
            text: The JSON text.
            before: The hook of the conversation, which JSON cannot hold.
            after: As ``before``.

        Raises:
            InvalidArgument: ``to_json`` did not write this text, or a hook that the conversation had is missing.
        """
        hooks: dict[str, Any] = {"before": before, "after": after}
        try:
            found = json.loads(text)
            if found["compresskit_conversation"] != _VERSION:
                raise InvalidArgument(
                    f"the conversation has version {shown(found['compresskit_conversation'])}; this compresskit reads "
                    f"version {_VERSION}. Use the version that wrote it."
                )
            options = found["options"]
            if isinstance(options.get("prices"), dict):
                options["prices"] = Prices(**options["prices"])
            for name in found.get("hooks", ()):
                if hooks[name] is None:
                    raise InvalidArgument(
                        f"the conversation had a hook {name}, and from_json was given none; the hook was expected, "
                        f"because JSON cannot hold it. Pass {name}=…."
                    )
            made = cls(found["model"], found["trigger"], found["target"], **options, **hooks)
            made.append(*found["messages"])
            if found["result"] is not None:
                made.result = with_originals(from_fields(found["result"]), made.messages)
        except InvalidArgument:
            raise
        except (KeyError, TypeError, AttributeError, ValueError, RecursionError):
            raise InvalidArgument(_unreadable(text)) from None  # the text of such an error may quote content
        return made


def tool_is_small(model: str, trigger: int, views: bool) -> bool:
    """Whether the retrieval tool costs little in a conversation that reaches the trigger.

    Args:
        model: Decides the tokenizer.
        trigger: The trigger, in tokens.
        views: Whether new results enter as excerpts, so that the tool is needed from the start.
    """
    tuned = turn_tuning.WEIGHTS
    tokens = measure_for(model, None, 1.0).count(dumps(schema("openai")))
    return tokens <= (tuned.max_views_tool_share if views else tuned.max_tool_share) * trigger


def check_conversation(conversation: object, beside: Collection[str]) -> None:
    """Raises InvalidArgument if this is not a Conversation, or for an option beside it that it has itself.

    >>> check_conversation(Conversation("gpt-4o"), ["max_rounds"])
    """
    if not isinstance(conversation, Conversation):
        raise InvalidArgument(f"conversation is {shown(conversation)}; a compresskit.Conversation was expected.")
    for name in (*(each for each in names_for(CONVERSATION) if each != "reranker"), "cache"):
        if name in beside:
            advice = "leave it out" if name == "cache" else f"pass it to Conversation({name}=…) instead"
            raise InvalidArgument(f"{name} is given beside a conversation, which has its own: {advice}.")
    if "embedder" in beside and conversation._options.get("embedding_model") is not None:
        raise InvalidArgument("embedder is given beside a conversation with an embedding_model: leave one of them out.")


def _inexact(index: int, message: Message) -> str:
    return (
        f"messages[{index}] is {shown(message)}; a message that JSON gives back the same was expected. JSON has no NaN,"
        " no infinity and no keys but strings; Python reads no integer of more than 4,300 digits and no list a thousand"
        " deep from it, and joins the two halves of a surrogate pair. Before append(), write such a value as a string,"
        " or join halves by text.encode('utf-16', 'surrogatepass').decode('utf-16', 'replace')."
    )


def _unreadable(text: object) -> str:
    return f"text is {described(text)}; what Conversation.to_json() wrote was expected. Pass it as it came."
