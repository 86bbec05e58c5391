"""Whether shrinking in place helps: a small model answers multi-hop questions from the text that each arm leaves.

A question's own paragraphs are in one message, shuffled, and the question follows. Each arm brings them to a share
of the tokens (--target, 0.2 and 0.33). There is no retrieval: the reader sees the result and nothing else.

everything, nothing    the reader's own limits
head+tail              70 % of the budget from the start, 30 % from the end
excerpts               compresskit without a shrinker
llmlingua, longllmlingua, llmlingua2   upstream's choice of words alone, in whole words, within the budget
excerpts+…             compresskit with that shrinker and with its check
excerpts+self          compresskit with --self-llm

support    share of the supporting sentences that are unchanged
words      share of their different words (of three letters or more) that are left anywhere
likelihood mean log-likelihood of the answer's tokens, given the result and the question (higher is better)
exact      share of the questions for which the reader's greedy answer begins with the answer
s/1k       seconds to shrink 1,000 tokens of input
must stay  share of the tokens that no shrinker may leave out (numbers, dates, negations …); shrunk: whether any was

It needs the extra compresskit[llmlingua]. Models are folders or names on the Hugging Face hub. An arm without a model
is listed as not measured.
"""

from __future__ import annotations

import argparse
import random
import re
import sys
import time
from collections.abc import Sequence
from functools import cache, partial
from pathlib import Path
from typing import Any, NamedTuple, get_args

from compresskit import compress
from compresskit.shrink import LLMLingua, SelfLLM, Shrinking
from compresskit.shrink.llmlingua import Dtype, fitted
from compresskit.shrink.must_stay import items
from compresskit.shrink.whole_words import Span, Words
from compresskit.tokens.measure import measure_for
from evals.harness import baselines, data, engine, hub, options, reporting, spending
from evals.harness.cases import Request, Row
from evals.harness.figures import Column
from evals.harness.messages import Message, read_all
from evals.models.reader import Reader
from evals.suites.multihop_qa import FILES, NAMES, by_data_set, paragraph

ARMS = (
    *("everything", "nothing", "head+tail", "excerpts", "llmlingua", "longllmlingua", "llmlingua2"),
    *("excerpts+llmlingua", "excerpts+longllmlingua", "excerpts+llmlingua2", "excerpts+self"),
)
COLUMNS = (
    Column("tokens before", "before", "tokens"),
    Column("tokens after", "after", "tokens"),
    Column("support", "support"),
    Column("words", "words"),
    Column("likelihood", "likelihood"),
    Column("exact", "exact"),
    Column("s/1k", "seconds_per_1k"),
    Column("must stay", "must_stay"),
    Column("shrunk", "shrunk"),
)
_PATIENCE = 1_200  # seconds: a model on a CPU takes minutes for a page
_count = measure_for("", None).count


class Left(NamedTuple):
    """What an arm leaves of the paragraphs, and whether a shrunk text is in it."""

    text: str
    shrunk: float | None = None


class Models(NamedTuple):
    """Which models the arms use; each process loads those that it needs, once."""

    language_model: str | None = None
    classifier: str | None = None
    self_llm: str | None = None
    api_base: str | None = None
    reader: str | None = None
    threads: int = 1
    dtype: Dtype | None = None

    def model_of(self, arm: str) -> str | None:
        """The model that an arm needs; "" where it needs none."""
        method = arm.removeprefix("excerpts+")
        models = {"llmlingua2": self.classifier, "self": self.self_llm}
        models |= dict.fromkeys(("llmlingua", "longllmlingua"), self.language_model)
        return models.get(method, "")

    @property
    def torch(self) -> bool:
        """Whether any of them runs here."""
        return bool(self.language_model or self.classifier or self.reader)


def leave(arm: str, models: Models, request: Request, question: str) -> Left:
    """What an arm leaves of the paragraphs."""
    if arm == "nothing":
        return Left("")
    if arm in ("everything", "head+tail"):
        outcome = (baselines.everything if arm == "everything" else baselines.head_tail)(request)
        return Left(_context(list(outcome.messages)))
    method = arm.removeprefix("excerpts+")
    if arm == "excerpts":
        return _compresskit(None, request, question)
    shrinker = _shrinker(method, models)
    return (_alone if arm == method else _compresskit)(shrinker, request, question)


@cache
def _shrinker(method: str, models: Models) -> Any:
    if method == "self":
        return SelfLLM(models.self_llm, timeout=_PATIENCE, **({"api_base": models.api_base} if models.api_base else {}))
    return LLMLingua(models.model_of(method), method=method, dtype=models.dtype)  # type: ignore[arg-type]


@cache
def _reader(models: Models) -> Reader | None:
    return Reader(models.reader, models.dtype or "float32") if models.reader else None


def _context(messages: Sequence[Message]) -> str:
    return read_all(messages[:-1])


def _compresskit(shrinker: Any, request: Request, question: str) -> Left:
    result = compress(
        request.messages, request.model, request.trigger, request.target, query=question, recoverable=False,
        shrinker=shrinker and Shrinking(shrinker),
    )  # fmt: skip
    failed = [row.why for row in result.decisions if "not shrunk: the shrinker failed" in row.why]
    if failed:  # compress() goes on without it, and its figures would be those of excerpts
        raise RuntimeError(failed[0])
    return Left(_context(result.messages), float(any(row.action == "shrunk" for row in result.decisions)))


