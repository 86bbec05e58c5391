"""The metrics: their names, units and labels, and what is recorded at a compression and at a retrieval.

A label has a bounded number of values, also the name of a model, which a proxy's clients may choose freely.
``docs/telemetry.md`` has the metrics as a table, which a test compares with what an SDK collects.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from threading import Lock
from typing import TYPE_CHECKING

from ..prices import prices_for

if TYPE_CHECKING:
    from opentelemetry.metrics import Histogram, Meter

    from .._observer import Method, Outcome
    from ..result import Compressed

MODEL = "gen_ai.request.model"
METHOD = "compresskit.method"
OUTCOME = "compresskit.retrieval.outcome"

_PER_DOLLAR = 10**12  # prices are micro-dollars per million tokens
_REQUEST_TOKENS = [1 << power for power in range(8, 22)]  # bounds of buckets: 256, 512, … 2,097,152 tokens
_ANSWER_TOKENS = [32, 64, 128, 256, 512, 1024, 2048, 4096]  # an answer has at most 4,000 tokens by default
_RATIOS = [tenth / 10 for tenth in range(10)] + [0.95]
_SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0]
OTHER = "other"
MAX_KNOWN = 100  # models with a known price that have a label of their own, maximum
MAX_UNKNOWN = 20  # other models that have one, maximum; few, since a client can make up any number of names
_NAME = re.compile(r"[A-Za-z0-9_.:/@+-]{1,100}")  # the name of a model, a type or a call; no text has only these


class Metrics:
    """The instruments of one meter. Labels are bounded by the caller."""

    def __init__(self, meter: Meter) -> None:
        def histogram(name: str, unit: str, what: str, bounds: list[float] | list[int]) -> Histogram:
            return meter.create_histogram(name, unit, what, explicit_bucket_boundaries_advisory=bounds)

        self._requests = meter.create_counter("compresskit.requests", "{request}", "Requests, compressed or not.")
        self._before = histogram("compresskit.tokens.before", "{token}", "Tokens of a request before.", _REQUEST_TOKENS)
        self._after = histogram("compresskit.tokens.after", "{token}", "Tokens of a request after.", _REQUEST_TOKENS)
        self._ratio = histogram(
            "compresskit.compression.ratio", "1", "Share of a request's tokens that was taken out.", _RATIOS
        )
        self._duration = histogram("compresskit.compression.duration", "s", "Time of a compression.", _SECONDS)
        self._cost_before = meter.create_counter(
            "compresskit.cost.before", "USD", "Input price of the tokens before, without prompt caching."
        )
        self._cost_after = meter.create_counter(
            "compresskit.cost.after", "USD", "Input price of the tokens after, without prompt caching."
        )
        self._retrievals = meter.create_counter("compresskit.retrievals", "{retrieval}", "Retrievals of originals.")
        self._answer_tokens = histogram(
            "compresskit.retrieval.tokens", "{token}", "Tokens of the answer to a retrieval.", _ANSWER_TOKENS
        )
        self._answer_duration = histogram("compresskit.retrieval.duration", "s", "Time of a retrieval.", _SECONDS)

    def compressed(self, model: str, method: str, result: Compressed, seconds: float) -> None:
        labels = {MODEL: model, METHOD: method}
        self._requests.add(1, labels)
        self._duration.record(seconds, labels)
        self._before.record(result.original_tokens, labels)
        self._after.record(result.compressed_tokens, labels)
        self._ratio.record(result.compression_ratio, labels)
        prices = prices_for(result.model)
        if prices.known:
            self._cost_before.add(result.original_tokens * prices.input / _PER_DOLLAR, labels)
            self._cost_after.add(result.compressed_tokens * prices.input / _PER_DOLLAR, labels)

    def skipped(self, model: str, method: Method) -> None:
        self._requests.add(1, {MODEL: model, METHOD: method})

    def failed(self, model: str, seconds: float) -> None:
        labels = {MODEL: model, METHOD: "error"}
        self._requests.add(1, labels)
        self._duration.record(seconds, labels)

    def retrieved(self, model: str | None, outcome: Outcome | str, tokens: int | None, seconds: float) -> None:
        labels = {OUTCOME: outcome} if model is None else {MODEL: model, OUTCOME: outcome}
        self._retrievals.add(1, labels)
        self._answer_duration.record(seconds, labels)
        if tokens is not None:
            self._answer_tokens.record(tokens, labels)


def is_name(value: object) -> bool:
    """Whether a value can be recorded as it is, because it is a name and no text.

    >>> is_name("bedrock/us.anthropic.claude-opus-4-7-v1:0"), is_name("Mr Smith's password"), is_name(None)
    (True, False, False)
    """
    return isinstance(value, str) and _NAME.fullmatch(value) is not None


def name_or_other(value: object) -> str:
    """A name as it is, and "other" for anything else. The number of values is not bounded: for spans alone."""
    return value if isinstance(value, str) and is_name(value) else OTHER


class ModelNames:
    """The label of each model. It is the same for the life of a process, and safe to use from several threads.

    >>> names = ModelNames(["mine"])
    >>> names.label("mine"), names.label("gpt-4o"), names.label("a text of a user")
    ('mine', 'gpt-4o', 'other')
    """

    def __init__(self, listed: Iterable[str]) -> None:
        self._own = set(listed)
        self._left = {True: MAX_KNOWN, False: MAX_UNKNOWN}  # free labels, by whether a price is known
        self._lock = Lock()

    def label(self, model: object) -> str:
        """The model's name, or "other" if it is not a name or too many other models have one."""
        name = name_or_other(model)
        if name == OTHER or name in self._own:
            return name
        known = prices_for(name).known
        with self._lock:
            if name not in self._own:
                if not self._left[known]:
                    return OTHER
                self._left[known] -= 1
                self._own.add(name)
        return name
