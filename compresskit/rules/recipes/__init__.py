"""Recipes: files of rules for common kinds of conversations. They are read as they are shipped."""

from __future__ import annotations

from pathlib import Path

from ...errors import InvalidArgument, meant, shown
from ..files import SUFFIXES, load, parse
from ..rule import Rule

_FOLDER = Path(__file__).parent


def names() -> list[str]:
    """The names of all recipes.

    >>> "coding-agent" in names()
    True
    """
    return sorted(path.stem for path in _FOLDER.glob("*.toml"))


def text_of(name: str) -> str:
    """The file of a recipe, with its comments.

    Raises:
        InvalidArgument: There is no such recipe.
    """
    if name not in names():
        near = meant(name, names())
        advice = f"; perhaps {near!r} is meant" if near else ""
        raise InvalidArgument(
            f"there is no recipe {shown(name)}; one of {', '.join(names())} was expected{advice}. A file of rules ends "
            f"in {', '.join(SUFFIXES)}."
        )
    return (_FOLDER / f"{name}.toml").read_text(encoding="utf-8")


def named(name: str) -> tuple[Rule, ...]:
    """The rules of a file by its path, or of a recipe by its name, as the command line takes them.

    >>> named("customer-service") == recipe("customer-service")
    True
    """
    return load(name) if Path(name).suffix in SUFFIXES else recipe(name)


def recipe(name: str) -> tuple[Rule, ...]:
    """The rules of a recipe, for ``compress(rules=)``.

    >>> recipe("customer-service")[0].action
    'keep'
    """
    return parse(text_of(name), ".toml", f"{name}.toml")
