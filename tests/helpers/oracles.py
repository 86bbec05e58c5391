"""Judges of a result that use none of compresskit's code, so that one mistake cannot hide in both.

They know what providers demand of a request, how a strict comparison works, and what a text costs at least.
They do not know how compresskit decides. Every walk is a loop: conversations nest deeper than Python's stack.
"""

import functools
import json
import os
import re
from collections import Counter
from importlib.util import find_spec
from pathlib import Path
from unittest import mock

import tiktoken
import tiktoken_ext.openai_public
from plain_messages import SHAPES, said

MARKER = re.compile(r"\[… [^\n]*")
KEY = re.compile(r"(?<![A-Za-z])([a-z]{12,59})\]$")  # a marker ends in its key
COMPLETE = re.compile(r": complete, [a-z]{12,59}\]$")
FOLD = re.compile(r"\[… (\d[\d,]*) (?:\w+ )?messages?\b")
# Is said beside a fold, where user and assistant would not take turns without it.
BESIDE_FOLD = [said(shape, "assistant", "[…]") for shape in SHAPES]
# What a provider signs, encrypts or runs itself: one changed byte, and it refuses the request.
OPAQUE = {
    "thinking", "redacted_thinking", "compaction", "server_tool_use", "web_search_tool_result",
    "code_execution_tool_result", "container_upload",
}  # fmt: skip
# Items of Responses that are encrypted, or run by the provider.
OPAQUE_ITEMS = {"reasoning", "item_reference", "compaction", "web_search_call", "hologram"}
# Pictures and the like cost what a provider estimates, not what their base64 would cost as text.
MEDIA = {
    "image",
    "image_url",
    "input_image",
    "input_audio",
    "audio",
    "file",
    "input_file",
    "document",
    "video_url",
    "inlineData",
    "inline_data",
}
# Names and addresses of things; the bound stays a bound without them.
NOT_TEXT = {
    "type",
    "id",
    "tool_call_id",
    "tool_use_id",
    "role",
    "cache_control",
    "signature",
    "data",
    "index",
    "bytes",
    "file_data",
    "encrypted_content",
}


@functools.cache
def vocabulary():
    """o200k_base out of litellm's bundle, built beside tiktoken's registry: compresskit gains nothing."""
    bundle = Path(find_spec("litellm").origin).parent / "litellm_core_utils" / "tokenizers"
    with mock.patch.dict(os.environ, {"TIKTOKEN_CACHE_DIR": str(bundle)}):
        return tiktoken.Encoding(**tiktoken_ext.openai_public.o200k_base())


@functools.lru_cache(maxsize=50_000)
def tokens(text):
    """Tokens of one text, cut into pieces where one piece would make tiktoken's regex overflow."""
    pieces = [text[at : at + 100_000] for at in range(0, len(text), 100_000)]
    return sum(len(vocabulary().encode(piece, disallowed_special=())) for piece in pieces)


def walk(value):
    """Every dict and list inside a value, itself included."""
    stack = [value]
    while stack:
        item = stack.pop()
        if isinstance(item, dict | list | tuple):
            yield item
            stack.extend(item.values() if isinstance(item, dict) else item)


def strings(value):
    """Every string inside a value, keys apart."""
    for item in walk([value]):
        yield from (leaf for leaf in (item.values() if isinstance(item, dict) else item) if isinstance(leaf, str))


def _readable(message):
    """The strings that a model surely reads: texts, names and arguments, no pictures, no addresses."""
    stack = [message]
    while stack:
        item = stack.pop()
        if isinstance(item, str):
            yield item
        elif isinstance(item, list):
            stack.extend(item)
        elif isinstance(item, dict) and _is_plain_document(item):
            stack += [item["source"]["data"], {**item, "source": None}]
        elif isinstance(item, dict) and str(item.get("type")) not in OPAQUE:
            apart = NOT_TEXT | MEDIA | {"source"} if str(item.get("type")) in MEDIA else NOT_TEXT
            stack.extend(value for name, value in item.items() if name not in apart)


def _is_plain_document(item):
    source = item.get("source")
    return (
        item.get("type") == "document"
        and isinstance(source, dict)
        and isinstance(source.get("data"), str)
        and source.get("type") == "text"
    )


def cost(messages, tools=None):
    """A request costs at least this many tokens: each text once, three a message, and the tools' texts."""
    texts = [text for message in messages for text in _readable(message)]
    texts += _readable(tools or [])
    return sum(map(tokens, texts)) + 3 * len(messages)


def unseen(messages):
    """What `cost` leaves out at most: structures that are no plain text, counted as JSON; 0 for plain text.

    >>> unseen([{"role": "user", "content": [{"type": "text", "text": "hello"}]}])
    0
    """
    plain = {"text", "tool_result", "input_text", "output_text", "refusal", "message"}
    parts = [item for item in walk(messages) if isinstance(item, dict) and str(item.get("type", "text")) not in plain]
    untyped = [message.get(name) for message in messages for name in ("content", "parts")]
    for inner in untyped:
        found = inner if isinstance(inner, list) else []
        parts += [part for part in found if isinstance(part, dict) and "type" not in part and set(part) != {"text"}]
    fields = [value for message in messages for name, value in message.items() if name not in ("content", "parts")]
    parts += [value for value in fields if isinstance(value, dict | list)]
    return sum(tokens(json.dumps(part)) for part in parts)


