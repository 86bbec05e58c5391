"""Replies of the protocol server as streams: OpenAI's chunks and Anthropic's events, in small pieces."""

import itertools
import json

NUMBERS = itertools.count(1)


def openai_chunks(reply, options):
    """A chat completion as the `data` of server-sent events; usage only where `stream_options` asks for it."""
    head = {name: reply[name] for name in ("id", "created", "model")} | {"object": "chat.completion.chunk"}
    for choice in reply["choices"]:
        deltas = [{"role": "assistant", "content": ""}, *_openai_deltas(choice["message"])]
        for delta in deltas:
            yield head | {"choices": [{"index": choice["index"], "delta": delta, "finish_reason": None}]}
        last = {"index": choice["index"], "delta": {}, "finish_reason": choice["finish_reason"]}
        yield head | {"choices": [last]}
    if (options or {}).get("include_usage"):
        yield head | {"choices": [], "usage": reply["usage"]}


def _openai_deltas(message):
    for piece in pieces(message.get("content") or ""):
        yield {"content": piece}
    for index, made in enumerate(message.get("tool_calls") or ()):
        named = {"name": made["function"]["name"], "arguments": ""}
        yield {"tool_calls": [{"index": index, "id": made["id"], "type": "function", "function": named}]}
        for piece in pieces(made["function"]["arguments"]):
            yield {"tool_calls": [{"index": index, "function": {"arguments": piece}}]}


def anthropic_events(reply):
    """A message as events."""
    usage = reply["usage"]
    yield {"type": "message_start", "message": reply | {"content": [], "usage": usage | {"output_tokens": 1}}}
    yield {"type": "ping"}
    for index, block in enumerate(reply["content"]):
        yield from _block_events(index, block)
    delta = {"stop_reason": reply["stop_reason"], "stop_sequence": None}
    yield {"type": "message_delta", "delta": delta, "usage": {"output_tokens": usage["output_tokens"]}}
    yield {"type": "message_stop"}


def _block_events(index, block):
    kind = block["type"]
    empty = (
        block | {"text": {"text": ""}, "thinking": {"thinking": "", "signature": ""}, "tool_use": {"input": {}}}[kind]
    )
    yield {"type": "content_block_start", "index": index, "content_block": empty}
    if kind == "tool_use":
        deltas = [{"type": "input_json_delta", "partial_json": piece} for piece in pieces(json.dumps(block["input"]))]
    else:
        deltas = [{"type": f"{kind}_delta", kind: piece} for piece in pieces(block[kind])]
    if kind == "thinking":
        deltas.append({"type": "signature_delta", "signature": block["signature"]})
    for delta in deltas:
        yield {"type": "content_block_delta", "index": index, "delta": delta}
    yield {"type": "content_block_stop", "index": index}


def pieces(text, size=7):
    return [text[start : start + size] for start in range(0, len(text), size)]
