"""Streams of OpenAI's chunks: text is passed on, but our calls never are.

Chunks are LiteLLM's objects, or dicts. They are never changed in place, because LiteLLM keeps the chunks that it
returned.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from dataclasses import field as dataclass_field
from typing import Any

from ..messages.retrieval_tool import OURS
from ..types import Message
from .fields import changed, field, plain
from .settling import as_text
from .stream_turn import Shown, StreamTurn
from .usage import Usage, usage_of, with_usage
from .whole import FIELDS

_SPEAKING = (
    "content",
    "tool_calls",
    "function_call",
    "reasoning_content",
    "thinking_blocks",
    "refusal",
    "audio",
    "images",
)
# Fields that are sent once, or again and again with the same value. All other texts arrive in pieces.
_ONCE = frozenset({"role", "id", "type", "index", "name", "expires_at", "format"})


@dataclass
class ShownChunks(Shown):
    """What the caller of a stream has seen: also the choices whose role was passed on."""

    spoken: set[int] = dataclass_field(default_factory=set)


class ChunkTurn(StreamTurn):
    """The stream of one call. ``feed`` returns the chunks to pass on, without finishes and calls that may be ours.

    ``end`` returns the calls that were held back and are not ours. After it, ``choices`` are the choices with content,
    ``message(choice)`` is the whole message of one, with our calls, and ``closing`` are the chunks that end it for the
    caller.

    Args:
        shown: The state that all turns of one stream share. It gives them one id, and passes on a role once.
        choice: The caller's number of the only choice of this call, if the call continues one of several choices.
    """

    def __init__(self, shown: ShownChunks, choice: int | None = None) -> None:
        self.chunks: list[Any] = []
        self.choices: list[int] = []
        self._shown = shown
        self._choice = choice
        self._names: dict[tuple[int, int], str] = defaultdict(str)
        self._kept: dict[tuple[int, int], list[Any]] = defaultdict(list)  # deltas of calls that may be ours
        self._numbers: dict[int, dict[int, int]] = defaultdict(dict)  # choice -> a call's index -> the shown one
        self._finishes: dict[int, Any] = {}
        self._usages: list[Any] = []

    def feed(self, chunk: Any) -> list[Any]:
        self.chunks.append(chunk)
        shown = []
        for choice in _choices(chunk):
            passed = self._passed(chunk, choice)
            if passed is not None:
                shown.append(passed)
        if usage_of(chunk) is not None:
            self._usages.append(chunk)
        elif isinstance(chunk, Mapping) and not _choices(chunk):
            return [chunk]  # an error, or what a provider says about the prompt
        if not shown:
            return []
        made = self._stamped(chunk, shown)
        return [chunk if isinstance(chunk, Mapping) and made == chunk else made]

    def end(self) -> list[Any]:
        """The deltas of calls that were held back and are not ours."""
        last = []
        for (number, index), deltas in self._kept.items():
            shown = self._settled(self._names[number, index], deltas)
            if shown:
                last.append(self._made(number, tool_calls=[self._renumbered(number, index, item) for item in shown]))
        self._kept.clear()
        return [*last, *super().end()]

    def _settled(self, name: str, deltas: list[Any]) -> list[Any]:
        """The deltas of a call that was held back, for the caller; [] if it is ours."""
        settling = self._shown.settling
        if name not in settling.held or not deltas:
            return deltas
        arguments = "".join(field(field(item, "function"), "arguments") or "" for item in deltas)
        settled_name, given = settling.settled(name, arguments)
        if settled_name in OURS:
            return []
        if settled_name == name:
            return deltas
        function = changed(field(deltas[0], "function"), name=settled_name, arguments=as_text(given))
        return [changed(deltas[0], function=function)]

    @property
    def usage(self) -> Usage | None:
        """The usage that the provider streamed, or that LiteLLM hides in the last chunk."""
        if self._usages:
            return usage_of(self._usages[-1])
        hidden = [field(chunk, "_hidden_params") for chunk in self.chunks[-1:]]
        found = plain(hidden[0].get("usage")) if hidden and isinstance(hidden[0], Mapping) else None
        return dict(found) if isinstance(found, Mapping) else None

    def calls(self, choice: int) -> bool:
        return any(place[0] == choice for place in self._names)

    def message(self, choice: int) -> Message:
        own = [item for chunk in self.chunks for item in _choices(chunk) if self._number(item) == choice]
        return message_from(delta for item in own if isinstance(delta := plain(field(item, "delta")), Mapping))

    def complete(self, choice: int) -> bool:
        """Whether the choice ended, or called a tool: a call that was cut off is answered like any other."""
        return choice in self._finishes or self.calls(choice)

    def closing(self, choice: int, fields: Mapping[str, Any], ours_only: bool) -> list[Any]:
        """The chunks that end a choice: ``fields`` to add to its message, then its finish."""
        reason = "stop" if ours_only else None
        chunks = [self._made(choice, **fields)] if fields else []
        if choice in self._finishes:
            chunk, ending = self._finishes[choice]
            delta = _silent(field(ending, "delta"))
            ending = changed(ending, index=choice, delta=delta, finish_reason=reason or field(ending, "finish_reason"))
            chunks.append(self._billed(self._stamped(chunk, [ending])))
        return chunks

    def totals(self) -> list[Any]:
        """The chunk with the usage of all calls, if the provider sent such a chunk."""
        last = []
        for chunk in self._usages[-1:]:  # in LiteLLM's chunk there is an empty choice, in OpenAI's none
            silent = [
                changed(item, delta=_silent(field(item, "delta")), finish_reason=None) for item in _choices(chunk)
            ]
            last.append(self._named(with_usage(changed(chunk, choices=silent), self._shown.usage)))
        return last

    def _passed(self, chunk: Any, choice: Any) -> Any:
        """The part of a choice of a chunk that the caller may see; None for nothing."""
        number = self._number(choice)
        if number not in self.choices:
            self.choices.append(number)
        delta = field(choice, "delta")
        calls = field(delta, "tool_calls") or []
        theirs = [item for at, call in enumerate(calls) for item in self._theirs(number, at, call)]
        finish = field(choice, "finish_reason")
        if finish is not None:
            self._finishes[number] = (chunk, choice)
            choice = changed(choice, finish_reason=None)
        if len(theirs) != len(calls) or any(new is not old for new, old in zip(theirs, calls, strict=True)):
            delta = changed(delta, tool_calls=theirs or None)
        if not self._says(delta) and (finish is not None or calls or usage_of(chunk) is not None):
            return None
        role = "assistant" if number not in self._shown.spoken else None
        self._shown.spoken.add(number)
        if field(delta, "role") != role:
            delta = changed(delta, role=role)
        return changed(choice, index=number, delta=delta)

    def _theirs(self, number: int, at: int, call: Any) -> list[Any]:
        """The deltas of a call to pass on: none as long as its name may become one that is held."""
        index = field(call, "index")
        index = at if index is None else index
        name = field(field(call, "function"), "name")
        place = (number, index)
        held = self._shown.settling.held
        if self._names[place] not in held:
            self._names[place] += name or ""
        if index in self._numbers[number]:
            return [self._renumbered(number, index, call)]
        self._kept[place].append(call)
        may_be = any(one.startswith(self._names[place]) for one in held)
        if field(call, "type") in (None, "function") and may_be:
            return []
        return [self._renumbered(number, index, item) for item in self._kept.pop(place)]

    def _renumbered(self, number: int, index: int, call: Any) -> Any:
        numbers = self._numbers[number]
        shown = numbers.setdefault(index, len(numbers))
        return call if field(call, "index") == shown else changed(call, index=shown)

    def _says(self, delta: Any) -> bool:
        return any(field(delta, name) for name in _SPEAKING) or bool(field(delta, FIELDS))

    def _number(self, choice: Any) -> int:
        return self._choice if self._choice is not None else field(choice, "index") or 0

    def _made(self, number: int, **fields: Any) -> Any:
        """A chunk with other fields in a choice, made from one that came."""
        chunk = next(chunk for chunk in reversed(self.chunks) if field(chunk, "choices"))
        choice = field(chunk, "choices")[0]
        delta = changed(_silent(field(choice, "delta")), **fields)
        made = self._stamped(chunk, [changed(choice, index=number, delta=delta, finish_reason=None)])
        hidden = field(made, "_hidden_params")
        if isinstance(hidden, Mapping) and "usage" in hidden:
            made._hidden_params = {name: value for name, value in hidden.items() if name != "usage"}
        return made

    def _stamped(self, chunk: Any, choices: list[Any]) -> Any:
        fields = {"usage": None} if usage_of(chunk) is not None else {}
        return self._named(changed(chunk, choices=choices, **fields))

    def _billed(self, chunk: Any) -> Any:
        """A chunk with the usage of all calls in place of a hidden usage, which LiteLLM adds if nobody asked for it."""
        hidden = field(chunk, "_hidden_params")
        own = hidden.get("usage") if isinstance(hidden, Mapping) else None
        if own is not None and self._shown.usage is not None:
            chunk._hidden_params = {**hidden, "usage": type(own)(**self._shown.usage)}
        return chunk

    def _named(self, chunk: Any) -> Any:
        if self._shown.identity is None:
            self._shown.identity = field(chunk, "id")
        return chunk if field(chunk, "id") == self._shown.identity else changed(chunk, id=self._shown.identity)


def _choices(chunk: Any) -> list[Any]:
    return field(chunk, "choices") or []


def _silent(delta: Any) -> Any:
    """A delta without content."""
    speaking = [name for name in (*_SPEAKING, "role", FIELDS) if field(delta, name) is not None]
    return changed(delta, **dict.fromkeys(speaking)) if speaking else delta


def message_from(deltas: Iterable[Mapping[str, Any]]) -> Message:
    """The message of one choice.

    Pieces of a text are joined, calls are told apart by their index, and thinking blocks by their signatures.

    Args:
        deltas: The ``delta`` of each chunk as a dict, in order.

    >>> message_from([{"role": "assistant", "content": "Hel"}, {"content": "lo"}])
    {'role': 'assistant', 'content': 'Hello'}
    """
    message: Message = {"role": "assistant", "content": None}
    calls: dict[Any, dict[str, Any]] = {}
    thoughts: list[dict[str, Any]] = []
    for delta in deltas:
        rest = dict(delta)
        for at, call in enumerate(rest.pop("tool_calls", None) or ()):
            _add(calls.setdefault(_index(call, at), {}), call)
        for block in rest.pop("thinking_blocks", None) or ():
            _think(thoughts, block)
        fields = rest.pop(FIELDS, None)  # those of a provider are no pieces
        if isinstance(fields, Mapping):
            message[FIELDS] = {**(message.get(FIELDS) or {}), **fields}
        _add(message, rest)
    if calls:
        message["content"] = message["content"] or None  # a whole message with calls has no empty text either
        message["tool_calls"] = [_called(call) for _, call in sorted(calls.items(), key=lambda item: item[0])]
    if signed := [block for block in thoughts if block.get("signature") or block.get("type") != "thinking"]:
        message["thinking_blocks"] = signed
    return message


def _add(whole: dict[str, Any], part: Mapping[str, Any]) -> None:
    """Adds the fields of a part to those that came before."""
    for name, value in part.items():
        had = whole.get(name)
        if value is None or (value == "" and had):
            continue
        if isinstance(value, str) and isinstance(had, str) and name not in _ONCE:
            whole[name] = had + value
        elif name == "name" and isinstance(value, str) and isinstance(had, str) and value != had:
            whole[name] = had + value  # few providers cut a name; some repeat it
        elif isinstance(value, Mapping):
            inner = dict(had) if isinstance(had, Mapping) else {}
            _add(inner, value)
            whole[name] = inner
        elif isinstance(value, list) and isinstance(had, list):
            whole[name] = [*had, *value]
        else:
            whole[name] = value


def _index(call: Mapping[str, Any], at: int) -> int:
    index = call.get("index")
    return index if isinstance(index, int) else at


def _called(call: dict[str, Any]) -> dict[str, Any]:
    """A call without its index, which only a stream has."""
    kind = "custom" if "custom" in call else "function"
    return {"type": kind, **{name: value for name, value in call.items() if name != "index"}}


def _think(thoughts: list[dict[str, Any]], block: Mapping[str, Any]) -> None:
    """Adds a piece of thinking. A signature ends a block."""
    last = thoughts[-1] if thoughts else None
    if block.get("type", "thinking") != "thinking":
        thoughts.append(dict(block))
    elif last is None or last.get("type") != "thinking" or last.get("signature"):
        thoughts.append({"type": "thinking", "thinking": "", **_known(block)})
    else:
        last["thinking"] = (last.get("thinking") or "") + (block.get("thinking") or "")
        last.update({name: value for name, value in _known(block).items() if name != "thinking"})


def _known(block: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in block.items() if value is not None and name != "index"}
