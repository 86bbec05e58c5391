"""The command line that the evals share. An option that is not known is an error, never ignored."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterable, Sequence

from . import embedders
from .baselines import COMPRESSORS

_PLACES = (
    *("api_base", "clone_from", "data", "gguf", "jobs", "json", "llama_server", "load", "plot", "repos", "save"),
)
_DEFAULT = "everything,head+tail,random,litellm,oracle,compresskit"


def parser(
    name: str,
    description: str,
    target: str,
    target_help: str,
    known: Iterable[str] = COMPRESSORS,
    default: str = _DEFAULT,
    model: str | None = "gpt-4o",
) -> argparse.ArgumentParser:
    """A parser with what every eval takes; an eval adds its own options to it. `known` are the compressors;
    `model` is None where a model is really called."""
    known = list(known)
    result = argparse.ArgumentParser(
        prog=f"python -m evals.{name}",
        description=description,
        allow_abbrev=False,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = result.add_argument
    add("--data", metavar="PATH", help="a data file, or a folder (default: $COMPRESSKIT_DATA, ../shared/data)")
    add("--compressors", type=choices(known), default=default, metavar="A,B", help=f"of {', '.join(known)}")
    add(
        "--embedder",
        type=embedders.names,
        default=[],
        metavar="A,B",
        help=f"measure compresskit with these too: {', '.join(embedders.NAMES)}",
    )
    add("--target", type=numbers, default=target, metavar="X,Y", help=target_help)
    add("--limit", type=positive, metavar="N", help="at most N runs, questions or instances of each group")
    add("--json", metavar="FILE", help="write a record with every figure and every case")
    add("--seed", type=int, default=0, help="for shuffling, drawing and the bootstrap (default: 0)")
    add("--jobs", type=positive, default=1, metavar="N", help="processes (default: 1)")
    named = f"the model name that compressors are given (default: {model})" if model else "the name of the model"
    add("--model", default=model, help=named)
    return result


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


def titled(group: str, target: float, options: argparse.Namespace) -> str:
    """The group's name in the table, with the target where several are measured."""
    return f"{group}, target {target:g}" if len(options.target) > 1 else group


def recorded(
    options: argparse.Namespace,
    leave_out: Sequence[str] = _PLACES,
) -> dict[str, object]:
    """The options that make a figure what it is; places on this machine are left out."""
    return {key: value for key, value in sorted(vars(options).items()) if key not in leave_out}
