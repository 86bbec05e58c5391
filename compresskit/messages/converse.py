"""The shape of Amazon Bedrock's Converse: content blocks with one field each, toolUse and toolResult, cachePoint.

A cachePoint marks the end of a prefix to cache. Reasoning is signed and never changes. A block of an unknown kind never
changes either.

Source: docs.aws.amazon.com, "Amazon Bedrock API Reference": Message, ContentBlock, ToolResultContentBlock.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from .._json import dumps
from ..types import Message, Path, Slot, Tool, Turn
from . import parts
from .json_results import json_blocks, json_slots
from .shape import Answer

NAME, TITLE = "converse", "a message of Bedrock's Converse"
TEXT_AT: Path = ("content", 0, "text")
TAKES_MARKS = False
# The one field of each content block (the ContentBlock union).
_BLOCKS = frozenset(
    {
        *("text", "toolUse", "toolResult", "image", "document", "video", "audio", "guardContent", "cachePoint"),
        *("reasoningContent", "citationsContent", "searchResult"),
    }
)
_ROLES = ("user", "assistant")


def read(index: int, message: Message) -> Turn:
    """One message as a Turn. ``link`` adds the calls of its tool results."""
    role = message["role"]
    turn = Turn(index, role, extra=parts.MESSAGE_TOKENS, opaque=role not in _ROLES)
    if turn.opaque:
        turn.fix(role)
    for i, block in enumerate(message.get("content") or ()):
        _block(turn, block, i)
    parts.beside(turn, message, ("role", "content"))
    return turn


def link(turns: list[Turn], messages: list[Message]) -> None:
    """Gives every tool result the call that asked for it."""
    asked: dict[str, str] = {}
    for turn, message in zip(turns, messages, strict=True):
        content = message.get("content") or []
        for block in content:
            use = block.get("toolUse") if isinstance(block, dict) else None
            if isinstance(use, dict) and isinstance(use.get("toolUseId"), str):
                asked[use["toolUseId"]] = _call_text(use)
        for text in turn.blocks:
            at = text.path[1]
            result = content[at].get("toolResult") if isinstance(at, int) else None
            if result:
                text.call = asked.get(str(result.get("toolUseId")), "")


def block_slots(block: Any, path: Path, every: bool = False) -> list[Slot]:
    """The text slots of one content block.

    >>> block_slots({"toolResult": {"toolUseId": "t", "content": [{"text": "42"}]}}, ("content", 0))
    [Slot(path=('content', 0, 'toolResult', 'content', 0, 'text'), text='42')]
    """
    if not _kind(block):
        return []
    if isinstance(block.get("text"), str):
        return [Slot((*path, "text"), block["text"])]
    kind = _kind(block)
    inner = block[kind]
    if kind == "json":
        return json_slots(inner, (*path, kind), every)
    about = _about(kind, inner, (*path, kind)) if every and isinstance(inner, dict) else []
    holder = _holder(kind, inner, every)
    for step in holder:
        inner = inner.get(step)
    if isinstance(inner, str) and kind == "document":
        return [*about, Slot((*path, kind, *holder), inner)]
    children = inner if holder and isinstance(inner, list) else []
    return about + [
        slot
        for j, child in enumerate(children)
        if _kind(child) != "toolResult"
        for slot in block_slots(child, (*path, kind, *holder, j), every)
    ]


def _about(kind: str, inner: dict[str, Any], path: Path) -> list[Slot]:
    """Texts of a block that only a ``before`` changes: titles and contexts, and a text for a guardrail."""
    if kind in ("document", "searchResult"):
        return parts.named_slots(inner, path)
    text = inner.get("text") if kind == "guardContent" else None
    return [Slot((*path, "text", "text"), text["text"])] if isinstance(text, dict) and text.get("text") else []


def _holder(kind: str, inner: Any, every: bool) -> Path:
    """The path within a block to its text or to its list of blocks; empty if the block never changes."""
    if not isinstance(inner, dict):
        return ()
    if kind in ("toolResult", "searchResult"):
        return ("content",)
    source = inner.get("source") if kind == "document" else None
    if not isinstance(source, dict):
        return ()
    if isinstance(source.get("content"), list):
        return "source", "content"
    # citations of a plain text name character ranges of it, so it must stay as it is
    free = every or not inner.get("citations")
    return ("source", "text") if isinstance(source.get("text"), str) and free else ()


def is_sure(message: Message) -> bool:
    """Whether a message can be nothing but one of Converse.

    >>> is_sure({"role": "user", "content": [{"text": "hi"}]}), is_sure({"role": "user", "content": "hi"})
    (True, False)
    """
    content = message.get("content")
    if message.get("role") not in _ROLES or not isinstance(content, list) or not content:
        return False
    return all(
        isinstance(block, dict)
        and len(block) == 1
        and not _BLOCKS.isdisjoint(block)
        and isinstance(block.get("text", ""), str)
        for block in content
    )


def takes(message: Message) -> bool:
    content = message.get("content")
    if not isinstance(message.get("role"), str) or not isinstance(content, list):
        return False
    return not content or not all(map(parts.kind_of, content))


def text_message(role: str, text: str) -> Message:
    return {"role": role, "content": [{"text": text}]}


def declare(function: dict[str, Any]) -> Tool:
    rest = {key: value for key, value in function.items() if key != "parameters"}
    return {"toolSpec": {**rest, "inputSchema": {"json": function["parameters"]}}}


def answers(answers: Sequence[Answer]) -> list[Message]:
    blocks = [{"toolResult": {"toolUseId": one.id, "content": [{"text": one.text}]}} for one in answers]
    return [{"role": "user", "content": blocks}] if blocks else []


def _block(turn: Turn, block: Any, i: int) -> None:
    kind = _kind(block)
    inner = block[kind] if kind else None
    path = ("content", i)
    found = block_slots(block, path) if kind != "json" else []  # JSON is known only in results
    json_blocks(turn, {"content": {i: block}}, found)
    if kind == "text" and found:
        turn.human = turn.human or turn.role == "user"
    elif kind == "cachePoint":
        turn.cached = True
        if isinstance(inner, dict):
            parts.beside(turn, inner, ("type",))
        else:
            parts.opaque(turn, inner)
    elif kind == "toolUse" and isinstance(inner, dict):
        _use(turn, inner)
    elif kind == "toolResult" and isinstance(inner, dict):
        _result(turn, inner)
    elif kind == "reasoningContent":
        turn.thinking = True  # signed: needed by the provider as long as the tool loop is open
        turn.set_aside(dumps(inner))
    elif found:
        _frame(turn, block, path, found)
        return
    elif not _media(turn, kind, inner):
        parts.opaque(turn, block)
        return
    parts.beside(turn, block, (kind,))


def _use(turn: Turn, use: dict[str, Any]) -> None:
    turn.extra += parts.CALL_TOKENS
    turn.fix(_call_text(use))
    known = {"input", "name"} if isinstance(use.get("name"), str) else {"input"}
    parts.beside(turn, use, known | parts.tie(turn, use, "toolUseId"))


def _result(turn: Turn, result: dict[str, Any]) -> None:
    turn.extra += parts.CALL_TOKENS
    parts.beside(turn, result, {"content"} | parts.tie(turn, result, "toolUseId", answers=True))
    content = result.get("content")
    if content is not None and not isinstance(content, list):
        parts.opaque(turn, content)
        return
    for block in content or ():
        kind = _kind(block)
        inner = block[kind] if kind else None
        found = block_slots(block, ())
        if kind == "json" or (found and kind != "text"):
            _frame(turn, block, (), found)
            continue
        if not (kind == "text" and found) and not _media(turn, kind, inner, in_result=True):
            parts.opaque(turn, block)
            continue
        parts.beside(turn, block, (kind,))


def _frame(turn: Turn, block: dict[str, Any], path: Path, found: Sequence[Slot]) -> None:
    """Counts a block besides its texts."""
    turn.fix(dumps(parts.without(block, [slot.path[len(path) :] for slot in found])))


def _media(turn: Turn, kind: str, inner: Any, in_result: bool = False) -> bool:
    """Counts an image by Anthropic's guide and a document by its size; False for anything else."""
    if not isinstance(inner, dict) or kind not in ("image", "document"):
        return False
    source = inner.get("source")
    if not isinstance(source, dict):
        return False
    if kind == "image":
        parts.medium(turn, in_result, parts.ANTHROPIC_IMAGE_TOKENS)
    elif not parts.binary(turn, source.get("bytes"), parts.FILE_BYTES_PER_TOKEN, in_result):
        parts.medium(turn, in_result)
    parts.beside(turn, source, ("bytes",) if kind == "image" or isinstance(source.get("bytes"), str) else ())
    parts.beside(turn, inner, ("source",))
    return True


def _kind(block: Any) -> str:
    """The field that determines the kind of a block; "" for a block of an unknown kind."""
    if not isinstance(block, dict) or "type" in block:
        return ""
    return next((name for name in block if name in _BLOCKS or name == "json"), "")


def _call_text(use: dict[str, Any]) -> str:
    return parts.short_call(use.get("name"), dumps(use.get("input", "")))
