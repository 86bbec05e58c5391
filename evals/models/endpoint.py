"""Which model an eval asks, and where: any model of LiteLLM's, one behind an OpenAI-compatible server, or a GGUF file
for which llama.cpp's server is started."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from evals.harness import options
from evals.harness.baselines import COMPRESSORS

from . import llama_server

WAYS = tuple(name for name in COMPRESSORS if name != "oracle")  # what needs to know nothing of the answer


class Model(NamedTuple):
    """A model to ask."""

    name: str  # as LiteLLM knows it
    api_base: str | None  # None: where LiteLLM knows it to be
    reply_tokens: int  # at most, of each reply


def add_options(parser: argparse.ArgumentParser, reply_tokens: int) -> None:
    """Where the model is; `options.parser` has --model."""
    add = parser.add_argument
    add("--api-base", metavar="URL", help="of an OpenAI-compatible server, with --model; its key is $OPENAI_API_KEY")
    add("--gguf", metavar="FILE", help="or start llama.cpp's server with this model")
    told = f"that server (default: {llama_server.PROGRAM}, else the one of the package xllamacpp)"
    add("--llama-server", default=llama_server.PROGRAM, metavar="PROGRAM", help=told)
    add("--threads", type=options.positive, metavar="N", help="of that server (default: it decides)")
    add("--context", type=options.positive, default=8192, metavar="N", help="of --gguf, in tokens (default: 8192)")
    told = f"tokens a reply may have (default: {reply_tokens})"
    add("--reply-tokens", type=options.positive, default=reply_tokens, metavar="N", help=told)


def check(parser: argparse.ArgumentParser, given: argparse.Namespace, needed: bool) -> None:
    """Ends the program where the options do not name one model; a file names it by itself."""
    if given.api_base and given.gguf:
        parser.error("one of --api-base URL and --gguf FILE, not both")
    if given.api_base and not given.model:
        parser.error("--api-base needs --model NAME, as the server knows it")
    if given.gguf and not given.model:
        given.model = Path(given.gguf).stem
    if needed and not given.model:
        parser.error("a model is needed: --model NAME, also with --api-base URL, or --gguf FILE")


def name(given: argparse.Namespace) -> str:
    """The model as LiteLLM knows it."""
    return f"openai/{given.model}" if given.api_base or given.gguf else str(given.model)


def counted(given: argparse.Namespace) -> str:
    """The model whose tokenizer compressors are given: gpt-4o's for one that only its server knows."""
    return str(given.model) if given.model and not given.api_base and not given.gguf else "gpt-4o"


@contextmanager
def serving(given: argparse.Namespace) -> Iterator[Model]:
    """The model, for as long as the block runs."""
    if not given.gguf:
        yield Model(name(given), given.api_base, given.reply_tokens)
        return
    with llama_server.serving(Path(given.gguf), given.llama_server, given.context, given.threads) as api_base:
        yield Model(name(given), api_base, given.reply_tokens)
