"""Shrinking in place: a model makes a text shorter, and the result is used only if it passes a check.

`LLMLingua` and `SelfLLM` implement the protocol `Shrinker`; they are imported when they are first used. `must_stay`
finds what a shrunk text must keep, whatever made it, and `checked` compares every result with it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .._lazy import lazy
from ..types import Shrinker as Shrinker

if TYPE_CHECKING:
    from .checked import Outcome as Outcome
    from .checked import Shrinking as Shrinking
    from .checked import shrunk as shrunk
    from .llmlingua import LLMLingua as LLMLingua
    from .self_llm import SelfLLM as SelfLLM

__getattr__, __dir__, __all__ = lazy(
    __name__, {"checked": "Outcome Shrinking shrunk", "llmlingua": "LLMLingua", "self_llm": "SelfLLM"}
)
__all__ += ["Shrinker"]
