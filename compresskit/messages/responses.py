"""The shape of OpenAI's Responses API: items, which are messages, calls, outputs of calls, and reasoning.

The items of one response stay together, because the API refuses a reasoning item without the item that followed it, and
an item without its reasoning. Reasoning never changes, because the provider encrypts or summarises it. An item of an
unknown type never changes either.

Source: developers.openai.com, "Responses", input items, and "Reasoning models", "Keeping reasoning items in context".
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from .._json import dumps
from ..types import Block, Message, Path, Slot, Tool, Turn
from . import openai, parts
from .shape import Answer

NAME, TITLE = "responses", "an item of OpenAI's Responses API"
TEXT_AT: Path = ("content", 0, "text")
TAKES_MARKS = False
# Calls that the caller answers, with the field of their arguments.
CALLS = {
    "function_call": "arguments",
    "custom_tool_call": "input",
    "local_shell_call": "action",
    "shell_call": "action",
    "apply_patch_call": "operation",
    "computer_call": "action",
}
_OUTPUTS = frozenset(f"{kind}_output" for kind in CALLS)
# All types of items without a role (openai.types.responses.ResponseInputItemParam), besides those of the future.
_ITEMS = frozenset(
    {
        *(*CALLS, *_OUTPUTS, "reasoning", "item_reference", "compaction", "compaction_trigger"),
        *("file_search_call", "web_search_call", "image_generation_call", "code_interpreter_call"),
        *("tool_search_call", "tool_search_output"),
        *("mcp_call", "mcp_list_tools", "mcp_approval_request", "mcp_approval_response"),
    }
)
# Calls that the provider runs itself. They never change, but whole responses that hold them may fold.
_PROVIDER_CALLS = frozenset({"file_search_call", "web_search_call", "code_interpreter_call", "mcp_call"})
_ROLES = {"developer": "system"}
_KNOWN_ROLES = frozenset({"system", "user", "assistant"})
_PARTS = frozenset({"input_text", "output_text", "input_image", "input_file", "input_audio", "refusal"})
_IMAGES = frozenset({"input_image", "computer_screenshot"})
_OUTPUT_TEXTS = ("stdout", "stderr")  # fields of a shell's output


def read(index: int, message: Message) -> Turn:
    """One item as a Turn. ``link`` adds the calls of outputs, and joins items that belong together."""
    role, kind = message.get("role"), parts.kind_of(message)
    turn = Turn(index, "assistant", extra=parts.MESSAGE_TOKENS)
    if isinstance(role, str):
        _message(turn, message, role, kind)
    elif kind == "reasoning":
        turn.fix("\n".join(_summaries(message)))
        rest = parts.unsealed(turn, message)
        turn.set_aside(dumps({key: value for key, value in rest.items() if key not in ("type", "summary")}))
    elif kind in CALLS:
        _call(turn, message, kind)
    elif kind in _OUTPUTS:
        _output(turn, message)
    elif kind in _PROVIDER_CALLS and not message.get("approval_request_id"):
        turn.fix(dumps(message))
    elif kind == "image_generation_call" and isinstance(message.get("result"), str):
        parts.medium(turn, in_result=False, tokens=parts.IMAGE_TOKENS["high"])
        parts.beside(turn, message, ("type", "result"))
    else:  # references, compactions, and types of the future
        turn.role = "tool" if is_given(message) else "assistant"
        tied = ("call_id", "approval_request_id", *(("id",) if kind == "mcp_approval_request" else ()))
        parts.tie(turn, message, *tied, answers=is_given(message))
        parts.opaque(turn, parts.unsealed(turn, message))
    return turn


def link(turns: list[Turn], messages: list[Message]) -> None:
    """Gives every output the call that asked for it, and joins the items of one response."""
    asked: dict[str, str] = {}
    for turn, message in zip(turns, messages, strict=True):
        if kind := parts.kind_of(message) if "role" not in message else "":
            if kind in CALLS:
                asked.update(dict.fromkeys(turn.calls, _call_text(message, kind)))
            for answered in turn.answers:
                for block in turn.blocks:
                    block.call = asked.get(answered, "")
        if turn.index and not is_given(message):
            before = messages[turn.index - 1]
            # a message and a call in succession are of one response; two messages may be of two responses
            turn.joined = not is_given(before) and not ("role" in message and "role" in before)


def output_slots(message: Message) -> list[Slot]:
    """The texts in the output of a call.

    >>> output_slots({"type": "function_call_output", "call_id": "c", "output": "42"})
    [Slot(path=('output',), text='42')]
    """
    if "role" in message or parts.kind_of(message) not in _OUTPUTS:
        return []
    output = message.get("output")
    if isinstance(output, str):
        return [Slot(("output",), output)]
    found: list[Slot] = []
    for i, part in enumerate(output if isinstance(output, list) else ()):
        if parts.is_text(part):
            found += parts.part_slots(part, ("output", i))
        elif isinstance(part, dict) and "type" not in part:
            texts = [(name, part.get(name)) for name in _OUTPUT_TEXTS]
            found += [Slot(("output", i, name), text) for name, text in texts if isinstance(text, str)]
    return found


def is_sure(message: Message) -> bool:
    """Whether a message is an item that only the Responses API has.

    >>> is_sure({"type": "reasoning", "summary": []}), is_sure({"role": "user", "content": "hi"})
    (True, False)
    """
    return "role" not in message and parts.kind_of(message) in _ITEMS


def is_likely(message: Message) -> bool:
    """Whether a message with a role has the form that only the Responses API uses.

    >>> is_likely({"role": "user", "content": [{"type": "input_text", "text": "hi"}]})
    True
    """
    content = message.get("content")
    kinds = [parts.kind_of(part) for part in content] if isinstance(content, list) else []
    if kinds and all(kind in _PARTS for kind in kinds):
        return parts.kind_of(message) == "message" or kinds[0] in ("input_text", "output_text", "input_image")
    return parts.kind_of(message) == "message" and isinstance(content, str)


def is_item(message: Message) -> bool:
    """Whether a message without a role is an item of any type."""
    return "role" not in message and bool(parts.kind_of(message))


def takes(message: Message) -> bool:
    if "role" not in message:
        return is_item(message)
    return isinstance(message["role"], str) and not openai.is_sure(message)


def text_message(role: str, text: str) -> Message:
    kind = "output_text" if role == "assistant" else "input_text"
    return {"type": "message", "role": role, "content": [{"type": kind, "text": text}]}


def answers(answers: Sequence[Answer]) -> list[Message]:
    return [{"type": "function_call_output", "call_id": one.id, "output": one.text} for one in answers]


def declare(function: dict[str, Any]) -> Tool:
    # Without strict=False, the API makes every parameter of a function required.
    return {"type": "function", **function, "strict": False}


def is_given(message: Message) -> bool:
    """Whether an item comes from the caller: all but the assistant's messages, calls and reasoning."""
    if "role" in message:
        return bool(message["role"] != "assistant")
    return parts.kind_of(message).endswith(("_output", "_response"))


