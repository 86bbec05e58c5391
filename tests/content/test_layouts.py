"""A text is cut by what each part of it is, however its parts are laid out, alone or joined with others."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from compresskit.content import detect, split

PROSE = {
    "en": (
        "The band was formed in 1968, and its first singer left after {n} months. It released eight albums, of which "
        "three were successful in Europe. After a long pause, two of its members went on under another name. Nobody "
        "heard of them again: the last of their {n} recordings was never sold. A film about them is being made."
    ),
    "es": (
        "El grupo se formó en 1968, y su primera cantante se marchó a los {n} meses. Publicó ocho álbumes, de los que "
        "tres tuvieron éxito en Europa. Tras una larga pausa, dos de sus miembros siguieron con otro nombre. ¿Alguien "
        "volvió a oír hablar de ellos? La última de sus {n} grabaciones no se vendió nunca."
    ),
    "ru": (
        "Группа была основана в 1968 году, и её первая певица ушла через {n} месяцев. Она выпустила восемь альбомов, "
        "из которых три имели успех в Европе. После долгого перерыва двое участников продолжили под другим именем. "
        "Никто больше о них не слышал: последняя из {n} записей так и не была продана."
    ),
    "ar": (
        "تأسست الفرقة عام 1968، وغادرت مغنيتها الأولى بعد {n} أشهر. أصدرت ثمانية ألبومات، نجح ثلاثة منها في أوروبا. "
        "وبعد توقف طويل، واصل اثنان من أعضائها العمل باسم آخر. فهل سمع بهما أحد بعد ذلك؟ لم يبع آخر تسجيل من "
        "تسجيلاتهما البالغ عددها {n}. ويجري الآن إعداد فيلم عنهما."
    ),
    "zh": (
        "乐队成立于一九六八年，第一位歌手在{n}个月后离开。他们一共发行了八张专辑，其中三张在欧洲取得了成功。经过长时间的休息，"
        "两名成员改用另一个名字继续演出。此后再也没有人听说过他们！最后{n}首录音始终没有出售。关于他们的电影正在拍摄之中，"
        "预计明年上映。导演说，这部影片讲述的是友谊。评论家们对此意见不一，但观众已经开始期待了。"
    ),
}
PYTHON = '''import math


def area_{n}(radius):
    """The area of a circle, and of nothing else that anybody asked for."""
    if radius < 0:
        raise ValueError("a radius is not negative")
    return {n} * math.pi * radius**2


class Circle_{n}:
    def __init__(self, radius):
        self.radius = radius
        self.area = area_{n}(radius)
'''
SCRIPT = """import {{ pi }} from './math';

export function area{n}(radius) {{
  if (radius < 0) {{
    throw new RangeError('a radius is not negative');
  }}
  return {n} * pi * radius ** 2;
}}

