"""Shrinking in place: a model makes a text shorter, and the result is used only if it passes a check.

`LLMLingua` and `SelfLLM` implement the protocol `Shrinker`; they are imported when they are first used. `must_stay`
finds what a shrunk text must keep, whatever made it, and `checked` compares every result with it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .._lazy import lazy
from ..types import Shrinker

if TYPE_CHECKING:
    from .checked import Outcome, Shrinking, shrunk
    from .llmlingua import LLMLingua
    from .self_llm import SelfLLM

__all__ = ["LLMLingua", "Outcome", "SelfLLM", "Shrinker", "Shrinking", "shrunk"]

__getattr__, __dir__ = lazy(
    __name__, {"checked": ("Outcome", "Shrinking", "shrunk"), "llmlingua": ("LLMLingua",), "self_llm": ("SelfLLM",)}
)
