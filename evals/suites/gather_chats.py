"""Cases of `gather` from long chats: what was said is asked for, or a question follows up what was asked before."""

from __future__ import annotations

import io
import json
import random
import re
import zipfile
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from typing import Any

Rows = Iterator[dict[str, Any]]
Message = dict[str, Any]

CHATS = "data/locomo10.zip"
FOLLOW_UPS = "mtragun-human/generation_tasks/reference.jsonl"
RATIO = 0.2
_ADVERSARIAL = 5  # the category of LoCoMo whose questions have no answer
_MOST_EVIDENCE = 4  # turns that a question needs, maximum: more are a summary
_PASSAGES = 21  # of a case of follow-ups
_SENTENCE = re.compile(r"(?<=[.!?])\s+|\n+")


def chats(read: Callable[[str], bytes], limit: int, seed: int) -> Rows:
    """Questions about a chat of two people over months (LoCoMo), in three layouts in turn.

    Each turn is a message, or each session, or all of it is one message.
    """
    rnd = random.Random(seed)
    asked = []
    with zipfile.ZipFile(io.BytesIO(read(CHATS))) as archive:
        for name in sorted(archive.namelist()):
            if not name.endswith(".json") or name.startswith("__MACOSX"):
                continue
            found = json.loads(archive.read(name))
            chat = found.get("conversation", found)
            sessions = [
                (chat.get(f"{key}_date_time", ""), chat[key])
                for key in (f"session_{number}" for number in range(1, len(chat)))
                if key in chat
            ]
            turns = {turn["dia_id"]: turn["text"] for _, session in sessions for turn in session}
            for question in found.get("qa", ()):
                evidence = question.get("evidence") or ()
                if question.get("category") != _ADVERSARIAL and 1 <= len(evidence) <= _MOST_EVIDENCE:
                    if all(place in turns for place in evidence):
                        needs = [turns[place] for place in evidence]
                        asked.append((sessions, chat.get("speaker_a"), question["question"], needs))
    rnd.shuffle(asked)
    for number, (sessions, first, question, needs) in enumerate(asked[:limit]):
        messages = _LAYOUTS[number % len(_LAYOUTS)](sessions, first)
        messages.append({"role": "user", "content": question})
        yield {"id": str(number), "messages": messages, "needs": needs, "ratio": RATIO}


def _turns(sessions: Sequence[tuple[str, Any]], first: str) -> list[Message]:
    return [
        {"role": "user" if turn["speaker"] == first else "assistant", "content": turn["text"]}
        for _, session in sessions
        for turn in session
    ]


def _told(sessions: Sequence[tuple[str, Any]]) -> list[str]:
    return ["\n".join([date, *(f"{turn['speaker']}: {turn['text']}" for turn in said)]) for date, said in sessions]


def _sessions(sessions: Sequence[tuple[str, Any]], _: str) -> list[Message]:
    noted = {"role": "assistant", "content": "Noted."}
    return [message for text in _told(sessions) for message in ({"role": "user", "content": text}, noted)]


def _whole(sessions: Sequence[tuple[str, Any]], _: str) -> list[Message]:
    text = "\n\n".join(_told(sessions))
    return [{"role": "user", "content": text}, {"role": "assistant", "content": "I have read it."}]


_LAYOUTS = (_turns, _sessions, _whole)


def follow_ups(read: Callable[[str], bytes], limit: int, seed: int) -> Rows:
    """Questions that follow up others about passages (MTRAG), in three layouts in turn.

    The passages come before the conversation, beside the question, or as the result of a search. Needed is the sentence
    of the right passages that shares most words with the answer.
    """
    rnd = random.Random(seed)
    rows = [json.loads(line) for line in read(FOLLOW_UPS).decode().splitlines()]
    others = defaultdict(list)
    for row in rows:
        others[row["Collection"]] += [passage["text"].strip() for passage in row["contexts"]]
    rnd.shuffle(rows)
    found = 0
    for row in rows:
        right = [passage["text"].strip() for passage in row["contexts"]][:3]
        if row["answerability"] != ["ANSWERABLE"] or len(row["input"]) < 3 or not right or found >= limit:
            continue
        answer = _words(row["targets"][0]["text"])
        sentences = [part.strip() for text in right for part in _SENTENCE.split(text) if 40 <= len(part.strip()) <= 400]
        need = max(sentences, key=lambda sentence: len(_words(sentence) & answer), default="")
        if len(_words(need) & answer) < 5:
            continue
        rest = list(dict.fromkeys(text for text in others[row["Collection"]] if text not in right))
        passages = [*right, *rnd.sample(rest, min(len(rest), _PASSAGES - len(right)))]
        rnd.shuffle(passages)
        before = [
            {"role": "user" if said["speaker"] == "user" else "assistant", "content": said["text"]}
            for said in row["input"][:-1]
        ]
        messages = _PLACES[found % len(_PLACES)](passages, before, row["input"][-1]["text"])
        yield {"id": str(found), "messages": messages, "needs": [need], "ratio": RATIO}
        found += 1


def _words(text: str) -> set[str]:
    return set(re.findall(r"\w{4,}", text.lower()))


def _ahead(passages: Sequence[str], before: list[Message], question: str) -> list[Message]:
    shown = "\n\n".join(f"Document {number}:\n{text}" for number, text in enumerate(passages, 1))
    opening = [{"role": "user", "content": shown}, {"role": "assistant", "content": "What would you like to know?"}]
    return [*opening, *before, {"role": "user", "content": question}]


def _beside(passages: Sequence[str], before: list[Message], question: str) -> list[Message]:
    shown = "\n\n".join(f"[{number}] {text}" for number, text in enumerate(passages, 1))
    asked = f"Answer the question with the help of the passages.\n\n{shown}\n\nQuestion: {question}"
    return [*before, {"role": "user", "content": asked}]


def _searched(passages: Sequence[str], before: list[Message], question: str) -> list[Message]:
    function = {"name": "search_docs", "arguments": json.dumps({"query": question})}
    call = {"id": "call_0", "type": "function", "function": function}
    found = json.dumps([{"rank": number, "text": text} for number, text in enumerate(passages, 1)], ensure_ascii=False)
    return [
        *before,
        {"role": "user", "content": question},
        {"role": "assistant", "content": None, "tool_calls": [call]},
        {"role": "tool", "tool_call_id": "call_0", "content": found},
    ]


_PLACES = (_ahead, _beside, _searched)
