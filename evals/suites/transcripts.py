"""Reads recorded runs in the formats that people have: OpenAI and Anthropic conversations as JSON or JSONL, and
the session files of Claude Code.

A conversation is a list of messages, an object with "messages" (and, if you like, "id" and "format": "openai"
or "anthropic"), or a JSONL file with a message or such an object a line; JSON may also list several.

Claude Code writes a line for every event (~/.claude/projects/…/<session>.jsonl). The format is not documented
by Anthropic; what is relied on here is what such files show:
- lines of type "user" and "assistant" carry an Anthropic message, everything else is bookkeeping;
- `uuid` and `parentUuid` chain them, and the last line's chain is the conversation as it stood at the end:
  what was edited away or tried again hangs on other branches;
- one answer of the model takes a line for each of its blocks, all with the same `message.id`; results of
  parallel calls are lines of their own, which may stand between them;
- `isSidechain` marks the conversations of subagents, `isCompactSummary` or a line of subtype
  "compact_boundary" the place where the session was compacted and a new conversation began.
Each stretch between compactions is a run of its own: the model never saw them together. Subagents that stand
in the same file are left out; those that have a file of their own (`agent-….jsonl`) are runs.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from evals.harness import data
from evals.harness.messages import Message

_KINDS = (".json", ".jsonl", ".json.gz", ".jsonl.gz")
_OWN_TO_ANTHROPIC = frozenset({"tool_use", "tool_result", "thinking", "redacted_thinking", "image", "document"})

Line = Mapping[str, Any]


def find(names: Iterable[str], given: str | None) -> list[Path]:
    """The named files of the data folder; the given file; or all JSON and JSONL files below a given folder."""
    place = Path(given) if given else None
    names = list(names)
    if place and place.is_dir() and not any((place / name).is_file() for name in names):
        found = sorted(path for path in place.rglob("*") if path.name.endswith(_KINDS) and path.is_file())
        if found:
            return found
    return data.find(names, given)


def runs(path: Path) -> list[dict[str, Any]]:
    """The runs of a file, each as {"id", "format", "messages"}."""
    value = data.value(path)
    name = path.name.split(".")[0]
    if _is_claude_code(value):
        return [_run(messages, f"{name}{place}", path, "anthropic") for place, messages in sessions(value)]
    if isinstance(value, dict):
        value = [value]
    if not isinstance(value, list):
        raise data.DataError(f"{path} should hold conversations; see --help for the formats.")
    if value and all(isinstance(one, dict) and "role" in one for one in value):
        return [_run(value, name, path)]
    return [_conversation(one, f"{name}-{number}", path) for number, one in enumerate(value, start=1)]


def sessions(lines: Sequence[Line]) -> list[tuple[str, list[Message]]]:
    """The conversations of a Claude Code session, with "" or "#2", "#3" … for those after a compaction.

    >>> user = {"type": "user", "uuid": "a", "parentUuid": None, "message": {"role": "user", "content": "Hi."}}
    >>> sessions([user, {"type": "summary", "summary": "A greeting", "leafUuid": "a"}])
    [('', [{'role': 'user', 'content': [{'type': 'text', 'text': 'Hi.'}]}])]
    """
    parts: list[list[Line]] = [[]]
    for line in _live(lines):
        if _compacts(line):
            parts.append([])
        if _speaks(line):
            parts[-1].append(line)
    found = [messages for part in parts if (messages := _messages(part))]
    return [(f"#{number}" if number > 1 else "", messages) for number, messages in enumerate(found, start=1)]


def shape_of(messages: Sequence[Message]) -> str:
    """Anthropic's if a message has one of its blocks, else OpenAI's.

    >>> shape_of([{"role": "user", "content": [{"type": "tool_result", "tool_use_id": "a", "content": "1"}]}])
    'anthropic'
    """
    parts = (part for message in messages for part in _list(message.get("content")))
    own = any(isinstance(part, dict) and part.get("type") in _OWN_TO_ANTHROPIC for part in parts)
    return "anthropic" if own else "openai"


def _conversation(value: Any, name: str, path: Path) -> dict[str, Any]:
    if isinstance(value, list):
        return _run(value, name, path)
    if not isinstance(value, dict):
        raise data.DataError(f"{path}: {name} is neither a list of messages nor an object with 'messages'.")
    messages = data.field(value, "messages", str(path))
    return _run(messages, str(value.get("id", name)), path, value.get("format"))


def _run(messages: Any, name: str, path: Path, shape: str | None = None) -> dict[str, Any]:
    if not isinstance(messages, list) or not all(isinstance(one, dict) and "role" in one for one in messages):
        raise data.DataError(f"{path}: the messages of {name} should be a list of objects, each with a 'role'.")
    if shape not in (None, "openai", "anthropic"):
        raise data.DataError(f"{path}: the format of {name} is {shape!r}; 'openai' or 'anthropic' was expected.")
    return {"id": name, "format": shape or shape_of(messages), "messages": messages}


def _is_claude_code(value: Any) -> bool:
    """Lines with a type and an envelope, and no role of their own."""
    lines = value if isinstance(value, list) else []
    return any(
        isinstance(line, dict) and "role" not in line and _speaks(line) and isinstance(line.get("message"), dict)
        for line in lines
    )


def _speaks(line: Line) -> bool:
    return line.get("type") in ("user", "assistant") and isinstance(line.get("message"), dict)


def _compacts(line: Line) -> bool:
    return bool(line.get("isCompactSummary")) or line.get("subtype") == "compact_boundary"


def _live(lines: Sequence[Line]) -> list[Line]:
    """The lines of the conversation as it stood at the end, in the order of the file, each once."""
    known = {line["uuid"]: line for line in lines if isinstance(line, dict) and line.get("uuid")}
    main = [line for line in known.values() if not line.get("isSidechain")] or list(known.values())
    chain = _chain(main, known)
    answers = {line["message"].get("id") for line in main if line["uuid"] in chain and _speaks(line)} - {None}
    alive = [line for line in main if line["uuid"] in chain or (_speaks(line) and line["message"].get("id") in answers)]
    asked = {part.get("id") for line in alive for part in _blocks(line) if part.get("type") == "tool_use"}
    kept = {line["uuid"] for line in alive}
    return [line for line in main if line["uuid"] in kept or _answers(line) & asked]


def _chain(main: Sequence[Line], known: Mapping[str, Line]) -> set[str]:
    """The ids from the last line back to the first.

    Some parents are missing from real files, and a compaction may have none: there it goes on with the line
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


def _messages(lines: Sequence[Line]) -> list[Message]:
    """Lines as the model got them: blocks of one answer together, and all that a user says in a row."""
    found: list[Message] = []
    answers: dict[str, Message] = {}
    for line in lines:
        role, blocks, name = line["type"], _blocks(line), line["message"].get("id")
        if not blocks or line["message"].get("model") == "<synthetic>":  # errors that the model never saw
            continue
        if role == "assistant" and name in answers:
            answers[name]["content"].extend(blocks)
        elif found and found[-1]["role"] == role == "user":
            found[-1]["content"].extend(blocks)
        else:
            found.append({"role": role, "content": blocks})
            if role == "assistant" and name:
                answers[name] = found[-1]
    return found


def _blocks(line: Line) -> list[dict[str, Any]]:
    content = line["message"].get("content") if _speaks(line) else None
    if isinstance(content, str):
        return [{"type": "text", "text": content}] if content else []
    return [dict(block) for block in _list(content) if isinstance(block, dict)]


def _answers(line: Line) -> set[Any]:
    return {block.get("tool_use_id") for block in _blocks(line) if block.get("type") == "tool_result"} - {None}


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
