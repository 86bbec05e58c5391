"""The numbers of this package that decide how much of a definition is offered."""

from __future__ import annotations

from dataclasses import dataclass

from .._weights import weight

_MEASURED = "`pytest tests/tool_definitions/test_search.py`, which says how many requests find their tool"


@dataclass(frozen=True, kw_only=True)
class ToolWeights:
    """Weights of shortened definitions and of the search."""

    # Shortened definitions (shortening.py)
    max_description_characters: int = weight(120, "characters of a tool's shortened description, maximum")
    max_parameter_characters: int = weight(60, "characters of a required parameter's shortened description, maximum")

    # The list of deferred tools (offers.py)
    max_names_share: float = weight(
        1 / 3, "share of the budget that the names of deferred tools may take, before groups of names replace them"
    )

    # The search (search.py)
    found_tools: int = weight(5, "whole definitions in the answer to a search, maximum", _MEASURED)
    named_tools: int = weight(10, "further tools that the answer to a search names, maximum")
    name_times: int = weight(3, "times that the words of a tool's name count", _MEASURED)
    same_word_share: float = weight(0.3, "weight of another word for the same thing, per weight of a word", _MEASURED)


WEIGHTS = ToolWeights()
