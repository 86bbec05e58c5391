"""Shrinking in place: a text said in fewer tokens by a model, used only where the check for it holds.

The protocol is here; `LLMLingua` and `SelfLLM` implement it and are imported when they are first used. What must
not be lost is checked by `must_stay`, whoever did the shrinking; `view` puts both together.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, runtime_checkable

if TYPE_CHECKING:
    from .llmlingua import LLMLingua
    from .self_llm import SelfLLM
    from .view import Outcome, Shrinking, shrunk

__all__ = ["LLMLingua", "Outcome", "SelfLLM", "Shrinker", "Shrinking", "shrunk"]

_HOMES = {
    "LLMLingua": "llmlingua",
    "Outcome": "view",
    "SelfLLM": "self_llm",
    "Shrinking": "view",
    "shrunk": "view",
}


@runtime_checkable
class Shrinker(Protocol):
    """Says texts in fewer tokens.

    A shrinker may also have an ``identity`` (str): everything that its results depend on beside the arguments,
    such as the model's name. Only the results of a shrinker with an identity can be stored.
    """

    def shrink(self, texts: list[str], budgets: list[int], query: str) -> list[str]:
        """One shorter text for each text, "" where there is none, of at most ``budgets`` tokens.

        ``query`` is what the texts are needed for, "" where that is not known.
        """
        ...


def __getattr__(name: str) -> object:
    from importlib import import_module

    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value: object = getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    globals()[name] = value
    return value
