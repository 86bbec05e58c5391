"""Reads the events of OpenHands: a trajectory (a list of events), a line or a file for each event, or the ``history``
of an evaluation's output.

Two kinds of events exist:
- Up to version 0.x, an event has an ``action`` with ``args``, or an ``observation`` with ``content`` and ``extras``
  (openhands/events/serialization). ``tool_call_metadata`` holds the model's whole response. How events become messages
  is in openhands/memory/conversation_memory.py.
- The agent SDK writes ``kind``: "SystemPromptEvent", "MessageEvent", "ActionEvent", "ObservationEvent" and others
  (openhands/sdk/event/llm_convertible).

A condensation takes events out of the history, and ends a session. Its logs of completions (``llm_completions``) are
logs of requests: see ``requests.py``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from .._json import objects_in
from ..types import Message, Tool
from .session import Session, numbered, text_of, word

SOURCE = "OpenHands"
_LISTS = ("history", "trajectory", "events")  # the fields of an object that may list events
_SILENT = frozenset({"change_agent_state", "agent_state_changed", "null", "recall", "condensation_request", "pause"})
_WORDS = ("command", "code", "path", "url", "content", "thought", "final_thought")  # of an action without a tool call

Event = dict[str, Any]


def recognises(value: Any) -> bool:
    """Whether a value is an event, a list of events, or an object with one."""
    if isinstance(value, list):
        return bool(value) and all(isinstance(item, dict) for item in value) and any(map(_is_event, value[:20]))
    if isinstance(value, dict) and not _is_event(value):
        return any(isinstance(value.get(field), list) and recognises(value[field]) for field in _LISTS)
    return _is_event(value)


def read(values: Iterable[Any], name: str) -> list[Session]:
    """The conversations of a session, the first one first; those of all lines of an evaluation's output."""
    found: list[Session] = []
    loose: list[Event] = []
    for value in values:
        if isinstance(value, dict) and _is_event(value):
            loose.append(value)
        elif isinstance(value, list):
            found += _sessions(objects_in(value), name)
        elif isinstance(value, dict):
            listed: Any = next((value[field] for field in _LISTS if recognises(value.get(field))), [])
            found += _sessions(objects_in(listed), str(value.get("instance_id") or name))
    return found + _sessions(loose, name)


def _is_event(value: Any) -> bool:
    if not isinstance(value, dict) or "role" in value or "source" not in value:
        return False
    old = ("action" in value and "args" in value) or ("observation" in value and "content" in value)
    return old or str(value.get("kind", "")).endswith(("Event", "Observation", "Condensation"))


def _sessions(events: Sequence[Event], name: str) -> list[Session]:
    """A session for the events up to each condensation, and one for the events at the end."""
    found: list[Session] = []
    view: list[Event] = []
    start = 0
    for event in [*events, None]:
        if event is not None and not _condenses(event):
            view.append(event)
            continue
        built = _Messages(view)
        if len(built.messages) > start or not found:
            if built.messages:
                session = Session(
                    numbered(name, len(found) + 1), SOURCE, built.messages, "openai", built.model, built.tools or None,
                    start=start,
                )  # fmt: skip
                found.append(session)
        if event is not None:
            view = _condensed(view, event)
            start = len(_Messages(view).messages)
    return found


def _condenses(event: Event) -> bool:
    return event.get("action") == "condensation" or event.get("kind") == "Condensation"


def _condensed(view: Sequence[Event], event: Event) -> list[Event]:
    """The events that a condensation leaves, with its summary at its place."""
    said = event if "kind" in event else event.get("args") or {}
    gone = set(said.get("forgotten_event_ids") or ())
    first, last = said.get("forgotten_events_start_id"), said.get("forgotten_events_end_id")
    if isinstance(first, int) and isinstance(last, int):
        gone.update(range(first, last + 1))
    left = [one for one in view if one.get("id") not in gone]
    summary, place = said.get("summary"), said.get("summary_offset")
    if summary:
        told = {"source": "user", "action": "message", "args": {"content": str(summary)}}
        left.insert(place if isinstance(place, int) else len(left), told)
    return left


