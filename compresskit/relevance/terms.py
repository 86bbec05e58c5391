"""Words of text and code: Unicode words, and the parts of identifiers (getUserName, get_user_name, user)."""

from __future__ import annotations

import re
from collections import Counter as Tallied
from itertools import chain, zip_longest
from operator import add

# ASCII text, most of what agents see: everything but letters and digits becomes a space, which is many times
# faster than a pattern. Inner capitals are looked at afterwards, word by word.
_SPACES = {code: " " for code in range(128) if not chr(code).isalnum()}
_CAMEL = re.compile(r"[A-Z]?[a-z0-9]+|[A-Z0-9]+(?![a-z])|[A-Z]")
# Other scripts. Some have no spaces between words, so neighbouring letters count as a word: two in East Asia, as in
# Lucene's CJK analyzer, beside each Chinese character; three in South East Asia, where a syllable has that many. Marks
# of vowels and tones belong to the letter before them.
_HAN = "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
_EAST = rf"\u3040-\u30ff\uac00-\ud7af{_HAN}"  # kana, Hangul
_UNSPACED = rf"\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff{_EAST}"  # Thai, Lao, Burmese, Khmer
_TONES = "\u0e31\u0e34-\u0e3a\u0e47-\u0e4e\u0eb1\u0eb4-\u0ebc\u0ec8-\u0ecd\u102b-\u103e\u17b6-\u17d3"
_MARKS = "\u0300-\u036f\u0591-\u05c7\u064b-\u065f\u0670\u0900-\u0963\u0966-\u0dff"
_UNICODE_WORDS = re.compile(rf"[{_UNSPACED}]+|(?:[^\W_{_UNSPACED}]++|(?<!\s)[{_MARKS}])++")
_NEEDS_MORE = re.compile(f"[{_UNSPACED}{_MARKS}]")  # than the next pattern, which is faster
_SPACED_WORDS = re.compile(r"[^\W_]+")
_UNIT = re.compile(rf"[^\W\d_][{_TONES}]*|\d+")
_IS_UNSPACED = re.compile(f"[{_UNSPACED}]")
_IS_EAST = re.compile(f"[{_EAST}]")
_IS_HAN = re.compile(f"[{_HAN}]")
_ALL_HAN = re.compile(f"[{_HAN}]+")
# What a text names outright: paths, dotted and compound identifiers, ids, numbers of three digits and more.
_MENTIONS = re.compile(r"[A-Za-z_~./][\w./:@-]*[\w]|\d[\w.-]{2,}")
_CALLED = re.compile(r"\b([A-Za-z_]\w{2,})\(\)")
_QUOTED = re.compile(r"[`\"']([^`\"'\n]{3,60})[`\"']")

_OTHER = re.compile(r"[^\x00-\x7f]")
_MAX_SIGNS = 8  # different signs of a text that are no ASCII and no letters

# Arabic: letters that are written in several ways, marks of vowels, and what is joined to a word (Larkey, Ballesteros &
# Connell 2007, "Light stemming for Arabic information retrieval", light10).
_ARABIC = re.compile("[\u0621-\u064a]")
_ARABIC_LETTERS = str.maketrans("أإآٱىة", "اااايه", "ـ\u064b\u064c\u064d\u064e\u064f\u0650\u0651\u0652")
_ARABIC_PREFIXES = ("وال", "بال", "كال", "فال", "لل", "ال")
_ARABIC_SUFFIXES = ("ها", "ان", "ات", "ون", "ين", "يه", "ه", "ي")

_STOP_WORDS = """
    a about after again all also am an and any are as at be because been before being but by can could did do
    does doing done for from further get go had has have having he her here hers him his how i if in into is
    it its just let like make may me might more most my need no nor not now of off on once only or other our
    out over own please same she should so some such than that the their them then there these they this those
    through to too under until up us use used using very want was we were what when where which while who whom
    why will with would you your yours
"""
STOP_WORDS = frozenset(_STOP_WORDS.split())
# Words of tasks and questions, which say what is to be done, and not with which text.
_ASKING = """
    above answer answers bug bugs below check describe diff documents explain files find fix fixed fixes fixing
    following give issue issues list log logs lines mention mentioned passage passages please problem problems question
    questions run show shows summarise summarize summary tell text try unified wrong
"""
ASKING = frozenset(_ASKING.split())


def spaced(text: str) -> str | None:
    """An ASCII text with a space for every character that is no letter or digit, at the same offsets.

    None for other texts. ``spaced(text)[a:b].split()`` are the words of ``text[a:b]``.

    >>> spaced("get_user(x)")
    'get user x '
    """
    return text.translate(_SPACES) if text.isascii() else None


