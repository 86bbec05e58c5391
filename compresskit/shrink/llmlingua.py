"""LLMLingua-2, LLMLingua and LongLLMLingua (the extra `compresskit[llmlingua]`) as shrinkers.

The llmlingua package chooses the tokens that may go. This module keeps words whole, keeps what must stay, and meets the
budget. Models are loaded when they are first needed, from the Hugging Face hub or a folder.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from importlib.util import find_spec
from typing import Protocol, get_args

from ..errors import InvalidArgument, check_name, shown
from ..tokens.measure import measure_for
from ..types import Counter
from .choices import Dtype, Method
from .must_stay import items
from .whole_words import Span, Words
from .working import counted, remaining, waiting, warn_once

# The defaults of the llmlingua package: for LLMLingua-2 the model of its README, for the others that of
# PromptCompressor, which has 7 billion parameters. On a CPU, a small model is fast enough and judges less well.
UPSTREAM_MODELS: dict[Method, str] = {
    "llmlingua2": "microsoft/llmlingua-2-xlm-roberta-large-meetingbank",
    "llmlingua": "NousResearch/Llama-2-7b-hf",
    "longllmlingua": "NousResearch/Llama-2-7b-hf",
}
TRIES = 5  # runs of the model for a text, maximum
_AIM = 0.96  # share of the budget that is aimed at, since a text over the budget is useless
_CLOSE = 0.92  # share of the budget that is good enough, since another try costs a run of the model
_MIN_RATE, _MAX_RATE = 0.02, 0.98


class Chooser(Protocol):
    """Chooses the parts of a text that a model would keep."""

    def choose(self, text: str, rate: float, query: str) -> list[Span]: ...


class LLMLingua:
    """A shrinker that leaves words out. It never runs code that comes with a model; the llmlingua package does by
    default.

    Args:
        model: A name on the Hugging Face hub, or a folder. By default the model that the llmlingua package uses for the
            method.
        method: "llmlingua2" (a token classifier that knows no query), "llmlingua" (the perplexity of a language model),
            or "longllmlingua" (the same, judged against the query).
        device: "cpu", "cuda", "cuda:1" or "mps". The package's default is "cuda".
        dtype: The type of the model's weights. None is the package's default: "float32" on a CPU, and the model's own
            on a GPU. "bfloat16" needs half the memory and, on a CPU that computes with it, about half the time.
        rate: The share of its tokens that a text may keep, if that is less than its budget. None: only the budget
            counts. The package's default is 0.5.
        counter: Counts the budgets. o200k_base by default.
        local_files_only: Never ask the hub.

    Raises:
        InvalidArgument: An argument is wrong, or llmlingua is not installed.
    """

    def __init__(
        self,
        model: str | None = None,
        *,
        method: Method = "llmlingua2",
        device: str = "cpu",
        dtype: Dtype | None = None,
        rate: float | None = None,
        counter: Counter | Callable[[str], int] | None = None,
        local_files_only: bool = False,
    ) -> None:
        if method not in get_args(Method):
            raise InvalidArgument(f"method is {shown(method)}; one of {', '.join(get_args(Method))} was expected.")
        if rate is not None and not (isinstance(rate, int | float) and 0 < rate < 1):
            raise InvalidArgument(f"rate is {shown(rate)}; a share of the tokens between 0 and 1 was expected.")
        check_name("device", device, "'cpu', 'cuda', 'cuda:1' or 'mps'")
        if dtype is not None and dtype not in get_args(Dtype):
            raise InvalidArgument(f"dtype is {shown(dtype)}; one of {', '.join(get_args(Dtype))} was expected.")
        if find_spec("llmlingua") is None:
            raise InvalidArgument("LLMLingua needs the llmlingua package: pip install 'compresskit[llmlingua]'.")
        self.method, self.device, self.dtype, self.rate = method, device, dtype, rate
        self.model = model or UPSTREAM_MODELS[method]
        self.local_files_only = local_files_only
        self.identity = f"llmlingua 2 {method} {self.model} {dtype} rate {rate}"  # 2: our version
        self._count = measure_for("", counter).count
        self._chooser: Chooser | None = None
        self._lock = threading.Lock()  # a model serves one text at a time

    def __repr__(self) -> str:
        return f"<LLMLingua {self.method} {self.model} on {self.device}>"

    def shrink(self, texts: list[str], budgets: list[int], query: str) -> list[str]:
        """Returns each text in fewer words, or "" if the words that must stay alone exceed the budget.

        If the model cannot be loaded, the error of transformers is raised. If it fails at a text, the result is "" for
        that text, with one warning.
        """
        with self._lock:
            chooser = self._loaded()
            pairs = list(zip(texts, budgets, strict=True))
            return [self._one(chooser, text, budget, query) for text, budget in counted(pairs, "shrinking")]

    def _loaded(self) -> Chooser:
        if self._chooser is None:
            with waiting(f"loading {self.model} …"):
                if self.method == "llmlingua2":
                    from .llmlingua_models import TokenClasses

                    self._chooser = TokenClasses(self.model, self.device, self.dtype, self.local_files_only)
                else:
                    from .llmlingua_models import Perplexity

                    aware = self.method == "longllmlingua"
                    self._chooser = Perplexity(self.model, self.device, self.dtype, self.local_files_only, aware)
        return self._chooser

    def _one(self, chooser: Chooser, text: str, budget: int, query: str) -> str:
        whole = self._count(text)
        if self.rate is not None:
            budget = min(budget, int(self.rate * whole))
        if whole <= budget:
            return text
        words = Words(text, [Span(item.start, item.end) for item in items(text, query)])
        least = self._count(words.chosen([]))
        if least > budget:
            return ""

        def at_rate(rate: float) -> str:
            remaining()
            return words.chosen(chooser.choose(text, rate, query))

        try:
            return fitted(at_rate, self._count, least, whole, budget)
        except TimeoutError:
            raise
        except Exception as error:
            warn_once(f"{self.method} failed at a text ({type(error).__name__}), which gets another form")
            return ""


def fitted(at_rate: Callable[[float], str], count: Callable[[str], int], least: int, most: int, budget: int) -> str:
    """The longest text found of at most ``budget`` tokens; "" if none is found.

    Args:
        at_rate: Returns the text at a rate between 0 and 1. A lower rate gives a text that is about as long or shorter.
        count: Counts the tokens of a text.
        least, most: The tokens at the rates 0 and 1.
        budget: The maximum of tokens.

    >>> len(fitted(lambda rate: "x" * round(100 * rate ** 0.5), len, 0, 100, 50))
    48
    """
    low, high = (0.0, least), (1.0, most)  # a rate that fits and one that does not, with their tokens
    best, best_tokens = "", 0
    over = 0
    for _ in range(TRIES):
        share = (_AIM * budget - low[1]) / max(1, high[1] - low[1])
        share *= 0.7 ** max(0, over - 1)  # over the budget again, so the curve is not straight
        rate = low[0] + (high[0] - low[0]) * min(0.95, max(0.05, share))
        text = at_rate(min(_MAX_RATE, max(_MIN_RATE, rate)))
        tokens = count(text)
        if tokens > budget:
            high, over = (rate, tokens), over + 1
            continue
        if tokens > best_tokens:
            best, best_tokens = text, tokens
        if tokens >= _CLOSE * budget:
            break
        low, over = (rate, tokens), 0
    return best
