"""On entry: new tool results said in short form before they are ever sent, so that nothing cached is broken.

Only forms that say everything are used: the model loses nothing, and whatever comes later costs less.
"""

from __future__ import annotations

from .content import LOSSLESS, detect, forms_of, shorten
from .markers import Keys, Wording, issued
from .shapes.parts import replace
from .tokens import Measure
from .types import Message, Turn

_LEAST_CHARACTERS = 240  # of a result: below, its marker eats what a form saves
_LEAST_GAIN = 24  # tokens
_MOST_SHARE = 0.9  # of the tokens


def enter(turns: list[Turn], messages: list[Message], measure: Measure, wording: Wording) -> Keys:
    """Brings the tool results of new messages into short form, in place; returns the keys of what was taken.

    Args:
        turns: the new messages as they are read with those before them.
        messages: copies of the new messages, which are changed.
    """
    keys = Keys({}, {})
    for turn, message in zip(turns, messages, strict=True):
        for block in turn.blocks:
            if not block.call or turn.cached or len(block.text) < _LEAST_CHARACTERS:
                continue
            forms = [form for form in forms_of(block.text, detect(block.text, block.call)) if form in LOSSLESS]
            found = shorten(block.text, forms)
            if found is None:
                continue
            form, short = found
            key = keys.name(block.text)
            text = f"{wording.short(form, key)}\n{short.head}{short.body}"
            before, after = measure.count(block.text), measure.count(text)
            if after <= min(_MOST_SHARE * before, before - _LEAST_GAIN) and issued(text, {key: block.text}) == key:
                keys.issue(block.text)
                replace(message, block.path, text)
    return keys
