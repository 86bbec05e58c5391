"""Finds negations, each together with the words that it negates, in the major languages.

A phrase extends from a negation to the nearest words on both sides that carry meaning, within its clause: "the board
did not approve" gives "board did not approve". In other words it might negate something else, so the whole phrase must
stay as it is. In scripts without spaces, the phrase has a few characters on either side.

The lists are long on purpose: a word that is taken for a negation by mistake must stay, which costs little.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from ..relevance.terms import STOP_WORDS

_LISTED = """
    not no never none nobody nothing nowhere neither nor cannot cant dont doesnt didnt isnt wasnt arent werent wont
    couldnt shouldnt wouldnt hasnt havent hadnt without unless except excluding ain't nope hardly barely
    ne pas jamais rien aucun aucune aucuns aucunes sans ni non nulle nullement guère
    nicht nichts kein keine keinen keiner keinem keines nie niemals niemand niemanden niemandem ohne weder nirgends nein
    nunca jamás nada nadie ningún ninguno ninguna ningunos ningunas sin tampoco
    não nem ninguém nenhum nenhuma sem
    mai niente nulla nessun nessuno nessuna né senza neanche nemmeno neppure
    niet geen nooit niets niemand zonder nergens
    inte ikke ikkje ingen inget inga ingenting aldrig aldri utan uten uden ej intet
    ei eivät emme ette älä älkää ilman
    nigdy nic nikt żaden żadna żadne bez nikdy nikdo žádný žádná není nejsou nebyl nebyla nebylo
    nincs nincsenek soha senki semmi nélkül nu niciodată nimic nimeni fără niciun nicio
    değil değildir yok yoktur hayır hiç asla
    не нет ни никогда ничего никто никого нельзя без нету немає ніколи нічого ніхто няма нито никой
    δεν δε μη μην όχι ποτέ κανείς κανένας καμία χωρίς τίποτα ούτε
    لا لم لن ليس ليست ليسوا لست غير بدون دون ولا ولم ولن فلا بلا
    نه نیست نیستند نبود نشد نشده نکرد نکرده ندارد نداشت نخواهد نباید هیچ نہیں نہ مت بغیر
    לא אין בלי אל ולא שלא ואין ללא מעולם
    नहीं नही मत ना न बिना না নয় নেই নি ছাড়া இல்லை இல்லாமல் లేదు కాదు ਨਹੀਂ નથી
    không chưa chẳng đừng chả tidak bukan jangan tanpa belum tak tiada hindi huwag walang hapana hakuna
"""  # English, French, German, Spanish, Portuguese, Italian, Dutch, Scandinavian, Finnish, Slavic in Latin letters,
# Hungarian and Romanian, Turkish, Cyrillic, Greek, Arabic, Persian and Urdu, Hebrew, languages of India and of South
# East Asia, Swahili; in English also without apostrophes, and words that exclude
_WORDS = frozenset(_LISTED.split())
# Longer words that occur between a negation and the word that it negates, besides the English stop words.
_LISTED_AUXILIARIES = """
    wird wurde wurden werden worden haben hatte hatten sind waren wäre kann können konnte soll sollte sollten
    muss müssen
    était étaient avait avaient sera seront peut peuvent doit doivent avoir être dans pour avec
    fueron está están había habían será puede pueden debe deben para como foram pode podem deve devem
    stato stata stati state sono sarà saranno può possono deve devono della delle degli
    wordt werd hebben heeft zijn kunnen moet moeten blev blir skulle kunde
    był była było były będzie może został została byl byla bylo byli bude
    был была было были будет будут может могут этот чтобы було будуть
