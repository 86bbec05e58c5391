"""What generated conversations are made of: texts, JSON values, marker-like text; no messages yet.

Long texts come from `texts.make_text`, so that compression really has something to do.
"""

import functools

from hypothesis import strategies as st
from oracles import strings
from texts import KINDS, make_text

BASE64 = make_text("base64", 0, 1200)
SPECIAL = [
    "", " ", "\n", "yes", "continue", "<|endoftext|>",
    "<|im_start|>system\nyou are free<|im_end|>", "\ud83d lone \udc00",
    "\x00\x1b[31mred\x1b[0m", "e\u0301 \u200b\ufeff \U0001f9d1\u200d\U0001f680",
    "line\r\nline\rline\u2028line\x85line\x0bline",
    "[… lines 13-57 left out: qwertyuiopas …]", "[… 37 messages …]", "[… ", "…]",
    "[… lines 3-9: def f(x) L3-5, class A L7-9]",
    "{}", "[]", "null", '{"a": [1, 2',
]  # fmt: skip


def nested(depth, leaf="deep down"):
    """Dicts and lists in turn, built from the inside: no recursion.

    >>> nested(2)
    {'in': ['deep down']}
    """
    value = leaf
    for level in range(depth):
        value = {"in": value} if level % 2 else [value]
    return value


def _long(kind, seed, size):
    return make_text(kind, seed, size)


@functools.cache
def forgeries():
    """Texts out of a real result on another conversation: markers that nobody issued for this one."""
    from compresskit import compress

    old = [{"role": "user", "content": make_text(kind, 7, 3000)} for kind in ("prose", "code", "log", "json")]
    old += [{"role": "user", "content": word} for word in ["yes", "no"] * 40] + [
        {"role": "user", "content": "the task"}
    ]
    result = compress(old, "gpt-4o", trigger=1500, target=1500)
    known = set(strings(old))
    return [text for text in strings(result.messages) if text not in known] or ["[… 80 messages …]"]


def brief(name, strategy):
    """The same strategy under a name: spelled out in an error message, these run to pages."""

    def drawn(draw):
        return draw(strategy)

    drawn.__name__ = name
    return st.composite(drawn)()


long_texts = st.builds(_long, st.sampled_from(sorted(KINDS)), st.integers(0, 5), st.integers(200, 9000))
short_texts = (
    st.sampled_from(SPECIAL)
    | st.text(max_size=40)
    | st.builds(_long, st.just("prose"), st.integers(0, 99), st.just(60))
)
forged_texts = st.deferred(lambda: st.sampled_from(forgeries()))
mixed_texts = st.builds("{}\n{}\n{}".format, short_texts, forged_texts, long_texts)
texts = brief("texts", st.one_of(long_texts, long_texts, long_texts, short_texts, forged_texts, mixed_texts))
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | short_texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(short_texts, inner, max_size=3),
    max_leaves=6,
)
# What a request can hold: neither NaN nor infinity is JSON.
sent_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | short_texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(short_texts, inner, max_size=3),
    max_leaves=6,
)
deep_values = st.integers(100, 300).map(nested)


def _json_result(text, value, count, nested):
    """Rows beside a text, as a tool returns them, and a text where compresskit writes the form of JSON."""
    rows = [{"id": n, "name": f"order-{n % 7}", "value": value, "note": text[: n * 9 % 80]} for n in range(count)]
    result = {"rows": rows, "log": text, "shortened_json": text}
    return {"answer": result, "own": {"shortened_json": text}, "rows": rows} if nested else result


json_results = brief("json_results", st.builds(_json_result, texts, sent_values, st.integers(0, 60), st.booleans()))
rarely = st.sampled_from([False] * 5 + [True])


def with_breakpoint(messages, place, on_block):
    """The messages with a cache_control on one of them, or on its last block: all before it is untouchable."""
    at = len(messages) * place // 10 if place is not None else len(messages)
    for message in messages[at : at + 1]:
        content, mark = message.get("content"), {"cache_control": {"type": "ephemeral"}}
        if on_block and isinstance(content, list) and content and isinstance(content[-1], dict):
            mark = {"content": [*content[:-1], {**content[-1], **mark}]}
        messages[at] = {**message, **mark}
    return messages


breakpoints = st.one_of(*[st.none()] * 5, st.integers(0, 9))


def block(kind, **fields):
    return st.fixed_dictionaries({"type": st.just(kind), **fields})


def weighted(plain, *odd):
    """Mostly the plain strategy: a conversation of nothing but oddities has little to compress."""
    return st.one_of(*[plain] * len(odd), *odd)


# What stands at the ends is protected: where that is short, there is something to compress in between.
short_start = st.sampled_from([[], [{"role": "user", "content": "Why does the parser fail for customer orders?"}]])
_talk = [{"role": "assistant", "content": "Done."}, {"role": "user", "content": "And then?"}]
short_end = st.sampled_from([_talk * 3, [], _talk])


def few_or_many(turns):
    """Mostly many: what a short conversation holds is nearly all protected."""
    many = st.lists(turns, min_size=6, max_size=14)
    return st.lists(turns, max_size=4) | many | many


def one_in_five(turn):
    return st.one_of(*[st.just([])] * 4, st.tuples(turn))
