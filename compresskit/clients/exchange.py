"""One request of an SDK, from the request that the SDK sends to the response that it gets.

The steps are the same for sync and async (see ``chat/steps.py``). Nothing here depends on a provider; ``protocol.py``
says what does.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import httpx2

from .. import _observer
from .._json import encoded, loaded, loaded_object
from ..chat.following import followed
from ..chat.loop import Request, Streamed, whole
from ..chat.policy import HEADER, NAME
from ..chat.report import headers_of, new_report
from ..chat.steps import Call, Show, Steps, Work
from ..errors import InvalidArgument, reason
from ..messages.cache_control import marks
from .bodies import answered, headers_with, rebuilt, signed, target, with_note
from .frames import Frame
from .options import Settings
from .protocol import Asked, Body, Endpoint, LeftAlone, Protocol
from .replies import Reply, until_shown


class Passed(Exception):
    """A response that goes to the SDK as it came."""

    def __init__(self, response: httpx2.Response) -> None:
        super().__init__(response.status_code)
        self.response = response


class Exchange:
    """One request of an SDK.

    Args:
        protocol: The protocol of its path.
        endpoint: What the path is.
        request: The request as the SDK sends it. Its body is in memory.
        settings: The settings of the client, with its store.
    """

    def __init__(self, protocol: Protocol, endpoint: Endpoint, request: httpx2.Request, settings: Settings) -> None:
        self._protocol = protocol
        self._endpoint = endpoint
        self._request = request
        self._settings = settings
        self._report = new_report()
        self._body: Body = {}
        self._streams = False
        self._rounds = 0
        self.response: httpx2.Response | None = None  # of the newest call

    def steps(self) -> Steps:
        """Returns the response for the SDK: an ``httpx2.Response``, or a ``Reply``."""
        try:
            sent, loop = yield Work(self._prepared)
            response = yield Call("send", sent)
            if not self._settings.enabled:
                return response
            self.response = response
            if loop is None or response.status_code != 200:
                return (yield from self._unlooped(response))
            if self._streams:
                return (yield from self._streamed(loop, response))
            return (yield from self._whole(loop, response))
        except Passed as passed:
            if passed.response is self.response:
                passed.response.headers.update(headers_of(self._report, done=True))
            return passed.response

    def _prepared(self) -> tuple[httpx2.Request, Request | None]:
        """The request to send, and the request for the loop if something may be retrieved."""
        request = self._request
        word = request.headers.get(HEADER)
        body = loaded(request.content)
        own = None
        untouched = request if word is None else rebuilt(request, request.content)
        if isinstance(body, dict) and NAME in body:
            own = body.pop(NAME)
            untouched = rebuilt(request, encoded(body))
        try:
            self._settings = settings = self._settings.changed(word).changed(own)
        except InvalidArgument as wrong:
            raise self._refused(str(wrong)) from None
        model = body.get("model") if isinstance(body, dict) else None
        if not settings.enabled:
            _observer.current.skipped(model, "disabled")
            return untouched, None
        try:
            if not isinstance(body, dict):
                raise LeftAlone("not_served")
            if signed(request):
                raise LeftAlone("signed")
            self._body = body
            asked = self._protocol.read(target(request.url), body)
            self._streams = asked.streams
            changes, loop = self._followed(asked)
        except Exception as error:
            self._unprepared(error, model)
            return untouched, None
        if loop is not None:
            loop.ask = self._asked
        if not changes:
            return untouched, loop
        return rebuilt(request, encoded(self._protocol.write(body, {**asked.kwargs, **changes}))), loop

    def _unprepared(self, error: Exception, model: Any) -> None:
        """Notes in the report why a request goes out as it is.

        Raises:
            Passed: It may not, by the settings.
        """
        left = isinstance(error, LeftAlone)
        if not self._settings.sends and not (left and self._settings.before is None):
            why = f"apply before to this request ({error})" if left else f"prepare this request ({reason(error)})"
            raise self._refused(f"cannot {why}.") from None
        if left:
            _observer.current.skipped(model, "disabled")
        self._report.update(
            {"skipped_reason": str(error)} if left else {"error": reason(error), "skipped_reason": "error"}
        )

    def _followed(self, asked: Asked) -> tuple[dict[str, Any], Request | None]:
        """The changed arguments, and the request for the loop."""

        def prepared() -> tuple[dict[str, Any], Request | None]:
            return followed(
                self._settings,
                self._protocol.shape,
                asked.kwargs,
                self._report,
                store=self._settings.store,
                beside=asked.beside,
                recoverable=asked.recoverable,
                marked=len(marks({"system": list(asked.beside), "cache_control": self._body.get("cache_control")})),
            )

        if self._endpoint == "answer":
            return prepared()
        changes, _ = _observer.current.unobserved(prepared)  # it counts what the next request compresses
        return changes, None

    def _refused(self, why: str) -> Passed:
        """An error of the client's own, which no SDK tries again."""
        body = encoded(self._protocol.error(f"compresskit: {why}"))
        headers = {"content-type": "application/json", "x-should-retry": "false"}
        return Passed(httpx2.Response(400, headers=headers, content=body))

    def _asked(self, kwargs: Mapping[str, Any]) -> Steps:
        """A call of the model after a retrieval. Its request differs in the body alone."""
        self._rounds += 1
        request = rebuilt(self._request, encoded(self._protocol.write(self._body, kwargs)), self._rounds)
        self.response = response = yield Call("send", request)
        if response.status_code != 200:
            raise Passed(response)
        return (yield from self._parsed(response))

    def _parsed(self, response: httpx2.Response) -> Steps:
        """The events of a response, or the JSON object of a whole one."""
        if self._streams:
            if not response.headers.get("content-type", "").startswith("text/event-stream"):
                raise Passed(response)
            return (yield Call("events", response))
        raw = yield Call("read", response)
        value = loaded_object(raw)
        if value is None:
            raise Passed(response)
        return value

    def _unlooped(self, response: httpx2.Response) -> Steps:
        """A response that goes to the SDK as it came, with the report."""
        headers = headers_of(self._report, done=True)
        response.headers.update(headers)
        if response.status_code != 200 or self._streams or self._endpoint != "answer":
            return response
        raw = yield Call("read", response)
        noted = with_note(raw, self._protocol, self._report)
        return response if noted is None else answered(response, noted, headers)

    def _whole(self, loop: Request, response: httpx2.Response) -> Steps:
        value = yield from self._parsed(response)
        try:
            answer = yield from whole(loop, value)
        except (Passed, httpx2.HTTPError, httpx2.StreamError):
            raise
        except Exception as error:  # a store that failed, or a response of a form that is not known
            if self._settings.strict:
                raise self._refused(f"cannot read the response ({reason(error)}).") from None
            self._report["error"] = reason(error)
            return (yield from self._unlooped(self.response or response))
        if answer == value:
            return (yield from self._unlooped(response))
        noted = encoded(self._protocol.noted(answer, self._report))
        return answered(self.response or response, noted, headers_of(self._report, done=True))

    def _streamed(self, loop: Request, response: httpx2.Response) -> Steps:
        """The stream, as soon as there is an event to show: an error before it is the response."""
        streamed = Streamed(loop, (yield from self._parsed(response)))
        steps = streamed.steps()
        first = yield from until_shown(steps, self._protocol.silent)
        headers = headers_with(response, headers_of(self._report, done=False))
        return Reply(streamed, self._shown(first, steps), self._frame, self._protocol.end, response, headers)

    def _shown(self, first: list[Any], steps: Steps) -> Steps:
        """The events for the SDK. An error of a later call ends them as the provider would."""
        try:
            for event in first:
                yield Show(event)
            yield from steps
        except Passed as passed:
            raw = yield Call("read", passed.response)
            for event in self._protocol.failed(passed.response.status_code, loaded(raw)):
                yield Show(event)

    def _frame(self, event: Any) -> bytes:
        noted = self._protocol.noted(event, self._report)
        return noted.raw if isinstance(noted, Frame) else self._protocol.frame(noted)
