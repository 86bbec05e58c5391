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
from ..chat.steps import NOTHING, Call, Done, Show, Steps, Work, resumed
from ..errors import InvalidArgument, reason
from ..messages.cache_control import marks
from .frames import Frame
from .options import Settings
from .protocol import Asked, Body, Endpoint, LeftAlone, Protocol

_LENGTHS = ("content-length", "content-encoding", "transfer-encoding")  # headers of the body that was replaced
_IDEMPOTENCY = "idempotency-key"


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
        untouched = request if word is None else _rebuilt(request, request.content)
        if isinstance(body, dict) and NAME in body:
            own = body.pop(NAME)
            untouched = _rebuilt(request, encoded(body))
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
            if _signed(request):
                raise LeftAlone("signed")
            self._body = body
            asked = self._protocol.read(_target(request.url), body)
            self._streams = asked.streams
            changes, loop = self._followed(asked)
        except Exception as error:
            self._unprepared(error, model)
            return untouched, None
        if loop is not None:
            loop.ask = self._asked
        if not changes:
            return untouched, loop
        return _rebuilt(request, encoded(self._protocol.write(body, {**asked.kwargs, **changes}))), loop

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
        request = _rebuilt(self._request, encoded(self._protocol.write(self._body, kwargs)), self._rounds)
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
        noted = _with_note(raw, self._protocol, self._report)
        return response if noted is None else _answered(response, noted, headers)

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
        return _answered(self.response or response, noted, headers_of(self._report, done=True))

    def _streamed(self, loop: Request, response: httpx2.Response) -> Steps:
        """The stream, as soon as there is an event to show: an error before it is the response."""
        reply = Reply(loop, (yield from self._parsed(response)), response, self._protocol)
        yield from reply.begin()
        return reply


class Reply(Streamed):
    """A response for the SDK whose body is a stream of events, for ``Stream`` and ``AsyncStream``.

    Args:
        request: The request for the loop.
        first: The events of the first call.
        response: The response of the first call.
        protocol: Says how an event is written, and how an error ends the stream.
    """

    def __init__(self, request: Request, first: Any, response: httpx2.Response, protocol: Protocol) -> None:
        super().__init__(request, first)
        self._response, self._protocol = response, protocol
        self._begun: list[Any] = []  # the events up to the first one that says something
        self._rest = super().steps()

    def begin(self) -> Steps:
        """Carries out the steps up to the first event that says something."""
        outcome = NOTHING
        while not isinstance(step := resumed(self._rest, outcome), Done):
            outcome = NOTHING
            if isinstance(step, Show):
                self._begun.append(step.part)
                if not self._protocol.silent(step.part):
                    break
            else:
                try:
                    outcome = (yield step), None
                except Exception as raised:
                    outcome = None, raised

    def steps(self) -> Steps:
        """The steps that show the events. An error of a later call ends them as the provider would."""
        try:
            yield from map(Show, self._begun)
            yield from self._rest
        except Passed as passed:
            raw = yield Call("read", passed.response)
            yield from map(Show, self._protocol.failed(passed.response.status_code, loaded(raw)))

    def with_body(self, body: httpx2.SyncByteStream | httpx2.AsyncByteStream) -> httpx2.Response:
        """The response with the events as bytes."""
        headers = _headers_with(self._response, headers_of(self.report, done=False))
        return httpx2.Response(200, headers=headers, stream=body, extensions=self._response.extensions)

    def frame(self, event: Any) -> bytes:
        """An event as bytes."""
        noted = self._protocol.noted(event, self.report)
        return noted.raw if isinstance(noted, Frame) else self._protocol.frame(noted)

    @property
    def end(self) -> bytes:
        """The bytes behind the last event."""
        return self._protocol.end


def _rebuilt(request: httpx2.Request, content: bytes, number: int = 0) -> httpx2.Request:
    """The request with another body. A later one of the same request gets an idempotency key of its own."""
    headers = [
        (name, f"{value}-{number}" if number and name.lower() == _IDEMPOTENCY else value)
        for name, value in request.headers.multi_items()
        if name.lower() not in (*_LENGTHS, HEADER)
    ]
    return httpx2.Request(request.method, request.url, headers=headers, content=content, extensions=request.extensions)


def _target(url: httpx2.URL) -> str:
    """The path of a URL with its query."""
    return f"{url.path}?{url.query.decode()}" if url.query else url.path


def _signed(request: httpx2.Request) -> bool:
    """Whether a signature of the body would become wrong."""
    return request.headers.get("authorization", "").startswith("AWS4-")


def _headers_with(response: httpx2.Response, more: Mapping[str, str]) -> httpx2.Headers:
    kept = [(name, value) for name, value in response.headers.multi_items() if name.lower() not in _LENGTHS]
    headers = httpx2.Headers(kept)
    headers.update(more)
    return headers


def _answered(response: httpx2.Response, content: bytes, more: Mapping[str, str]) -> httpx2.Response:
    """The response with another body."""
    headers = _headers_with(response, more)
    return httpx2.Response(response.status_code, headers=headers, content=content, extensions=response.extensions)


def _with_note(raw: bytes, protocol: Protocol, report: Mapping[str, Any]) -> bytes | None:
    """A JSON object with the report as its last field, and its bytes otherwise as they were; None if it is none."""
    body = raw.rstrip()
    if NAME not in protocol.noted({}, report) or not body.startswith(b"{") or not body.endswith(b"}"):
        return None
    comma = b"," if body[1:-1].strip() else b""
    return body[:-1] + comma + b'"' + NAME.encode() + b'":' + encoded(dict(report)) + b"}"
