"""Shrinking in place: a text said in fewer tokens by a model, used only where the check for it holds.

`LLMLingua` and `SelfLLM` implement the protocol `Shrinker`; they are imported when they are first used. What must
not be lost is checked by `must_stay`, whoever did the shrinking; `view` puts both together.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..lazy import loader
from ..types import Shrinker

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

__getattr__ = loader(__name__, _HOMES)