export class Circle{n} {{
  constructor(radius) {{
    this.radius = radius;
    this.area = area{n}(radius);
  }}
}}
"""
LOG = "".join(
    f"2024-05-01 10:0{minute}:00 {level} worker-{{n}} {words} after {minute * 17} ms\n"
    for minute, (level, words) in enumerate(
        [
            ("INFO", "started"),
            ("INFO", "took a job"),
            ("WARN", "was slow"),
            ("ERROR", "lost its job"),
            ("INFO", "stopped"),
        ]
    )
)
CONTENTS = {**PROSE, "python": PYTHON, "javascript": SCRIPT, "log": LOG}
TITLES = ["Old Songs", "Sky (United Kingdom)", "European_Union", "Wolf-Rayet 124", "Ctenophora", "The_Beach", "A–Z"]


LAYOUTS = {
    "title line": "{title}\n{text}",
    "Passage:": "Passage: {title}\n{text}",
    "Title: text": "{title}: {text}",
    "bare": "{text}",
    "[n] (Title: …)": "[{number}] (Title: {title}) {text}",
    "XML": '<document index="{number}">\n<source>{title}</source>\n'
    "<document_content>\n{text}\n</document_content>\n</document>",
    "Markdown": "## {title}\n\n{text}",
    "JSON": '{{"title": "{title}", "text": {quoted}}}',
}
CASES = [
    (layout, content) for layout in LAYOUTS for content in CONTENTS if content in PROSE or layout != "Title: text"
]  # behind a title, the first line of code is none


def joined(layout, texts):
    parts = [
        LAYOUTS[layout].format(number=number, title=title, text=text, quoted=json.dumps(text, ensure_ascii=False))
        for number, (title, text) in enumerate(zip(TITLES, texts, strict=False), 1)
    ]
    whole = "\n\n".join(part.strip("\n") for part in parts)
    return f"<documents>\n{whole}\n</documents>" if layout == "XML" else whole


@given(
    st.sampled_from(CASES),
    st.lists(st.integers(2, 99), min_size=1, max_size=7, unique=True),
)
def test_a_layout_changes_neither_kinds_nor_lets_a_segment_span_two_passages(case, numbers):
    layout, content = case
    if layout == "bare" and content in ("python", "javascript"):
        numbers = numbers[:1]  # nothing says where one file ends and the next begins
    texts = [CONTENTS[content].format(n=number).strip("\n") for number in numbers]
    whole = joined(layout, texts)
    found = split(whole)
    assert "".join(whole[start:end] for start, end, _ in found.segments) == whole
    if layout != "JSON":
        assert found.kind == split(texts[0]).kind == detect(whole).kind
    ends = []
    for text in texts:
        stands = json.dumps(text, ensure_ascii=False)[1:-1] if layout == "JSON" else text
        ends.append((whole.index(stands), whole.index(stands) + len(stands)))
    for start, end, _ in found.segments:
        assert sum(first < end and start < last for first, last in ends) <= 1, whole[start:end]


@pytest.mark.parametrize("layout", ["title line", "Passage:", "[n] (Title: …)", "XML", "Markdown"])
def test_the_title_of_a_passage_names_its_segments_and_stands_with_the_first(layout):
    texts = [PROSE["en"].format(n=number) * 3 for number in (3, 4)]
    whole = joined(layout, texts)
    segments = split(whole).segments
    assert {segment.name for segment in segments} == set(TITLES[:2])
    for title in TITLES[:2]:
        first = next(segment for segment in segments if segment.name == title)
        assert title in whole[first.start : first.end]
        assert "The band was formed" in whole[first.start : first.end]


def test_parts_of_different_kinds_are_each_cut_by_their_own():
    texts = {"src/area.py": PYTHON, "run.log": LOG, "History": PROSE["en"]}
    whole = "\n".join(
        LAYOUTS["XML"].format(number=number, title=title, text=text.format(n=7))
        for number, (title, text) in enumerate(texts.items(), 1)
    )
    found = split(whole, min_chars=20)
    names = [segment.name for segment in found.segments]
    assert {"area_7", "Circle_7.__init__", "History"} <= {word for name in names for word in name.split(", ")}
    assert any("ERROR" in whole[start:end] and "WARN" not in whole[start:end] for start, end, _ in found.segments)


TABLES = {
    "CSV": "id,name,city\n" + "".join(f'{n},mia,"Berlin, Mitte"\n' for n in range(6)),
    "TSV": "id\tname\tcity\n" + "".join(f"{n * 7}\tmia\tBerlin\n" for n in range(6)),
    "Markdown": "| id | name |\n|---|---|\n" + "".join(f"| {n} | mia |\n" for n in range(6)),
    "HTML": "<table>\n<tr><th>id</th></tr>\n" + "".join(f"<tr><td>{n}</td></tr>\n" for n in range(6)) + "</table>\n",
}
AROUND = {
    "alone": "{}",
    "behind prose": PROSE["en"] + "\n\n{}",
    "before prose": "{}\n" + PROSE["en"],
    "under a heading": "### cities\n\n{}",
}


@pytest.mark.parametrize("kind", TABLES)
@pytest.mark.parametrize("around", AROUND)
def test_each_row_of_a_table_is_a_segment(kind, around):
    rows = TABLES[kind].splitlines(keepends=True)
    whole = AROUND[around].replace("{n}", "7").format(TABLES[kind])
    pieces = [whole[start:end] for start, end, _ in split(whole).segments]
    for row in rows[2:-2]:
        assert any(row in piece and len(piece) <= len(row) + 1 for piece in pieces) or row.startswith("|---"), row
    assert not any("The band" in piece and rows[0] in piece for piece in pieces)


MANUAL = """FROB(1)                     General Commands Manual                     FROB(1)

NAME
       frob - frobnicates files

SYNOPSIS
       frob [-a] [--depth=N] FILE

OPTIONS
       -a, --all
              Frobnicates all files, also those whose names begin with a dot. They are left alone without this.

              With this option, links are followed too, and so on until nothing is left to be frobnicated.

       -d N, --depth=N
              Goes no deeper than N folders. The default is 3, which is enough for most people most of the time.

       -q
              Says nothing.
"""
HELP = """usage: frob [-a] FILE

options:
  -a, --all      frobnicates all files, also those whose names begin with a dot
                 and those that are links
  -d N           goes no deeper than N folders; the default is 3, which is mostly enough for people
  -q             says nothing, even if all goes wrong
"""


@pytest.mark.parametrize("page", [MANUAL, HELP])
def test_an_option_and_its_description_are_one_segment(page):
    pieces = [page[start:end] for start, end, _ in split(page, min_chars=20).segments]
    every = next(piece for piece in pieces if "--all" in piece and "names begin" in piece)
    assert "links" in every
    assert "no deeper" not in every
    assert any("-d N" in piece and "no deeper" in piece and "nothing" not in piece for piece in pieces)


def test_each_clause_of_a_contract_is_a_segment():
    words = (
        "The Recipient shall keep the Information secret, and use it for nothing but the Purpose of this Agreement. "
    )
    clauses = [f"{number}. {words * 2}\n" for number in range(1, 4)] + [
        f"4.{number} {words * 2}\n" for number in range(1, 4)
    ]
    whole = "NON-DISCLOSURE AGREEMENT\nbetween the parties named above, who agree as follows.\n" + "".join(clauses)
    pieces = [whole[start:end] for start, end, _ in split(whole).segments]
    for clause in clauses:
        assert clause in pieces