def _message(turn: Turn, message: Message, role: str, kind: str) -> None:
    turn.role = _ROLES.get(role, role)
    turn.human = turn.role == "user"
    if turn.role not in _KNOWN_ROLES:
        turn.opaque = True
        turn.fix(role)
    content = message.get("content")
    if kind not in ("", "message"):
        parts.opaque(turn, message)
        return
    if isinstance(content, str):
        turn.blocks.append(Block(turn.index, ("content",), content))
    elif isinstance(content, list):
        for i, part in enumerate(content):
            _part(turn, part, ("content", i))
    elif content is not None:
        parts.opaque(turn, content)
    parts.beside(turn, message, ("type", "role", "content"))


def _part(turn: Turn, part: Any, path: tuple[str | int, ...]) -> None:
    kind, in_result = parts.kind_of(part), turn.role == "tool"
    if parts.is_text(part):
        found = parts.part_slots(part, path)
        turn.blocks += [Block(turn.index, slot.path, slot.text) for slot in found]
        if not found:  # annotations refer to places in the text, so it never changes
            turn.fix(part["text"])
        parts.beside(turn, part, parts.TEXT_KEYS)
    elif kind == "refusal" and isinstance(part.get("refusal"), str):
        turn.fix(part["refusal"])
        parts.beside(turn, part, ("type", "refusal"))
    elif kind in _IMAGES:
        detail = part.get("detail")
        known = detail if isinstance(detail, str) and detail in parts.IMAGE_TOKENS else ""
        parts.medium(turn, in_result, parts.IMAGE_TOKENS[known or "auto"])
        parts.beside(turn, part, ("type", "image_url", *(("detail",) if known else ())))
    elif kind == "input_file" and parts.binary(turn, part.get("file_data"), parts.FILE_BYTES_PER_TOKEN, in_result):
        parts.beside(turn, part, ("type", "file_data"))
    elif kind == "input_audio" and isinstance(part.get("input_audio"), dict):
        parts.binary(turn, part["input_audio"].get("data", ""), parts.AUDIO_BYTES_PER_TOKEN)
        parts.beside(turn, part["input_audio"], ("data",))
        parts.beside(turn, part, ("type", "input_audio"))
    else:
        parts.opaque(turn, part)


def _call(turn: Turn, message: Message, kind: str) -> None:
    turn.extra = parts.CALL_TOKENS
    turn.fix(_call_text(message, kind))
    known = {"type", CALLS[kind], "name"}
    if not isinstance(message.get("name", ""), str):
        known.remove("name")
    known |= parts.tie(turn, message, "call_id")
    parts.beside(turn, message, known)


def _output(turn: Turn, message: Message) -> None:
    turn.role = "tool"
    found = output_slots(message)
    turn.blocks = [Block(turn.index, slot.path, slot.text) for slot in found]
    known = {"type", "output", *parts.tie(turn, message, "call_id", "id", answers=True)}
    parts.beside(turn, message, known)
    output = message.get("output")
    if isinstance(output, list):
        texts = {slot.path[1] for slot in found}
        for i, part in enumerate(output):
            if i not in texts:
                _part(turn, part, ("output", i))
            else:
                parts.beside(turn, part, parts.TEXT_KEYS if parts.is_text(part) else _OUTPUT_TEXTS)
    elif parts.kind_of(output) in _IMAGES:
        _part(turn, output, ("output",))
    elif output is not None and not isinstance(output, str):
        parts.opaque(turn, output)


def _call_text(message: Message, kind: str) -> str:
    wanted = message.get(CALLS[kind], "")
    name = message.get("name", kind.removesuffix("_call"))
    return parts.short_call(name, wanted if isinstance(wanted, str) else dumps(wanted))


def _summaries(message: Message) -> list[str]:
    summary = message.get("summary")
    return [part if isinstance(part, str) else dumps(part) for part in summary] if isinstance(summary, list) else []
