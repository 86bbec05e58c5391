"""A model that does what the last question tells it to, and conversations to ask it in.

It knows nothing but the request: `do=retrieve` in the question makes it ask for the first key that it is shown.
"""

import random
import re

from protocol_server import Error, call

from compresskit import TOOL_NAME

KEY = re.compile(r"retrieve ([b-df-hj-np-tv-xz]{12,59})\]")
LOOKUP = {"name": "lookup", "description": "looks things up", "parameters": {"type": "object", "properties": {}}}
NUMBER, MASK = "123-45-6789", "(a number that was masked)"  # by the guardrail
_WORDS = ["harbour", "ledger", "winter", "copper", "letter", "garden", "engine", "paper", "silver", "window", "bridge"]


def document(name, lines=250):
    """A text whose one line of interest nothing in the question points to."""
    chance = random.Random(name)
    said = [f"{number}. The {' '.join(chance.choices(_WORDS, k=12))}." for number in range(lines)]
    said[lines // 2] = f"The passphrase of conversation {name} is {secret(name)}."
    return "\n".join(said)


def secret(name):
    return f"pass-{random.Random(f'secret {name}').getrandbits(64):016x}"


def conversation(name, do, extra=""):
    return [
        {"role": "user", "content": f"You help me, in conversation {name}."},
        {"role": "assistant", "content": "Gladly."},
        {"role": "user", "content": document(name) + extra},
        {"role": "assistant", "content": "I have read it."},
        {"role": "user", "content": f"Now go on. do={do}"},
    ]


def texts(message):
    """All texts of a message in either shape, those of tool results too."""
    content = message.get("content")
    if isinstance(content, str):
        return [content]
    found = []
    for part in content or ():
        inner = part.get("text", part.get("content"))
        found += [inner] if isinstance(inner, str) else [piece["text"] for piece in inner or () if "text" in piece]
    return found


def is_result(message):
    content = message.get("content")
    parts = content if isinstance(content, list) else ()
    return message["role"] == "tool" or any(part.get("type") == "tool_result" for part in parts)


def thinks(body):
    """What the model says to a request."""
    messages = body["messages"]
    start = max(at for at, one in enumerate(messages) if one["role"] == "user" and not is_result(one))
    found = re.search(r"do=(\w+)(?::(\S+))?", " ".join(texts(messages[start])))
    results = [text for one in messages[start:] if is_result(one) for text in texts(one)]
    keys = KEY.findall("\n".join(text for one in messages for text in texts(one)))
    offered = [tool.get("function", tool).get("name") for tool in body.get("tools") or []]
    may = TOOL_NAME in offered and body.get("tool_choice") not in ("none", {"type": "none"})
    return _DEEDS[found[1] if found else "answer"](keys if may else [], results, found and found[2])


def _ours(key, number=0):
    return call(TOOL_NAME, {"key": key, "query": "passphrase"}, f"ours_{number}")


def _found(results):
    return sorted(set(re.findall(r"pass-[0-9a-f]{16}", " ".join(results))))


def _retrieve(keys, results, _):
    return [_ours(keys[0])] if keys and not results else f"FOUND {_found(results)}"


def _mixed(keys, results, _):
    if keys and not results:
        return ["Both. ", _ours(keys[0]), call("lookup", {}, "theirs")]
    return f"FOUND {_found(results)} AND {'their result' in ' '.join(results)}"


def _twice(keys, results, _):
    if keys and not results:
        return ["One. ", _ours(keys[0])]
    if len(results) == 1:
        return ["Two. ", call("lookup", {}, "theirs"), _ours(keys[0], 1)]
    return f"FOUND {_found(results)} in {len(results)} results AND {'their result' in ' '.join(results)}"


def _again(keys, results, _):
    return [_ours(keys[0], len(results))] if keys else f"ENOUGH after {len(results)}"


def _foreign(keys, results, key):
    return [_ours(key)] if keys and not results else "TOLD: " + " ".join(results)


def _fails(keys, results, _):
    return [_ours(keys[0])] if keys and not results else Error(429, "too much")


def _forbidden(keys, results, _):
    return [_ours(keys[0])] if keys and not results else "FORBIDDEN words"


def _masked(keys, results, _):
    if keys and not results:
        return [call(TOOL_NAME, {"key": keys[0], "query": "number masked 123"}, "ours")]
    return "TOLD: " + " ".join(results)


_DEEDS = {
    "answer": lambda *_: "A plain answer.",
    "retrieve": _retrieve,
    "mixed": _mixed,
    "twice": _twice,
    "again": _again,
    "foreign": _foreign,
    "fails": _fails,
    "forbidden": _forbidden,
    "masked": _masked,
}
