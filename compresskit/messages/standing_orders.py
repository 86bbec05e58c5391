"""Finds orders that hold for the rest of a conversation, such as "From now on, answer in French."

An earlier order shares no words with the newest question, but the model must follow it all the same. A sentence counts
if it says that it lasts ("from now on"), or if it begins an order with a word for always or never. Such words are known
in the languages below; in any other language an earlier order is ordinary text.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from ..types import Block, Span
from . import weights as tuning
from .spans import merged, united

_SENTENCE = re.compile(r"[^.!?。！？؟।\n]+(?:[.!?]+(?=[^\s.!?\"'”’»)])[^.!?。！？؟।\n]*)*+[.!?。！？؟।\"'”’»)]*")
# Words that say that an order lasts, in lower case.
_LASTING_WORDS = (
    "from now on, from here on, from this point on, going forward, henceforth, until i say, until i tell, "
    "for the rest of this, for the rest of the, for the rest of our, ab jetzt, ab sofort, von nun an, "
    "von jetzt an, désormais, dorénavant, à partir de maintenant, a partir de ahora, desde ahora, "
    "de ahora en adelante, a partir de agora, de agora em diante, daqui em diante, d'ora in poi, "
    "d'ora in avanti, vanaf nu, voortaan, od teraz, bundan sonra, mulai sekarang, từ giờ, từ nay, "
    "впредь, отныне, с этого момента, 从现在开始, 从现在起, 从今以后, 從現在開始, 從現在起, "
    "從今以後, 今后, 今後, これからは, 앞으로, 이제부터, 지금부터, من الآن فصاعد, अब से"
)
_LASTING = tuple(_LASTING_WORDS.split(", "))
# Words for always and never, by their place in an order: its first word; its first or second word, because an order
# begins with its verb; the beginning of a sentence; anywhere in a sentence that ends as a request does.
_FIRST = ("always", "never")
_SECOND_WORDS = (
    "immer, stets, nie, niemals, toujours, jamais, siempre, nunca, jamás, sempre, mai, altijd, nooit, всегда, никогда"
)
_SECOND = tuple(_SECOND_WORDS.split(", "))
_BEGINNING_WORDS = "始终, 始終, 总是, 總是, 永远, 永遠, 绝不, 絕不, 绝对不, 絕對不, 千万不, 千萬不, 一律"
_BEGINNING = tuple(_BEGINNING_WORDS.split(", "))
_ANYWHERE = ("常に", "必ず", "決して", "絶対に", "항상", "절대", "반드시", "دائما", "دائمً", "أبد", "हमेशा", "कभी")
_BEGINS = re.compile(
    r"(?:\A|[,;:]|\b(?:and|but|please|must|should|und|aber|bitte|et|mais|y|pero|e|ma|mas|en|maar|и|но)\b)[\s*•–—-]*"
    rf"(?:(?:{'|'.join(_FIRST)})\s+(?!(?:mind|ever|been|by|good|great|nice|fun|glad|happy|here|there|up|an?|the|in|on|at"
    r"|my|your|his|her|our|their|heard|saw|seen|had|said|met|knew|thought|was|were|is|are|love|like|\w+(?:ing|ed))\b)"
    r"|(?!(?:ich|wir|er|sie|es|je|j'ai|nous|il|elle|on|yo|no|eu|io|ik|we|я|мы|он|она)\s)(?:(?:ne\s+)?\w+\s+)?"
    rf"(?:{'|'.join(_SECOND)})\s+)\w"
    rf"|(?:\A|[，、,；;])\s*(?:请|請)?(?:{'|'.join(_BEGINNING)})"
    rf"|(?:{'|'.join(_ANYWHERE)}).*(?:ください|下さい|こと|で|세요|시오|줘|마|말 것|दें|दो|करें|करो|मत.*)\W*\Z"
    r"|دائم[اً]|أبد[اً]",
    re.IGNORECASE,
)
# A sentence that tells something: it begins with its subject, and does not speak to the assistant.
_TELLS = re.compile(
    r"\W*(?:[\w ]{1,40}: )?(?:(?:and|but|so|well|yes|yeah|no|of course)\W+)?"
    r"(?:(?:I|we|he|she|they|it|that|there|who)(?:['’]\w+)?|this|those|these|the|an?|my|our|his|her|their|clearly)\s"
    r"(?!.*\b(?:you|your|must|should|shall)\b)",
    re.IGNORECASE,
)
_SIGNS = (*_LASTING, *_FIRST, *_SECOND, *_BEGINNING, *_ANYWHERE)
_ASCII_SIGNS = tuple(filter(str.isascii, _SIGNS))


def standing_orders(text: str) -> list[Span]:
    """The ranges of a human's text that hold orders for the rest of the conversation.

    >>> text = "Here is the log. From now on, answer in French. Never touch app.py! I never sleep."
    >>> [text[start:end] for start, end in standing_orders(text)]
    ['From now on, answer in French. Never touch app.py!']
    """
    lower = text.lower()
    signs = [sign for sign in (_ASCII_SIGNS if lower.isascii() else _SIGNS) if sign in lower]
    if not signs:
        return []
    most = tuning.WEIGHTS.max_instruction_characters
    found = []
    for match in _SENTENCE.finditer(text):
        start = match.start() + len(match[0]) - len(match[0].lstrip())
        sentence = text[start : match.end()]
        if len(sentence) <= most and _lasts(sentence, signs):
            found.append((start, match.end()))
    return merged(found, text)


def _lasts(sentence: str, signs: Sequence[str]) -> bool:
    """Whether a sentence is an order that lasts, if it has one of the signs of its text."""
    lower = sentence.lower()
    if not any(sign in lower for sign in signs):
        return False
    if lower.startswith(_LASTING):
        return True
    lasts = any(words in lower for words in _LASTING) or _BEGINS.search(sentence) is not None
    return lasts and not _TELLS.match(sentence)


def with_standing_orders(block: Block) -> Block:
    """A text of a human of which the standing orders must stay.

    Of a text with data, they are looked for in its instruction and in the short lines at its ends.
    """
    text = block.text
    found = [
        (start + first, start + last)
        for start, end in (_ends(text, block.must) if block.data else [(0, len(text))])
        for first, last in standing_orders(text[start:end])
    ]
    return replace(block, must=united(found, block.must)) if found else block


def _ends(text: str, must: Sequence[Span]) -> Sequence[Span]:
    """The instruction of a text, with the whole lines within a few characters of its ends."""
    most = tuning.WEIGHTS.max_instruction_characters
    head, tail = text.rfind("\n", 0, most) + 1, text.find("\n", max(0, len(text) - most)) + 1
    return united([(0, head), (tail or len(text), len(text))], must)
