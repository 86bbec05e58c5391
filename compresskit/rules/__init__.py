"""Rules: what the owner of a text allows to happen to it. ``Rule``, ``treatments()``, and files of rules."""

from .files import load, parse
from .matching import treatments
from .recipes import recipe
from .rule import ACTIONS, KINDS, Rule, checked, checked_rules

__all__ = ["ACTIONS", "KINDS", "Rule", "checked", "checked_rules", "load", "parse", "recipe", "treatments"]
