"""Streams of OpenAI's Responses, as dicts: text is passed on, but our calls never are.

An item begins with ``response.output_item.added``, and every event about it has its ``output_index``. The last event
holds the whole response. A reasoning item waits until the item behind it begins, because it leaves with a call of ours
that it led to; see ``items.py``.

Source: developers.openai.com, "Streaming events" of the Responses API.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ..types import Message
from .items import is_reasoning, item_calls, ours_in
from .settling import settled_item
from .stream_turn import Shown, StreamTurn
from .usage import Usage, usage_of

Event = dict[str, Any]
_BEGINS = ("response.created", "response.queued", "response.in_progress")  # once in each response
_ENDS = ("response.completed", "response.incomplete", "response.failed")


@dataclass
class ShownItems(Shown):
    """What the caller of a stream has seen.

    Attributes:
        started: Whether the response has begun for the caller.
        begun: The events with which the response begins, until something else is shown.
        sequence: The number of the next event.
        items: The items of turns that ended.
        indices: The number of items that began.
    """

    started: bool = False
    begun: list[Event] = field(default_factory=list)
    sequence: int | None = None
    items: list[Any] = field(default_factory=list)
    indices: int = 0


class ItemTurn(StreamTurn):
    """The stream of one call. ``feed`` returns the events to pass on; the event that ends the response waits.

    After ``end``, ``message()`` holds the model's items with our calls, and ``closing`` is the end for the caller.

    Args:
        shown: The state that all turns of one stream share. It starts one response, and numbers its items and events.

    The response begins with the first event of an item. If the first calls of the model are retrievals alone, it is
    that of the call behind them, so that its id is the one under which the provider has stored the answer.
    """

    def __init__(self, shown: ShownItems, _choice: int | None = None) -> None:
        self.stop: Event | None = None  # the event that ends the response
        self._shown = shown
        self._later = shown.started  # whether the caller has seen the beginning of the response
        if not shown.started:
            shown.begun = []
        self._items: dict[int, Any] = {}
        self._numbers: dict[int, int] = {}  # index of an item -> the shown index
        self._waiting: dict[int, list[Event]] = {}  # events of reasoning items whose next item is not known yet
        self._parted = False  # whether a call of ours is behind the reasoning that waits
        self._held: dict[int, list[Event]] = {}  # events of calls that are not shown before they are whole

    def feed(self, event: Event) -> list[Event]:
        if self._shown.sequence is None and isinstance(event.get("sequence_number"), int):
            self._shown.sequence = event["sequence_number"]
        return self._begins(self._passed(event))

    def end(self) -> list[Event]:
        """The reasoning that no call of ours followed."""
        last = [] if self._parted else self._released()
        self._shown.items += self._visible()
        return [*self._begins(last), *super().end()]

    @property
    def usage(self) -> Usage | None:
        return usage_of(self.stop["response"]) if self.stop else None

    def calls(self, _choice: int = 0) -> bool:
        return bool(item_calls(self._output()))

    def complete(self, _choice: int = 0) -> bool:
        return self.stop is not None

    def message(self, _choice: int = 0) -> Message:
        """The model's items. A response that failed or was cut off calls nothing, because its calls are not whole."""
        ended = self.stop is not None and self.stop["type"] == "response.completed"
        return {"output": self._output() if ended else self._visible()}

    def closing(self, _choice: int, _fields: Mapping[str, Any], _ours_only: bool) -> list[Event]:
        """The end for the caller: the last response with the items and the usage of all calls."""
        if self.stop is None:
            return []
        response, shown = self.stop["response"], self._shown
        fields: dict[str, Any] = {"id": shown.identity} if self._later and shown.identity is not None else {}
        if self._later or shown.items != (response.get("output") or shown.items):
            fields["output"] = shown.items
        if shown.usage is not None and shown.usage != self.usage:
            fields["usage"] = shown.usage
        return self._begins([{**self.stop, "response": {**response, **fields}} if fields else self.stop])

    def _passed(self, event: Event) -> list[Event]:
        """The events to pass on for an event, with their indices."""
        kind = event.get("type")
        if kind in _ENDS:
            self.stop = event
            return []
        if kind in _BEGINS:
            if self._later or self._shown.started:
                return [] if self._later else [event]
            self._shown.begun.append(event)
            self._shown.identity = (event.get("response") or {}).get("id")
            return []
        index = event.get("output_index")
        if not isinstance(index, int):
            return [event]
        if "item" in event:
            self._items[index] = event["item"]
            if kind == "response.output_item.added" and self._may_be_ours(event["item"]):
                self._held[index] = []
        if index in self._held:
            self._held[index].append(event)
            return self._settled(index) if kind == "response.output_item.done" else []
        begun = self._begun(index, event["item"]) if kind == "response.output_item.added" else []
        if index in self._waiting:
            self._waiting[index].append(event)
            return begun
        return [*begun, self._indexed(index, event)] if index in self._numbers else begun

    def _begins(self, events: list[Event]) -> list[Event]:
        """The numbered events to pass on, behind those that begin the response if they were not shown yet."""
        if events and not self._shown.started:
            self._shown.started = True
            events = [*self._shown.begun, *events]
        return [self._numbered(one) for one in events]

    def _begun(self, index: int, item: Any) -> list[Event]:
        """Decides about an item that begins, and about the reasoning before it. Returns the events that waited."""
        if is_reasoning(item):
            if self._parted:  # what waited led to our call alone
                self._waiting, self._parted = {}, False
            self._waiting[index] = []
            return []
        released = self._released()
        self._number(index)
        return released

    def _may_be_ours(self, item: Any) -> bool:
        return any(call.name in self._shown.settling.held for call in item_calls([item]))

    def _settled(self, index: int) -> list[Event]:
        """The events of a call that is whole: none if it is ours, and with another name if it has one now."""
        events = self._held.pop(index)
        item = self._items[index]
        made = settled_item(item, self._shown.settling)
        if ours_in([made]):
            self._parted = bool(self._waiting)
            return []
        released = self._released()
        self._number(index)
        if made is not item:
            added, done = events[0], events[-1]
            about = {name: value for name, value in added.items() if name not in ("type", "item")}
            about |= {"item_id": made.get("id")}
            text = made["arguments"]
            events = [
                {**added, "item": {**added["item"], "name": made["name"]}},
                {"type": "response.function_call_arguments.delta", **about, "delta": text},
                {"type": "response.function_call_arguments.done", **about, "name": made["name"], "arguments": text},
                {**done, "item": made},
            ]
        return [*released, *(self._indexed(index, event) for event in events)]

    def _released(self) -> list[Event]:
        """The events that waited."""
        waiting, self._waiting, self._parted = self._waiting, {}, False
        for index in waiting:
            self._number(index)
        return [self._indexed(index, event) for index, events in waiting.items() for event in events]

    def _number(self, index: int) -> None:
        self._numbers[index] = self._shown.indices
        self._shown.indices += 1

    def _indexed(self, index: int, event: Event) -> Event:
        number = self._numbers[index]
        return event if number == index else {**event, "output_index": number}

    def _numbered(self, event: Event) -> Event:
        """An event with the next sequence number, if the provider numbers its events."""
        number = self._shown.sequence
        if number is None or "sequence_number" not in event:
            return event
        self._shown.sequence = number + 1
        return event if event["sequence_number"] == number else {**event, "sequence_number": number}

    def _output(self) -> list[Any]:
        """All items: those of the whole response, or, if a server leaves them out there, those of the events."""
        whole = self.stop["response"].get("output") if self.stop else None
        items = list(whole) if whole else [self._items[index] for index in sorted(self._items)]
        return [settled_item(item, self._shown.settling) for item in items]

    def _visible(self) -> list[Any]:
        """The items for the caller."""
        output = self._output()
        gone = ours_in(output)
        return [item for at, item in enumerate(output) if at not in gone]
