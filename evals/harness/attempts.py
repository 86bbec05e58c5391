"""One call of an item, wherever it runs: its row, or its error, as the JSON text that journals and records hold.

It knows no processes and no machines: those are in `workers.py` and `on_ray.py`.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from typing import Any

from .cases import Row


def attempt(one: Callable[..., Row], arguments: tuple[Any, ...]) -> str:
    """The row as JSON, or its error. Panics of extension modules are no `Exception`; an interrupt is let through."""
    os.environ.setdefault("LITELLM_LOCAL_MODEL_COST_MAP", "True")  # importing litellm would go to the network
    try:
        return json.dumps(one(*arguments), ensure_ascii=False)
    except (KeyboardInterrupt, SystemExit):
        raise
    except BaseException as error:
        return failure(f"{type(error).__name__}: {error}")


def failure(text: str) -> str:
    """A row that has an error and nothing else."""
    return json.dumps({"error": text[:500]}, ensure_ascii=False)