def plain(text: str) -> str | None:
    """A text of the same words in ASCII, if only a few different signs, such as arrows, are not; else None.

    >>> plain("12→x = 1 …"), plain("naïve")
    ('12 x = 1  ', None)
    """
    for _ in range(_MAX_SIGNS):
        if text.isascii():
            return text
        sign = _OTHER.search(text)[0]  # type: ignore[index]
        if words(f"a{sign}a") != ["a", "a"]:
            return None
        text = text.replace(sign, " ")
    return text if text.isascii() else None


def words(text: str) -> list[str]:
    """The words of ``text`` in order, in their own case; identifiers cut at underscores, not at capitals.

    >>> words("getUserName(get_user) 日本")
    ['getUserName', 'get', 'user', '日', '日本', '本']
    """
    blank = spaced(text)
    if blank is not None:
        return blank.split()
    if not _NEEDS_MORE.search(text):
        return _SPACED_WORDS.findall(text)
    runs: list[str] = _UNICODE_WORDS.findall(text)
    if not _IS_UNSPACED.search(text):
        return runs
    return list(chain.from_iterable(_neighbours(run) if _IS_UNSPACED.match(run) else (run,) for run in runs))


def unspaced(letter: str) -> bool:
    """Whether a letter is of a script without spaces between words."""
    return _IS_UNSPACED.match(letter) is not None


def _neighbours(run: str) -> list[str]:
    """The words of a run of letters without spaces.

    >>> _neighbours("東京タワー"), _neighbours("ที่นี่เอง")
    (['東', '東京', '京', '京タ', 'タワ', 'ワー'], ['ที่นี่เ', 'นี่เอ', 'เอง'])
    """
    units: list[str] = list(run) if run.isalpha() else _UNIT.findall(run)
    if len(units) < 2:
        return units
    if _IS_EAST.match(run):
        together = list(map(add, units, units[1:]))
    else:
        together = ["".join(units[first : first + 3]) for first in range(max(1, len(units) - 2))]
    if not _IS_HAN.search(run):
        return together
    if _ALL_HAN.fullmatch(run):
        found = [*units, *together]
        found[::2], found[1::2] = units, together
        return found
    alone = [unit if _IS_HAN.match(unit) else "" for unit in units]
    return list(filter(None, chain.from_iterable(zip_longest(alone, together))))


def parts(word: str) -> list[str]:
    """The lower-case parts of one word.

    >>> parts("getUserName"), parts("HTTPServer"), parts("save")
    (['get', 'user', 'name'], ['http', 'server'], ['save'])
    """
    if word.islower() or word.isdigit():
        return [word]
    lower = word.lower()
    if not word.isascii() and _ARABIC.match(word):
        return [_arabic_stem(word)]
    if word.isupper() or word.istitle() or not word.isascii():
        return [lower]
    return [part.lower() for part in _CAMEL.findall(word)]


def _arabic_stem(word: str) -> str:
    """An Arabic word without its article, conjunction and endings, in one spelling.

    >>> _arabic_stem("الحيوية") == _arabic_stem("حيويين")
    True
    """
    stem = word.translate(_ARABIC_LETTERS) or word  # a word may be nothing but marks
    if stem.startswith("و") and len(stem) > 3:
        stem = stem[1:]
    for prefix in _ARABIC_PREFIXES:
        if stem.startswith(prefix) and len(stem) >= len(prefix) + 2:
            stem = stem[len(prefix) :]
            break
    for suffix in _ARABIC_SUFFIXES:
        if stem.endswith(suffix) and len(stem) >= len(suffix) + 2:
            stem = stem[: -len(suffix)]
    return stem


def terms(text: str) -> Tallied[str]:
    """Lower-case words of a query with their counts, without stop words and single ASCII letters.

    >>> sorted(terms("Where is the getUserName function?").elements())
    ['function', 'name', 'user']
    """
    found = Tallied[str]()
    for word, times in Tallied(words(text)).items():
        for part in parts(word):
            found[part] += times
    for word in [word for word in found if word in STOP_WORDS or (len(word) == 1 and word.isascii())]:
        del found[word]
    return found


def mentions(text: str) -> list[str]:
    """What ``text`` names outright, each once: compound identifiers, paths, ids, quoted words.

    >>> mentions("Why does `Model.save` in src/models.py ignore order_id 4711 in check()?")
    ['Model.save', 'src/models.py', 'order_id', '4711', 'check']
    """
    words_in = dict.fromkeys(_MENTIONS.findall(text))
    found = dict.fromkeys(match.strip("./:-") for match in words_in if _is_name(match))
    found.update(dict.fromkeys(match.strip() for match in _QUOTED.findall(text)))
    found.update(dict.fromkeys(_CALLED.findall(text)))
    return [mention for mention in found if len(mention) > 2]


def _is_name(word: str) -> bool:
    """Whether a word is more than a word of prose: compound, mixed in case or with digits."""
    inner = word.strip("./:-")
    return (
        any(sign in inner for sign in "_./:@")
        or any(sign.isdigit() for sign in inner)
        or (not inner.islower() and not inner.isupper() and not inner.istitle())
        or (inner.isupper() and len(inner) > 2)
    )
