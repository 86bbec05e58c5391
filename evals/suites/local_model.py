"""The whole loop with a real model: it answers questions over conversations that are far larger than the target.

A question's own paragraphs, and as many paragraphs of the next questions as fit --conversation tokens, are shuffled
and given as one message each. A system message asks for a few words, and the question comes last. Each compressor
brings that to --target tokens, and a model answers: one of LiteLLM's, one behind an OpenAI-compatible server, or a
GGUF file, for which llama.cpp's server is started. Retrieval calls are answered too.

everything          all of it, if it fits the model's context (else an error, counted apart)
nothing             the system message and the question: what the model knows by itself
head+tail           the same share of every paragraph
litellm             litellm.compress, with its retrieval calls answered from its cache
compresskit         compresskit.completion
compresskit-no-tool compresskit.completion(recoverable=False)

answered       share of the questions whose answer is in the reply, as whole words, without regard to case, articles
               and punctuation. A yes or no must be the first word.
exact          share of the replies that are the answer and nothing else, compared in the same way
first request  tokens of the first request, with tool schemas (o200k_base)
prompt tokens  of all requests of a question together, as the server counts them
retrievals     retrieval calls per question; asking: share of the questions with any
as text        share of the replies that write a retrieval call as text, which nothing can answer
seconds        per question, of all its requests; a server that keeps its last prompt reads only the new part

Compressors get the tokenizer of gpt-4o, which is used for every model that tiktoken does not know.
"""

from __future__ import annotations

import argparse
import random
import re
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from evals.harness import data, embedders, hub, options, reporting
from evals.harness.cases import Request, Row
from evals.harness.figures import Column
from evals.harness.messages import Message
from evals.harness.tokens import count_message, count_request
from evals.models import endpoint, tasks
from evals.suites.multihop_qa import FILES, NAMES, Question, by_data_set, data_set, paragraph

SYSTEM = (
    "Answer the last question from the passages before it. "
    "Reply with the answer only: a name, a place, a date, a number, yes or no. No explanation."
)
WAYS = ("everything", "nothing", "head+tail", "litellm", "compresskit", "compresskit-no-tool")
REPLY_TOKENS = 128  # an answer is a few words; a retrieval call about 60 tokens
COLUMNS = (Column("answered", "answered"), Column("exact", "exact"), *tasks.COLUMNS)


def conversation(questions: Sequence[Question], place: int, tokens: int, seed: int) -> list[Message]:
    """The system message, shuffled paragraphs of about so many tokens, and the question; its own are always there."""
    near = [questions[(place + step) % len(questions)] for step in range(len(questions))]
    own, *others = ([paragraph(*one) for one in data.field(row, "paragraphs", "questions")] for row in near)
    texts = list(dict.fromkeys(own))
    ends: list[Message] = [{"role": "system", "content": SYSTEM}, _user(near[0]["question"])]
    left = tokens - count_request([*ends, *map(_user, texts)])
    for text in (text for found in others for text in found if text not in own):
        left -= count_message(_user(text))
        if left < 0:
            break
        texts.append(text)
    texts = list(dict.fromkeys(texts))
    random.Random(f"{seed} {near[0]['id']}").shuffle(texts)
    return [ends[0], *map(_user, texts), ends[1]]


def asked(questions: Sequence[Question], target: float, given: argparse.Namespace) -> list[tasks.Task]:
    """The questions of one data set."""
    name = data_set(questions[0])
    group = options.titled(NAMES.get(name, name), target, given)
    found = []
    for place, question in enumerate(questions[: given.limit]):
        messages = conversation(questions, place, given.conversation, given.seed)
        fixed = frozenset({0, len(messages) - 1})
        request = Request(
            messages, int(target), int(target), fixed=fixed, seed=given.seed, model=endpoint.counted(given)
        )
        answer = str(data.field(question, "answer", question["id"]))
        case = f"{question['id']} {target:g}"
        found.append(tasks.Task(case, group, question["id"], request, partial(scored, answer)))
    return found


def scored(answer: str, reply: str, _shown: list[Message]) -> Row:
    """Whether a reply has the answer; for a `Task`."""
    return {**score(reply, answer), "answer": answer}


def score(reply: str, answer: str) -> dict[str, float]:
    """Whether the reply has the answer in it, and whether it is the answer.

    >>> score("It is The Rush.", "Rush"), score("No, he was yes-man", "yes")
    ({'answered': 1.0, 'exact': 0.0}, {'answered': 0.0, 'exact': 0.0})
    """
    said, wanted = _words(reply), _words(answer)
    size = len(wanted)
    starts = range(1 if wanted in (["yes"], ["no"]) else len(said) - size + 1)
    there = bool(size) and any(said[start : start + size] == wanted for start in starts)
    return {"answered": float(there), "exact": float(there and said == wanted)}


def _words(text: str) -> list[str]:
    return [word for word in re.findall(r"\w+", text.lower()) if word not in ("a", "an", "the")]


def main(arguments: Sequence[str] | None = None) -> int:
    """The command; returns its exit code."""
    parser = options.parser(
        *("local_model", __doc__ or "", "800", "tokens (default: 800)", endpoint.WAYS, ",".join(WAYS)),
        model=None,
    )
    add = parser.add_argument
    endpoint.add_options(parser, REPLY_TOKENS)
    add("--conversation", type=options.positive, default=3000, metavar="N", help="tokens (default: 3000)")
    add("--data-sets", type=options.choices(NAMES), metavar="A,B", help=f"of {', '.join(NAMES)} (default: all there)")
    add("--save", metavar="FILE", dest="resume", help="the same as --resume")
    given = parser.parse_args(arguments)
    endpoint.check(parser, given, needed=True)
    return reporting.report("local_model", given, COLUMNS, partial(_rows, given))


def _rows(given: argparse.Namespace) -> tuple[Sequence[Path | data.Source], list[Row]]:
    paths = hub.find(FILES, given.data, hub.QUESTIONS)
    sets = by_data_set(paths, given.data_sets)
    todo = [task for target in given.target for members in sets.values() for task in asked(members, target, given)]
    return paths, tasks.run(todo, embedders.added(given.compressors, given.embedder), given, paths)


def _user(text: str) -> Message:
    return {"role": "user", "content": text}
