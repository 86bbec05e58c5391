"""Reads the session files of Codex: ~/.codex/sessions/YYYY/MM/DD/rollout-….jsonl.

Each line is ``{"timestamp", "type", "payload"}`` (``RolloutItem`` in codex-rs/protocol). This reader uses:
- "response_item": an item of the Responses API, as it was sent to or came from the model.
- "compacted": from here on, the history is ``replacement_history``. Older files have only the summary. Then the history
  is the user's messages, up to 20,000 tokens, and the summary (``build_compacted_history`` in core/src/compact.rs).
- "event_msg": "thread_rolled_back" takes back the last turns of the user, and "token_count" has the size of a prompt.
- "session_meta" and "turn_context": the instructions and the model.

Files from before September 2025 have the bare items, behind a line with the instructions. The files lack the tools.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from .._json import objects_in
from ..messages.shapes import is_made
from ..types import Message
from .session import Reported, Session, numbered, text_of, word

SOURCE = "Codex"
_KINDS = frozenset({"session_meta", "response_item", "event_msg", "turn_context", "compacted"})
_NOT_SENT = frozenset({"ghost_snapshot", "other"})  # items that Codex keeps for itself
# The texts that Codex puts before the user's own: no turns of the user.
_CONTEXT = ("<", "# AGENTS.md instructions")
_KEPT_CHARACTERS = 20_000 * 4  # characters of user messages that survive a compaction without a new history


def recognises(value: Any) -> bool:
    """Whether a value is a line of a rollout, or the first line of an old one."""
    if not isinstance(value, dict):
        return False
    if word(value.get("type")) in _KINDS:
        return isinstance(value.get("payload"), dict)
    return "record_type" in value or {"id", "timestamp", "instructions"} <= value.keys()


def read(values: Iterable[Any], name: str) -> list[Session]:
    """The conversations of a session, the first one first."""
    state = _State(name)
    for value in values:
        if isinstance(value, dict):
            state.take(value)
    state.close()
    return state.found


class _State:
    """The history as the lines build it up."""

    def __init__(self, name: str) -> None:
        self.found: list[Session] = []
        self._name = name
        self._items: list[Message] = []
        self._start = 0
        self._model: str | None = None
        self._system = ""
        self._reported: Reported | None = None

    def take(self, line: dict[str, Any]) -> None:
        kind, payload = line.get("type"), line.get("payload")
        if not isinstance(payload, dict):
            self._bare(line)
        elif kind == "session_meta":
            self._system = text_of(payload.get("base_instructions")) or text_of(payload.get("instructions"))
        elif kind == "turn_context":
            self._model = word(payload.get("model")) or self._model
        elif kind == "response_item" and word(payload.get("type")) not in _NOT_SENT:
            self._items.append(payload)
        elif kind == "compacted":
            self._compacted(payload)
        elif kind == "event_msg" and payload.get("type") == "thread_rolled_back":
            self._roll_back(payload.get("num_turns"))
        elif kind == "event_msg" and payload.get("type") == "token_count":
            self._count(payload.get("info"))

    def close(self) -> None:
        """Ends a session, if a model has answered in it or nothing else is there."""
        if self._items and (not self.found or len(self._items) > self._start):
            name = numbered(self._name, len(self.found) + 1)
            about: dict[str, Any] = {"system": self._system, "start": self._start, "reported": self._reported}
            self.found.append(Session(name, SOURCE, self._items, "responses", self._model, **about))

    def _bare(self, line: dict[str, Any]) -> None:
        """A line of an old file: an item, or the instructions."""
        if "instructions" in line:
            self._system = text_of(line["instructions"])
        elif (
            "record_type" not in line and ("role" in line or "type" in line) and word(line.get("type")) not in _NOT_SENT
        ):
            self._items.append(line)

    def _compacted(self, payload: dict[str, Any]) -> None:
        self.close()
        history = payload.get("replacement_history")
        summary = {"type": "input_text", "text": text_of(payload.get("message")) or "(no summary available)"}
        if isinstance(history, list):
            self._items = objects_in(history)
        else:
            said = {"type": "message", "role": "user", "content": [summary]}
            self._items = [*_last_words(self._items), said]
        self._start, self._reported = len(self._items), None

    def _roll_back(self, turns: Any) -> None:
        own = [index for index, item in enumerate(self._items) if _is_turn(item)]
        if isinstance(turns, int) and turns > 0 and own:
            del self._items[own[-turns] if turns <= len(own) else own[0] :]
            self._start = min(self._start, len(self._items))

    def _count(self, info: Any) -> None:
        usage = info.get("last_token_usage") if isinstance(info, dict) else None
        tokens = usage.get("input_tokens") if isinstance(usage, dict) else None
        if self._reported or not isinstance(tokens, int) or not tokens:
            return
        made = next((at for at in range(len(self._items), self._start, -1) if is_made(self._items[at - 1])), 0)
        while made > self._start and is_made(self._items[made - 1]):
            made -= 1
        if made:
            self._reported = Reported(made, tokens)


def _is_turn(item: Message) -> bool:
    """Whether an item is what a user said, rather than what Codex put before it."""
    text = text_of(item.get("content"))
    return item.get("role") == "user" and not text.startswith(_CONTEXT)


def _last_words(items: Sequence[Message]) -> list[Message]:
    """The newest messages of the user that survive a compaction of an old Codex."""
    kept: list[Message] = []
    room = _KEPT_CHARACTERS
    for item in reversed(items):
        if _is_turn(item) and room > 0:
            kept.append(item)
            room -= len(text_of(item["content"]))
    return kept[::-1]
