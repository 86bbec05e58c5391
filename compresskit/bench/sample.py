"""A built-in conversation of a coding agent: a file is read, searched and edited, and a test fails.

It is about 3,000 tokens long. The same conversation is there in the shapes of Anthropic and of OpenAI.
"""

from __future__ import annotations

import json
from typing import Any

from ..types import Message

SOURCE_TOOL = "read_file"  # the tool whose result is source code
SOURCE = '''"""Stock of a warehouse: reservations that expire."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field

HOLD_SECONDS = 900  # a basket keeps its goods for a quarter of an hour


class OutOfStock(Exception):
    """There are fewer pieces than were asked for."""


@dataclass
class Reservation:
    order: str
    pieces: int
    until: float


@dataclass
class Shelf:
    article: str
    pieces: int
    reservations: dict[str, Reservation] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def free(self, now: float | None = None) -> int:
        now = time.monotonic() if now is None else now
        held = sum(one.pieces for one in self.reservations.values() if one.until > now)
        return self.pieces - held

    def reserve(self, order: str, pieces: int) -> Reservation:
        with self._lock:
            if self.free() < pieces:
                raise OutOfStock(f"{self.article}: {self.free()} of {pieces}")
            made = Reservation(order, pieces, time.monotonic() + HOLD_SECONDS)
            self.reservations[order] = made
            return made

    def ship(self, order: str) -> int:
        with self._lock:
            gone = self.reservations.pop(order)
            self.pieces -= gone.pieces
            return self.pieces
'''
NEW_STR = """    def ship(self, order: str) -> int:
        with self._lock:
            gone = self.reservations.pop(order, None)
            if gone is None or gone.until <= time.monotonic():
                raise OutOfStock(f"{self.article}: the reservation of {order} has expired")
            self.pieces -= gone.pieces
            return self.pieces"""
OLD_STR = SOURCE[SOURCE.index("    def ship") :].rstrip("\n")
TRACEBACK = """Traceback (most recent call last):
  File "/srv/shop/tests/test_stock.py", line 61, in test_an_expired_reservation_is_not_shipped
    shelf.ship("order-4471")
  File "/srv/shop/stock.py", line 47, in ship
    gone = self.reservations.pop(order, None)
AttributeError: 'NoneType' object has no attribute 'pop'"""
LOG_CALL = "call_log"


def _log() -> str:
    lines = [
        f"2026-03-02T09:{minute // 60:02d}:{minute % 60:02d}Z worker-{minute % 5} INFO heartbeat ok queue=orders "
        f"depth={(minute * 7) % 23} rss={212 + minute % 9}MB"
        for minute in range(90)
    ]
    lines[57] = "2026-03-02T09:00:57Z worker-2 ERROR ship failed order=order-4471 article=A-309 reason=KeyError"
    return "\n".join(lines)


_SEARCH = "\n".join(
    [
        "shop/orders.py:118:        shelf.ship(order.number)",
        "shop/returns.py:40:    # ship() has already lowered the stock",
        "shop/cli.py:77:    stock.ship(arguments.order)",
        "tests/test_stock.py:61:    shelf.ship('order-4471')",
    ]
)
# (id, tool, input, result) of every step, in order.
_STEPS: tuple[tuple[str, str, dict[str, Any], str], ...] = (
    ("call_read", SOURCE_TOOL, {"path": "shop/stock.py"}, SOURCE),
    ("call_search", "search", {"pattern": r"\.ship\(|ship\(\)", "path": "."}, _SEARCH),
    (LOG_CALL, "run", {"command": "tail -n 90 /var/log/shop/worker.log", "timeout": 20}, _log()),
    (
        "call_edit",
        "edit_file",
        {"path": "shop/stock.py", "old_str": OLD_STR, "new_str": NEW_STR},
        "shop/stock.py: 1 replacement",
    ),
    ("call_test", "run", {"command": "python -m pytest -q tests/test_stock.py", "timeout": 120}, TRACEBACK),
)
_SAID = (
    "I read the file that holds the stock first.",
    "Who calls ship()?",
    "The log of the workers should show the order that failed.",
    "An expired reservation must not be shipped. I change ship().",
    "I run the tests of the file.",
)
_TASK = (
    "Orders are shipped although their reservation has expired. Find out why, mend it in shop/stock.py, and run the"
    " tests. Do not change the signature of ship()."
)
_END = (
    "The test fails because reservations is None there: a shelf that was loaded from disk has none.",
    "Write the smallest change that also mends that, and say which line of the log showed the fault.",
)


def conversation(shape: str = "anthropic") -> list[Message]:
    """The conversation, in the shape "anthropic" or "openai"."""
    messages: list[Message] = [{"role": "user", "content": _TASK}]
    for said, (name, tool, given, result) in zip(_SAID, _STEPS, strict=True):
        messages += (
            _anthropic(said, name, tool, given, result)
            if shape == "anthropic"
            else _openai(said, name, tool, given, result)
        )
    return [*messages, {"role": "assistant", "content": _END[0]}, {"role": "user", "content": _END[1]}]


def _anthropic(said: str, name: str, tool: str, given: dict[str, Any], result: str) -> list[Message]:
    call = {"type": "tool_use", "id": name, "name": tool, "input": dict(given)}
    answer: dict[str, Any] = {"type": "tool_result", "tool_use_id": name, "content": result}
    if result == TRACEBACK:
        answer["is_error"] = True
    return [
        {"role": "assistant", "content": [{"type": "text", "text": said}, call]},
        {"role": "user", "content": [answer]},
    ]


def _openai(said: str, name: str, tool: str, given: dict[str, Any], result: str) -> list[Message]:
    call = {"id": name, "type": "function", "function": {"name": tool, "arguments": json.dumps(given)}}
    return [
        {"role": "assistant", "content": said, "tool_calls": [call]},
        {"role": "tool", "tool_call_id": name, "content": result},
    ]