class _Messages:
    """The chat messages of events, in their order."""

    def __init__(self, events: Iterable[Event]) -> None:
        self.messages: list[Message] = []
        self.model: str | None = None
        self.tools: list[Tool] = []
        self._responses: dict[str, Message] = {}
        for event in events:
            self._take(event)

    def _take(self, event: Event) -> None:
        if "kind" in event:
            reader = _KINDS.get(str(event["kind"]))
            if reader:
                reader(self, event)
        elif "action" in event:
            self._action(event)
        elif word(event.get("observation")) not in _SILENT:
            self._answer(event, _observed(event))

    def _say(self, role: str, text: str) -> None:
        if text:
            self.messages.append({"role": role, "content": text})

    def _action(self, event: Event) -> None:
        action, given = word(event["action"]), event.get("args")
        words: dict[str, Any] = given if isinstance(given, dict) else {}
        called = _metadata(event)
        if action == "system":
            self._say("system", text_of(words.get("content")))
            self.tools = objects_in(words.get("tools")) or self.tools
        elif called and action != "finish":
            self._response(called.get("model_response"))
        elif action not in _SILENT:
            role = "user" if event.get("source") == "user" else "assistant"
            said = [text for field in _WORDS if (text := word(words.get(field)))]
            self._say(role, "\n".join(dict.fromkeys(said)))

    def _response(self, response: Any) -> None:
        """The answer of the model, once: each of its calls is an event."""
        if not isinstance(response, dict):
            return
        choices = objects_in(response.get("choices"))
        message = choices[0].get("message") if choices else None
        if isinstance(message, dict) and word(response.get("id")) not in self._responses:
            self.model = word(response.get("model")) or self.model
            said = {name: message[name] for name in ("role", "content", "tool_calls") if message.get(name)}
            self._responses[word(response.get("id"))] = said
            self.messages.append({"role": "assistant", "content": None, **said})

    def _answer(self, event: Event, text: str) -> None:
        """The result of a call, or what the user's own command gave."""
        name = _metadata(event).get("tool_call_id") or event.get("tool_call_id")
        if name:
            self.messages.append({"role": "tool", "tool_call_id": name, "content": text})
        else:
            self._say("user", text)

    def system(self, event: Event) -> None:
        self._say(
            "system", "\n".join(filter(None, map(text_of, (event.get("system_prompt"), event.get("dynamic_context")))))
        )
        self.tools = objects_in(event.get("tools")) or self.tools

    def message(self, event: Event) -> None:
        said = event.get("llm_message")
        if isinstance(said, dict):
            texts = [text_of(said.get("content")), text_of(event.get("extended_content"))]
            self._say(str(said.get("role") or "user"), "\n".join(filter(None, texts)))

    def call(self, event: Event) -> None:
        """A call of the agent. All calls of one response are one message."""
        given = event.get("tool_call")
        call: dict[str, Any] = given if isinstance(given, dict) else {}
        made = call.get("function") if isinstance(call.get("function"), dict) else call
        function = {field: (made or {}).get(field) for field in ("name", "arguments")}
        one = {"id": call.get("id") or event.get("tool_call_id"), "type": "function", "function": function}
        response = str(event.get("llm_response_id") or event.get("id"))
        if response in self._responses:
            self._responses[response]["tool_calls"].append(one)
            return
        message = {"role": "assistant", "content": text_of(event.get("thought")) or None, "tool_calls": [one]}
        self._responses[response] = message
        self.messages.append(message)

    def result(self, event: Event) -> None:
        given = event.get("observation")
        seen: dict[str, Any] = given if isinstance(given, dict) else {}
        text = next((text for field in ("content", "output", "text") if (text := text_of(seen.get(field)))), "")
        self._answer(event, _with_metadata(text, seen.get("metadata")))

    def refusal(self, event: Event) -> None:
        self._answer(event, text_of(event.get("error")) or text_of(event.get("rejection_reason")))


_KINDS: dict[str, Callable[[_Messages, Event], None]] = {
    "SystemPromptEvent": _Messages.system,
    "MessageEvent": _Messages.message,
    "ActionEvent": _Messages.call,
    "ObservationEvent": _Messages.result,
    "AgentErrorEvent": _Messages.refusal,
    "UserRejectObservation": _Messages.refusal,
}


def _metadata(event: Event) -> dict[str, Any]:
    found = event.get("tool_call_metadata")
    return found if isinstance(found, dict) else {}


def _observed(event: Event) -> str:
    """The text of an observation that the model reads."""
    extras = event.get("extras")
    metadata = extras.get("metadata") if isinstance(extras, dict) and event.get("observation") == "run" else None
    return _with_metadata(text_of(event.get("content")), metadata)


def _with_metadata(text: str, metadata: Any) -> str:
    """The output of a command with the lines that OpenHands puts behind it (``to_agent_observation``).

    >>> _with_metadata("ok", {"working_dir": "/repo", "exit_code": 0})
    'ok\\n[Current working directory: /repo]\\n[Command finished with exit code 0]'
    """
    if not isinstance(metadata, dict):
        return text
    text = f"{metadata.get('prefix') or ''}{text}{metadata.get('suffix') or ''}"
    for field, words in (
        ("working_dir", "Current working directory: "),
        ("py_interpreter_path", "Python interpreter: "),
        ("exit_code", "Command finished with exit code "),
    ):
        value = metadata.get(field)
        if value not in (None, "", -1):
            text += f"\n[{words}{value}]"
    return text
