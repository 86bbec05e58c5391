"""A response for an SDK whose body is a stream of events."""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import dataclass
from typing import Any

import httpx2

from ..chat.loop import Streamed
from ..chat.steps import Show, Step, Steps


@dataclass
class Reply:
    """A response for the SDK whose body is a stream of events.

    Attributes:
        streaming: The stream, for ``Stream`` and ``AsyncStream``.
        frame: Writes an event.
        end: The bytes behind the last event.
        response: The response of the first call.
        headers: The headers for the SDK.
    """

    streaming: Streaming
    frame: Callable[[Any], bytes]
    end: bytes
    response: httpx2.Response
    headers: httpx2.Headers


class Streaming:
    """A stream for ``Stream`` and ``AsyncStream``. ``stream`` is the one that is being read, which they close."""

    def __init__(self, streamed: Streamed, shown: Steps) -> None:
        self._streamed = streamed
        self._shown = shown
        self.report = streamed.report

    @property
    def stream(self) -> Any:
        return self._streamed.stream

    def steps(self) -> Steps:
        return self._shown


def until_shown(steps: Steps, silent: Callable[[Any], bool]) -> Generator[Step, Any, list[Any]]:
    """Carries out steps up to the first event that says something, and returns the events up to it."""
    shown: list[Any] = []
    value, error = None, None
    while True:
        try:
            step = steps.throw(error) if error else steps.send(value)
        except StopIteration:
            return shown
        value, error = None, None
        if isinstance(step, Show):
            shown.append(step.part)
            if not silent(step.part):
                return shown
            continue
        try:
            value = yield step
        except Exception as raised:
            error = raised
