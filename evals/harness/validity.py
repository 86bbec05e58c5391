"""Whether a provider would accept a request, by the rules of the strictest one.

It knows what OpenAI chat, Anthropic Messages, LiteLLM's translations and the chat templates of open models demand of
a request's structure; `validity_apis.py` has what Responses, Gemini and Converse demand. It does not judge what a text
says, and knows nothing of compressors.

A problem is "rule" or "rule: detail". Details name no place, so that the problems of two requests can be compared.
Hardly any recorded run keeps every rule: `breaches` lists what a result breaks and the request before did not.

Sources: platform.claude.com, "Handle tool calls" (results directly behind their calls, and first in their message),
"Extended thinking" (thinking in tool loops), "Prompt caching" (four marks, longer ones first, none on thinking or
empty text); developers.openai.com, "Function calling"; the chat templates of Mistral 7B Instruct v0.3 and Gemma 2
(alternating roles), and mistral-common's validator (who begins, and what follows a tool message).
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any

from .messages import Message
from .validity_apis import APIS, OpenCalls, tool_names

MAX_MARKS = 4  # cache_control marks in one request; a fifth is an error
# Whether calls and results belong together: what no compressor may break even once.
PAIRING = frozenset({"result without its call", "call without its result", "result twice", "results not first"})

_TURNS = ("alternation", "Mistral's alternation", "Mistral's turn behind a tool message")

_OPENAI_ROLES = frozenset({"system", "developer", "user", "assistant", "tool", "function"})
_SYSTEM = frozenset({"system", "developer"})
_SPEAKERS = {"developer": "system", "function": "tool"}  # roles that mean the same to a template
_THINKING = frozenset({"thinking", "redacted_thinking"})
# Blocks that a provider signs, encrypts or runs itself: it refuses them where one byte differs.
_SIGNED = _THINKING | {
    *("compaction", "server_tool_use", "web_search_tool_result", "web_fetch_tool_result", "mcp_tool_use"),
    *("mcp_tool_result", "code_execution_tool_result", "bash_code_execution_tool_result", "container_upload"),
}


def breaches(
    before: Sequence[Message],
    after: Sequence[Message],
    shape: str,
    tools_before: Sequence[Any] | None = None,
    tools_after: Sequence[Any] | None = None,
) -> list[str]:
    """The problems that `after` has and `before` has not, and what only a comparison shows.

    >>> call = {"role": "assistant", "content": None, "tool_calls": [{"id": "a"}]}
    >>> result = {"role": "tool", "tool_call_id": "a", "content": "42"}
    >>> breaches([{"role": "user", "content": "?"}, call, result], [{"role": "user", "content": "?"}, result], "openai")
    ['alternation', 'result without its call: a']
    """
    had = problems(before, shape, tools_before)
    found = Counter(problems(after, shape, tools_after)) - Counter(had)
    if any(problem.split(":")[0] in PAIRING for problem in had):  # no template takes it, whose turn it may be
        found -= Counter(dict.fromkeys(_TURNS, len(after)))
    return sorted([*found.elements(), *_changes(before, after, shape)])


def problems(messages: Sequence[Message], shape: str, tools: Sequence[Any] | None = None) -> list[str]:
    """What the strictest provider or template would refuse; one entry for each time.

    >>> problems([{"role": "tool", "tool_call_id": "a", "content": "1"}], "openai")
    ['result without its call: a', 'first turn is not the user', "Mistral's alternation"]
    """
    if not messages:
        return ["no messages"]
    turns = speakers(messages, shape)
    rules = _anthropic if shape == "anthropic" else APIS[shape].problems if shape in APIS else _openai
    return [
        *rules(messages),
        *_first(turns),
        *_alternation(turns),
        *_mistral(turns),
        *_mark_problems(messages, tools),
        *_tool_problems(tools),
        *_encoding(messages, tools),
    ]


def is_paired(messages: Sequence[Message], shape: str) -> bool:
    """Whether every result follows its call and every call but those of the last turn has its result.

    >>> is_paired([{"role": "tool", "tool_call_id": "a", "content": "1"}], "openai")
    False
    """
    return PAIRING.isdisjoint(problem.split(":")[0] for problem in problems(messages, shape))


# --- OpenAI chat -----------------------------------------------------------------------------------


def _openai(messages: Sequence[Message]) -> Iterator[str]:
    calls = OpenCalls()
    for message in messages:
        role = message.get("role")
        if role not in _OPENAI_ROLES:
            yield f"unknown role: {role!r}"
        if role == "tool":
            yield from calls.answer(str(message.get("tool_call_id")))
        else:
            yield from calls.turn(str(call.get("id")) for call in _calls(message))
        yield from _openai_content(message)
    yield from calls.end()
    yield from _white_end(messages)


def _white_end(messages: Sequence[Message]) -> Iterator[str]:
    texts = _texts(messages[-1]) if messages[-1].get("role") == "assistant" else []
    if texts and texts[-1] != texts[-1].rstrip():
        yield "white space at the end of the last assistant message"


def _calls(message: Message) -> list[Mapping[str, Any]]:
    calls = message.get("tool_calls")
    return [call for call in calls if isinstance(call, Mapping)] if isinstance(calls, list) else []


def _openai_content(message: Message) -> Iterator[str]:
    content, role = message.get("content"), message.get("role")
    if message.get("tool_calls") == []:
        yield "empty list of tool calls"
    if content is None:
        others = ("tool_calls", "function_call", "refusal", "audio")
        if role != "assistant" or not any(message.get(name) for name in others):
            yield f"no content: {role}"
    elif isinstance(content, list):
        if not content:
            yield f"empty content: {role}"
        yield from (f"part without a type: {role}" for part in content if not _kind(part))
    elif not isinstance(content, str):
        yield f"content is neither text nor parts: {role}"
    yield from (f"blank text: {role}" for text in _texts(message) if not text.strip())


# --- Anthropic Messages ----------------------------------------------------------------------------


def _anthropic(messages: Sequence[Message]) -> Iterator[str]:
    calls = OpenCalls()
    apart = False  # the results of one turn may follow in several messages: Anthropic joins them, others do not
    for message in messages:
        role, blocks = message.get("role"), _blocks(message)
        results = [block for block in blocks if _kind(block) == "tool_result"]
        if role not in ("user", "assistant"):
            yield f"unknown role: {role!r}"
        for block in results:
            name = str(block.get("tool_use_id"))
            if apart and name in calls.waiting:
                yield f"result not in the message behind its call: {name}"
            yield from calls.answer(name)
        if results:
            kinds = [_kind(block) == "tool_result" for block in blocks]
            if kinds != sorted(kinds, reverse=True):
                yield "results not first"
            apart = True
        else:
            uses = [block for block in blocks if _kind(block) == "tool_use"] if role == "assistant" else []
            yield from calls.turn(str(block.get("id")) for block in uses)
            apart = False
        yield from _anthropic_content(message)
    yield from calls.end()
    yield from _white_end(messages)


def _anthropic_content(message: Message) -> Iterator[str]:
    content, role = message.get("content"), message.get("role")
    if not isinstance(content, str | list):
        yield f"content is neither text nor parts: {role}"
    elif not content:
        yield f"empty content: {role}"
    blocks = _blocks(message)
    for block in blocks:
        if not _kind(block):
            yield f"part without a type: {role}"
        if _kind(block) == "tool_result" and not isinstance(block.get("content", ""), str | list):
            yield f"content is neither text nor parts: {role}"
    yield from (f"blank text: {role}" for text in _texts(message) if not text.strip())


# --- Templates -------------------------------------------------------------------------------------


def speakers(messages: Sequence[Message], shape: str) -> list[str]:
    """Who speaks, message by message: a role, "call" for an assistant that calls tools, "tool" for results.

    >>> speakers([{"role": "user", "content": [{"type": "tool_result"}, {"type": "text"}]}], "anthropic")
    ['tool', 'user']
    """
    if shape in APIS:
        return APIS[shape].speakers(messages)
    found = []
    for message in messages:
        role, kinds = str(message.get("role")), [_kind(block) for block in _blocks(message)]
        if shape == "anthropic" and role == "user" and "tool_result" in kinds:
            found += ["tool"] if set(kinds) == {"tool_result"} else ["tool", "user"]
        elif role == "assistant" and (_asks(message) or (shape == "anthropic" and "tool_use" in kinds)):
            found.append("call")
        else:
            found.append(_SPEAKERS.get(role, role))
    return found


def _asks(message: Message) -> bool:
    return bool(message.get("tool_calls") or message.get("function_call"))


def _first(turns: Sequence[str]) -> list[str]:
    first = next((turn for turn in turns if turn != "system"), "user")
    return [] if first == "user" else ["first turn is not the user"]


def _alternation(turns: Sequence[str]) -> list[str]:
    """Gemma's and Anthropic's rule: user and assistant in turn, results being the user's, all of a turn one message."""
    said: list[tuple[str, str]] = []
    for turn in turns:
        role = {"call": "assistant", "tool": "user"}.get(turn, turn)
        if turn != "system" and not (turn == "tool" and said and said[-1][1] == "tool"):
            said.append((role, turn))
    return ["alternation"] if any(one == other for (one, _), (other, _) in pairwise(said)) else []


