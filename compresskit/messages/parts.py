"""The parts of messages that several shapes share: text slots, images, and tokens besides text.

Token figures for media are estimates, each with its source.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any

from .._json import dumps
from ..types import Message, Path, Slot, Turn

# Every chat message costs about 3 tokens and its role 1 (OpenAI cookbook, "How to count tokens with tiktoken").
MESSAGE_TOKENS = 4
REPLY_TOKENS = 3  # every reply is primed with 3 tokens (the same page)
CHARACTERS_PER_TOKEN = 4  # characters of a token of English or code, as an estimate that needs no count
CALL_TOKENS = 8  # the frame around one tool call or result: keys, type, quotes
# OpenAI's vision guide: 85 tokens at low detail, 85 + 170 for each 512-pixel tile; 1024 x 1024 has four tiles.
IMAGE_TOKENS = {"low": 85, "high": 765, "auto": 765}
# Anthropic's vision guide: width x height / 750, images are scaled down to about 1,600 tokens.
ANTHROPIC_IMAGE_TOKENS = 1_600
# OpenAI bills one token per 100 ms of user audio; compressed speech has about 1,600 bytes in that time.
AUDIO_BYTES_PER_TOKEN = 1_600
# Gemini's "Understand and count tokens": 258 tokens for each tile of an image; one of 1024 x 1024 has four tiles.
GEMINI_IMAGE_TOKENS = 1_032
# The same page: 32 tokens a second of audio; compressed speech has about 16 kB in that time.
GEMINI_AUDIO_BYTES_PER_TOKEN = 500
# A page of a PDF takes 1,500 to 3,000 tokens (Anthropic's PDF guide) and commonly some 50 kB.
FILE_BYTES_PER_TOKEN = 25
SEALED = "encrypted_content"  # the field of reasoning, or of a summary, that only the provider can read
# Bytes of sealed text that are its envelope. OpenAI's Codex estimates sealed reasoning in this way, and takes 4 bytes
# for a token (openai/codex, core/src/context_manager/history.rs, estimate_reasoning_length).
SEALED_ENVELOPE_BYTES = 650

_TEXT_PARTS = frozenset({"text", "input_text", "output_text"})
_BOUND = ("citations", "annotations", "logprobs")  # fields of a text part that refer to places in its text
TEXT_KEYS = frozenset({"type", "text", "cache_control"})  # fields of a text part; its text is counted as a slot
# The field in which parts of these kinds hold a text, or a list of parts: also plain files of LangChain's standard
# blocks, and resources of MCP's results.
_HOLDERS: dict[str, Path] = {
    "tool_result": ("content",),
    "search_result": ("content",),
    "text-plain": ("text",),
    "resource": ("resource", "text"),
}
JSON_FORM = "shortened_json"  # the field that holds the form of a part of a JSON value


def kind_of(part: Any) -> str:
    """The type of a content part; "" if it has none."""
    kind = part.get("type") if isinstance(part, dict) else None
    return kind if isinstance(kind, str) else ""


def is_text(part: Any) -> bool:
    return kind_of(part) in _TEXT_PARTS and isinstance(part.get("text"), str)


def part_slots(part: Any, path: Path, every: bool = False) -> list[Slot]:
    """The text slots of one part of a content list: of a text, a document, a search result or a tool's result.

    With ``every``, also the text of a document with citations, and titles and contexts.

    >>> found = {"type": "search_result", "content": [{"type": "text", "text": "a"}]}
    >>> part_slots({"type": "tool_result", "content": [found]}, ("content", 0))
    [Slot(path=('content', 0, 'content', 0, 'content', 0, 'text'), text='a')]
    """
    if is_text(part):
        bound = any(part.get(field) for field in _BOUND)
        return [] if bound else [Slot((*path, "text"), part["text"])]
    about = named_slots(part, path) if every and kind_of(part) in ("document", "search_result") else []
    holder = _holder(part, every)
    inner: Any = part
    for step in holder:
        inner = inner.get(step) if isinstance(inner, dict) else None
    if not holder or inner is None:
        return about
    if isinstance(inner, str):
        return [*about, Slot((*path, *holder), inner)]
    if isinstance(inner, dict):  # the fields of a document of Cohere's
        return about + [Slot((*path, *holder, name), value) for name, value in inner.items() if isinstance(value, str)]
    children = inner if isinstance(inner, list) else []
    return about + [
        slot
        for j, child in enumerate(children)
        if kind_of(child) != "tool_result"
        for slot in part_slots(child, (*path, *holder, j), every)
    ]


def named_slots(inner: dict[str, Any], path: Path) -> list[Slot]:
    """The title and the context of a document or a search result, which only a ``before`` changes."""
    return [Slot((*path, name), inner[name]) for name in ("title", "context") if isinstance(inner.get(name), str)]


def _holder(part: Any, every: bool) -> Path:
    """The path within a part to its text or to its list of parts; empty if the part never changes."""
    kind = kind_of(part)
    if kind == "file" and part.get("source_type") == "text":
        return ("text",)
    if kind != "document":
        return _HOLDERS.get(kind, ())
    if "source" not in part:
        return "document", "data"
    source = part.get("source")
    source_kind = kind_of(source)
    if source_kind == "content":
        return "source", "content"
    # citations of a plain text name character ranges of it, so it must stay as it is
    return ("source", "data") if source_kind == "text" and (every or not part.get("citations")) else ()


def frame(turn: Turn, part: dict[str, Any], path: Path, found: Sequence[Slot]) -> None:
    """Counts a document, a resource or a search result besides its texts."""
    named = [key for key in ("title", "context", "source") if isinstance(part.get(key), str)]
    for key in named:
        turn.fix(part[key])
    rest = without(part, [slot.path[len(path) :] for slot in found])
    turn.set_aside(dumps({key: value for key, value in rest.items() if key not in named}))


def without(value: dict[str, Any], paths: Sequence[Path]) -> dict[str, Any]:
    """A copy of a JSON value with an empty text at these paths.

    >>> without({"a": {"b": "long", "c": 1}}, [("a", "b")])
    {'a': {'b': '', 'c': 1}}
    """
    copy: dict[str, Any] = dict(value)
    copied: dict[Path, Any] = {(): copy}
    for path in paths:
        empty: Any = ""
        if path[-1] == JSON_FORM and len(path) > 1:
            path, empty = path[:-1], {JSON_FORM: ""}
        for depth in range(1, len(path)):
            place = path[:depth]
            if place not in copied:
                outer = copied[place[:-1]]
                inner = outer[place[-1]]
                outer[place[-1]] = copied[place] = dict(inner) if isinstance(inner, dict) else list(inner)
        copied[path[:-1]][path[-1]] = empty
    return copy


def replace(message: Message, path: Path, text: str) -> None:
    """Puts ``text`` at ``path`` of a message that the caller owns.

    A path to ``JSON_FORM`` that is not there yet leads to a JSON value, which becomes an object with this one field.
    """
    place = _at(message, path[:-1])
    if path[-1] == JSON_FORM and not (isinstance(place, dict) and isinstance(place.get(JSON_FORM), str)):
        _at(message, path[:-2])[path[-2]] = {JSON_FORM: text}
    else:
        place[path[-1]] = text


def put_back(message: Message, path: Path, original: str) -> None:
    """Puts an original in the place of its form at ``path`` of a message that the caller owns."""
    if path[-1] == JSON_FORM:
        _at(message, path[:-2])[path[-2]] = json.loads(original)
    else:
        _at(message, path[:-1])[path[-1]] = original


def _at(message: Message, path: Path) -> Any:
    place: Any = message
    for step in path:
        place = place[step]
    return place


def opaque(turn: Turn, part: Any) -> None:
    """Counts a part that never changes, as the JSON that is sent."""
    turn.opaque = True
    turn.fix(part if isinstance(part, str) else dumps(part))


def beside(turn: Turn, item: dict[str, Any], known: Iterable[str]) -> None:
    """Counts the fields of a part, a call or a function that are not ``known``, as the JSON that is sent.

    The message may still fold, because its original holds these fields.
    """
    known = frozenset(known)
    if item.keys() <= known:
        return
    rest = {key: value for key, value in item.items() if key not in known and not _is_empty(value)}
    if rest:
        turn.set_aside(dumps(rest))


def tie(turn: Turn, item: dict[str, Any], *names: str, answers: bool = False) -> set[str]:
    """Adds the id of the call that an item makes or answers to the turn. Returns the field of the id, if there is one.

    Args:
        turn: The turn.
        item: The item, or the part or block of a message.
        names: The fields that may have the id.
        answers: Whether the item answers the call.
    """
    name = next((name for name in names if isinstance(item.get(name), str)), "")
    if not name:
        return set()
    turn.fix(item[name])
    if answers:
        turn.answer(item[name])
    else:
        turn.call(item[name])
    return {name}


def _is_empty(value: Any) -> bool:
    return value is None or (isinstance(value, str | list | dict) and not value)


def medium(turn: Turn, in_result: bool, tokens: int = 0) -> None:
    """Counts an image or a file. In a result it may fold with its exchange, because a tool can give it again.

    Anywhere else it stays, because a human or a program has sent it, and a text tool cannot give it back.
    """
    turn.extra += tokens
    if in_result:
        turn.media += 1
    else:
        turn.opaque = True


def binary(turn: Turn, data: Any, bytes_per_token: int, in_result: bool = False) -> bool:
    """Counts base64 ``data`` by its size; False if it is no text."""
    if not isinstance(data, str):
        return False
    medium(turn, in_result)
    turn.extra += max(1, len(data) * 3 // 4 // bytes_per_token)
    return True


def unsealed(turn: Turn, item: Message) -> Message:
    """An item without its sealed text, which is counted as the reasoning in it: the provider bills no base64.

    >>> turn = Turn(0, "assistant")
    >>> unsealed(turn, {"type": "reasoning", "encrypted_content": "A" * 4_000}), turn.extra
    ({'type': 'reasoning'}, 587)
    """
    text = item.get(SEALED)
    if not isinstance(text, str):
        return item
    turn.extra += max(1, (len(text) * 3 // 4 - SEALED_ENVELOPE_BYTES) // CHARACTERS_PER_TOKEN)
    return {name: value for name, value in item.items() if name != SEALED}


def short_call(name: Any, arguments: str) -> str:
    """The name and arguments of a tool call as one text, for judging and labelling its results."""
    return f"{name if isinstance(name, str) else ''} {arguments}".strip()
