"""Long texts made cheaply: a kind, a seed and a size give the same text every time.

Drawing every character of a long text through hypothesis would be slow, and would look like nothing
that a conversation holds.
"""

import base64
import functools
import json
import random

WORDS = (  # noqa: SIM905
    "cache parser request invoice flight customer token budget window segment result error retry index user "
    "payload schema migration thread socket buffer latency deploy branch commit review account order stream "
    "the a of and to in that with for on is was by from are this at it as be not which after before between"
).split()
CJK = "数据库连接超时重试之后仍然失败请检查网络设置和服务器日志日本語の文章もここに入ります한국어문장"


def _words(rng, count):
    return " ".join(rng.choices(WORDS, k=count))


def _name(rng):
    return "_".join(rng.choices(WORDS[:30], k=2)) + str(rng.randrange(1000))


def _function(rng):
    name, arg = _name(rng), rng.choice(WORDS[:30])
    body = "\n".join(f"    {_name(rng)} = {arg}.{_name(rng)}({rng.randrange(99)})" for _ in range(rng.randrange(1, 7)))
    return f'def {name}({arg}):\n    """{_words(rng, 8).capitalize()}."""\n{body}\n    return {arg}\n\n'


def _class(rng):
    methods = "".join("    " + line + "\n" if line else "\n" for line in _function(rng).split("\n"))
    return f"class {_name(rng).title().replace('_', '')}:\n{methods}\n"


def _code(rng):
    return _function(rng) if rng.random() < 0.8 else _class(rng)


def _log_line(rng):
    level = rng.choices(["INFO", "DEBUG", "WARNING", "ERROR"], weights=[8, 4, 2, 1])[0]
    clock = f"2026-11-{rng.randrange(1, 29):02}T{rng.randrange(24):02}:{rng.randrange(60):02}:07.123Z"
    return f"{clock} {level} worker-{rng.randrange(9)} {_words(rng, 6)} id={rng.getrandbits(40):010x}\n"


def _record(rng):
    return {
        "id": rng.randrange(100_000),
        "name": _name(rng),
        "status": rng.choice(["open", "closed", None]),
        "tags": rng.sample(WORDS, 2),
        "amount": round(rng.random() * 900, 2),
    }


def _sentence(rng):
    return _words(rng, rng.randrange(5, 18)).capitalize() + rng.choice([". ", ". ", "? ", "! ", ".\n\n"])


def _section(rng):
    return f"## {_words(rng, 3).title()}\n\n" + "".join(_sentence(rng) for _ in range(4)) + "\n\n- one\n- two\n\n"


def _hunk(rng):
    start, path = rng.randrange(1, 900), f"src/{_name(rng)}.py"
    lines = "".join(rng.choice(" +-") + _words(rng, 5) + "\n" for _ in range(8))
    return f"diff --git a/{path} b/{path}\n--- a/{path}\n+++ b/{path}\n@@ -{start},8 +{start},8 @@\n{lines}"


def _hit(rng):
    return f"src/{_name(rng)}.py:{rng.randrange(1, 900)}:    {_words(rng, 6)}\n"


def _request(rng):
    """A line that is like many others, rarely one that is not; coloured or rewritten at times."""
    if rng.random() < 0.02:
        return f"{_words(rng, 7)}\n"
    colour = rng.choice(["", "", "\x1b[32m", " 10%\r 55%\r"])
    word = rng.choice(["GET", "POST"])
    return f"10:{rng.randrange(60):02}:07 {colour}{word} /items/{rng.randrange(9999)} 200 in {rng.randrange(90)} ms\n"


def _csv_row(rng):
    return f"{rng.randrange(9999)},{rng.choice(WORDS)},eu,{rng.choices(['ok', 'late', 'a=b'], [30, 1, 1])[0]}\n"


def _hits_of_files(rng, size):
    hits = [(rng.choice(WORDS), number) for number in range(1, size // 40 + 2)]
    return "".join(f"src/some/where/{word}.py:{number}:{_words(rng, 4)}\n" for word, number in sorted(hits))[:size]


def _folders(rng, size):
    names = ["".join(f"{rng.choice(WORDS)}.txt\n" for _ in range(30)) for _ in range(size // 200 + 1)]
    return "\n".join(f"./part{number}:\n{listed}" for number, listed in enumerate(names))[:size]


def _fill(piece):
    """The maker of a text out of pieces; cut at the size, wherever that falls."""

    def make(rng, size):
        parts, length = [], 0
        while length < size:
            parts.append(piece(rng))
            length += len(parts[-1])
        return "".join(parts)[:size]

    return make


def _json(rng, size):
    indent = rng.choice([None, 2])
    return json.dumps({"items": [_record(rng) for _ in range(size // 90 + 1)], "total": size}, indent=indent)


def _base64(rng, size):
    return base64.b64encode(rng.randbytes(size * 3 // 4)).decode()


KINDS = {
    "code": _fill(_code),
    "log": _fill(_log_line),
    "json": _json,
    "jsonl": _fill(lambda rng: json.dumps(_record(rng)) + "\n"),
    "prose": _fill(_sentence),
    "one line": lambda rng, size: _words(rng, size // 5),
    "markdown": _fill(_section),
    "cjk": _fill(lambda rng: "".join(rng.choices(CJK, k=30)) + rng.choice("。，\n")),
    "base64": _base64,
    "diff": _fill(_hunk),
    "grep": _fill(_hit),
    "hits": _hits_of_files,
    "folders": _folders,
    "requests": _fill(_request),
    "csv": lambda rng, size: ("id,word,region,state\n" + _fill(_csv_row)(rng, size)).rsplit("\n", 1)[0] + "\n",
    "html": _fill(lambda rng: f"<div class='{_name(rng)}'><p>{_words(rng, 9)}</p></div>\n"),
    "tiny lines": _fill(lambda rng: rng.choice(["x\n", "\n", "}\n", "  \n", "0\r\n"])),
    "letters": lambda rng, size: rng.choice("a \n=\t") * size,
}


@functools.lru_cache(maxsize=2_000)
def make_text(kind, seed, size):
    """A text of about that many characters.

    >>> make_text("prose", 1, 60) == make_text("prose", 1, 60) != make_text("prose", 2, 60)
    True
    """
    return KINDS[kind](random.Random(f"{kind}{seed}"), size)
