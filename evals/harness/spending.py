"""Dollars: what a response cost, by LiteLLM's model map, and whether a budget can be kept at all."""

from __future__ import annotations

import argparse
import os
from importlib import import_module
from typing import Any

from .data import DataError


def cost(response: Any, model: str) -> float | None:
    """Dollars of one response; None where LiteLLM knows no price of the model.

    What the response itself says (a proxy's `response_cost`) goes first.
    """
    try:
        return float(litellm().completion_cost(response, model=model))
    except Exception:  # litellm raises bare Exceptions for a model that is not in its map
        return None


def check(given: argparse.Namespace, model: str) -> None:
    """A budget for a model of unknown price would never end the run.

    Raises:
        DataError: there is a budget, and LiteLLM knows no price of the model.
    """
    if given.budget is None:
        return
    try:
        known = litellm().get_model_info(model).get("input_cost_per_token")
    except Exception:
        known = None
    if known is None:
        raise DataError(
            f"--budget cannot be kept: LiteLLM's model map has no price of {model!r}. Leave --budget out, "
            "or bound the run with --limit."
        )


def litellm() -> Any:
    """LiteLLM, imported without asking the network for its model map, and without advice on stdout at each error."""
    os.environ.setdefault("LITELLM_LOCAL_MODEL_COST_MAP", "True")
    found = import_module("litellm")
    found.suppress_debug_info = True
    return found
