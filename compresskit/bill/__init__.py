"""What recorded runs of an agent cost, request by request, with and without compression.

Replays runs and calls no model. The prices are those of `compresskit.prices`, and output tokens are in no bill, because
compression does not change them.
"""

from .actions import Request, needed, requests
from .replay import Figures, Sent, Sizes, replay
from .savings import SETTINGS, Bill, Savings, savings

__all__ = [
    "SETTINGS", "Bill", "Figures", "Request", "Savings", "Sent", "Sizes", "needed", "replay", "requests", "savings",
]  # fmt: skip
