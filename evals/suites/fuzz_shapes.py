"""Chat messages as items of OpenAI Responses, contents of Gemini and messages of Bedrock's Converse, for the fuzzer.

What these APIs have no place for is left out: names, odd fields and parts that only chat has.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from evals.harness.messages import Message

Place = tuple[Any, Any]  # a dict and the name of a field of it
_INSIDE = ("content", "parts", "toolResult", "functionResponse", "response", "output")  # the fields that hold texts
_NO_TEXTS = ("function_call", "thinking", "document", "hologram")  # kinds of parts without a text to edit


def converted(messages: Sequence[Message], shape: str) -> list[Message]:
    """OpenAI chat messages in another shape.

    >>> converted([{"role": "user", "content": "hi"}], "gemini")
    [{'role': 'user', 'parts': [{'text': 'hi'}]}]
    """
    return list(_WRITERS[shape](messages))


def places(message: Any) -> list[Place]:
    """Where the texts of a message are, in all five shapes.

    >>> places({"role": "user", "parts": [{"text": "hi"}]})
    [({'text': 'hi'}, 'text')]
    """
    found: list[Place] = []
    stack = [message]
    while stack:
        holder = stack.pop()
        if isinstance(holder, list):
            stack += reversed(holder)
        elif isinstance(holder, dict) and holder.get("type") not in _NO_TEXTS:
            found += [(holder, name) for name in ("content", "text", "output") if isinstance(holder.get(name), str)]
            inside = [(name, holder.get(name)) for name in _INSIDE]
            # no API takes one part where it has a list of parts
            stack += [
                one for name, one in inside if isinstance(one, list) or (isinstance(one, dict) and name != "content")
            ]
    return found


def call_of(arguments: Any, number: int, shape: str, tool: str) -> tuple[Message, Any]:
    """A turn of the model that calls a tool, and the response that has it."""
    if shape == "responses":
        item = {"type": "function_call", "call_id": f"r{number}", "name": tool, "arguments": arguments}
        return item, {"output": [item]}
    if shape == "gemini":
        content = {"role": "model", "parts": [{"functionCall": {"id": f"r{number}", "name": tool, "args": arguments}}]}
        return content, {"candidates": [{"content": content}]}
    use = {"toolUse": {"toolUseId": f"r{number}", "name": tool, "input": arguments}}
    message = {"role": "assistant", "content": [use]}
    return message, {"output": {"message": message}}


def tools(shape: str) -> list[dict[str, Any]]:
    """A tool of a caller."""
    function = {"name": "read_file", "description": "Reads a file."}
    schema = {"type": "object", "properties": {"path": {"type": "string"}}}
    if shape == "responses":
        return [{"type": "function", **function, "parameters": schema}]
    if shape == "gemini":
        return [{"functionDeclarations": [{**function, "parameters": schema}]}]
    return [{"toolSpec": {**function, "inputSchema": {"json": schema}}}]


def is_made(message: Message) -> bool:
    """Whether the model gave a message or an item, whatever its shape."""
    return message.get("role") in ("assistant", "model") or message.get("type") in ("reasoning", "function_call")


def _texts(content: Any) -> list[str]:
    """The texts of a chat message; none that is blank, which none of these APIs takes."""
    parts = [{"text": content}] if isinstance(content, str) else content if isinstance(content, list) else []
    texts = [part.get("text") for part in parts if isinstance(part, Mapping)]
    return [text for text in texts if isinstance(text, str) and text.strip()]


def _calls(message: Message) -> list[tuple[str, str, Any]]:
    """Id, name and arguments of the calls of a chat message."""
    calls = message.get("tool_calls")
    if message.get("role") != "assistant" or not isinstance(calls, list):
        return []
    return [(call["id"], call["function"]["name"], json.loads(call["function"]["arguments"])) for call in calls]


def _thinks(message: Message) -> bool:
    return bool(message.get("thinking_blocks"))


def _responses(messages: Sequence[Message]) -> Iterator[Message]:
    for number, message in enumerate(messages):
        role, texts = message.get("role"), _texts(message.get("content"))
        if role == "tool":
            call = message.get("tool_call_id")
            yield {"type": "function_call_output", "call_id": call, "output": "\n".join(texts)}
            continue
        if _thinks(message):
            yield {"type": "reasoning", "id": f"rs_{number}", "summary": [], "encrypted_content": f"gAAA{number}"}
        if texts and role == "assistant":
            parts = [{"type": "output_text", "text": text, "annotations": []} for text in texts]
            yield {"type": "message", "id": f"msg_{number}", "role": "assistant", "content": parts}
        elif texts:
            yield {"role": "user", "content": [{"type": "input_text", "text": text} for text in texts]}
        for call, name, given in _calls(message):
            yield {"type": "function_call", "call_id": call, "name": name, "arguments": json.dumps(given)}


def _gemini(messages: Sequence[Message]) -> Iterator[Message]:
    def result(call: str, name: str, text: str) -> Any:
        return {"functionResponse": {"id": call, "name": name, "response": {"output": text}}}

    def use(call: str, name: str, given: Any, first: bool) -> Any:
        signed = {"thoughtSignature": f"c2ln{call}"} if first else {}
        return {"functionCall": {"id": call, "name": name, "args": given}, **signed}

    for role, blocks in _turns(messages, use, result):
        yield {"role": {"assistant": "model"}.get(role, role), "parts": blocks}


def _converse(messages: Sequence[Message]) -> Iterator[Message]:
    def result(call: str, _name: str, text: str) -> Any:
        return {"toolResult": {"toolUseId": call, "content": [{"text": text}], "status": "success"}}

    def use(call: str, name: str, given: Any, _first: bool) -> Any:
        return {"toolUse": {"toolUseId": call, "name": name, "input": given}}

    for role, blocks in _turns(messages, use, result):
        yield {"role": role, "content": blocks}


def _turns(
    messages: Sequence[Message], use: Callable[..., Any], result: Callable[..., Any]
) -> Iterator[tuple[str, list[Any]]]:
    """Turns of user and assistant that alternate, as blocks of text, calls and results."""
    found: list[tuple[str, list[Any]]] = []
    names: dict[str, str] = {}
    for message in messages:
        role, texts = message.get("role"), _texts(message.get("content"))
        if role == "tool":
            call = str(message.get("tool_call_id"))
            blocks = [result(call, names.get(call, "read_file"), "\n".join(texts) or "none")]
        else:
            blocks = [{"text": text} for text in texts]
        for number, (call, name, given) in enumerate(_calls(message)):
            names[call] = name
            blocks.append(use(call, name, given, not number and _thinks(message)))
        speaker = "assistant" if role == "assistant" else "user"
        if blocks and found and found[-1][0] == speaker:
            found[-1][1].extend(blocks)
        elif blocks:
            found.append((speaker, blocks))
    return iter(found)


_WRITERS: dict[str, Callable[[Sequence[Message]], Iterator[Message]]] = {
    "responses": _responses,
    "gemini": _gemini,
    "converse": _converse,
}
SHAPES = tuple(_WRITERS)
