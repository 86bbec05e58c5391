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
# Words that say that an order lasts. Scripts without spaces between words have no "\b".
_LASTS = re.compile(
    r"\b(?:from (?:now|here|this point) (?:on|forward)\w*|going forward|henceforth|until i (?:say|tell)"
    r"|for the rest of (?:this|the|our) (?:chat|conversation|session)"
    r"|ab (?:jetzt|sofort)|von (?:nun|jetzt) an|d[ée]sormais|dor[ée]navant|à partir de maintenant"
    r"|(?:a partir de|desde) ahora|de ahora en adelante|a partir de agora|(?:de agora|daqui) em diante"
    r"|d(?:'|a )ora in (?:poi|avanti)|vanaf nu|voortaan|od teraz|bundan sonra|mulai sekarang|từ (?:giờ|nay)"
    r"|впредь|отныне|с этого момента)\b"
    r"|[从從](?:现在|現在|今)(?:开始|開始|起|以后|以後)|今后|今後|これからは"
    r"|앞으로|이제부터|지금부터|من الآن فصاعد|अब से",
    re.IGNORECASE,
)
# The beginning of an order, or of a part of one, with a word for always or never: as the first word in English, as the
# first or the second in languages whose orders begin with the verb.
_BEGINS = re.compile(
    r"(?:\A|[,;:]|\b(?:and|but|please|must|should|und|aber|bitte|et|mais|y|pero|e|ma|mas|en|maar|и|но)\b)[\s*•–—-]*"
    r"(?:(?:always|never)\s+(?!(?:mind|ever|been|by|good|great|nice|fun|glad|happy|here|there|up|an?|the|in|on|at|my|your"
    r"|his|her|our|their|heard|saw|seen|had|said|met|knew|thought|was|were|is|are|love|like|\w+(?:ing|ed))\b)"
    r"|(?!(?:ich|wir|er|sie|es|je|j'ai|nous|il|elle|on|yo|no|eu|io|ik|we|я|мы|он|она)\s)(?:(?:ne\s+)?\w+\s+)?"
    r"(?:immer|stets|nie|niemals|toujours|jamais|siempre|nunca|jamás|sempre|mai|altijd|nooit|всегда|никогда)\s+)\w"
    r"|(?:\A|[，、,；;])\s*(?:请|請)?(?:始终|始終|总是|總是|永远|永遠|绝不|絕不|绝对不|絕對不|千万不|千萬不|一律)"
    r"|(?:常に|必ず|決して|絶対に)[^。]*(?:ください|下さい|こと|で)\W*\Z"
    r"|(?:항상|절대|반드시).*(?:세요|시오|줘|마|말 것)\W*\Z"
    r"|(?:دائم[اً]|أبد[اً])|हमेशा.*(?:दें|दो|करें|करो)|कभी.*(?:मत|न )",
    re.IGNORECASE,
)
# A sentence that tells something: it begins with its subject, and does not speak to the assistant.
_TELLS = re.compile(
    r"\W*(?:[\w ]{1,40}: )?(?:(?:and|but|so|well|yes|yeah|no|of course)\W+)?"
    r"(?:(?:I|we|he|she|they|it|that|there|who)(?:['’]\w+)?|this|those|these|the|an?|my|our|his|her|their|clearly)\s"
    r"(?!.*\b(?:you|your|must|should|shall)\b)",
    re.IGNORECASE,
)


def standing_orders(text: str) -> list[Span]:
    """The ranges of a human's text that hold orders for the rest of the conversation.

    >>> text = "Here is the log. From now on, answer in French. Never touch app.py! I never sleep."
    >>> [text[start:end] for start, end in standing_orders(text)]
    ['From now on, answer in French. Never touch app.py!']
    """
    most = tuning.WEIGHTS.max_instruction_characters
    found = []
    for match in _SENTENCE.finditer(text):
        start = match.start() + len(match[0]) - len(match[0].lstrip())
        sentence = text[start : match.end()]
        if (
            len(sentence) <= most
            and not _TELLS.match(sentence)
            and (_LASTS.search(sentence) or _BEGINS.search(sentence))
        ):
            found.append((start, match.end()))
    return merged(found, text)


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
