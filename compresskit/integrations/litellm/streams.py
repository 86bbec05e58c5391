"""The proxy's streams: Anthropic's events get the loop's steps here; OpenAI's chunks get them in ``chat/loop.py``."""

from __future__ import annotations

from typing import Any

from ... import responses
from ...chat.loop import Request, Talk, keep
from ...chat.steps import END, Next, Show, Steps
from ...responses import EventTurn, ShownEvents, calls_of
from .sse import parsed, written


class StreamedEvents:
    """A stream of Anthropic's events in which retrievals are answered. Its steps show bytes."""

    def __init__(self, request: Request, first: Any) -> None:
        self.request = request
        self.report = request.report
        self.stream: Any = parsed(first)
        self._shown = ShownEvents()

    def steps(self) -> Steps:
        talk = Talk(self.request, self.request.kwargs["messages"])
        turn = EventTurn(self._shown)
        yield from self._read(turn)
        message = turn.message()
        while turn.stop is not None and talk.goes_on(message):
            self.stream = parsed((yield from talk.next(message)))
            turn = EventTurn(self._shown)
            yield from self._read(turn)
            message = turn.message()
        if turn.stop is None:
            return  # the provider's stream broke off, so this one ends too
        record = yield from talk.record(message, streamed=True)
        if record is not None:
            yield from keep(self.request, record, responses.without_ours(message))
        calls = calls_of(message)
        ours_only = bool(calls) and all(call.ours for call in calls)
        for event in turn.closing("end_turn" if ours_only else None):
            yield Show(written(event))

    def _read(self, turn: EventTurn) -> Steps:
        while (event := (yield Next(self.stream))) is not END:
            for shown in turn.feed(event):
                yield Show(written(shown))
        turn.end()


def without_record(response: Any) -> Any:
    """A response or chunk without the record of our calls, which clients of the proxy must not see."""
    choices = responses.field(response, "choices")
    if not isinstance(choices, list):
        return _bare(response)
    for name in ("message", "delta"):
        parts = [responses.field(choice, name) for choice in choices]
        bare = [_bare(part) if part is not None else None for part in parts]
        if any(new is not old for new, old in zip(bare, parts, strict=True)):
            changed = [responses.changed(choice, **{name: part}) for choice, part in zip(choices, bare, strict=True)]
            return responses.changed(response, choices=changed)
    return response


def _bare(message: Any) -> Any:
    fields = responses.field(message, responses.FIELDS)
    if not isinstance(fields, dict) or responses.NAME not in fields:
        return message
    rest = {name: value for name, value in fields.items() if name != responses.NAME}
    return responses.changed(message, **{responses.FIELDS: rest or None})
