"""Streams of Anthropic's events, as dicts: text is passed on, but our calls never are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .._json import dumps, loaded_object
from ..messages.retrieval_tool import OURS
from ..types import Message
from .settling import settled_item
from .stream_turn import Shown, StreamTurn
from .usage import Usage

Event = dict[str, Any]
_TEXTS = {"text_delta": "text", "thinking_delta": "thinking", "signature_delta": "signature"}


@dataclass
class ShownEvents(Shown):
    """What the caller of a stream has seen: whether a message has begun, and the number of its blocks."""

    started: bool = False
    blocks: int = 0


class EventTurn(StreamTurn):
    """The stream of one call. ``feed`` returns the events to pass on; ``message_delta`` and ``message_stop`` wait.

    After ``end``, ``message()`` is the model's message with our calls, and ``closing`` are the events that end the
    message for the caller.

    Args:
        shown: The state that all turns of one stream share. It starts one message, and numbers its blocks.
    """

    def __init__(self, shown: ShownEvents, _choice: int | None = None) -> None:
        self.stop: Event | None = None  # the event message_delta
        self._shown = shown
        self._blocks: dict[int, dict[str, Any]] = {}
        self._inputs: dict[int, str] = {}  # the JSON of tool calls so far
        self._numbers: dict[int, int] = {}
        self._usage: Usage = {}

    def feed(self, event: Event) -> list[Event]:
        kind = event.get("type")
        if kind == "message_start":
            self._usage.update((event.get("message") or {}).get("usage") or {})
            started, self._shown.started = self._shown.started, True
            return [] if started else [event]
        if kind == "message_delta":
            self._usage.update({name: value for name, value in (event.get("usage") or {}).items() if value is not None})
            self.stop = event
            return []
        if kind == "message_stop":
            return []
        if isinstance(kind, str) and kind.startswith("content_block_"):
            return self._block(kind, event)
        return [event]

    @property
    def usage(self) -> Usage:
        return self._usage

    def calls(self, _choice: int = 0) -> bool:
        return bool(self._inputs) or any(block.get("type") == "tool_use" for block in self._blocks.values())

    def complete(self, _choice: int = 0) -> bool:
        return self.stop is not None

    def message(self, _choice: int = 0) -> Message:
        return {"role": "assistant", "content": [self._whole(index) for index in sorted(self._blocks)]}

    def closing(self, _choice: int, _fields: Mapping[str, Any], ours_only: bool) -> list[Event]:
        """The end for the caller, with the usage of all calls. If the caller sees no call, the reason is end_turn."""
        stop = self.stop or {"type": "message_delta", "delta": {"stop_reason": "end_turn", "stop_sequence": None}}
        delta = {**(stop.get("delta") or {}), **({"stop_reason": "end_turn"} if ours_only else {})}
        return [{**stop, "delta": delta, "usage": self._shown.usage or {}}, {"type": "message_stop"}]

    def _block(self, kind: str, event: Event) -> list[Event]:
        index = event.get("index") or 0
        if kind == "content_block_start":
            block = dict(event.get("content_block") or {})
            self._blocks[index] = block
            if not (block.get("type") == "tool_use" and block.get("name") in self._shown.settling.held):
                self._number(index)
        elif kind == "content_block_delta":
            self._add(index, event.get("delta") or {})
        elif index not in self._numbers:
            return self._released(index, event)
        number = self._numbers.get(index)
        return [] if number is None else [event if number == index else {**event, "index": number}]

    def _number(self, index: int) -> int:
        number: int = self._shown.blocks
        self._numbers[index] = number
        self._shown.blocks += 1
        return number

    def _released(self, index: int, stop: Event) -> list[Event]:
        """The events of a call that was held back and is the caller's after all."""
        block = self._whole(index)
        made = settled_item(block, self._shown.settling)
        if made.get("name") in OURS:
            return []
        number = self._number(index)
        partial = {"type": "input_json_delta", "partial_json": dumps(made["input"])}
        return [
            {"type": "content_block_start", "index": number, "content_block": {**made, "input": {}}},
            {"type": "content_block_delta", "index": number, "delta": partial},
            {**stop, "index": number},
        ]

    def _whole(self, index: int) -> dict[str, Any]:
        """A block with all that was streamed of it."""
        block = dict(self._blocks[index])
        if index in self._inputs:
            # one that is cut off becomes {}, because Anthropic only accepts an object
            block["input"] = loaded_object(self._inputs[index]) or {}
        return block

    def _add(self, index: int, delta: dict[str, Any]) -> None:
        block = self._blocks.setdefault(index, {})
        kind = str(delta.get("type"))
        if kind in _TEXTS:
            name = _TEXTS[kind]
            block[name] = (block.get(name) or "") + (delta.get(name) or "")
        elif kind == "input_json_delta":
            self._inputs[index] = self._inputs.get(index, "") + (delta.get("partial_json") or "")
        elif kind == "citations_delta":
            block["citations"] = [*(block.get("citations") or ()), delta.get("citation")]
