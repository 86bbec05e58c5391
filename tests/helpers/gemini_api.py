"""Gemini's API for `protocol_server`: generateContent, its stream, and countTokens."""

import json

import streams


def reply(said, model="gemini-2.5-pro", usage=None):
    """A response that says a text (str) or makes calls (a list of calls, texts, and parts as they are)."""
    parts = [_part(one) for one in ([said] if isinstance(said, str) else said)]
    counts = {"prompt_tokens": 10, "completion_tokens": 5, "total_tokens": 15} if usage is None else usage
    return {
        "candidates": [{"content": {"role": "model", "parts": parts}, "finishReason": "STOP", "index": 0}],
        "usageMetadata": {
            "promptTokenCount": counts["prompt_tokens"],
            "candidatesTokenCount": counts["completion_tokens"],
            "totalTokenCount": counts["total_tokens"],
            "promptTokensDetails": [{"modality": "TEXT", "tokenCount": counts["prompt_tokens"]}],
        },
        "modelVersion": model,
        "responseId": f"response-{next(streams.NUMBERS)}",
    }


def _part(one):
    if isinstance(one, str):
        return {"text": one}
    if "arguments" not in one:
        return one
    identity = {"id": one["id"]} if one.get("id") else {}
    signature = {"thoughtSignature": one["signature"]} if "signature" in one else {}
    return {"functionCall": {**identity, "name": one["name"], "args": one["arguments"]}, **signature}


def chunks(whole):
    """The chunks of a streamed response: texts in pieces, everything else in one; the reason to stop in the last."""
    [candidate] = whole["candidates"]
    parts = []
    for part in candidate["content"]["parts"]:
        if part.keys() <= {"text", "thought"}:
            parts += [{**part, "text": piece} for piece in streams.pieces(part["text"])]
        else:
            parts.append(part)
    for at, part in enumerate(parts or [{"text": ""}]):
        last = at == len(parts) - 1
        content = {"content": {"role": "model", "parts": [part]}, "index": 0}
        yield {**whole, "candidates": [{**content, "finishReason": candidate["finishReason"]} if last else content]}


def as_chat(body):
    """A request in the words of chat completions, which the scripts know."""
    return {**body, "messages": [message for content in body["contents"] for message in _messages(content)]}


def _messages(content):
    role = "assistant" if content.get("role") == "model" else "user"
    for part in content["parts"]:
        if "functionResponse" in part:
            answer = part["functionResponse"]
            text = answer["response"].get("output") or json.dumps(answer["response"])
            yield {"role": "tool", "tool_call_id": answer.get("id"), "content": text}
        elif "functionCall" in part:
            function = {"name": part["functionCall"]["name"], "arguments": json.dumps(part["functionCall"].get("args"))}
            yield {"role": "assistant", "content": None, "tool_calls": [{"type": "function", "function": function}]}
        else:
            yield {"role": role, "content": part.get("text", "")}
