"""Reads the session files of Claude Code: ~/.claude/projects/…/<session>.jsonl.

Anthropic does not document the format. This reader relies on what such files show:
- Lines of type "user" and "assistant" hold an Anthropic message. All others are bookkeeping.
- ``uuid`` and ``parentUuid`` chain the lines, and the chain of the last line is the conversation as it was at the end.
  Messages that were edited away or tried again are on other branches.
- One answer of the model takes a line for each of its blocks, all with the same ``message.id``. The results of parallel
  calls are lines of their own, which may be between them.
- ``isSidechain`` marks the conversations of subagents. ``isCompactSummary``, or a line of subtype "compact_boundary",
  marks the place at which the session was compacted and a new conversation began.
- ``usage`` of an answer says how large its prompt was, with the system prompt and the tools, which the file lacks.

Each part between two compactions is a session of its own, because the model never saw both together. Subagents in the
same file are left out. Those that have a file of their own (``agent-….jsonl``) are sessions.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from .._json import objects_in
from ..types import Message
from .session import Reported, Session, numbered, reported, word

SOURCE = "Claude Code"
_SPEAKERS = ("user", "assistant")
_SYNTHETIC = "<synthetic>"  # the model of errors that Claude Code wrote itself, and that no model has seen
# Fields of a line that are kept: the rest, such as a copy of each result, may be many times as long.
_NAMES = ("type", "subtype", "uuid", "parentUuid", "logicalParentUuid")
_OTHERS = ("isSidechain", "isCompactSummary", "message")

Line = Mapping[str, Any]


def recognises(value: Any) -> bool:
    """Whether a value is a line that speaks: it has a type, and its message is inside of it."""
    return isinstance(value, dict) and "role" not in value and _speaks(value)


def read(values: Iterable[Any], name: str) -> list[Session]:
    """The conversations of a session, the first one first."""
    lines = [_slim(value) for value in values if _is_line(value)]
    parts: list[list[Line]] = [[]]
    for line in _live(lines):
        if _compacts(line):
            parts.append([])
        if _speaks(line):
            parts[-1].append(line)
    found = [session for part in parts if (session := _session(part))]
    return [
        Session(numbered(name, number), SOURCE, messages, "anthropic", model, reported=first, start=_given(messages))
        for number, (messages, model, first) in enumerate(found, start=1)
    ]


def _is_line(value: Any) -> bool:
    return isinstance(value, dict) and (bool(word(value.get("uuid"))) or _speaks(value))


def _slim(value: Line) -> Line:
    names = {field: word(value.get(field)) for field in _NAMES}
    return {**names, **{field: value[field] for field in _OTHERS if field in value}}


def _speaks(line: Line) -> bool:
    return word(line.get("type")) in _SPEAKERS and isinstance(line.get("message"), dict)


def _compacts(line: Line) -> bool:
    return bool(line.get("isCompactSummary")) or line.get("subtype") == "compact_boundary"


def _given(messages: Sequence[Message]) -> int:
    """The messages that were there before the first request."""
    return next((index for index, message in enumerate(messages) if message["role"] == "assistant"), len(messages))


def _live(lines: Sequence[Line]) -> list[Line]:
    """The lines of the conversation as it was at the end, in the order of the file, each once."""
    known = {line["uuid"]: line for line in lines if line.get("uuid")}
    main = [line for line in known.values() if not line.get("isSidechain")] or list(known.values())
    chain = _chain(main, known)
    answers = {_name(line) for line in main if line["uuid"] in chain and _speaks(line)} - {""}
    alive = [line for line in main if line["uuid"] in chain or (_speaks(line) and _name(line) in answers)]
    asked = {word(part.get("id")) for line in alive for part in _blocks(line) if part.get("type") == "tool_use"}
    kept = {line["uuid"] for line in alive}
    return [line for line in main if line["uuid"] in kept or _answers(line) & asked]


def _chain(main: Sequence[Line], known: Mapping[str, Line]) -> set[str]:
    """The ids from the last line back to the first.

    Some parents are missing from real files, and a compaction may have none: there the chain goes on with the line
    before in the file. Any other line without a parent is the first.
    """
    places = {line["uuid"]: place for place, line in enumerate(main)}
    chain: set[str] = set()
    line = next((one for one in reversed(main) if _speaks(one)), None)
    while line is not None and line["uuid"] not in chain:
        chain.add(line["uuid"])
        name = line.get("logicalParentUuid") or line.get("parentUuid")
        place = places.get(line["uuid"], 0)
        before = main[place - 1] if place and (name or _compacts(line)) else None
        line = known.get(name or "", before)
    return chain


def _session(lines: Sequence[Line]) -> tuple[list[Message], str | None, Reported | None] | None:
    """The messages as the model got them: the blocks of one answer together, and all that a user says in a row."""
    found: list[Message] = []
    answers: dict[str, Message] = {}
    models: Counter[str] = Counter()
    first: Reported | None = None
    for line in lines:
        message = line["message"]
        role, blocks, name = line["type"], _blocks(line), _name(line)
        if not blocks or message.get("model") == _SYNTHETIC:
            continue
        if role == "assistant" and name in answers:
            answers[name]["content"].extend(blocks)
        elif found and found[-1]["role"] == role == "user":
            found[-1]["content"].extend(blocks)
        else:
            if role == "assistant":
                models.update(filter(None, [word(message.get("model"))]))
                first = first or reported(message.get("usage"), len(found))
            found.append({"role": role, "content": blocks})
            if role == "assistant" and name:
                answers[name] = found[-1]
    model = models.most_common(1)[0][0] if models else None
    return (found, model, first) if found else None


def _name(line: Line) -> str:
    """The id of the answer that a line is a part of."""
    return word(line["message"].get("id"))


def _blocks(line: Line) -> list[dict[str, Any]]:
    content = line["message"].get("content") if _speaks(line) else None
    if isinstance(content, str):
        return [{"type": "text", "text": content}] if content.strip() else []
    return [dict(block) for block in objects_in(content) if not _is_blank(block)]


def _is_blank(block: Mapping[str, Any]) -> bool:
    """Whether a block is a blank text: models write some, and the API takes none."""
    text = block.get("text")
    return block.get("type") == "text" and isinstance(text, str) and not text.strip()


def _answers(line: Line) -> set[Any]:
    return {word(block.get("tool_use_id")) for block in _blocks(line) if block.get("type") == "tool_result"} - {""}
