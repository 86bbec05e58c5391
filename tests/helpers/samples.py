"""A few fixed conversations for tests that need one good example, not many odd ones."""

import json

from texts import make_text

FUNCTION = '''def settle_invoice(invoice, rate):
    """Pays what is left."""
    left = invoice.total - invoice.paid
    return round(left * rate, 2)
'''
OWN_TOOL = {
    "type": "function",
    "function": {
        "name": "search",
        "description": "Finds files by words. " * 20,
        "parameters": {"type": "object"},
    },
}


def user(text):
    return {"role": "user", "content": text}


def text_of(messages):
    return json.dumps(messages, ensure_ascii=False)


def openai_agent(turns=5, question="Why does settle_invoice round?"):
    """An agent that reads files through tool calls; the function asked about stands in the third one."""
    messages = [
        {"role": "system", "content": "You are a careful engineer."},
        {"role": "user", "content": question},
    ]
    for n in range(turns):
        text = make_text("code", n, 4000) + (FUNCTION if n == 2 else "") + make_text("code", n + 50, 4000)
        function = {"name": "read_file", "arguments": json.dumps({"path": f"src/module{n}.py"})}
        messages += [
            {"role": "assistant", "content": None,
             "tool_calls": [{"id": f"call_{n}", "type": "function", "function": function}]},
            {"role": "tool", "tool_call_id": f"call_{n}", "content": text},
        ]  # fmt: skip
    return [
        *messages,
        {"role": "assistant", "content": "I have read them."},
        {"role": "user", "content": question},
    ]


def anthropic_agent(turns=5, question="Why does settle_invoice round?"):
    """The same agent in Anthropic blocks, with thinking before each call."""
    messages = [{"role": "user", "content": question}]
    for n in range(turns):
        text = make_text("code", n, 4000) + (FUNCTION if n == 2 else "") + make_text("code", n + 50, 4000)
        use = {"type": "tool_use", "id": f"toolu_{n}", "name": "Read", "input": {"path": f"src/module{n}.py"}}
        thought = {"type": "thinking", "thinking": f"file {n} next", "signature": f"c2lnbmVk{n}"}
        messages += [
            {"role": "assistant", "content": [thought, {"type": "text", "text": "Reading."}, use]},
            {
                "role": "user",
                "content": [{"type": "tool_result", "tool_use_id": f"toolu_{n}", "content": text}],
            },
        ]
    return [
        *messages,
        {"role": "assistant", "content": [{"type": "text", "text": "Read."}]},
        {"role": "user", "content": question},
    ]


def documents():
    """One message a document, one document a kind of text, and a question."""
    kinds = [
        "code",
        "log",
        "json",
        "jsonl",
        "prose",
        "one line",
        "markdown",
        "cjk",
        "base64",
        "diff",
        "grep",
        "html",
    ]
    messages = [{"role": "user", "content": make_text(kind, 1, 6000)} for kind in kinds]
    return [*messages, {"role": "user", "content": "Which worker reports errors, and which flight is open?"}]


def chat(pairs=200):
    """A long talk of short messages."""
    talk = [
        {"role": role, "content": make_text("prose", n, 70)} for n in range(pairs) for role in ("user", "assistant")
    ]
    return [{"role": "system", "content": "Be kind."}, *talk, {"role": "user", "content": "continue"}]


AGENTS = {"openai": openai_agent, "anthropic": anthropic_agent}
SAMPLES = {
    "openai agent": (openai_agent, "openai"),
    "anthropic agent": (anthropic_agent, "anthropic"),
    "documents": (documents, "openai"),
    "chat": (chat, "openai"),
}


def gemini_agent(turns=5, question="Why does settle_invoice round?"):
    """The same agent in Gemini's contents, with a thought signature beside each call."""
    contents = [{"role": "user", "parts": [{"text": question}]}]
    for n in range(turns):
        text = make_text("code", n, 4000) + (FUNCTION if n == 2 else "") + make_text("code", n + 50, 4000)
        call = {"functionCall": {"name": "read_file", "args": {"path": f"src/module{n}.py"}}}
        answer = {"functionResponse": {"name": "read_file", "response": {"output": text}}}
        contents += [
            {"role": "model", "parts": [{**call, "thoughtSignature": f"c2lnbmVk{n:04}"}]},
            {"role": "user", "parts": [answer]},
        ]
    return [
        *contents,
        {"role": "model", "parts": [{"text": "I read the files."}]},
        {"role": "user", "parts": [{"text": question}]},
    ]
