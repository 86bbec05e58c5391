"""On entry: new tool results said in short form before they are ever sent, so that nothing cached is broken.

Only forms that say everything are used: the model loses nothing, and whatever comes later costs less.
"""

from __future__ import annotations

from .content import LOSSLESS, detect, forms_of, shorten
from .markers import Keys, Wording, issued
from .shapes.parts import replace
from .tokens import Measure
from .types import Conversation, Message

_LEAST_CHARACTERS = 240  # of a result: below, its marker eats what a form saves
_LEAST_GAIN = 24  # tokens
_MOST_SHARE = 0.9  # of the tokens


def enter(conversation: Conversation, messages: list[Message], first: int, measure: Measure, wording: Wording) -> Keys:
    """Brings the tool results from message ``first`` on into short form, in place; returns the keys of what was taken.

    Args:
        conversation: the messages as they are read.
        messages: the caller's copies, which are changed.
    """
    keys = Keys({}, {})
    for turn in conversation.turns[first:]:
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
                replace(messages[turn.index], block.path, text)
    return keys