def _alone(shrinker: LLMLingua, request: Request, question: str) -> Left:
    """Upstream's choice for the whole text, nothing else: no check, no excerpts."""
    text = _context(request.messages)
    budget = request.target - (_count(read_all(request.messages)) - _count(text))
    words, chooser = Words(text, []), shrinker._loaded()
    made = fitted(lambda rate: words.chosen(chooser.choose(text, rate, question)), _count, 0, _count(text), budget)
    return Left(made, 1.0)


def measure(question: dict[str, Any], share: float, arm: str, models: Models, model: str, seed: int) -> Row:
    """One row; what an arm raises is its error."""
    if models.torch:
        import torch

        torch.set_num_threads(models.threads)
    own = _shrinker("self", models) if arm == "excerpts+self" else None
    paid = own.cost if own else 0.0
    texts = [paragraph(*one) for one in data.field(question, "paragraphs", "questions")]
    random.Random(f"{seed} {question['id']}").shuffle(texts)
    asked = data.field(question, "question", "questions")
    messages: list[Message] = [{"role": "user", "content": text} for text in ("\n\n".join(texts), asked)]
    before = _count(read_all(messages))
    target = max(1, int(share * before))
    request = Request(messages, target, target, "openai", frozenset({1}), seed, model)
    row: Row = {**_place(question, share, arm), "before": before, "target": target, "error": None}
    start = time.perf_counter()
    try:
        left = leave(arm, models, request, asked)
    except Exception as error:
        row["error"] = f"{type(error).__name__}: {error}"[:300]
    row["seconds_per_1k"] = 1000 * (time.perf_counter() - start) / before
    if own:
        row["cost"] = own.cost - paid
    if row["error"]:
        return row
    whole = _context(messages)
    pinned = Words(whole, [Span(item.start, item.end) for item in items(whole, asked)]).chosen([])
    support = [text.strip() for text in data.field(question, "support", "questions")]
    wanted = {word for text in support for word in re.findall(r"\w{3,}", text.lower())}
    row |= {
        "after": _count(left.text),
        "shrunk": left.shrunk,
        "must_stay": _count(pinned) / _count(whole),
        "support": sum(text in left.text for text in support) / len(support) if support else None,
        "words": len(wanted & set(re.findall(r"\w{3,}", left.text.lower()))) / len(wanted) if wanted else None,
    }
    if reader := _reader(models):
        answer = data.field(question, "answer", "questions")
        row |= {} if answer is None else reader.judge(left.text, asked, str(answer))
    return row


def _place(question: dict[str, Any], share: float, arm: str) -> dict[str, str]:
    name, group = question["id"], question["id"].split("-")[0]
    return {
        "case": f"{name} {share:g}", "group": f"{NAMES.get(group, group)}, {share:.0%}", "unit": name, "compressor": arm
    }  # fmt: skip


def main(arguments: Sequence[str] | None = None) -> int:
    """The command; returns its exit code."""
    help_target = "shares (default: 0.2,0.33)"
    parser = options.parser("shrink", __doc__ or "", "0.2,0.33", help_target, ARMS, ",".join(ARMS), embedder=False)
    add = parser.add_argument
    add("--arms", type=options.choices(ARMS), dest="compressors", metavar="A,B", help="the same as --compressors")
    add("--language-model", metavar="MODEL", help="for llmlingua and longllmlingua")
    add("--classifier", metavar="MODEL", help="for llmlingua2")
    add("--self-llm", metavar="MODEL", help="for excerpts+self, as litellm names it")
    add("--api-base", metavar="URL", help="where --self-llm is")
    add("--reader", metavar="MODEL", help="a causal language model; without it only what is left is measured")
    add("--threads", type=options.positive, default=1, metavar="N", help="of torch (default: 1)")
    add("--data-sets", type=options.choices(NAMES), metavar="A,B", help=f"of {', '.join(NAMES)} (default: all there)")
    add("--dtype", choices=get_args(Dtype), help="of the weights (default: float32 on a CPU)")
    given = parser.parse_args(arguments)
    return reporting.report("shrink", given, COLUMNS, partial(_rows, given))


def _rows(given: argparse.Namespace) -> tuple[Sequence[Path | data.Source], list[Row]]:
    paths = hub.find(FILES, given.data, hub.QUESTIONS)
    if given.self_llm:
        spending.check(given, given.self_llm)
    models = Models(*(getattr(given, name) for name in Models._fields))
    for arm in (one for one in given.compressors if models.model_of(one) is None):
        print(f"{arm}: not measured here (its model is not given)", file=sys.stderr)
    todo = [
        (question, share, arm, models, given.model, given.seed)
        for share in given.target
        for questions in by_data_set(paths, given.data_sets).values()
        for question in questions[: given.limit]
        for arm in given.compressors
        if models.model_of(arm) is not None
    ]
    places = [_place(question, share, arm) for question, share, arm, *_ in todo]
    items = [
        engine.Item(f"{place['group']} | {place['case']} | {place['compressor']}", arguments, place)
        for place, arguments in zip(places, todo, strict=True)
    ]
    return paths, engine.execute(items, measure, given, title="shrinking", data=paths)
