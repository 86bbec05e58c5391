"""A conversation with secrets, and the functions that hide them; knows nothing of how hooks work."""

import json

from compresskit.hooks import redact

EMAIL, KEY = "ann.lee@example.com", "sk-live-4f9a82cd71e0"
SECRETS = (EMAIL, KEY, "bob@example.org")
hide = redact({"address": r"[\w.+-]+@[\w-]+\.[\w.]+\w", "token": r"\bsk-[\w-]{8,}"})


def log(number, lines=200):
    """A long result with a secret in every tenth line."""
    rows = [
        f"10:{n // 60:02}:{n % 60:02} request {number}-{n} of order {n * 37} took {n * 7 % 90} ms" for n in range(lines)
    ]
    return "\n".join(f"{row} for {EMAIL} ({KEY})" if n % 10 == 5 else row for n, row in enumerate(rows))


def lookup(number, text):
    """A turn of an agent in OpenAI's shape: the call of its tool, and the result."""
    function = {"name": "read_log", "arguments": json.dumps({"number": number})}
    call = {"id": f"call_{number}", "type": "function", "function": function}
    return [
        {"role": "assistant", "content": None, "tool_calls": [call]},
        {"role": "tool", "tool_call_id": f"call_{number}", "content": text},
    ]


def talk(lookups=4, lines=200):
    """Messages whose question and results hold secrets."""
    return [
        {"role": "system", "content": "You help. Questions go to bob@example.org."},
        {"role": "user", "content": f"Which requests of {EMAIL} were slow?"},
        *(message for number in range(lookups) for message in lookup(number, log(number, lines))),
        {"role": "assistant", "content": "Those above 80 ms."},
        {"role": "user", "content": f"And those with the key {KEY}?"},
    ]


def leaks(value):
    """The secrets that can be read in a value."""
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return [secret for secret in SECRETS if secret in text]
