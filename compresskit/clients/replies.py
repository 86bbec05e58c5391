"""A response for an SDK whose body is a stream of events."""

from __future__ import annotations

from collections.abc import Callable, Generator
from typing import Any

import httpx2

from ..chat.loop import Streamed
from ..chat.steps import NOTHING, Done, Show, Step, Steps, resumed


class Reply:
    """A response for the SDK whose body is a stream of events, for ``Stream`` and ``AsyncStream``.

    Args:
        streamed: The stream of the model.
        shown: The steps that show the events.
        frame: Writes an event.
        end: The bytes behind the last event.
        response: The response of the first call.
        headers: The headers for the SDK.
    """

    def __init__(
        self,
        streamed: Streamed,
        shown: Steps,
        frame: Callable[[Any], bytes],
        end: bytes,
        response: httpx2.Response,
        headers: httpx2.Headers,
    ) -> None:
        self._streamed, self._shown, self._response, self._headers = streamed, shown, response, headers
        self.frame, self.end = frame, end
        self.request, self.report = streamed.request, streamed.report

    @property
    def stream(self) -> Any:
        """The stream that is being read, which ``Stream`` and ``AsyncStream`` close."""
        return self._streamed.stream

    def steps(self) -> Steps:
        return self._shown

    def streamed_as(self, body: httpx2.SyncByteStream | httpx2.AsyncByteStream) -> httpx2.Response:
        """The response with this body."""
        return httpx2.Response(200, headers=self._headers, stream=body, extensions=self._response.extensions)


def until_shown(steps: Steps, silent: Callable[[Any], bool]) -> Generator[Step, Any, list[Any]]:
    """Carries out steps up to the first event that says something, and returns the events up to it."""
    shown: list[Any] = []
    outcome = NOTHING
    while not isinstance(step := resumed(steps, outcome), Done):
        outcome = NOTHING
        if isinstance(step, Show):
            shown.append(step.part)
            if not silent(step.part):
                break
        else:
            try:
                outcome = (yield step), None
            except Exception as raised:
                outcome = None, raised
    return shown
