"""Finds short parts of a request beside larger material: in tags of their own name, under headings, or as a schema.

Templates put the words of a person, rules, examples and the form of the answer between tags of any name, or under a
heading. The material is larger, or there are several parts of it in tags of the same name.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from itertools import islice, pairwise

from . import weights as tuning
from .paragraphs import Unit, tag_of

_SCHEMA = re.compile(r"\"properties\"\s*:\s*\{")
_TYPED = re.compile(r"\"(?:type|\$schema)\"\s*:\s*\"")
_HEADING = re.compile(r"^(#{1,6})[ \t]+\S", re.MULTILINE)
_MAX_HEADINGS = 400  # headings that are read, which bounds the time
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
    own.update(_in_small_sections(text, units, left))
    return [unit._replace(order=True) if unit in own else unit for unit in units] if own else list(units)


def _in_small_sections(text: str, units: Sequence[Unit], left: float) -> list[Unit]:
    """The units under headings beside one heading of the same level that has most of the text below it.

    Args:
        text: The text.
        units: Its units.
        left: Characters that the others may have together.
    """
    found = [(len(match[1]), match.start()) for match in islice(_HEADING.finditer(text), _MAX_HEADINGS)]
    level = min((level for level, _ in found), default=0)
    starts = [start for each, start in found if each == level]
    if not 1 < len(starts) <= tuning.WEIGHTS.max_middle_instructions:
        return []
    sections = list(pairwise([*starts, len(text)]))
    start, end = max(sections, key=lambda section: section[1] - section[0])
    inside = [unit for unit in units if not start <= unit.start < end]
    size = sum(unit.end - unit.start for unit in inside)
    return inside if size <= min(left, tuning.WEIGHTS.max_rules_characters) else []


def _is_schema(text: str, unit: Unit) -> bool:
    """Whether a unit is, or holds, a JSON schema."""
    return all(sign.search(text, unit.start, unit.end) for sign in (_SCHEMA, _TYPED))