def _mistral(turns: Sequence[str]) -> list[str]:
    """Mistral's rules: its template wants roles to alternate, tool messages and calls apart; its validator wants the
    user to begin, nobody of the assistant right behind the assistant, and no user right behind a tool message."""
    start = next((place for place, turn in enumerate(turns) if turn != "system"), len(turns))
    said = [turn for turn in turns[start:] if turn not in ("call", "tool")]
    expected = [("user", "assistant")[place % 2] for place in range(len(said))]
    begins = turns[start : start + 1] in ([], ["user"])
    twice = any(turn in ("assistant", "call") and later in ("assistant", "call") for turn, later in pairwise(turns))
    found = [] if said == expected and begins and not twice else ["Mistral's alternation"]
    behind = {later for turn, later in pairwise(turns) if turn == "tool"}
    return found + ([] if behind <= {"assistant", "call", "tool"} else ["Mistral's turn behind a tool message"])


# --- Marks, tools, encoding ------------------------------------------------------------------------


def _mark_problems(messages: Sequence[Message], tools: Sequence[Any] | None) -> Iterator[str]:
    marks = list(_marks(messages, tools))
    yield from ["more than four cache marks"] * (len(marks) - MAX_MARKS)
    short = False
    for mark, holder in marks:
        hour = isinstance(mark, Mapping) and mark.get("ttl") == "1h"
        if hour and short:
            yield "cache mark for an hour behind one for five minutes"
        short = short or not hour
        kind = _kind(holder)
        if kind in _THINKING:
            yield "cache mark on thinking"
        text = holder.get("text") if kind == "text" else holder.get("content") if "role" in holder else None
        if isinstance(text, str) and not text.strip():
            yield "cache mark on an empty text"


