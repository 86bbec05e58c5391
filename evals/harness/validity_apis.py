"""What OpenAI's Responses, Gemini and Bedrock's Converse demand of a request: the rules of `validity.py` for them.

Each API has three functions: its problems, who speaks in its messages, and the parts that nobody may change.

Sources: developers.openai.com, "Function calling" and "Reasoning models" (reasoning items go with the items that follow
them); ai.google.dev, "Function calling" (responses directly behind the turn of the calls, one for each; calls directly
behind the user or a response) and "Thought signatures"; docs.aws.amazon.com, "Converse API" (roles alternate, one field
a block, no blank text, results in the message behind their calls), "Prompt caching" (four cache points).
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any, NamedTuple

from .messages import Message

MAX_MARKS = 4  # cache points in one request of Converse


class Api(NamedTuple):
    """The rules of one API."""

    problems: Callable[[Sequence[Message]], Iterator[str]]
    speakers: Callable[[Sequence[Message]], list[str]]
    signed: Callable[[Sequence[Message]], list[str]]
    torn: Callable[[Sequence[Message], Sequence[Message]], Iterator[str]]


def tool_names(tool: Any) -> list[str]:
    """The names of the functions of a tool, in any shape.

    >>> tool_names({"functionDeclarations": [{"name": "a"}, {"name": "b"}]}), tool_names({"toolSpec": {"name": "c"}})
    (['a', 'b'], ['c'])
    """
    holder = tool if isinstance(tool, Mapping) else {}
    declared = holder.get("functionDeclarations") or holder.get("function_declarations")
    if isinstance(declared, list):
        return [str(one.get("name")) for one in declared]
    holder = holder.get("function") or holder.get("toolSpec") or holder
    return [str(holder.get("name") if isinstance(holder, Mapping) else None)]


class OpenCalls:
    """Calls that wait for their results."""

    def __init__(self) -> None:
        self.waiting: list[str] = []
        self.answered: set[str] = set()
        self.ids: Counter[str] = Counter()

    def call(self, name: str) -> None:
        self.waiting.append(name)
        self.ids[name] += 1

    def answer(self, name: str) -> Iterator[str]:
        if name in self.waiting:
            self.waiting.remove(name)
            self.answered.add(name)
        else:
            yield f"{'result twice' if name in self.answered else 'result without its call'}: {name}"

    def close(self) -> Iterator[str]:
        """Somebody else speaks: nothing may be open."""
        yield from (f"call without its result: {name}" for name in self.waiting)
        self.waiting = []

    def turn(self, names: Iterable[str]) -> Iterator[str]:
        """A turn that may call: its ids may be those of turns before."""
        yield from self.close()
        self.answered = set()
        for name in names:
            self.call(name)

    def end(self) -> Iterator[str]:
        """What shows at the end of a request: calls may be open there, but not become so."""
        yield from (f"call open at the end: {name}" for name in self.waiting)
        yield from (f"id twice: {name}" for name, times in self.ids.items() for _ in range(times - 1))


def _blank(texts: Sequence[Any], role: Any) -> Iterator[str]:
    yield from (f"blank text: {role}" for text in texts if isinstance(text, str) and not text.strip())


def _dicts(value: Any) -> list[Mapping[str, Any]]:
    return [item if isinstance(item, Mapping) else {} for item in value] if isinstance(value, list) else []


def _nothing_torn(_before: Sequence[Message], _after: Sequence[Message]) -> Iterator[str]:
    return iter(())


# --- OpenAI Responses ------------------------------------------------------------------------------

_CALLS = {"function_call", "custom_tool_call", "local_shell_call", "shell_call", "apply_patch_call", "computer_call"}
_ROLES = {"user", "assistant", "system", "developer"}


def _is_made(item: Message) -> bool:
    """Whether the model gave an item."""
    kind = str(item.get("type"))
    return item["role"] == "assistant" if "role" in item else not kind.endswith(("_output", "_response"))


def _responses(items: Sequence[Message]) -> Iterator[str]:
    calls = OpenCalls()
    made = True  # whether the model gave the item before
    for item, following in zip(items, [*items[1:], None], strict=True):
        kind, role = str(item.get("type", "message")), item.get("role")
        if role not in (None, "assistant") or (_is_made(item) and not made):
            yield from calls.close()
        made = _is_made(item)
        if role is not None:
            if role not in _ROLES:
                yield f"unknown role: {role!r}"
            yield from _responses_content(item, role)
        elif kind in _CALLS:
            calls.call(str(item.get("call_id")))
        elif kind.removesuffix("_output") in _CALLS:
            yield from calls.answer(str(item.get("call_id", item.get("id"))))
        if kind == "reasoning" and (following is None or not _is_made(following)):
            yield "reasoning without the item behind it"
    yield from calls.end()


def _responses_content(item: Message, role: Any) -> Iterator[str]:
    content = item.get("content")
    if isinstance(content, str):
        yield from _blank([content], role)
    elif not isinstance(content, list):
        yield f"content is neither text nor parts: {role}"
    else:
        if not content:
            yield f"empty content: {role}"
        yield from (f"part without a type: {role}" for part in _dicts(content) if not part.get("type"))
        wrong = "input_text" if role == "assistant" else "output_text"
        yield from (f"{wrong} of another role: {role}" for part in _dicts(content) if part.get("type") == wrong)
        yield from _blank([part.get("text") for part in _dicts(content)], role)


def _responses_speakers(items: Sequence[Message]) -> list[str]:
    found: list[str] = []
    last: Message = {"role": ""}
    for item in items:
        kind = str(item.get("type"))
        if not _is_made(item):
            said = "tool" if "role" not in item else {"developer": "system"}.get(item["role"], item["role"])
            if not (said == "tool" and found[-1:] == ["tool"]):
                found.append(said)
        else:
            goes_on = bool(found) and _is_made(last) and not ("role" in item and "role" in last)
            said = "call" if kind in _CALLS or (goes_on and found[-1] == "call") else "assistant"
            found[-1:] = [said] if goes_on else [*found[-1:], said]
        last = item
    return found


def _responses_signed(items: Sequence[Message]) -> list[str]:
    """Everything that is no message, and no call or output that can be read."""
    free = _CALLS | {f"{kind}_output" for kind in _CALLS}
    return [json.dumps(item) for item in items if "role" not in item and item.get("type") not in free]


def _torn(before: Sequence[Message], after: Sequence[Message]) -> Iterator[str]:
    """Items that were behind a reasoning item and no longer are."""
    behind = {_name(item): _name(first) for first, item in pairwise(before) if first.get("type") == "reasoning"}
    last = ""
    for item in after:
        name = _name(item)
        if name in behind and last != behind[name] and "role" not in item:
            yield "item without its reasoning"
        last = name


def _name(item: Message) -> str:
    return json.dumps([item.get("type"), item.get("id"), item.get("call_id"), item.get("encrypted_content")])


# --- Gemini ----------------------------------------------------------------------------------------

_FIELDS = {
    *("text", "functionCall", "functionResponse", "inlineData", "fileData", "executableCode", "codeExecutionResult"),
    *("function_call", "function_response", "inline_data", "file_data", "executable_code", "code_execution_result"),
}
_SIGNED = ("thoughtSignature", "thought_signature", "thought")


def _either(part: Mapping[str, Any], camel: str, snake: str) -> Any:
    return part.get(camel, part.get(snake))


def _calls_of(content: Message) -> list[Any]:
    return [call for part in _dicts(content.get("parts")) if (call := _either(part, "functionCall", "function_call"))]


def _responses_of(content: Message) -> list[Any]:
    found = [_either(part, "functionResponse", "function_response") for part in _dicts(content.get("parts"))]
    return [response for response in found if response]


def _gemini(contents: Sequence[Message]) -> Iterator[str]:
    open_calls: list[Any] = []
    for content in contents:
        role, parts = content.get("role", "user"), _dicts(content.get("parts"))
        if role not in ("user", "model", "function"):
            yield f"unknown role: {role!r}"
        if not parts:
            yield f"empty content: {role}"
        for part in parts:
            if len(_FIELDS & part.keys()) != 1:
                yield f"part without a type: {role}"
            if not any(part.get(name) for name in _SIGNED):
                yield from _blank([part.get("text")], role)
        answers = _responses_of(content)
        yield from _paired(open_calls, answers)
        open_calls = _calls_of(content)
    yield from (f"call open at the end: {call.get('name')}" for call in open_calls)


def _paired(calls: Sequence[Any], answers: Sequence[Any]) -> Iterator[str]:
    """The calls of one turn and the responses of the next: one each, by id or by name."""

    def names(items: Sequence[Any]) -> Counter[str]:
        return Counter(f"{item.get('name')} {item.get('id', '')}" for item in items)

    yield from (f"call without its result: {name}" for name in (names(calls) - names(answers)).elements())
    yield from (f"result without its call: {name}" for name in (names(answers) - names(calls)).elements())


def _gemini_speakers(contents: Sequence[Message]) -> list[str]:
    found = []
    for content in contents:
        answers = len(_responses_of(content))
        if content.get("role", "user") == "model":
            found.append("call" if _calls_of(content) else "assistant")
        elif answers:
            found += ["tool"] if answers == len(content["parts"]) else ["tool", "user"]
        else:
            found.append(str(content.get("role", "user")))
    return found


def _gemini_signed(contents: Sequence[Message]) -> list[str]:
    parts = [part for content in contents for part in _dicts(content.get("parts"))]
    return [json.dumps(part) for part in parts if any(part.get(name) for name in _SIGNED)]


# --- Bedrock Converse ------------------------------------------------------------------------------


def _converse(messages: Sequence[Message]) -> Iterator[str]:
    calls = OpenCalls()
    points = 0
    for message in messages:
        role, blocks = message.get("role"), _dicts(message.get("content"))
        if role not in ("user", "assistant"):
            yield f"unknown role: {role!r}"
        if not blocks:
            yield f"empty content: {role}"
        yield from (f"block without one field: {role}" for block in blocks if len(block) != 1)
        yield from _blank([block.get("text") for block in blocks], role)
        marks = [block for block in blocks if "cachePoint" in block]
        points += len(marks)
        if marks and len(marks) == len(blocks):
            yield "cache mark on an empty text"
        for block in blocks:
            if result := block.get("toolResult"):
                yield from calls.answer(str(result.get("toolUseId")))
                yield from _blank([one.get("text") for one in _dicts(result.get("content"))], role)
        yield from calls.close()
        for block in blocks:
            if use := block.get("toolUse"):
                calls.call(str(use.get("toolUseId")))
    yield from calls.end()
    yield from ["more than four cache marks"] * (points - MAX_MARKS)
    roles = [message.get("role") for message in messages]
    yield from ["roles do not alternate" for one, other in pairwise(roles) if one == other]


def _converse_speakers(messages: Sequence[Message]) -> list[str]:
    found = []
    for message in messages:
        kinds = [next(iter(block), "") for block in _dicts(message.get("content")) if "cachePoint" not in block]
        if message.get("role") == "assistant":
            found.append("call" if "toolUse" in kinds else "assistant")
        elif "toolResult" in kinds:
            found += ["tool"] if set(kinds) == {"toolResult"} else ["tool", "user"]
        else:
            found.append(str(message.get("role")))
    return found


def _converse_signed(messages: Sequence[Message]) -> list[str]:
    blocks = [block for message in messages for block in _dicts(message.get("content"))]
    return [json.dumps(block) for block in blocks if not {"reasoningContent", "guardContent"}.isdisjoint(block)]


def _unthinking(before: Sequence[Message], after: Sequence[Message]) -> Iterator[str]:
    """As for Anthropic: the turn that is still open begins with reasoning, if it did."""
    if _thinks(before) and not _thinks(after):
        yield "final turn does not begin with thinking"


def _thinks(messages: Sequence[Message]) -> bool:
    kinds = [{kind for block in _dicts(message.get("content")) for kind in block} for message in messages]
    roles = [message.get("role") for message in messages]
    humans = [n for n in range(len(messages)) if roles[n] == "user" and not kinds[n] <= {"toolResult", "cachePoint"}]
    start = humans[-1] if humans else -1
    answers = [message for message in messages[start + 1 :] if message.get("role") == "assistant"]
    first = _dicts(answers[0].get("content"))[:1] if answers else []
    return bool(first) and "reasoningContent" in first[0]


APIS = {
    "responses": Api(_responses, _responses_speakers, _responses_signed, _torn),
    "gemini": Api(_gemini, _gemini_speakers, _gemini_signed, _nothing_torn),
    "converse": Api(_converse, _converse_speakers, _converse_signed, _unthinking),
}