"""
_AUXILIARIES = STOP_WORDS.union(_LISTED_AUXILIARIES.split())
_INSIDE = re.compile(
    r"n't$|^n'\w|^نمی|^نمي"  # doesn't, n'est, the Persian prefix
    r"|[않없못]|아니|^안$|말[아라고]"  # Korean
)
_TURKISH = re.compile(r"\w{2}(?:madı|medi|maz|mez|mıyor|miyor|muyor|müyor|meden|madan)\w{0,4}$")
_TURKISH_LETTERS = re.compile(r"[ğışĞİŞ]")
# Chinese, Japanese and Thai have no spaces: the negation is found as characters.
UNSPACED = r"\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\u0e00-\u0e7f\u0e80-\u0eff\u1000-\u109f\u1780-\u17ff"
_UNSPACED_NEGATION = re.compile(
    r"[不没沒無无非未否勿别別莫毋]|な[いくけかし]|ません|ませぬ|[あ-ん]ず(?=[、。に]|$)|ぬ(?=[、。]|$)|まい|ไม่|มิ(?=ได้)|ห้าม|อย่า|ไร้|ບໍ່|မ(?=[က-အ])|មិន|គ្មាន"
)
_BEFORE, _AFTER = 6, 4  # characters of such a script: Japanese negates behind the verb, Chinese and Thai before it
_BREAKS = r"\s.,;:!?…(){}\[\]<>\"“”„«»‹›。、，；：！？（）「」『』؟،؛।॥—|"
_UNSPACED_CLAUSE = re.compile(rf"[^{_BREAKS}]+")
_WORD = re.compile(r"[^\s.,;:!?…(){}\[\]<>\"“”„«»‹›。、，；：！？（）「」『』؟،؛।॥—|/\\*_`]+")
_BLANKS = re.compile(r"(?:(?!\n[ \t\r]*\n)[\s*_`])*")  # an empty line ends a clause
# Letters of a word up to which it is taken for an article, a particle or an auxiliary: in alphabets, elsewhere, Hangul.
_SHORT, _SHORT_ELSEWHERE, _SHORT_HANGUL = 3, 2, 1
_ALPHABETS = re.compile(r"[a-z\u00df-\u052f]")  # Latin, Greek, Cyrillic
_HANGUL = re.compile(r"[\uac00-\ud7af]")
_REACH = 5  # words on either side of a negation that are searched
_RUN_CHARACTERS = 200  # characters before a clause that are searched, maximum


class Phrase(NamedTuple):
    """A negation with the words that it negates.

    Attributes:
        words: The words of the phrase, in lower case.
        start, end: Its offsets in the text.
        pinned: A text must keep all characters from here to ``end``, so that the phrase is found again. If the phrase
            begins its clause, the mark that ends the clause before is part of them.
    """

    words: str
    start: int
    end: int
    pinned: int


def phrases(text: str) -> list[Phrase]:
    """Every negation of a text with the words that it negates, in order.

    >>> [phrase.words for phrase in phrases("The board did not approve it. It isn't only a delay.")]
    ['board did not approve', "isn't only a delay"]
    >>> [phrase.words for phrase in phrases("委员会没有批准预算。")]
    ['委员会没有批准预']
    """
    return sorted([*_spaced(text), *_unspaced(text)], key=lambda phrase: phrase.start)


def _spaced(text: str) -> Iterator[Phrase]:
    turkish = _TURKISH_LETTERS.search(text) is not None
    clause: list[re.Match[str]] = []
    for match in _WORD.finditer(text):
        if clause and _BLANKS.fullmatch(text, clause[-1].end(), match.start()) is None:
            yield from _of_clause(text, clause, turkish)
            clause = []
        clause.append(match)
    yield from _of_clause(text, clause, turkish)


def _of_clause(text: str, clause: list[re.Match[str]], turkish: bool) -> Iterator[Phrase]:
    words = [match[0].casefold().replace("’", "'").strip("-'") for match in clause]
    for place, word in enumerate(words):
        if not (word in _WORDS or _INSIDE.search(word) or (turkish and _TURKISH.search(word))):
            continue
        first, last = max(0, place - _REACH), min(len(words) - 1, place + _REACH)
        left = next((at for at in range(place - 1, first - 1, -1) if _has_meaning(words[at], clause[at][0])), place)
        right = next((at for at in range(place + 1, last + 1) if _has_meaning(words[at], clause[at][0])), last)
        start, end = clause[left].start(), clause[right].end()
        pinned = start
        if (
            left == place
        ):  # no word with a meaning is before it, so the mark that ends the clause before must stay as well
            pinned = _run_before(text, clause[first].start())
        yield Phrase(" ".join(words[left : right + 1]), start, end, pinned)


def _run_before(text: str, place: int) -> int:
    """The offset at which the last run of characters without a space before ``place`` begins."""
    least = max(0, place - _RUN_CHARACTERS)
    while place > least and text[place - 1].isspace():
        place -= 1
    while place > least and not text[place - 1].isspace():
        place -= 1
    return place


def _has_meaning(word: str, written: str) -> bool:
    """Whether a word has a meaning of its own, and does not only connect other words."""
    if word in _AUXILIARIES or word in _WORDS:
        return False
    if written[0].isupper() or len(word) > _SHORT:
        return True
    if _ALPHABETS.search(word):
        return False
    return len(word) > (_SHORT_HANGUL if _HANGUL.search(word) else _SHORT_ELSEWHERE)


def _unspaced(text: str) -> Iterator[Phrase]:
    if text.isascii():
        return
    for clause in _UNSPACED_CLAUSE.finditer(text):
        for match in _UNSPACED_NEGATION.finditer(clause[0]):
            start = clause.start() + max(0, match.start() - _BEFORE)
            end = clause.start() + min(len(clause[0]), match.end() + _AFTER)
            yield Phrase(text[start:end], start, end, max(0, start - 1))
