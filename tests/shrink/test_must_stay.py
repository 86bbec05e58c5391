"""What must stay in a shrunk text: the check finds each loss and each flip, in the scripts of the major languages."""

import random
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from compresskit.shrink.must_stay import items, missing
from compresskit.shrink.negations import phrases
from compresskit.shrink.whole_words import Span, Words

# Things that must stay, as they stand in running text.
PRECIOUS = [
    "25 ms", "3.5 million euros", "$1,250.00", "40 %", "１２３ kg", "٤٥ دقيقة", "१२ घंटे", "-12.5 °C", "1968",
    "3 May 2024", "May 5, 2024", "2024-05-01", "10:30", "Friday", "twelve hours", "INV-2201", "v1.2.3", "#482",
    "9f86d081-884c", "src/db/pool.py", "/etc/hosts", "C:\\Temp\\a.txt", "https://example.com/a?b=1#c",
    "mia@example.org", "get_user_name", "getUserName", "--dry-run", "“keep the old key”", '"as is"', "«без изменений»",
    "「そのまま」", "`rm -rf`", "'once again'", "2024年5月1日", "三十人",
]  # fmt: skip
NEGATED = [
    "the board did not approve it", "nobody objected", "isn't only delayed", "it can’t be undone", "without consent",
    "der Vorstand stimmte nicht zu", "kein Einwand bestand", "le conseil n'a jamais approuvé", "sans accord",
    "no fue aprobado", "nunca pagaron", "não foi aprovado", "non è stato approvato", "niet goedgekeurd",
    "godkändes inte", "ikke godkjent", "nie zatwierdzono", "nebyl schválen bez souhlasu", "план не одобрен",
    "никогда не платили", "план не схвалено без згоди", "δεν εγκρίθηκε", "المجلس لم يوافق", "ليس صحيحا",
    "هیئت تصویب نکرد", "התוכנית לא אושרה", "योजना को मंज़ूर नहीं किया", "পরিকল্পনা অনুমোদিত নয়",
    "plan onaylanmış değil", "yönetim onaylamadı", "không được phê duyệt", "tidak disetujui",
    "위원회는 승인하지 않았다", "계획이 없다", "委员会没有批准", "尚未支付", "予算は承認されませんでした",
    "支払いはない", "คณะกรรมการไม่อนุมัติ",
]  # fmt: skip
FILLER = "old harbour gardens quietly people market open summer boats morning story widely famous".split()  # noqa: SIM905

fillers = st.lists(st.sampled_from(FILLER), min_size=1, max_size=6).map(" ".join)
precious = st.sampled_from(PRECIOUS)
negated = st.sampled_from(NEGATED)
sentences = st.builds("{} {}; {} {}. {}".format, fillers, precious, fillers, negated, fillers)
odd = st.text(max_size=200) | st.text(
    alphabet=st.sampled_from(list("ab 1２٣.,'\"“”’-/_%$不没ないnot no n't\n")), max_size=120
)
texts = st.lists(sentences | odd, min_size=1, max_size=4).map("\n".join)


@given(texts)
def test_a_text_may_stand_for_itself(text):
    assert missing(text, text, text) == ""


@given(fillers, precious, fillers)
def test_what_is_precious_is_seen_and_missed(before, thing, after):
    text = f"{before} {thing} {after}."
    assert missing(text, f"{before} {after}.")
    assert missing(text, f"{thing} {after}.") == ""


@pytest.mark.parametrize("thing", PRECIOUS)
def test_a_changed_character_is_a_change(thing):
    """Each letter and digit in its turn: 25 ms is not 26 ms, and src/db.py is not src/dc.py."""
    text = f"they said {thing} then"
    for place, character in enumerate(thing):
        if character.isdigit() or (thing.isascii() and character.isalpha()):
            other = "7" if character.isdigit() and character != "7" else "8" if character.isdigit() else "q"
            assert missing(text, text.replace(thing, thing[:place] + other + thing[place + 1 :])), (thing, place)


@given(fillers, negated, fillers)
def test_a_negation_may_not_go(before, phrase, after):
    text = f"{before}. {phrase}. {after}."
    assert missing(text, f"{before}. {after}.") == "a negation is missing or changed"
    assert missing(text, f"{phrase}.") == ""


@pytest.mark.parametrize("phrase", NEGATED)
def test_a_negation_may_not_lose_what_it_negates(phrase):
    """Whatever single word or character is left out of the phrase: it is not the same statement for sure."""
    found = phrases(phrase)
    assert found
    start, end = found[0].start, found[0].end
    core = phrase[start:end]
    parts = re.findall(r"\S+", core) if " " in core else list(core)
    for part in parts:
        assert missing(phrase, phrase[:start] + core.replace(part, "", 1) + phrase[end:]), part


