"""The inputs that `bench` measures: real files of the standard library, and texts that break tools.

Deterministic for one Python version. Builds messages and says how far to compress them; measures nothing.
"""

from __future__ import annotations

import json
import random
import re
import sysconfig
from base64 import b64encode
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

TRIGGER_SHARE, TARGET_SHARE = 0.5, 0.3
SLICE = 100_000  # characters; tiktoken is given no longer text at once
QUESTION = "What does JSONDecoder.raw_decode return, and where does TextWrapper split long words?"

Message = dict[str, Any]


@dataclass(frozen=True)
class Case:
    """A conversation and the tokens of its part that has to stay (a long question)."""

    messages: list[Message]
    must_stay: int = 0

    def limits(self, tokens: int) -> tuple[int, int]:
        """Trigger and target for that many tokens: shares of what may go, on top of what has to stay."""
        free = tokens - self.must_stay
        return self.must_stay + int(free * TRIGGER_SHARE), self.must_stay + int(free * TARGET_SHARE)


def count(encoding: Any, text: str) -> int:
    """The plain tiktoken pass that everything is compared with."""
    slices = (text[start : start + SLICE] for start in range(0, len(text), SLICE))
    return sum(len(encoding.encode(piece, disallowed_special=())) for piece in slices)


def count_all(encoding: Any, messages: list[Message]) -> int:
    return sum(count(encoding, message["content"]) for message in messages)


def source_files() -> Iterator[tuple[str, str]]:
    """Path and text of the standard library's modules in a fixed shuffle; json and textwrap come first."""
    root = Path(sysconfig.get_path("stdlib"))
    paths = [path for path in sorted(root.rglob("*.py")) if "site-packages" not in path.parts]
    random.Random(0).shuffle(paths)
    asked = {"json/decoder.py", "textwrap.py"}
    paths.sort(key=lambda path: path.relative_to(root).as_posix() not in asked)
    for path in paths:
        text = path.read_text(encoding="utf-8", errors="replace")
        if text.strip():
            yield path.relative_to(root).as_posix(), text


def files(tokens: int, encoding: Any) -> Case:
    """An agent that read files, every third one pasted by the user, and a question at the end."""
    messages = [say("system", "You are a coding agent."), say("user", "Read the files, then I will ask.")]
    total = 0
    for number, (path, text) in enumerate(source_files()):
        cost = count(encoding, text)
        if total + cost > tokens * 1.1:
            continue
        messages += pasted(path, text) if number % 3 == 2 else read(number, path, text)
        total += cost
        if total >= tokens * 0.98:
            break
    return Case([*messages, say("assistant", "I have read them."), say("user", QUESTION)])


def say(role: str, text: str) -> Message:
    return {"role": role, "content": text}


def pasted(path: str, text: str) -> list[Message]:
    return [say("user", f"# {path}\n{text}"), say("assistant", "Seen.")]


def read(number: int, path: str, text: str) -> list[Message]:
    """A tool call and its result."""
    function = {"name": "read_file", "arguments": json.dumps({"path": path})}
    call = {"id": f"call_{number}", "type": "function", "function": function}
    return [
        # With content None, as agents send it too, litellm.compress crashes and there is nothing to compare.
        {"role": "assistant", "content": f"Reading {path}.", "tool_calls": [call]},
        {"role": "tool", "tool_call_id": call["id"], "content": text},
    ]


def tiny(number: int, _encoding: Any) -> Case:
    """So many messages of about ten tokens."""
    chance, roles = random.Random(0), ("user", "assistant")
    words = re.findall(r"\w+", "the build of module is now green again after change fix test on host run took")
    texts = (" ".join(chance.choices(words, k=8)) + f" {index}" for index in range(number))
    messages = [say(roles[index % 2], text) for index, text in enumerate(texts)]
    return Case([*messages, say("user", "Which run took the longest after change 4321?")])


def long_query(encoding: Any) -> Case:
    """100,000 tokens of files, and a last message of 50,000 words, many of them in the files."""
    words = [word for _, text in source_files() for word in re.findall(r"[A-Za-z_]{3,20}", text)]
    question = " ".join(random.Random(0).choices(sorted(set(words)), k=50_000))
    messages = files(100_000, encoding).messages[:-1]
    return Case([*messages, say("user", question)], must_stay=count(encoding, question))


def blob(make: Callable[[], str], _encoding: Any) -> Case:
    """One huge text in the middle, a reply and a question after it."""
    return Case(
        [
            say("system", "You are a helpful assistant."),
            say("user", "I will paste something long."),
            say("assistant", "Go ahead."),
            say("user", make()),
            say("assistant", "I have read it."),
            say("user", "What stands in it about order 77341?"),
        ]
    )


def base64_text() -> str:
    return b64encode(random.Random(0).randbytes(750_000)).decode()