def difference(left, right):
    """Where two values differ, in type, order or content; None where they are the same.

    >>> difference([1, {"a": True}], [1, {"a": 1}])
    '[1]["a"]: True is not 1'
    """
    stack = [("", left, right)]
    while stack:
        path, one, other = stack.pop()
        if type(one) is not type(other):
            return f"{path}: {_short(one)} is not {_short(other)}"
        if isinstance(one, dict | list):
            names = list(one) if isinstance(one, dict) else range(len(one))
            others = list(other) if isinstance(other, dict) else range(len(other))
            if list(names) != list(others):
                return f"{path}: has {_short(list(names))}, not {_short(list(others))}"
            stack.extend((_at(path, name), one[name], other[name]) for name in names)
        elif one != other if isinstance(one, str) else repr(one) != repr(other):  # NaN is not NaN, -0.0 is 0.0
            return f"{path}: {_short(one)} is not {_short(other)}"
    return None


def _at(path, name):
    return f'{path}["{name}"]' if isinstance(name, str) else f"{path}[{name}]"


def _short(value):
    text = f"{type(value).__name__} of {len(value)}" if isinstance(value, dict | list) else repr(value)
    return text if len(text) < 200 else text[:90] + " ... " + text[-90:]


def shared(left, right):
    """The containers that two values have in common: changing the one would change the other."""
    known = {id(item) for item in walk(left)}
    return [item for item in walk(right) if id(item) in known and item != ()]


def alignment(before, after):
    """For each message after, the run of messages before it stands for; None where order or roles changed.

    >>> alignment([{"role": "user", "content": "a"}] * 3, [{"role": "user", "content": "[… 3 messages …]"}])
    [range(0, 3)]
    """
    # reached[n]: the places in `before` that the first n messages can come to, and from where
    reached = [{0: None}]
    for number, message in enumerate(after):
        beside_fold = message in BESIDE_FOLD and any(map(_is_fold, after[max(0, number - 1) : number + 2]))
        step = {}
        for place in reached[-1]:
            own = not beside_fold or before[place : place + 1] == [message]  # or it was said in the conversation itself
            for end in [*(_ends(before, place, message) if own else []), *([place] if beside_fold else [])]:
                step.setdefault(end, place)
        reached.append(step)
    if len(before) not in reached[-1]:
        return None
    runs, end = [], len(before)
    for step in reversed(reached[1:]):
        runs.append(range(step[end], end))
        end = step[end]
    return runs[::-1]


def _is_fold(message):
    text = first_text(message)
    folds = isinstance(text, str) and any(message == said(shape, "user", text) for shape in SHAPES)
    return FOLD.match(text) if folds else None


def first_text(message):
    """The text of a message that says one text, or of its first part; None where there is none."""
    content = message.get("content", message.get("parts"))
    part = content[0] if isinstance(content, list) and content else None
    return part.get("text") if isinstance(part, dict) else content


def _speaks(message):
    return message.get("role"), message.get("type")


def _ends(before, place, message):
    fold = _is_fold(message)
    if place < len(before) and _speaks(before[place]) == _speaks(message):
        yield place + 1
    if fold and place + int(fold[1].replace(",", "")) <= len(before):
        yield place + int(fold[1].replace(",", ""))


def markers(before, after):
    """The markers that stand in `after` and were no text of `before`."""
    old = Counter(found for text in strings(before) for found in MARKER.findall(text))
    new = Counter(found for text in strings(after) for found in MARKER.findall(text))
    return sorted((new - old).elements())


def visible_keys(before, after):
    """The keys that the markers of a result name."""
    found = (KEY.search(marker) for marker in markers(before, after))
    return sorted({match[1] for match in found if match})


def asking_markers(before, after):
    """The markers of a result that stand for what was left out; that of a complete short form leaves nothing out."""
    return [marker for marker in markers(before, after) if not COMPLETE.search(marker)]


def asked_keys(before, after):
    """The keys under which markers of a result hold what was left out."""
    found = (KEY.search(marker) for marker in asking_markers(before, after))
    return sorted({match[1] for match in found if match})


def opaque(messages):
    """The blocks, parts and items which nobody may touch, in order."""
    blocks = []
    for message in messages:
        content = message.get("content", message.get("parts"))
        for block in [message, *(content if isinstance(content, list) else [])]:
            if isinstance(block, dict) and _is_opaque(block):
                blocks.append(block)
    return blocks


def _is_opaque(block):
    signed = ("thoughtSignature", "thought_signature", "thought", "reasoningContent")
    kind = str(block.get("type"))
    return kind in OPAQUE or ("role" not in block and kind in OPAQUE_ITEMS) or any(map(block.get, signed))
