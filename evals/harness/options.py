"""The command line that the evals share. An option that is not known is an error, never ignored.

A record holds the options that decide a figure. It does not hold options that only say where things are, or how
they are run.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterable, Sequence

from . import embedders
from .baselines import COMPRESSORS

_PLACES = (
    *("api_base", "clone_from", "data", "gguf", "json", "llama_server", "load", "plot", "repos", "save"),
    *("complete", "eval", "finished", "jobs", "ray", "resume", "threads"),
)
# Which items there are: a journal may have some of them and get more.
_CHOICES = (
    *("budget", "cases", "check", "compressors", "data_sets", "embedder"),
    *("layouts", "limit", "no_litellm", "repeats", "target"),
    *("depths", "lengths", "max_context", "needles", "requests", "wordings"),
    *("groups", "on", "questions", "set", "ways", "without"),
)
_DATA = (
    'a data file or a folder; "sample": the small cases in evals/samples; "hub": the public set, where there is one '
    "(default: $COMPRESSKIT_DATA, else ../shared/data where it is, else the public set)"
)
CODES = """exit codes: 0 measured; 1 an error of the eval itself, or a broken promise (--check); 2 wrong arguments, or
no data to measure; 3 stopped by the budget (the record has the rows so far, with "complete": false); 4 nothing but
errors; 130 interrupted"""
_DEFAULT = "everything,head+tail,random,litellm,oracle,compresskit"


def parser(
    name: str,
    description: str,
    target: str,
    target_help: str,
    known: Iterable[str] = COMPRESSORS,
    default: str = _DEFAULT,
    model: str | None = "gpt-4o",
    *,
    embedder: bool = True,
) -> argparse.ArgumentParser:
    """A parser with what every eval takes; an eval adds its own options to it, --trigger where it has one. `known`
    are the compressors, `embedder` says whether compresskit can be measured with embedders too; `model` is None where
    a model is really called."""
    known = list(known)
    result = bare(name, description)
    add = result.add_argument
    add("--data", metavar="PATH", help=_DATA)
    add("--compressors", type=choices(known), default=default, metavar="A,B", help=f"of {', '.join(known)}")
    if embedder:
        embedders_option(result)
    add("--target", type=numbers, default=target, metavar="X,Y", help=target_help)
    add("--limit", "--problems", type=positive, metavar="N", help="at most N runs, questions, instances of each group")
    add("--seed", type=int, default=0, help="for shuffling, drawing and the bootstrap (default: 0)")
    named = f"the model name that compressors are given (default: {model})" if model else "the name of the model"
    add("--model", default=model, help=named)
    running(result)
    return result


def bare(name: str, description: str) -> argparse.ArgumentParser:
    """A parser that has no options yet."""
    result = argparse.ArgumentParser(
        prog=f"python -m evals {name.replace('_', '-')}",
        description=description,
        epilog=CODES,
        allow_abbrev=False,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    result.set_defaults(eval=name)
    return result


def contenders(parser: argparse.ArgumentParser, known: Iterable[str], default: str) -> None:
    """Adds which compressors are measured, the model that they are given, and the seed, to a bare parser."""
    known = list(known)
    add = parser.add_argument
    named = f"of {', '.join(known)} (default: {default})"
    add(
        *("--contenders", "--compressors"),
        dest="compressors",
        type=choices(known),
        default=default,
        metavar="A,B",
        help=named,
    )
    add("--model", default="gpt-4o", help="the model name that compressors are given (default: gpt-4o)")
    add("--seed", type=int, default=0, help="for shuffling, drawing and the bootstrap (default: 0)")


def check(parser: argparse.ArgumentParser) -> None:
    """Adds the option that makes a broken promise an exit code."""
    parser.add_argument("--check", action="store_true", help="exit code 1 if compresskit breaks what it promises")


def running(parser: argparse.ArgumentParser) -> None:
    """Adds how a run is run: what `engine.execute` and `reporting.report` read."""
    add = parser.add_argument
    add("--json", metavar="FILE", help="write a record with every figure and every case")
    add("--jobs", type=positive, metavar="N", help="items at once (default: 1; with --ray all that it has)")
    add("--resume", metavar="FILE", help="keep every row in this journal, and continue from the rows in it")
    add(
        "--budget", type=dollars, metavar="DOLLARS", help="begin no item that may cost more than the rest of the budget"
    )
    add(
        "--ray",
        nargs="?",
        const="local",
        metavar="ADDRESS",
        help="run through Ray, here or on a cluster (compresskit[ray])",
    )


def embedders_option(parser: argparse.ArgumentParser) -> None:
    """Adds with which embedders and rerankers compresskit is measured."""
    parser.add_argument(
        "--embedder",
        type=embedders.names,
        action="extend",
        default=[],
        metavar="A,B",
        help=f"measure compresskit with these too: {', '.join(embedders.NAMES)}",
    )
    parser.add_argument(
        "--embedding-model",
        type=lambda name: [f"litellm:{name}"],
        action="extend",
        dest="embedder",
        default=[],
        metavar="MODEL",
        help="the same as --embedder litellm:MODEL",
    )


def choices(known: Iterable[str]) -> Callable[[str], list[str]]:
    """A reader of comma-separated names out of the known ones.

    >>> choices(["a", "b"])("b,a")
    ['b', 'a']
    """
    there = list(known)

    def read(text: str) -> list[str]:
        names = [name.strip() for name in text.split(",")]
        unknown = [name for name in names if name not in there]
        if unknown:
            raise argparse.ArgumentTypeError(f"{', '.join(map(repr, unknown))} is not one of {', '.join(there)}")
        return names

    return read


def numbers(text: str) -> list[float]:
    """Positive numbers, comma-separated.

    >>> numbers("0.2,0.4")
    [0.2, 0.4]
    """
    try:
        values = [float(part) for part in text.split(",")]
    except ValueError:
        values = []
    if not values or min(values) <= 0:
        raise argparse.ArgumentTypeError(f"{text!r} should be positive numbers, as in 0.2 or 0.2,0.4")
    return values


def positive(text: str) -> int:
    """A whole number of at least 1."""
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} should be a whole number of at least 1")
    return int(text)


def whole(text: str) -> int:
    """A whole number, 0 or more."""
    if not text.isdecimal():
        raise argparse.ArgumentTypeError(f"{text!r} should be a whole number of 0 or more")
    return int(text)


def dollars(text: str) -> float:
    """A positive sum of money.

    >>> dollars("0.5"), dollars("$2")
    (0.5, 2.0)
    """
    (value, *others) = numbers(text.removeprefix("$"))
    if others:
        raise argparse.ArgumentTypeError(f"{text!r} should be one number of dollars, as in 2.50")
    return value


def titled(group: str, target: float, options: argparse.Namespace) -> str:
    """The group's name in the table, with the target where several are measured."""
    return f"{group}, target {target:g}" if len(options.target) > 1 else group


def recorded(
    options: argparse.Namespace,
    leave_out: Sequence[str] = _PLACES,
) -> dict[str, object]:
    """The options that make a figure what it is; places on this machine are left out."""
    return {key: value for key, value in sorted(vars(options).items()) if key not in leave_out}


def binding(options: argparse.Namespace) -> dict[str, object]:
    """The options that all rows of one journal have in common; items' keys say the rest."""
    return recorded(options, (*_PLACES, *_CHOICES))
