"""What a user can gate on, in under a minute: invariants of a built-in agent conversation, and the laws and the
retention at points of the user's own sessions. ``compresskit bench`` is its command.

It calls no model. A record holds figures, and no text of a message.
"""

from .invariants import IN_PLACE, INVARIANTS, broken
from .points import Settings
from .record import PROMISED, Run, failed, figure_names, measure, record
from .sample import conversation

__all__ = [
    "INVARIANTS", "IN_PLACE", "PROMISED", "Run", "Settings", "broken", "conversation", "failed", "figure_names",
    "measure", "record",
]  # fmt: skip