def _marks(messages: Sequence[Message], tools: Sequence[Any] | None) -> Iterator[tuple[Any, Mapping[str, Any]]]:
    """Every mark with what it marks, in the order of the prompt: tools, system, messages."""
    holders: list[Any] = []
    for tool in tools or []:
        holders += [tool.get("function"), tool] if isinstance(tool, Mapping) else []
    for message in sorted(messages, key=lambda message: message.get("role") not in _SYSTEM):
        for block in _blocks(message):
            inner = block.get("content") if _kind(block) == "tool_result" else None
            holders += [*(inner if isinstance(inner, list) else []), block]
        for call in _calls(message):
            holders += [call.get("function"), call]
        holders.append(message)
    for holder in holders:
        if isinstance(holder, Mapping) and holder.get("cache_control"):
            yield holder["cache_control"], holder


def _tool_problems(tools: Sequence[Any] | None) -> Iterator[str]:
    if tools is not None and not tools:
        yield "empty list of tools"
    names: Counter[str] = Counter()
    for tool in tools or []:
        names.update(tool_names(tool))
    yield from (f"tool twice: {name}" for name, times in names.items() for _ in range(times - 1))


def _encoding(messages: Sequence[Message], tools: Sequence[Any] | None) -> list[str]:
    """A request is sent as UTF-8, which has no halves of surrogate pairs."""
    try:
        json.dumps([list(messages), list(tools or [])], ensure_ascii=False).encode("utf-8")
    except UnicodeEncodeError:
        return ["not UTF-8"]
    except ValueError:  # an integer of more digits than Python writes
        return ["not JSON"]
    return []


# --- What only a comparison shows ------------------------------------------------------------------


def _changes(before: Sequence[Message], after: Sequence[Message], shape: str) -> Iterator[str]:
    signed = APIS[shape].signed if shape in APIS else _signed
    left = iter(signed(before))
    for block in signed(after):
        if block not in left:  # in order, so that what is passed over is gone
            yield "signed block changed, or out of order"
    roles = [[message.get("role") for message in messages] for messages in (before, after)]
    folds = any("earlier message" in str(message)[:160] for message in after)
    if len(before) == len(after) and roles[0] != roles[1] and not folds:
        yield "message of another role"
    if shape in APIS:
        yield from APIS[shape].torn(before, after)
    if shape == "anthropic" and _thinks(before) and not _thinks(after):
        yield "final turn does not begin with thinking"


def _signed(messages: Sequence[Message]) -> list[str]:
    found = [block for message in messages for block in _blocks(message) if _kind(block) in _SIGNED]
    for message in messages:
        thoughts = message.get("thinking_blocks")  # where LiteLLM puts them in OpenAI's shape
        found += thoughts if isinstance(thoughts, list) else []
    return [json.dumps(block) for block in found]


def _thinks(messages: Sequence[Message]) -> bool:
    """Whether the final assistant turn, everything behind the last human message, begins with thinking."""
    start = next((place for place in range(len(messages) - 1, -1, -1) if _is_human(messages[place])), -1)
    answers = [message for message in messages[start + 1 :] if message.get("role") == "assistant"]
    return bool(answers) and [_kind(block) in _THINKING for block in _blocks(answers[0])[:1]] == [True]


def _is_human(message: Message) -> bool:
    if message.get("role") != "user":
        return False
    kinds = {_kind(block) for block in _blocks(message)}
    return kinds != {"tool_result"}


# --- Parts of a message ----------------------------------------------------------------------------


def _blocks(message: Message) -> list[Mapping[str, Any]]:
    content = message.get("content")
    return [block if isinstance(block, Mapping) else {} for block in content] if isinstance(content, list) else []


def _kind(block: Any) -> str:
    kind = block.get("type") if isinstance(block, Mapping) else None
    return kind if isinstance(kind, str) else ""


def _texts(message: Message) -> list[str]:
    """The texts of a message, with those of tool results: contents as strings, and text blocks."""
    found: list[Any] = [message.get("content")]
    for block in _blocks(message):
        if _kind(block) == "text":
            found.append(block.get("text"))
        if _kind(block) == "tool_result":
            inner = block.get("content")
            found += [inner] if not isinstance(inner, list) else [one.get("text") for one in _blocks(block) if one]
    return [text for text in found if isinstance(text, str)]
