"""Definitions of tools within a budget: which are offered whole, which shortened, and which are found by a search.

``offers`` chooses and writes the tools of a request. ``shortening`` makes a definition shorter. ``toolbox`` answers the
model's searches and calls, with ``search`` and ``checking``. ``use`` finds the tools that a conversation uses. Nothing
here calls a model.
"""

from .offers import Offer, offer
from .toolbox import Toolbox, toolbox_of

__all__ = ["Offer", "Toolbox", "offer", "toolbox_of"]
