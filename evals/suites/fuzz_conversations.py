"""Conversations made up from random numbers: what people chat, agents do and clients send, and the oddities of it.

The same random numbers give the same conversation. Most conversations are requests that every provider accepts, and
in most of those user and assistant take turns. Nothing here knows what compresskit makes of them.
"""

from __future__ import annotations

import base64
import json
import random
from collections.abc import Callable, Sequence
from typing import Any

from evals.harness.messages import Message

from .fuzz_shapes import is_made

WORDS = (  # noqa: SIM905
    "cache parser request invoice flight customer token budget window segment result error retry index user payload "
    "schema thread socket buffer deploy branch commit review account order stream the a of and to in that with for on"
).split()
_CJK = "数据库连接超时重试之后仍然失败请检查网络设置和服务器日志日本語の文章もここに入ります한국어문장"
_BIDI = "שלום עולם \u202eabc\u202c مرحبا بالعالم \u2067rtl\u2069 "
_BYTES = 6_000  # characters of a long text, at most


# --- Texts -----------------------------------------------------------------------------------------


def _some(rng: random.Random, count: int) -> str:
    return " ".join(rng.choices(WORDS, k=count))


def _rows(make: Callable[[random.Random, int], str]) -> Callable[[random.Random, int], str]:
    """A text of rows, up to a size in characters."""

    def text(rng: random.Random, size: int) -> str:
        rows: list[str] = []
        while sum(map(len, rows[-50:])) * max(1, len(rows) / 50) < size:
            rows.append(make(rng, len(rows)))
        return "".join(rows)

    return text


def _record(rng: random.Random, number: int) -> dict[str, Any]:
    return {
        "id": number,
        "name": rng.choice(WORDS) + rng.choice(["", " \U0001f600", " Zo\u00eb", "\u00a0x", "\u2028y"]),
        "amount": rng.choice([19.9, 1e22, -0.0, 123456789012345678901234567890, 0.1 + 0.2, None, True]),
        "tags": rng.sample(WORDS, 2),
    }


