"""`compresskit recipes`: the recipes that are shipped, and what the rules of a file do to a conversation."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import click
from rich.text import Text

from ..rules import Rule
from ..rules.recipes import names, text_of
from ..view import as_fields
from .input import library_errors, read_conversations
from .output import printable, write_output
from .request_options import compress_to_show, other_options, rules_of
from .tables import draw, new_table


@click.group("recipes")
def recipes() -> None:
    """Show rules for common kinds of conversations, and what they do."""


@recipes.command("list")
def list_command() -> None:
    """List the recipes, each with what it is for."""
    for name in names():
        first = text_of(name).partition("\n")[0].removeprefix("# ")
        click.echo(f"{name:<18}{first}")


@recipes.command("show")
@click.argument("name")
def show_command(name: str) -> None:
    """Write the file of a recipe. Change it as you like, and pass it as --rules."""
    with library_errors(""):
        click.echo(text_of(name), nl=False)


@recipes.command("explain")
@click.argument("rules")
@click.argument("file")
@other_options
def explain_command(rules: str, file: str, **options: Any) -> None:
    """Show how many texts each rule of RULES matched in FILE, and what that saved.

    RULES is a file or the name of a recipe. FILE is a conversation, or - for standard input. Without --trigger and
    --target, it is compressed to 40 % of its tokens.
    """
    ruling = rules_of(rules)
    given = read_conversations(file)
    rows = []
    for conversation in given:
        rows += as_fields(compress_to_show(conversation, {**options, "rules": ruling}))["decisions"]
    write_output(_table(ruling, rows).encode("utf-8", "backslashreplace"))


def _table(rules: Sequence[Rule], rows: Sequence[dict[str, Any]]) -> str:
    """A table with a line for each rule, one for all other texts, and the sums."""
    table = new_table(("rule", "texts", "untouched", "tokens before", "after", "saved"), ("rule",))
    titles = [*((number, f"{number + 1}. {rule.title}") for number, rule in enumerate(rules)), (None, "no rule")]
    for number, title in titles:
        table.add_row(Text(printable(title)), *_figures([row for row in rows if row["rule"] == number]))
    table.add_row("all", *_figures(rows), style="bold")
    return draw(table)


def _figures(rows: Sequence[dict[str, Any]]) -> list[str]:
    before, after = (sum(row[name] for row in rows) for name in ("tokens_before", "tokens_after"))
    untouched = sum(row["action"] in ("kept", "protected") for row in rows)
    return [f"{figure:,}" for figure in (len(rows), untouched, before, after, before - after)]
