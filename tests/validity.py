"""Judges whether a provider would accept a request: calls and results paired, in OpenAI and in Anthropic shape.

Knows the providers' rules only, and nothing of compresskit.
"""


def is_valid_openai(messages):
    """Each tool message answers a call of the turn right before it, and each call is answered.

    Calls of the last turn may be open.
    """
    waiting, called = set(), set()
    for message in messages:
        if message.get("role") == "tool":
            if message.get("tool_call_id") not in called:
                return False
            waiting.discard(message.get("tool_call_id"))
        elif waiting:
            return False
        else:
            called = {call.get("id") for call in message.get("tool_calls") or []}
            waiting = set(called)
    return True


def _ids(message, kind, name):
    content = message.get("content")
    blocks = content if isinstance(content, list) else []
    return [block.get(name) for block in blocks if isinstance(block, dict) and block.get("type") == kind]


def is_valid_anthropic(messages):
    """Each tool_result answers a tool_use of the turn right before, in the user messages that follow it.

    Calls of the last turn may be open; within a user message results stand before anything else.
    """
    waiting, called = set(), set()
    for message in messages:
        results = _ids(message, "tool_result", "tool_use_id")
        if not set(results) <= called or len(results) != len(set(results)):
            return False
        if waiting and not results:
            return False
        if results and not _results_first(message["content"]):
            return False
        waiting -= set(results)
        if not results:
            called = set(_ids(message, "tool_use", "id")) if message.get("role") == "assistant" else set()
            waiting = set(called)
    return True


def _results_first(blocks):
    kinds = [block.get("type") == "tool_result" for block in blocks]
    return kinds == sorted(kinds, reverse=True)


VALID = {"openai": is_valid_openai, "anthropic": is_valid_anthropic}