def _json(rng: random.Random, size: int) -> str:
    items = [_record(rng, number) for number in range(max(1, size // 90))]
    made = json.dumps(items, indent=rng.choice([None, 2]), ensure_ascii=rng.random() < 0.5)
    if rng.random() < 0.3:  # what parsers of floats lose, and escapes of half a character
        made = made.replace("19.9", "0.123456789012345678").replace('"tags"', '"cut \\ud83d"', 1)
    if rng.random() < 0.1:  # what Python's parser refuses, or takes though it is no JSON
        odd = ["9" * 5_000, "[" * 2_000 + "]" * 2_000, "NaN", "-Infinity", "1e999"]
        made = made.replace("null", rng.choice(odd), 1)
    return made


def _csv(rng: random.Random, size: int) -> str:
    odd = ['"cell {} one\rcell two"', "cell {}\rtwo", '"a ""{}"" c"', '"x\n{}"', "plain {}", "", "\x00 {}", '"open {}']
    cell = rng.choice(odd)
    end = rng.choice(["\n", "\r\n", "\n"])
    rows = [f"{row},{cell.format(row)},eu{row % 4},{rng.choice(['ok', 'late'])}" for row in range(size // 24 + 1)]
    return end.join(["id,user,region,state", *rows]) + rng.choice(["", end])


def _huge_cell(rng: random.Random, size: int) -> str:
    """A cell that is most of the text, at times above what Python's reader of CSV takes."""
    most = rng.choice([size // 2, size // 2, size // 2, 140_000])
    return f"id,note\n1,{'x y ' * (most // 4)}\n2,{_some(rng, size // 12)}\n3,z\n"


def _table(rng: random.Random, size: int) -> str:
    rows = [f"| {number} | {rng.choice(WORDS)} \\| x | {rng.random():.3f} |" for number in range(size // 28 + 1)]
    return "\n".join(["| id | name | value |", "| --- | :-: | ---: |", *rows])


def _listing(rng: random.Random, number: int) -> str:
    mode = rng.choices(["-rw-r--r--", "drwxr-xr-x", "-rw-rw-rw-"], [20, 4, 1])[0]
    return f"{mode}  1 dev staff {rng.randrange(10**6):>7} Mar {number % 28 + 1:2} 10:0{number % 9} {_name(rng)}\n"


def _name(rng: random.Random) -> str:
    return f"{rng.choice(WORDS)}_{rng.randrange(900)}.{rng.choice(['py', 'md', 'log'])}"


def _log(rng: random.Random, number: int) -> str:
    level = rng.choices(["INFO", "DEBUG", "ERROR"], [12, 4, 1])[0]
    colour = rng.choice(["", "", "\x1b[31m", " 10%\r 55%\r"])
    return f"2026-11-03T10:{number % 60:02}:07.123Z {level} {colour}worker-{number % 7} {_some(rng, 5)}\n"


def _function(rng: random.Random, number: int) -> str:
    body = "".join(f"    {rng.choice(WORDS)}_{line} = {rng.randrange(99)}\n" for line in range(rng.randrange(1, 6)))
    return f"def {rng.choice(WORDS)}_{number}(value):\n{body}    return value\n\n\n"


def _numbered(rng: random.Random, number: int) -> str:
    return f"{number + 1:>6}\t{_some(rng, 6)}\n"


def _odd(rng: random.Random, size: int) -> str:
    odd = ["\x00\x01", "\r", "\r\n", "\x1b[31mred\x1b[0m"]
    odd += ["\u2028", "\x85", "\ufeff", "e\u0301", "\U0001f9d1\u200d\U0001f680"]
    odd += ["\ud83d"] * (rng.random() < 0.1)  # half of a pair, which UTF-8 has not
    return "".join(rng.choice([*odd, _some(rng, 3), "\n"]) for _ in range(size // 12 + 1))


LONG: dict[str, Callable[[random.Random, int], str]] = {
    "prose": _rows(lambda rng, _: _some(rng, 12).capitalize() + rng.choice([". ", "? ", ".\n\n"])),
    "code": _rows(_function),
    "log": _rows(_log),
    "json": _json,
    "json lines": _rows(lambda rng, number: json.dumps(_record(rng, number)) + "\n"),
    "csv": _csv,
    "table": _table,
    "listing": _rows(_listing),
    "numbered": _rows(_numbered),
    "hits": _rows(lambda rng, number: f"src/{_name(rng)}:{number}:{_some(rng, 5)}\n"),
    "diff": _rows(lambda rng, number: f"@@ -{number},2 +{number},2 @@\n-{_some(rng, 4)}\n+{_some(rng, 4)}\n"),
    "cjk": _rows(lambda rng, _: "".join(rng.choices(_CJK, k=30)) + rng.choice("。，\n")),
    "bidi": _rows(lambda rng, _: _BIDI + rng.choice(WORDS) + "\n"),
    "numbers": _rows(lambda rng, _: f"{rng.getrandbits(200)} {rng.random():.17f}\n"),
    "odd": _odd,
    "one line": lambda rng, size: _some(rng, size // 6 + 1),
    "huge cell": _huge_cell,
    "base64": lambda rng, size: base64.b64encode(rng.randbytes(size * 3 // 4)).decode(),
    "line ends": lambda rng, size: rng.choice(["\n", "\r", " \n", "}\n"]) * (size // 2),
}
SHORT = [
    "ok", "Go on.", "yes", "Done.", "And then?", "Which file was it?", "Why does the parser fail?", "继续", "…",
    "[… 37 messages …]", "[… lines 13-57: retrieve qwrtpsdfghjk]", "[… ", "<|endoftext|>", "{}", "a\r\nb", " x ",
]  # fmt: skip


def long_text(seed: int, size: int, kind: str) -> str:
    """A text of a kind and about a size.

    >>> long_text(1, 60, "prose") == long_text(1, 60, "prose") != long_text(2, 60, "prose")
    True
    """
    return LONG[kind](random.Random(f"{kind}{seed}"), size)


def text(rng: random.Random, share: float = 0.7) -> str:
    """A long text by a chance, else a short one."""
    if rng.random() >= share:
        return rng.choice(SHORT)
    size = rng.choice([200, 600, 1_500, 3_000, _BYTES])
    return long_text(rng.randrange(50), size, rng.choice(sorted(LONG)))


# --- Conversations ---------------------------------------------------------------------------------

LAYOUTS = ("chat", "tools", "tools", "tools", "documents", "one message", "commands", "anything")
THINKING = ("none", "none", "once a turn", "in every message")


def conversation(rng: random.Random, shape: str) -> list[Message]:
    """A conversation of a random layout."""
    layout, start = rng.choice(LAYOUTS), []
    if shape == "openai" and rng.random() < 0.5:
        start = [{"role": rng.choice(["system", "system", "developer"]), "content": text(rng, 0.2)}]
    if layout == "documents":
        documents = [{"role": "user", "content": text(rng)} for _ in range(rng.randrange(1, 8))]
        return [*start, *documents, *chat(rng, 2)]
    if layout == "one message":
        question = {"role": "user", "content": f"{text(rng)}\n\nQuestion: {text(rng, 0)}"}
        return [*start, question, *chat(rng)[1:]]
    if layout == "tools":
        return start + tool_turns(rng, shape, rng.choice(THINKING))
    if layout == "anything":
        return start + anything(rng, shape)
    return start + (chat(rng) if layout == "chat" else commands(rng))


def alternating(rng: random.Random, shape: str) -> list[Message]:
    """A conversation in which user and assistant take turns, tool loops included."""
    return chat(rng) if rng.random() < 0.3 else tool_turns(rng, shape, rng.choice(THINKING))


def chat(rng: random.Random, turns: int = 0) -> list[Message]:
    """User and assistant in turn, short and long."""
    share = rng.choice([0.1, 0.5])
    messages = [{"role": "user", "content": text(rng, 0.5)}]
    for _ in range(turns or rng.choice([1, 3, 6, 15])):
        messages += [{"role": role, "content": text(rng, share)} for role in ("assistant", "user")]
    return messages


def commands(rng: random.Random) -> list[Message]:
    """An agent without tool calls: commands in its text, their output in the next user message."""
    messages = [{"role": "user", "content": "Fix the parser. Answer with one command."}]
    for number in range(rng.randrange(1, 8)):
        messages += [
            {"role": "assistant", "content": f"I look at it.\n```\ncat src/file_{number}.py\n```"},
            {"role": "user", "content": f"OUTPUT:\n{text(rng)}\n(exit code 0)"},
        ]
    return messages


def tool_turns(rng: random.Random, shape: str, thinking: str) -> list[Message]:
    """Turns of a user with tool loops; the last one may still be open."""
    messages: list[Message] = [{"role": "user", "content": text(rng, 0.2)}]
    turns = rng.choice([1, 1, 2, 4])
    parallel, said = rng.choice([1, 1, 3]), rng.random() < 0.5
    for turn in range(turns):
        for step in range(rng.choice([1, 2, 4, 8])):
            calls = [f"{turn}_{step}_{number}" for number in range(rng.randrange(1, parallel + 1))]
            thinks = thinking == "in every message" or (thinking == "once a turn" and step == 0)
            messages += exchange(rng, shape, calls, "I look at it." if said else "", thinks)
        if turn < turns - 1 or rng.random() < 0.5:
            words = text(rng, 0.2)
            messages.append(_answer(shape, words, thinking == "in every message"))
            messages.append({"role": "user", "content": text(rng, 0.2)})
    return messages


def exchange(rng: random.Random, shape: str, names: Sequence[str], said: str, thinks: bool) -> list[Message]:
    """A turn with calls, and their results."""
    tool = rng.choice(["read_file", "search", "bash"])
    inputs = [{"path": _name(rng), "n": rng.choice([1, 1.5, None])} for _ in names]
    if shape == "openai":
        calls = [
            {"id": f"call_{name}", "type": "function", "function": {"name": tool, "arguments": json.dumps(given)}}
            for name, given in zip(names, inputs, strict=True)
        ]
        more = {"thinking_blocks": [_thought(rng)], "reasoning_content": "so"} if thinks else {}
        results = [{"role": "tool", "tool_call_id": f"call_{name}", "content": _result(rng)} for name in names]
        return [{"role": "assistant", "content": said or None, "tool_calls": calls, **more}, *results]
    uses = [
        {"type": "tool_use", "id": f"toolu_{name}", "name": tool, "input": given}
        for name, given in zip(names, inputs, strict=True)
    ]
    blocks = [_thought(rng)] * thinks + [{"type": "text", "text": said}] * bool(said) + uses
    results = [{"type": "tool_result", "tool_use_id": f"toolu_{name}", "content": _result(rng)} for name in names]
    return [{"role": "assistant", "content": blocks}, {"role": "user", "content": results}]


def _result(rng: random.Random) -> Any:
    words = text(rng, 0.8)
    return [{"type": "text", "text": words}] if rng.random() < 0.15 else words


def _answer(shape: str, words: str, thinks: bool) -> Message:
    if shape == "openai" or not thinks:
        return {"role": "assistant", "content": words}
    thought = {"type": "redacted_thinking", "data": "AAAA"}
    return {"role": "assistant", "content": [thought, {"type": "text", "text": words}]}


def _thought(rng: random.Random) -> dict[str, Any]:
    return {"type": "thinking", "thinking": text(rng, 0.3), "signature": f"c2ln{rng.randrange(10**6)}"}


def anything(rng: random.Random, shape: str) -> list[Message]:
    """Messages that few clients send: odd parts, fields and roles, contents that are empty, ids that come twice."""
    picture = {"type": "image_url", "image_url": {"url": "data:image/png;base64,AAAA"}}
    if shape == "anthropic":
        picture = {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "AAAA"}}
    document = {"type": "document", "source": {"type": "text", "media_type": "text/plain", "data": text(rng)}}
    parts = [{"type": "text", "text": text(rng)}, picture, {"type": "text", "text": rng.choice(["", " \n", "x"])}]
    parts += [document, {"type": "server_tool_use", "id": "srv_1", "name": "web_search", "input": {"query": "x"}}]
    parts += [{"type": "hologram", "payload": {"deep": [text(rng, 0.3)]}}]
    messages: list[Message] = []
    for number in range(rng.randrange(1, 9)):
        chosen = rng.randrange(7)
        if chosen == 0:
            role = rng.choice(["user", "assistant", "user"])
            messages.append({"role": role, "content": rng.sample(parts, rng.randrange(1, 4))})
        elif chosen == 1:
            messages += exchange(rng, shape, [f"same_{number % 2}"], "", False)
        elif chosen == 2:
            messages.append({"role": "user", "content": text(rng), "name": "ann", "id": f"msg_{number}"})
        elif chosen == 3:
            role = rng.choice(["critic", "function", "assistant"])
            messages.append({"role": role, "content": text(rng), "name": "x"})
        elif chosen == 4:
            messages.append({"role": rng.choice(["user", "assistant"]), "content": rng.choice(["", " ", [], None])})
        elif chosen == 5:
            messages.append(_soup(rng))
        else:
            messages += chat(rng, 1)
    return messages


def _soup(rng: random.Random) -> Message:
    """A role and JSON under the names that messages have, of any type."""
    deep: Any = text(rng, 0.3)
    for _ in range(rng.choice([0, 1, 40])):
        deep = rng.choice([[deep], {"text": deep}, {"type": "text", "content": deep}])
    values = [deep, 5, True, None, 1e300, {"a": {}}, [None, "x", 7, []], [{"type": "tool_result", "content": deep}]]
    names = rng.sample(["content", "tool_calls", "tool_call_id", "name", "function_call", "cache_control", "x"], 3)
    role = rng.choice(["user", "user", "function", "system", ""])  # none that calls or answers
    return {"role": role, **{name: rng.choice(values) for name in names}}


# --- What clients add ------------------------------------------------------------------------------


def marked(rng: random.Random, messages: Sequence[Message], shape: str, count: int) -> list[Message]:
    """The messages with up to `count` cache marks of a caller, those for an hour in front."""
    places = sorted(rng.sample(range(len(messages)), min(count, len(messages))))
    hours = rng.randrange(len(places) + 1) if rng.random() < 0.4 else 0
    found = list(messages)
    for number, place in enumerate(places):
        mark = {"type": "ephemeral", **({"ttl": "1h"} if number < hours else {})}
        found[place] = _with_mark(found[place], {"cache_control": mark}, shape)
    return found


def _with_mark(message: Message, mark: dict[str, Any], shape: str) -> Message:
    content = message.get("content")
    if isinstance(content, str) and content.strip():
        if shape == "openai" and message["role"] == "tool":
            return {**message, **mark}
        return {**message, "content": [{"type": "text", "text": content, **mark}]}
    last = content[-1] if isinstance(content, list) and content and isinstance(content[-1], dict) else {}
    if last.get("type") in ("tool_result", "tool_use") or (
        last.get("type") == "text" and str(last.get("text") or "").strip()
    ):
        return {**message, "content": [*content[:-1], {**last, **mark}]}
    return message


def tools(rng: random.Random, shape: str) -> list[dict[str, Any]] | None:
    """Tools of a caller, some of them marked."""
    if rng.random() < 0.5:
        return None
    mark = {"cache_control": {"type": "ephemeral"}} if rng.random() < 0.5 else {}
    schema = {"type": "object", "properties": {"path": {"type": "string"}}}
    if shape == "anthropic":
        return [{"name": "read_file", "description": "Reads a file.", "input_schema": schema, **mark}]
    function = {"name": "read_file", "description": "Reads a file.", "parameters": schema}
    inside = mark if rng.random() < 0.5 else {}
    return [{"type": "function", "function": {**function, **inside}, **({} if inside else mark)}]


def steps(messages: Sequence[Message]) -> list[list[Message]]:
    """The messages in the portions in which requests grow: each ends where the model speaks next.

    >>> [len(step) for step in steps([{"role": role} for role in ("system", "user", "assistant", "tool", "tool")])]
    [2, 3]
    """
    found: list[list[Message]] = [[]]
    for message in messages:
        goes_on = "type" in message and bool(found[-1]) and is_made(found[-1][-1])  # items that one response gave
        if is_made(message) and found[-1] and not goes_on:
            found.append([])
        found[-1].append(message)
    return [step for step in found if step]
