"""The options of commands that call compress(), each a flag of the command line."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import click

from ..messages import SHAPES
from ..options import OPTIONS
from ..rules import Rule
from ..rules.recipes import named
from .input import library_errors, read_tools
from .library import DEFAULT_MODEL
from .shrinker_options import OPTIONS as SHRINKER_OPTIONS


def request_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Adds the options that become arguments of compress()."""
    return other_options(rules_option(command))


def other_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Adds these options without ``--rules``, for a command that takes rules as an argument."""
    shapes = click.Choice(["auto", *SHAPES])
    says = {name: option.meaning for name, option in OPTIONS.items()}
    model_help = f'Model to count tokens for.  [default: the file\'s "model", or {DEFAULT_MODEL}]'
    tools_help = "The request's own tools, as JSON.  [default: the file's \"tools\"]"
    options = [
        click.option("--model", help=model_help),
        click.option("--trigger", type=int, help=says["trigger"]),
        click.option("--target", type=int, help=says["target"]),
        click.option("--query", help=says["query"]),
        click.option("--shape", type=shapes, default="auto", show_default=True, help=says["shape"]),
        click.option("--no-recover", is_flag=True, help="Offer the model no retrieval tool."),
        click.option("--tools", metavar="FILE", callback=_read_tools, help=tools_help),
        click.option("--embedding-model", metavar="MODEL", help=says["embedding_model"]),
        click.option("--reranker", metavar="MODEL", help=f"{says['reranker']} A model of LiteLLM."),
        click.option("--token-factor", type=float, default=1.0, help=says["token_factor"]),
        click.option("--prices", is_flag=True, help="The model's prices decide how much is kept."),
        *SHRINKER_OPTIONS,
    ]
    for option in reversed(options):
        command = option(command)
    return command


def rules_of(name: str) -> tuple[Rule, ...]:
    """The rules of a recipe, or of a file."""
    with library_errors(""):
        return named(name)


def _read_rules(_context: click.Context, _option: click.Parameter, value: str | None) -> tuple[Rule, ...] | None:
    return None if value is None else rules_of(value)


def _read_tools(_context: click.Context, _option: click.Parameter, path: str | None) -> list[Any] | None:
    return None if path is None else read_tools(path)


rules_option = click.option(
    "--rules", metavar="FILE", callback=_read_rules, help="Rules for texts: a TOML, YAML or JSON file, or a recipe."
)
