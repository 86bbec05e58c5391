"""Streams of Gemini's chunks, as dicts: text is passed on, but our calls never are.

A chunk is a response with the next parts of its candidates. A call is one part, or, if its arguments are streamed
(Vertex AI), one with a name and more behind it with ``partialArgs``. Each chunk has the usage so far.

Source: ai.google.dev, "streamGenerateContent"; cloud.google.com, "Function calling", "Streaming function call
arguments".
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ..messages.retrieval_tool import OURS
from ..types import Message
from .fields import GEMINI_CALL, changed, first, listed
from .settling import settled_item
from .stream_turn import Shown, StreamTurn
from .usage import Usage, added, usage_of, with_usage

Chunk = dict[str, Any]
_ENDING = ("finishReason", "finishMessage")


class PartTurn(StreamTurn):
    """The stream of one call. ``feed`` returns the chunks to pass on, without our calls.

    The end of a candidate waits if it called our tool. After ``end``, ``message(choice)`` is the whole content of a
    candidate, and ``closing`` is its end for the caller.

    Args:
        shown: The state that all turns of one stream share. It gives them one id.
        choice: The caller's number of the only candidate of this call, if the call continues one of several.
    """

    def __init__(self, shown: Shown, choice: int | None = None) -> None:
        self._shown = shown
        self._choice = choice
        self._parts: dict[int, list[dict[str, Any]]] = {}  # all parts of each candidate
        self._ours: set[int] = set()  # candidates that called our tool
        self._held: dict[int, list[Any]] = {}  # the parts of a call that is not shown before it is whole
        self._endings: dict[int, tuple[Chunk, dict[str, Any]]] = {}  # ends that wait: the chunk and its candidate
        self._ended: set[int] = set()
        self._usage: Usage | None = None

    @property
    def choices(self) -> Sequence[int]:  # type: ignore[override]
        return sorted(self._parts)

    @property
    def usage(self) -> Usage | None:
        return self._usage

    def feed(self, chunk: Chunk) -> list[Chunk]:
        self._usage = usage_of(chunk) or self._usage
        candidates = listed(chunk, "candidates")
        passed = [self._passed(chunk, candidate) for candidate in candidates]
        shown = [candidate for candidate in passed if candidate is not None]
        if candidates and not shown:
            return []
        if len(shown) < len(candidates) or any(one is not two for one, two in zip(shown, candidates, strict=True)):
            chunk = {**chunk, "candidates": shown}
        return [self._stamped(chunk)]

    def complete(self, choice: int) -> bool:
        return choice in self._ended

    def calls(self, choice: int) -> bool:
        return any(first(part, GEMINI_CALL) is not None for part in self._parts.get(choice, ()))

    def message(self, choice: int) -> Message:
        """The whole content of a candidate, with texts in one piece where they came in several."""
        parts: list[dict[str, Any]] = []
        for part in self._parts.get(choice, ()):
            if parts and (joined := _joined(parts[-1], part)) is not None:
                parts[-1] = joined
            else:
                parts.append(part)
        return {"role": "model", "parts": [_whole_call(part) for part in parts]}

    def closing(self, choice: int, _fields: Mapping[str, Any], _ours_only: bool) -> list[Chunk]:
        """The chunk that ends the candidate, if its end waited, with the usage of all calls."""
        if choice not in self._endings:
            return []
        chunk, candidate = self._endings[choice]
        ending = {**candidate, "content": {"role": "model", "parts": []}}
        closed: Chunk = self._named({**chunk, "candidates": [ending]})
        return [with_usage(closed, self._shown.usage)]

    def _passed(self, chunk: Chunk, candidate: dict[str, Any]) -> dict[str, Any] | None:
        """A candidate to pass on; None if nothing of it is for the caller."""
        number = self._choice if self._choice is not None else candidate.get("index") or 0
        content = candidate.get("content") or {}
        parts = listed(content, "parts")
        kept = [one for part in parts for one in self._for_caller(number, part)]
        same = len(kept) == len(parts) and all(new is old for new, old in zip(kept, parts, strict=True))
        self._parts.setdefault(number, []).extend(parts)
        if candidate.get("finishReason"):
            self._ended.add(number)
        if self._choice is not None and candidate.get("index", 0) != number:
            candidate = {**candidate, "index": number}
        if number not in self._ours:
            if same:
                return candidate
            return {**candidate, "content": {**content, "parts": kept}} if kept or "finishReason" in candidate else None
        if candidate.get("finishReason"):
            self._endings[number] = (chunk, candidate)
            candidate = changed(candidate, **dict.fromkeys(_ENDING))
        kept = [part for part in kept if part != {"text": ""}]
        return {**candidate, "content": {**content, "parts": kept}} if kept else None

    def _for_caller(self, number: int, part: Any) -> list[Any]:
        """The parts to pass on for a part. A call that may be ours waits until it is whole."""
        call = first(part, GEMINI_CALL)
        if call is None:
            return [part]
        settling = self._shown.settling
        if call.get("name") in settling.held:
            self._held[number] = []
        elif call.get("name") or number not in self._held:
            return [part]
        self._held[number].append(part)
        if call.get("willContinue"):
            return []
        pieces = self._held.pop(number)
        whole = pieces[0]
        for piece in pieces[1:]:
            whole = _joined(whole, piece) or whole
        made = settled_item(_whole_call(whole), settling)
        if first(made, GEMINI_CALL).get("name") in OURS:
            self._ours.add(number)
            return []
        return [made]

    def _stamped(self, chunk: Chunk) -> Chunk:
        """A chunk with the id of the first one, and with the usage of the calls before this one."""
        if self._shown.usage is not None and usage_of(chunk) is not None:
            chunk = with_usage(chunk, added(self._shown.usage, usage_of(chunk)))
        return self._named(chunk)

    def _named(self, chunk: Chunk) -> Chunk:
        identity = chunk.get("responseId")
        if self._shown.identity is None:
            self._shown.identity = identity
        return chunk if identity in (None, self._shown.identity) else {**chunk, "responseId": self._shown.identity}


def _joined(one: dict[str, Any], other: dict[str, Any]) -> dict[str, Any] | None:
    """Two parts as one, if the second goes on where the first ended; else None."""
    if {*one, *other} <= {"text", "thought"} and bool(one.get("thought")) == bool(other.get("thought")):
        return {**one, "text": one.get("text", "") + other.get("text", "")}
    before, after = first(one, GEMINI_CALL), first(other, GEMINI_CALL)
    if before and after and before.get("willContinue") and not after.get("name"):
        pieces = [*listed(before, "partialArgs"), *listed(after, "partialArgs")]
        going = {"willContinue": after.get("willContinue") or None, "partialArgs": pieces}
        name = next(name for name in GEMINI_CALL if name in one)
        return {**other, **one, name: changed(before, **going)}
    return None


def _whole_call(part: dict[str, Any]) -> dict[str, Any]:
    """A call whose arguments were streamed, with its arguments in one piece.

    >>> pieces = [{"jsonPath": "$.key", "stringValue": "bc"}, {"jsonPath": "$.key", "stringValue": "df"}]
    >>> _whole_call({"functionCall": {"name": "f", "partialArgs": pieces}})
    {'functionCall': {'name': 'f', 'args': {'key': 'bcdf'}}}
    """
    call = first(part, GEMINI_CALL)
    if call is None or "partialArgs" not in call:
        return part
    args: dict[str, Any] = dict(call.get("args") or {})
    for piece in call["partialArgs"]:
        name = str(piece.get("jsonPath", "")).removeprefix("$.")
        value = next((value for field, value in piece.items() if field.endswith("Value")), None)
        had = args.get(name)
        args[name] = had + value if isinstance(had, str) and isinstance(value, str) else value
    field = next(field for field in GEMINI_CALL if field in part)
    return {**part, field: {**changed(call, partialArgs=None, willContinue=None), "args": args}}