def json_line() -> str:
    """Records of a shop, 1.2 MB on one line."""
    chance = random.Random(0)
    states = "open", "paid", "sent", "returned"
    rows = [
        {
            "order": 70_000 + index,
            "state": chance.choice(states),
            "total": chance.randrange(10**6) / 100,
            "customer": {"id": chance.randrange(10**5), "city": chance.choice(["Oslo", "Lima", "Pune"])},
        }
        for index in range(12_600)
    ]
    return json.dumps(rows)


def chinese() -> str:
    """300,000 characters of sentences, no spaces."""
    chance = random.Random(0)
    text = "我们 今天 讨论 订单 系统 的 问题 客户 已经 付款 但是 货物 没有 发出 需要 检查 仓库 数据"
    words = text.split()
    sentences = []
    size = 0
    while size < 300_000:
        sentences.append("".join(chance.choices(words, k=chance.randrange(6, 16))) + "。")
        size += len(sentences[-1])
    return "".join(sentences)[:300_000]


def log_lines() -> str:
    """1 MB of a service's log: requests that come in, calls of a database, a failure now and then."""
    chance = random.Random(0)
    lines: list[str] = []
    size = 0
    while size < 1_000_000:
        at, order = len(lines), 70_000 + chance.randrange(10_000)
        level, said = chance.choices(
            [
                ("INFO", f"GET /orders/{order} 200 in {chance.randrange(900)} ms"),
                ("DEBUG", f"SELECT * FROM orders WHERE id = {order} took {chance.randrange(90)} ms"),
                ("INFO", f"worker {chance.randrange(8)} sent mail {chance.randrange(10**6):06x} for order {order}"),
                ("ERROR", f"TimeoutError: payment of order {order} failed after 3 attempts"),
            ],
            [60, 30, 9, 1],
        )[0]
        clock = f"{at // 36_000 % 24:02}:{at // 600 % 60:02}:{at // 10 % 60:02}.{at % 10}00"
        lines.append(f"2026-11-21 {clock} {level} [req-{chance.randrange(16**6):06x}] {said}\n")
        size += len(lines[-1])
    return "".join(lines)


_LANGUAGES = (
    ("订单 系统 客户 已经 付款 但是 货物 没有 发出 需要 检查 仓库 数据", "", "。"),
    ("注文 は まだ 発送 されて いません 倉庫 の データ を 確認 して ください", "", "。"),
    ("주문 시스템 고객 이미 결제 했지만 상품 아직 발송 되지 않았습니다 창고 확인", " ", ". "),
    ("لم يتم إرسال الطلب بعد يجب على المستودع أن يراجع بيانات العميل والدفع", " ", ". "),
    ("заказ ещё не отправлен склад должен проверить данные клиента и оплату", " ", ". "),
    ("die Bestellung wurde noch nicht verschickt das Lager muss die Daten prüfen", " ", ". "),
    ("ऑर्डर अभी तक नहीं भेजा गया है गोदाम को ग्राहक का डेटा जांचना चाहिए", " ", "। "),
    ("το δέμα δεν έχει σταλεί ακόμη η αποθήκη πρέπει να ελέγξει τα στοιχεία", " ", ". "),
)


def languages(_encoding: Any) -> Case:
    """Texts of 4,000 characters in eight languages and six scripts, 480,000 characters together."""
    chance = random.Random(0)
    messages = [say("system", "You are a helpful assistant.")]
    for number in range(120):
        words, space, stop = _LANGUAGES[number % len(_LANGUAGES)]
        text = ""
        while len(text) < 4_000:
            said = chance.choices(words.split(), k=chance.randrange(6, 16))
            text += f"{space.join(said)} {70_000 + chance.randrange(10_000)}{stop}"
        messages += [say("user", text), say("assistant", "OK.")]
    return Case([*messages, say("user", "Was wurde zur Bestellung 77341 gesagt?")])


CASES: dict[str, Callable[[Any], Case]] = {
    "files_10k": partial(files, 10_000),
    "files_100k": partial(files, 100_000),
    "files_1m": partial(files, 1_000_000),
    "files_10mb": partial(files, 2_500_000),
    "tiny_5k": partial(tiny, 5_000),
    "tiny_50k": partial(tiny, 50_000),
    "query_50k_words": long_query,
    "letters_1mb": partial(blob, lambda: "a" * 1_000_000),
    "spaces_1mb": partial(blob, lambda: " " * 1_000_000),
    "newlines_1mb": partial(blob, lambda: "\n" * 1_000_000),
    "base64_1mb": partial(blob, base64_text),
    "json_line_1.2mb": partial(blob, json_line),
    "cjk_300k": partial(blob, chinese),
    "log_1mb": partial(blob, log_lines),
    "languages_480k": languages,
}
