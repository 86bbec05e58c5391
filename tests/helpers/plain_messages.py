"""Texts, calls and results in each of the shapes; written by hand, since tests judge the package by them."""

import json

from samples import FUNCTION
from texts import make_text

SHAPES = ("openai", "anthropic", "responses", "gemini", "converse")


def said(shape, role, text):
    """What the user or the assistant says.

    >>> said("gemini", "assistant", "hi")
    {'role': 'model', 'parts': [{'text': 'hi'}]}
    """
    if shape == "responses":
        kind = "output_text" if role == "assistant" else "input_text"
        return {"type": "message", "role": role, "content": [{"type": kind, "text": text}]}
    if shape == "gemini":
        return {"role": "model" if role == "assistant" else role, "parts": [{"text": text}]}
    if shape == "converse":
        return {"role": role, "content": [{"text": text}]}
    return {"role": role, "content": text}


def talk(shape, *texts):
    """User and assistant in turn."""
    return [said(shape, ("user", "assistant")[number % 2], text) for number, text in enumerate(texts)]


def exchange(shape, name, arguments, text, call_id="call_x"):
    """A call and its result."""
    if shape == "responses":
        call = {"type": "function_call", "call_id": call_id, "name": name, "arguments": json.dumps(arguments)}
        return [call, {"type": "function_call_output", "call_id": call_id, "output": text}]
    if shape == "gemini":
        answer = {"functionResponse": {"name": name, "response": {"output": text}}}
        call = {"functionCall": {"name": name, "args": arguments}}
        return [{"role": "model", "parts": [call]}, {"role": "user", "parts": [answer]}]
    if shape == "converse":
        use = {"toolUse": {"toolUseId": call_id, "name": name, "input": arguments}}
        result = {"toolResult": {"toolUseId": call_id, "content": [{"text": text}]}}
        return [{"role": "assistant", "content": [use]}, {"role": "user", "content": [result]}]
    if shape == "anthropic":
        use = {"type": "tool_use", "id": call_id, "name": name, "input": arguments}
        result = {"type": "tool_result", "tool_use_id": call_id, "content": text}
        return [{"role": "assistant", "content": [use]}, {"role": "user", "content": [result]}]
    call = {"id": call_id, "type": "function", "function": {"name": name, "arguments": json.dumps(arguments)}}
    result = {"role": "tool", "tool_call_id": call_id, "content": text}
    return [{"role": "assistant", "content": None, "tool_calls": [call]}, result]


def agent(shape, turns=8, question="Why does settle_invoice round?", size=4000):
    """An agent that reads files; the function that is asked about is in the third one."""
    messages = [said(shape, "user", question)]
    for n in range(turns):
        function = FUNCTION if n == 2 else ""
        text = make_text("code", n, size) + function + make_text("code", n + 50, size)
        messages += exchange(shape, "read_file", {"path": f"src/module{n}.py"}, text, f"call_{n}")
    return [*messages, said(shape, "assistant", "I have read them."), said(shape, "user", question)]
