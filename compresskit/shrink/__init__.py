"""Shrinking in place: a text said in fewer tokens by a model, used only where the check for it holds.

`LLMLingua` and `SelfLLM` implement the protocol `Shrinker`; they are imported when they are first used. What must
not be lost is checked by `must_stay`, whoever did the shrinking; `view` puts both together.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .._lazy import loader
from ..types import Shrinker

if TYPE_CHECKING:
    from .checked import Outcome, Shrinking, shrunk
    from .llmlingua import LLMLingua
    from .self_llm import SelfLLM

__all__ = ["LLMLingua", "Outcome", "SelfLLM", "Shrinker", "Shrinking", "shrunk"]

_HOMES = {
    "LLMLingua": "llmlingua",
    "Outcome": "checked",
    "SelfLLM": "self_llm",
    "Shrinking": "checked",
    "shrunk": "checked",
}

__getattr__ = loader(__name__, _HOMES)
