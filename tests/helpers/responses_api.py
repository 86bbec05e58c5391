"""OpenAI's Responses API for `protocol_server`: LiteLLM calls it for OpenAI's models behind /v1/messages."""

import json
import time


def as_chat(body):
    """A request in the words of chat completions, which the scripts know."""
    given = body["input"]
    items = [{"role": "user", "content": given}] if isinstance(given, str) else given
    return {**body, "messages": [message for item in items for message in _messages(item)]}


def _messages(item):
    kind = item.get("type", "message")
    if kind == "function_call_output":
        return [{"role": "tool", "tool_call_id": item["call_id"], "content": _text(item["output"])}]
    if kind == "function_call":
        function = {"name": item["name"], "arguments": item["arguments"]}
        calls = [{"id": item["call_id"], "type": "function", "function": function}]
        return [{"role": "assistant", "content": None, "tool_calls": calls}]
    return [{"role": item["role"], "content": _text(item["content"])}]


def _text(content):
    return content if isinstance(content, str) else "".join(part.get("text", "") for part in content)


def reply(said, model, usage):
    """A response that says a text (str) or makes calls (a list of calls, texts, and items as they are)."""
    output = [_item(number, one) for number, one in enumerate([said] if isinstance(said, str) else said)]
    counts = {"input_tokens": usage["prompt_tokens"], "output_tokens": usage["completion_tokens"]}
    details = {
        "input_tokens_details": {"cached_tokens": 0, "cache_write_tokens": 0},
        "output_tokens_details": {"reasoning_tokens": 0},
    }
    return {
        "id": f"resp_{time.monotonic_ns()}",
        "object": "response",
        "created_at": 1,
        "status": "completed",
        "model": model,
        "output": output,
        "error": None,
        "incomplete_details": None,
        "instructions": None,
        "metadata": {},
        "parallel_tool_calls": True,
        "temperature": 1.0,
        "tool_choice": "auto",
        "tools": [],
        "top_p": 1.0,
        "usage": {**counts, **details, "total_tokens": usage["total_tokens"]},
    }


def _item(number, one):
    if isinstance(one, str):
        part = {"type": "output_text", "text": one, "annotations": []}
        return {"type": "message", "id": f"msg_{number}", "status": "completed", "role": "assistant", "content": [part]}
    if "type" in one:
        return one
    arguments = one["arguments"] if isinstance(one["arguments"], str) else json.dumps(one["arguments"])
    called = {"call_id": one["id"], "name": one["name"], "arguments": arguments}
    return {"type": "function_call", "id": f"fc_{number}", "status": "completed", **called}


def events(whole):
    """The events of a streamed response."""
    begun = {**whole, "status": "in_progress", "output": [], "usage": None}
    found = [{"type": "response.created", "response": begun}]
    for index, item in enumerate(whole["output"]):
        place = {"item_id": item["id"], "output_index": index}
        if item["type"] == "message":
            [part] = item["content"]
            found.append({"type": "response.output_item.added", **place, "item": {**item, "content": []}})
            place = {**place, "content_index": 0}
            found.append({"type": "response.content_part.added", **place, "part": {**part, "text": ""}})
            middle = len(part["text"]) // 2
            for delta in (part["text"][:middle], part["text"][middle:]):
                found.append({"type": "response.output_text.delta", **place, "delta": delta})
            found.append({"type": "response.output_text.done", **place, "text": part["text"]})
            found.append({"type": "response.content_part.done", **place, "part": part})
        elif item["type"] == "reasoning":
            found.append({"type": "response.output_item.added", **place, "item": {**item, "summary": []}})
            for number, part in enumerate(item["summary"]):
                summary = {**place, "summary_index": number}
                found.append({"type": "response.reasoning_summary_text.delta", **summary, "delta": part["text"]})
        else:
            found.append({"type": "response.output_item.added", **place, "item": {**item, "arguments": ""}})
            found.append({"type": "response.function_call_arguments.delta", **place, "delta": item["arguments"]})
            done = {"type": "response.function_call_arguments.done", **place, "arguments": item["arguments"]}
            found.append(done)
        found.append({"type": "response.output_item.done", "output_index": index, "item": item})
    found.append({"type": "response.completed", "response": whole})
    return [{**event, "sequence_number": number} for number, event in enumerate(found)]
