"""Finds short parts of a request that stand beside much larger material: in tags of their own name, or as a schema.

Templates put the words of a person, rules, examples and the form of the answer between tags of any name. The material
is larger, or there are several parts of it in tags of the same name.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

from . import weights as tuning
from .paragraphs import Unit, tag_of

_SCHEMA = re.compile(r"\"properties\"\s*:\s*\{")
_TYPED = re.compile(r"\"(?:type|\$schema)\"\s*:\s*\"")
_NUMBER = re.compile(r"[\d_.:-]+$")


def with_own_parts(text: str, units: Sequence[Unit]) -> list[Unit]:
    r"""The units of a text; short parts in tags of their own name and schemas of JSON give instructions.

    >>> from .paragraphs import units_of
    >>> text = f"<notes>\n{'The till is old. ' * 200}\n</notes>\n<guest>\n{'I call from Graz. ' * 20}\n</guest>"
    >>> [unit.order for unit in with_own_parts(text, list(units_of(text)))]
    [False, True]
    """
    tuned = tuning.WEIGHTS
    names = Counter(_NUMBER.sub("", tag_of(text, unit)) for unit in units if unit.region)
    own: set[Unit] = set()
    left = tuned.max_own_share * len(text)
    for unit in sorted(units, key=lambda one: one.end - one.start):
        size = unit.end - unit.start
        if size > min(left, tuned.max_rules_characters):
            break
        name = tag_of(text, unit)
        alone = name != "" and "." not in name and names[_NUMBER.sub("", name)] == 1  # with a dot, it is that of a file
        if not unit.order and (alone or _is_schema(text, unit)):
            own.add(unit)
            left -= size
    return [unit._replace(order=True) if unit in own else unit for unit in units] if own else list(units)


def _is_schema(text: str, unit: Unit) -> bool:
    """Whether a unit is, or holds, a JSON schema."""
    return all(sign.search(text, unit.start, unit.end) for sign in (_SCHEMA, _TYPED))