@pytest.mark.parametrize(
    ("source", "flipped"),
    [
        ("The plan was not changed. It was approved.", "The plan was not approved."),
        ("It is not only late but wrong.", "It is not late but wrong."),
        ("X was not approved. Y was approved.", "Y was not approved. X was approved."),
        ("Mia did not agree. Leo agreed.", "Leo did not agree. Mia agreed."),
        ("Nobody paid. Everybody came.", "Nobody came. Everybody paid."),
        ("It was approved.", "It was not approved."),
        ("Der Plan wurde nicht genehmigt. Das Budget schon.", "Der Plan schon. Das Budget wurde nicht genehmigt."),
        ("这不是错误，是特性。", "这是错误，不是特性。"),
        ("5 kg of sand and 7 m of rope", "7 kg of sand and 5 m of rope"),
        ("It costs 5 euros and weighs 9 kg.", "It costs 5 euros and weighs 9."),
        ("from 10 to 20 users", "from 10 users"),
        ("３個のりんご", "3個のりんご"),
        ("He has 5.", "He has 5.5."),
        ("The total is 1,000 units.", "The total is 1.000 units."),
    ],
)
def test_a_flip_is_found(source, flipped):
    assert missing(source, flipped)


def test_nothing_may_be_invented():
    assert "does not have" in missing("It took long.", "It took 3 hours.")
    assert "does not have" in missing("See the report.", "See reports/q3.pdf.")
    assert "does not have" in missing("They met.", "They met on Friday.")
    assert "does not have" in missing("They met.", "They never met.")
    assert "does not have" in missing("They met.", 'They "agreed".')
    assert missing("They met at noon.", 'They "met".') == ""


def test_repeated_names_may_be_said_once_and_repeated_amounts_may_not():
    assert missing("INV-7 came. INV-7 was paid.", "INV-7 came, paid.") == ""
    assert missing("5 kg came. 5 kg went.", "5 kg came, went.") == "a number is missing or changed"


@pytest.mark.parametrize(
    ("query", "name"),
    [
        ("Where was Marlowe born?", "Marlowe"),
        ("who is `mean mr mustard`?", "mean mr mustard"),
        ("does OrderService retry?", "OrderService"),
        ("田中さんはどこ?", "田中"),
        ("Кто такой Иванов?", "Иванов"),
        ("מי זה כהן?", "כהן"),
    ],
)
def test_names_that_the_query_says_stay(query, name):
    text = f"some words about {name} and more."
    assert "name" in missing(text, "some words and more.", query)
    assert missing(text, f"words {name}", query) == ""
    assert missing("nothing about it", "nothing about it", query) == ""


def test_words_of_a_query_that_are_no_names_may_go():
    assert missing("почему так долго и дорого", "долго", "почему дорого?") == ""
    assert missing("where the boats were", "boats", "Where were they?") == ""


@given(texts, st.randoms(use_true_random=False), st.floats(0, 1))
def test_with_all_items_kept_any_words_may_go(text, rng, share):
    """Whole words are left out at random, what must stay is not: the check mostly passes, and is right when it does."""
    words = Words(text, [Span(item.start, item.end) for item in items(text)])
    kept = words.chosen([span for span in words.spans if rng.random() < share])
    if missing(text, kept) == "":
        for digits in re.findall(r"\d+", kept):
            assert digits in text
        assert sorted(re.findall(r"\d", kept)) == sorted(re.findall(r"\d", text)) or set(
            re.findall(r"\d+", text)
        ) == set(re.findall(r"\d+", kept))


@given(st.lists(sentences, min_size=1, max_size=5), st.integers())
def test_ordinary_text_passes_when_its_items_are_kept(found, seed):
    """A check that nothing passes would be safe and useless."""
    text = "\n\n".join(found)
    rng = random.Random(seed)
    words = Words(text, [Span(item.start, item.end) for item in items(text)])
    kept = words.chosen([span for span in words.spans if rng.random() < 0.5])
    assert missing(text, kept) == ""


@pytest.mark.parametrize("piece", ["1 ", "a", "“", '"x ', "not ", "不", "1.", "a/", "- ", "May ", "n't ", "`"])
def test_long_texts_take_no_longer_than_they_should(piece):
    """Thousands of repetitions: a pattern that backtracks would be here for hours."""
    text = piece * 6_000
    assert missing(text, text, piece * 100) == ""
