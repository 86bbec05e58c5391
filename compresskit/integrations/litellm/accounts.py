"""The cost of each call of a model, as an entry of a ledger or in sums in memory. LiteLLM logs an event for each call.

Nothing of a message is written. A call without usage, or of a model whose prices are not known, has no entry.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ...chat.policy import NAME
from ...prices import prices_for
from ...responses import field
from ...result import Compressed

if TYPE_CHECKING:  # its locks need a POSIX system
    from ...ledger import Ledger
    from .status import SinceStart


def record(ledger: Ledger | SinceStart, kwargs: Mapping[str, Any], response: Any) -> None:
    """Adds the entry of a call.

    Args:
        ledger: The ledger, or sums in memory.
        kwargs: The arguments of LiteLLM's success event.
        response: The response, or that of a stream as a whole.
    """
    from litellm.litellm_core_utils.core_helpers import get_litellm_metadata_from_kwargs

    from ...ledger.provider_usage import read_usage

    usage, model = field(response, "usage"), str(kwargs.get("model") or "")
    if kwargs.get("cache_hit") or usage is None or not model or not prices_for(model).known:
        return
    metadata = get_litellm_metadata_from_kwargs(dict(kwargs)) or {}
    logged = field(metadata.get("spend_logs_metadata"), NAME)
    retrieved = field(logged, "retrieved_tokens") or 0
    savings = metadata.get("compression_savings")
    after = read_usage(usage).total
    before = after + (0 if retrieved else field(savings, "tokens_saved") or 0)
    ledger.record(_counts(model, before, after - retrieved), usage=usage, retrieved_tokens=retrieved)


def _counts(model: str, before: int, after: int) -> Compressed:
    """The part of a result that a ledger reads: tokens before and after."""
    after = max(0, after)
    before = max(before, after)
    return Compressed([], None, {}, before, after, after, model, trigger=1, target=1)
