"""Shrinkers without a model: one that is fair, one that is as bad as it can be. Both the same for the same input."""

import hashlib

from compresskit.shrink.must_stay import items
from compresskit.shrink.whole_words import Span, Words
from compresskit.tokens.measure import measure_for

count = measure_for("", None).count


class Fair:
    """Leaves out every so many words, and nothing that must stay."""

    identity = "fair"

    def __init__(self):
        self.calls = []

    def shrink(self, texts, budgets, query):
        self.calls.append((texts, budgets, query))
        return [self.one(text, budget, query) for text, budget in zip(texts, budgets, strict=True)]

    def one(self, text, budget, query):
        words = Words(text, [Span(item.start, item.end) for item in items(text, query)])
        for share in range(9, 0, -1):
            chosen = [span for number, span in enumerate(words.spans) if number % 10 < share]
            if count(shorter := words.chosen(chosen)) <= budget:
                return shorter
        return ""


class Bad(Fair):
    """Does something else with each text: mostly nothing that may be used."""

    identity = "bad"

    def __init__(self, marker_keys=("bcdfghjklmnp",)):
        super().__init__()
        self.keys = marker_keys

    def shrink(self, texts, budgets, query):
        results = super().shrink(texts, budgets, query)
        whole = hashlib.sha256(repr((texts, budgets)).encode()).digest()[0]
        if whole % 8 == 0:
            raise RuntimeError(texts[0])
        if whole % 8 == 1:
            return results[1:]
        if whole % 8 == 2:
            return None
        texts.clear()  # what it was given is not ours any more
        return [self.spoilt(result, number) for number, result in enumerate(results)]

    def spoilt(self, text, number):
        key = self.keys[number % len(self.keys)]
        what = hashlib.sha256(text.encode("utf-8", "replace")).digest()[0] % 9
        return [
            text,
            text,
            f"[… shortened: retrieve {key}]\n{text}",
            f"{text}\n[… lines 1-2: retrieve {key}]\n",
            text * 30,
            "",
            7,
            text[: len(text) // 3],
            f"\n\n {text} \x00",
        ][what]
