"""One call of a framework's model: a request, its retrievals, and the answer for the caller, whole or streamed.

A framework says in a subclass what its messages, answers and parts of a stream are. It is the counterpart of
``clients/exchange.py`` for models that are called in Python and not by HTTP.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import ChainMap
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from .. import _observer
from ..chat.following import followed
from ..chat.loop import Request, Talk, keep
from ..chat.report import new_report
from ..chat.steps import END, Call, Next, Show, Steps, Work
from ..clients.options import Settings
from ..errors import reason
from ..messages.retrieval_tool import has_ours, may_retrieve, schema
from ..responses import calls_of, without_ours
from ..types import Cache, Message
from ._originals import Originals


class Turn(ABC):
    """One call of a wrapped model. ``whole`` and ``steps`` are steps for a client with ``request`` and ``stream``.

    Args:
        settings: The options, with their store.
        originals: The messages of the request.
        model: The name of the model.
        tools: The tools, as OpenAI's chat declares them.
        choice: The tool_choice, if there is one.
        beside: Values beside the messages that cost tokens.
        recoverable: Whether the model can be given our tool.
        elsewhere: key -> original: texts that were left out before the request, and that the model may retrieve.
    """

    def __init__(
        self,
        settings: Settings,
        originals: Originals[Any],
        model: str,
        tools: list[dict[str, Any]] | None,
        choice: Any = None,
        beside: Sequence[Any] = (),
        recoverable: bool = True,
        elsewhere: Cache | None = None,
    ) -> None:
        self._settings = settings
        self._originals = originals
        self._asked = {"model": model, "messages": originals.dicts, "tools": tools or None, "tool_choice": choice}
        self._beside, self._recoverable = beside, recoverable
        self._elsewhere = elsewhere if elsewhere and self._may_retrieve() else {}
        self._cache: Cache = {}
        self._method = "request"
        self.report = new_report()
        self.stream: Any = None  # the stream that is being read

    def whole(self) -> Steps:
        """The steps to the answer for the caller."""
        loop, argument = yield Work(self.prepared)
        answer = yield Call("request", argument)
        if loop is None:
            return answer
        with _observer.during(loop.answering, self.report):
            answer = self.settled(answer, loop)
            talk, message = Talk(loop, loop.kwargs["messages"]), self.read(answer)
            while talk.goes_on(message):
                answer = self.settled((yield from talk.next(message)), loop)
                message = self.read(answer)
            yield from self._recorded(talk, message, streamed=False)
            return self.shown(answer, _ours(message))

    def steps(self) -> Steps:
        """The steps that show the parts for the caller. From the first call on, a part waits for the whole turn."""
        self._method = "stream"
        loop, argument = yield Work(self.prepared)
        self.stream = yield Call("stream", argument)
        with _observer.during(loop and loop.answering, self.report):
            yield from self._shown(loop)

    def _shown(self, loop: Request | None) -> Steps:
        talk = None if loop is None else Talk(loop, loop.kwargs["messages"])
        while True:
            held: list[Any] = []
            while (part := (yield Next(self.stream))) is not END:
                self.feed(part)
                if talk is not None and (held or self.calls(part)):
                    held.append(part)
                else:
                    yield from map(Show, self.passed(part))
            message = self.read_stream(loop)
            if talk is None or message is None or not talk.goes_on(message):
                break
            self.dropped(held)
            self.stream = yield from talk.next(message)
        if talk is not None and message is not None:
            yield from self._recorded(talk, message, streamed=True)
        yield from map(Show, self.ending(held, _ours(message or {})))

    def prepared(self) -> tuple[Request | None, Any]:
        """The request for the loop, if something may be retrieved; and the argument of the call."""
        if not self._settings.enabled:
            return None, self.argument(None, {})
        try:
            offers = bool(self._elsewhere)
            changes, loop = followed(
                self._settings,
                "openai",
                self._asked,
                self.report,
                store=self._settings.store,
                beside=[*self._beside, schema("openai")] if offers else self._beside,
                recoverable=self._recoverable,
                offers=offers,
            )
            if loop is not None:
                self._cache = loop.cache
                if offers:
                    loop.cache = ChainMap(dict(self._elsewhere), loop.cache)  # type: ignore[arg-type]
        except Exception as error:
            if not self._settings.sends:
                raise
            self.report.update(error=reason(error), skipped_reason="error")
            return None, self.argument(None, {})
        if loop is not None:
            loop.ask = self._ask
        dicts = changes.get("messages")
        messages = None if dicts is None else self._originals.objects(dicts, self._cache or {})
        return loop, self.argument(messages, changes)

    def _may_retrieve(self) -> bool:
        """Whether the model may be given our tool, which the caller does not have."""
        settings, asked = self._settings, self._asked
        able = self._recoverable and settings.recoverable and settings.max_rounds > 0
        return able and may_retrieve(asked) and not has_ours(asked.get("tools"))

    def _ask(self, kwargs: dict[str, Any]) -> Steps:
        """A call of the model after a retrieval."""
        messages = self._originals.objects(kwargs["messages"], self._cache)
        return (yield Call(self._method, self.argument(messages, kwargs)))

    def _recorded(self, talk: Talk, message: Message, streamed: bool) -> Steps:
        """Keeps the retrievals of a turn that also calls the caller's tools, for the next request."""
        record = yield from talk.record(message, streamed)
        if record is not None:
            yield from keep(talk.request, record, without_ours(message))

    @abstractmethod
    def argument(self, messages: list[Any] | None, kwargs: Mapping[str, Any]) -> Any:
        """The argument of the client's ``request`` and ``stream``.

        Args:
            messages: The messages to send. None: those of the caller, as they are.
            kwargs: What changes beside them: tools, and tool_choice.
        """

    def settled(self, answer: Any, loop: Request) -> Any:  # noqa: ARG002
        """An answer with its calls of deferred tools as they go on, for frameworks whose tools can be deferred."""
        return answer

    @abstractmethod
    def read(self, answer: Any) -> Message:
        """An answer of the model as a dict. Its usage is added to that of the answers before."""

    @abstractmethod
    def shown(self, answer: Any, ours: frozenset[str]) -> Any:
        """The answer for the caller: without these calls, and with the usage of all calls of the model."""

    @abstractmethod
    def calls(self, part: Any) -> bool:
        """Whether a part of a stream belongs to a call."""

    @abstractmethod
    def feed(self, part: Any) -> None:
        """Adds a part to the answer that is being streamed."""

    @abstractmethod
    def read_stream(self, loop: Request | None) -> Message | None:
        """The answer of the stream that has ended, settled, as ``read``; None if it had no parts."""

    @abstractmethod
    def passed(self, part: Any) -> Iterable[Any]:
        """The parts to show to the caller for a part."""

    @abstractmethod
    def dropped(self, held: Sequence[Any]) -> None:
        """Notes parts that the caller never sees."""

    @abstractmethod
    def ending(self, held: Sequence[Any], ours: frozenset[str]) -> Iterable[Any]:
        """The parts to show to the caller for the last parts, without these calls."""


def _ours(message: Message) -> frozenset[str]:
    """The ids of our calls in a message."""
    return frozenset(call.id for call in calls_of(message) if call.ours and call.id) if message else frozenset()
