"""Views of a result for people: rows of figures that add up, texts before and after, and a page.

This package computes no form and decides nothing. The command line and notebooks draw its values.
"""

from .account import Account, Figures, Unit, account, as_fields, headline
from .difference import Line, difference
from .page import fragment, page

__all__ = [
    "Account", "Figures", "Line", "Unit", "account", "as_fields", "difference", "fragment", "headline", "page",
]  # fmt: skip
