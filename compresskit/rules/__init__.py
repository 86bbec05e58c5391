"""Rules: what the owner of a text allows to happen to it. ``Rule``, ``treatments()``, and files of rules.

``hooks.py`` has what compress() needs for the owner's own functions on texts.
"""

from .files import load, parse
from .matching import treatments
from .recipes import recipe
from .rule import ACTIONS, KINDS, Rule, checked, checked_rules

__all__ = ["ACTIONS", "KINDS", "Rule", "checked", "checked_rules", "load", "parse", "recipe", "treatments"]
